//! The real loop with a fake session, typed lines and a written buffer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures_util::stream::{pending, poll_fn};
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::*;
use crate::command::Ticket;
use crate::event::{Event, Feed, Note, RouteRow, feed};
use crate::exchange::Exchange;

/// A session that notes its orders, and says something before it answers.
#[derive(Clone)]
struct Fake {
    orders: Arc<Mutex<Vec<Command>>>,
    feed: Feed,
}

impl Execute for Fake {
    fn execute(&self, command: Command) -> Ticket {
        let (orders, feed) = (self.orders.clone(), self.feed.clone());
        Box::pin(async move {
            if let Command::Port(port) = command {
                feed.event(Event::Listening(Arc::new([format!("http://127.0.0.1:{port}")])));
            }
            if command == Command::Reload {
                feed.exchange(exchange("/a", 200));
                feed.exchange(exchange("/b", 404));
            }
            if command == Command::Stop {
                feed.close();
            }
            orders.lock().push(command.clone());
            Reply::done(format!("{command:?}"))
        })
    }
}

/// What was written, shared with the test.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl AsyncWrite for Written {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Types `lines`, lets `tell` speak first, and gives what was written until the end.
async fn written(level: Verbosity, tell: impl FnOnce(&Feed), lines: &str) -> (String, Vec<Command>) {
    let (feed, reader) = feed();
    let fake = Fake { orders: Arc::default(), feed: feed.clone() };
    tell(&feed);
    let (mut typing, input) = tokio::io::duplex(64);
    let out = Written::default();
    let run = run(tokio::io::BufReader::new(input), out.clone(), reader, fake.clone(), pending(), level);
    let (ran, ()) = tokio::join!(run, async {
        typing.write_all(lines.as_bytes()).await.unwrap();
    });
    assert_eq!(ran, None);
    let text = String::from_utf8(out.0.lock().clone()).unwrap();
    (text, fake.orders.lock().clone())
}

fn exchange(target: &str, status: u16) -> Exchange {
    Exchange {
        at: SystemTime::UNIX_EPOCH,
        took: Duration::from_millis(1),
        remote: [127, 0, 0, 1].into(),
        method: http::Method::GET,
        target: target.into(),
        version: http::Version::HTTP_11,
        status,
        sent: 5,
        more: None,
    }
}

#[tokio::test]
async fn a_command_is_answered_after_what_it_caused() {
    let (text, orders) = written(Verbosity::Normal, |_| {}, "port 8080\nstop\n").await;
    assert_eq!(text, "listening http://127.0.0.1:8080\n✓ Port(8080)\n✓ Stop\n");
    assert_eq!(orders, [Command::Port(8080), Command::Stop]);
}

#[tokio::test]
async fn a_misspelt_word_is_answered_and_nothing_is_ordered() {
    let (text, orders) = written(Verbosity::Normal, |_| {}, "prot 80\n\nstop\n").await;
    assert!(text.starts_with("✗ ") && text.contains("port"), "{text}");
    assert_eq!(orders, [Command::Stop]);
}

#[tokio::test]
async fn requests_and_notes_are_lines() {
    let tell = |feed: &Feed| {
        feed.exchange(exchange("/a", 200));
        feed.event(Event::Note(Note::info("kept back /.env")));
        feed.event(Event::Changed("static_file/app.css".into()));
    };
    let (text, _) = written(Verbosity::Normal, tell, "stop\n").await;
    assert_eq!(
        text,
        "request 127.0.0.1 GET /a 200 5 1.0ms\nnote kept back /.env\nchanged static_file/app.css\n✓ Stop\n"
    );
    let (text, _) = written(Verbosity::Quiet, tell, "stop\n").await;
    assert_eq!(text, "note kept back /.env\n✓ Stop\n");
}

#[tokio::test]
async fn filter_narrows_and_log_remembers() {
    let (text, _) = written(Verbosity::Normal, |_| {}, "filter 4xx\nreload\nlog\nstop\n").await;
    let (a, b) = ("request 127.0.0.1 GET /a 200 5 1.0ms\n", "request 127.0.0.1 GET /b 404 5 1.0ms\n");
    assert_eq!(text, format!("✓ only 4xx\n{b}✓ Reload\n{a}{b}✓ 2 requests\n✓ Stop\n"));
}

