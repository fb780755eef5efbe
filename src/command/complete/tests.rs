use super::*;
use crate::command::parse;

struct Site;

impl Words for Site {
    fn settings(&self) -> Vec<String> {
        ["port", "upload.dir", "upload.exists"].map(str::to_owned).into()
    }

    fn values(&self, key: &str) -> Vec<String> {
        if key == "upload.exists" { ["rename", "refuse", "replace"].map(str::to_owned).into() } else { Vec::new() }
    }

    fn paths(&self) -> Vec<String> {
        ["/", "/about", "/写真/"].map(str::to_owned).into()
    }

    fn uploads(&self, under_way: bool) -> Vec<(u64, String)> {
        if under_way { vec![(13, "b.mov".to_owned())] } else { vec![(12, "a b.jpg".to_owned()), (3, "c".to_owned())] }
    }
}

/// The candidates for the end of `line`, and the ghost after a `|`.
fn offers(line: &str) -> String {
    let found = complete(line, &Site);
    format!("{}|{}", found.candidates.join(" "), found.ghost)
}

#[test]
fn words() {
    for (line, offered) in [
        ("po", "port|rt"),
        ("PO", "port|rt"),
        ("port", "port|"),
        ("  :re", "reload restart|load"),
        ("/q", "qr quit|r"),
        ("st", "stop start status|op"),
        ("x", "|"),
        ("写", "|"),
    ] {
        assert_eq!(offers(line), offered, "{line:?}");
    }
}

#[test]
fn an_empty_line_offers_every_word_and_no_ghost() {
    let found = complete("", &Site);
    assert_eq!(found.candidates.len(), table().iter().flat_map(Spec::words).count());
    assert_eq!(found.candidates[0], "stop");
    assert_eq!(found.ghost, "");
    assert_eq!(complete(" : ", &Site).from, 3);
}

#[test]
fn arguments() {
    for (line, offered) in [
        ("stop ", "|"),
        ("nope l", "|"),
        ("port 80", "8080 8000|80"),
        ("bind ", "local lan|"),
        ("bind la", "lan|n"),
        ("bind\u{a0}LO", "local|cal"),
        ("help po", "port|rt"),
        ("? po", "port|rt"),
        ("open /", "/ /about /写真/|"),
        ("open /a", "/about|bout"),
        ("open /写", "/写真/|真/"),
        ("set up", "upload.dir upload.exists|load.dir"),
        ("set upload.exists re", "rename refuse replace|name"),
        ("set Upload.Exists  rep", "replace|lace"),
        ("set port 8", "|"),
        ("uploads ", "open rename delete cancel path|"),
        ("uploads Re", "rename|name"),
        ("uploads open ", "12 3|"),
        ("uploads DELETE 1", "12|2"),
        ("uploads cancel ", "13|"),
        ("uploads rename 1", "12 a b.jpg|2 a b.jpg"),
        ("uploads rename 12 ", "12 a b.jpg|a b.jpg"),
        ("uploads open 3 ", "|"),
        ("uploads eat ", "|"),
        ("text cl", "|"),
        ("filter 4", "4xx|xx"),
        ("filter 4xx po", "POST|ST"),
        ("filter !P", "POST PUT|OST"),
        ("filter !/a", "/about|bout"),
    ] {
        assert_eq!(offers(line), offered, "{line:?}");
    }
}

#[test]
fn a_candidate_replaces_the_word() {
    for (line, whole) in [
        (":PO", ":port"),
        (" bind LA", " bind lan"),
        ("filter 4xx !p", "filter 4xx !POST"),
        ("set upload.exists ref", "set upload.exists refuse"),
    ] {
        let found = complete(line, &Site);
        assert_eq!(format!("{}{}", &line[..found.from], found.candidates[0]), whole);
    }
}

#[test]
fn what_is_offered_for_a_command_runs() {
    for line in [
        "uploads open ",
        "uploads rename 1",
        "uploads cancel ",
        "uploads delete 3",
        "port 80",
        "bind l",
        "help s",
        "filter 4",
        "open /",
        "set upload.exists re",
    ] {
        let found = complete(line, &Site);
        for candidate in found.candidates {
            let whole = format!("{}{candidate}", &line[..found.from]);
            assert!(parse(&whole).is_ok(), "{whole}");
        }
    }
}

#[test]
fn any_line_is_survived() {
    for line in ["\u{a0}", "::", "//", "é", "filter é!", "open 写", "set \u{3000}", "bind \u{202e}", ":\u{a0}é x"] {
        let found = complete(line, &Site);
        assert!(line.is_char_boundary(found.from), "{line:?}");
    }
}
