//! One connection, byte for byte: what goes out is what the test wrote, what comes back is framed
//! by the book.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::http::{Response, connect, read_answer, read_head};

pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    /// What was sent, for the messages of failures.
    sent: Vec<u8>,
}

impl Wire {
    pub(crate) fn to(port: u16) -> Self {
        let stream = connect(port);
        // So that bytes sent one by one travel one by one.
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), sent: Vec::new() }
    }

    /// Sends all of `bytes`.
    #[track_caller]
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        if let Err(error) = self.try_send(bytes) {
            panic!("the server did not take what was sent: {error}; {}", self.shown());
        }
        self
    }

    /// The same to a server that may refuse, and close, before it has all.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        let bytes = bytes.as_ref();
        self.sent.extend_from_slice(&bytes[..bytes.len().min(400)]);
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends `bytes` in as many writes as there are bytes.
    #[track_caller]
    pub(crate) fn send_singly(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        for byte in bytes.as_ref() {
            self.send([*byte]);
        }
        self
    }

    /// Nothing more will be sent; answers are still read.
    pub(crate) fn half_close(&mut self) -> &mut Self {
        // The server may have closed it all by then.
        let _ = self.stream.get_ref().shutdown(Shutdown::Write);
        self
    }

    /// Goes away as a client does that crashed: with a reset.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(self.stream.get_ref()).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// The same connection for somebody who only sends.
    pub(crate) fn another(&self) -> Self {
        Self { stream: BufReader::new(self.stream.get_ref().try_clone().unwrap()), sent: Vec::new() }
    }

    /// The next final answer to a request that is no HEAD.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Response {
        let answer = read_answer(&mut self.stream, false);
        self.checked(answer)
    }

    /// The next final answer to a HEAD.
    #[track_caller]
    pub(crate) fn answer_to_head(&mut self) -> Response {
        let answer = read_answer(&mut self.stream, true);
        self.checked(answer)
    }

    /// The next head, which may be that of an interim answer.
    #[track_caller]
    pub(crate) fn head(&mut self) -> Response {
        let head = read_head(&mut self.stream);
        self.checked(head)
    }

    #[track_caller]
    fn checked(&self, answer: io::Result<Response>) -> Response {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if timed_out(&error) => panic!("no answer; {}", self.shown()),
            Err(error) => panic!("no whole answer: {error}; {}", self.shown()),
        };
        let version = answer.version.as_str();
        assert!(matches!(version, "HTTP/1.1" | "HTTP/1.0"), "the version {version:?}; {}", self.shown());
        let both = answer.header("content-length").is_some() && answer.header("transfer-encoding").is_some();
        assert!(!both, "an answer with two kinds of framing: {:?}", answer.headers);
        answer
    }

    /// The next `count` bytes as they are.
    #[track_caller]
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        if let Err(error) = self.stream.read_exact(&mut bytes) {
            panic!("not {count} bytes: {error}; {}", self.shown());
        }
        bytes
    }

    /// Reads until `text` has come, framing and all.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) {
        let mut seen = Vec::new();
        while !seen.ends_with(text.as_bytes()) {
            seen.extend(self.bytes(1));
        }
    }

    /// Everything until the server closes; an error where it resets or stays.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest)?;
        Ok(rest)
    }

    /// Fails unless the server closes now, without another byte.
    #[track_caller]
    pub(crate) fn is_closed(&mut self) {
        match self.rest() {
            Ok(rest) => {
                assert!(rest.is_empty(), "more came: {:?}; {}", show(&rest), self.shown());
            }
            Err(error) if timed_out(&error) => panic!("it stays open; {}", self.shown()),
            // A reset is an end too.
            Err(_) => {}
        }
    }

    /// Fails unless another request is answered here.
    #[track_caller]
    pub(crate) fn is_open(&mut self) {
        self.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let answer = self.answer();
        let whole = (answer.status, answer.text());
        assert_eq!(whole, (200, "0123456789".to_owned()), "the next request; {}", self.shown());
    }

    fn shown(&self) -> String {
        format!("sent {:?}", show(&self.sent))
    }
}

/// Bytes for people, not too many.
pub(crate) fn show(bytes: &[u8]) -> String {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]);
    if bytes.len() > 400 { format!("{start} … {} bytes", bytes.len()) } else { start.into_owned() }
}

fn timed_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
