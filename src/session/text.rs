//! The text that is shared with the phones, by order.

use std::path::{Path, PathBuf};

use tokio::io::AsyncReadExt as _;

use super::Session;
use crate::command::{Reply, Share};
use crate::server::store::Shared;
use crate::text::size;

/// Lines of the shared text that are shown.
const LINES: usize = 200;
/// Characters of a line.
const LINE: usize = 400;

impl Session {
    /// Shares a text with the phones, shows it, or takes it back.
    pub(super) async fn text(&self, share: Share) -> Reply {
        let text = match share {
            Share::Show => return self.shown(),
            Share::Clear if self.store.shared().take_back() => return Reply::done("taken back; nothing is shared now"),
            Share::Clear => return Reply::done("nothing was shared"),
            Share::Words(words) => Ok(words),
            Share::File(path) => read(&path).await,
        };
        match text {
            Err(why) => Reply::failed(why),
            Ok(_) if !self.layers.config().upload.enabled => {
                Reply::failed("uploads are off, and with them the page that would show it: start without --no-upload")
            }
            Ok(text) => {
                self.store.shared().give(&text);
                let bytes = size(text.len() as u64);
                Reply::done(format!("{bytes} shared; the upload page shows it, text clear takes it back"))
            }
        }
    }

    fn shown(&self) -> Reply {
        let Some(shared) = self.store.shared().current() else {
            return Reply::done("nothing is shared; text WORDS shares something with the phones");
        };
        let mut lines = shared.text.lines().map(|line| line.chars().take(LINE).collect::<String>());
        let above: Vec<String> = lines.by_ref().take(LINES).collect();
        let line = match (above.as_slice(), lines.count()) {
            ([only], 0) => return Reply::done(format!("shared: {only}")),
            (_, 0) => format!("{} shared", size(shared.text.len() as u64)),
            (_, more) => format!("{} shared, {more} more lines", size(shared.text.len() as u64)),
        };
        Reply { ok: true, line, above }
    }
}

/// The text that a file contains, or why there is none.
async fn read(path: &Path) -> Result<String, String> {
    let path = at_home(path);
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    // What is no file could keep us waiting for ever.
    if !tokio::fs::metadata(&path).await.map_err(failed)?.is_file() {
        return Err(format!("{} is not a file", path.display()));
    }
    let file = tokio::fs::File::open(&path).await.map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(Shared::MOST as u64 + 1).read_to_end(&mut bytes).await.map_err(failed)?;
    if bytes.len() > Shared::MOST {
        return Err(format!("{} is larger than 4 MiB, the most that a shared text may be", path.display()));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{} is not a text in UTF-8", path.display()))?;
    if text.is_empty() { Err(format!("{} is empty", path.display())) } else { Ok(text) }
}

/// `path` with `~/` as a shell would read it.
fn at_home(path: &Path) -> PathBuf {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match (path.strip_prefix("~"), home) {
        (Ok(below), Some(home)) => Path::new(&home).join(below),
        _ => path.to_owned(),
    }
}
