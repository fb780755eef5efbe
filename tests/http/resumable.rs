//! The words in which the tests of "Resumable Uploads for HTTP" (interop version 8) talk to the server.
//!
//! Tests are named after the draft's section.

use crate::common::{Response, Site, Wire};
use crate::served::{Served, request};

pub(crate) const VERSION: &str = "Upload-Draft-Interop-Version: 8";
pub(crate) const PARTIAL: &str = "Content-Type: application/partial-upload";

/// Where a problem's type begins.
pub(crate) const REGISTRY: &str = "https://iana.org/assignments/http-problem-types#";

/// A server of the test's own.
pub(crate) fn alone(conf: &str) -> Served {
    Served::alone(Site::small().conf(conf).file("static_file/a.txt", "0123456789"))
}

/// The bytes of a request with content.
pub(crate) fn with(line: &str, fields: &[&str], content: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}", content.len());
    let head = request(&format!("{line} HTTP/1.1"), &[&[length.as_str()], fields].concat());
    [head.as_bytes(), content].concat()
}

/// The answer to one request on a connection of its own.
#[track_caller]
pub(crate) fn tell(served: &Served, bytes: impl AsRef<[u8]>) -> Response {
    let bytes = bytes.as_ref();
    let mut wire = served.wire();
    // It may refuse, and close, before it has all.
    let _ = wire.try_send(bytes);
    if bytes.starts_with(b"HEAD ") { wire.answer_to_head() } else { wire.answer() }
}

/// An upload resource.
pub(crate) struct Upload<'a> {
    pub(crate) served: &'a Served,
    pub(crate) at: String,
}

impl<'a> Upload<'a> {
    /// Creates one without content (section "Careful Upload Creation").
    #[track_caller]
    pub(crate) fn begin(served: &'a Served, name: &str, fields: &[&str]) -> Self {
        let line = format!("POST /upload/{name}");
        let answer = tell(served, with(&line, &[&["Upload-Complete: ?0"], fields].concat(), b"")).is(201);
        Self::at(served, &answer)
    }

    /// The one that an answer names.
    #[track_caller]
    pub(crate) fn at(served: &'a Served, answer: &Response) -> Self {
        let at = answer.header("location").unwrap_or_else(|| panic!("no Location in {:?}", answer.headers));
        assert!(at.starts_with("/upload/.part/"), "{at}");
        Self { served, at: at.to_owned() }
    }

    pub(crate) fn head(&self) -> Response {
        tell(self.served, request(&format!("HEAD {} HTTP/1.1", self.at), &[]))
    }

    /// The offset, of an upload that is not complete.
    #[track_caller]
    pub(crate) fn offset(&self) -> u64 {
        let answer = self.head().is(204);
        assert_eq!(answer.value("upload-complete"), "?0", "{:?}", answer.headers);
        answer.value("upload-offset").parse().unwrap()
    }

    pub(crate) fn append(&self, offset: u64, complete: bool, content: &[u8]) -> Response {
        self.append_with(offset, complete, &[], content)
    }

    pub(crate) fn append_with(&self, offset: u64, complete: bool, more: &[&str], content: &[u8]) -> Response {
        tell(self.served, self.patch(offset, complete, more, content))
    }

    /// The bytes of a request that appends.
    pub(crate) fn patch(&self, offset: u64, complete: bool, more: &[&str], content: &[u8]) -> Vec<u8> {
        let offset = format!("Upload-Offset: {offset}");
        let complete = if complete { "Upload-Complete: ?1" } else { "Upload-Complete: ?0" };
        with(&format!("PATCH {}", self.at), &[&[PARTIAL, &offset, complete], more].concat(), content)
    }

    /// The head of a request that appends in chunks, on a connection of its own.
    pub(crate) fn chunked(&self, offset: u64, complete: bool, more: &[&str]) -> Wire {
        let offset = format!("Upload-Offset: {offset}");
        let complete = if complete { "Upload-Complete: ?1" } else { "Upload-Complete: ?0" };
        let fields = [&[PARTIAL, &offset, complete, "Transfer-Encoding: chunked"], more].concat();
        let mut wire = self.served.wire();
        wire.send(request(&format!("PATCH {} HTTP/1.1", self.at), &fields));
        wire
    }

    pub(crate) fn delete(&self) -> Response {
        tell(self.served, request(&format!("DELETE {} HTTP/1.1", self.at), &[]))
    }

    /// There is nothing to go on with.
    #[track_caller]
    pub(crate) fn is_gone(&self) {
        let status = self.head().status;
        assert!(matches!(status, 404 | 410), "{status}");
        let status = self.append(0, false, b"x").status;
        assert!(matches!(status, 404 | 410), "{status}");
    }
}

/// The answer is a problem of that registered type.
#[track_caller]
pub(crate) fn problem(answer: &Response, kind: &str) -> serde_json::Value {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.text());
    let value = answer.json();
    assert_eq!(value["type"], format!("{REGISTRY}{kind}"), "{value}");
    assert_eq!(value["status"], answer.status);
    value
}
