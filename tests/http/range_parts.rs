//! Several ranges: RFC 9110, sections 14.2, 14.6 and 15.3.7.2.

use std::time::{Duration, Instant};

use crate::common::{Response, noise};
use crate::served::{answered, ask, request, served};

const SIZE: usize = 100_000;

fn content() -> Vec<u8> {
    noise(146, SIZE)
}

fn ranges(set: &str) -> Response {
    let server = served();
    let path = server.site.path("static_file/ranges.bin");
    if !path.exists() {
        // Whole or not at all: another test may be asking for it.
        let new = server.site.path(&format!("{:?}.new", std::thread::current().id()));
        std::fs::write(&new, content()).unwrap();
        std::fs::rename(new, path).unwrap();
    }
    ask(request("GET /ranges.bin HTTP/1.1", &[&format!("Range: bytes={set}")]))
}

/// Reads a multipart/byteranges body to its last byte: the span of each part, its content compared.
#[track_caller]
fn parts(answer: &Response) -> Vec<(usize, usize)> {
    let content = content();
    let kind = answer.value("content-type").to_owned();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap_or_else(|| panic!("{kind}"));
    let boundary = boundary.trim_matches('"');
    assert_eq!(answer.header("content-range"), None, "it is the parts that have one");
    let mut rest = answer.body.as_slice();
    rest = rest.strip_prefix(b"\r\n").unwrap_or(rest);
    let mut spans = Vec::new();
    let opening = format!("--{boundary}\r\n");
    let between = format!("\r\n--{boundary}");
    rest = rest.strip_prefix(opening.as_bytes()).expect("the first boundary");
    loop {
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n").expect("the head of a part");
        let head = std::str::from_utf8(&rest[..end]).unwrap().to_ascii_lowercase();
        rest = &rest[end + 4..];
        let of = |name: &str| head.split("\r\n").find_map(|line| line.strip_prefix(name)).map(str::trim);
        assert!(of("content-type:").is_some(), "{head}");
        let says = of("content-range:").unwrap_or_else(|| panic!("{head}"));
        let span = says.strip_prefix("bytes ").and_then(|says| says.strip_suffix(&format!("/{SIZE}")));
        let (first, last) = span.and_then(|span| span.split_once('-')).unwrap_or_else(|| panic!("{says}"));
        let (first, end) = (first.parse::<usize>().unwrap(), last.parse::<usize>().unwrap() + 1);
        assert!(rest.starts_with(&content[first..end]), "the bytes {says}");
        rest = rest[end - first..].strip_prefix(between.as_bytes()).expect("a boundary behind the bytes");
        spans.push((first, end));
        match rest {
            b"--" | b"--\r\n" => return spans,
            _ => rest = rest.strip_prefix(b"\r\n").expect("a line's end behind the boundary"),
        }
    }
}

#[test]
fn rfc9110_14_6_several_ranges_are_parts() {
    assert_eq!(parts(&ranges("0-9,50-59,99990-").is(206)), [(0, 10), (50, 60), (99_990, 100_000)]);
}

#[test]
fn rfc9110_14_6_a_suffix_is_a_part_too() {
    assert_eq!(parts(&ranges("0-0,-1").is(206)), [(0, 1), (99_999, 100_000)]);
}

#[test]
fn rfc9110_14_1_2_spaces_and_empty_elements_are_allowed() {
    assert_eq!(parts(&ranges("0-9 , , 50-59,").is(206)), [(0, 10), (50, 60)]);
}

#[test]
fn rfc9110_15_3_7_2_the_order_is_that_of_the_request() {
    assert_eq!(parts(&ranges("90-99,50-59,0-9").is(206)), [(90, 100), (50, 60), (0, 10)]);
}

#[test]
fn rfc9110_15_3_7_2_what_cannot_be_had_is_left_out() {
    assert_eq!(parts(&ranges("0-9,200000-,50-59").is(206)), [(0, 10), (50, 60)]);
}

#[test]
fn rfc9110_15_3_7_2_one_that_is_left_is_no_multipart() {
    let answer = ranges("200000-,0-9").is(206);
    assert_eq!(answer.value("content-range"), "bytes 0-9/100000");
    assert!(answer.body == content()[..10]);
}

#[test]
fn rfc9110_15_3_7_2_one_range_is_never_multipart() {
    let answer = ranges("5-9").is(206);
    assert!(!answer.value("content-type").starts_with("multipart/"), "{:?}", answer.headers);
}

#[test]
fn rfc9110_14_2_ranges_that_overlap_are_right_and_not_sent_twice() {
    for set in ["0-99,50-149", "0-99,0-99", "0-,0-,0-", "10-19,0-99", "0-9,10-19", "5-,0-9"] {
        let answer = ranges(set);
        match (answer.status, answer.header("content-range")) {
            (200, None) => assert!(answer.body == content(), "{set}"),
            (206, Some(says)) => {
                let (first, last) =
                    says.strip_prefix("bytes ").unwrap().split_once('/').unwrap().0.split_once('-').unwrap();
                let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
                assert!(answer.body == content()[first..=last], "{set}");
            }
            (206, None) => {
                parts(&answer);
            }
            other => panic!("{other:?} to {set}"),
        }
        assert!(answer.body.len() < SIZE + 10_000, "{set} makes {} bytes", answer.body.len());
    }
}

#[test]
fn rfc9110_14_2_a_thousand_ranges_are_bounded_work() {
    for one in ["0-", "-100000", "0-99999"] {
        let set = vec![one; 1000].join(",");
        let begin = Instant::now();
        let answer = ranges(&set);
        assert!(matches!(answer.status, 200 | 206 | 416), "{}", answer.status);
        assert!(answer.body.len() <= SIZE * 2, "{} bytes for {SIZE}", answer.body.len());
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    }
}

#[test]
fn rfc9110_17_15_a_thousand_small_ranges_are_bounded_work() {
    let set: Vec<_> = (0..1000).map(|n| format!("{}-{}", n * 3, n * 3)).collect();
    let answer = ranges(&set.join(","));
    assert!(matches!(answer.status, 200 | 206 | 416), "{}", answer.status);
    if answer.status == 206 {
        parts(&answer);
    }
    assert!(answer.body.len() <= SIZE * 3, "{} bytes for {SIZE}", answer.body.len());
}

#[test]
fn rfc9110_14_2_several_ranges_are_of_the_identity() {
    let style = served().site.read("static_file/style.css");
    let fields = ["Range: bytes=0-9,20-29", "Accept-Encoding: gzip, br, zstd"];
    let answer = answered(request("GET /style.css HTTP/1.1", &fields), &[206]);
    assert_eq!(answer.header("content-encoding"), None);
    assert!(answer.body.windows(10).any(|window| window == &style[20..30]), "{}", answer.text());
}
