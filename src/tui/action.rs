//! What the user means: the one vocabulary between keys or taps and [`super::app::App::update`].

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// What the user means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A letter for the prompt.
    Type(char),
    /// Text for the prompt, all at once.
    Paste(String),
    /// A change to the prompt's line.
    Edit(Edit),
    /// Up or down by rows or pages, in whatever is looked at.
    Move(Move),
    /// Complete the word, or go to the next list.
    Tab,
    /// The same backwards.
    BackTab,
    /// Run the line, or open the row.
    Enter,
    /// Close, clear, go back.
    Escape,
    /// Stop, after asking.
    Interrupt,
    /// To the background.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// A tap or click on a cell.
    Tap {
        /// Column from 0.
        x: u16,
        /// Row from 0.
        y: u16,
    },
    /// The wheel or two fingers over a cell.
    Wheel {
        /// Column from 0.
        x: u16,
        /// Row from 0.
        y: u16,
        /// Towards the newest.
        down: bool,
    },
}

/// A change to the prompt's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The cursor one to the left.
    Left,
    /// The cursor one to the right, or the suggestion taken.
    Right,
    /// Remove what is before the cursor.
    Backspace,
    /// Remove what is under the cursor.
    Delete,
    /// Remove the word before the cursor.
    KillWord,
    /// Remove all before the cursor.
    KillToStart,
    /// Remove all from the cursor on.
    KillToEnd,
    /// The cursor to the start.
    Start,
    /// The cursor to the end.
    End,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// One up; an older line on the prompt.
    Up,
    /// One down; a newer line on the prompt.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the top; to the line's start where there is one.
    Home,
    /// To the end.
    End,
}

/// The keys, as help tells them.
pub const KEYS: &[(&str, &str)] = &[
    ("Tab", "complete; on an empty line: next list"),
    ("Up Down", "earlier lines; in a list: rows"),
    ("PgUp PgDn", "scroll"),
    ("Home End", "line; on an empty one: the list"),
    ("Enter", "run; in a list: details"),
    ("Esc", "close, clear, back to the newest"),
    ("Ctrl-C", "stop (asks once)"),
    ("Ctrl-Z", "to the background; fg brings it back"),
    ("Ctrl-L", "draw anew"),
    ("tap", "words, tabs, rows; the address: QR code"),
];

/// What an input event means; `None` when nothing.
pub fn action(event: Event) -> Option<Action> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key_action(key),
        Event::Mouse(mouse) => mouse_action(mouse),
        Event::Paste(text) => Some(Action::Paste(text)),
        _ => None,
    }
}

fn key_action(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) && !key.modifiers.contains(KeyModifiers::ALT) {
        return control_action(key.code);
    }
    Some(match key.code {
        KeyCode::Char(c) => Action::Type(c),
        KeyCode::Enter => Action::Enter,
        KeyCode::Esc => Action::Escape,
        KeyCode::Tab => Action::Tab,
        KeyCode::BackTab => Action::BackTab,
        KeyCode::Backspace => Action::Edit(Edit::Backspace),
        KeyCode::Delete => Action::Edit(Edit::Delete),
        KeyCode::Left => Action::Edit(Edit::Left),
        KeyCode::Right => Action::Edit(Edit::Right),
        KeyCode::Up => Action::Move(Move::Up),
        KeyCode::Down => Action::Move(Move::Down),
        KeyCode::PageUp => Action::Move(Move::PageUp),
        KeyCode::PageDown => Action::Move(Move::PageDown),
        KeyCode::Home => Action::Move(Move::Home),
        KeyCode::End => Action::Move(Move::End),
        _ => return None,
    })
}

fn control_action(code: KeyCode) -> Option<Action> {
    let KeyCode::Char(c) = code else { return None };
    Some(match c.to_ascii_lowercase() {
        'a' => Action::Edit(Edit::Start),
        'b' => Action::Edit(Edit::Left),
        'c' => Action::Interrupt,
        'd' => Action::Edit(Edit::Delete),
        'e' => Action::Edit(Edit::End),
        'f' => Action::Edit(Edit::Right),
        'h' => Action::Edit(Edit::Backspace),
        'j' | 'm' => Action::Enter,
        'k' => Action::Edit(Edit::KillToEnd),
        'l' => Action::Redraw,
        'n' => Action::Move(Move::Down),
        'p' => Action::Move(Move::Up),
        'u' => Action::Edit(Edit::KillToStart),
        'w' => Action::Edit(Edit::KillWord),
        'z' => Action::Suspend,
        _ => return None,
    })
}

fn mouse_action(mouse: MouseEvent) -> Option<Action> {
    let (x, y) = (mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Action::Tap { x, y }),
        MouseEventKind::ScrollDown => Some(Action::Wheel { x, y, down: true }),
        MouseEventKind::ScrollUp => Some(Action::Wheel { x, y, down: false }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> Option<Action> {
        action(Event::Key(KeyEvent::new(code, modifiers)))
    }

    #[test]
    fn every_letter_goes_to_the_prompt() {
        for c in "qjk:/? ä写".chars() {
            assert_eq!(press(KeyCode::Char(c), KeyModifiers::NONE), Some(Action::Type(c)));
        }
        assert_eq!(press(KeyCode::Char('Q'), KeyModifiers::SHIFT), Some(Action::Type('Q')));
        let alt_gr = KeyModifiers::CONTROL | KeyModifiers::ALT;
        assert_eq!(press(KeyCode::Char('@'), alt_gr), Some(Action::Type('@')));
    }

    #[test]
    fn a_key_let_go_means_nothing() {
        let key = KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(action(Event::Key(key)), None);
    }

    #[test]
    fn control_keys_have_their_usual_meanings() {
        let control = |c| press(KeyCode::Char(c), KeyModifiers::CONTROL);
        assert_eq!(control('c'), Some(Action::Interrupt));
        assert_eq!(control('w'), Some(Action::Edit(Edit::KillWord)));
        assert_eq!(control('q'), None);
    }

    #[test]
    fn a_drag_is_not_a_tap() {
        let mouse = |kind| action(Event::Mouse(MouseEvent { kind, column: 3, row: 4, modifiers: KeyModifiers::NONE }));
        assert_eq!(mouse(MouseEventKind::Down(MouseButton::Left)), Some(Action::Tap { x: 3, y: 4 }));
        assert_eq!(mouse(MouseEventKind::Drag(MouseButton::Left)), None);
        assert_eq!(mouse(MouseEventKind::ScrollUp), Some(Action::Wheel { x: 3, y: 4, down: false }));
    }
}
