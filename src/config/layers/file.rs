//! The file stan.conf on disk.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::LoadError;
use crate::config::value::Mistake;
use crate::config::{ConfigError, ConfigErrors};

/// The name of the file in the site's folder.
const NAME: &str = "stan.conf";
/// More than any person writes.
const MOST: u64 = 1 << 20;

/// Which file it is.
#[derive(Debug, Clone)]
pub(super) struct ConfigFile {
    /// Where it is, absolute.
    pub(super) path: PathBuf,
    /// As the person knows it.
    name: String,
    /// Somebody named it, so it must be there.
    named: bool,
}

impl ConfigFile {
    /// The file that was named, relative to the current folder, or the one of the site.
    pub(super) fn new(root: &Path, named: Option<&Path>) -> Result<Self, LoadError> {
        match named {
            None => Ok(Self { path: root.join(NAME), name: NAME.to_owned(), named: false }),
            Some(path) => Ok(Self {
                path: std::path::absolute(path).map_err(|why| LoadError::File(path.to_owned(), why))?,
                name: path.to_string_lossy().into_owned(),
                named: true,
            }),
        }
    }

    /// Its text; `None` where there is none and none is needed.
    pub(super) fn read(&self) -> Result<Option<String>, LoadError> {
        let mut bytes = Vec::new();
        let fail = |why| LoadError::File(PathBuf::from(&self.name), why);
        // A pipe would wait for ever, a device might never end.
        if self.path.metadata().is_ok_and(|meta| !meta.is_file()) {
            return Err(fail(io::Error::other("it is not a file")));
        }
        match File::open(&self.path) {
            Err(why) if why.kind() == io::ErrorKind::NotFound && !self.named => return Ok(None),
            Err(why) => return Err(fail(why)),
            Ok(file) => file.take(MOST + 1).read_to_end(&mut bytes).map_err(fail)?,
        };
        if bytes.len() as u64 > MOST {
            return Err(fail(io::Error::other("it has more than 1 MiB, so it is no stan.conf")));
        }
        match String::from_utf8(bytes) {
            // A byte order mark is no part of the text, so that columns count from 1.
            Ok(text) => Ok(Some(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes());
                Err(self.invalid(&text, vec![Mistake::new(at..at + 1, "expected UTF-8 text")]))
            }
        }
    }

    /// The mistakes with their places, in file order.
    pub(super) fn invalid(&self, text: &str, mut mistakes: Vec<Mistake>) -> LoadError {
        mistakes.sort_by_key(|mistake| mistake.at.start);
        let errors = mistakes
            .into_iter()
            .map(|mistake| ConfigError::at(&self.name, text, &mistake.at, mistake.message, mistake.nearest));
        LoadError::Invalid(ConfigErrors(errors.collect()))
    }
}
