//! Policies that a page gives itself: `<meta http-equiv=Content-Security-Policy>`.

/// How far to look; a policy belongs into the head.
const LOOK: usize = 64 * 1024;

/// The policies that `page` gives itself, as far as its head goes.
pub(super) fn policies(page: &[u8]) -> Vec<String> {
    let page = page.get(..LOOK).unwrap_or(page);
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = memchr::memchr(b'<', rest) {
        rest = &rest[start..];
        if rest.starts_with(b"<!--") {
            rest = after(rest, b"-->");
        } else if begins(rest, b"<meta") {
            let (attributes, tail) = attributes(&rest[5..]);
            let value = |name: &str| attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value);
            if value("http-equiv").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("content-security-policy")) {
                found.extend(value("content").cloned());
            }
            rest = tail;
        } else if let Some(close) = [&b"</script"[..], b"</style", b"</title", b"</noscript"]
            .into_iter()
            .find(|close| rest[1..].get(..close.len() - 2).is_some_and(|name| name.eq_ignore_ascii_case(&close[2..])))
        {
            rest = after_any_case(rest, close);
        } else if begins(rest, b"<body") || begins(rest, b"</head") {
            break;
        } else {
            rest = &rest[1..];
        }
    }
    found
}

fn begins(text: &[u8], tag: &[u8]) -> bool {
    let ends = text.get(tag.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
    ends && text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag))
}

fn after<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    memchr::memmem::find(text, end).and_then(|at| text.get(at + end.len()..)).unwrap_or_default()
}

fn after_any_case<'a>(text: &'a [u8], end: &[u8]) -> &'a [u8] {
    let at = text.windows(end.len()).position(|window| window.eq_ignore_ascii_case(end));
    at.and_then(|at| text.get(at + end.len()..)).unwrap_or_default()
}

/// The attributes of a tag after its name, names in lower case; and what follows the tag.
fn attributes(mut text: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut found = Vec::new();
    loop {
        text = skip(text, |byte| byte.is_ascii_whitespace() || byte == b'/');
        match text.first() {
            None => return (found, text),
            Some(b'>') => return (found, &text[1..]),
            Some(_) => {}
        }
        // A name may begin with `=`, so at least one byte is taken.
        let (name, tail) = until(text, |byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'='));
        text = skip(tail, |byte| byte.is_ascii_whitespace());
        let mut value: &[u8] = b"";
        if text.first() == Some(&b'=') {
            text = skip(&text[1..], |byte| byte.is_ascii_whitespace());
            match text.first() {
                Some(&quote @ (b'"' | b'\'')) => {
                    let end = memchr::memchr(quote, &text[1..]).map_or(text.len(), |at| at + 1);
                    value = &text[1..end];
                    text = text.get(end + 1..).unwrap_or_default();
                }
                Some(b'>') | None => {}
                Some(_) => (value, text) = until(text, |byte| byte.is_ascii_whitespace() || byte == b'>'),
            }
        }
        let decoded =
            String::from_utf8_lossy(value).replace("&#39;", "'").replace("&apos;", "'").replace("&quot;", "\"");
        found.push((String::from_utf8_lossy(name).to_ascii_lowercase(), decoded));
    }
}

fn skip(text: &[u8], what: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|byte| !what(*byte)).unwrap_or(text.len());
    &text[end..]
}

fn until(text: &[u8], what: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().skip(1).position(|byte| what(*byte)).map_or(text.len(), |at| at + 1);
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        policies(page.as_bytes())
    }

    #[test]
    fn finds_policies_in_the_head() {
        assert_eq!(
            found("<head><META content=\"script-src 'none'\" http-equiv=Content-Security-Policy><p>"),
            ["script-src 'none'"]
        );
        assert_eq!(
            found("<meta http-equiv='content-security-policy' content=\"default-src &#39;self&#39;\"/>"),
            ["default-src 'self'"]
        );
    }

    #[test]
    fn knows_what_is_none() {
        let policy = "<meta http-equiv=Content-Security-Policy content=x>";
        for page in [
            format!("<!-- {policy} -->"),
            format!("<script>'{policy}'</script>"),
            format!("<SCRIPT>'{policy}'</SCRIPT>"),
            format!("<title>{policy}</title>"),
            format!("<body>{policy}"),
            format!("</head>{policy}"),
            "<meta charset=utf-8><metal http-equiv=Content-Security-Policy content=x>".to_owned(),
            "<meta http-equiv=refresh content=x>".to_owned(),
        ] {
            assert!(found(&page).is_empty(), "{page}");
        }
        assert_eq!(found(&format!("<script>1</script>{policy}")), ["x"]);
    }

    #[test]
    fn survives_every_cut() {
        let page =
            "<head><!-- x --><meta = a='b' c=d http-equiv=\"Content-Security-Policy\" content='y' /><style>p</style><";
        for cut in 0..=page.len() {
            let _ = found(&page[..cut]);
        }
        assert_eq!(found(page), ["y"]);
    }
}
