//! Text in lines of so many columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` in lines of at most `columns`, broken at spaces; a word that is longer is broken where
/// it must be, after one of `/ : . ? - & =` if there is one in the latter half of a line.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if line.width() + gap + word.width() <= columns {
            line.push_str(&" "[..gap]);
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        let mut rest = word;
        while rest.width() > columns {
            let (head, tail) = rest.split_at(cut(rest, columns));
            lines.push(head.to_owned());
            rest = tail;
        }
        rest.clone_into(&mut line);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Bytes of the part of a long word that fills a line well.
fn cut(word: &str, columns: usize) -> usize {
    let (mut used, mut end, mut after_mark) = (0, 0, None);
    for (at, c) in word.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        end = at + c.len_utf8();
        if used * 2 > columns && matches!(c, '/' | ':' | '.' | '?' | '-' | '&' | '=') {
            after_mark = Some(end);
        }
    }
    let first = word.chars().next().map_or(word.len(), char::len_utf8);
    after_mark.unwrap_or(end).max(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_spaces_and_within_long_words_where_it_reads_best() {
        assert_eq!(wrap("same Wi-Fi? Guest networks", 12), ["same Wi-Fi?", "Guest", "networks"]);
        assert_eq!(wrap("192.168.1.20:8000/upload", 11), ["192.168.1.", "20:8000/", "upload"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""; 0]);
    }

    #[test]
    fn no_line_is_wider_and_nothing_is_lost() {
        let text = "http://192.168.100.200:18080/upload?k=ABCDEFGHIJKLMNOPQRSTUVWXYZ 写真の写真の写真";
        for columns in 2..60 {
            let lines = wrap(text, columns);
            assert!(lines.iter().all(|line| line.width() <= columns), "{columns} {lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
