//! Characters by meaning, each with a twin for terminals that have only ASCII.

/// Characters by meaning. All but `ok` and `bad` are one column wide.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Carried out.
    pub ok: &'static str,
    /// Failed.
    pub bad: &'static str,
    /// Good to know.
    pub note: &'static str,
    /// A file changed.
    pub changed: &'static str,
    /// The server listens.
    pub on: &'static str,
    /// It does not, by request.
    pub paused: &'static str,
    /// It is on its way up.
    pub starting: &'static str,
    /// It is on its way down.
    pub stopping: &'static str,
    /// Before the prompt's line.
    pub prompt: &'static str,
    /// The list that has the keys.
    pub focus: &'static str,
    /// Something was cut off here.
    pub cut: &'static str,
    /// Between facts.
    pub between: &'static str,
    /// There is more below.
    pub down: &'static str,
    /// Under way.
    pub waiting: &'static str,
    /// Received.
    pub full: &'static str,
    /// Not yet received.
    pub rest: &'static str,
    /// Heights 1 to 8.
    pub heights: [&'static str; 8],
    /// Horizontal line.
    pub across: &'static str,
    /// Vertical line.
    pub upright: &'static str,
    /// Corners and joints: top left, top right, bottom left, bottom right, left, right, top, bottom.
    pub joints: [&'static str; 8],
    /// Only ASCII can be shown.
    pub ascii: bool,
}

impl Glyphs {
    /// For terminals that speak UTF-8.
    pub const UTF8: Self = Self {
        ok: "✓",
        bad: "✗",
        note: "·",
        changed: "↻",
        on: "●",
        paused: "‖",
        starting: "○",
        stopping: "■",
        prompt: "›",
        focus: "▸",
        cut: "…",
        between: " · ",
        down: "↓",
        waiting: "…",
        full: "▓",
        rest: "░",
        heights: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        across: "─",
        upright: "│",
        joints: ["┌", "┐", "└", "┘", "├", "┤", "┬", "┴"],
        ascii: false,
    };

    /// For the others.
    pub const ASCII: Self = Self {
        ok: "ok",
        bad: "x",
        note: "-",
        changed: "*",
        on: "*",
        paused: "=",
        starting: "o",
        stopping: "#",
        prompt: ">",
        focus: ">",
        cut: "~",
        between: " | ",
        down: "v",
        waiting: "~",
        full: "#",
        rest: ".",
        heights: [".", ".", ":", ":", "|", "|", "#", "#"],
        across: "-",
        upright: "|",
        joints: ["+", "+", "+", "+", "+", "+", "+", "+"],
        ascii: true,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_twins_are_ascii_and_glyphs_are_one_column_wide() {
        assert!(format!("{:?}", Glyphs::ASCII).is_ascii());
        let glyphs = Glyphs::UTF8;
        for glyph in glyphs.joints.iter().chain(&glyphs.heights).chain([&glyphs.ok, &glyphs.on, &glyphs.full]) {
            assert_eq!(glyph.width(), 1, "{glyph}");
        }
    }
}
