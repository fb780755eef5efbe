//! Lines on their way out: whoever reads them slowly, or not at all, holds up nothing else.

use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Texts that may wait; one is all that happened between two looks.
const WAITING: usize = 256;
/// How long the last lines may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Prints in the order given, on a task of its own.
pub(super) struct Printer {
    texts: mpsc::Sender<String>,
    task: JoinHandle<()>,
    lost: usize,
}

impl Printer {
    /// Prints to `out`. When it fails (a closed pipe, a full disk), printing ends and nothing else.
    pub(super) fn new(mut out: impl AsyncWrite + Unpin + Send + 'static) -> Self {
        let (texts, mut waiting) = mpsc::channel::<String>(WAITING);
        let task = tokio::spawn(async move {
            while let Some(text) = waiting.recv().await {
                if out.write_all(text.as_bytes()).await.is_err() || out.flush().await.is_err() {
                    return;
                }
            }
        });
        Self { texts, task, lost: 0 }
    }

    /// Prints whole lines, or counts them as lost where too much waits already.
    pub(super) fn print(&mut self, mut text: String) {
        if text.is_empty() {
            return;
        }
        if self.lost > 0 {
            text.insert_str(0, &format!("note {} lines found no reader in time\n", self.lost));
        }
        match self.texts.try_send(text) {
            Ok(()) => self.lost = 0,
            Err(mpsc::error::TrySendError::Full(text)) => {
                self.lost += text.lines().count() - usize::from(self.lost > 0);
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }

    /// Waits until all is printed, or nobody reads it.
    pub(super) async fn finish(self) {
        drop(self.texts);
        let _ = timeout(PATIENCE, self.task).await;
    }
}
