//! QR codes as lines of text, for any front end.
//!
//! A module is half a character high: two rows of modules make one line. What ground the text
//! stands on is the caller's to know, so the ink is chosen by the caller.

mod segments;

use qrcode::{Color, EcLevel};

/// Light modules around the code; the norm asks for four, readers are content with two.
const QUIET: [usize; 2] = [4, 2];

/// A code, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    width: usize,
    dark: Vec<bool>,
}

/// How modules become characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Blocks are the dark modules: for dark ink on a light ground.
    Dark,
    /// Blocks are the light modules: for light ink on a dark ground, as most terminals are.
    Light,
    /// Light modules are `##`, dark ones two spaces, one row of modules a line: where there is
    /// nothing but ASCII.
    Ascii,
}

impl Code {
    /// The code for `text`, as small as it can be; `None` where no code is large enough.
    pub fn new(text: &str) -> Option<Self> {
        let code = segments::smallest(text.as_bytes(), EcLevel::L).ok()?;
        let dark = code.to_colors().into_iter().map(|module| module == Color::Dark).collect();
        Some(Self { width: code.width(), dark })
    }

    /// Modules on each side, without the quiet zone.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether a module is dark; those around the code are light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// The lines, with `quiet` light modules on each side.
    pub fn lines(&self, ink: Ink, quiet: usize) -> Vec<String> {
        let side = self.width + 2 * quiet;
        let dark = |x: usize, y: usize| x >= quiet && y >= quiet && self.is_dark(x - quiet, y - quiet);
        let step = if ink == Ink::Ascii { 1 } else { 2 };
        (0..side)
            .step_by(step)
            .map(|y| (0..side).map(|x| cell(ink, dark(x, y), y + 1 >= side, dark(x, y + 1))).collect())
            .collect()
    }

    /// The lines that fit, with the widest quiet zone that does.
    pub fn fit(&self, ink: Ink, columns: usize, rows: usize) -> Option<Vec<String>> {
        QUIET.into_iter().find_map(|quiet| {
            let side = self.width + 2 * quiet;
            let (wide, high) = if ink == Ink::Ascii { (2 * side, side) } else { (side, side.div_ceil(2)) };
            (wide <= columns && high <= rows).then(|| self.lines(ink, quiet))
        })
    }
}

/// The text of two modules, one above the other; `last` when there is none below.
fn cell(ink: Ink, top: bool, last: bool, bottom: bool) -> &'static str {
    let (top, bottom) = match ink {
        Ink::Ascii => return if top { "  " } else { "##" },
        Ink::Dark => (top, bottom && !last),
        Ink::Light => (!top, !bottom && !last),
    };
    match (top, bottom) {
        (true, true) => "█",
        (true, false) => "▀",
        (false, true) => "▄",
        (false, false) => " ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://192.168.100.200:18080/upload?k=ab";

    /// Reads the modules back from the characters.
    fn read(lines: &[String], ink: Ink, quiet: usize, width: usize) -> Vec<bool> {
        let dark = |x: usize, y: usize| {
            if ink == Ink::Ascii {
                return lines[y].chars().nth(2 * x) == Some(' ');
            }
            let half = if y.is_multiple_of(2) { '▀' } else { '▄' };
            let block = lines[y / 2].chars().nth(x).is_some_and(|c| c == '█' || c == half);
            block == (ink == Ink::Dark)
        };
        (0..width * width).map(|i| dark(i % width + quiet, i / width + quiet)).collect()
    }

    #[test]
    fn reads_back_to_the_same_modules_in_every_ink() {
        let code = Code::new(URL).unwrap();
        for ink in [Ink::Dark, Ink::Light, Ink::Ascii] {
            for quiet in QUIET {
                assert_eq!(read(&code.lines(ink, quiet), ink, quiet, code.width()), code.dark, "{ink:?} {quiet}");
            }
        }
    }

    #[test]
    fn the_quiet_zone_is_light() {
        let code = Code::new("http://a:1").unwrap();
        let lines = code.lines(Ink::Dark, 2);
        assert_eq!(lines[0].trim(), "");
        assert!(lines.iter().all(|l| l.starts_with("  ") && l.ends_with("  ")));
        assert_eq!(lines.len(), (code.width() + 4).div_ceil(2));
    }

    #[test]
    fn an_address_fits_a_tablet_and_a_classic_terminal() {
        let code = Code::new(URL).unwrap();
        assert!(code.fit(Ink::Dark, 40, 18).is_some());
        assert!(code.fit(Ink::Dark, 80, 20).is_some());
        assert_eq!(code.fit(Ink::Dark, 28, 20), None);
        assert_eq!(code.fit(Ink::Dark, 80, 8), None);
    }

    #[test]
    fn takes_the_wide_zone_where_there_is_room() {
        let code = Code::new(URL).unwrap();
        let lines = code.fit(Ink::Light, 80, 40).unwrap();
        assert_eq!(lines[0].chars().count(), code.width() + 8);
    }
}
