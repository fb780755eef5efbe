use std::sync::Arc;

use ratatui::style::Color;

use crate::event::{Event, Settings};
use crate::exchange::{Exchange, More};
use crate::tui::action::{Action, Edit, Move};
use crate::tui::app::{App, Over};
use crate::tui::look::{Glyphs, Look, Theme};
use crate::tui::map::Target;
use crate::tui::testing::{Driver, exchange, look, start, words};

const TOKEN: &str = "ABCDEFGHIJKLMNOPQRSTUV2345";
const BEST: &str = "http://192.168.1.20:8000/upload?k=ABCDEFGHIJKLMNOPQRSTUV2345";

fn listening(urls: &[&str]) -> Event {
    Event::Listening(urls.iter().map(ToString::to_string).collect())
}

/// With a key, and with three addresses where so many are wished for.
fn keyed(width: u16, height: u16, look: Look, addresses: usize) -> Driver {
    let settings = Settings {
        uploads: true,
        upload_path: "/upload".into(),
        token: TOKEN.into(),
        pin: "123456".into(),
        ..Settings::default()
    };
    let urls = ["http://127.0.0.1:8000", "http://192.168.1.20:8000", "http://10.0.0.7:8000", "http://172.17.0.1:8000"];
    let mut driver = Driver::new(width, height);
    driver.app = App::new(words(), look);
    driver.hear(start()).hear([listening(&urls[..=addresses]), Event::Settings(settings.into())])
}

fn shown(width: u16, height: u16) -> Driver {
    keyed(width, height, look(), 3).run("qr")
}

fn from(address: [u8; 4], agent: &str) -> Exchange {
    let more = More { user_agent: Some(agent.into()), ..More::default() };
    Exchange { remote: address.into(), more: Some(Arc::new(more)), ..exchange("GET", "/upload", 200) }
}

/// What a camera sees of the screen: pixels that are light, on a terminal with a dark ground.
fn light(driver: &Driver) -> (usize, usize, Vec<bool>) {
    let buffer = driver.terminal.backend().buffer();
    let (wide, high) = (usize::from(buffer.area().width), usize::from(buffer.area().height));
    let mut pixels = vec![false; wide * high * 2];
    for (i, cell) in buffer.content().iter().enumerate() {
        let (x, y) = (i % wide, i / wide);
        let ground = cell.bg == Color::White;
        let ink = cell.fg != Color::Black;
        let (top, bottom) = match cell.symbol() {
            "█" | "#" => (ink, ink),
            "▀" => (ink, ground),
            "▄" => (ground, ink),
            _ => (ground, ground),
        };
        pixels[2 * y * wide + x] = top;
        pixels[(2 * y + 1) * wide + x] = bottom;
    }
    (wide, 2 * high, pixels)
}

