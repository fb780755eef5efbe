//! Content codings: br, zstd and gzip, by what the client takes.
//!
//! What belongs here turns bytes into fewer bytes and says so in the headers: `accept` (what the
//! client takes), `eligible` (what is worth it), `coding` and `encoder` (the codings), `kept`
//! (files, compressed once), `tag` (validators of a coding) and the last step of the pipeline
//! ([`answer`]), with `stream` for bodies as they come. What a file is, and which sidecar lies
//! beside it, is `files`' business.
//!
//! A request with `Range` gets no coding, so that ranges are always of the bytes themselves.

mod accept;
mod answer;
mod coding;
mod eligible;
mod encoder;
mod kept;
mod stream;
mod tag;

pub(crate) use accept::Accepted;
pub(crate) use answer::{Asked, answer};
pub(crate) use coding::Coding;
pub(crate) use eligible::{SMALLEST, is_compressible};
pub(crate) use kept::{Kept, Key, LARGEST, once};
pub(crate) use tag::{AsItIs, seal, vary, vary_by};

#[cfg(test)]
pub(crate) mod testing;
