//! The command line: arguments become one of the ways to run.
//!
//! Belongs here: reading arguments, and the ways to run that need no server. Environment and
//! stan.conf are not read here: options that were not given stay `None` for the layers below.

mod args;
pub mod completions;
pub mod hash;
pub mod init;
pub mod man;
mod target;
mod tips;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
pub use clap_complete::Shell;

pub use args::{CheckArgs, ServeArgs, SiteArgs};

/// One of the ways to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Serve.
    Serve(ServeArgs),
    /// Read stan.conf, say what it means or what is wrong.
    Check(CheckArgs),
    /// Write a small starting site.
    Init(PathBuf),
    /// Print a line for `auth` with the hash of a password.
    Hash(Option<String>),
    /// Print a shell's completions.
    Completions(Shell),
    /// Print the manual page.
    Man,
}

/// Reads arguments, of which the first is the program's own name.
///
/// An error may be a request for help or the version: it knows where it is to be printed and
/// the exit code that belongs to it.
///
/// ```
/// use stan::cli::{Run, parse};
/// let Run::Serve(args) = parse(["stan", "--port", "8080"]).unwrap() else { panic!() };
/// assert_eq!(args.site.port, Some(8080));
/// assert_eq!(parse(["stan", "--prot"]).unwrap_err().exit_code(), 2);
/// ```
pub fn parse<I, T>(arguments: I) -> Result<Run, clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let mut command = command();
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let first = arguments.get(1).map(|first| first.to_string_lossy().into_owned()).unwrap_or_default();
    let matches = command.try_get_matches_from_mut(arguments).map_err(|error| {
        tips::tip(&error, &first).map_or(error, |said| clap::Error::raw(ErrorKind::UnknownArgument, said))
    })?;
    let args = args::Args::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    args.into_run().map_err(|error| clap::Error::raw(ErrorKind::ValueValidation, format!("{error}\n")))
}

/// The command line as clap knows it, for completions and the manual page.
pub fn command() -> clap::Command {
    args::Args::command()
}

/// Writes what a way to run has to print; a reader that went away is no failure.
fn print(out: &mut dyn Write, text: &[u8]) -> ExitCode {
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests;
