//! Keys of a route that go with some targets only.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeString;

use super::proxy;
use crate::config::guards::Check;
use crate::config::value::{self, Mistake, Value, any_of};

/// A key, and the targets that it goes with.
pub(super) struct Extra {
    pub(super) name: &'static str,
    targets: &'static [&'static str],
    check: Check,
}

pub(super) const EXTRAS: &[Extra] = &[
    Extra { name: "strip", targets: &["proxy"], check: |v| value::flag(v).map(drop) },
    Extra { name: "balance", targets: &["proxy"], check: |v| proxy::balance(v).map(drop) },
    Extra { name: "host", targets: &["proxy"], check: |v| proxy::host(v).map(drop) },
    Extra { name: "dir", targets: &["wsgi", "python"], check: |v| name(v, "the name of a folder") },
    Extra { name: "venv", targets: &["wsgi", "python"], check: |v| name(v, "the name of a folder") },
    Extra { name: "workers", targets: &["wsgi", "python"], check: |v| value::whole(v, 0..=64).map(drop) },
    Extra { name: "threads", targets: &["wsgi", "python"], check: |v| value::whole(v, 1..=256).map(drop) },
    Extra { name: "env", targets: APPS, check: |v| env(v).map(drop) },
    Extra { name: "timeout", targets: &["proxy", "wsgi", "python", "cgi"], check: |v| value::timeout(v).map(drop) },
];

/// Targets that run a program.
const APPS: &[&str] = &["wsgi", "python", "cgi"];

impl Extra {
    /// Checks that the key goes with the target and what it says.
    pub(super) fn check(&self, kind: Option<&str>, at: Range<usize>, value: &Value<'_>) -> Result<(), Mistake> {
        if kind.is_some_and(|kind| !self.targets.contains(&kind)) {
            let targets = any_of(self.targets.iter().copied());
            return Err(Mistake::new(at, format!("{} goes with {targets}", self.name)));
        }
        (self.check)(value)
    }
}

fn name(value: &Value<'_>, what: &str) -> Result<(), Mistake> {
    value::text_that(value, what, |name| !name.is_empty() && !name.contains('\0')).map(drop)
}

/// Variables: names without `=`, texts without NUL.
pub(super) fn env(value: &Value<'_>) -> Result<Vec<(String, String)>, Mistake> {
    const WHAT: &str = "a table of variables, such as { FLASK_DEBUG = \"0\" }";
    let table = value.get_ref().as_table().ok_or_else(|| Mistake::wrong_type(value, WHAT))?;
    let variable = |(key, value): (&Spanned<DeString<'_>>, &Value<'_>)| {
        if key.get_ref().is_empty() || key.get_ref().contains(['=', '\0']) {
            return Err(Mistake::new(key.span(), "expected the name of a variable"));
        }
        let text = value::text_that(value, "the text of a variable", |text| !text.contains('\0'))?;
        Ok((key.get_ref().to_string(), text.to_owned()))
    };
    table.iter().map(variable).collect()
}
