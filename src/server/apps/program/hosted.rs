//! The route of a program: requests wait until it answers, and are passed on to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use http::header::UPGRADE;
use http_body::Body as _;
use parking_lot::Mutex;

use super::page::Asker;
use super::{App, State};
use crate::config;
use crate::event::Event;
use crate::server::answer::Answer;
use crate::server::apps::proxy::NoAnswer;
use crate::server::apps::{Around, Proxy};
use crate::server::body::Received;
use crate::server::request::Request;

/// How often a request is passed on at most: a person may save again and again.
const TRIES: usize = 8;

/// What answers on a program's route.
pub(crate) struct Hosted {
    app: Arc<App>,
    settings: config::Proxy,
    /// To the run that answers.
    proxy: Mutex<Option<(u64, Arc<Proxy>)>>,
}

impl Hosted {
    /// `settings` say how the program is spoken to, wherever it is.
    pub(crate) fn new(app: Arc<App>, settings: &config::Proxy) -> Self {
        Self { app, settings: settings.clone(), proxy: Mutex::default() }
    }

    /// Passes a request on once there is somebody to answer it. Again where that one has ended, and nothing was sent;
    /// or where it only had to make room for the next run, and the request may be sent twice (RFC 9110, section 9.2.1).
    pub(crate) async fn answer(&self, request: Request, around: &Around<'_>) -> Answer {
        let asker = Asker::of(&request);
        let mut request = request;
        for _ in 0..TRIES {
            let kept = without_body(&request);
            let harmless = request.head.method.is_safe() && request.body.is_end_stream();
            let twice = harmless && request.header(UPGRADE).is_none();
            let (run, at) = match self.app.answering().await {
                Ok(answering) => answering,
                Err(now) => return asker.answer(&self.app.program, &now),
            };
            let Some(proxy) = self.proxy(run, at) else { break };
            let mut answer = proxy.answer(request, around).await;
            let Some(none) = answer.extensions_mut().remove::<NoAnswer>() else { return answer };
            let Some(now) = self.app.is_over(run).await else {
                none.news().into_iter().for_each(|news| around.feed.event(Event::Note(news)));
                return answer;
            };
            request = match (none.unsent(), now.state) {
                (Some(body), State::Starting | State::Again(_) | State::Answers(_)) => Request { body, ..kept },
                (None, State::Starting | State::Answers(_)) if twice => kept,
                (None, _) if !harmless => return asker.cut_off(&self.app.program),
                _ => break,
            };
        }
        asker.answer(&self.app.program, &self.app.missed())
    }

    /// To where the run answers. Connections to one before lead nowhere.
    fn proxy(&self, run: u64, at: SocketAddr) -> Option<Arc<Proxy>> {
        let mut proxy = self.proxy.lock();
        if let Some((_, known)) = proxy.as_ref().filter(|(known, _)| *known == run) {
            return Some(known.clone());
        }
        let upstream = config::Upstream::parse(&format!("http://{at}"), Path::new("/"))?;
        let settings = config::Proxy { upstreams: vec![upstream], ..self.settings.clone() };
        let fresh = Arc::new(Proxy::hosted(&settings, &self.app.program.path, &self.app.name));
        *proxy = Some((run, fresh.clone()));
        Some(fresh)
    }
}

/// The same request once more, but for its body.
fn without_body(request: &Request) -> Request {
    Request {
        head: request.head.clone(),
        body: Received::full(""),
        peer: request.peer,
        path: request.path.clone(),
        params: request.params.clone(),
        document: request.document,
    }
}
