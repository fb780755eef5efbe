//! What `help` says, made from the table. Lines fit a screen of 45 columns.

use super::table::{Spec, find, table};

/// Columns that a line may have.
const WIDTH: usize = 44;
/// Columns of the usage in the list.
const USAGE: usize = 20;

/// All commands, a line each; or one command in detail.
///
/// ```
/// assert!(stan::command::help(None).iter().any(|line| line.starts_with("port N ")));
/// assert_eq!(stan::command::help(Some("quit"))[0], "stop (or quit, exit)");
/// ```
pub fn help(word: Option<&str>) -> Vec<String> {
    match word {
        None => table().iter().map(|spec| format!("{:<USAGE$}{}", spec.usage(), spec.brief)).collect(),
        Some(word) => find(word)
            .map_or_else(|| vec![format!("no command '{}'; help lists them all", crate::text::harmless(word))], detail),
    }
}

fn detail(spec: &Spec) -> Vec<String> {
    let mut first = spec.usage();
    if !spec.aliases.is_empty() {
        first += " (or ";
        first += &spec.aliases.join(", ");
        first.push(')');
    }
    let mut lines = vec![first];
    lines.extend(wrap(spec.more));
    lines.extend(spec.examples.iter().map(|example| format!("  {example}")));
    lines
}

/// `text` in lines of at most [`WIDTH`] columns, broken at spaces. The table is ASCII.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_covers_the_table_and_fits() {
        let lines = help(None);
        assert_eq!(lines.len(), table().len());
        for (line, spec) in lines.iter().zip(table()) {
            assert!(line.starts_with(spec.word) && line.ends_with(spec.brief), "{line}");
            assert!(line.len() <= WIDTH && line.is_ascii(), "{line}: {}", line.len());
            assert!(spec.usage().len() < USAGE, "{line}: no space between");
        }
    }

    #[test]
    fn each_command_in_detail_fits() {
        for spec in table() {
            let lines = help(Some(spec.word));
            assert!(lines[0].starts_with(spec.word));
            assert!(lines.len() >= 2);
            assert!(lines.iter().all(|line| line.len() <= WIDTH && line.is_ascii()), "{lines:#?}");
            assert!(spec.examples.iter().all(|e| lines.iter().any(|line| line.trim() == *e)));
        }
    }

    #[test]
    fn one_command() {
        insta::assert_snapshot!(help(Some("PORT")).join("\n"), @r"
        port N
        Binds the new port first, then moves; old
        connections drain. 0 is any free port. When
        it fails, nothing changes and it says why.
          port 8080
          port 0
        ");
    }

    #[test]
    fn a_word_that_is_none() {
        assert_eq!(help(Some("x\x1b")), ["no command 'x\\x1b'; help lists them all"]);
    }
}
