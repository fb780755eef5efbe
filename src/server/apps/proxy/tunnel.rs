//! Two sockets that speak another protocol with each other, a WebSocket most often.

use bytes::Bytes;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional_with_sizes};

use super::connect::Io;
use crate::server::drain::Bell;
use crate::server::upgrade::OnUpgrade;

/// Bytes on their way, each way.
const BUFFER: usize = 16 << 10;

/// Passes bytes both ways until both sides have ended, or `ends` rings. `early` is what the upstream has said
/// already. They may be silent for as long as they like.
pub(super) async fn run(client: OnUpgrade, mut upstream: Io, early: Bytes, ends: Bell) {
    let passing = async {
        let Some(mut client) = client.wait().await else { return };
        if client.write_all(&early).await.is_ok() {
            // Whoever failed has gone; the other hears it by the end of its socket.
            let _ = copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER, BUFFER).await;
        }
    };
    tokio::select! {
        () = passing => {}
        () = ends.rings() => {}
    }
}
