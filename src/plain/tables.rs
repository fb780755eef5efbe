//! The views of plain mode: routes, uploads, the last requests, the QR code.

use crate::event::{RouteRow, UploadState};
use crate::known::{Known, Row, Scan, Transfer, clock};
use crate::qr::{Code, Ink};
use crate::text::size;

use super::lines;

/// Requests that `log` prints.
const LAST: usize = 20;

type Table = (Vec<String>, String);

pub(super) fn routes(known: &Known) -> Table {
    let width = |of: fn(&RouteRow) -> &str| known.routes.iter().map(|r| of(r).chars().count()).max();
    let methods = width(|r| &r.methods).unwrap_or(0);
    let paths = width(|r| &r.path).unwrap_or(0);
    let legend = RouteRow::legend(&known.routes);
    let marks = known.routes.iter().map(|r| r.marks().len()).max().unwrap_or(0);
    let rows = known.routes.iter().map(|r| {
        let marks = if marks == 0 { String::new() } else { format!("{:marks$}  ", r.marks()) };
        format!("{:methods$}  {marks}{:paths$}  {} {}", r.methods, r.path, r.kind, r.to)
    });
    let count = count(known.routes.len(), "route");
    (rows.collect(), if legend.is_empty() { count } else { format!("{count}; {legend}") })
}

pub(super) fn uploads(known: &Known) -> Table {
    let rows = known.uploads.iter().map(|transfer| {
        let upload = &transfer.upload;
        let state = match &upload.state {
            UploadState::Arriving => arriving(transfer),
            UploadState::Waiting => format!("{}, waiting for the sender", share(transfer, "unfinished")),
            UploadState::Done { duplicate: false, .. } => "done".to_owned(),
            UploadState::Done { duplicate: true, .. } => "duplicate".to_owned(),
            UploadState::Deleted => "deleted".to_owned(),
            UploadState::Failed(why) => format!("failed: {why}"),
        };
        let from = format!("{} {}", upload.from, upload.device);
        format!("{}  {}  {}  {}  {state}", upload.id, upload.name, transfer.amount(), from.trim_end())
    });
    (rows.collect(), known.uploads.totals().words())
}

/// `71%, 2.8 MB/s, 00:01 left`
fn arriving(transfer: &Transfer) -> String {
    let share = share(transfer, "arriving");
    match transfer.left() {
        _ if transfer.stalled => format!("{share}, nothing comes"),
        Some(left) => format!("{share}, {}/s, {} left", size(transfer.speed), clock(left)),
        None => format!("{share}, {}/s", size(transfer.speed)),
    }
}

/// Hundredths, or a word where the whole is not known.
fn share(transfer: &Transfer, word: &str) -> String {
    transfer.percent().map_or_else(|| word.to_owned(), |percent| format!("{percent}%"))
}

pub(super) fn log(known: &Known) -> Table {
    let mut rows: Vec<String> = Vec::new();
    let mut place = known.log.shown();
    while let (Some(before), true) = (place.checked_sub(1), rows.len() < LAST) {
        place = before;
        if let Some((_, Row::Exchange(exchange))) = known.log.at(place) {
            let mut line = String::new();
            lines::request(&mut line, exchange);
            rows.push(line.trim_end().to_owned());
        }
    }
    rows.reverse();
    let line = count(rows.len(), "request");
    (rows, line)
}

/// The code, then for those who cannot scan what to type, and the link itself as the answer.
pub(super) fn qr(known: &Known, scan: &Scan) -> Result<Table, &'static str> {
    let (link, place, of) = scan.link(known)?;
    let mut above = Code::new(&link.url).map(|code| code.lines(Ink::Light, 2)).unwrap_or_default();
    let settings = &known.settings;
    if settings.uploads && !settings.pin.is_empty() {
        above.push(format!("{}  PIN {}", link.typed, settings.pin));
    }
    if of > 1 {
        above.push(format!("{place} of {of}; qr next shows the next"));
    }
    Ok((above, link.url))
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