#[tokio::test]
async fn routes_are_a_table_and_then_a_tick() {
    let row = RouteRow {
        methods: "GET HEAD".into(),
        path: "/hello/{name}".into(),
        kind: "template".into(),
        to: "hello.html".into(),
        guards: Vec::new(),
    };
    let tell = |feed: &Feed| feed.event(Event::Routes(Arc::new([row])));
    let (text, _) = written(Verbosity::Normal, tell, "help port\nroutes\nstop\n").await;
    assert!(text.contains("GET HEAD  /hello/{name}  template hello.html\n✓ 1 route\n"), "{text}");
}

#[tokio::test]
async fn routes_that_not_everybody_may_pass_are_marked() {
    let row = |path: &str, guards: &[&str]| RouteRow {
        methods: "any".into(),
        path: path.into(),
        kind: "text".into(),
        to: String::new(),
        guards: guards.iter().copied().map(String::from).collect(),
    };
    let rows = [row("/a", &["allow lan", "deny 10.0.0.1", "auth ada"]), row("/b", &["delay 1s"])];
    let tell = |feed: &Feed| feed.event(Event::Routes(Arc::new(rows)));
    let (text, _) = written(Verbosity::Normal, tell, "routes\nstop\n").await;
    let table = "any  @*  /a  text \nany      /b  text \n✓ 2 routes; @ address, * password\n";
    assert!(text.contains(table), "{text}");
}

/// Listening at two addresses, with a key.
fn reachable(feed: &Feed) {
    let urls = ["http://127.0.0.1:8000", "http://192.168.1.20:8000", "http://10.0.0.7:8000"].map(String::from);
    feed.event(Event::Listening(urls.into()));
    let settings = crate::event::Settings {
        uploads: true,
        upload_path: "/upload".into(),
        token: "ABCDEFGHIJKLMNOPQRSTUV2345".into(),
        pin: "123456".into(),
        ..crate::event::Settings::default()
    };
    feed.event(Event::Settings(settings.into()));
}

#[tokio::test]
async fn the_code_comes_with_the_link_and_the_pin() {
    let (text, _) = written(Verbosity::Normal, reachable, "qr\nqr next\nqr next\nstop\n").await;
    let answers: Vec<&str> = text.lines().filter(|line| line.starts_with('✓')).collect();
    let link = |host: &str| format!("✓ http://{host}:8000/upload?k=ABCDEFGHIJKLMNOPQRSTUV2345");
    assert_eq!(answers[..3], [link("192.168.1.20"), link("10.0.0.7"), link("192.168.1.20")]);
    assert!(text.contains("\n192.168.1.20:8000/upload  PIN 123456\n1 of 2; qr next shows the next\n✓"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("█████")).count() % 3, 0, "{text}");
    assert!(!text.contains('\x1b'));
}

#[tokio::test]
async fn who_comes_to_the_code_is_told_once() {
    let (feed, reader) = feed();
    let fake = Fake { orders: Arc::default(), feed: feed.clone() };
    reachable(&feed);
    let (mut typing, input) = tokio::io::duplex(64);
    let out = Written::default();
    let run = run(tokio::io::BufReader::new(input), out.clone(), reader, fake, pending(), Verbosity::Normal);
    let (ran, ()) = tokio::join!(run, async {
        let from = |address: [u8; 4]| Exchange {
            remote: address.into(),
            more: Some(Arc::new(crate::exchange::More {
                user_agent: Some("Mozilla/5.0 (iPhone; CPU)".into()),
                ..crate::exchange::More::default()
            })),
            ..exchange("/upload", 200)
        };
        let has = |text: &str| String::from_utf8_lossy(&out.0.lock()).contains(text);
        typing.write_all(b"qr\n").await.unwrap();
        while !has("✓ http") {
            tokio::task::yield_now().await;
        }
        for ip in [[10, 0, 0, 7], [192, 168, 1, 40], [192, 168, 1, 41]] {
            feed.exchange(from(ip));
        }
        while !has("request 192.168.1.41") {
            tokio::task::yield_now().await;
        }
        typing.write_all(b"stop\n").await.unwrap();
    });
    assert_eq!(ran, None);
    let text = String::from_utf8(out.0.lock().clone()).unwrap();
    let notes: Vec<&str> = text.lines().filter(|line| line.starts_with("note connected")).collect();
    assert_eq!(notes, ["note connected: iPhone 192.168.1.40"]);
}

