use super::*;
use crate::command::{Deed, Share, Which};
use crate::net::Bind;

fn ok(line: &str) -> Command {
    parse(line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
}

fn says(line: &str) -> String {
    parse(line).expect_err(line).to_string()
}

fn set(key: &str, value: &str) -> Command {
    Command::Set { key: key.into(), value: value.into() }
}

#[test]
fn every_command() {
    for (line, command) in [
        ("stop", Command::Stop),
        ("quit", Command::Stop),
        ("exit", Command::Stop),
        ("reload", Command::Reload),
        ("restart", Command::Restart),
        ("port 8080", Command::Port(8080)),
        ("port 0", Command::Port(0)),
        ("port 65535", Command::Port(65535)),
        ("bind local", Command::Bind(Bind::Local)),
        ("bind LAN", Command::Bind(Bind::Lan)),
        ("bind ::1", Command::Bind(Bind::Address("::1".parse().unwrap()))),
        ("bind 192.168.1.20", Command::Bind(Bind::Address("192.168.1.20".parse().unwrap()))),
        ("pause", Command::Pause),
        ("start", Command::Start),
        ("routes", Command::Routes),
        ("uploads", Command::Uploads),
        ("uploads delete 3 yes", Command::Upload(Which::Id(3), Deed::Delete { sure: true })),
        ("text", Command::Text(Share::Show)),
        ("text two  words ", Command::Text(Share::Words("two  words".into()))),
        ("log", Command::Log),
        ("help", Command::Help(None)),
        ("?", Command::Help(None)),
        ("help PORT", Command::Help(Some("port".into()))),
        ("help quit", Command::Help(Some("stop".into()))),
        ("help :stop", Command::Help(Some("stop".into()))),
        ("url", Command::Url),
        ("qr", Command::Qr),
        ("open", Command::Open(None)),
        ("open /upload", Command::Open(Some("/upload".into()))),
        ("open about", Command::Open(Some("/about".into()))),
        ("open my page.html", Command::Open(Some("/my page.html".into()))),
        ("filter", Command::Filter(String::new())),
        ("filter POST /api", Command::Filter("POST /api".into())),
        ("clear", Command::Clear),
        ("status", Command::Status),
        ("set upload.exists refuse", set("upload.exists", "refuse")),
    ] {
        assert_eq!(ok(line), command, "{line}");
    }
}

#[test]
fn case_space_and_leading_marks_do_not_matter() {
    for line in ["STOP", "Stop", "  stop  ", "stop\r", ":stop", "/stop", ": stop", "/Stop", "\u{a0}stop"] {
        assert_eq!(ok(line), Command::Stop, "{line:?}");
    }
    assert_eq!(ok("port\t 80"), Command::Port(80));
}

#[test]
fn only_the_word_loses_its_slash() {
    assert_eq!(ok("filter /api"), Command::Filter("/api".into()));
    assert_eq!(ok("/filter /api"), Command::Filter("/api".into()));
    assert_eq!(ok("/open /"), Command::Open(Some("/".into())));
    assert_eq!(ok("filter :80"), Command::Filter(":80".into()));
}

#[test]
fn typographic_characters_are_folded() {
    assert_eq!(ok("filter “not found”"), Command::Filter("\"not found\"".into()));
    assert_eq!(ok("set log “a—b–c”"), set("log", "\"a--b-c\""));
    assert_eq!(ok("open ‘/a b’"), Command::Open(Some("/a b".into())));
    assert_eq!(ok("port\u{a0}8080"), Command::Port(8080));
}

#[test]
fn what_is_meant_for_people_is_not_folded() {
    for line in ["text “é” — and\u{a0}so", "\u{feff}:text\u{a0}“é” — and\u{a0}so"] {
        assert_eq!(ok(line), Command::Text(Share::Words("“é” — and\u{a0}so".into())), "{line}");
    }
}

#[test]
fn a_setting_goes_to_the_end_of_the_line() {
    assert_eq!(ok("set limits.body 64 MiB"), set("limits.body", "64 MiB"));
    assert_eq!(ok("set hosts [\"a\", \"b\"]"), set("hosts", "[\"a\", \"b\"]"));
    assert_eq!(ok("set log \"\""), set("log", "\"\""));
    assert_eq!(ok("set Upload.Exists  refuse"), set("upload.exists", "refuse"));
    for line in ["set port = 80", "set port=80", "set port =80", "set port 80"] {
        assert_eq!(ok(line), set("port", "80"), "{line}");
    }
}

#[test]
fn prefixes_do_not_run() {
    assert_eq!(says("sto"), "unknown command 'sto'; did you mean stop?");
    assert_eq!(says("re"), "unknown command 're'; did you mean reload or restart?");
    assert_eq!(says("sta"), "unknown command 'sta'; did you mean start or status?");
}

#[test]
fn unknown_words_get_the_nearest() {
    for (line, near) in
        [("relaod", "reload"), ("prot 80", "port"), ("qiut", "quit"), ("HLEP", "help"), ("stopp", "stop")]
    {
        let word = line.split(' ').next().unwrap();
        assert_eq!(says(line), format!("unknown command '{word}'; did you mean {near}?"));
    }
    assert_eq!(says("xyzzy"), "unknown command 'xyzzy'; help lists them all");
    assert_eq!(says("写真"), "unknown command '写真'; help lists them all");
}

#[test]
fn nothing_is_said_to_be_nothing() {
    for line in ["", "  ", ":", "/", "\u{a0}", "\u{feff}"] {
        assert_eq!(parse(line), Err(ParseError::Empty), "{line:?}");
    }
}

#[test]
fn missing_and_bad_arguments_say_what_was_expected() {
    assert_eq!(says("port"), "port needs a number from 0 to 65535, for instance: port 8080");
    assert_eq!(says("bind"), "bind needs local, lan or an IP address, for instance: bind local");
    assert_eq!(says("set"), "set needs a key of stan.conf and its value, for instance: set upload.exists refuse");
    for given in ["65536", "-1", "+80", "8o80", "0x50", "99999999999999999999", "80.0"] {
        assert_eq!(says(&format!("port {given}")), format!("port takes a number from 0 to 65535, not '{given}'"));
    }
    assert_eq!(says("bind loca"), "bind takes local, lan or an IP address, not 'loca'; did you mean local?");
    assert_eq!(says("bind 300.1.1.1"), "bind takes local, lan or an IP address, not '300.1.1.1'");
    assert_eq!(says("help prot"), "help takes one of the commands, not 'prot'; did you mean port?");
    assert_eq!(says("set upload.exists"), "set takes a key of stan.conf and its value, not 'upload.exists'");
    assert_eq!(says("set = 3"), "set takes a key of stan.conf and its value, not '= 3'");
    assert_eq!(says("open http://a/"), "open takes a path that starts with /, not 'http://a/'");
}

#[test]
fn what_can_be_done_with_an_upload_is_said() {
    let takes = "uploads takes open N, rename N NAME, delete N, cancel N or path N";
    assert_eq!(says("uploads opne 3"), format!("{takes}, not 'opne 3'; did you mean open?"));
    assert_eq!(says("uploads open three"), format!("{takes}, not 'open three'"));
    assert_eq!(says("uploads rename 3"), format!("{takes}, not 'rename 3'"));
    assert_eq!(says("text <"), "text takes words, clear, or < and a file's name, not '<'");
}

#[test]
fn what_is_too_much_is_said() {
    assert_eq!(says("stop now"), "stop ends there: 'now' is too much");
    assert_eq!(says("port 80 90"), "port N ends there: '90' is too much");
    assert_eq!(says("help port bind"), "help [WORD] ends there: 'bind' is too much");
}

#[test]
fn errors_are_one_harmless_line() {
    let long = "x".repeat(100_000);
    for line in ["\x1b[2J", "port \x1b]0;a\x07", "stop \u{202e}a", "a\0b", &long] {
        let text = says(line);
        assert!(crate::text::is_harmless(&text) && text.len() < 200, "{text}");
    }
}
