use super::*;

fn typed(text: &str) -> Prompt {
    let mut prompt = Prompt::default();
    prompt.insert(text);
    prompt
}

fn edited(text: &str, edits: &[Edit]) -> Prompt {
    let mut prompt = typed(text);
    for edit in edits {
        prompt.edit(*edit);
    }
    prompt
}

fn with_history(lines: &[&str]) -> Prompt {
    let mut prompt = Prompt::default();
    for line in lines {
        prompt.set(line);
        prompt.take();
    }
    prompt
}

fn candidates(_: &str) -> Vec<String> {
    ["reload", "restart", "routes"].map(String::from).into()
}

#[test]
fn letters_go_in_at_the_cursor() {
    let mut prompt = edited("prt", &[Edit::Left, Edit::Left]);
    prompt.insert("o");
    assert_eq!((prompt.text(), prompt.column()), ("port", 2));
}

#[test]
fn wide_and_combined_characters_are_one_step() {
    let prompt = edited("写真", &[Edit::Left]);
    assert_eq!(prompt.column(), 2);
    assert_eq!(edited("ae\u{301}", &[Edit::Backspace]).text(), "a");
    assert_eq!(edited("e\u{301}a", &[Edit::Start, Edit::Delete]).text(), "a");
    assert_eq!(edited("e\u{301}a", &[Edit::Start, Edit::Right]).column(), 1);
}

#[test]
fn edges_do_no_harm() {
    for edit in [Edit::Left, Edit::Right, Edit::Backspace, Edit::Delete, Edit::KillWord, Edit::KillToEnd] {
        let mut prompt = Prompt::default();
        assert!(!prompt.edit(edit));
        assert!(prompt.is_empty());
    }
}

#[test]
fn words_and_halves_are_removed() {
    assert_eq!(edited("set upload.exists  refuse ", &[Edit::KillWord]).text(), "set upload.exists  ");
    assert_eq!(edited("写 真", &[Edit::KillWord]).text(), "写 ");
    assert_eq!(edited("port 80", &[Edit::KillToStart]).text(), "");
    assert_eq!(edited("port 80", &[Edit::Left, Edit::Left, Edit::KillToEnd]).text(), "port ");
}

#[test]
fn what_is_pasted_stays_one_harmless_line_of_bounded_length() {
    assert_eq!(typed("a\nb\u{202e}\x1b[2Jc").text(), "a b[2Jc");
    assert_eq!(typed(&"写".repeat(5000)).text().len(), LONGEST / 3 * 3);
}

#[test]
fn history_goes_back_and_forth_and_keeps_what_was_typed() {
    let mut prompt = with_history(&["reload", "port 1"]);
    prompt.insert("dra");
    let mut seen = Vec::new();
    for older in [true, true, true, false, false, false] {
        if older {
            prompt.older();
        } else {
            prompt.newer();
        }
        seen.push(prompt.text().to_owned());
    }
    assert_eq!(seen, ["port 1", "reload", "reload", "port 1", "dra", "dra"]);
}

#[test]
fn history_is_bounded_and_repeats_nothing() {
    let lines: Vec<String> = (0..500).map(|i| i.to_string()).collect();
    let prompt = with_history(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(prompt.history.len(), REMEMBERED);
    assert_eq!(with_history(&["a", "a", " "]).history, ["a"]);
}

#[test]
fn an_empty_history_changes_nothing() {
    let mut prompt = typed("x");
    prompt.older();
    prompt.newer();
    assert_eq!(prompt.text(), "x");
}

#[test]
fn tab_goes_round_and_back() {
    let mut prompt = typed("r");
    let mut seen = Vec::new();
    for back in [false, false, false, false, true] {
        assert!(prompt.complete(back, candidates).is_some());
        seen.push(prompt.text().to_owned());
    }
    assert_eq!(seen, ["reload", "restart", "routes", "reload", "routes"]);
}

#[test]
fn one_candidate_is_taken_and_none_changes_nothing() {
    let mut prompt = typed("rel");
    assert_eq!(prompt.complete(false, |_| vec!["reload".into()]), None);
    assert_eq!(prompt.text(), "reload");
    assert_eq!(prompt.complete(false, |_| Vec::new()), None);
    assert_eq!(prompt.text(), "reload");
}

#[test]
fn the_suggestion_follows_the_text_and_right_takes_it() {
    let mut prompt = typed("re");
    prompt.suggest(&candidates(""));
    assert_eq!(prompt.ghost(), "load");
    assert!(prompt.edit(Edit::Right));
    assert_eq!((prompt.text(), prompt.ghost()), ("reload", ""));
    prompt.edit(Edit::Left);
    prompt.suggest(&["reloaded".into()]);
    assert_eq!(prompt.ghost(), "");
}

#[test]
fn a_tap_puts_the_cursor_under_the_finger() {
    let mut prompt = typed("写真ab");
    for (column, expected) in [(0, 0), (1, 0), (2, 2), (4, 4), (5, 5), (99, 6)] {
        prompt.point(column);
        assert_eq!(prompt.column(), expected, "{column}");
    }
}
