//! A command line in words, as POSIX says that a shell reads it (XCU 2.2, quoting). What only a shell
//! can do (variables, pipes, patterns, its own commands) is left to one.

/// What a shell does itself.
const BUILT_IN: &[&str] = &[
    ".", ":", "!", "[", "alias", "case", "cd", "command", "eval", "exec", "exit", "export", "for", "if", "read", "set",
    "shift", "source", "test", "time", "trap", "type", "ulimit", "umask", "unset", "until", "wait", "while",
];

/// The words of `command`; `None` where it needs a shell.
pub(super) fn split(command: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = command.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '\'' => break,
                        quoted => word.push(quoted),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '$' | '`' => return None,
                        '\\' if rest.peek().is_some_and(|next| matches!(next, '"' | '\\')) => word.extend(rest.next()),
                        '\\' if rest.peek().is_some_and(|next| matches!(next, '$' | '`' | '\n')) => return None,
                        quoted => word.push(quoted),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(rest.next().filter(|next| *next != '\n')?),
            '$' | '`' | '|' | '&' | ';' | '<' | '>' | '(' | ')' | '*' | '?' | '[' | '{' | '\n' => return None,
            '#' | '~' if word.is_none() => return None,
            '=' if words.is_empty() => return None,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    let first = words.first()?;
    (!first.is_empty() && !BUILT_IN.contains(&first.as_str())).then_some(words)
}

/// Whether every quote of `command` has its other end.
pub(crate) fn is_closed(command: &str) -> bool {
    let mut quote = None;
    let mut rest = command.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some('\''), '\\') => {}
            (_, '\\') if rest.next().is_none() => return false,
            (None, '\'' | '"') => quote = Some(c),
            // A comment, or a text that a shell is given line by line, may say what it likes.
            (None, '#' | '<') => return true,
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    quote.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_quotes() {
        for (command, words) in [
            ("npm run dev", &["npm", "run", "dev"][..]),
            ("  a\t b  ", &["a", "b"]),
            ("a 'b c' \"d 'e'\" f\\ g", &["a", "b c", "d 'e'", "f g"]),
            ("a ''", &["a", ""]),
            ("a\"b\"'c'd", &["abcd"]),
            ("a '$HOME *' --x=y~#", &["a", "$HOME *", "--x=y~#"]),
            (r#"a "\"\\ \n""#, &["a", r#""\ \n"#]),
        ] {
            assert_eq!(split(command).unwrap(), words, "{command}");
        }
    }

    #[test]
    fn what_needs_a_shell() {
        for command in [
            "a $PORT",
            "a \"$PORT\"",
            "a && b",
            "a | b",
            "a > b",
            "A=1 b",
            "a *.js",
            "a {b,c}",
            "a # b",
            "~/a",
            "a `b`",
            "cd a",
            "exec a",
            "",
            "'' a",
            "a 'b",
            "a \\",
        ] {
            assert_eq!(split(command), None, "{command}");
        }
    }

    #[test]
    fn quotes_have_two_ends() {
        for good in ["a", "'a'", "\"it's\"", "'say \"'", "a \\' b", "a # it's", "cat <<x it's", "'\\'"] {
            assert!(is_closed(good), "{good}");
        }
        for bad in ["'a", "\"a", "it's", "a \\", "\"a\\\""] {
            assert!(!is_closed(bad), "{bad}");
        }
    }
}
