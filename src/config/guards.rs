//! Who may pass, on a route or for all: what each setting may say.

use super::value::{self, Mistake, Value};

/// How a value is checked.
pub(crate) type Check = fn(&Value<'_>) -> Result<(), Mistake>;

/// The guards that a route can have.
pub(crate) const GUARDS: [(&str, Check); 8] = [
    ("allow", |v| value::networks(v).map(drop)),
    ("deny", |v| value::networks(v).map(drop)),
    ("rate", rate),
    ("auth", auth),
    ("delay", |v| value::duration(v).map(drop)),
    ("throttle", throttle),
    ("body", |v| value::size(v).map(drop)),
    ("cors", |v| value::flag(v).map(drop)),
];

/// `20/s`, `100/m`, `1000/h`.
pub(crate) fn rate(value: &Value<'_>) -> Result<(), Mistake> {
    value::text_that(value, "a rate such as \"20/s\", \"100/m\" or \"1000/h\"", |text| {
        text.split_once('/').is_some_and(|(count, unit)| {
            count.parse::<u32>().is_ok_and(|count| count > 0) && matches!(unit, "s" | "m" | "h")
        })
    })
    .map(drop)
}

/// `name:password` or `name:hash`, one or more.
pub(crate) fn auth(value: &Value<'_>) -> Result<(), Mistake> {
    value::list(value, "a list of names with their passwords, such as [\"ada:secret\"]", |element| {
        value::text_that(element, "a name and a password, such as \"ada:secret\"", |text| {
            !text.contains(char::is_control)
                && text.split_once(':').is_some_and(|(name, password)| !name.is_empty() && !password.is_empty())
        })
        .map(drop)
    })
    .map(drop)
}

/// Bytes a second: a size, with or without `/s`.
pub(crate) fn throttle(value: &Value<'_>) -> Result<(), Mistake> {
    match value.get_ref().as_str().and_then(|text| text.strip_suffix("/s")) {
        Some(size) if crate::text::parse_size(size).is_some() => Ok(()),
        Some(_) => Err(Mistake::expected(value, "bytes a second, such as \"200 KiB/s\"")),
        None => value::size(value).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::of;
    use super::*;

    #[test]
    fn rates() {
        for good in ["20/s", "1/m", "1000/h"] {
            assert!(rate(&of(&format!("\"{good}\""))).is_ok(), "{good}");
        }
        for bad in ["20", "0/s", "-1/s", "20/d", "x/s", ""] {
            assert!(rate(&of(&format!("\"{bad}\""))).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_and_passwords() {
        assert!(auth(&of(r#"["ada:$argon2id$v=19$m=1", "b:c:d"]"#)).is_ok());
        for bad in [r#"["ada"]"#, r#"[":x"]"#, r#"["ada:"]"#, r#""ada:x""#] {
            assert!(auth(&of(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn throttles() {
        for good in ["0", "1000", "\"200 KiB/s\"", "\"1 MB\""] {
            assert!(throttle(&of(good)).is_ok(), "{good}");
        }
        for bad in ["-1", "\"fast\"", "\"fast/s\"", "true"] {
            assert!(throttle(&of(bad)).is_err(), "{bad}");
        }
    }
}
