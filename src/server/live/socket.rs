//! One page's socket: messages out, answers in, a heartbeat both ways.

use std::time::{Duration, Instant, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::Seat;
use super::message::{FromPage, ToPage};

/// Between two heartbeats.
const BEAT: Duration = Duration::from_secs(10);
/// A page that has been silent for so long is gone (iOS kills sockets without a word).
const SILENCE: Duration = Duration::from_secs(30);
/// How long the network may take to accept a message.
const SEND: Duration = Duration::from_secs(5);
/// Bytes of one message from a page.
const MESSAGE: usize = 64 * 1024;

/// A WebSocket over an upgraded connection, with small buffers.
pub(super) async fn over<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> WebSocketStream<S> {
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(Some(MESSAGE))
        .max_frame_size(Some(MESSAGE));
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await
}

/// Serves a page until it or the server goes. It leaves its seat at the end.
pub(super) async fn serve<S>(mut socket: WebSocketStream<S>, mut queue: mpsc::Receiver<Utf8Bytes>, seat: Seat)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut heard = Instant::now();
    let mut beat = next_beat(seat.live.epoch, heard);
    loop {
        let message = tokio::select! {
            biased;
            message = queue.recv() => if let Some(text) = message {
                text
            } else {
                // Let go: it was too slow, or the server stops.
                let _ = timeout(SEND, socket.close(None)).await;
                return;
            },
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    heard = Instant::now();
                    let Some(text) = answer(&text, &seat).await else { continue };
                    text
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    heard = Instant::now();
                    continue;
                }
            },
            () = sleep_until(beat.into()) => {
                let now = Instant::now();
                if now.duration_since(heard) > SILENCE {
                    return;
                }
                beat = next_beat(seat.live.epoch, now);
                ToPage::Ping.text()
            }
        };
        if !matches!(timeout(SEND, socket.send(Message::Text(message))).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// The next tick of the common clock.
fn next_beat(epoch: Instant, now: Instant) -> Instant {
    let beats = now.duration_since(epoch).as_secs() / BEAT.as_secs() + 1;
    epoch + BEAT * u32::try_from(beats).unwrap_or(u32::MAX)
}

async fn answer(text: &str, seat: &Seat) -> Option<Utf8Bytes> {
    let Ok(FromPage::Back { page, build, since, uses }) = serde_json::from_str(text) else { return None };
    if let Some(known) = seat.live.pages.lock().open.get_mut(&seat.id) {
        known.path = Some(page.clone());
    }
    let site = seat.live.missed.clone();
    let away = UNIX_EPOCH + Duration::from_millis(since)..seat.since;
    let missed = tokio::task::spawn_blocking(move || site.missed(&page, &build, away, &uses)).await;
    missed.unwrap_or(false).then(|| ToPage::Reload { missed: true }.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_hearts_beat_together() {
        let epoch = Instant::now();
        let at = |s| epoch + Duration::from_secs(s);
        assert_eq!(next_beat(epoch, epoch), at(10));
        assert_eq!(next_beat(epoch, at(9)), at(10));
        assert_eq!(next_beat(epoch, at(10)), at(20));
        assert_eq!(next_beat(epoch, at(23)), at(30));
    }
}
