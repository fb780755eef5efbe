use super::*;
use crate::event::{Event, UploadState};
use crate::tui::action::{Edit, Move};
use crate::tui::map::Target;
use crate::tui::testing::{Driver, exchange, upload};

fn said(driver: &Driver) -> (bool, &str) {
    match driver.app.answer() {
        Answer::Said { ok, line } => (*ok, line),
        other => panic!("{other:?}"),
    }
}

fn many(rows: usize) -> Driver {
    Driver::started(80, 24).requests((0..rows).map(|i| exchange("GET", &format!("/{i}"), 200)))
}

#[test]
fn a_typed_command_is_ordered_and_its_answer_shown() {
    let mut driver = Driver::started(80, 24).run("port 8080");
    assert_eq!(driver.effects, [Effect::Run(1, Command::Port(8080))]);
    assert_eq!(driver.app.answer(), &Answer::Waiting(1, "port 8080".into()));
    driver.app.replied(1, Reply::done("moved to port 8080"));
    assert_eq!(said(&driver), (true, "moved to port 8080"));
}

#[test]
fn what_is_wrong_is_said_and_orders_nothing() {
    let driver = Driver::started(80, 24).run("prot 1");
    assert_eq!(said(&driver), (false, "no command 'prot'"));
    assert!(driver.effects.is_empty());
    assert_eq!(driver.tap(Target::Answer).app.prompt().text(), "prot 1");
}

#[test]
fn ctrl_c_asks_once_and_stops_twice_and_ends_thrice() {
    let driver = Driver::started(80, 24).press(Action::Interrupt);
    assert!(driver.effects.is_empty());
    assert!(matches!(driver.app.answer(), Answer::Asking(_)));
    let driver = driver.press(Action::Interrupt);
    assert_eq!(driver.ordered(), [Command::Stop]);
    assert_eq!(driver.press(Action::Interrupt).effects.last(), Some(&Effect::Quit));
}

#[test]
fn the_question_goes_away_by_itself() {
    let driver = Driver::started(80, 24).press(Action::Interrupt);
    assert!(driver.app.ages_at().is_some());
    let driver = driver.wait(5);
    assert_eq!((driver.app.answer(), driver.app.ages_at()), (&Answer::Quiet, None));
    assert!(driver.press(Action::Interrupt).ordered().is_empty());
}

#[test]
fn a_tap_on_stop_asks_too() {
    let driver = Driver::started(45, 20).tap(Target::Word("stop"));
    assert!(driver.ordered().is_empty());
    assert_eq!(driver.tap(Target::Word("stop")).ordered(), [Command::Stop]);
}

#[test]
fn words_of_the_footer_do_what_they_say() {
    let driver = Driver::started(45, 20).tap(Target::Word("reload")).tap(Target::Word("open"));
    assert_eq!(driver.ordered(), [Command::Reload, Command::Open(None)]);
    let driver = driver.tap(Target::Word("filter"));
    assert_eq!(driver.app.prompt().text(), "filter ");
}

#[test]
fn help_opens_by_question_mark_word_and_tap_and_closes_by_tap_and_escape() {
    let open = |driver: &Driver| matches!(driver.app.over(), Over::Lines { .. });
    let driver = Driver::started(45, 20).type_text("?");
    assert!(open(&driver) && driver.app.prompt().is_empty());
    let driver = driver.tap(Target::Close);
    assert!(!open(&driver));
    let driver = driver.run("help").press(Action::Escape);
    assert!(!open(&driver));
    let driver = driver.tap(Target::Word("help"));
    assert!(open(&driver));
    assert!(!open(&driver.tap(Target::Word("help"))));
}

#[test]
fn a_question_mark_within_a_line_is_a_letter() {
    assert_eq!(Driver::started(45, 20).type_text("open /?a").app.prompt().text(), "open /?a");
}

#[test]
fn keys_scroll_help_while_nothing_is_typed() {
    let driver = Driver::started(45, 20).run("help").press(Action::Move(Move::PageDown));
    assert!(driver.screen().contains("word 20"), "{}", driver.screen());
    let driver = driver.press(Action::Move(Move::Home));
    assert!(driver.screen().contains("word 1\n"));
}

#[test]
fn a_table_that_a_command_gives_is_shown() {
    let mut driver = Driver::started(80, 24).run("status");
    let reply = Reply { ok: true, line: "listening".into(), above: vec!["up 3m".into()] };
    driver.app.replied(1, reply);
    let driver = driver.wait(0);
    assert!(driver.screen().contains("up 3m"));
}

#[test]
fn up_recalls_on_the_prompt_and_tab_leads_to_the_lists() {
    let driver = many(50).run("reload").press(Action::Move(Move::Up));
    assert_eq!(driver.app.prompt().text(), "reload");
    let driver = driver.press(Action::Escape).press(Action::Tab).press(Action::Move(Move::Up));
    assert!(driver.app.prompt().is_empty());
    assert_eq!((driver.app.focus, driver.app.selected), (Focus::Pane(Pane::Log), Some(49)));
    let driver = driver.press(Action::Move(Move::Up));
    assert_eq!(driver.app.selected, Some(48));
    assert_eq!(driver.type_text("x").app.focus, Focus::Prompt);
}

#[test]
fn tab_on_text_completes() {
    let driver = Driver::started(80, 24).type_text("re").press(Action::Tab);
    assert_eq!(driver.app.prompt().text(), "reload");
    assert_eq!(driver.app.answer(), &Answer::Choice("reload  restart".into()));
    assert_eq!(driver.press(Action::Tab).app.prompt().text(), "restart");
}

