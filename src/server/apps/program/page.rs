//! What is answered in place of a program that does not.

use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};

use super::{Now, State};
use crate::config::Program;
use crate::server::answer::{Answer, escape_html, html, text};
use crate::server::request::Request;
use crate::server::status;

/// Who asked, as far as the answer depends on it.
pub(super) struct Asker {
    details: bool,
    page: bool,
}

impl Asker {
    pub(super) fn of(request: &Request) -> Self {
        let page = request.document || status::accepts_html(&request.head.headers);
        Self { details: request.may_see_details(), page }
    }

    /// 502 for a request that may have been carried out, and is not to be asked again without a thought.
    pub(super) fn cut_off(&self, program: &Program) -> Answer {
        let name = program.name();
        let (title, name) = if self.details {
            (format!("{name} ended"), name.as_str())
        } else {
            ("The app ended".to_owned(), "The app")
        };
        let text = format!(
            "{name} ended while it was answering. What was asked may have been done: look before you ask again."
        );
        status::page(StatusCode::BAD_GATEWAY, self.page, &title, &text)
    }

    /// 503 where it is to come, 502 where it failed: the program's name, command and last lines for those who may
    /// see them, the bare fact for others.
    pub(super) fn answer(&self, program: &Program, now: &Now) -> Answer {
        let name = program.name();
        let (code, title, why) = match &now.state {
            State::Starting | State::Answers(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, format!("{name} is starting"), "It does not answer yet.".to_owned())
            }
            State::Late(why) => {
                (StatusCode::SERVICE_UNAVAILABLE, format!("{name} does not answer yet"), format!("It {why}."))
            }
            State::Again(why) | State::Down(why) => (
                StatusCode::BAD_GATEWAY,
                format!("{name} does not run"),
                format!("It {why}. stan tries again by itself."),
            ),
            State::Over => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("{name} has been ended"),
                "Ask again: another may be there by now.".to_owned(),
            ),
        };
        let last = now.last.text();
        let mut answer = if !self.details {
            let advice =
                "The app behind this page does not answer just now. The details are on the screen of the computer.";
            let title = if code == StatusCode::BAD_GATEWAY { "The app does not run" } else { "The app is starting" };
            status::page(code, self.page, title, advice)
        } else if self.page {
            html(code, document(&title, &why, &program.command, &last))
        } else {
            let last = if last.is_empty() { String::new() } else { format!("\nIt said last:\n{last}\n") };
            text(code, format!("{title}\n{why}\nThe command is {}\n{last}", program.command))
        };
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        answer
    }
}

fn document(title: &str, why: &str, command: &str, last: &str) -> String {
    let said = match last {
        "" => "<p>It has said nothing.</p>".to_owned(),
        last => format!("<p>It said last:</p>\n<pre>{}</pre>", escape_html(last)),
    };
    let main = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<p>The command is <code>{}</code>.</p>\n{said}\n\
         <p>This page refreshes by itself when it answers.</p>",
        escape_html(title),
        escape_html(why),
        escape_html(command)
    );
    status::document(title, "h1{color:var(--bad)}", &main)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::config::app::example;
    use crate::server::apps::said::Last;

    async fn said(asker: &Asker, state: State) -> (u16, String) {
        let now = Now { state, run: 1, pid: None, port: None, last: Last::default() };
        let answer = asker.answer(&example("/shop", "run <it>"), &now);
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn names_and_commands_are_for_those_who_may_see_them() {
        for page in [true, false] {
            let (status, text) = said(&Asker { details: true, page }, State::Down("ended".into())).await;
            let command = if page { "run &lt;it&gt;" } else { "run <it>" };
            assert!(status == 502 && text.contains("shop does not run") && text.contains(command), "{text}");
            let (status, text) = said(&Asker { details: false, page }, State::Late("is slow".into())).await;
            assert!(status == 503 && !text.contains("shop") && !text.contains("slow"), "{text}");
        }
    }
}
