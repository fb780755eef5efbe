//! A proxy that does to connections what bad networks do, at byte counts that a test names.
//!
//! It reads requests well enough to count what they carry, to say for whom it speaks, and to see how many
//! bodies are on their way at once.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::net::sockopt::set_socket_linger;

/// How long it takes at most until something that happened is seen.
const SOON: Duration = Duration::from_millis(50);

/// What happens to the connection that carries the byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Both sides are reset.
    Reset,
    /// Nothing moves any more, and nobody is told.
    Stall,
    /// The server sees the end; what it answers still comes through.
    HalfClose,
    /// The rest of the request comes through, but only the beginning of its answer.
    Truncate,
}

/// The proxy; it ends when dropped.
pub(crate) struct Faulty {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    target: AtomicU16,
    ended: AtomicBool,
    /// Bytes of bodies that went to the server.
    bodies: AtomicU64,
    /// What is still to happen, by that count.
    script: Mutex<Vec<(u64, Fault)>>,
    done: Mutex<Vec<Fault>>,
    /// Bodies on their way, and the most at once.
    under_way: Mutex<(usize, usize)>,
    forwarded: Mutex<Option<String>>,
}

impl Faulty {
    /// A proxy to `target` on the loopback.
    pub(crate) fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        shared.target.store(target, SeqCst);
        let all = shared.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if all.ended.load(SeqCst) {
                    return;
                }
                let (Ok(client), all) = (client, all.clone()) else { continue };
                std::thread::spawn(move || Connection::run(client, &all));
            }
        });
        Self { port, shared }
    }

    /// Lets `fault` happen when that many bytes of bodies have gone through in all.
    pub(crate) fn at(self, bytes: u64, fault: Fault) -> Self {
        self.plan(bytes, fault);
        self
    }

    /// The same later.
    pub(crate) fn plan(&self, bytes: u64, fault: Fault) {
        let mut script = self.shared.script.lock();
        script.push((bytes, fault));
        script.sort_by_key(|(bytes, _)| *bytes);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Bytes of bodies that went to the server.
    pub(crate) fn sent(&self) -> u64 {
        self.shared.bodies.load(SeqCst)
    }

    /// What has happened.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        self.shared.done.lock().clone()
    }

    /// The most bodies that were on their way at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.under_way.lock().1
    }

    /// From now on it speaks for `client`, or for itself.
    pub(crate) fn speak_for(&self, client: Option<&str>) {
        *self.shared.forwarded.lock() = client.map(ToOwned::to_owned);
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
        // Wakes whoever waits for the next connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// What has happened to one connection.
#[derive(Default)]
struct State {
    stalled: AtomicBool,
    reset: AtomicBool,
    truncates: AtomicBool,
    /// The body of a request is on its way.
    busy: Mutex<bool>,
}

struct Connection<'a> {
    client: TcpStream,
    server: TcpStream,
    shared: &'a Arc<Shared>,
    state: Arc<State>,
}

/// What of a request comes next.
enum Next {
    Head(Vec<u8>),
    Body(u64),
    /// Another protocol.
    Raw,
}

