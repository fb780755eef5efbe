//! The real loop with played edges: input, signals, terminal, session.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use parking_lot::Mutex;
use ratatui::backend::{ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::sync::mpsc;

use super::*;
use crate::command::{Command, Ticket};
use crate::event::{Feed, feed};
use crate::tui::testing::{exchange, lines, look, start, upload, words};

/// A screen that the test can look at while the loop draws on it.
#[derive(Clone)]
struct Shared(Arc<Mutex<TestBackend>>, Arc<Mutex<Seen>>);

/// What the loop did to the world.
#[derive(Default)]
struct Seen {
    frames: usize,
    clears: usize,
    orders: Vec<Command>,
    suspended: Vec<bool>,
    bells: usize,
    copied: Vec<String>,
}

type Never = std::convert::Infallible;

impl Backend for Shared {
    type Error = Never;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Result<(), Never> {
        self.1.lock().frames += 1;
        self.0.lock().draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), Never> {
        self.0.lock().hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Never> {
        self.0.lock().show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Never> {
        panic!("the terminal is never asked where its cursor is")
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Never> {
        self.0.lock().set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Never> {
        self.0.lock().clear()
    }

    fn clear_region(&mut self, region: ClearType) -> Result<(), Never> {
        self.1.lock().clears += 1;
        self.0.lock().clear_region(region)
    }

    fn size(&self) -> Result<Size, Never> {
        self.0.lock().size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Never> {
        self.0.lock().window_size()
    }

    fn flush(&mut self) -> Result<(), Never> {
        self.0.lock().flush()
    }
}

impl Host for Shared {
    fn suspend(&mut self, whole_group: bool) -> io::Result<()> {
        self.1.lock().suspended.push(whole_group);
        Ok(())
    }

    fn continued(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn bell(&mut self) {
        self.1.lock().bells += 1;
    }

    fn copy(&mut self, text: &str) {
        self.1.lock().copied.push(text.to_owned());
    }
}

/// Does what it is told at once; ends when told to stop.
struct Session(Arc<Mutex<Seen>>, Feed);

impl Execute for Session {
    fn execute(&self, command: Command) -> Ticket {
        let stop = command == Command::Stop;
        self.0.lock().orders.push(command);
        let feed = self.1.clone();
        Box::pin(async move {
            if stop {
                feed.close();
            }
            Reply::done("it is done")
        })
    }
}

struct Pipe<T>(mpsc::Receiver<T>);

impl<T> Stream for Pipe<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_recv(cx)
    }
}

/// The loop at work, and the hands that play its edges.
struct Stage {
    shared: Shared,
    feed: Feed,
    input: Option<mpsc::Sender<io::Result<Event>>>,
    signals: mpsc::Sender<Signal>,
    ended: tokio::task::JoinHandle<ExitReason>,
}

impl Stage {
    fn open(width: u16, height: u16) -> Self {
        let shared = Shared(Arc::new(Mutex::new(TestBackend::new(width, height))), Arc::default());
        let (feed, reader) = feed();
        let (input, keys) = mpsc::channel(1000);
        let (signals, heard) = mpsc::channel(10);
        let session = Session(shared.1.clone(), feed.clone());
        let terminal = Terminal::new(shared.clone()).unwrap();
        let edges = Edges { input: Pipe(keys), signals: Pipe(heard), host: shared.clone() };
        let app = App::new(words(), look());
        let ended = tokio::spawn(async move { run(edges, terminal, reader, &session, app).await });
        Self { shared, feed, input: Some(input), signals, ended }
    }

    /// The server says what it says at its start.
    fn start(&self) {
        for event in start() {
            self.feed.event(event);
        }
    }

    async fn send(&self, event: Event) {
        self.input.as_ref().unwrap().send(Ok(event)).await.unwrap();
    }

    async fn key(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.send(Event::Key(KeyEvent::new(code, modifiers))).await;
    }

    async fn type_text(&self, text: &str) {
        for c in text.chars() {
            let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
            self.key(code, KeyModifiers::NONE).await;
        }
    }

    async fn resize(&self, width: u16, height: u16) {
        self.shared.0.lock().resize(width, height);
        self.send(Event::Resize(width, height)).await;
    }

    fn screen(&self) -> String {
        lines(&Terminal::new(self.shared.0.lock().clone()).unwrap()).join("\n")
    }

    async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !condition(self) {
            assert!(Instant::now() < deadline, "never came: {what}\n{}", self.screen());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn shows(&self, text: &str) {
        self.until(text, |stage| stage.screen().contains(text)).await;
    }

    fn orders(&self) -> Vec<Command> {
        self.shared.1.lock().orders.clone()
    }
}

#[tokio::test]
async fn the_first_screen_does_not_wait_for_the_server() {
    let stage = Stage::open(80, 24);
    stage.shows("stan ○ starting").await;
    stage.start();
    stage.shows("stan ● http://192.168.1.20:8000").await;
}

#[tokio::test]
async fn typing_stop_stops_and_the_end_of_the_feed_ends_the_loop() {
    let stage = Stage::open(80, 24);
    stage.type_text("stop\n").await;
    assert_eq!(stage.ended.await.unwrap(), ExitReason::Closed);
    assert_eq!(stage.shared.1.lock().orders, [Command::Stop]);
}

#[tokio::test]
async fn the_answer_stands_beside_the_prompt() {
    let stage = Stage::open(45, 20);
    stage.type_text("port 8080\n").await;
    stage.shows("✓ it is done").await;
    assert_eq!(stage.orders(), [Command::Port(8080)]);
}

#[tokio::test]
async fn a_file_that_arrives_rings_once_and_its_path_is_copied() {
    let stage = Stage::open(80, 24);
    stage.start();
    let done = || crate::event::UploadState::Done { path: "x".into(), duplicate: false };
    stage.feed.event(upload(1, "a.jpg", 1, done()));
    stage.feed.event(upload(2, "b.jpg", 1, done()));
    stage.shows("b.jpg").await;
    stage.type_text("uploads path 2\n").await;
    stage.shows("✓ it is done").await;
    let seen = stage.shared.1.lock();
    assert_eq!((seen.bells, seen.copied.as_slice()), (1, &["it is done".to_owned()][..]));
}

#[tokio::test]
async fn a_paste_is_one_line_that_waits_for_enter() {
    let stage = Stage::open(80, 24);
    stage.send(Event::Paste("port\n80".into())).await;
    stage.shows("› port 80").await;
    assert_eq!(stage.orders(), []);
}

#[tokio::test]
async fn a_tap_on_the_footer_is_the_word() {
    let stage = Stage::open(45, 20);
    stage.shows("reload").await;
    let footer = stage.screen().lines().last().unwrap().to_owned();
    let column = footer.find("reload").unwrap() as u16 + 2;
    let kind = MouseEventKind::Down(MouseButton::Left);
    stage.send(Event::Mouse(MouseEvent { kind, column, row: 19, modifiers: KeyModifiers::NONE })).await;
    stage.shows("✓ it is done").await;
    assert_eq!(stage.orders(), [Command::Reload]);
}

#[tokio::test]
async fn small_and_back_again() {
    let stage = Stage::open(120, 30);
    stage.start();
    stage.shows("┌ stan ●").await;
    let before = stage.screen();
    stage.resize(28, 8).await;
    stage.until("the small screen", |stage| stage.screen().starts_with("● 192.168.1.20:8000")).await;
    assert!(stage.screen().lines().last().is_some_and(|line| line.starts_with("stop")));
    stage.resize(120, 30).await;
    stage.until("the large screen", |stage| stage.screen() == before).await;
}

#[tokio::test]
async fn ctrl_z_stops_the_group_and_all_is_drawn_anew() {
    let stage = Stage::open(80, 24);
    stage.shows("stan").await;
    stage.key(KeyCode::Char('z'), KeyModifiers::CONTROL).await;
    stage.until("a clear screen", |stage| stage.shared.1.lock().clears > 0).await;
    stage.shows("stan").await;
    stage.signals.send(Signal::Suspend).await.unwrap();
    stage.until("a second stop", |stage| stage.shared.1.lock().suspended == [true, false]).await;
}

#[tokio::test]
async fn a_lost_terminal_stops_the_server() {
    let mut stage = Stage::open(80, 24);
    drop(stage.input.take());
    assert_eq!(stage.ended.await.unwrap(), ExitReason::Closed);
    assert_eq!(stage.shared.1.lock().orders, [Command::Stop]);
}

#[tokio::test]
async fn hangup_means_stop() {
    let stage = Stage::open(80, 24);
    stage.signals.send(Signal::Hangup).await.unwrap();
    assert_eq!(stage.ended.await.unwrap(), ExitReason::Closed);
}

#[tokio::test]
async fn the_second_signal_ends_at_once() {
    let stage = Stage::open(80, 24);
    stage.signals.try_send(Signal::Terminate).unwrap();
    stage.signals.try_send(Signal::Terminate).unwrap();
    assert_eq!(stage.ended.await.unwrap(), ExitReason::Signal(libc::SIGTERM));
    assert_eq!(stage.shared.1.lock().orders, [Command::Stop]);
}

#[tokio::test]
async fn keys_are_answered_while_requests_flood_and_what_was_lost_is_said() {
    let stage = Stage::open(80, 24);
    stage.start();
    stage.shows("┌ stan ●").await;
    let begin = Instant::now();
    for i in 0..20_000 {
        stage.feed.exchange(exchange("GET", &format!("/{i}"), 200));
    }
    stage.type_text("status").await;
    stage.shows("› status").await;
    stage.shows("not shown").await;
    for i in 0..20_000 {
        stage.feed.exchange(exchange("GET", &format!("/later/{i}"), 200));
        if i % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    stage.type_text(" ok\n").await;
    stage.until("the order", |stage| !stage.orders().is_empty()).await;
    let (took, frames) = (begin.elapsed(), stage.shared.1.lock().frames);
    let most = (took.as_secs_f64() * f64::from(FRAMES)).ceil() as usize + 4;
    assert!(frames <= most, "{frames} frames in {took:?}");
}
