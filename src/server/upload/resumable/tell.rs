//! What the client hears while it sends: 104 (section "Status Code 104").

use std::time::{Duration, Instant};

use super::fields::{Said, VERSION};
use crate::server::interim::Interim;
use crate::server::request::Request;

const STATUS: &str = "104 Upload Resumption Supported";
/// How often progress is told at most.
const PACE: Duration = Duration::from_secs(1);

/// Tells a client how its upload comes along, if it can hear.
pub(super) struct Teller {
    interim: Option<Interim>,
    last: Instant,
    told: u64,
}

impl Teller {
    /// Only a client of the same version of the draft is told anything, over a connection that can
    /// carry it.
    pub(super) fn of(request: &Request, said: &Said) -> Self {
        let interim = request.head.extensions.get::<Interim>().cloned().filter(|_| said.same_version);
        Self { interim, last: Instant::now(), told: 0 }
    }

    /// Whether anything can be told.
    pub(super) fn is_heard(&self) -> bool {
        self.interim.is_some()
    }

    /// Says where an upload can be resumed.
    pub(super) fn created(&self, location: &str, limits: &str) {
        self.say(&[("Location", location), ("Upload-Limit", limits)]);
    }

    /// Whether it is time to tell how far it has come.
    pub(super) fn is_due(&self) -> bool {
        self.is_heard() && self.last.elapsed() >= PACE
    }

    /// Says how many bytes will never have to be sent again, where that are more than last time.
    pub(super) fn progress(&mut self, offset: u64) {
        if offset > self.told {
            (self.last, self.told) = (Instant::now(), offset);
            self.say(&[("Upload-Offset", &offset.to_string())]);
        }
    }

    fn say(&self, fields: &[(&str, &str)]) {
        let Some(interim) = &self.interim else { return };
        let version = VERSION.to_string();
        let fields = [&[("Upload-Draft-Interop-Version", version.as_str())], fields].concat();
        // A client that reads nothing misses it: the final answer says the same.
        let _ = interim.send(STATUS, &fields);
    }
}