impl Connection<'_> {
    fn run(client: TcpStream, shared: &Arc<Shared>) {
        let Ok(server) = TcpStream::connect(("127.0.0.1", shared.target.load(SeqCst))) else {
            resets(&client);
            return;
        };
        let (Ok(from_server), Ok(to_client)) = (server.try_clone(), client.try_clone()) else { return };
        let state = Arc::new(State::default());
        let (all, also) = (shared.clone(), state.clone());
        let answers = std::thread::spawn(move || answers(from_server, to_client, &all, &also));
        let mut connection = Connection { client, server, shared, state };
        connection.requests();
        if !connection.state.stalled.load(SeqCst) && !connection.state.reset.load(SeqCst) {
            let _ = connection.server.shutdown(Shutdown::Write);
        }
        let _ = answers.join();
        connection.state.body(connection.shared, false);
    }

    /// Passes requests on until their end, or a fault.
    fn requests(&mut self) {
        let mut next = Next::Head(Vec::new());
        let mut room = vec![0; 256 << 10];
        loop {
            let Some(count) = read(&mut self.client, &mut room, self.shared, &self.state) else { return };
            let mut bytes = &room[..count];
            while !bytes.is_empty() {
                next = match next {
                    Next::Raw => {
                        if self.server.write_all(bytes).is_err() {
                            return;
                        }
                        bytes = &[];
                        Next::Raw
                    }
                    Next::Head(mut head) => {
                        head.push(bytes[0]);
                        bytes = &bytes[1..];
                        if !head.ends_with(b"\r\n\r\n") {
                            Next::Head(head)
                        } else if let Some(next) = self.head(head) {
                            next
                        } else {
                            return;
                        }
                    }
                    Next::Body(left) => {
                        let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                        let (body, rest) = bytes.split_at(most);
                        if !self.body(body) {
                            return;
                        }
                        bytes = rest;
                        if most as u64 == left { Next::Head(Vec::new()) } else { Next::Body(left - most as u64) }
                    }
                };
            }
        }
    }

    fn head(&mut self, head: Vec<u8>) -> Option<Next> {
        let text = String::from_utf8(head).ok()?;
        let field = |name: &str| {
            let mut fields = text.lines().filter_map(|line| line.split_once(':'));
            fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let length = field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let (first, rest) = text.split_once("\r\n")?;
        let forwarded = self.shared.forwarded.lock().clone();
        let forwarded = forwarded.map(|client| format!("X-Forwarded-For: {client}\r\n")).unwrap_or_default();
        self.server.write_all(format!("{first}\r\n{forwarded}{rest}").as_bytes()).ok()?;
        if length > 0 {
            self.state.body(self.shared, true);
        }
        Some(if field("upgrade").is_some() {
            Next::Raw
        } else if length > 0 {
            Next::Body(length)
        } else {
            Next::Head(Vec::new())
        })
    }

    /// Passes a piece of a body on; whether the connection goes on.
    fn body(&mut self, bytes: &[u8]) -> bool {
        let mut script = self.shared.script.lock();
        let before = self.shared.bodies.load(SeqCst);
        let due = script.first().copied().filter(|(at, _)| *at < before + bytes.len() as u64);
        let Some((at, fault)) = due else {
            self.shared.bodies.fetch_add(bytes.len() as u64, SeqCst);
            drop(script);
            return self.server.write_all(bytes).is_ok();
        };
        script.remove(0);
        let through = usize::try_from(at.saturating_sub(before)).unwrap_or(0).min(bytes.len());
        let through = if fault == Fault::Truncate { bytes.len() } else { through };
        self.shared.bodies.fetch_add(through as u64, SeqCst);
        drop(script);
        let sent = self.server.write_all(&bytes[..through]).is_ok();
        self.shared.done.lock().push(fault);
        match fault {
            Fault::Reset => {
                self.state.reset.store(true, SeqCst);
                resets(&self.client);
                resets(&self.server);
                false
            }
            Fault::Stall => {
                self.state.stalled.store(true, SeqCst);
                // Neither side hears anything of it, not even that the other has given up.
                while !self.shared.ended.load(SeqCst) {
                    std::thread::sleep(SOON);
                }
                false
            }
            Fault::HalfClose => {
                let _ = self.server.shutdown(Shutdown::Write);
                false
            }
            Fault::Truncate => {
                self.state.truncates.store(true, SeqCst);
                sent
            }
        }
    }
}

impl State {
    /// A body has begun, or its request has been answered.
    fn body(&self, shared: &Shared, begins: bool) {
        let mut busy = self.busy.lock();
        if *busy == begins {
            return;
        }
        *busy = begins;
        let mut under_way = shared.under_way.lock();
        under_way.0 = if begins { under_way.0 + 1 } else { under_way.0 - 1 };
        under_way.1 = under_way.1.max(under_way.0);
    }
}

/// Passes answers on.
fn answers(mut server: TcpStream, mut client: TcpStream, shared: &Arc<Shared>, state: &Arc<State>) {
    let mut room = vec![0; 64 << 10];
    while let Some(count) = read(&mut server, &mut room, shared, state) {
        state.body(shared, false);
        if state.stalled.load(SeqCst) {
            continue;
        }
        if state.truncates.load(SeqCst) {
            let _ = client.write_all(&room[..count.min(40)]);
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
            return;
        }
        if client.write_all(&room[..count]).is_err() {
            return;
        }
    }
    if !state.stalled.load(SeqCst) && !state.reset.load(SeqCst) {
        let _ = client.shutdown(Shutdown::Both);
    }
}

/// Reads what is there; `None` at the end.
fn read(from: &mut TcpStream, room: &mut [u8], shared: &Shared, state: &State) -> Option<usize> {
    let _ = from.set_read_timeout(Some(SOON));
    loop {
        match from.read(room) {
            Ok(0) => return None,
            Ok(count) => return Some(count),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) =>
            {
                if shared.ended.load(SeqCst) || state.reset.load(SeqCst) {
                    return None;
                }
            }
            Err(_) => return None,
        }
    }
}

/// Makes its closing a failure for the other side.
fn resets(stream: &TcpStream) {
    let _ = set_socket_linger(stream, Some(Duration::ZERO));
}
