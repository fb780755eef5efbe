//! What is pure and done for every request or key, measured alone.
//!
//! A file for each: `route` and `path` (who answers, with what), `condition` (ranges and
//! conditionals), `log_line`, `command`. Whole requests are measured from outside, see README.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that cannot go on ends")]

mod command;
mod condition;
mod log_line;
mod path;
mod route;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

/// Short: these take nanoseconds, and all of them together must not take long.
fn quick() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1200))
        .sample_size(50)
}

criterion_group! {
    name = hot;
    config = quick();
    targets = route::all, path::all, condition::all, log_line::all, command::all
}
criterion_main!(hot);
