//! A listing in the form and order wanted: what is written does not depend on when or in how many
//! pieces.

use jiff::tz::TimeZone;
use xxhash_rust::xxh3::Xxh3;

use super::format::Format;
use super::page::Page;
use super::{json, plain};
use crate::server::files::clock::Clock;
use crate::server::files::conditional::Validators;
use crate::server::files::folder::{Entries, Entry, Order};
use crate::server::files::url;

/// A listing, ready to be written any number of times.
pub(super) struct Sheet {
    entries: Entries,
    sorted: Vec<u32>,
    format: Format,
    /// The URL path of the folder.
    base: String,
    page: Page,
    zone: TimeZone,
}

/// A sheet that was written.
pub(super) enum Made {
    Whole(Vec<u8>),
    /// It is longer than wanted in memory; this is what it comes to.
    Long {
        bytes: u64,
        validators: Validators,
    },
}

impl Sheet {
    /// The folder at the decoded URL path `path`; `top` when nothing above it is served.
    pub(super) fn new(mut entries: Entries, format: Format, order: Order, filter: &str, path: &str, top: bool) -> Self {
        let among = entries.all().len();
        if !filter.is_empty() {
            entries.retain(&filter.to_lowercase());
        }
        let page = Page::new(&entries, order, (filter, among), path, top);
        let sorted = order.sort(&entries);
        Self { entries, sorted, format, base: url::path(path), page, zone: TimeZone::system() }
    }

    /// The memory that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.entries.bytes() + self.sorted.capacity() * size_of::<u32>()
    }

    /// Writes it, into memory as long as that does not take more than `most` bytes.
    pub(super) fn make(&self, most: usize) -> Made {
        const PIECE: usize = 256 << 10;
        let mut progress = Progress::new(self);
        let mut whole = Vec::with_capacity(self.guess().min(most + PIECE));
        progress.write(self, &mut whole, most);
        if progress.is_done(self) && whole.len() <= most {
            return Made::Whole(whole);
        }
        let (mut hash, mut bytes) = (Xxh3::new(), 0);
        let mut piece = whole;
        while !piece.is_empty() {
            hash.update(&piece);
            bytes += piece.len() as u64;
            piece.clear();
            progress.write(self, &mut piece, PIECE);
        }
        Made::Long { bytes, validators: Validators::of_hash(hash.digest128()) }
    }

    /// About as many bytes as it will come to.
    fn guess(&self) -> usize {
        let row = match self.format {
            Format::Page => 160,
            Format::Json => 160 + self.base.len(),
            Format::Text => 32,
        };
        (8 << 10) + self.sorted.len() * row
    }

    fn entry(&self, row: usize) -> Option<&Entry> {
        self.entries.all().get(*self.sorted.get(row)? as usize)
    }
}

/// How far a sheet has been written.
struct Progress {
    clock: Clock,
    /// 0 is what stands above the rows.
    next: usize,
}

impl Progress {
    fn new(sheet: &Sheet) -> Self {
        Self { clock: Clock::new(sheet.zone.clone()), next: 0 }
    }

    fn is_done(&self, sheet: &Sheet) -> bool {
        self.next > sheet.sorted.len() + 1
    }

    /// Goes on until there are `enough` bytes in `out` or the sheet ends.
    fn write(&mut self, sheet: &Sheet, out: &mut Vec<u8>, enough: usize) {
        while out.len() < enough && !self.is_done(sheet) {
            let row = self.next.checked_sub(1);
            match row.map(|row| (row, sheet.entry(row))) {
                None => match sheet.format {
                    Format::Page => sheet.page.head(out),
                    Format::Json => out.push(b'['),
                    Format::Text => {}
                },
                Some((row, Some(entry))) => {
                    let name = sheet.entries.name(entry);
                    match sheet.format {
                        Format::Page => Page::row(out, row, name, entry, &mut self.clock),
                        Format::Json => json::row(out, row, name, entry, &sheet.base),
                        Format::Text => plain::row(out, name, entry),
                    }
                }
                Some((_, None)) => match sheet.format {
                    Format::Page => sheet.page.foot(out),
                    Format::Json => out.push(b']'),
                    Format::Text => {}
                },
            }
            self.next += 1;
        }
    }
}

/// A sheet that is being written.
pub(super) struct Writer {
    sheet: Sheet,
    progress: Progress,
}

impl Writer {
    pub(super) fn new(sheet: Sheet) -> Self {
        Self { progress: Progress::new(&sheet), sheet }
    }

    /// Goes on until there are `enough` bytes in `out`; adds none at the end.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, enough: usize) {
        self.progress.write(&self.sheet, out, enough);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(format: Format, entries: usize) -> Sheet {
        let names: Vec<String> = (0..entries).map(|n| format!("file{n}.txt")).collect();
        let rows: Vec<(&[u8], bool, u64, i64)> =
            names.iter().map(|name| (name.as_bytes(), false, 1000, 1_795_172_462)).collect();
        Sheet::new(Entries::of(&rows), format, Order::default(), "", "/a/", false)
    }

    fn pieces(sheet: Sheet, enough: usize) -> Vec<Vec<u8>> {
        let mut writer = Writer::new(sheet);
        let mut pieces = Vec::new();
        loop {
            let mut piece = Vec::new();
            writer.write(&mut piece, enough);
            if piece.is_empty() {
                return pieces;
            }
            pieces.push(piece);
        }
    }

    #[test]
    fn pieces_come_to_the_whole_in_every_form() {
        for format in [Format::Page, Format::Json, Format::Text] {
            let Made::Whole(whole) = sheet(format, 1000).make(1 << 20) else { panic!("{format:?}") };
            let pieces = pieces(sheet(format, 1000), 4096);
            assert!(pieces.iter().all(|piece| piece.len() < 16 << 10) && pieces.len() > 2);
            assert_eq!(pieces.concat(), whole);
            let Made::Long { bytes, validators } = sheet(format, 1000).make(4096) else { panic!("{format:?}") };
            assert_eq!((bytes, validators), (whole.len() as u64, Validators::of_bytes(&whole)));
        }
    }

    #[test]
    fn a_sheet_of_nothing_has_its_frame() {
        let Made::Whole(json) = sheet(Format::Json, 0).make(100) else { panic!() };
        assert_eq!(json, b"[]");
        let Made::Whole(text) = sheet(Format::Text, 0).make(100) else { panic!() };
        assert!(text.is_empty());
    }
}
