//! How it looks: colours by meaning, glyphs, the time zone. Here belongs no place and no state.

mod glyphs;
mod theme;

pub use glyphs::Glyphs;
pub use theme::Theme;

/// How it looks.
#[derive(Debug, Clone)]
pub struct Look {
    /// Colours by meaning.
    pub theme: Theme,
    /// Characters by meaning.
    pub glyphs: &'static Glyphs,
    /// Where the clock's times are.
    pub zone: jiff::tz::TimeZone,
}

impl Look {
    /// What suits the environment: `NO_COLOR`, the locale, the time zone.
    pub fn from_env() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        Self {
            theme: if set("NO_COLOR").is_some() { Theme::PLAIN } else { Theme::COLOURED },
            glyphs: if speaks_utf8(&locale) { &Glyphs::UTF8 } else { &Glyphs::ASCII },
            zone: jiff::tz::TimeZone::system(),
        }
    }
}

/// Whether a locale's name says UTF-8.
fn speaks_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_whether_there_is_more_than_ascii() {
        assert!(speaks_utf8("en_US.UTF-8"));
        assert!(speaks_utf8("C.utf8"));
        assert!(!speaks_utf8("C"));
        assert!(!speaks_utf8(""));
    }
}
