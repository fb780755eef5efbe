//! A listing as a page: one table that becomes two lines a row on a phone.
//!
//! It needs no script and no other file. Rows come in groups that the browser lays out only when
//! they come into view, so that 100,000 of them scroll. Other forms and orders of the same list
//! are behind buttons: programs that mirror a site follow every link, and no form.

use super::cells;
use crate::server::answer::escape_html;
use crate::server::files::clock::{self, Clock};
use crate::server::files::folder::{Entries, Entry, Key, Order};
use crate::server::files::url;
use crate::server::status;
use crate::text;

const STYLE: &str = include_str!("page.css");

/// Rows of a group; the style knows how high that is.
const GROUP: usize = 250;
/// From as many entries on there is a field to look for one.
const MANY: usize = 12;

const UNREACHABLE: &str = "No address can name this: rename it to open it here";

/// All of the page but its rows.
#[derive(Debug)]
pub(super) struct Page {
    head: String,
    foot: String,
}

impl Page {
    /// The page of a folder at the decoded URL path `path`; `top` when nothing above it is served.
    /// `filter` is the text that names must contain, and among how many was looked.
    pub(super) fn new(entries: &Entries, order: Order, filter: (&str, usize), path: &str, top: bool) -> Self {
        let rows = entries.all().len();
        let mut main =
            format!("<header data-stan-listing>\n<h1><nav aria-label=\"Folders\">{}</nav></h1>\n", crumbs(path));
        let summary = summary(entries, filter);
        if !summary.is_empty() {
            main.extend(["<p>", &summary, "</p>\n"]);
        }
        let (text, among) = filter;
        if among > 0 {
            main.push_str("<div class=\"tools\">");
            if among >= MANY || !text.is_empty() {
                main.push_str(&search(text, order));
            }
            main.push_str(
                "<form><button class=\"all\" name=\"zip\">Download this folder (.zip)</button></form></div>\n",
            );
        }
        main.push_str("</header>\n<table>\n<thead><tr>");
        for (key, word) in [(Key::Name, "Name"), (Key::Size, "Size"), (Key::Time, "Changed")] {
            main.push_str(&heading(key, word, order, text));
        }
        main.push_str("</tr></thead>\n");
        if !top {
            main.push_str("<tbody><tr><td><a href=\"../\">../</a></td><td></td><td></td></tr></tbody>\n");
        }
        // The rows go here; nothing from outside comes after it.
        main.push('\0');
        main.push_str(if rows > 0 { "</tbody>\n</table>" } else { "</table>" });
        if rows == 0 && text.is_empty() {
            main.push_str("\n<p class=\"none\">There is nothing in this folder yet.</p>");
        } else if rows == 0 {
            let text = escape_html(&text::harmless(text));
            main.extend(["\n<p class=\"none\">No name here contains “", &text, "”.</p>"]);
        }
        let page = status::document(&format!("{} · stan", text::harmless(path)), STYLE, &main);
        let (head, foot) = page.rsplit_once('\0').unwrap_or((&page, ""));
        Self { head: head.to_owned(), foot: foot.to_owned() }
    }

    /// Appends what stands above the rows.
    pub(super) fn head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.head.as_bytes());
    }

    /// Appends what stands below them.
    pub(super) fn foot(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.foot.as_bytes());
    }

    /// Appends an entry's row.
    pub(super) fn row(out: &mut Vec<u8>, row: usize, name: &[u8], entry: &Entry, clock: &mut Clock) {
        match row {
            0 => out.extend_from_slice(b"<tbody class=\"rows\">\n"),
            row if row % GROUP == 0 => out.extend_from_slice(b"</tbody>\n<tbody class=\"rows\">\n"),
            _ => {}
        }
        let slash: &[u8] = if entry.folder { b"/" } else { b"" };
        if entry.reachable {
            out.extend_from_slice(b"<tr><td><a href=\"");
            cells::segment(out, name);
            out.extend_from_slice(slash);
            out.extend_from_slice(b"\">");
        } else {
            out.extend_from_slice(b"<tr><td><s>");
        }
        cells::shown(out, name);
        out.extend_from_slice(slash);
        if entry.reachable {
            out.extend_from_slice(b"</a>");
        } else {
            out.extend_from_slice(b" <small>");
            out.extend_from_slice(UNREACHABLE.as_bytes());
            out.extend_from_slice(b"</small></s>");
        }
        if entry.folder {
            out.extend_from_slice(b"<td><td>");
        } else {
            out.extend_from_slice(b"<td");
            if entry.size >= 1000 {
                out.extend_from_slice(b" title=\"");
                cells::grouped(out, entry.size);
                out.extend_from_slice(b" bytes\"");
            }
            out.push(b'>');
            cells::size(out, entry.size);
            out.extend_from_slice(b"<td>");
        }
        let before = out.len();
        out.extend_from_slice(b"<time datetime=\"");
        if clock::utc(out, entry.seconds, entry.nanos) {
            out.extend_from_slice(b"\">");
            clock.local(out, entry.seconds);
            out.extend_from_slice(b"</time>\n");
        } else {
            out.truncate(before);
            out.push(b'\n');
        }
    }
}

