//! A file in a coding: the sidecar that lies beside it, or its bytes compressed once and kept.

use std::path::Path;

use bytes::Bytes;

use super::charset::Charsets;
use super::content::{Beside, Content, LARGEST};
use super::read::settled;
use super::resolve::Root;
use crate::server::encode::{self, Accepted, Coding, Kept, Key};
use crate::server::source::{State, is_quiet};

/// What of a mount answering with one of its files needs.
#[derive(Clone, Copy)]
pub(super) struct Mount<'a> {
    pub(super) root: &'a Root,
    pub(super) sidecars: bool,
    pub(super) charsets: &'a Charsets,
    pub(super) compressed: &'a Kept,
}

/// A file in a coding.
pub(super) struct Coded {
    pub(super) coding: Coding,
    /// Its bytes, and the metadata that they are told apart by.
    pub(super) content: Content,
}

impl Mount<'_> {
    /// The sidecars (themselves, not what a link leads to) on which the answer to a client that
    /// takes these codings may depend.
    pub(super) fn beside(&self, path: &Path, accepted: Accepted) -> Beside {
        let codings = accepted.codings().filter(|_| self.sidecars);
        let look = |coding: Coding| {
            let path = Root::beside(path, coding.extension());
            let state = path.symlink_metadata().ok().map(|meta| State::of(&meta));
            (path, state)
        };
        codings.map(look).collect()
    }

    /// The file at the resolved `path` in the coding that suits the client best; `None` when it
    /// goes as it is.
    pub(super) async fn coded(&self, path: &Path, content: &Content, accepted: Accepted) -> Option<Coded> {
        if self.sidecars {
            for coding in accepted.codings() {
                if let Some(content) = self.sidecar(path, content, coding).await {
                    return Some(Coded { coding, content });
                }
            }
        }
        let coding = accepted.best()?;
        let bytes = self.compressed(content, coding).await?;
        let (file, path, meta) = (content.file.clone(), content.path.clone(), content.meta.clone());
        let content = Content { file, path, meta, bytes: Some(bytes) };
        Some(Coded { coding, content })
    }

    /// The sidecar, if it was made of the file as it is now, for all that can be told. An empty one
    /// is what a build that failed leaves behind.
    async fn sidecar(&self, path: &Path, content: &Content, coding: Coding) -> Option<Content> {
        let beside = self.root.open_beside(path, coding.extension())?;
        let current = beside.meta.len() > 0 && beside.meta.modified().ok()? >= content.meta.modified().ok()?;
        if current { Content::of(beside, LARGEST).await.ok() } else { None }
    }

    async fn compressed(&self, content: &Content, coding: Coding) -> Option<Bytes> {
        if !(encode::SMALLEST..=encode::LARGEST).contains(&content.size()) {
            return None;
        }
        if !is_quiet(&content.meta) {
            // Just saved, and perhaps not for the last time under this very time stamp.
            return match &content.bytes {
                Some(bytes) => encode::once(coding, bytes.clone()).await,
                None => None,
            };
        }
        let state = State::of(&content.meta);
        let (file, meta, bytes) = (content.file.clone(), content.meta.clone(), content.bytes.clone());
        let read = move || {
            if bytes.is_some() {
                return Ok(bytes);
            }
            let (bytes, meta) = settled(&file, meta, encode::LARGEST)?;
            Ok(bytes.filter(|_| State::of(&meta) == state).map(Bytes::from))
        };
        self.compressed.get(Key { state, coding }, read).await
    }
}

#[cfg(test)]
mod tests;
