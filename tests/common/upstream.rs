//! A server behind the one that is tested: it answers with the bytes that the test wrote.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::PATIENCE;

/// What it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Counts its connections from 0.
    pub(crate) connection: usize,
}

impl Ask {
    pub(crate) fn value(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let first = found.next().map_or("", |(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} twice in {:?}", self.headers);
        first
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }
}

/// The other end of one of its connections.
pub(crate) struct Peer(BufReader<TcpStream>);

impl Peer {
    pub(crate) fn say(&mut self, text: impl AsRef<[u8]>) {
        // The other side may have gone, which the test sees at its own end.
        let _ = self.try_say(text);
    }

    pub(crate) fn try_say(&mut self, text: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.get_mut().write_all(text.as_ref())
    }

    /// 200 with this body.
    pub(crate) fn ok(&mut self, body: &str) {
        self.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    }

    /// 200 with this body, and the end of the connection with its last byte.
    pub(crate) fn ok_and_end(&mut self, body: &str) {
        rustix::net::sockopt::set_tcp_cork(self.0.get_ref(), true).unwrap();
        self.ok(body);
        let _ = self.0.get_ref().shutdown(std::net::Shutdown::Write);
    }

    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    }

    pub(crate) fn exact(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// The body of a request.
    pub(crate) fn body(&mut self, ask: &Ask) -> Vec<u8> {
        if let Ok(length) = ask.value("content-length").parse() {
            return self.exact(length);
        }
        let mut body = Vec::new();
        while ask.value("transfer-encoding") == "chunked" {
            let Some(size) = self.line() else { break };
            let size = usize::from_str_radix(&size, 16).unwrap();
            body.extend(self.exact(size));
            self.line();
            if size == 0 {
                break;
            }
        }
        body
    }

    /// What comes until the other side ends.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest);
        rest
    }

    fn ask(&mut self, connection: usize) -> Option<Ask> {
        let line = self.line()?;
        let mut headers = Vec::new();
        loop {
            let field = self.line()?;
            let Some((name, value)) = field.split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        Some(Ask { line, headers, connection })
    }
}

pub(crate) struct Upstream {
    address: SocketAddr,
    asks: Arc<Mutex<Vec<Ask>>>,
}

impl Upstream {
    /// Answers by `answer`, whose result is whether the connection goes on.
    pub(crate) fn new(answer: impl Fn(&mut Peer, &Ask) -> bool + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    pub(crate) fn on(listener: TcpListener, answer: impl Fn(&mut Peer, &Ask) -> bool + Send + Sync + 'static) -> Self {
        let address = listener.local_addr().unwrap();
        let (asks, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let (seen, count) = (asks.clone(), AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answer) = (seen.clone(), answer.clone());
                let connection = count.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    let mut peer = Peer(BufReader::new(stream));
                    while let Some(ask) = peer.ask(connection) {
                        seen.lock().unwrap().push(ask.clone());
                        if !answer(&mut peer, &ask) {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, asks }
    }

    /// Answers everything with its name.
    pub(crate) fn named(name: &'static str) -> Self {
        Self::new(move |peer, ask| {
            peer.body(ask);
            peer.ok(name);
            true
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asks(&self) -> Vec<Ask> {
        self.asks.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Ask {
        self.asks().pop().expect("it was asked")
    }
}
