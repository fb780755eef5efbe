//! What the tests of the screen share: a small language, a look that never changes, events.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::action::Action;
use super::app::{App, Effect};
use super::look::{Glyphs, Look, Theme};
use super::map::Target;
use super::words::Words;
use crate::command::Command;
use crate::event::{Batch, Event, Note, RouteRow, Settings, Upload, UploadState, Watching};
use crate::exchange::{Exchange, More};
use crate::known::Row;

const WORDS: [&str; 9] = ["stop", "reload", "restart", "routes", "uploads", "log", "port ", "filter ", "qr"];

fn parse(line: &str) -> Result<Command, String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    Ok(match word {
        "stop" => Command::Stop,
        "reload" => Command::Reload,
        "routes" => Command::Routes,
        "uploads" => crate::command::parse(line).map_err(|error| error.to_string())?,
        "log" => Command::Log,
        "clear" => Command::Clear,
        "qr" => Command::Qr { next: rest == "next" },
        "open" => Command::Open(None),
        "status" => Command::Status,
        "help" => Command::Help((!rest.is_empty()).then(|| rest.to_owned())),
        "filter" => Command::Filter(rest.to_owned()),
        "port" => Command::Port(rest.parse().map_err(|_| format!("'{rest}' is not a port"))?),
        other => return Err(format!("no command '{other}'")),
    })
}

/// A language of a few words.
pub(super) fn words() -> Words {
    Words {
        parse,
        complete: |line, _| WORDS.iter().filter(|word| word.starts_with(line)).map(ToString::to_string).collect(),
        help: |word| {
            word.map_or_else(|| (1..=30).map(|i| format!("word {i}")).collect(), |word| vec![format!("about {word}")])
        },
        filter: |text| {
            let text = text.to_owned();
            Box::new(move |row| match row {
                Row::Exchange(exchange) => exchange.target.contains(&text) || exchange.status.to_string() == text,
                Row::Note { note, .. } => note.text.contains(&text),
                Row::Changed { .. } | Row::Detail { .. } => false,
            })
        },
    }
}

/// Colours and UTF-8, in a zone without surprises.
pub(super) fn look() -> Look {
    Look { theme: Theme::COLOURED, glyphs: &Glyphs::UTF8, zone: jiff::tz::TimeZone::UTC }
}

/// 12:01:02 on some day, and so many seconds.
pub(super) fn wall(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(12 * 3600 + 62 + seconds)
}

/// A request and its answer.
pub(super) fn exchange(method: &str, target: &str, status: u16) -> Exchange {
    Exchange {
        at: wall(0),
        took: Duration::from_micros(1234),
        remote: [192, 168, 1, 31].into(),
        method: method.parse().unwrap(),
        target: target.into(),
        version: http::Version::HTTP_11,
        status,
        sent: 12_345,
        more: Some(Arc::new(More {
            user_agent: Some("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)".into()),
            content_type: Some("text/html; charset=utf-8".into()),
            route: Some("GET /".into()),
            ..More::default()
        })),
    }
}

/// How an upload stands.
pub(super) fn upload(id: u64, name: &str, received: u64, state: UploadState) -> Event {
    Event::Upload(Upload {
        id,
        name: name.to_owned(),
        from: [192, 168, 1, 40].into(),
        device: "iPhone".to_owned(),
        received,
        total: Some(4_000_000),
        took: Duration::from_secs(1),
        state,
    })
}

/// What a server says at its start.
pub(super) fn start() -> Vec<Event> {
    let route = |methods: &str, path: &str, kind: &str, to: &str| RouteRow {
        methods: methods.into(),
        path: path.into(),
        kind: kind.into(),
        to: to.into(),
        guards: Vec::new(),
    };
    vec![
        Event::Listening(["http://127.0.0.1:8000", "http://192.168.1.20:8000"].map(String::from).into()),
        Event::Routes(
            [
                route("GET HEAD POST", "/hello/{name}", "template", "hello.html"),
                route("GET HEAD", "/", "template", "index.html"),
                route("GET HEAD POST", "/upload", "upload", "uploads"),
                route("GET HEAD", "/{*rest}", "static", "static_file"),
            ]
            .into(),
        ),
        Event::Watcher(Watching::Native),
        Event::Pages(2),
        Event::Settings(
            Settings {
                uploads: true,
                who: "uploads: key or PIN 271828".into(),
                bell: true,
                upload_path: "/upload".into(),
                token: "ABCDEFGHIJKLMNOPQRSTUVWXYZ".into(),
                pin: "271828".into(),
                folder: "/home/ada/site/".into(),
            }
            .into(),
        ),
    ]
}

