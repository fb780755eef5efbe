//! The tables of README.md against the tables of the code, both ways.
//!
//! A section is what follows a heading with exactly that text, up to the next heading of its
//! level or above. In its tables the first cell names things as `code`.

use std::collections::BTreeSet;

use super::read;

/// The rows of all tables in the section `heading`, without head and rule; each a list of cells.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let readme = read("README.md");
    let mut inside = None;
    let mut rows = Vec::new();
    for line in readme.lines() {
        let level = line.chars().take_while(|c| *c == '#').count();
        if level > 0 && line[level..].starts_with(' ') {
            let title = line[level..].trim().trim_matches('`');
            inside = if title == heading { Some(level) } else { inside.filter(|outer| level > *outer) };
        } else if inside.is_some()
            && let Some(row) = line.strip_prefix('|')
        {
            // A bar within a cell is written \|.
            let row = row.trim_end().trim_end_matches('|').replace("\\|", "\u{1}");
            rows.push(row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect::<Vec<_>>());
        }
    }
    rows.retain(|row| row[0].contains('`'));
    assert!(!rows.is_empty(), "README.md has no table under a heading {heading:?}");
    rows
}

/// What a cell has as `code`.
fn spans(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The first words of what the first cells of a section have as `code`.
fn words(heading: &str) -> BTreeSet<String> {
    let first = |span: &String| span.split([' ', '=']).next().unwrap_or_default().to_owned();
    rows(heading).iter().flat_map(|row| spans(&row[0])).map(|span| first(&span)).collect()
}

fn same(heading: &str, said: &BTreeSet<String>, known: &BTreeSet<String>) {
    let missing: Vec<_> = known.difference(said).collect();
    let invented: Vec<_> = said.difference(known).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "{heading}: README.md lacks {missing:?} and invents {invented:?}"
    );
}

#[test]
fn commands() {
    let known = stan::command::table().iter().flat_map(stan::command::Spec::words).filter(|word| *word != "?");
    same("Commands", &words("Commands"), &known.map(str::to_owned).collect());
}

#[test]
fn commands_are_written_as_they_are_typed() {
    let spans: BTreeSet<_> = rows("Commands").iter().flat_map(|row| spans(&row[0])).collect();
    for spec in stan::command::table() {
        assert!(spans.contains(&spec.usage()), "README.md does not say `{}`", spec.usage());
    }
}

#[test]
fn options() {
    let mut known = BTreeSet::new();
    let mut command = stan::cli::command();
    command.build();
    for option in command.get_arguments().filter(|argument| !argument.is_positional()) {
        known.extend(option.get_short().map(|short| format!("-{short}")));
        known.extend(option.get_long().map(|long| format!("--{long}")));
        known.extend(option.get_visible_aliases().into_iter().flatten().map(|alias| format!("--{alias}")));
    }
    let said = words("Options").into_iter().map(|word| word.trim_end_matches(',').to_owned()).collect();
    same("Options", &said, &known);
}

#[test]
fn settings() {
    let known = stan::config::reference().iter().map(|doc| doc.key.to_owned()).collect();
    same("stan.conf", &words("stan.conf"), &known);
}

#[test]
fn defaults_of_settings() {
    let rows = rows("stan.conf");
    for doc in stan::config::reference() {
        let Some(row) = rows.iter().find(|row| spans(&row[0]).iter().any(|span| span == doc.key)) else { continue };
        let said = row.get(1).map(|cell| spans(cell).join("")).unwrap_or_default();
        assert_eq!(said, doc.default, "the default of {}", doc.key);
    }
}
