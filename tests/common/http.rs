//! A client that sends the bytes it is given and shows what came back.

use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::TcpStream;

use super::PATIENCE;

#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The header of that name; more than one is a failure.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found =
            self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        let first = found.next();
        assert!(found.next().is_none(), "{name} twice in {:?}", self.headers);
        first
    }

    /// The header of that name, empty where it is missing.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.header(name).unwrap_or("")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text with what MiniJinja writes for a slash in HTML read back.
    pub(crate) fn unescaped(&self) -> String {
        self.text().replace("&#x2f;", "/")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The answer itself, when its status is `status`.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}\n{}", self.headers, self.text());
        self
    }
}

/// A connection to the loopback with a deadline on everything.
pub(crate) fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends `request` on a new connection and reads one answer.
pub(crate) fn exchange(port: u16, request: &[u8]) -> io::Result<Response> {
    let mut stream = connect(port);
    // A server that refuses early may close while bytes are still on their way.
    let sent = stream.write_all(request);
    read_answer(&mut BufReader::new(stream), request.starts_with(b"HEAD ")).map_err(|error| sent.err().unwrap_or(error))
}

/// Reads one answer, skipping interim ones.
pub(crate) fn read_answer(stream: &mut impl BufRead, to_head: bool) -> io::Result<Response> {
    let mut answer = read_head(stream)?;
    while (100..200).contains(&answer.status) && answer.status != 101 {
        answer = read_head(stream)?;
    }
    if to_head || matches!(answer.status, 101 | 204 | 304) {
        return Ok(answer);
    }
    if answer.value("transfer-encoding").eq_ignore_ascii_case("chunked") {
        answer.body = chunked(stream)?;
    } else if let Some(length) = answer.header("content-length") {
        let length = length.parse().map_err(|_| Error::new(ErrorKind::InvalidData, "bad Content-Length"))?;
        answer.body.resize(length, 0);
        stream.read_exact(&mut answer.body)?;
    } else {
        stream.read_to_end(&mut answer.body)?;
    }
    Ok(answer)
}

/// Reads status line and headers.
pub(crate) fn read_head(stream: &mut impl BufRead) -> io::Result<Response> {
    let status_line = line(stream)?;
    let mut words = status_line.splitn(3, ' ');
    let version = words.next().unwrap_or_default().to_owned();
    let status = words.next().and_then(|status| status.parse().ok());
    let status =
        status.ok_or_else(|| Error::new(ErrorKind::InvalidData, format!("no status line: {status_line:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = line(stream)?;
        if line.is_empty() {
            return Ok(Response { version, status, headers, body: Vec::new() });
        }
        let (name, value) = line.split_once(':').ok_or_else(|| Error::new(ErrorKind::InvalidData, "no header"))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut bytes = Vec::new();
    stream.read_until(b'\n', &mut bytes)?;
    match bytes.strip_suffix(b"\r\n") {
        Some(line) => Ok(String::from_utf8_lossy(line).into_owned()),
        None if bytes.is_empty() => Err(Error::new(ErrorKind::UnexpectedEof, "closed without an answer")),
        None => Err(Error::new(ErrorKind::UnexpectedEof, "closed within a line")),
    }
}

fn chunked(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(stream)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| Error::new(ErrorKind::InvalidData, "bad chunk"))?;
        if size == 0 {
            while !line(stream)?.is_empty() {}
            return Ok(body);
        }
        let read = stream.take(size).read_to_end(&mut body)?;
        if read as u64 != size || !line(stream)?.is_empty() {
            return Err(Error::new(ErrorKind::UnexpectedEof, "closed within a chunk"));
        }
    }
}
