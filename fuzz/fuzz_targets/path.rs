//! A request's target: what is opened lies inside the root and is not kept back, and no answer
//! gives anything else away.

#![no_main]

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use std::sync::LazyLock;

use http::header::{ACCEPT, HeaderValue, LOCATION};
use http::{Method, Uri};
use http_body_util::BodyExt;
use libfuzzer_sys::fuzz_target;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use stan::server::body::Received;
use stan::server::files::names::split;
use stan::server::files::resolve::Root;
use stan::server::files::{Files, Lookup, Options};
use stan::server::path::Decoded;
use stan::server::request::{Peer, Request};
use tokio::runtime::{Builder, Runtime};

/// Stands in every file that must not be served, and in the name of some.
const SECRET: &str = "SECRET";

/// Files and folders that are served, below the root, by their own names.
const SERVED: [&str; 14] = [
    "",
    "index.html",
    "a.txt",
    "a b.txt",
    "about.html",
    "写真.jpg",
    "%41.txt",
    "sub",
    "sub/b.txt",
    "sub/deep",
    "sub/deep/index.html",
    "empty",
    ".well-known",
    ".well-known/x.txt",
];

/// Files that are not, whatever leads to them.
const KEPT: [&str; 15] = [
    ".env",
    ".SECRET",
    ".git/config",
    ".well-known/.env",
    "sub/.well-known/x.txt",
    "sub/.SECRET.txt",
    "server.pem",
    "id.KEY",
    "stan.conf",
    "stan.log.1",
    "uploads/SECRET.jpg",
    "back\\slash.txt",
    "new\nline.txt",
    "../outside/SECRET.txt",
    "../SECRET.txt",
];

/// Links and where they lead: inside, outside, to what is kept back, nowhere.
const LINKS: [(&str, &str); 12] = [
    ("in.txt", "sub/b.txt"),
    ("folder", "sub"),
    ("self", "."),
    ("sub/top", ".."),
    ("out.txt", "../outside/SECRET.txt"),
    ("up", ".."),
    ("etc", "/etc"),
    ("env.txt", ".env"),
    ("photo.jpg", "uploads/SECRET.jpg"),
    ("received", "uploads"),
    ("loop", "loop"),
    ("nowhere", "../nowhere"),
];

