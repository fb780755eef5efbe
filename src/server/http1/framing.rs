//! How long a request's body is (RFC 9112, section 6.3).

use http::{StatusCode, Version};

use super::head::{Head, Refusal};

/// The length of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many bytes; 0 where there is no body.
    Known(u64),
    /// It says itself where it ends (section 7.1).
    Chunked,
}

/// The length of the body that follows this head. Whatever two readers could understand
/// differently is refused (section 11.2).
pub fn length(head: &Head<'_, '_>) -> Result<Length, Refusal> {
    let mut coding = None;
    let mut known = None;
    for (name, value) in head.fields() {
        if name.eq_ignore_ascii_case("content-length") {
            if known.replace(number(value)?).is_some() {
                return Err(Refusal::bad("a request has one Content-Length at most"));
            }
        } else if name.eq_ignore_ascii_case("transfer-encoding") && coding.replace(value).is_some() {
            return Err(Refusal::bad("a request has one Transfer-Encoding at most"));
        }
    }
    match (coding, known) {
        (None, known) => Ok(Length::Known(known.unwrap_or(0))),
        (Some(_), Some(_)) => Err(Refusal::bad("a request has a Content-Length or a Transfer-Encoding, not both")),
        (Some(_), None) if head.version == Version::HTTP_10 => Err(Refusal::bad("HTTP/1.0 knows no Transfer-Encoding")),
        (Some(coding), None) if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(Length::Chunked),
        (Some(coding), None) => Err(strange(coding)),
    }
}

/// What to say to a coding other than chunked: 501 where one could exist, 400 where the length
/// could not be known in any case (section 6.3, case 4).
fn strange(coding: &[u8]) -> Refusal {
    let last = coding.rsplit(|b| *b == b',').next().unwrap_or_default().trim_ascii();
    let before = coding.split(|b| *b == b',').rev().skip(1).map(<[u8]>::trim_ascii);
    if last.eq_ignore_ascii_case(b"chunked")
        && before.clone().all(|word| !word.is_empty() && !word.eq_ignore_ascii_case(b"chunked"))
    {
        return Refusal::new(StatusCode::NOT_IMPLEMENTED, "the only transfer coding taken is chunked");
    }
    Refusal::bad("the last transfer coding of a request must be chunked, once")
}

/// A Content-Length: digits only (RFC 9110, section 8.6).
fn number(value: &[u8]) -> Result<u64, Refusal> {
    let value = value.trim_ascii();
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::bad("Content-Length must be one number of bytes"));
    }
    std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()).ok_or(Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "no server can take as many bytes as the Content-Length says",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::head::{parse, room};
    use super::*;

    fn of(version: &str, fields: &str) -> Result<Length, u16> {
        let input = format!("POST / HTTP/{version}\r\n{fields}\r\n");
        let mut room = room();
        length(&parse(input.as_bytes(), &mut room).unwrap()).map_err(|refusal| refusal.status.as_u16())
    }

    #[test]
    fn lengths() {
        assert_eq!(of("1.1", ""), Ok(Length::Known(0)));
        assert_eq!(of("1.1", "Content-Length: 5\r\n"), Ok(Length::Known(5)));
        assert_eq!(of("1.0", "content-length: 005 \r\n"), Ok(Length::Known(5)));
        assert_eq!(of("1.1", "Transfer-Encoding: Chunked\r\n"), Ok(Length::Chunked));
    }

    #[test]
    fn refused() {
        for value in ["+5", "-1", "5, 5", "5 5", "0x5", "", "5;", "５"] {
            assert_eq!(of("1.1", &format!("Content-Length: {value}\r\n")), Err(400), "{value:?}");
        }
        assert_eq!(of("1.1", &format!("Content-Length: {}\r\n", "9".repeat(30))), Err(413));
        assert_eq!(of("1.1", "Content-Length: 5\r\nContent-Length: 5\r\n"), Err(400));
        assert_eq!(of("1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), Err(400));
        assert_eq!(of("1.0", "Transfer-Encoding: chunked\r\n"), Err(400));
        for (coding, status) in [
            ("gzip, chunked", 501),
            ("chunked, chunked", 400),
            ("chunked, identity", 400),
            ("identity", 400),
            ("xchunked", 400),
            ("gzip", 400),
            (", chunked", 400),
            ("\u{b}chunked", 400),
        ] {
            let fields = format!("Transfer-Encoding: {coding}\r\n");
            let input = format!("POST / HTTP/1.1\r\n{fields}\r\n");
            let mut room = room();
            let got = parse(input.as_bytes(), &mut room).and_then(|head| length(&head));
            assert_eq!(got.map_err(|refusal| refusal.status.as_u16()), Err(status), "{coding:?}");
        }
        assert_eq!(of("1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), Err(400));
    }
}
