//! The route of a program: requests wait until it answers, and are passed on to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use super::page::Asker;
use super::{App, State};
use crate::config;
use crate::server::answer::Answer;
use crate::server::apps::proxy::Unanswered;
use crate::server::apps::{Around, Proxy};
use crate::server::request::Request;

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

    /// Passes a request on once there is somebody to answer it.
    pub(crate) async fn answer(&self, request: Request, around: &Around<'_>) -> Answer {
        let asker = Asker::of(&request);
        let (run, at) = match self.app.answering().await {
            Ok(answering) => answering,
            Err(now) => return asker.answer(&self.app.program, &now),
        };
        let Some(proxy) = self.proxy(run, at) else { return asker.answer(&self.app.program, &self.app.now.borrow()) };
        let answer = proxy.answer(request, around).await;
        if answer.extensions().get::<Unanswered>().is_none() {
            return answer;
        }
        // It ended instead of answering.
        match self.app.is_over(run).await {
            Some(now) if !matches!(now.state, State::Answers(_)) => {
                self.app.shared.awaited.store(true, std::sync::atomic::Ordering::Relaxed);
                asker.answer(&self.app.program, &now)
            }
            _ => answer,
        }
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
