//! Why a script did not answer: for the terminal, for who may know, and for all others.

use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};
use rustix::io::Errno;

use super::run::LastWords;
use crate::server::answer::Answer;
use crate::server::status;
use crate::text;

/// Bytes that are shown of what came instead of a header.
const SHOWN: usize = 600;

/// Why there is no answer of the script's own.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) status: StatusCode,
    title: &'static str,
    /// What failed, in a few words.
    why: String,
    /// What to do next.
    pub(super) what_to_do: String,
    /// What the script said.
    pub(super) detail: String,
    /// Whoever asked may know.
    public: bool,
}

impl Trouble {
    fn new(status: StatusCode, title: &'static str, why: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        let public = status != StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, title, why: why.into(), what_to_do: what_to_do.into(), detail: String::new(), public }
    }

    fn failed(why: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The script failed", why, what_to_do)
    }

    pub(super) fn busy() -> Self {
        let why = "as many scripts run as may at once";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Too much at once", why, "try again in a moment")
    }

    pub(super) fn non_parsed() -> Self {
        let why = "a script whose name begins with nph- writes the whole answer itself, which stan does not take";
        let what = "give it another name and have it write a CGI header";
        Self::new(StatusCode::NOT_IMPLEMENTED, "Non-parsed headers", why, what)
    }

    pub(super) fn not_executable(path: &Path) -> Self {
        Self::failed("it may not be run", format!("chmod +x {}", path.display()))
    }

    pub(super) fn timeout(patience: Duration) -> Self {
        let why = format!("it did nothing for {} and was ended", text::duration(patience));
        Self::new(StatusCode::GATEWAY_TIMEOUT, "The script took too long", why, "see timeout of its route in stan.conf")
    }

    pub(super) fn no_room(error: &io::Error) -> Self {
        let why = format!("a body without a length found no room among the temporary files ({error})");
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "No room", why, "make room there, or set TMPDIR")
    }

    /// The client's body did not come whole.
    pub(super) fn body(error: &io::Error) -> Self {
        let status = match error.kind() {
            io::ErrorKind::TimedOut => StatusCode::REQUEST_TIMEOUT,
            // Whoever set the limit says so.
            io::ErrorKind::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, "The body was not taken", error.to_string(), "")
    }

    /// Nobody is there to be answered.
    pub(super) fn gone() -> Self {
        let status = StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT);
        Self::new(status, "Closed by the client", "the client has gone", "")
    }

    /// Whether it is no failure of the script's: the client has gone, or has sent too much.
    pub(super) fn is_told_elsewhere(&self) -> bool {
        self.status == 499 || self.status == StatusCode::PAYLOAD_TOO_LARGE
    }

    pub(super) fn unreadable(error: &io::Error) -> Self {
        Self::failed(format!("its output could not be read ({error})"), "")
    }

    /// What came is no header. One that failed has `said` why, which matters more than what it did not write.
    pub(super) fn no_head(why: &str, came: &[u8], said: &LastWords, path: &Path) -> Self {
        let mut trouble = match &said.status {
            // The system hands what it does not know to the shell.
            Some(_) if is_for_the_shell(path) => {
                Self::failed("it has no #! line, and is no script of the shell", "begin it with #!/usr/bin/env python3")
            }
            Some(status) if !said.last_line().is_empty() => {
                Self::failed(format!("{} (it {status})", said.last_line()), "")
            }
            _ => Self::failed(why, "a script begins with lines such as Content-Type: text/html and an empty one"),
        };
        let said = said.text();
        let came = String::from_utf8_lossy(came.get(..SHOWN).unwrap_or(came)).trim_end().to_owned();
        let came = if came.is_empty() { came } else { format!("It wrote:\n{came}") };
        trouble.detail = [said, came].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        trouble
    }

    /// The system did not start it.
    pub(super) fn not_started(error: &io::Error, path: &Path) -> Self {
        let shebang = shebang(path);
        let shown = path.display();
        match (Errno::from_io_error(error), shebang) {
            (Some(Errno::NOENT), Some(line)) if line.ends_with('\r') => Self::failed(
                format!("its first line, {}, ends as on Windows", line.trim_end()),
                format!("save {shown} with the line ends of Unix"),
            ),
            (Some(Errno::NOENT), Some(line)) => {
                Self::failed(format!("what its first line names is not there: {line}"), "install it or mend the line")
            }
            (Some(Errno::NOENT), None) => Self::failed(
                "it is a program for another system: what would load it is not there",
                format!("see file {shown}"),
            ),
            (Some(Errno::NOEXEC), _) => Self::failed(
                "it is no program and names none to run it with",
                "begin it with a line such as #!/usr/bin/env python3",
            ),
            (Some(Errno::ACCESS | Errno::PERM), _) => Self::failed(
                format!("the system may not run it ({error})"),
                format!("see the permissions of {shown}, of what its first line names, and noexec of its disk"),
            ),
            (Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE), _) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too much at once",
                format!("the system starts no more programs just now ({error})"),
                "try again in a moment",
            ),
            (Some(Errno::TOOBIG), _) => {
                Self::failed("the request's header and query are too long for a program's environment", "")
            }
            _ => Self::failed(format!("it could not be started ({error})"), ""),
        }
    }

    /// One line for the terminal.
    pub(super) fn brief(&self) -> String {
        if self.what_to_do.is_empty() { self.why.clone() } else { format!("{}: {}", self.why, self.what_to_do) }
    }

    /// What whoever asked is told.
    pub(super) fn answer(&self, html: bool, details: bool) -> Answer {
        let shown = match (details, self.public) {
            (true, _) => [self.brief(), self.detail.clone()].join("\n").trim_end().to_owned(),
            (false, true) => self.why.clone(),
            (false, false) => "Whoever runs this server sees why.".to_owned(),
        };
        let mut answer = status::page(self.status, html, self.title, &shown);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }
}

