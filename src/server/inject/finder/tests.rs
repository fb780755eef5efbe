use super::*;

/// Pages with a `|` where the script goes.
const PAGES: &[&str] = &[
    "<!doctype html><html><head>|<title>x</title></head><body></body></html>",
    "<!DOCTYPE html>\n<HTML lang=en>\n<HEAD>|\n<meta charset=utf-8>",
    "<html><head data-x='a>b' y=\"<body>\">|<title>",
    "<head\n>|x",
    "<head/>|x",
    "<head x=a/b>|x",
    "<head x=>|x",
    "<html a\"b><head>|",
    "<html x = \"'>\"><head>|",
    "<!-- <head> --><!doctype html><head>|",
    "<!----><head>|",
    "<!--><head>|",
    "<!---><head>|",
    "<!-- a -- > b --!><head>|",
    "<!-- a - -- --- -><head>--><head>|<p>",
    "<!-- a --!- --!><head>|",
    "<?xml version=\"1.0\"?><!doctype html><html><head>|",
    "<!-x><head>|",
    "<!><head>|",
    "<!doctype html>|<title>x</title>",
    "<!doctype html>\n|<p>no head",
    "<!doctype html><html>\n|<body>",
    "<!doctype html>|plain text",
    "|<header>not a head</header>",
    "|<headline>",
    "|<h",
    "|<p>fragment",
    "|text <head>",
    "|</head>",
    "|< head>",
    "   \n|é",
    "<html>|</html>",
    "<!doctype html>|",
    "|",
    "  |",
    "<!-- never ends <head>|",
    "<html lang=\"|",
];

fn place(page: &[u8], splits: &[usize]) -> (u64, u64) {
    let mut finder = Finder::default();
    let (mut from, mut safe) = (0, 0);
    for to in splits.iter().copied().chain([page.len()]) {
        match finder.feed(&page[from..to]) {
            Some(Place::At(place)) => return (place, safe),
            Some(Place::Nowhere) => panic!("nowhere"),
            None => safe = finder.safe(),
        }
        from = to;
    }
    // What is unfinished at the end is followed by the script, except half a tag's name.
    (page.len() as u64, safe)
}

#[test]
fn finds_the_place_however_it_is_cut() {
    for marked in PAGES {
        let wanted = marked.rfind('|').unwrap();
        let page = marked.replacen('|', "", 1);
        let wanted = if page == "<h" { 2 } else { wanted };
        for cut in 0..=page.len() {
            let (found, safe) = place(page.as_bytes(), &[cut]);
            assert_eq!(found, wanted as u64, "{marked} cut at {cut}");
            assert!(safe <= found, "{marked} cut at {cut}: sent too much");
        }
        let every: Vec<usize> = (0..page.len()).collect();
        assert_eq!(place(page.as_bytes(), &every).0, wanted as u64, "{marked} byte by byte");
    }
}

#[test]
fn a_byte_order_mark_stays_first() {
    assert_eq!(place(b"\xef\xbb\xbf<p>", &[1, 2]).0, 3);
    assert_eq!(place(b"\xef\xbb\xbf<head>", &[]).0, 9);
    assert_eq!(place(b"\xef\xbbx", &[]).0, 0);
    assert_eq!(place(b"\xe9t\xe9", &[]).0, 0);
}

#[test]
fn utf_16_is_left_alone() {
    for page in [&b"\xff\xfe<\0"[..], b"\xfe\xff\0<", b"<\0h\0", b"\0<\0h"] {
        assert_eq!(Finder::default().feed(page), Some(Place::Nowhere), "{page:?}");
    }
}

#[test]
fn only_the_beginning_of_a_tag_is_held_back() {
    let mut finder = Finder::default();
    assert_eq!((finder.feed(b"<!doctype html><!-- long"), finder.safe()), (None, 24));
    assert_eq!((finder.feed(b" --> <hea"), finder.safe()), (None, 29));
    assert_eq!((finder.feed(b"d x"), finder.safe()), (None, 36));
}
