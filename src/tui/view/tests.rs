use ratatui::layout::Rect;

use super::layout::Layout;
use crate::event::{Event, Settings, Watching};
use crate::tui::action::{Action, Move};
use crate::tui::app::App;
use crate::tui::look::{Glyphs, Look, Theme};
use crate::tui::map::{Pane, Subject, Target};
use crate::tui::testing::{Driver, exchange, lines, look, words};

/// The four widths that are designed: a phone, a tablet, a classic terminal, a desk.
const SIZES: [(u16, u16); 4] = [(28, 8), (45, 20), (80, 24), (120, 30)];

/// One region at all sizes, as text.
fn everywhere(scene: impl Fn(Driver) -> Driver, region: impl Fn(&Layout) -> Rect) -> String {
    let at = |(width, height)| {
        let driver = scene(Driver::new(width, height));
        let area = Rect::new(0, 0, width, height);
        let layout = Layout::new(area, driver.app.pane, super::routes::lines(&driver.app), false);
        format!("-- {width} --\n{}\n", cut(&driver, region(&layout)))
    };
    SIZES.map(at).concat()
}

/// A part of the screen as text; whole rows, so that the borders are seen too.
fn cut(driver: &Driver, area: Rect) -> String {
    driver.rows(area.top().into()..area.bottom().into())
}

fn union(a: Rect, b: Rect) -> Rect {
    if a.is_empty() {
        b
    } else if b.is_empty() {
        a
    } else {
        a.union(b)
    }
}

fn started(driver: Driver) -> Driver {
    driver.hear(crate::tui::testing::start())
}

/// With routes that not everybody may pass.
fn guarded(driver: Driver) -> Driver {
    let row = |path: &str, guards: &[&str]| crate::event::RouteRow {
        methods: "any".to_owned(),
        path: path.to_owned(),
        kind: "proxy".to_owned(),
        to: "http://127.0.0.1:9001".to_owned(),
        guards: guards.iter().copied().map(String::from).collect(),
    };
    let rows = [row("/admin", &["allow lan", "auth ada"]), row("/api/{*rest}", &["rate 5/s"]), row("/open", &[])];
    started(driver).hear([Event::Routes(rows.into())])
}

macro_rules! snapshot {
    ($name:ident, $scene:expr, $region:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), everywhere($scene, $region));
        }
    };
}

fn head(layout: &Layout) -> Rect {
    union(union(layout.header, layout.facts), layout.tabs)
}

fn foot(layout: &Layout) -> Rect {
    union(union(layout.answer, layout.prompt), layout.footer)
}

fn body(layout: &Layout) -> Rect {
    layout.body
}

snapshot!(header, |d| started(d).requests((0..12).map(|_| exchange("GET", "/", 200))).wait(1), head);
snapshot!(header_at_the_start, |d| d, head);
snapshot!(
    header_paused_and_polling,
    |d| started(d).hear([Event::Paused, Event::Watcher(Watching::Polling("native events do not arrive".into()))]),
    head
);
snapshot!(header_stopping, |d| started(d).hear([Event::Stopping(3)]), head);
snapshot!(log_and_lists, |d| started(d).busy().arriving(), body);
snapshot!(log_before_the_first_request, started, body);
snapshot!(routes, |d| started(d).run("routes"), body);
snapshot!(routes_with_guards, |d| guarded(d).run("routes"), body);
snapshot!(uploads, |d| started(d).arriving().run("uploads"), body);
snapshot!(uploads_before_the_first, |d| started(d).run("uploads"), body);
snapshot!(
    details_of_a_request,
    |d| started(d).requests([exchange("GET", "/index.html?a=1", 404)]).tap(Target::Subject(Subject::Row(0))),
    body
);
snapshot!(
    details_of_an_upload,
    |d| {
        let driver = started(d).arriving().run("uploads");
        driver.tap(Target::Subject(Subject::Upload(2)))
    },
    body
);
snapshot!(
    details_of_a_file_that_has_arrived,
    |d| {
        let driver = started(d).arriving().wait(2).press(Action::Tab).press(Action::Tab).press(Action::Tab);
        driver.press(Action::Move(Move::End)).press(Action::Move(Move::End)).press(Action::Enter)
    },
    body
);
snapshot!(foot_with_a_question_about_a_file, |d| started(d).arriving().run("uploads delete 1"), foot);
snapshot!(help, |d| started(d).run("help"), body);
snapshot!(foot_with_a_suggestion, |d| started(d).type_text("rel"), foot);
snapshot!(
    foot_with_an_answer,
    |d| {
        let mut driver = started(d).run("port 8080");
        driver.app.replied(1, crate::command::Reply::done("moved to port 8080"));
        driver.wait(0)
    },
    foot
);
snapshot!(foot_with_the_question, |d| started(d).press(Action::Interrupt), foot);

