//! stan: arguments become one of the ways to run, and that an exit code.

use std::io::{stderr, stdout};
use std::process::ExitCode;

use stan::cli::{self, Run};
use stan::{check, serve};

fn main() -> ExitCode {
    let run = match cli::parse(std::env::args_os()) {
        Ok(run) => run,
        // Help and version are "errors" too: clap knows where each goes and its exit code.
        Err(error) => error.exit(),
    };
    match run {
        Run::Serve(args) => serve::run(&args),
        Run::Check(args) => check::run(&args, &mut stdout()),
        Run::Init(path) => cli::init::run(&path, &mut stdout(), &mut stderr()),
        Run::Hash(name) => cli::hash::run(name.as_deref(), &mut stdout(), &mut stderr()),
        Run::Completions(shell) => cli::completions::run(shell, &mut stdout()),
        Run::Man => cli::man::run(&mut stdout()),
    }
}
