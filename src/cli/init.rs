//! `stan init [PATH]`: a small starting site, written beside what is there and never over it.

mod starter;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use starter::STARTER;

use crate::text::harmless;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The site's folder.
    pub folder: PathBuf,
    /// Files that were written, relative to the folder.
    pub wrote: Vec<&'static str>,
    /// Files that were there and stay as they are.
    pub kept: Vec<&'static str>,
    /// The folder's own files were served until now, and no longer are.
    pub aside: bool,
}

/// A file or folder that could not be written.
#[derive(Debug)]
pub struct InitError {
    path: PathBuf,
    error: io::Error,
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.to_string_lossy();
        let path = harmless(&path);
        match self.error.kind() {
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                write!(f, "cannot write '{path}': a file is where a folder should be; move it, or name another folder")
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                write!(f, "cannot write '{path}': {}; name a folder that is yours", self.error)
            }
            _ => write!(f, "cannot write '{path}': {}; what was written before it stays", self.error),
        }
    }
}

impl std::error::Error for InitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Writes the starting site into `folder` and says on `out` what became of each file.
pub fn run(folder: &Path, out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    match write(folder) {
        Ok(report) => super::print(out, report.to_string().as_bytes()),
        Err(error) => {
            // Where even this cannot be said, the exit code says it.
            let _ = writeln!(err, "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes those files of the starting site that `folder` does not have.
pub fn write(folder: &Path) -> Result<Report, InitError> {
    let failed = |path: &Path, error| InitError { path: path.to_owned(), error };
    let bare = !folder.join("static_file").is_dir() && has_files(folder);
    let mut report = Report { folder: folder.to_owned(), wrote: Vec::new(), kept: Vec::new(), aside: bare };
    for (name, content) in STARTER {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(parent, error))?;
        }
        if create(&path, content).map_err(|error| failed(&path, error))? {
            report.wrote.push(name);
        } else {
            report.kept.push(name);
        }
    }
    Ok(report)
}

/// Writes a file that is not there yet: whole, or not at all. `false` where something is there.
fn create(path: &Path, content: &[u8]) -> io::Result<bool> {
    let mut file = match File::create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error),
    };
    if let Err(error) = file.write_all(content) {
        // Half a file would be kept by the next run as if it were the person's own.
        let _ = fs::remove_file(path);
        return Err(error);
    }
    Ok(true)
}

/// Whether a folder has anything that a server would show.
fn has_files(folder: &Path) -> bool {
    let shown =
        |name: &str| !name.starts_with('.') && !STARTER.iter().any(|(file, _)| file.split('/').next() == Some(name));
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| shown(&entry.file_name().to_string_lossy())))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in &self.wrote {
            writeln!(f, "wrote  {name}")?;
        }
        for name in &self.kept {
            writeln!(f, "kept   {name}  (was there)")?;
        }
        let folder = self.folder.to_string_lossy();
        let folder = harmless(&folder);
        if self.wrote.is_empty() {
            return writeln!(f, "all of it is there already, nothing written; start it: stan {folder}");
        }
        if self.aside {
            writeln!(f, "note   only static_file/ and templates/ are served now: move your pages there")?;
        }
        writeln!(f, "start it: stan {folder}")
    }
}

#[cfg(test)]
mod tests;
