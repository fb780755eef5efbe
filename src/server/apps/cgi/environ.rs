//! What a script is told: the meta-variables (RFC 3875, section 4.1), the request's headers, what its
//! route says, and of stan's own environment only what programs need to run at all.

use std::env::var_os;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use http::header::{CONTENT_TYPE, COOKIE, HOST, HeaderName};

use super::script::Script;
use crate::server::guard::auth::User;
use crate::server::guard::forwarded::is_secure;
use crate::server::guard::name_and_port;
use crate::server::path::captured;
use crate::server::request::Request;

/// What is inherited: where programs and the user's own settings are, language, time zone, where
/// temporary files go, and what Android's programs do not start without.
const INHERITED: [&str; 15] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_COLLATE",
    "LC_TIME",
    "TZ",
    "TMPDIR",
    "PREFIX",
    "LD_PRELOAD",
    "ANDROID_ROOT",
    "ANDROID_DATA",
];
/// Where programs are when nobody has said so.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What no script sees as a header: secrets (section 9.2), what concerns the connection, what has a
/// variable of its own, and `Proxy`, which as `HTTP_PROXY` is taken for a setting.
const HIDDEN: [&str; 13] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "http2-settings",
    "keep-alive",
    "proxy",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// What is answered for a script when pages refresh by themselves: the page is given whole.
const CONDITIONS: [&str; 4] = ["if-none-match", "if-modified-since", "if-range", "range"];

/// A request to a script.
pub(super) struct Environment<'a> {
    pub(super) request: &'a Request,
    /// The path below the mount, for routing.
    pub(super) below: &'a str,
    pub(super) script: &'a Script,
    /// Where static files are.
    pub(super) documents: &'a Path,
    /// Of a server that nobody has named.
    pub(super) port: u16,
    /// Of the body.
    pub(super) length: Option<u64>,
    /// What the route says.
    pub(super) extra: &'a [(String, String)],
}

type Variables = Vec<(OsString, OsString)>;

impl Environment<'_> {
    /// All variables. What comes later replaces what came before.
    pub(super) fn variables(&self) -> Variables {
        let mut all: Variables = vec![("PATH".into(), PATH.into())];
        all.extend(INHERITED.iter().filter_map(|name| Some((OsString::from(name), var_os(name)?))));
        self.headers(&mut all);
        let mut set = |name: &str, value: &dyn AsRef<OsStr>| all.push((name.into(), value.as_ref().to_owned()));
        let head = &self.request.head;
        let mount = self.request.path.strip_suffix(&captured(self.below)).unwrap_or_default();
        let (host, port) = self.server();
        let remote = self.request.remote().to_string();
        set("GATEWAY_INTERFACE", &"CGI/1.1");
        set("SERVER_SOFTWARE", &concat!("stan/", env!("CARGO_PKG_VERSION")));
        set("SERVER_PROTOCOL", &format!("{:?}", head.version));
        set("SERVER_NAME", &host);
        set("SERVER_PORT", &port);
        if let Some(host) = self.request.host().filter(|_| !head.headers.contains_key(HOST)) {
            // HTTP/2 says it elsewhere.
            set("HTTP_HOST", &host);
        }
        set("REQUEST_METHOD", &head.method.as_str());
        set("REQUEST_URI", &head.uri.path_and_query().map_or("/", |target| target.as_str()));
        set("QUERY_STRING", &head.uri.query().unwrap_or_default());
        set("SCRIPT_NAME", &format!("{mount}/{}", self.script.name));
        set("SCRIPT_FILENAME", &self.script.path);
        set("DOCUMENT_ROOT", &self.documents);
        set("REMOTE_ADDR", &remote);
        set("REMOTE_HOST", &remote);
        if is_secure(self.request) {
            set("HTTPS", &"on");
        }
        let info = self.script.path_info.as_str();
        if !info.is_empty() {
            set("PATH_INFO", &info);
            let mut translated = self.documents.as_os_str().to_owned();
            translated.push(info);
            set("PATH_TRANSLATED", &translated);
        }
        if let Some(length) = self.length {
            set("CONTENT_LENGTH", &length.to_string());
        }
        if let Some(User(user)) = head.extensions.get() {
            set("AUTH_TYPE", &"Basic");
            set("REMOTE_USER", &user.as_ref());
        }
        if let Some(kind) = head.headers.get(CONTENT_TYPE) {
            all.push(("CONTENT_TYPE".into(), OsString::from_vec(kind.as_bytes().to_vec())));
        }
        all.extend(self.extra.iter().map(|(name, value)| (name.into(), value.into())));
        all
    }

    /// `HTTP_NAME`, repeated ones joined (section 4.1.18).
    fn headers(&self, all: &mut Variables) {
        let headers = &self.request.head.headers;
        for name in headers.keys().filter(|name| self.is_told(name)) {
            let separator: &[u8] = if *name == COOKIE { b"; " } else { b", " };
            let values: Vec<&[u8]> = headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect();
            let variable = format!("HTTP_{}", name.as_str().to_ascii_uppercase().replace('-', "_"));
            all.push((variable.into(), OsString::from_vec(values.join(separator))));
        }
    }

    fn is_told(&self, name: &HeaderName) -> bool {
        let name = name.as_str();
        // As a variable, a_b could not be told from a-b.
        let conditional = self.request.document && CONDITIONS.contains(&name);
        !(conditional || HIDDEN.contains(&name) || name.contains('_'))
    }

    /// The name and port that were asked for; the pipeline has seen that they are a name and a port.
    fn server(&self) -> (String, String) {
        let Some(host) = self.request.host() else { return ("localhost".to_owned(), self.port.to_string()) };
        let (name, port) = name_and_port(host, if is_secure(self.request) { "443" } else { "80" });
        (name.to_owned(), port.to_owned())
    }
}

#[cfg(test)]
mod tests;
