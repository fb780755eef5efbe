//! Settings of `[reload]`.

use crate::config::Watch;
use crate::config::value::{self, show};

use super::Key;

pub(super) const WATCH: [(&str, Watch); 3] = [("auto", Watch::Auto), ("native", Watch::Native), ("poll", Watch::Poll)];

pub(super) const KEYS: &[Key] = &[
    Key {
        name: "reload.browser",
        default: "true",
        meaning: "pages refresh by themselves",
        read: |c, v| value::flag(v).map(|browser| c.reload.browser = browser),
        show: |c| c.reload.browser.to_string(),
    },
    Key {
        name: "reload.watch",
        default: r#""auto""#,
        meaning: "how files are watched: \"auto\", \"native\" or \"poll\"",
        read: |c, v| value::word(v, &WATCH).map(|watch| c.reload.watch = watch),
        show: |c| show::word(&c.reload.watch, &WATCH),
    },
];
