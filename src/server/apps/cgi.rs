//! CGI/1.1 (RFC 3875): any executable file of a folder, started anew for each request.
//!
//! Its rooms in the order of a request: `script` (path → script and `PATH_INFO`), `turns` (how many run
//! at once), `spool` (a body of unknown length), `environ` and `arguments` (what it is told), `run`
//! (the process), `input` (what it reads), `head` (what its answer means), `output` (what it writes),
//! `redirect` (on to another path of ours), `trouble` (why there is no answer).

mod arguments;
mod environ;
mod head;
mod input;
mod output;
mod redirect;
mod run;
mod script;
mod spool;
mod trouble;
mod turns;

use std::path::PathBuf;
use std::sync::Arc;

use http::header::LOCATION;
use http::{Method, StatusCode};

use self::environ::Environment;
use self::head::Head;
use self::input::Input;
use self::output::Output;
use self::run::Running;
use self::script::{Found, Script};
use self::trouble::Trouble;
use crate::config::{self, Config};
use crate::event::{Event, Feed, Note};
use crate::server::answer::{Answer, Foreign};
use crate::server::body::{Body, Received};
use crate::server::files::Lookup;
use crate::server::files::resolve::Root;
use crate::server::gone::Gone;
use crate::server::request::Request;
use crate::server::status;

pub(crate) use self::redirect::{Asked, LocalRedirect};
pub(crate) use self::turns::Turns;

/// A folder of scripts.
pub(crate) struct Cgi {
    root: Root,
    settings: config::Cgi,
    /// Where static files are, for `PATH_TRANSLATED`.
    documents: PathBuf,
    /// In front of the names of scripts in notes: `cgi-bin/`.
    shown: String,
    port: u16,
}

/// What running a script takes beside the request.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) feed: &'a Feed,
    pub(crate) turns: &'a Arc<Turns>,
}

impl Cgi {
    pub(crate) fn new(settings: &config::Cgi, config: &Config) -> Self {
        // What was received is never run.
        let kept_out: Vec<_> = config.own_outputs().into_iter().chain(config.file.clone()).collect();
        let shown = settings.dir.strip_prefix(&config.root).unwrap_or(&settings.dir).display().to_string();
        Self {
            root: Root::new(&settings.dir, &kept_out),
            settings: settings.clone(),
            documents: config.static_dir.clone(),
            shown: if shown.is_empty() { shown } else { format!("{shown}/") },
            port: config.port,
        }
    }

    /// Runs the script at `below`, the path below the mount.
    pub(crate) async fn answer(&self, request: Request, below: &str, around: Around<'_>) -> Lookup {
        let script = match script::find(&self.root, below) {
            Found::Script(script) => script,
            Found::KeptBack => return Lookup::KeptBack,
            Found::Missing => return Lookup::Missing,
        };
        let name = format!("{}{}", self.shown, script.name);
        let html = status::accepts_html(&request.head.headers);
        let details = request.may_see_details();
        Lookup::Found(match self.run(request, below, &script, &name, around).await {
            Ok(answer) => answer,
            Err(trouble) => {
                if !trouble.is_told_elsewhere() {
                    let note = Note::error(format!("{name}: {}", trouble.brief())).with_detail(trouble.detail.clone());
                    around.feed.event(Event::Note(note));
                }
                trouble.answer(html, details)
            }
        })
    }

    async fn run(
        &self,
        mut request: Request,
        below: &str,
        script: &Script,
        name: &str,
        around: Around<'_>,
    ) -> Result<Answer, Trouble> {
        script.check()?;
        let gone = request.head.extensions.get::<Gone>().cloned();
        let is_head = request.head.method == Method::HEAD;
        let body = std::mem::replace(&mut request.body, Received::full(""));
        // A body that dawdles takes no turn.
        let input = Input::of(&request.head, body).await?;
        let turn = around.turns.take(self.settings.timeout).await?;
        let variables = Environment {
            request: &request,
            below,
            script,
            documents: &self.documents,
            port: self.port,
            length: input.length(),
            extra: &self.settings.env,
        }
        .variables();
        let words = arguments::of(&request.head.method, request.head.uri.query());
        let running = Running::start(script, words, variables, input, name, around.feed)?;
        let mut output = Output::new(running, turn, self.settings.timeout, gone);
        let head = output.head().await?;
        Ok(finish(head, output, is_head))
    }
}

/// What a script's head and the rest of its output are as an answer.
fn finish(head: Head, output: Output, is_head: bool) -> Answer {
    let mut answer = Answer::new(Body::Empty);
    answer.extensions_mut().insert(Foreign);
    match head {
        Head::Local(to) => {
            output.discard();
            *answer.status_mut() = StatusCode::FOUND;
            answer.extensions_mut().insert(LocalRedirect(to));
            return answer;
        }
        Head::Client(to) => {
            *answer.status_mut() = StatusCode::FOUND;
            answer.headers_mut().insert(LOCATION, to);
            output.discard();
            return answer;
        }
        Head::Document { status, headers } => {
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
        }
    }
    if is_head {
        output.discard();
    } else {
        let length = head::length(answer.headers());
        *answer.body_mut() = Body::stream(output.of_length(length));
    }
    answer
}
