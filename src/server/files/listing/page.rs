//! A listing as a page: one table that becomes two lines a row on a phone.

use std::fmt::Write as _;
use std::time::SystemTime;

use jiff::tz::TimeZone;

use super::order::{Key, Order};
use super::{Entry, rfc3339, url};
use crate::server::answer::escape_html;
use crate::server::status;
use crate::text;

const STYLE: &str = "table{width:100%;border-collapse:collapse}\
th{text-align:left;font-weight:400;font-size:.85rem}th a,td{color:var(--soft)}\
th,td{padding:.45rem .5rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
td+td,th+th{white-space:nowrap;text-align:right;font-variant-numeric:tabular-nums}\
td a,h1 a{text-decoration:none}td a:hover,h1 a:hover{text-decoration:underline}td a{display:block}\
@media(max-width:34rem){tr{display:grid;grid-template-columns:1fr auto auto;column-gap:1rem;\
border-bottom:1px solid var(--line);padding:.3rem 0}th,td{border:0;padding:.1rem 0}\
td:first-child{grid-column:1/-1}td:nth-child(2){text-align:left}td+td{font-size:.85rem}\
td:nth-child(3){grid-column:2/-1}}";

/// The page of a folder at the decoded URL path `path`; `top` when nothing above it is served.
pub(super) fn page(path: &str, top: bool, order: Order, entries: &[Entry]) -> String {
    let base = url::path(path);
    let zone = TimeZone::system();
    let mut main = format!("<h1>{}</h1>\n<table>\n<thead><tr>", crumbs(path));
    for (key, name, word) in [(Key::Name, "name", "Name"), (Key::Size, "size", "Size"), (Key::Time, "time", "Changed")]
    {
        let here = order.key == key;
        let next = if here && !order.down { "desc" } else { "asc" };
        let arrow = if !here {
            ""
        } else if order.down {
            " ↓"
        } else {
            " ↑"
        };
        let _ = write!(main, "<th><a href=\"?sort={name}&amp;order={next}\">{word}{arrow}</a></th>");
    }
    main.push_str("</tr></thead>\n<tbody>\n");
    if !top {
        let _ = writeln!(main, "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>");
    }
    for entry in entries {
        let name = escape_html(&text::harmless(&entry.label()));
        let size = if entry.folder { String::new() } else { text::size(entry.size) };
        let changed = entry.modified.and_then(|time| changed(time, &zone)).unwrap_or_default();
        let _ = writeln!(
            main,
            "<tr><td><a href=\"{}\">{name}</a></td><td>{size}</td><td>{changed}</td></tr>",
            entry.url(&base)
        );
    }
    main.push_str("</tbody>\n</table>");
    if entries.is_empty() {
        main.push_str("\n<p>There is nothing in this folder yet.</p>");
    }
    status::document(&format!("{} · stan", text::harmless(path)), STYLE, &main)
}

/// The path with each of its folders a link.
fn crumbs(path: &str) -> String {
    let mut crumbs = String::from("<a href=\"/\">/</a>");
    let mut at = String::from("/");
    for name in path.split('/').filter(|name| !name.is_empty()) {
        at = format!("{at}{}/", url::segment(name));
        let _ = write!(crumbs, " <a href=\"{at}\">{}</a> /", escape_html(&text::harmless(name)));
    }
    crumbs
}

/// A time as people in this time zone read it.
fn changed(time: SystemTime, zone: &TimeZone) -> Option<String> {
    let local = jiff::Timestamp::try_from(time).ok()?.to_zoned(zone.clone());
    Some(format!("<time datetime=\"{}\">{}</time>", rfc3339(time)?, local.strftime("%Y-%m-%d %H:%M")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crumbs_link_every_folder() {
        assert_eq!(crumbs("/"), "<a href=\"/\">/</a>");
        assert_eq!(
            crumbs("/a b/<c>/"),
            "<a href=\"/\">/</a> <a href=\"/a%20b/\">a b</a> / <a href=\"/a%20b/%3Cc%3E/\">&lt;c&gt;</a> /"
        );
    }

    #[test]
    fn the_top_has_no_way_up_and_the_sorted_column_turns_round() {
        let order = Order { key: Key::Size, down: false };
        let page_top = page("/", true, order, &[]);
        assert!(!page_top.contains("../") && page_top.contains("nothing in this folder"));
        assert!(page_top.contains("?sort=size&amp;order=desc\">Size ↑"));
        assert!(page("/a/", false, order, &[]).contains("<a href=\"../\">"));
    }

    #[test]
    fn direction_marks_in_names_are_written_out() {
        let entry = Entry { name: "a\u{202e}gpj.exe".into(), folder: false, size: 1, modified: None };
        let page = page("/", true, Order::default(), &[entry]);
        assert!(!page.contains('\u{202e}') && page.contains("a\\u{202e}gpj.exe"));
    }
}
