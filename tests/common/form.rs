//! A body of multipart/form-data, as browsers write it.

#[derive(Default)]
pub(crate) struct Form {
    body: Vec<u8>,
}

const BOUNDARY: &str = "----FormBoundary7MA4YWxkTrZu0gW";

impl Form {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), value.as_bytes());
        self
    }

    pub(crate) fn file(mut self, name: &str, filename: &str, kind: &str, content: &[u8]) -> Self {
        let head =
            format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: {kind}");
        self.part(&head, content);
        self
    }

    fn part(&mut self, head: &str, content: &[u8]) {
        self.body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
    }

    pub(crate) fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        self.body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body
    }

    /// What comes before and after one file's content, for bodies that are streamed.
    pub(crate) fn around(filename: &str) -> (Vec<u8>, Vec<u8>) {
        let whole = Self::new().file("file", filename, "application/octet-stream", b"").bytes();
        let head = whole.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        (whole[..head].to_vec(), whole[head..].to_vec())
    }
}
