//! Settings of `[limits]`.

use crate::config::value::{self, show};

use super::Key;

pub(super) const KEYS: &[Key] = &[
    Key {
        name: "limits.body",
        default: r#""64 MiB""#,
        meaning: "request bodies other than uploads",
        read: |c, v| value::size(v).map(|size| c.limits.body = size),
        show: |c| show::size(c.limits.body),
    },
    Key {
        name: "limits.headers_timeout",
        default: r#""10s""#,
        meaning: "how long a client may take over its headers",
        read: |c, v| value::timeout(v).map(|timeout| c.limits.headers_timeout = timeout),
        show: |c| show::duration(c.limits.headers_timeout),
    },
    Key {
        name: "limits.idle_timeout",
        default: r#""75s""#,
        meaning: "how long a connection may be idle, or a body stand still",
        read: |c, v| value::timeout(v).map(|timeout| c.limits.idle_timeout = timeout),
        show: |c| show::duration(c.limits.idle_timeout),
    },
    Key {
        name: "limits.connections",
        default: "10000",
        meaning: "connections at once",
        read: |c, v| value::whole(v, 1..=1_000_000).map(|most| c.limits.connections = most as usize),
        show: |c| c.limits.connections.to_string(),
    },
];
