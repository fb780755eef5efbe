//! Values of stan.conf read one by one: each function takes a value and gives what it means, or a
//! [`Mistake`] that says what was expected there.

mod addresses;
mod headers;
mod paths;
pub(crate) mod show;

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use crate::text::{nearest, parse_duration, parse_size};

pub(crate) use addresses::{bind, hosts, networks};
pub(crate) use headers::{headers, methods};
pub(crate) use paths::{beside, existing_folder, folder, inside, missing, url_path};

/// A value and where it stands.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// What is wrong, and at which bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) at: Range<usize>,
    pub(crate) message: String,
    pub(crate) nearest: Option<String>,
    /// The value is of another type altogether.
    pub(crate) wrong_type: bool,
}

impl Mistake {
    pub(crate) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), nearest: None, wrong_type: false }
    }

    /// The value is of the right type, but not one of those that can be.
    pub(crate) fn expected(value: &Value<'_>, what: &str) -> Self {
        Self::new(value.span(), format!("expected {what}"))
    }

    /// The value is of another type.
    pub(crate) fn wrong_type(value: &Value<'_>, what: &str) -> Self {
        Self { wrong_type: true, ..Self::expected(value, what) }
    }

    /// With the candidate that `word` was probably meant to be.
    pub(crate) fn near<'a>(mut self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        self.nearest = nearest(word, candidates).map(str::to_owned);
        self
    }
}

/// Text, described by `what` where it is something else.
pub(crate) fn text<'a>(value: &'a Value<'_>, what: &str) -> Result<&'a str, Mistake> {
    value.get_ref().as_str().ok_or_else(|| Mistake::wrong_type(value, what))
}

/// Text that `good` accepts.
pub(crate) fn text_that<'a>(value: &'a Value<'_>, what: &str, good: impl Fn(&str) -> bool) -> Result<&'a str, Mistake> {
    let text = text(value, what)?;
    if good(text) { Ok(text) } else { Err(Mistake::expected(value, what)) }
}

/// `true` or `false`.
pub(crate) fn flag(value: &Value<'_>) -> Result<bool, Mistake> {
    value.get_ref().as_bool().ok_or_else(|| Mistake::wrong_type(value, "true or false"))
}

/// A whole number in a range.
pub(crate) fn whole(value: &Value<'_>, range: RangeInclusive<u32>) -> Result<u32, Mistake> {
    let what = format!("a number from {} to {}", range.start(), range.end());
    let DeValue::Integer(integer) = value.get_ref() else { return Err(Mistake::wrong_type(value, &what)) };
    u32::from_str_radix(integer.as_str(), integer.radix())
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| Mistake::expected(value, &what))
}

/// A port.
pub(crate) fn port(value: &Value<'_>) -> Result<u16, Mistake> {
    whole(value, 0..=u32::from(u16::MAX)).map(|port| port as u16)
}

/// Bytes: a number, or text with a unit.
pub(crate) fn size(value: &Value<'_>) -> Result<u64, Mistake> {
    const WHAT: &str = "a size: a number of bytes, or text such as \"64 MiB\"";
    let bytes = match value.get_ref() {
        DeValue::Integer(integer) => u64::from_str_radix(integer.as_str(), integer.radix()).ok(),
        DeValue::String(text) => parse_size(text),
        _ => return Err(Mistake::wrong_type(value, WHAT)),
    };
    bytes.ok_or_else(|| Mistake::expected(value, WHAT))
}

/// A duration, which may be zero.
pub(crate) fn duration(value: &Value<'_>) -> Result<Duration, Mistake> {
    const WHAT: &str = "a duration such as \"250ms\", \"10s\", \"5m\" or \"24h\"";
    parse_duration(text(value, WHAT)?).ok_or_else(|| Mistake::expected(value, WHAT))
}

/// A duration above zero.
pub(crate) fn timeout(value: &Value<'_>) -> Result<Duration, Mistake> {
    match duration(value)? {
        Duration::ZERO => Err(Mistake::expected(value, "a duration above zero, such as \"10s\"")),
        some => Ok(some),
    }
}

/// One of a few words, in any case.
pub(crate) fn word<T: Copy>(value: &Value<'_>, words: &[(&str, T)]) -> Result<T, Mistake> {
    let what = any_of(words.iter().map(|(word, _)| format!("\"{word}\"")));
    let text = text(value, &what)?;
    words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| Mistake::expected(value, &what).near(text, words.iter().map(|(word, _)| *word)))
}

/// A list whose elements `read` takes; a mistake points at the element.
pub(crate) fn list<'v, 'a, T>(
    value: &'v Value<'a>,
    what: &str,
    read: impl FnMut(&'v Value<'a>) -> Result<T, Mistake>,
) -> Result<Vec<T>, Mistake> {
    let elements = value.get_ref().as_array().ok_or_else(|| Mistake::wrong_type(value, what))?;
    elements.iter().map(read).collect()
}

/// `a, b or c`.
pub(crate) fn any_of(words: impl IntoIterator<Item = impl Into<String>>) -> String {
    let mut words: Vec<String> = words.into_iter().map(Into::into).collect();
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
    }
}

#[cfg(test)]
pub(crate) fn of(toml: &str) -> Value<'_> {
    DeValue::parse(toml).unwrap()
}

#[cfg(test)]
mod tests;