/// Every code that can be read off the screen.
fn scanned(driver: &Driver) -> Vec<String> {
    const SCALE: usize = 4;
    let (wide, high, pixels) = light(driver);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(wide * SCALE, high * SCALE, |x, y| {
        if pixels[y / SCALE * wide + x / SCALE] { 255 } else { 0 }
    });
    image.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

#[test]
fn a_phone_reads_the_link_off_the_screen() {
    for (width, height) in [(40, 20), (40, 24), (45, 20), (80, 24), (120, 30), (170, 50)] {
        for theme in [Theme::COLOURED, Theme::PLAIN] {
            let driver = keyed(width, height, Look { theme, ..look() }, 3).run("qr");
            assert_eq!(scanned(&driver), [BEST], "{width}x{height}\n{}", driver.screen());
        }
    }
}

#[test]
fn a_phone_reads_it_off_a_screen_of_ascii() {
    let driver = keyed(170, 50, Look { glyphs: &Glyphs::ASCII, theme: Theme::PLAIN, ..look() }, 1).run("qr");
    assert!(driver.screen().is_ascii());
    assert_eq!(scanned(&driver), [BEST], "{}", driver.screen());
}

#[test]
fn where_the_code_has_no_room_the_link_is_whole() {
    for (width, height, glyphs) in [(28, 8, &Glyphs::UTF8), (80, 12, &Glyphs::UTF8), (80, 24, &Glyphs::ASCII)] {
        let driver = keyed(width, height, Look { glyphs, ..look() }, 1).run("qr");
        let run_together: String = driver.screen().split_whitespace().filter(|word| word.len() > 1).collect();
        assert!(run_together.contains(BEST), "{width}x{height}\n{}", driver.screen());
        assert!(driver.screen().contains("PIN 123456"), "{}", driver.screen());
    }
}

#[test]
fn words_stand_beside_the_code() {
    for (width, height) in [(45, 20), (80, 24), (170, 50)] {
        let driver = shown(width, height);
        for text in ["PIN 123456", "1 of 3", "next"] {
            assert!(driver.screen().contains(text), "{text} {width}\n{}", driver.screen());
        }
    }
    let answer = shown(40, 20).rows(17..18);
    assert!(answer.contains("PIN 123456  192.168.1.20:8000"), "{answer}");
}

#[test]
fn next_by_word_by_key_and_by_tap() {
    let at = |driver: &Driver, place: usize| {
        assert!(driver.screen().contains(&format!("{place} of 3")), "{place}\n{}", driver.screen());
        let host = ["192.168.1.20", "10.0.0.7", "172.17.0.1"][place - 1];
        assert_eq!(scanned(driver), [BEST.replace("192.168.1.20", host)]);
    };
    let driver = shown(80, 24).run("qr next");
    at(&driver, 2);
    let driver = driver.run("qr");
    at(&driver, 3);
    let driver = driver.press(Action::Edit(Edit::Right));
    at(&driver, 1);
    let driver = driver.press(Action::Edit(Edit::Left)).press(Action::Move(Move::Up));
    at(&driver, 2);
    let driver = driver.tap(Target::Word("qr next"));
    at(&driver, 3);
    let driver = driver.tap(Target::Over);
    at(&driver, 1);
    assert_eq!(driver.tap(Target::Word("qr")).app.over(), &Over::Nothing);
}

#[test]
fn the_shown_code_follows_the_network() {
    let driver = shown(80, 24).hear([listening(&["http://127.0.0.1:8000", "http://192.168.43.1:8000"])]);
    assert_eq!(scanned(&driver), [BEST.replace("192.168.1.20", "192.168.43.1")]);
    let driver = driver.hear([listening(&["http://127.0.0.1:8000"])]);
    assert!(driver.screen().contains("looking for one"), "{}", driver.screen());
    let urls = ["http://127.0.0.1:8000", "http://192.168.1.20:8000"].map(String::from);
    assert_eq!(scanned(&driver.hear([Event::Addresses(urls.into())])), [BEST]);
}

#[test]
fn it_turns_into_the_device_that_came() {
    for (width, height) in [(28, 8), (45, 20), (80, 24)] {
        let driver = shown(width, height).requests([from([127, 0, 0, 1], "curl/8"), from([10, 0, 0, 7], "curl/8")]);
        assert!(!driver.screen().contains("connected"));
        let driver = driver.requests([from([192, 168, 1, 40], "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4)")]);
        assert!(driver.screen().contains("✓ connected: iPhone"), "{}", driver.screen());
        assert!(scanned(&driver).is_empty() && driver.app.ages_at().is_none_or(|at| at < driver.now + MINUTE));
        let driver = driver.run("qr");
        assert!(!driver.screen().contains("connected"));
    }
    let nameless = shown(45, 20).requests([from([192, 168, 1, 41], "")]);
    assert!(nameless.screen().contains("✓ connected: 192.168.1.41"));
}

const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

#[test]
fn after_a_minute_the_likely_causes_stand_there() {
    for (width, height) in [(45, 20), (80, 24), (170, 50)] {
        let driver = shown(width, height);
        assert_eq!(driver.app.ages_at(), Some(driver.now + MINUTE));
        let driver = driver.wait(59);
        assert!(!driver.screen().contains("Same Wi-Fi"));
        let driver = driver.wait(1);
        let screen = driver.screen();
        assert!(screen.contains("Nobody has come yet") && screen.contains("Same Wi-Fi"), "{screen}");
        assert!(screen.contains("VPN") && driver.app.ages_at().is_none(), "{screen}");
        assert_eq!(scanned(&driver).len(), usize::from(width >= 80), "{screen}");
        let driver = driver.tap(Target::Over);
        assert_eq!(scanned(&driver), [BEST], "{}", driver.screen());
    }
}

#[test]
fn as_a_picture() {
    let at = |(width, height)| format!("-- {width} --\n{}\n", shown(width, height).screen());
    insta::assert_snapshot!("code", [(28, 8), (45, 20), (80, 24)].map(at).concat());
}
