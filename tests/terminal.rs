//! The binary in a real terminal: what is seen, what is typed and tapped, and that the terminal
//! is given back whole.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
#[path = "terminal/pty.rs"]
mod pty;

use std::time::Duration;

use common::{Site, eventually, exchange};
use pty::Terminal;

const WIDE: (u16, u16) = (80, 24);

fn started(site: &Site) -> Terminal {
    let terminal = Terminal::start(site, WIDE);
    terminal.sees("http://127.0.0.1:");
    terminal
}

#[test]
fn stop_gives_the_terminal_back() {
    let site = Site::small();
    let mut terminal = started(&site);
    let port = terminal.port();
    terminal.keys("stop\r");
    assert_eq!(terminal.exit_code(), 0);
    terminal.is_given_back();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "the port is free");
}

#[test]
fn a_password_is_typed_unseen() {
    let site = Site::small();
    let terminal = Terminal::shell(&site, (120, 24));
    terminal.sees("ready$");
    terminal.keys("$STAN hash ada\r");
    terminal.sees("password: ");
    terminal.keys("mountain\x7f\r");
    terminal.sees("again: ");
    terminal.keys("mountai\r");
    terminal.sees("ada:$argon2id$v=19$");
    assert!(!terminal.screen().contains("mount"), "{}", terminal.screen());
    let terminal = Terminal::shell(&site, WIDE);
    terminal.sees("ready$");
    terminal.keys("$STAN hash; echo code $?\r");
    terminal.sees("password: ");
    terminal.keys("mount\x03");
    terminal.sees("code 130");
    assert!(!terminal.screen().contains("mount"), "{}", terminal.screen());
}

#[test]
fn signals_give_it_back_too() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let site = Site::small();
        let mut terminal = started(&site);
        terminal.signal(signal);
        assert_eq!(terminal.exit_code(), 0, "{signal:?}");
        terminal.is_given_back();
    }
}

