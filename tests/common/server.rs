//! The binary as a child: what is typed, what it says, how it ends.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::http::{Response, connect, exchange};
use super::{Lines, eventually};

/// A run of the binary that came to its end by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `command` to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let mut server = Server::spawn(command);
    server.end_input();
    let code = server.wait().code();
    Ended { code, out: server.out.whole().join("\n"), err: server.err.whole().join("\n") }
}

/// What a typed line was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) ok: bool,
    /// Without the ✓ or ✗.
    pub(crate) line: String,
    /// What was written between the typing and the answer.
    pub(crate) above: Vec<String>,
}

/// The binary in plain mode. It is killed when dropped.
pub(crate) struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    pub(crate) out: Lines,
    pub(crate) err: Lines,
    read: usize,
    folder: Option<Arc<TempDir>>,
}

impl Server {
    /// Starts `command` and waits for nothing.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = Lines::of(child.stdout.take().unwrap());
        let err = Lines::of(child.stderr.take().unwrap());
        Self { stdin: child.stdin.take(), child, out, err, read: 0, folder: None }
    }

    /// Starts `command` and waits until it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let server = Self::spawn(command);
        eventually("a listening line", || {
            let listens = server.out.all().iter().any(|line| line.starts_with("listening "));
            assert!(listens || !server.ended(), "ended at once: {}", server.err.whole().join("\n"));
            listens.then_some(())
        });
        server
    }

    /// Keeps the site's folder for as long as it is served.
    pub(crate) fn keeping(mut self, folder: Arc<TempDir>) -> Self {
        self.folder = Some(folder);
        self
    }

    fn ended(&self) -> bool {
        // A zombie has no memory map; asking the child itself would need it mutable.
        std::fs::read_to_string(format!("/proc/{}/statm", self.pid())).map_or(true, |statm| statm.starts_with("0 "))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The port of the newest `listening` line.
    pub(crate) fn port(&self) -> u16 {
        let lines = self.out.all();
        let url = lines.iter().rev().find_map(|line| line.strip_prefix("listening ")).expect("it listens");
        url.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port())
    }

    /// The next line, after the last one that this returned, that `fits`.
    pub(crate) fn line(&mut self, what: &str, fits: impl FnMut(&str) -> bool) -> String {
        let (place, line) = self.out.wait(self.read, what, fits);
        self.read = place + 1;
        line
    }

    /// Lines up to here are not looked at again by [`Server::line`].
    pub(crate) fn skip(&mut self) {
        self.read = self.out.len();
    }

    pub(crate) fn type_line(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(format!("{text}\n").as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Types `text` and waits for its ✓ or ✗.
    pub(crate) fn order(&mut self, text: &str) -> Answer {
        let from = self.out.len();
        self.type_line(text);
        let is_answer = |line: &str| line.starts_with("✓ ") || line.starts_with("✗ ");
        let (place, line) = self.out.wait(from, &format!("that answers {text:?}"), is_answer);
        let above = self.out.all()[from..place].to_vec();
        Answer { ok: line.starts_with('✓'), line: line.chars().skip(2).collect(), above }
    }

    /// The same; it must be carried out.
    pub(crate) fn done(&mut self, text: &str) -> Answer {
        let answer = self.order(text);
        assert!(answer.ok, "{text}: ✗ {}", answer.line);
        answer
    }

    /// The same; it must be refused.
    pub(crate) fn refused(&mut self, text: &str) -> Answer {
        let answer = self.order(text);
        assert!(!answer.ok, "{text}: ✓ {}", answer.line);
        answer
    }

    pub(crate) fn end_input(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        eventually("the end of the process", || self.child.try_wait().unwrap())
    }

    /// Waits until it counts so many pages connected.
    pub(crate) fn has_pages(&mut self, pages: usize) {
        eventually(&format!("{pages} pages connected"), || {
            let status = self.done("status").above;
            let line = status.iter().find(|line| line.contains("pages"))?;
            line.split_ascii_whitespace().any(|word| word == pages.to_string()).then_some(())
        });
    }

    /// Kilobytes of a line of /proc/PID/status, such as `VmRSS`.
    pub(crate) fn memory(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with(&format!("{what}:"))).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.port())
    }

    /// Sends these bytes on a new connection and reads one answer.
    pub(crate) fn raw(&self, bytes: impl AsRef<[u8]>) -> Response {
        let bytes = bytes.as_ref();
        exchange(self.port(), bytes).unwrap_or_else(|error| {
            panic!("{error} after sending {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(300)]))
        })
    }

    /// One request on a connection of its own. A Host header is added where none is given.
    pub(crate) fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        self.raw(self.message(method, target, headers, body))
    }

    /// The bytes of a request.
    pub(crate) fn message(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let has = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let mut lines = vec![format!("{method} {target} HTTP/1.1")];
        if !has("host") {
            lines.push(format!("Host: 127.0.0.1:{}", self.port()));
        }
        lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let has_body = !body.is_empty() || method == "POST" || method == "PUT";
        if has_body && !has("content-length") && !has("transfer-encoding") {
            lines.push(format!("Content-Length: {}", body.len()));
        }
        [(lines.join("\r\n") + "\r\n\r\n").as_bytes(), body].concat()
    }

    /// As curl asks.
    pub(crate) fn get(&self, target: &str) -> Response {
        self.ask("GET", target, &[("Accept", "*/*")], b"")
    }

    /// As a browser asks for a page.
    pub(crate) fn page(&self, target: &str) -> Response {
        let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        self.ask("GET", target, &[("Accept", accept), ("Sec-Fetch-Dest", "document")], b"")
    }

    pub(crate) fn head(&self, target: &str) -> Response {
        self.ask("HEAD", target, &[("Accept", "*/*")], b"")
    }

    pub(crate) fn put(&self, target: &str, body: &[u8]) -> Response {
        self.ask("PUT", target, &[], body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("stdout was:\n{}\nstderr was:\n{}", self.out.all().join("\n"), self.err.all().join("\n"));
        }
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
