//! A value as a person types it in `set` or in a variable: TOML, or bare text.

use toml::Spanned;
use toml::de::DeValue;

use crate::config::Config;
use crate::config::keys::Key;
use crate::config::value::Mistake;

/// Takes `text` over into the configuration.
pub(super) fn read(key: &Key, config: &mut Config, text: &str) -> Result<(), Mistake> {
    let mut first = None;
    for value in readings(text) {
        match (key.read)(config, &Spanned::new(0..text.len(), value)) {
            Ok(()) => return Ok(()),
            // The reading whose type is right tells best what is wrong.
            Err(mistake) if first.as_ref().is_none_or(|first: &Mistake| first.wrong_type && !mistake.wrong_type) => {
                first = Some(mistake);
            }
            Err(_) => {}
        }
    }
    Err(first.unwrap_or_else(|| Mistake::new(0..text.len(), "expected a value")))
}

/// What the text may mean, the likeliest first.
fn readings(text: &str) -> Vec<DeValue<'_>> {
    let toml = DeValue::parse(text).ok().map(Spanned::into_inner);
    let bare = DeValue::String(text.into());
    let list = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let list = list.map(|item| Spanned::new(0..text.len(), DeValue::String(item.into()))).collect();
    let flag = match text.to_ascii_lowercase().as_str() {
        "1" | "yes" | "on" | "true" => Some(true),
        "0" | "no" | "off" | "false" => Some(false),
        _ => None,
    };
    toml.into_iter().chain([bare, DeValue::Array(list)]).chain(flag.map(DeValue::Boolean)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{defaults, keys};

    fn shown(key: &str, text: &str) -> Result<String, String> {
        let root = tempfile::tempdir().unwrap();
        let mut config = defaults::config(root.path(), None);
        let key = keys::find(key).unwrap();
        read(key, &mut config, text).map(|()| (key.show)(&config)).map_err(|mistake| mistake.message)
    }

    #[test]
    fn toml_or_bare_text() {
        for (key, text, means) in [
            ("port", "8080", "8080"),
            ("port", "0x50", "80"),
            ("upload.exists", "refuse", "refuse"),
            ("upload.exists", "\"refuse\"", "refuse"),
            ("limits.body", "5 MB", "5 MB"),
            ("limits.body", "1024", "1 KiB"),
            ("limits.headers_timeout", "5s", "5s"),
            ("upload.dir", "2024", "2024"),
            ("upload.dir", "2024-01-01", "2024-01-01"),
            ("upload.dir", "my photos # 1", "my photos # 1"),
            ("upload.dir", "true", "true"),
            ("upload.flush", "off", "false"),
            ("upload.flush", "false", "false"),
            ("upload.bell", "1", "true"),
            ("hosts", "a.example, b.example", "a.example, b.example"),
            ("hosts", "[\"a.example\"]", "a.example"),
            ("bind", "::1", "::1"),
            ("log", "\"\"", "none"),
            ("rate", "20/s", "20/s"),
            ("allow", "lan, 10.0.0.1", "lan, 10.0.0.1"),
            ("auth", "ada:b", "ada (plain password)"),
            ("headers", "{ x-a = \"1\" }", "x-a: 1"),
        ] {
            assert_eq!(shown(key, text).as_deref(), Ok(means), "{key} {text}");
        }
    }

    #[test]
    fn the_error_is_that_of_the_likeliest_reading() {
        for (key, text, says) in [
            ("port", "abc", "expected a number from 0 to 65535"),
            ("port", "99999", "expected a number from 0 to 65535"),
            ("upload.exists", "reject", "expected \"rename\", \"refuse\" or \"replace\""),
            ("upload.flush", "maybe", "expected true or false"),
            ("hosts", "http://x", "expected a host name without scheme or port, such as \"box.example\""),
            ("delay", "5", "expected a duration such as \"250ms\", \"10s\", \"5m\" or \"24h\""),
        ] {
            assert_eq!(shown(key, text), Err(says.to_owned()), "{key} {text}");
        }
    }
}