struct Tree {
    root: Root,
    folder: PathBuf,
    uploads: PathBuf,
    /// Everything that may be opened, as the system knows it.
    served: HashSet<(u64, u64)>,
}

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let top = tempfile::tempdir().expect("a temporary folder").keep();
    let folder = top.join("site");
    for below in ["sub/deep", "sub/.well-known", "empty", ".well-known", ".git", "uploads", "../outside"] {
        fs::create_dir_all(folder.join(below)).expect("a folder");
    }
    for name in SERVED {
        if !folder.join(name).is_dir() {
            fs::write(folder.join(name), format!("<p>This is {name}")).expect("a file");
        }
    }
    for name in KEPT {
        fs::write(folder.join(name), SECRET).expect("a file");
    }
    for (name, to) in LINKS {
        symlink(to, folder.join(name)).expect("a link");
    }
    mknodat(CWD, folder.join("pipe"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a FIFO");
    let served = SERVED.iter().map(|name| id(&fs::metadata(folder.join(name)).expect("it was made"))).collect();
    let uploads = folder.join("uploads");
    Tree { root: Root::new(&folder, std::slice::from_ref(&uploads)), folder, uploads, served }
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

fuzz_target!(|data: &[u8]| {
    let Ok(target) = str::from_utf8(data) else { return };
    let raw = target.split(['?', '#']).next().unwrap_or_default();
    let Ok(decoded) = Decoded::new(raw) else { return };
    decodes(raw, &decoded);
    let opened = open(decoded.routed());
    if let Some(opened) = opened {
        assert!(TREE.served.contains(&opened), "{raw:?} opened what is kept back");
        let escaped: String = raw.split('/').map(escape).collect::<Vec<_>>().join("/");
        let again = Decoded::new(&escaped).expect("every byte is escaped");
        assert_eq!(open(again.routed()), Some(opened), "{raw:?} as {escaped}");
    }
    let name = decoded.routed().strip_prefix('/').unwrap_or("..");
    if SERVED.contains(&name) {
        assert!(opened.is_some(), "{raw:?} is served");
    }
    if let Ok(uri) = Uri::try_from(target) {
        answers(uri, decoded);
    }
});

fn id(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

fn decodes(raw: &str, decoded: &Decoded) {
    assert!(!decoded.shown.contains('\0') || raw.contains('\0'), "a NUL was decoded");
    let slashes = |text: &str| text.matches('/').count();
    assert_eq!(slashes(decoded.routed()), slashes(raw), "an escaped slash does not separate");
    if !raw.contains('\0') {
        assert_eq!(decoded.routed().replace('\0', "/"), decoded.shown);
    }
    assert!(raw.contains('%') || decoded.shown == raw);
}

/// What is opened at a path, as the system knows it.
fn open(path: &str) -> Option<(u64, u64)> {
    let (names, _) = split(path).ok()?;
    let opened = TREE.root.open(&names).ok()?;
    assert!(opened.meta.is_file() || opened.meta.is_dir());
    let meta = opened.file.metadata().expect("it is open");
    assert_eq!(id(&meta), id(&opened.meta));
    assert_eq!(id(&meta), id(&fs::metadata(&opened.path).expect("it is there")));
    Some(id(&meta))
}

/// A segment with every byte escaped that is not so already.
fn escape(segment: &str) -> String {
    let mut escaped = String::new();
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            escaped.push('%');
            escaped.extend(bytes.by_ref().take(2).map(char::from));
        } else {
            escaped.push_str(&format!("%{byte:02x}"));
        }
    }
    escaped
}

/// The whole answer: neither a secret nor its name in it, and no way off the site.
fn answers(uri: Uri, decoded: Decoded) {
    let (mut head, ()) = http::Request::new(()).into_parts();
    // As a program, as a browser, as curl.
    let accept = ["application/json", "text/html", "text/plain"];
    head.headers.insert(ACCEPT, HeaderValue::from_static(accept[decoded.shown.len() % accept.len()]));
    head.method = Method::GET;
    head.uri = uri;
    let below = decoded.routed().to_owned();
    let request = Request {
        head,
        body: Received::full(""),
        peer: Peer::new(([192, 168, 1, 31], 50_000).into(), None),
        path: decoded.shown,
        params: Vec::new(),
        document: false,
    };
    let files = Files::new(&TREE.folder, &Options { kept_out: vec![TREE.uploads.clone()], ..Options::default() });
    let found = RUNTIME.block_on(async {
        match files.answer(&request, &below).await {
            Lookup::Found(answer) => {
                let (head, body) = answer.into_parts();
                Some((head, body.collect().await.expect("the body is whole").to_bytes()))
            }
            Lookup::KeptBack | Lookup::Missing => None,
        }
    });
    let Some((head, body)) = found else { return };
    if let Some(location) = head.headers.get(LOCATION) {
        let location = location.to_str().expect("a location is visible text");
        assert!(location.starts_with('/') && !location.starts_with("//"), "{below:?} leads to {location:?}");
        let path = location.split('?').next().unwrap_or_default();
        assert!(!path.contains('\\'), "{below:?} leads to {location:?}, which browsers read as a slash");
    }
    // What was asked for may be said again: it is the client's own word.
    let said = |query: &str| query.contains(SECRET) || query.contains('%');
    if !request.path.contains(SECRET) && !request.head.uri.query().is_some_and(said) {
        let gives_away = body.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!gives_away, "{below:?} gives away {}", String::from_utf8_lossy(&body));
    }
}