#[test]
fn notices_say_what_is_not_shown() {
    let driver = Driver::started(80, 24).requests((0..30).map(|i| exchange("GET", &format!("/{i}"), 200)));
    let mut driver = driver.run("filter 1");
    let batch = crate::event::Batch { lost_exchanges: 340, ..Default::default() };
    driver.app.absorb(batch, driver.now, std::time::SystemTime::UNIX_EPOCH);
    let driver = driver.wait(0);
    assert!(driver.screen().contains("filter 1 · 340 not shown"), "{}", driver.screen());
}

#[test]
fn any_size_is_drawn_without_harm() {
    for (width, height) in (1..=125).step_by(9).flat_map(|w| (1..=32).step_by(3).map(move |h| (w, h))) {
        let driver = Driver::started(width, height).busy().arriving().type_text("filter 写真");
        let driver = driver.run("").press(Action::Escape).run("help").run("qr").run("uploads");
        let driver = driver.press(Action::Tab).press(Action::Tab).press(Action::Enter).run("uploads delete 1");
        drop(driver.run("routes").press(Action::Interrupt));
    }
}

#[test]
fn hostile_text_reaches_no_cell() {
    let evil = "/\x1b[2J\u{202e}\u{200b}\r\n";
    let settings =
        Settings { who: evil.into(), uploads: true, bell: false, upload_path: evil.into(), ..Settings::default() };
    for (width, height) in SIZES {
        let driver = Driver::started(width, height)
            .requests([exchange("GET", evil, 200)])
            .hear([
                Event::Listening([format!("http://{evil}")].into()),
                Event::Changed(evil.into()),
                Event::Note(crate::event::Note::error(evil).with_detail(evil)),
                Event::Settings(settings.clone().into()),
                crate::tui::testing::upload(9, evil, 5, crate::event::UploadState::Failed(evil.into())),
            ])
            .run("log");
        let screens = [driver.screen(), driver.press(Action::Tab).press(Action::Enter).screen()];
        for screen in screens {
            assert!(screen.lines().all(crate::text::is_harmless), "{screen:?}");
        }
    }
}

#[test]
fn the_code_on_the_screen_reads_as_the_address() {
    for (width, height) in [(45, 20), (80, 24), (120, 30)] {
        let driver = Driver::started(width, height).run("qr");
        let link = driver.app.known.links().unwrap().remove(0);
        let code = crate::qr::Code::new(&link.url).unwrap();
        let screen = driver.screen();
        for line in code.lines(crate::qr::Ink::Dark, 2) {
            assert!(screen.contains(line.trim()), "{width}x{height}\n{screen}\nlacks {line}");
        }
    }
    assert!(Driver::started(28, 8).run("qr").screen().contains("http://192.168.1.20:8000"));
}

#[test]
fn without_utf8_every_cell_is_ascii() {
    for theme in [Theme::PLAIN, Theme::COLOURED] {
        let mut driver = Driver::new(120, 30);
        driver.app = App::new(words(), Look { glyphs: &Glyphs::ASCII, theme, ..look() });
        let driver = driver.hear(crate::tui::testing::start()).busy().arriving().type_text("rel");
        assert!(driver.screen().is_ascii(), "{}", driver.screen());
    }
}

#[test]
fn without_colour_no_cell_has_one() {
    let mut driver = Driver::new(80, 24);
    driver.app = App::new(words(), Look { theme: Theme::PLAIN, ..look() });
    let driver = driver.hear(crate::tui::testing::start()).busy().arriving().run("nonsense").run("qr");
    let reset = ratatui::style::Color::Reset;
    assert!(driver.terminal.backend().buffer().content().iter().all(|cell| (cell.fg, cell.bg) == (reset, reset)));
}

#[test]
fn the_footer_keeps_stop_and_help_to_the_last() {
    for width in 10..60 {
        let driver = Driver::started(width, 8);
        let footer = lines(&driver.terminal).pop().unwrap();
        assert!(footer.contains("stop") && footer.contains("help"), "{width}: {footer}");
    }
}

#[test]
fn every_list_can_be_reached_by_tap() {
    let driver = Driver::started(28, 8);
    let driver = Pane::ALL.into_iter().rev().fold(driver, |driver, pane| driver.tap(Target::Tab(pane)));
    assert_eq!(driver.app.pane, Pane::Log);
}

/// A hundred thousand rows are drawn as lightly as ten: the rows looked at are those in view.
#[test]
fn only_rows_in_view_have_targets() {
    let rows = (0..20_000).map(|_| exchange("GET", "/", 200));
    let driver = Driver::started(120, 30).requests(rows);
    let first = driver.app.known().log.shown() - driver.app.map().log;
    assert!(driver.app.map().find(Target::Subject(Subject::Row(first as u64))).is_some());
    assert!(driver.app.map().find(Target::Subject(Subject::Row(first as u64 - 1))).is_none());
}
