//! The binary in plain mode, as scripts use it: one file for each thing that it is for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../common/mod.rs"]
mod common;

mod app;
mod cgi;
mod cgi_ends;
mod command_line;
mod conditional;
mod contained;
mod curl;
mod encoding;
mod ends;
mod environment;
mod files;
mod full_disk;
mod git;
mod guards;
mod guesses;
mod hostile;
mod kept_for_some;
mod key;
mod key_secret;
mod killed;
mod lines;
mod listing;
mod live;
mod log;
mod moves;
mod passed_on;
mod proxy;
mod proxy_bodies;
mod proxy_failures;
mod proxy_health;
mod proxy_secure;
mod proxy_upgrades;
mod reach;
mod requests;
mod saved;
mod site_check;
mod templates;
mod texts;
mod upload_limits;
mod upload_page;
mod uploads;
mod uploads_words;
mod words;
mod wsgi;
mod wsgi_apart;
mod wsgi_large;
mod wsgi_status;
mod wsgi_threads;
mod zip;