/// A column's heading: its button sorts by it, or the other way round.
fn heading(key: Key, word: &str, order: Order, filter: &str) -> String {
    let here = order.key == key;
    // What is large or new is looked for first.
    let down = if here { !order.down } else { key != Key::Name };
    let (state, arrow) = match (here, order.down) {
        (false, _) => ("", ""),
        (true, false) => (" aria-sort=\"ascending\"", " ↑"),
        (true, true) => (" aria-sort=\"descending\"", " ↓"),
    };
    let filter = if filter.is_empty() { String::new() } else { hidden("q", filter) };
    let order = hidden("order", if down { "desc" } else { "asc" });
    let key = word_of(key);
    format!("<th{state}><form>{order}{filter}<button name=\"sort\" value=\"{key}\">{word}{arrow}</button></form></th>")
}

/// A part of a form that is not seen.
fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape_html(value))
}

fn word_of(key: Key) -> &'static str {
    match key {
        Key::Name => "name",
        Key::Size => "size",
        Key::Time => "time",
    }
}

/// The field to look for a name; the order stays.
fn search(filter: &str, order: Order) -> String {
    let order = if order == Order::default() {
        String::new()
    } else {
        hidden("sort", word_of(order.key)) + &hidden("order", if order.down { "desc" } else { "asc" })
    };
    format!(
        "<form role=\"search\"><input type=\"search\" name=\"q\" value=\"{}\" placeholder=\"Part of a name\" \
         aria-label=\"Part of a name\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\" \
         enterkeyhint=\"search\">{order}<button>Filter</button></form>",
        escape_html(filter)
    )
}

/// How many files and folders, and how much they come to.
fn summary(entries: &Entries, (filter, among): (&str, usize)) -> String {
    let folders = entries.all().iter().filter(|entry| entry.folder).count();
    let files = entries.all().len() - folders;
    let bytes =
        entries.all().iter().filter(|entry| !entry.folder).fold(0_u64, |all, entry| all.saturating_add(entry.size));
    let grouped = |number: usize| {
        let mut out = Vec::new();
        cells::grouped(&mut out, number as u64);
        String::from_utf8(out).unwrap_or_default()
    };
    let counted = |count: usize, word: &str| {
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{} {word}{plural}", grouped(count)))
    };
    let size = (files > 0).then(|| text::size(bytes));
    let matching = (!filter.is_empty()).then(|| format!("<a href=\"?\">show all {}</a>", grouped(among)));
    let parts: Vec<_> =
        [counted(folders, "folder"), counted(files, "file"), size, matching].into_iter().flatten().collect();
    parts.join(" · ")
}

