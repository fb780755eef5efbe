//! Decoders, and text to try them on.

use std::io::{ErrorKind, Read};

use super::coding::Coding;

/// Text of a length that repeats enough to be worth compressing, and not too much.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let mut text = String::new();
    let mut n = 1_u32;
    while text.len() < length {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push_str(["div ", "span ", "{ color: #", "function ", "\n  "][(n >> 20) as usize % 5]);
        if n.is_multiple_of(3) {
            text.push_str(&(n >> 24).to_string());
        }
    }
    text.truncate(length);
    text.into_bytes()
}

/// Bytes that cannot be compressed.
pub(crate) fn noise(length: u32) -> Vec<u8> {
    (0..length).map(|n| xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes()) as u8).collect()
}

fn decoder<'a>(coding: Coding, bytes: &'a [u8]) -> Box<dyn Read + 'a> {
    match coding {
        Coding::Brotli => Box::new(brotli::Decompressor::new(bytes, 4096)),
        Coding::Zstd => Box::new(zstd::Decoder::new(bytes).unwrap()),
        Coding::Gzip => Box::new(flate2::read::GzDecoder::new(bytes)),
    }
}

/// The bytes that a complete body was made of.
pub(crate) fn decoded(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    decoder(coding, bytes).read_to_end(&mut out).unwrap();
    out
}

/// What can be read of a body that has only begun.
pub(crate) fn readable(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    let mut decoder = decoder(coding, bytes);
    let mut out = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match decoder.read(&mut buffer) {
            Ok(0) => return out,
            Ok(read) => out.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return out,
        }
    }
}
