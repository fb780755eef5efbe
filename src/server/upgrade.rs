//! A socket that is handed over to another protocol (RFC 9110, section 7.8).

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

/// Bytes both ways.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A socket, whatever it is.
pub type Socket = Box<dyn Io>;

/// In the extensions of a request that asks for another protocol: resolves to its socket when the
/// answer was 101.
#[derive(Clone)]
pub struct OnUpgrade(Arc<Mutex<Option<oneshot::Receiver<Socket>>>>);

impl OnUpgrade {
    pub(crate) fn new() -> (Self, oneshot::Sender<Socket>) {
        let (send, receive) = oneshot::channel();
        (Self(Arc::new(Mutex::new(Some(receive)))), send)
    }

    /// The socket; `None` when the answer was another, or it has been taken.
    pub async fn wait(self) -> Option<Socket> {
        let receive = self.0.lock().take()?;
        receive.await.ok()
    }
}