/// The path with each of its folders a link.
fn crumbs(path: &str) -> String {
    let mut crumbs = String::from("<a href=\"/\">/</a>");
    let mut at = String::from("/");
    for name in path.split('/').filter(|name| !name.is_empty()) {
        at = format!("{at}{}/", url::segment(name));
        crumbs = format!("{crumbs} <a href=\"{at}\">{}</a> /", escape_html(&text::harmless(name)));
    }
    crumbs
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn frame(order: Order, entries: &Entries, filter: (&str, usize), path: &str, top: bool) -> String {
        let page = Page::new(entries, order, filter, path, top);
        format!("{}{}", page.head, page.foot)
    }

    fn row(name: &[u8], folder: bool, size: u64, seconds: i64) -> String {
        let entries = Entries::of(&[(name, folder, size, seconds)]);
        let mut out = Vec::new();
        Page::row(&mut out, 1, name, &entries.all()[0], &mut Clock::new(TimeZone::UTC));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn crumbs_link_every_folder() {
        assert_eq!(crumbs("/"), "<a href=\"/\">/</a>");
        assert_eq!(
            crumbs("/a b/<c>/"),
            "<a href=\"/\">/</a> <a href=\"/a%20b/\">a b</a> / <a href=\"/a%20b/%3Cc%3E/\">&lt;c&gt;</a> /"
        );
    }

    #[test]
    fn the_top_has_no_way_up_and_nothing_to_download_when_it_is_empty() {
        let order = Order { key: Key::Size, down: false };
        let top = frame(order, &Entries::default(), ("", 0), "/", true);
        assert!(!top.contains("../") && top.contains("nothing in this folder") && !top.contains("zip"));
        assert!(frame(order, &Entries::default(), ("", 0), "/a/", false).contains("<a href=\"../\">"));
    }

    #[test]
    fn the_sorted_column_turns_round_and_says_so() {
        let order = Order { key: Key::Size, down: false };
        let page = frame(order, &Entries::default(), ("a&b", 3), "/", true);
        for (state, order, key, word) in [
            (" aria-sort=\"ascending\"", "desc", "size", "Size ↑"),
            ("", "asc", "name", "Name"),
            ("", "desc", "time", "Changed"),
        ] {
            let (order, filter) = (hidden("order", order), hidden("q", "a&b"));
            let button = format!("<button name=\"sort\" value=\"{key}\">{word}</button>");
            let heading = format!("<th{state}><form>{order}{filter}{button}</form></th>");
            assert!(page.contains(&heading), "{heading}\n{page}");
        }
        assert!(page.contains("name=\"q\" value=\"a&amp;b\"") && page.contains(&hidden("sort", "size")));
    }

    #[test]
    fn no_filter_moves_the_rows() {
        let entries = Entries::of(&[(b"a", false, 1, 0)]);
        let page = Page::new(&entries, Order::default(), ("\0<\"", 1), "/", true);
        assert!(page.head.contains("value=\"\0&lt;&quot;\"") && page.head.ends_with("</thead>\n"));
        assert!(page.foot.starts_with("</tbody>"));
    }

    #[test]
    fn links_lead_only_to_what_is_listed() {
        let entries = Entries::of(&[(b"a", false, 1, 0)]);
        let page = frame(Order::default(), &entries, ("", 20), "/d/", false);
        assert!(!page.contains("href=\"?") && page.contains("Download this folder (.zip)"), "{page}");
    }

    #[test]
    fn a_filter_that_finds_nothing_is_named() {
        let page = frame(Order::default(), &Entries::default(), ("<b>\u{202e}", 3), "/", true);
        assert!(page.contains("No name here contains “&lt;b&gt;\\u{202e}”."), "{page}");
    }

    #[test]
    fn rows_of_files_and_folders() {
        assert_eq!(
            row(b"a b.txt", false, 1_234_567, 1_795_172_462),
            "<tr><td><a href=\"a%20b.txt\">a b.txt</a><td title=\"1,234,567 bytes\">1.2 MB<td>\
             <time datetime=\"2026-11-20T11:01:02Z\">2026-11-20 11:01</time>\n"
        );
        assert_eq!(row(b"sub", true, 4096, i64::MAX), "<tr><td><a href=\"sub/\">sub/</a><td><td>\n");
        assert!(row(b"javascript:x", false, 1, 0).contains("href=\"javascript%3Ax\""));
    }

    #[test]
    fn what_no_url_can_name_has_no_link() {
        let row = row(b"a\nb\xff<", false, 1, 0);
        let shown = format!("<s>a\\x0ab\\xff&lt; <small>{UNREACHABLE}</small></s>");
        assert!(!row.contains("href") && row.contains(&shown), "{row}");
    }

    #[test]
    fn what_there_is_in_words() {
        let rows: [(&[u8], _, _, _); 3] = [(b"a", false, 1500, 0), (b"b", false, 500, 0), (b"z", true, 4096, 0)];
        assert_eq!(summary(&Entries::of(&rows), ("", 3)), "1 folder · 2 files · 2.0 KB");
        assert_eq!(
            summary(&Entries::of(&rows[..1]), ("a", 1234)),
            "1 file · 1.5 KB · <a href=\"?\">show all 1,234</a>"
        );
        assert_eq!(summary(&Entries::default(), ("", 0)), "");
    }
}
