//! Keys of a route that go with some targets only.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::DeString;

use crate::config::value::{self, Mistake, Value, any_of};
use crate::config::{Cgi, Wsgi};

/// A key, and the targets that it goes with.
pub(super) struct Extra {
    pub(super) name: &'static str,
    targets: &'static [&'static str],
}

pub(super) const EXTRAS: &[Extra] = &[
    Extra { name: "strip", targets: &["proxy"] },
    Extra { name: "balance", targets: &["proxy"] },
    Extra { name: "host", targets: &["proxy"] },
    Extra { name: "verify", targets: &["proxy"] },
    Extra { name: "ca", targets: &["proxy"] },
    Extra { name: "health", targets: &["proxy"] },
    Extra { name: "health_interval", targets: &["proxy"] },
    Extra { name: "dir", targets: PYTHON },
    Extra { name: "venv", targets: PYTHON },
    Extra { name: "workers", targets: PYTHON },
    Extra { name: "threads", targets: PYTHON },
    Extra { name: "env", targets: &["wsgi", "python", "cgi"] },
    Extra { name: "timeout", targets: &["proxy", "wsgi", "python", "cgi"] },
];

/// How many processes and threads an app may have.
const WORKERS: RangeInclusive<u32> = 0..=64;
const THREADS: RangeInclusive<u32> = 1..=256;

/// Targets that are apps in Python.
const PYTHON: &[&str] = &["wsgi", "python"];

/// What a route says of the app that it runs, whatever the order of its keys.
#[derive(Default)]
pub(super) struct AppKeys {
    dir: Option<PathBuf>,
    venv: Option<PathBuf>,
    env: Vec<(String, String)>,
    workers: Option<usize>,
    threads: Option<usize>,
    timeout: Option<Duration>,
}

impl AppKeys {
    /// Takes over what a key says; others are not its business.
    pub(super) fn read(&mut self, root: &Path, key: &str, value: &Value<'_>) -> Result<(), Mistake> {
        match key {
            "dir" => self.dir = Some(value::existing_folder(root, value)?),
            "venv" => self.venv = Some(value::beside(root, value, "the name of a folder")?),
            "env" => self.env = env(value)?,
            "workers" => self.workers = Some(value::whole(value, WORKERS)? as usize),
            "threads" => self.threads = Some(value::whole(value, THREADS)? as usize),
            "timeout" => self.timeout = Some(value::timeout(value)?),
            _ => {}
        }
        Ok(())
    }

    /// The scripts with what was said of them.
    pub(super) fn apply_to_scripts(self, scripts: &mut Cgi) {
        scripts.env = self.env;
        scripts.timeout = self.timeout.unwrap_or(scripts.timeout);
    }

    /// The app with what was said of it. A venv is beside the app's folder, or else beside the site's.
    pub(super) fn apply(self, app: &mut Wsgi) {
        let site = std::mem::replace(&mut app.dir, self.dir.unwrap_or_default());
        if app.dir.as_os_str().is_empty() {
            app.dir.clone_from(&site);
        }
        let in_dir = |venv: PathBuf| match venv.strip_prefix(&site).map(|name| app.dir.join(name)) {
            Ok(beside) if beside.is_dir() => beside,
            _ => venv,
        };
        app.venv = self.venv.map(in_dir);
        app.env = self.env;
        app.workers = self.workers.unwrap_or(app.workers);
        app.threads = self.threads.unwrap_or(app.threads);
        app.timeout = self.timeout.unwrap_or(app.timeout);
    }
}

impl Extra {
    /// Whether the key goes with the target; an error where it does not.
    pub(super) fn goes_with(&self, kind: Option<&str>, at: Range<usize>) -> Result<(), Mistake> {
        if kind.is_some_and(|kind| !self.targets.contains(&kind)) {
            let targets = any_of(self.targets.iter().copied());
            return Err(Mistake::new(at, format!("{} goes with {targets}", self.name)));
        }
        Ok(())
    }
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
