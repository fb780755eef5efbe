//! From a request to its answer.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, StatusCode};

use super::App;
use super::exchange::{First, Lost, Thread};
use super::failure::{Asker, Failure};
use super::pool::Refusal;
use super::pump::Sending;
use super::slot::Told;
use super::{environ, pump, reply, sent};
use crate::server::answer::{Answer, Foreign};
use crate::server::body::{Body, Received};
use crate::server::request::Request;

impl App {
    /// Answers; `below` is the path below the mount, `most` how large a body may be.
    pub(crate) async fn answer(&self, mut request: Request, below: &str, most: u64) -> Answer {
        let asker = Asker::of(&request);
        let environ = environ::of(&request, below);
        let head = request.head.method == Method::HEAD;
        let body = std::mem::replace(&mut request.body, Received::full(""));
        let Ok(body) = pump::begin(body).await else {
            return cut_short(&asker);
        };
        drop(request);
        let whole = match &body {
            Sending::Whole(bytes) => Some(&bytes[..]),
            Sending::Streamed(_) => None,
        };
        match self.pool.ask(&environ, whole).await {
            Ok(Told::Whole(bytes, body)) => match reply::head(&bytes) {
                Ok((status, headers)) => self.whole(status, headers, body, head, &asker),
                Err(wrong) => self.failed(&asker, &Failure::new(wrong, "")),
            },
            Ok(Told::Failure(told)) => self.failed(&asker, &Failure::told(&told, &self.config.dir)),
            Ok(Told::Broken(failure)) => asker.answer(&failure),
            Ok(Told::Home(lease)) => {
                let thread = Thread::new(lease, body, most, self.about.clone());
                Box::pin(self.on_its_own(thread, head, most, &asker)).await
            }
            Err(Refusal::Nobody) => self.nobody(&asker),
            Err(Refusal::Crowded) => busy(&asker),
            Err(Refusal::Gone) if self.about.end.is_cancelled() => ended(&asker),
            Err(Refusal::Gone) => self.failed(&asker, &gone()),
            Err(Refusal::Hung(worker)) => self.hung(worker, &asker),
        }
    }

    /// The answer that comes over a connection of its own.
    async fn on_its_own(&self, mut thread: Thread, head: bool, most: u64, asker: &Asker) -> Answer {
        match thread.first().await {
            Ok(First::Head(bytes)) => match reply::head(&bytes) {
                Ok((status, headers)) => self.reply(thread, status, headers, head, asker),
                Err(wrong) => self.failed(asker, &Failure::new(wrong, "")),
            },
            Ok(First::File(place)) => {
                let answer = self.file(&place, asker).await;
                thread.opened().await;
                thread.settle(false);
                answer
            }
            Ok(First::Failure(told)) => {
                if thread.pump.as_ref().is_some_and(pump::Pump::too_large) {
                    thread.settle(false);
                    let text = format!("The body is larger than limits.body in stan.conf, {most} bytes.");
                    return asker.status(StatusCode::PAYLOAD_TOO_LARGE, "Too large", &text);
                }
                if thread.pump.as_ref().is_some_and(pump::Pump::cut_short) {
                    thread.settle(false);
                    return cut_short(asker);
                }
                let failure = Failure::told(&told, &self.config.dir);
                thread.settle(false);
                self.failed(asker, &failure)
            }
            Err(Lost::Gone) => self.failed(asker, &gone()),
            Err(Lost::Hung) => {
                let worker = thread.lease.worker();
                drop(thread);
                self.hung(worker, asker)
            }
        }
    }

    fn hung(&self, worker: u64, asker: &Asker) -> Answer {
        self.about.hung(worker);
        asker.status(StatusCode::GATEWAY_TIMEOUT, "No answer", "The app did not answer in time.")
    }

    /// The answer whose body has come whole.
    fn whole(&self, status: StatusCode, headers: HeaderMap, mut bytes: Bytes, head: bool, asker: &Asker) -> Answer {
        let have = bytes.len() as u64;
        let body = match reply::length(&headers) {
            _ if head || bodiless(status) => unknown(),
            Some(length) if length > have => {
                let short = format!("the answer is {} bytes shorter than its Content-Length", length - have);
                return self.failed(asker, &Failure::new(short, ""));
            }
            Some(length) => {
                bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
                Body::full(bytes)
            }
            None => Body::full(bytes),
        };
        answer(status, headers, body)
    }

    fn reply(&self, mut thread: Thread, status: StatusCode, headers: HeaderMap, head: bool, asker: &Asker) -> Answer {
        if let Some((bytes, idle)) = thread.whole() {
            thread.settle(idle);
            return self.whole(status, headers, bytes, head, asker);
        }
        let left = if head || bodiless(status) { None } else { reply::length(&headers) };
        let body = Body::stream(reply::Streamed::new(thread, left));
        answer(status, headers, body)
    }

    /// An answer that is a file.
    async fn file(&self, place: &[u8], asker: &Asker) -> Answer {
        let wrong = |line: &str| self.failed(asker, &Failure::new(line, ""));
        let Some(place) = sent::Place::read(place) else { return wrong("the worker does not keep to the protocol") };
        let (status, headers) = match reply::head(place.head) {
            Ok(head) => head,
            Err(why) => return wrong(&why),
        };
        let Some(body) = place.body(reply::length(&headers)).await else {
            return wrong("the file of the answer is another one by now, or shorter than its Content-Length");
        };
        answer(status, headers, body)
    }

    /// What is answered where no worker has imported the app in time.
    fn nobody(&self, asker: &Asker) -> Answer {
        let line = "not imported yet, and requests have waited too long (see timeout in stan.conf)";
        self.about.failed(&Failure::new(line, ""));
        let text = "No worker has imported the app yet. Try again, or see what it does while it is imported.";
        asker.status(StatusCode::SERVICE_UNAVAILABLE, "Not ready", text)
    }

    fn failed(&self, asker: &Asker, failure: &Failure) -> Answer {
        self.about.failed(failure);
        asker.answer(failure)
    }
}

fn answer(status: StatusCode, mut headers: HeaderMap, body: Body) -> Answer {
    if status == StatusCode::NO_CONTENT {
        // RFC 9110, section 8.6.
        headers.remove(CONTENT_LENGTH);
    }
    let mut answer = Answer::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer.extensions_mut().insert(Foreign);
    answer
}

fn gone() -> Failure {
    Failure::new("the worker ended before it had answered", "")
}

fn cut_short(asker: &Asker) -> Answer {
    asker.status(StatusCode::BAD_REQUEST, "Cut short", "The body of the request did not arrive whole.")
}

fn ended(asker: &Asker) -> Answer {
    asker.status(StatusCode::SERVICE_UNAVAILABLE, "Ended", "The app is being ended. Try again in a moment.")
}

fn busy(asker: &Asker) -> Answer {
    let text = "All threads of the app are busy. Try again, or raise workers or threads in stan.conf.";
    asker.status(StatusCode::SERVICE_UNAVAILABLE, "Busy", text)
}

fn bodiless(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The body of an answer to HEAD: nobody has said how long it would be.
fn unknown() -> Body {
    Body::stream(http_body_util::StreamBody::new(futures_util::stream::empty()))
}
