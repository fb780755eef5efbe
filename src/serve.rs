//! The main way to run: settings, a session on its thread, and a front end on this one.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::runtime::{Builder, Runtime};

use crate::cli::{ServeArgs, SiteArgs};
use crate::command::{Command, Execute};
use crate::config::{Flags, Layers, LoadError};
use crate::event::{Event, Note, Reader, feed};
use crate::footprint;
use crate::plain::{self, Verbosity};
use crate::session::{self, Running};
use crate::signals::{Signal, Signals};
use crate::text::uncoded;
use crate::tui::{self, ExitReason};

/// The start is over by then.
const SETTLED: Duration = Duration::from_millis(400);

/// Serves until it is stopped: 0 after an orderly end, 1 when it could not start, 2 when
/// something that was written is wrong.
pub fn run(args: &ServeArgs) -> ExitCode {
    crate::server::inherit_none();
    let layers = match layers(&args.site) {
        Ok(layers) => layers,
        Err(error) => {
            complain(&error);
            return ExitCode::from(2);
        }
    };
    let (feed, reader) = feed();
    let voice = feed.clone();
    let session = match session::spawn(layers, feed) {
        Ok(session) => session,
        Err(error) => {
            eprintln!("error: {}", uncoded(&error.to_string()));
            return ExitCode::from(error.exit_code());
        }
    };
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {}", uncoded(&error.to_string()));
            return ExitCode::FAILURE;
        }
    };
    if args.open {
        let handle = session.handle.clone();
        runtime.spawn(async move {
            let reply = handle.execute(Command::Open(None)).await;
            if !reply.ok {
                voice.event(Event::Note(Note::error(reply.line)));
            }
        });
    }
    runtime.spawn(async {
        tokio::time::sleep(SETTLED).await;
        footprint::shrink();
    });
    let screen = !args.plain && io::stdin().is_terminal() && io::stdout().is_terminal();
    let shown = if screen { on_screen(&runtime, reader, &session) } else { in_lines(&runtime, reader, &session, args) };
    if shown.is_err() {
        // Nobody is left to type it.
        runtime.block_on(session.handle.execute(Command::Stop));
    }
    // A thread may still wait for a line to be typed; the process does not.
    runtime.shutdown_background();
    if let Ok(Some(signal)) = shown {
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    let orderly = session.join();
    match shown {
        Err(error) => {
            eprintln!("error: {}", uncoded(&error.to_string()));
            ExitCode::FAILURE
        }
        _ if !orderly => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Says why nothing was started; errors in stan.conf begin with their own place.
pub(crate) fn complain(error: &LoadError) {
    let place = if error.errors().is_empty() { "error: " } else { "" };
    eprintln!("{place}{}", uncoded(&error.to_string()));
}

/// The settings in force: options over environment over stan.conf over defaults.
pub(crate) fn layers(args: &SiteArgs) -> Result<Layers, LoadError> {
    let flags = Flags {
        port: args.port,
        bind: args.bind,
        config: args.config.clone(),
        uploads: args.uploads.clone(),
        no_upload: args.no_upload,
        app: args.app.clone(),
    };
    Layers::load(&args.path, flags, &|name| std::env::var(name).ok())
}

/// The number of a second signal, where one would not wait for the end.
fn in_lines(runtime: &Runtime, reader: Reader, session: &Running, args: &ServeArgs) -> io::Result<Option<i32>> {
    runtime.block_on(async {
        let signals = Signals::new(&Signals::LINES)?;
        let (input, out) = (BufReader::new(tokio::io::stdin()), tokio::io::stdout());
        let level = Verbosity::of(args.quiet, args.verbose);
        let ended = plain::run(input, out, reader, session.handle.clone(), signals, level).await;
        Ok(ended.map(Signal::number))
    })
}

/// The same on a screen; one who forces the end there has pressed Ctrl-C again.
fn on_screen(runtime: &Runtime, reader: Reader, session: &Running) -> io::Result<Option<i32>> {
    Ok(match runtime.block_on(tui::show(reader, &session.handle))? {
        ExitReason::Closed => None,
        ExitReason::Forced => Some(libc::SIGINT),
        ExitReason::Signal(number) => Some(number),
    })
}