#[tokio::test]
async fn the_end_of_input_ends_nothing() {
    let (feed, reader) = feed();
    let fake = Fake { orders: Arc::default(), feed: feed.clone() };
    let (sender, mut receiver) = mpsc::channel(1);
    let signals = poll_fn(move |cx| receiver.poll_recv(cx));
    let out = Written::default();
    let run = run(tokio::io::empty(), out.clone(), reader, fake, signals, Verbosity::Normal);
    let (ran, ()) = tokio::join!(run, async {
        // The loop has read the end of its input once it has written this.
        feed.event(Event::Note(Note::info("still here")));
        while out.0.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        sender.send(Signal::Terminate).await.unwrap();
    });
    assert_eq!(ran, None);
    assert!(String::from_utf8(out.0.lock().clone()).unwrap().ends_with("✓ Stop\n"));
}

#[tokio::test]
async fn a_line_may_come_in_pieces_and_may_be_no_utf8() {
    let (feed, reader) = feed();
    let fake = Fake { orders: Arc::default(), feed };
    let (mut typing, input) = tokio::io::duplex(4);
    let out = Written::default();
    let run = run(tokio::io::BufReader::new(input), out.clone(), reader, fake.clone(), pending(), Verbosity::Normal);
    let (ran, ()) = tokio::join!(run, async {
        for piece in [&b"\xff\xfe\npo"[..], b"rt 8", b"080\r\nstop\n"] {
            typing.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(ran, None);
    assert_eq!(*fake.orders.lock(), [Command::Port(8080), Command::Stop]);
}

/// An output that nobody reads, or that has failed.
struct Dead(bool);

impl AsyncWrite for Dead {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        if self.0 { Poll::Pending } else { Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn an_output_that_is_stuck_or_gone_keeps_nobody_from_stopping() {
    for stuck in [true, false] {
        let (feed, reader) = feed();
        let fake = Fake { orders: Arc::default(), feed: feed.clone() };
        for _ in 0..1000 {
            feed.exchange(exchange("/a", 200));
        }
        let input = "port 1\n".repeat(500) + "stop\n";
        let run = run(input.as_bytes(), Dead(stuck), reader, fake.clone(), pending(), Verbosity::Normal);
        assert_eq!(run.await, None);
        assert_eq!(fake.orders.lock().last(), Some(&Command::Stop));
    }
}

#[tokio::test]
async fn the_link_and_the_pin_are_told_after_the_addresses_and_again_when_they_change() {
    let settings = |token: &str| {
        let (token, pin, upload_path) = (token.to_owned(), "271828".to_owned(), "/upload".to_owned());
        Event::Settings(crate::event::Settings { uploads: true, token, pin, upload_path, ..Default::default() }.into())
    };
    let listening = |port: u16| {
        let urls = [format!("http://127.0.0.1:{port}"), format!("http://192.168.1.20:{port}")];
        Event::Listening(urls.into())
    };
    let tell = |feed: &Feed| {
        for event in [listening(1), settings("A"), settings("A"), listening(2), Event::Paused, settings("B")] {
            feed.event(event);
        }
        for event in [listening(2), settings(""), listening(3)] {
            feed.event(event);
        }
    };
    let (text, _) = written(Verbosity::Quiet, tell, "stop\n").await;
    let told: Vec<_> = text.lines().filter(|line| !line.contains("127.0.0.1")).collect();
    assert_eq!(
        told,
        [
            "listening http://192.168.1.20:1",
            "note upload link http://192.168.1.20:1/upload?k=A",
            "note PIN 271828",
            "listening http://192.168.1.20:2",
            "note upload link http://192.168.1.20:2/upload?k=A",
            "note PIN 271828",
            "listening http://192.168.1.20:2",
            "note upload link http://192.168.1.20:2/upload?k=B",
            "note PIN 271828",
            "listening http://192.168.1.20:3",
            "✓ Stop",
        ]
    );
}
