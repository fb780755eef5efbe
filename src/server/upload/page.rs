//! The upload page and its two files, built into the program.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use crate::server::answer::{self, Answer, escape_html};

const PAGE: &str = include_str!("page.html");
const SCRIPT: &[u8] = include_bytes!("upload.js");
const STYLE: &[u8] = include_bytes!("upload.css");

/// A file of the page by its name under `/__stan/`: its type and bytes.
pub fn asset(name: &str) -> Option<(&'static str, &'static [u8])> {
    match name {
        "upload.js" => Some(("text/javascript; charset=utf-8", SCRIPT)),
        "key.js" => Some(("text/javascript; charset=utf-8", super::key::SCRIPT)),
        "upload.css" => Some(("text/css; charset=utf-8", STYLE)),
        _ => None,
    }
}

/// The page for uploads under `path`; the script refuses what is larger than `max_size` by itself.
pub(super) fn answer(path: &str, max_size: u64) -> Answer {
    let page = PAGE.replace("{path}", &escape_html(path)).replace("{max_size}", &max_size.to_string());
    guarded(StatusCode::OK, page)
}

/// A small page in the same dress, for browsers without the script.
pub(super) fn plain(status: StatusCode, title: &str, body: &str) -> Answer {
    let title = escape_html(title);
    guarded(
        status,
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"/__stan/upload.css\">\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</html>\n"
        ),
    )
}

/// A page that no other may frame, and whose form is sent nowhere else.
pub(super) fn guarded(status: StatusCode, page: String) -> Answer {
    let mut answer = answer::html(status, page);
    let headers = answer.headers_mut();
    let policy = "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_input_takes_any_file_and_the_page_is_whole_without_its_script() {
        assert!(PAGE.contains("<input type=\"file\" name=\"file\" multiple"));
        assert!(!PAGE.contains("accept=") && !PAGE.contains("capture"));
        assert!(PAGE.contains("enctype=\"multipart/form-data\"") && PAGE.contains("method=\"post\""));
        assert!(!PAGE.contains("<style") && !PAGE.contains("onclick"));
        for name in ["upload.js", "upload.css"] {
            assert!(PAGE.contains(&format!("/__stan/{name}")) && asset(name).is_some());
        }
        assert!(asset("other").is_none());
    }

    #[test]
    fn the_script_lives_in_an_insecure_context() {
        let script = str::from_utf8(SCRIPT).unwrap();
        for secure in ["crypto.", "navigator.clipboard", "serviceWorker", "navigator.locks", "arrayBuffer", "innerHTML"]
        {
            assert!(!script.contains(secure), "{secure}");
        }
    }
}
