//! The route of a program: requests wait until it answers, and are passed on to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use http::header::UPGRADE;
use http_body::Body as _;
use parking_lot::Mutex;

use super::page::Asker;
use super::{App, Now, State};
use crate::config;
use crate::server::answer::Answer;
use crate::server::apps::proxy::NoAnswer;
use crate::server::apps::{Around, Proxy};
use crate::server::body::Received;
use crate::server::request::Request;

/// How often a request is passed on at most.
const TRIES: usize = 3;

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

    /// Passes a request on once there is somebody to answer it; again where that one had to make room for the next
    /// run, and it may be sent twice (RFC 9110, section 9.2.1).
    pub(crate) async fn answer(&self, request: Request, around: &Around<'_>) -> Answer {
        let asker = Asker::of(&request);
        let mut request = request;
        for _ in 0..TRIES {
            let again = copy(&request);
            let (run, at) = match self.app.answering().await {
                Ok(answering) => answering,
                Err(now) => return asker.answer(&self.app.program, &now),
            };
            let Some(proxy) = self.proxy(run, at) else { break };
            let answer = proxy.answer(request, around).await;
            if answer.extensions().get::<NoAnswer>().is_none() {
                return answer;
            }
            match (self.app.is_over(run).await, again) {
                (None, _) => return answer,
                (Some(Now { state: State::Starting | State::Answers(_), .. }), Some(again)) => request = again,
                _ => break,
            }
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
        let fresh = Arc::new(Proxy::new(&settings, &self.app.program.path));
        *proxy = Some((run, fresh.clone()));
        Some(fresh)
    }
}

/// The same request once more, where it may be sent twice.
fn copy(request: &Request) -> Option<Request> {
    let repeatable = request.head.method.is_safe() && request.body.is_end_stream() && request.header(UPGRADE).is_none();
    repeatable.then(|| Request {
        head: request.head.clone(),
        body: Received::full(""),
        peer: request.peer,
        path: request.path.clone(),
        params: request.params.clone(),
        document: request.document,
    })
}
