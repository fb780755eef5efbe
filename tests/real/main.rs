//! Software that people use, unmodified, behind the real binary. `tests/run` installs it into
//! `target/python`; what is served lies in `sites/`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;

mod bottle;
mod browser;
mod cgi_scripts;
mod django;
mod edits;
mod ends;
mod flask;
mod flask_templates;
mod gitweb;
mod httpbin;
mod imports;
mod letter;
mod pep3333;
mod processes;
mod pyramid;
mod software;
mod trouble;
