//! One accept loop: as many connections as may be had, and a word to those beyond.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::connection;
use super::drain::Drain;
use super::listener::{Backoff, Trouble, accept};
use super::pipeline::Pipeline;
use super::stats::Open;
use super::{answer, descriptors, http1};
use crate::event::{Event, Note};

/// The same trouble is told again after this.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Accepts until it is cancelled or the socket dies.
pub(super) async fn accept_loop(
    listener: Arc<TcpListener>,
    pipeline: Arc<Pipeline>,
    drain: Arc<Drain>,
    died: mpsc::Sender<()>,
) {
    let mut backoff = Backoff::new();
    let (mut full, mut refused) = (Told::default(), Told::default());
    let note = |text: String| pipeline.recorder.feed.event(Event::Note(Note::error(text)));
    loop {
        match accept(&listener).await {
            Ok((stream, peer)) => {
                backoff.reset();
                let stats = pipeline.recorder.stats.clone();
                let limit = pipeline.site.load().config.limits.connections;
                let room = descriptors::room();
                if stats.connections() >= limit.min(room) {
                    turn_away(&stream);
                    if full.again() {
                        let why = if limit <= room { "limits.connections in stan.conf" } else { "ulimit -n" };
                        note(format!("refused connections: {} are open, as many as {why} allows", stats.connections()));
                    }
                    continue;
                }
                tokio::spawn(connection::serve(stream, peer, pipeline.clone(), drain.clone(), Open::new(stats)));
            }
            Err(trouble @ (Trouble::Full | Trouble::Refused(_))) => {
                if refused.again() {
                    note(match trouble {
                        Trouble::Refused(error) => format!("the system refuses new connections: {error}"),
                        _ => "no descriptors left for new connections; they wait (see ulimit -n)".to_owned(),
                    });
                }
                // A connection that ends leaves room.
                tokio::select! {
                    () = tokio::time::sleep(backoff.next()) => {}
                    () = pipeline.recorder.stats.fewer_connections() => {}
                }
            }
            Err(Trouble::Dead(error)) => {
                note(format!("the listening socket died ({error}); binding again"));
                let _ = died.try_send(());
                return;
            }
        }
    }
}

/// Says what is told once in a while.
#[derive(Default)]
struct Told(Option<Instant>);

impl Told {
    fn again(&mut self) -> bool {
        let due = self.0.is_none_or(|told| told.elapsed() > TOLD_EVERY);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}

/// Answers a connection for which there is no room (RFC 9110, section 15.6.4).
fn turn_away(stream: &TcpStream) {
    let mut answer = answer::text(StatusCode::SERVICE_UNAVAILABLE, "too many connections; try again in a moment\n");
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    // Best effort: whoever does not read at once has lost the answer.
    let _ = stream.try_write(&http1::last_word(answer));
}
