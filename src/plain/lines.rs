//! One event as one line.

use std::fmt::Write as _;

use super::Verbosity;
use crate::event::{Event, Level, UploadState, Watching};
use crate::exchange::Exchange;
use crate::text::harmless;

/// `request 127.0.0.1 GET /index.html 200 1043 1.2ms`
pub(super) fn request(out: &mut String, exchange: &Exchange) {
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "request {} {} {} {} {} {:.1}ms",
        exchange.remote,
        harmless(exchange.method.as_str()),
        harmless(&exchange.target),
        exchange.status,
        exchange.sent,
        exchange.took.as_secs_f64() * 1e3,
    );
}

/// `note by template hello.html for Mozilla/5.0 …`, below the request that it is about.
pub(super) fn route(out: &mut String, exchange: &Exchange) {
    if let Some(more) = &exchange.more {
        let route = more.route.as_deref().unwrap_or("stan");
        let cut = if more.cut { ", cut short" } else { "" };
        note(out, &format!("by {route} for {}{cut}", more.user_agent.as_deref().unwrap_or("a client without a name")));
    }
}

/// The line or lines for an event; some events have none.
pub(super) fn event(out: &mut String, event: &Event, level: Verbosity) {
    match event {
        Event::Listening(urls) => urls.iter().for_each(|url| harmless_line(out, "listening ", url)),
        Event::Changed(_) if level == Verbosity::Quiet => {}
        Event::Changed(path) => harmless_line(out, "changed ", &path.to_string_lossy()),
        Event::Upload(upload) => {
            let state = match &upload.state {
                UploadState::Arriving if level == Verbosity::Verbose && upload.received == 0 => "arriving".to_owned(),
                UploadState::Arriving => return,
                UploadState::Waiting => "waiting".to_owned(),
                UploadState::Done { duplicate: false, .. } => "done".to_owned(),
                UploadState::Done { duplicate: true, .. } => "duplicate".to_owned(),
                UploadState::Deleted => "deleted".to_owned(),
                UploadState::Failed(why) => format!("failed: {why}"),
            };
            let line = format!("{} {} {} {state}", upload.from, upload.name, upload.received);
            harmless_line(out, "upload ", &line);
        }
        Event::Note(about) => {
            let word = if about.level == Level::Error { "error " } else { "note " };
            harmless_line(out, word, &about.text);
        }
        Event::Watcher(Watching::Polling(why)) => note(out, &format!("watching by polling: {why}")),
        Event::Watcher(Watching::Off(why)) => note(out, &format!("not watching: {why}")),
        Event::Pages(pages) if level == Verbosity::Verbose => note(out, &format!("{pages} pages connected")),
        Event::Watcher(Watching::Native)
        | Event::Paused
        | Event::Routes(_)
        | Event::Renamed { .. }
        | Event::Pages(_)
        | Event::Settings(_)
        | Event::Stopping(0) => {}
        Event::Stopping(left) => note(out, &format!("stopping, {left} in flight")),
    }
}

/// A note.
pub(super) fn note(out: &mut String, text: &str) {
    harmless_line(out, "note ", text);
}

/// One line, whatever the text.
pub(super) fn harmless_line(out: &mut String, word: &str, text: &str) {
    let _ = writeln!(out, "{word}{}", harmless(text));
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::event::Note;

    #[test]
    fn a_request_is_the_contracts_line() {
        let exchange = Exchange {
            at: SystemTime::UNIX_EPOCH,
            took: Duration::from_micros(1234),
            remote: [127, 0, 0, 1].into(),
            method: http::Method::GET,
            target: "/index.html".into(),
            version: http::Version::HTTP_11,
            status: 200,
            sent: 1043,
            more: None,
        };
        let mut out = String::new();
        request(&mut out, &exchange);
        assert_eq!(out, "request 127.0.0.1 GET /index.html 200 1043 1.2ms\n");
    }

    #[test]
    fn nothing_escapes_its_line() {
        let mut out = String::new();
        event(&mut out, &Event::Note(Note::error("a\nb\x1b[2J")), Verbosity::Normal);
        event(&mut out, &Event::Changed("x\ny".into()), Verbosity::Normal);
        assert_eq!(out, "error a\\x0ab\\x1b[2J\nchanged x\\x0ay\n");
    }
}
