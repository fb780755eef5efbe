//! No file imports from a floor above its own. The floors are the table in `src/lib.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use super::{read, sources};

/// The rooms of a table row: what stands in [`brackets`].
fn rooms(cell: &str) -> impl Iterator<Item = String> {
    cell.split("[`").skip(1).filter_map(|rest| rest.split_once("`]").map(|(room, _)| room.to_owned()))
}

/// Room to floor.
fn floors() -> BTreeMap<String, u32> {
    let mut floors = BTreeMap::new();
    for line in read("src/lib.rs").lines() {
        let Some(row) = line.strip_prefix("//! |") else { continue };
        let mut cells = row.split('|').map(str::trim);
        let (Some(Ok(floor)), Some(named)) = (cells.next().map(str::parse), cells.next()) else { continue };
        for room in rooms(named) {
            assert!(floors.insert(room.clone(), floor).is_none(), "{room} is on two floors");
        }
    }
    assert!(floors.len() > 3, "no table of floors in src/lib.rs");
    floors
}

/// The text without comments and without what is only there for tests.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut in_tests = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if in_tests {
            // rustfmt puts the closing brace of a module at the margin.
            in_tests = line != "}";
        } else if line.trim() == "#[cfg(test)]" {
            in_tests = lines.next().is_some_and(|next| next.ends_with('{'));
        } else if !line.trim_start().starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// The rooms that a path such as `crate::a::b` or `crate::{a, b::{c, d}}` leads into.
fn targets(after: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = after.strip_prefix('{') else { return vec![word(after)] };
    let mut depth = 0;
    let mut found = Vec::new();
    let mut start = true;
    for (place, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && depth == 0 && !c.is_whitespace() => {
                found.push(word(&group[place..]));
                start = false;
            }
            _ => {}
        }
    }
    found
}

/// Every room that the code in `path` names, by `crate::` or by as many `super::` as lead there.
fn imports(path: &Path, code: &str) -> Vec<String> {
    let climb = "super::".repeat(path.components().count());
    let mut found = Vec::new();
    for root in ["crate::", climb.as_str()] {
        for (place, _) in code.match_indices(root) {
            let before = code[..place].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                found.extend(targets(&code[place + root.len()..]));
            }
        }
    }
    found
}

#[test]
fn no_file_imports_from_above() {
    let floors = floors();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let room = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
        if room == "main" || room == "lib" {
            continue;
        }
        let Some(floor) = floors.get(&room) else {
            wrong.push(format!("{}: {room} is not on the map in src/lib.rs", path.display()));
            continue;
        };
        for target in imports(&path, &code(&text)) {
            match floors.get(&target) {
                Some(above) if above > floor => {
                    wrong.push(format!("{} imports {target}, which is above", path.display()));
                }
                Some(_) => {}
                None => wrong.push(format!("{} imports {target}, which is not on the map", path.display())),
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_on_the_map_is_there() {
    let sources = sources();
    for room in floors().keys() {
        let there = sources.iter().any(|(path, _)| path == Path::new(&format!("{room}.rs")));
        assert!(there, "{room} is on the map and not in src/");
    }
}

#[test]
fn paths_are_read_right() {
    let code = code(
        "use crate::event::Event;\n// crate::comment\nuse crate::{a, b::{c, d}, e as f};\nlet x = super::super::g::h();\n\
         macro crate_name $crate::no; sub::crate::no\n#[cfg(test)]\nmod tests {\n    use crate::hidden;\n}\nfn z() { crate::i() }\n",
    );
    let mut found = imports(Path::new("server/live.rs"), &code);
    found.sort();
    assert_eq!(found, ["a", "b", "e", "event", "g", "i"]);
}