#[test]
fn control_c_asks_first() {
    let site = Site::small();
    let mut terminal = started(&site);
    terminal.keys("\x03");
    terminal.sees("Again");
    exchange(terminal.port(), b"GET / HTTP/1.0\r\n\r\n").unwrap().is(200);
    terminal.keys("\x03");
    assert_eq!(terminal.exit_code(), 0);
    terminal.is_given_back();
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let site = Site::small();
    let terminal = started(&site);
    let port = terminal.port();
    let mut child = terminal.hang_up();
    assert_eq!(eventually("the end", || child.try_wait().unwrap()).exit_code(), 0);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_request_is_seen() {
    let site = Site::small().file("static_file/page-one.html", "x");
    let terminal = started(&site);
    exchange(terminal.port(), b"GET /page-one.html HTTP/1.0\r\n\r\n").unwrap().is(200);
    terminal.sees("/page-one.html");
    exchange(terminal.port(), b"GET /nothing-there HTTP/1.0\r\n\r\n").unwrap().is(404);
    terminal.row("of the 404", |row| row.contains("404") && row.contains("/nothing-there"));
}

#[test]
fn what_a_client_sends_cannot_draw() {
    let site = Site::small();
    let terminal = started(&site);
    exchange(terminal.port(), b"GET /\xc2\x9b2Jx%1b[2J HTTP/1.0\r\nUser-Agent: \x9b2J\r\n\r\n").ok();
    exchange(terminal.port(), b"GET /after HTTP/1.0\r\n\r\n").unwrap();
    terminal.sees("/after");
    terminal.sees("http://127.0.0.1:");
    assert!(!terminal.bytes().windows(2).any(|pair| pair == b"\xc2\x9b"), "a control character went through");
}

#[test]
fn a_command_is_answered_where_it_was_typed() {
    let site = Site::small();
    let terminal = started(&site);
    let old = terminal.port();
    terminal.keys("port 0\r");
    terminal.row("with the answer", |row| row.contains("✓ moved to port"));
    eventually("the new address", || (terminal.port() != old).then_some(()));
    exchange(terminal.port(), b"GET / HTTP/1.0\r\n\r\n").unwrap().is(200);
}

/// Sends a file as a phone would.
fn send(terminal: &Terminal, name: &str, bytes: &str) {
    let head = format!("PUT /upload/{name} HTTP/1.0\r\nUser-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_4)\r\n");
    let request = format!("{head}Content-Length: {}\r\n\r\n{bytes}", bytes.len());
    exchange(terminal.port(), request.as_bytes()).unwrap().is(201);
}

#[test]
fn a_file_that_arrives_is_seen_heard_and_used() {
    let site = Site::small().conf("upload.bell = true\n");
    let terminal = started(&site);
    let bells = |terminal: &Terminal| String::from_utf8_lossy(&terminal.bytes()).matches('\x07').count();
    send(&terminal, "IMG_0001.jpg", "bytes");
    terminal.row("of the upload", |row| row.contains("1 ✓ IMG_0001.jpg") && row.contains("iPhone open"));
    eventually("a bell", || (bells(&terminal) == 1).then_some(()));
    terminal.keys("uploads rename 1 beach.jpg\r");
    terminal.row("with the new name", |row| row.contains("1 ✓ beach.jpg"));
    terminal.keys("uploads path 1\r");
    terminal.row("with the path", |row| row.contains("✓ ") && row.contains("uploads/beach.jpg"));
    eventually("the path for the clipboard", || {
        terminal.bytes().windows(7).any(|window| window == b"\x1b]52;c;").then_some(())
    });
    assert_eq!(bells(&terminal), 2, "one ends the sequence; a new name does not ring");
    assert_eq!(site.text("uploads/beach.jpg"), "bytes");
}

#[test]
fn deleting_is_asked_about_and_a_tap_answers() {
    let site = Site::small();
    let terminal = Terminal::start(&site, (45, 20));
    terminal.sees("http://127.0.0.1:");
    send(&terminal, "IMG_0001.jpg", "bytes");
    terminal.keys("uploads\r");
    terminal.row("of the upload", |row| row.contains("1 ✓ IMG_0001.jpg"));
    terminal.keys("uploads delete 1\r");
    terminal.sees("? Delete IMG_0001.jpg");
    terminal.keys("n\r");
    terminal.sees("left as it is");
    assert_eq!(site.names("uploads"), ["IMG_0001.jpg"]);
    terminal.keys("uploads delete last\r");
    let (line, text) = terminal.row("with the question", |row| row.contains("? Delete IMG_0001.jpg"));
    let column = text[..text.find("yes").unwrap()].chars().count();
    terminal.keys(&format!("\x1b[<0;{};{}M\x1b[<0;{};{}m", column + 2, line + 1, column + 2, line + 1));
    terminal.sees("✓ deleted IMG_0001.jpg");
    assert!(site.names("uploads").is_empty());
}

#[test]
fn an_upload_at_rest_writes_nothing() {
    use std::io::Write;
    let site = Site::small();
    let terminal = started(&site);
    let mut stream = common::connect(terminal.port());
    stream.write_all(b"PUT /upload/a.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nstart").unwrap();
    terminal.sees("a.bin");
    terminal.sees("nothing comes");
    assert!(eventually_quiet(&terminal, Duration::from_secs(3)), "it writes without end");
}

#[test]
fn a_misspelt_word_gets_the_nearest() {
    let site = Site::small();
    let terminal = started(&site);
    terminal.keys("stauts\r");
    terminal.row("with the answer", |row| row.contains('✗') && row.contains("status"));
}

#[test]
fn what_is_typed_is_seen_before_it_runs() {
    let site = Site::small();
    let terminal = started(&site);
    terminal.keys("reloax\x7fd");
    terminal.row("of the prompt", |row| row.contains("› reload"));
    terminal.keys("\r");
    terminal.row("with the answer", |row| row.contains("✓ reloaded"));
}

#[test]
fn a_tap_is_as_good_as_a_word() {
    let site = Site::small();
    let terminal = started(&site);
    let help = |row: &str| row.contains("stop") && row.contains("reload") && row.contains("help");
    let (line, text) = terminal.row("of the footer", help);
    let column = text[..text.find("help").unwrap()].chars().count();
    terminal.keys(&format!("\x1b[<0;{};{}M\x1b[<0;{};{}m", column + 2, line + 1, column + 2, line + 1));
    terminal.sees("move to another port");
}

#[test]
fn it_fits_into_any_size() {
    let site = Site::small();
    let terminal = started(&site);
    terminal.settled();
    let before = terminal.screen();
    terminal.resize((28, 8));
    terminal.row("of the prompt", |row| row.contains('›'));
    terminal.settled();
    for row in terminal.screen().lines() {
        assert!(row.chars().count() <= 28, "{row:?}");
    }
    terminal.resize(WIDE);
    eventually("the screen as it was", || (terminal.screen() == before).then_some(()));
    for size in [(1, 1), (3, 2), (200, 60), (28, 8)] {
        terminal.resize(size);
        terminal.settled();
    }
    terminal.resize(WIDE);
    eventually("the screen as it was", || (terminal.screen() == before).then_some(()));
}

#[test]
fn it_starts_in_any_size() {
    for size in [(28, 8), (45, 20), (170, 50), (5, 3)] {
        let site = Site::small();
        let mut terminal = Terminal::start(&site, size);
        eventually("something on the screen", || (!terminal.screen().trim().is_empty()).then_some(()));
        terminal.keys("stop\r");
        assert_eq!(terminal.exit_code(), 0, "{size:?}");
        terminal.is_given_back();
    }
}

#[test]
fn idle_writes_nothing() {
    let site = Site::small();
    let terminal = started(&site);
    exchange(terminal.port(), b"GET / HTTP/1.0\r\n\r\n").unwrap().is(200);
    // What is on the screen may age for some seconds, such as a rate that falls to nothing.
    let quiet = eventually_quiet(&terminal, Duration::from_secs(3));
    assert!(quiet, "it writes without end");
}

/// Whether nothing is written for `span`, within a minute.
fn eventually_quiet(terminal: &Terminal, span: Duration) -> bool {
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while std::time::Instant::now() < end {
        if terminal.silence() >= span {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

#[test]
fn mouse_modes_are_the_careful_ones() {
    let site = Site::small();
    let mut terminal = started(&site);
    terminal.keys("stop\r");
    terminal.exit_code();
    let text = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert!(text.contains("\x1b[?1049h") && text.contains("1006h"), "{text:?}");
    // Motion without a button is what makes terminals on tablets crawl.
    assert!(!text.contains("1003h"), "{text:?}");
}

#[test]
fn without_utf8_it_is_ascii() {
    let site = Site::small();
    let mut terminal = Terminal::start_with(&site, WIDE, &[("LANG", "C"), ("LC_ALL", "C")]);
    terminal.sees("http://127.0.0.1:");
    terminal.keys("status\r");
    terminal.settled();
    let screen = terminal.screen();
    assert!(screen.is_ascii(), "{screen}");
    terminal.keys("stop\r");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn no_color_is_honoured() {
    let site = Site::small();
    let mut terminal = Terminal::start_with(&site, WIDE, &[("NO_COLOR", "1")]);
    terminal.sees("http://127.0.0.1:");
    exchange(terminal.port(), b"GET /none HTTP/1.0\r\n\r\n").unwrap().is(404);
    terminal.sees("/none");
    assert!(terminal.colours().is_empty(), "{:?}", terminal.colours());
    terminal.keys("stop\r");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn suspended_and_brought_back() {
    let site = Site::small();
    let mut shell = Terminal::shell(&site, WIDE);
    shell.sees("ready$");
    shell.keys("\"$STAN\" --bind local -p 0\r");
    shell.sees("http://127.0.0.1:");
    shell.keys("\x1a");
    shell.sees("Stopped");
    assert!(!shell.in_alternate_screen(), "given back while it sleeps");
    shell.keys("echo $((40+2))\r");
    shell.sees("42");
    shell.keys("fg\r");
    shell.sees("http://127.0.0.1:");
    shell.keys("stop\r");
    // Until the shell asks again, what is typed is still read by the one that leaves.
    let asks = |screen: &str| screen.trim_end().lines().last().is_some_and(|line| line.trim_end() == "ready$");
    eventually("the shell's own prompt", || (!shell.in_alternate_screen() && asks(&shell.screen())).then_some(()));
    shell.keys("exit 7\r");
    assert_eq!(shell.exit_code(), 7);
}
