//! The head of a request and what follows it, as they come from a socket.
//!
//! The end of a head is found at the same place in whatever pieces it comes; what is taken has
//! exactly one length, one Host line at most is needed to know whose it is, and no field has a
//! control character in it; a chunked body is the same in whatever pieces it comes.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use stan::server::http1::chunked::{Decoder, Piece};
use stan::server::http1::framing::{Length, length};
use stan::server::http1::head::{LONGEST, MOST, end, parse, room, settle_version};
use stan::server::http1::request::{expects, parts};

fuzz_target!(|data: &[u8]| {
    let Some((step, input)) = data.split_first() else { return };
    let step = usize::from(*step) + 1;
    let whole = end(input, 0);
    let pieces = in_pieces(input, step);
    // One piece may show that it is no head before the next shows more.
    if let (Ok(whole), Ok(pieces)) = (&whole, &pieces) {
        assert_eq!(whole, pieces, "cut every {step}");
    }
    let Ok(Some(length_of_head)) = whole else { return };
    assert!(length_of_head <= LONGEST && length_of_head <= input.len());
    let mut head_bytes = input[..length_of_head].to_vec();
    settle_version(&mut head_bytes);
    let mut fields = room();
    let Ok(head) = parse(&head_bytes, &mut fields) else { return };
    assert!(head.fields().count() <= MOST);
    for (name, value) in head.fields() {
        assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':'), "{name:?}");
        assert!(!value.iter().any(|b| *b < 0x20 && *b != b'\t' || *b == 0x7f), "{value:?}");
    }
    let _ = (head.keeps_alive(), expects(&head), parts(&head, &head_bytes));
    let Ok(length) = length(&head) else { return };
    let codings = head.all("transfer-encoding").count();
    let lengths = head.all("content-length").count();
    assert!(codings + lengths <= 1);
    assert_eq!(length == Length::Chunked, codings == 1);
    if length == Length::Chunked {
        let body = &input[length_of_head..];
        let (at_once, in_steps) = (decoded(body, body.len().max(1)), decoded(body, step));
        if let (Some(at_once), Some(in_steps)) = (at_once, in_steps) {
            assert_eq!(at_once, in_steps, "cut every {step}");
        }
    }
});

/// Where the head ends when it comes in pieces of `step` bytes.
fn in_pieces(input: &[u8], step: usize) -> Result<Option<usize>, stan::server::http1::Refusal> {
    let mut seen = 0;
    while seen < input.len() {
        let come = (seen + step).min(input.len());
        if let Some(found) = end(&input[..come], seen)? {
            return Ok(Some(found));
        }
        seen = come;
    }
    Ok(None)
}

/// The body and what is left after it; `None` where it is broken or has not ended.
fn decoded(body: &[u8], step: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut decoder, mut input, mut out) = (Decoder::default(), BytesMut::new(), Vec::new());
    let mut pieces = body.chunks(step);
    loop {
        match decoder.decode(&mut input).ok()? {
            Piece::Data(data) => out.extend_from_slice(&data),
            Piece::Trailers(_) => {}
            Piece::More => input.extend_from_slice(pieces.next()?),
            Piece::End => {
                input.extend(pieces.flatten());
                return Some((out, input.to_vec()));
            }
        }
    }
}
