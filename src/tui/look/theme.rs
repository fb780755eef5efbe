//! Colours by meaning: the terminal's own ground and its own sixteen colours, so that it suits
//! whatever scheme the user has chosen. Nothing is told by colour alone.

use ratatui::style::{Color, Modifier, Style};

/// Styles by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// What is read.
    pub text: Style,
    /// What is there to be looked up, not to be read.
    pub faint: Style,
    /// Names of panes, the name of the house.
    pub title: Style,
    /// Lines between regions.
    pub rule: Style,
    /// Addresses and other things to follow.
    pub link: Style,
    /// Words to tap.
    pub word: Style,
    /// Well.
    pub good: Style,
    /// Worth a look.
    pub warn: Style,
    /// Failed.
    pub bad: Style,
    /// Elsewhere or unchanged.
    pub aside: Style,
    /// A request that changes something.
    pub change: Style,
    /// The row that is selected.
    pub selected: Style,
    /// What could be typed next.
    pub ghost: Style,
    /// Light modules of a QR code as ground, dark ones as ink; `None` without colours.
    pub code: Option<Style>,
}

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const DIM: Style = Style::new().add_modifier(Modifier::DIM);

impl Theme {
    /// Sixteen colours.
    pub const COLOURED: Self = Self {
        text: PLAIN,
        faint: DIM,
        title: BOLD,
        rule: DIM,
        link: PLAIN.fg(Color::Cyan),
        word: PLAIN.fg(Color::Cyan),
        good: PLAIN.fg(Color::Green),
        warn: PLAIN.fg(Color::Yellow),
        bad: BOLD.fg(Color::Red),
        aside: PLAIN.fg(Color::Cyan),
        change: PLAIN.fg(Color::Magenta),
        selected: PLAIN.add_modifier(Modifier::REVERSED),
        ghost: DIM,
        code: Some(PLAIN.fg(Color::Black).bg(Color::White)),
    };

    /// No colour at all (`NO_COLOR`): bold, dim and reversed remain.
    pub const PLAIN: Self = Self {
        text: PLAIN,
        faint: DIM,
        title: BOLD,
        rule: DIM,
        link: PLAIN.add_modifier(Modifier::UNDERLINED),
        word: PLAIN.add_modifier(Modifier::UNDERLINED),
        good: PLAIN,
        warn: BOLD,
        bad: BOLD,
        aside: PLAIN,
        change: PLAIN,
        selected: PLAIN.add_modifier(Modifier::REVERSED),
        ghost: DIM,
        code: None,
    };

    /// The style of a status code.
    pub fn status(&self, status: u16) -> Style {
        match status {
            200..=299 => self.good,
            400..=499 => self.warn,
            500.. => self.bad,
            _ => self.aside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_has_no_colour() {
        let theme = Theme::PLAIN;
        for style in [theme.link, theme.good, theme.bad, theme.status(404), theme.selected, theme.change] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_eq!(theme.code, None);
    }

    #[test]
    fn the_classes_of_status_differ() {
        let theme = Theme::COLOURED;
        let styles = [101, 200, 404, 500].map(|status| theme.status(status));
        assert!((0..4).all(|i| (0..i).all(|j| styles[i] != styles[j])));
    }
}
