//! From a body's pieces to a form: fields into memory, files into the store.

use super::chunks::Chunks;
use super::multipart::{Event, Parser, Part};
use super::{FileSink, Form, Reason, pour, urlencoded};
use crate::server::store::{Declared, Incoming, safe_name};

/// The most fields of a form that is not multipart.
const FIELDS: usize = 10_000;
/// What a field costs beside its bytes, so that many empty ones count too.
const FIELD: u64 = 64;
/// What is read after a form's end before the rest is left unread.
const EPILOGUE: usize = 1 << 20;

/// Reads an urlencoded form.
pub(super) async fn urlencoded(chunks: &mut Chunks, limit: u64, form: &mut Form) -> Result<(), Reason> {
    if chunks.length().is_some_and(|length| length > limit) {
        return Err(Reason::Fields { limit });
    }
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(Reason::Fields { limit });
        }
        body.extend_from_slice(&chunk);
    }
    form.fields = urlencoded::parse(&body, FIELDS).ok_or(Reason::Many { limit: FIELDS })?;
    Ok(())
}

/// Reads a multipart form. Files that came whole are in `form` also after an error.
pub(super) async fn multipart(
    boundary: &str,
    chunks: &mut Chunks,
    limit: u64,
    files: Option<&FileSink>,
    form: &mut Form,
) -> Result<(), Reason> {
    let mut receiver = Receiver { files, form, limit, fields: 0, latin1: false, open: Open::None };
    let received = receiver.receive(boundary, chunks).await;
    if let (Err(reason), Open::File(_, incoming)) = (&received, receiver.open) {
        incoming.cancel(&reason.to_string()).await;
    }
    received?;
    let mut after = 0;
    while let Some(chunk) = chunks.next().await? {
        after += chunk.len();
        if after > EPILOGUE {
            break;
        }
    }
    Ok(())
}

/// The part that is being received.
enum Open {
    None,
    Field(Part, Vec<u8>),
    /// A file input in which nothing was chosen, unless bytes come.
    Unchosen(Part),
    File(Part, Box<Incoming>),
}

struct Receiver<'a> {
    files: Option<&'a FileSink>,
    form: &'a mut Form,
    limit: u64,
    /// What the fields cost so far.
    fields: u64,
    /// `_charset_` said that fields are not in UTF-8.
    latin1: bool,
    open: Open,
}

impl Receiver<'_> {
    async fn receive(&mut self, boundary: &str, chunks: &mut Chunks) -> Result<(), Reason> {
        let mut parser = Parser::new(boundary);
        let mut next = chunks.next().await?;
        while let Some(chunk) = next {
            parser.feed(chunk);
            while let Some(event) = parser.next_event()? {
                // The closing boundary follows the last file, and is no part of it.
                let here = parser.buffered() as u64;
                let left = chunks.left().map(|left| (left + here).saturating_sub(boundary.len() as u64 + 8));
                self.take(event, left).await?;
            }
            if parser.is_closed() {
                break;
            }
            next = match &mut self.open {
                Open::File(_, incoming) => pour::next(chunks, incoming).await?,
                _ => chunks.next().await?,
            };
        }
        Ok(parser.finish()?)
    }

    async fn take(&mut self, event: Event, left: Option<u64>) -> Result<(), Reason> {
        match event {
            Event::Begin(part) => self.begin(part, left).await,
            Event::Data(data) => {
                if let Open::Unchosen(part) = &mut self.open {
                    let part = std::mem::take(part);
                    self.open_file(part, left.map(|left| left + data.len() as u64)).await?;
                }
                match &mut self.open {
                    Open::Field(_, value) => {
                        value.extend_from_slice(&data);
                        self.count(data.len())
                    }
                    Open::File(_, incoming) => Ok(incoming.write(data).await?),
                    Open::None | Open::Unchosen(_) => Ok(()),
                }
            }
            Event::End => self.end().await,
        }
    }

    async fn begin(&mut self, part: Part, left: Option<u64>) -> Result<(), Reason> {
        match &part.filename {
            None => {
                self.count(part.name.len())?;
                self.fields += FIELD;
                self.open = Open::Field(part, Vec::new());
                Ok(())
            }
            Some(name) if name.is_empty() => {
                self.open = Open::Unchosen(part);
                Ok(())
            }
            Some(_) => self.open_file(part, left).await,
        }
    }

    async fn open_file(&mut self, part: Part, expected: Option<u64>) -> Result<(), Reason> {
        let files = self.files.ok_or(Reason::Refused)?;
        let declared = Declared { expected, ..files.declared() };
        // A browser sends folders only where a folder was chosen, and then the page's script does it better.
        let name = safe_name(part.filename.as_deref().unwrap_or_default());
        let incoming = files.begin(&name, &declared).await?;
        self.open = Open::File(part, Box::new(incoming));
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), Reason> {
        self.fields += bytes as u64;
        if self.fields > self.limit { Err(Reason::Fields { limit: self.limit }) } else { Ok(()) }
    }

    async fn end(&mut self) -> Result<(), Reason> {
        match std::mem::replace(&mut self.open, Open::None) {
            Open::None | Open::Unchosen(_) => {}
            Open::Field(part, value) => {
                let latin1 = part.charset.as_deref().map_or(self.latin1, is_latin1);
                let value = decode(value, latin1);
                if part.name == "_charset_" {
                    self.latin1 = is_latin1(&value.to_ascii_lowercase());
                }
                self.form.fields.push((part.name, value));
            }
            Open::File(part, incoming) => {
                let finished = incoming.finish().await?;
                if let Some(files) = self.files {
                    let filename = part.filename.unwrap_or_default();
                    self.form.files.push(files.file(part.name, &filename, part.content_type, finished));
                }
            }
        }
        Ok(())
    }
}

fn is_latin1(charset: &str) -> bool {
    matches!(charset, "iso-8859-1" | "latin1" | "windows-1252")
}

/// A field's text; what is not valid is replaced, never refused.
fn decode(bytes: Vec<u8>, latin1: bool) -> String {
    if latin1 {
        return bytes.iter().map(|byte| char::from(*byte)).collect();
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