/// Whether a file that may be run is neither a program nor says what is to run it.
fn is_for_the_shell(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4).read_to_end(&mut begin));
    read.is_ok() && !begin.starts_with(b"#!") && !begin.starts_with(b"\x7fELF")
}

/// The first line of a file that begins with `#!`.
fn shebang(path: &Path) -> Option<String> {
    let mut begin = Vec::new();
    std::fs::File::open(path).ok()?.take(256).read_to_end(&mut begin).ok()?;
    let line = begin.split(|byte| *byte == b'\n').next()?;
    line.starts_with(b"#!").then(|| String::from_utf8_lossy(line).into_owned())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn not_started(errno: Errno, content: &str) -> Trouble {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        io::Write::write_all(&mut file, content.as_bytes()).unwrap();
        Trouble::not_started(&errno.into(), file.path())
    }

    #[test]
    fn what_is_missing_is_named() {
        let trouble = not_started(Errno::NOENT, "#!/opt/none/python9\nprint()\n");
        assert!(trouble.brief().contains("#!/opt/none/python9"), "{}", trouble.brief());
        assert!(not_started(Errno::NOENT, "#!/bin/sh\r\n").brief().contains("Windows"));
        assert!(not_started(Errno::NOEXEC, "echo\n").brief().contains("#!/usr/bin/env python3"));
        assert_eq!(not_started(Errno::AGAIN, "").status, 503);
        assert!(not_started(Errno::ACCESS, "").brief().contains("noexec"));
    }

    #[tokio::test]
    async fn strangers_are_not_told_why() {
        let said = LastWords { status: None, said: "stderr".to_owned() };
        let trouble = Trouble::no_head("there is no empty line", b"Traceback: secret", &said, Path::new("/"));
        let text = |answer: Answer| async {
            String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
        };
        let own = text(trouble.answer(false, true)).await;
        assert!(own.contains("Traceback: secret") && own.contains("stderr"), "{own}");
        let others = text(trouble.answer(true, false)).await;
        assert!(!others.contains("secret") && !others.contains("stderr"), "{others}");
    }

    #[test]
    fn what_failed_leads() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let brief = |file: &tempfile::NamedTempFile, status: Option<&str>, said: &str| {
            let said = LastWords { status: status.map(str::to_owned), said: said.to_owned() };
            Trouble::no_head("it wrote nothing", b"", &said, file.path()).brief()
        };
        let failed = Some("ended with status 2");
        assert!(brief(&file, failed, "1: Syntax error").contains("#!/usr/bin/env python3"));
        io::Write::write_all(&mut file, b"#!/usr/bin/env python3\n").unwrap();
        let error = "Traceback (most recent call last):\n  File 1\nImportError: no x\n";
        assert_eq!(brief(&file, failed, error), "ImportError: no x (it ended with status 2)");
        assert!(brief(&file, None, error).starts_with("it wrote nothing: a script begins"));
        assert!(brief(&file, failed, "").starts_with("it wrote nothing"));
    }

    #[test]
    fn who_comes_too_soon_is_told_when() {
        assert_eq!(Trouble::busy().answer(false, false).headers()[RETRY_AFTER], "1");
    }
}
