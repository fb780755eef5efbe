//! What a template is made of: all that it extends, includes and imports, as far as the source
//! tells without rendering it.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Sources;

/// For each template the names that it needs, itself among them; `None` where a name is
/// computed as it is rendered.
pub(super) fn of_all(names: &[String], sources: &Sources) -> BTreeMap<String, Option<BTreeSet<String>>> {
    let mut direct = BTreeMap::new();
    for name in names {
        direct
            .insert(name.as_str(), sources.text(name).map_or_else(|| Some(BTreeSet::new()), |text| references(&text)));
    }
    names.iter().map(|name| (name.clone(), closure(name, &direct))).collect()
}

fn closure(name: &str, direct: &BTreeMap<&str, Option<BTreeSet<String>>>) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::from([name.to_owned()]);
    let mut open = vec![name.to_owned()];
    while let Some(next) = open.pop() {
        // A name without a template is kept too: it may yet be made.
        let Some(references) = direct.get(next.as_str()) else { continue };
        for reference in references.as_ref()? {
            if all.insert(reference.clone()) {
                open.push(reference.clone());
            }
        }
    }
    Some(all)
}

/// The names that a source refers to; `None` when one is not literal.
fn references(source: &str) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let mut rest = source;
    let mut raw = false;
    while let Some(at) = memchr::memchr(b'{', rest.as_bytes()) {
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix('#').filter(|_| !raw) {
            rest = comment.split_once("#}").map_or("", |(_, rest)| rest);
        } else if let Some(tag) = rest.strip_prefix('%') {
            let Some((tag, after)) = tag.split_once("%}") else { break };
            rest = after;
            let tag = tag.trim_start_matches(['-', '+']).trim_start();
            let (word, arguments) = tag.split_once(|c: char| !c.is_alphanumeric()).unwrap_or((tag, ""));
            match word {
                "raw" => raw = true,
                "endraw" => raw = false,
                "extends" | "include" | "import" | "from" if !raw => names.extend(literals(arguments, tag)?),
                _ => {}
            }
        }
    }
    Some(names)
}

/// The string literals of a tag up to its first word that ends the names; `None` when anything
/// but literals and punctuation comes before that. `tag` restores the quote that the split took.
fn literals(arguments: &str, tag: &str) -> Option<Vec<String>> {
    let start = tag.len() - arguments.len();
    let mut rest = tag.get(start.saturating_sub(1)..)?;
    let mut names = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "[](),-+".contains(c));
        let Some(first) = rest.chars().next() else { break };
        if first == '"' || first == '\'' {
            let (name, after) = rest.get(1..)?.split_once(first)?;
            names.push(name.to_owned());
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        match rest.get(..end)? {
            "as" | "import" | "ignore" | "with" | "without" => break,
            // Of a choice between literals, each may be needed.
            "if" if !names.is_empty() => rest = rest.split_once("else").map_or("", |(_, rest)| rest),
            _ => return None,
        }
    }
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Option<Vec<String>> {
        references(source).map(|names| names.into_iter().collect())
    }

    #[test]
    fn literal_names_are_found() {
        for (source, names) in [
            ("<p>{{ x }}</p>{", vec![]),
            ("{% extends 'base.html' %}", vec!["base.html"]),
            ("{%- include \"a.html\" -%}{%+ include 'b.html' ignore missing %}", vec!["a.html", "b.html"]),
            ("{% include ['a.html', 'b.html'] %}", vec!["a.html", "b.html"]),
            ("{% include'a.html' %}", vec!["a.html"]),
            ("{% import 'm.html' as m %}{% from 'n.html' import x, y as z %}", vec!["m.html", "n.html"]),
            ("{% include 'a.html' if wide else 'b.html' %}", vec!["a.html", "b.html"]),
            ("{# {% include 'no.html' %} #}{% include 'yes.html' %}", vec!["yes.html"]),
            ("{% raw %}{% include 'no.html' %}{# {% endraw %}{% include 'yes.html' %}", vec!["yes.html"]),
            ("{% if x %}{% include 'a.html' %}{% endif %}", vec!["a.html"]),
            ("{% included %}{% block include %}", vec![]),
        ] {
            assert_eq!(of(source), Some(names.into_iter().map(String::from).collect()), "{source}");
        }
    }

    #[test]
    fn computed_names_are_not() {
        for source in [
            "{% include name %}",
            "{% extends layout or 'base.html' %}",
            "{% include 'a' ~ x %}",
            "{% include 'a.html' if x else other %}",
            "{% import x as y %}",
            "{% include %}",
        ] {
            assert_eq!(of(source), None, "{source}");
        }
    }

    #[test]
    fn the_closure_follows_chains_and_survives_circles() {
        let set = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<BTreeSet<_>>());
        let direct = BTreeMap::from([
            ("a", set(&["b"])),
            ("b", set(&["c", "missing"])),
            ("c", set(&["a"])),
            ("d", None),
            ("e", set(&["d"])),
            ("f", set(&[])),
        ]);
        assert_eq!(closure("a", &direct), set(&["a", "b", "c", "missing"]));
        assert_eq!(closure("e", &direct), None);
        assert_eq!(closure("f", &direct), set(&["f"]));
    }
}
