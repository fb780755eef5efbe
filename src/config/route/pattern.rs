//! Patterns of routes: each must be one, and no two may collide.

use std::ops::Range;

use http::Method;
use matchit::{InsertError, Router};

use crate::config::value::Mistake;

/// The patterns so far, each with the line that it came from.
#[derive(Default)]
pub(super) struct Patterns {
    router: Router<()>,
    seen: Vec<Seen>,
}

struct Seen {
    path: String,
    line: usize,
    /// None: those of the target.
    methods: Vec<Method>,
}

impl Patterns {
    /// Adds the pattern that stands at `at`. Two routes may share a path where both name their
    /// methods and none is in both.
    pub(super) fn insert(
        &mut self,
        path: &str,
        methods: &[Method],
        at: Range<usize>,
        line: usize,
    ) -> Result<(), Mistake> {
        let mut same = self.seen.iter().filter(|seen| seen.path == path).peekable();
        let apart = |seen: &Seen| {
            !methods.is_empty() && !seen.methods.is_empty() && seen.methods.iter().all(|m| !methods.contains(m))
        };
        let shared = same.peek().is_some() && same.all(apart);
        let result = if shared { Ok(()) } else { self.router.insert(path, ()) };
        let message = match result {
            Ok(()) => {
                self.seen.push(Seen { path: path.to_owned(), line, methods: methods.to_vec() });
                return Ok(());
            }
            Err(InsertError::Conflict { with }) => match self.seen.iter().find(|seen| seen.path == with) {
                Some(seen) => format!("{path} collides with {with}, the route of line {}", seen.line),
                None => format!("{path} collides with {with}"),
            },
            Err(InsertError::InvalidCatchAll) => "expected {*rest} at the end of the path only".to_owned(),
            Err(InsertError::InvalidParamSegment) => "expected one {name} between two slashes".to_owned(),
            Err(_) => "expected {name} or {*rest} with matching braces ({{ and }} are literal ones)".to_owned(),
        };
        Err(Mistake::new(at, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collisions_name_the_other_line() {
        let mut patterns = Patterns::default();
        assert!(patterns.insert("/a/{name}", &[], 0..1, 3).is_ok());
        assert!(patterns.insert("/a/b", &[], 0..1, 5).is_ok());
        let mistake = patterns.insert("/a/{other}", &[], 7..9, 9).unwrap_err();
        assert_eq!(mistake.message, "/a/{other} collides with /a/{name}, the route of line 3");
        assert_eq!(mistake.at, 7..9);
    }

    #[test]
    fn a_path_is_shared_by_methods() {
        let mut patterns = Patterns::default();
        assert!(patterns.insert("/a", &[Method::GET], 0..1, 1).is_ok());
        assert!(patterns.insert("/a", &[Method::POST, Method::PUT], 0..1, 2).is_ok());
        assert!(patterns.insert("/a", &[Method::PUT], 0..1, 3).is_err());
        assert!(patterns.insert("/a", &[], 0..1, 4).is_err());
    }

    #[test]
    fn what_is_no_pattern() {
        for (path, part) in [
            ("/{*rest}/x", "at the end"),
            ("/{a}{b}", "one {name}"),
            ("/{", "matching braces"),
            ("/{}", "matching braces"),
            ("/a}", "matching braces"),
        ] {
            let mistake = Patterns::default().insert(path, &[], 0..1, 1).unwrap_err();
            assert!(mistake.message.contains(part), "{path}: {}", mistake.message);
        }
    }

    #[test]
    fn no_pair_of_odd_patterns_panics() {
        let parts = ["", "é", "è", "{a}", "{b}", "{*r}", "{{", "a{x}", "{x}é", "/"];
        let paths: Vec<_> = parts.iter().flat_map(|a| parts.iter().map(move |b| format!("/{a}/{b}"))).collect();
        for one in &paths {
            let mut patterns = Patterns::default();
            let _ = patterns.insert(one, &[], 0..1, 1);
            for other in &paths {
                let _ = patterns.insert(other, &[], 0..1, 2);
            }
        }
    }
}
