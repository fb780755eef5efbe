//! `stan completions SHELL`.

use std::io::Write;
use std::process::ExitCode;

use clap_complete::Shell;

/// Prints the completions for `shell`.
pub fn run(shell: Shell, out: &mut dyn Write) -> ExitCode {
    // Into memory first: the generator panics when its writer fails, as a closed pipe does.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "stan", &mut script);
    super::print(out, &script)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_learns_the_options() {
        for shell in Shell::value_variants() {
            let mut out = Vec::new();
            run(*shell, &mut out);
            let text = String::from_utf8(out).unwrap();
            for word in ["no-upload", "completions", "init"] {
                assert!(text.contains(word), "{shell}: {word}");
            }
        }
    }
}
