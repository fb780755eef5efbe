//! The options and subcommands, as clap reads them.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use super::Run;
use super::target::{self, TargetError};
use crate::config::WsgiApp;
use crate::net::Bind;

const AFTER: &str = "\
Once it runs, type words: help lists them, stop ends it.
Options win over the environment (STAN_PORT, STAN_BIND, …, PORT), that over stan.conf.";

/// A dev server that you talk to.
///
/// Serves a folder, refreshes every open page when a file is saved, and receives a phone's files.
#[derive(Debug, Parser)]
#[command(
    name = "stan",
    bin_name = "stan",
    version,
    after_help = AFTER,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    disable_help_subcommand = true,
    subcommand_value_name = "COMMAND",
    override_usage = "stan [PATH | MODULE:CALLABLE | FILE.py] [OPTIONS]\n       stan check [PATH]\n       stan init [PATH]\n       stan hash [NAME]\n       stan completions SHELL\n       stan man"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Other>,
    #[command(flatten)]
    serve: ServeArgs,
}

/// How to serve.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Clone, PartialEq, Eq, ClapArgs)]
pub struct ServeArgs {
    /// The folder, and the options that stan.conf knows too.
    #[command(flatten)]
    pub site: SiteArgs,
    /// Plain lines instead of the TUI; automatic where stdin or stdout is no terminal
    #[arg(long)]
    pub plain: bool,
    /// Open the browser
    #[arg(long)]
    pub open: bool,
    /// Say less: no line for each request or changed file
    #[arg(short, long, overrides_with = "verbose")]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, overrides_with = "quiet")]
    pub verbose: bool,
}

/// What stan.conf knows too, as far as it was given.
#[derive(Debug, Clone, PartialEq, Eq, ClapArgs)]
pub struct SiteArgs {
    /// The site's folder.
    #[arg(
        value_name = "PATH",
        help = "The site's folder; without static_file/ it is itself the folder of static files",
        default_value = ".",
        hide_default_value = true,
        value_hint = ValueHint::DirPath
    )]
    pub path: PathBuf,
    /// Port to listen on; 0 is any free one [default: 8000]
    #[arg(short, long, value_name = "N")]
    pub port: Option<u16>,
    /// local (this device), lan (all addresses, the default) or an address
    #[arg(long, value_name = "ADDR", visible_alias = "host")]
    pub bind: Option<Bind>,
    /// Configuration file [default: PATH/stan.conf; none is fine]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Where uploads go [default: PATH/uploads]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub uploads: Option<PathBuf>,
    /// Refuse uploads
    #[arg(long, conflicts_with = "uploads")]
    pub no_upload: bool,
    /// The app that was named instead of a folder; the folder is the current one then.
    #[arg(skip)]
    pub app: Option<WsgiApp>,
}

impl SiteArgs {
    /// Tells an app from a folder.
    fn settle(&mut self) -> Result<(), TargetError> {
        self.app = target::check(std::path::Path::new("."), &self.path)?;
        if self.app.is_some() {
            self.path = PathBuf::from(".");
        }
        Ok(())
    }
}

/// How to check.
#[derive(Debug, Clone, PartialEq, Eq, ClapArgs)]
pub struct CheckArgs {
    /// The folder, and the options that stan.conf knows too.
    #[command(flatten)]
    pub site: SiteArgs,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Read stan.conf, say what it means or what is wrong; start nothing
    Check(CheckArgs),
    /// Write a small starting site; never overwrites
    Init {
        /// Where to
        #[arg(default_value = ".", hide_default_value = true, value_hint = ValueHint::DirPath)]
        path: PathBuf,
    },
    /// Read a password and print a line for auth in stan.conf with its hash
    Hash {
        /// Whose password it is; without it the hash alone is printed
        name: Option<String>,
    },
    /// Print a shell's completions
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

impl Args {
    /// The way to run that was asked for.
    pub(super) fn into_run(self) -> Result<Run, TargetError> {
        Ok(match self.command {
            None => {
                let mut serve = self.serve;
                serve.site.settle()?;
                Run::Serve(serve)
            }
            Some(Other::Check(mut args)) => {
                args.site.settle()?;
                Run::Check(args)
            }
            Some(Other::Init { path }) => Run::Init(path),
            Some(Other::Hash { name }) => Run::Hash(name),
            Some(Other::Completions { shell }) => Run::Completions(shell),
            Some(Other::Man) => Run::Man,
        })
    }
}
