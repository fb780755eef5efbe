//! Interim answers of a target's own choosing (RFC 9110, section 15.2): what can be told to a client
//! while its request is still being received.

use std::fmt::Write as _;
use std::sync::Arc;

/// The field of a request whose client reads interim answers other than 100: so far those of
/// "Resumable Uploads for HTTP" are the only ones.
pub(crate) const ASKED_FOR_BY: &str = "upload-draft-interop-version";

/// Whoever has the socket.
pub(crate) trait Says: Send + Sync {
    /// Sends the bytes of a head before the answer; `false` when that has begun.
    fn say(&self, head: &[u8]) -> bool;
}

/// In the extensions of a request whose client can hear interim answers.
#[derive(Clone)]
pub struct Interim(Arc<dyn Says>);

impl Interim {
    pub(crate) fn new(says: impl Says + 'static) -> Self {
        Self(Arc::new(says))
    }

    /// Sends an interim answer. `status` is the code and its reason, `fields` are of visible ASCII.
    ///
    /// It comes before the final answer or not at all: `false` when that has begun, or when the client
    /// has left so much unread that no more is kept for it.
    pub fn send(&self, status: &str, fields: &[(&str, &str)]) -> bool {
        let mut head = format!("HTTP/1.1 {status}\r\n");
        for (name, value) in fields {
            // Writing to a String cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        self.0.say(head.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;

    struct Heard(Arc<Mutex<String>>);

    impl Says for Heard {
        fn say(&self, head: &[u8]) -> bool {
            self.0.lock().push_str(str::from_utf8(head).unwrap());
            true
        }
    }

    #[test]
    fn a_head_by_itself() {
        let heard = Arc::new(Mutex::new(String::new()));
        let interim = Interim::new(Heard(heard.clone()));
        assert!(interim.send("104 Upload Resumption Supported", &[("Upload-Offset", "5"), ("A", "b")]));
        assert_eq!(*heard.lock(), "HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Offset: 5\r\nA: b\r\n\r\n");
    }
}