#[test]
fn the_suggestion_is_there_as_one_types() {
    let driver = Driver::started(80, 24).type_text("rel");
    assert_eq!(driver.app.prompt().ghost(), "oad");
    assert_eq!(driver.press(Action::Edit(Edit::Right)).app.prompt().text(), "reload");
}

#[test]
fn scrolling_up_holds_and_counts_what_comes() {
    let driver = many(50).press(Action::Move(Move::PageUp));
    let driver = driver.requests((0..12).map(|_| exchange("GET", "/new", 200)));
    assert!(driver.screen().contains("↓ 12 new"), "{}", driver.screen());
    let driver = driver.tap(Target::Newest);
    assert_eq!(driver.app.tail, Tail::Following);
    assert!(driver.screen().contains("/new"));
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let driver = many(50);
    let (x, y) = driver.app.map().find(Target::Pane(Pane::Log)).unwrap();
    let driver = driver.press(Action::Wheel { x, y, down: false });
    assert!(matches!(driver.app.tail, Tail::Held { .. }));
    assert_eq!(driver.press(Action::Wheel { x, y, down: true }).app.tail, Tail::Following);
}

#[test]
fn a_tap_on_a_row_shows_it_in_full_and_a_second_one_closes() {
    let row = Target::Subject(Subject::Row(49));
    let driver = many(50).tap(row);
    assert!(driver.screen().contains("Mozilla/5.0 (iPad"), "{}", driver.screen());
    assert_eq!(driver.app.over(), &Over::Details(Subject::Row(49)));
    assert_eq!(driver.tap(row).app.over(), &Over::Nothing);
}

#[test]
fn enter_opens_the_selected_row_and_arrows_go_on() {
    let driver = many(50).press(Action::Tab).press(Action::Enter);
    assert_eq!(driver.app.over(), &Over::Details(Subject::Row(49)));
    let driver = driver.press(Action::Move(Move::Up));
    assert_eq!(driver.app.over(), &Over::Details(Subject::Row(48)));
}

#[test]
fn details_of_a_row_that_is_gone_say_so() {
    let driver = many(3).tap(Target::Subject(Subject::Row(1))).run("clear");
    assert_eq!(said(&driver), (true, "cleared"));
    let mut driver = driver;
    driver.app.over = Over::Details(Subject::Row(1));
    assert!(driver.wait(0).screen().contains("made room"));
}

#[test]
fn a_filter_narrows_and_says_what_errors_it_hides() {
    let driver = many(30).busy().run("filter 304");
    let screen = driver.screen();
    assert!(screen.contains("/app.css") && !screen.contains("/index.html"), "{screen}");
    assert!(!screen.contains("unknown filter") && screen.contains("filter 304"), "{screen}");
    assert!(screen.contains("1 error hidden"), "{screen}");
    let driver = driver.tap(Target::Unfilter);
    assert!(driver.screen().contains("/index.html"));
}

#[test]
fn views_are_the_screens_own() {
    let driver = Driver::started(45, 20).arriving().run("uploads");
    assert_eq!(
        (driver.app.pane, said(&driver)),
        (Pane::Uploads, (true, "1 arrived, 4.0 MB, 1 failed; 1 under way, 2.8 of 4.0 MB, 2.8 MB/s, 00:01 left"))
    );
    let driver = driver.run("routes");
    assert_eq!(driver.app.pane, Pane::Routes);
    assert!(driver.effects.iter().all(|effect| *effect == Effect::Bell));
}

#[test]
fn the_code_needs_an_address_that_others_can_reach() {
    let driver = Driver::started(80, 24).tap(Target::Address);
    assert_eq!(driver.app.over(), &Over::Qr);
    let driver = driver.hear([Event::Listening(["http://127.0.0.1:8000".to_owned()].into())]).run("qr");
    assert_eq!((driver.app.over(), said(&driver).0), (&Over::Nothing, false));
    assert!(said(&driver).1.contains("bind lan first"));
}

#[test]
fn a_file_that_has_arrived_rings_where_that_is_wished() {
    let done = || UploadState::Done { path: "x".into(), duplicate: false };
    let driver = Driver::started(80, 24).hear([upload(1, "a", 1, UploadState::Arriving)]);
    assert!(driver.effects.is_empty());
    assert_eq!(driver.hear([upload(1, "a", 1, done()), upload(2, "b", 1, done())]).effects, [Effect::Bell]);
    assert!(Driver::new(80, 24).hear([upload(1, "a", 1, done())]).effects.is_empty());
}

#[test]
fn escape_goes_back_step_by_step() {
    let driver = many(50).press(Action::Tab).press(Action::Enter).type_text("x");
    let driver = driver.press(Action::Escape);
    assert_eq!(driver.app.over(), &Over::Nothing);
    let driver = driver.press(Action::Escape);
    assert!(driver.app.prompt().is_empty());
    let driver = driver.press(Action::Escape);
    assert_eq!((driver.app.selected, driver.app.tail), (None, Tail::Following));
}

#[test]
fn only_so_many_commands_are_under_way_but_stop_always_is() {
    let driver = (0..UNDER_WAY).fold(Driver::started(80, 24), |driver, _| driver.run("reload"));
    let driver = driver.run("reload");
    assert_eq!(driver.ordered().len(), UNDER_WAY);
    assert!(!said(&driver).0);
    assert_eq!(driver.run("stop").ordered().last(), Some(&Command::Stop));
}

#[test]
fn suspend_and_redraw_are_orders_to_the_terminal() {
    let driver = Driver::started(80, 24).press(Action::Suspend).press(Action::Redraw);
    assert_eq!(driver.effects, [Effect::Suspend, Effect::Redraw]);
}
