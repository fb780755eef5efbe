//! `stan check`: what stan.conf means, or what is wrong with it; nothing is started.

use std::io::Write;
use std::process::ExitCode;

use crate::cli::CheckArgs;
use crate::serve::{complain, layers};

/// Prints the settings in force with their source, exit 0; or every error with its place, exit 2.
pub fn run(args: &CheckArgs, out: &mut dyn Write) -> ExitCode {
    match layers(&args.site) {
        Ok(layers) => {
            let text = layers.describe().join("\n");
            match writeln!(out, "{text}") {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
                _ => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}
