//! HTTP to the letter, over raw sockets: each test shows one rule and is named after its section.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;
mod served;

mod chunked;
mod conditional;
mod conditional_order;
mod connection;
mod connection_ends;
mod content_length;
mod date_and_dates;
mod expect;
mod fields;
mod fresh;
mod host;
mod http2;
mod http2_uploads;
mod if_range;
mod kept;
mod limits;
mod many;
mod methods;
mod range;
mod range_parts;
mod request_line;
mod request_target;
mod resumable;
mod resumable_append;
mod resumable_concurrency;
mod resumable_create;
mod resumable_digest;
mod resumable_interim;
mod resumable_length;
mod resumable_offset;
mod resumable_options;
mod resumable_restart;
mod slow_and_hostile;
mod smuggling;
mod splitting;
mod transfer_encoding;