/// A screen that is driven by hand.
pub(super) struct Driver {
    pub(super) app: App,
    pub(super) now: Instant,
    pub(super) terminal: Terminal<TestBackend>,
    pub(super) effects: Vec<Effect>,
}

impl Driver {
    /// Before anything has been heard.
    pub(super) fn new(width: u16, height: u16) -> Self {
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut driver = Self { app: App::new(words(), look()), now: Instant::now(), terminal, effects: Vec::new() };
        driver.draw();
        driver
    }

    /// Listening, with routes and settings.
    pub(super) fn started(width: u16, height: u16) -> Self {
        Self::new(width, height).hear(start())
    }

    pub(super) fn hear(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        let batch = Batch { events: events.into_iter().collect(), ..Batch::default() };
        let effects = self.app.absorb(batch, self.now, wall(10));
        self.effects.extend(effects);
        self.draw();
        self
    }

    pub(super) fn requests(mut self, exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let batch = Batch { exchanges: exchanges.into_iter().collect(), ..Batch::default() };
        let effects = self.app.absorb(batch, self.now, wall(10));
        self.effects.extend(effects);
        self.draw();
        self
    }

    /// Some requests, a change and an error, as a day brings them.
    pub(super) fn busy(self) -> Self {
        let long = exchange("POST", "/a/very/long/path/that/does/not/fit/anywhere/photo.jpg?v=1", 201);
        let rows = [
            exchange("GET", "/index.html", 200),
            exchange("GET", "/app.css", 304),
            long,
            exchange("DELETE", "/写真/一.jpg", 500),
        ];
        self.requests(rows).hear([
            Event::Changed("static_file/app.css".into()),
            Event::Note(Note::info("kept back /.env")),
            Event::Note(Note::error("hello.html:3 unknown filter 'uper'").with_detail("2 | <h1>\n3 | {{ name|uper }}")),
        ])
    }

    pub(super) fn arriving(self) -> Self {
        let done = UploadState::Done { path: "uploads/IMG_0001.jpg".into(), duplicate: false };
        self.hear([
            upload(1, "IMG_0001.jpg", 4_000_000, done),
            upload(2, "holiday in the mountains.mov", 2_840_000, UploadState::Arriving),
            upload(3, "notes.txt", 1000, UploadState::Failed("the client went away".into())),
        ])
    }

    pub(super) fn press(mut self, action: Action) -> Self {
        let effects = self.app.update(action, self.now);
        self.effects.extend(effects);
        self.draw();
        self
    }

    pub(super) fn type_text(self, text: &str) -> Self {
        text.chars().fold(self, |driver, c| driver.press(Action::Type(c)))
    }

    pub(super) fn run(self, line: &str) -> Self {
        self.type_text(line).press(Action::Enter)
    }

    pub(super) fn tap(self, target: Target) -> Self {
        let (x, y) = self.app.map().find(target).unwrap_or_else(|| panic!("{target:?} is not on the screen"));
        self.press(Action::Tap { x, y })
    }

    pub(super) fn wait(mut self, seconds: u64) -> Self {
        self.now += Duration::from_secs(seconds);
        self.app.tick(self.now);
        self.draw();
        self
    }

    fn draw(&mut self) {
        let mut map = None;
        let app = &self.app;
        self.terminal.draw(|frame| map = Some(super::draw(app, frame))).unwrap();
        self.app.drawn(map.unwrap());
    }

    /// The commands that were ordered.
    pub(super) fn ordered(&self) -> Vec<Command> {
        let command = |effect: &Effect| match effect {
            Effect::Run(_, command) => Some(command.clone()),
            _ => None,
        };
        self.effects.iter().filter_map(command).collect()
    }

    /// Some rows of the screen as text, without blanks at their ends.
    pub(super) fn rows(&self, rows: std::ops::Range<usize>) -> String {
        lines(&self.terminal)[rows].join("\n")
    }

    /// All of the screen as text.
    pub(super) fn screen(&self) -> String {
        lines(&self.terminal).join("\n")
    }
}

/// The rows of a screen as text, without blanks at their ends.
pub(super) fn lines(terminal: &Terminal<TestBackend>) -> Vec<String> {
    let buffer = terminal.backend().buffer();
    let width = usize::from(buffer.area().width).max(1);
    let line = |cells: &[ratatui::buffer::Cell]| {
        let mut text = String::new();
        let mut skip = 0;
        for cell in cells {
            if skip == 0 {
                text.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text.trim_end().to_owned()
    };
    buffer.content().chunks(width).map(line).collect()
}
