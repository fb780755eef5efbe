//! What the environment says: one variable for each key, and those of the options.
//!
//! The rule: `STAN_` and the key in capitals, its dot an underscore: `STAN_UPLOAD_EXISTS`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{LoadError, typed};
use crate::config::{Config, defaults, keys};

/// The variables that count, read once: a process does not see others' changes to them.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    /// By key.
    given: BTreeMap<&'static str, Variable>,
    /// `STAN_CONFIG`.
    pub(super) config: Option<PathBuf>,
    /// `STAN_NO_UPLOAD`.
    pub(super) no_upload: bool,
}

/// A variable that is set.
#[derive(Debug, Clone)]
struct Variable {
    name: String,
    text: String,
}

/// The variables that give a key, the first that is set counts.
pub(crate) fn variables(key: &str) -> Vec<String> {
    let own = format!("STAN_{}", key.replace('.', "_").to_ascii_uppercase());
    match key {
        "port" => vec![own, "PORT".to_owned()],
        "upload.dir" => vec!["STAN_UPLOADS".to_owned(), own],
        _ => vec![own],
    }
}

impl Environment {
    /// Reads and checks the variables.
    pub(super) fn read(root: &Path, get: &dyn Fn(&str) -> Option<String>) -> Result<Self, LoadError> {
        // An empty variable counts as unset.
        let get = |name: &str| get(name).filter(|text| !text.trim().is_empty());
        let mut environment = Self { config: get("STAN_CONFIG").map(PathBuf::from), ..Self::default() };
        let mut scratch = defaults::config(root, None);
        for key in keys::all() {
            let set = variables(key.name).into_iter().find_map(|name| get(&name).map(|text| Variable { name, text }));
            let Some(mut variable) = set else { continue };
            if variable.name == "STAN_UPLOADS" {
                // As `--uploads`, it is relative to the current folder.
                if let Some(path) =
                    std::path::absolute(&variable.text).ok().and_then(|path| path.to_str().map(str::to_owned))
                {
                    variable.text = path;
                }
            }
            typed::read(key, &mut scratch, &variable.text).map_err(|mistake| variable.error(mistake.message))?;
            environment.given.insert(key.name, variable);
        }
        if let Some(text) = get("STAN_NO_UPLOAD") {
            let variable = Variable { name: "STAN_NO_UPLOAD".to_owned(), text };
            environment.no_upload = match variable.text.trim().to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => true,
                "0" | "false" | "no" | "off" => false,
                _ => return Err(variable.error("expected true or false".to_owned())),
            };
        }
        Ok(environment)
    }

    /// The variable that settles the key.
    pub(super) fn settles(&self, key: &str) -> Option<&str> {
        self.given.get(key).map(|variable| variable.name.as_str())
    }

    /// Takes over what the variable says of the key.
    pub(super) fn apply(&self, key: &keys::Key, config: &mut Config) -> Result<(), LoadError> {
        let Some(variable) = self.given.get(key.name) else { return Ok(()) };
        typed::read(key, config, &variable.text).map_err(|mistake| variable.error(mistake.message))
    }
}

impl Variable {
    fn error(&self, message: String) -> LoadError {
        // What holds passwords is not repeated.
        let secret = matches!(self.name.as_str(), "STAN_AUTH" | "STAN_UPLOAD_KEY");
        let text = if secret { "…".to_owned() } else { self.text.clone() };
        LoadError::Variable { name: self.name.clone(), text, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_share_a_variable() {
        let mut names: Vec<_> = keys::all().flat_map(|key| variables(key.name)).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.contains(&"STAN_UPLOAD_MAX_SIZE".to_owned()));
    }
}
