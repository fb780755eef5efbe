//! WSGI apps: to the letter of PEP 3333, through the real binary and a real Python.

use std::io::{Read, Write};

use crate::common::{Server, Site, eventually, noise};

/// An app of many paths, checked by the standard library's validator.
const APP: &str = r#"
import sys, wsgiref.validate

def echo(environ, start_response):
    data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [data]

def lines(environ, start_response):
    text = [environ["wsgi.input"].readline(4), environ["wsgi.input"].readline(100)]
    text += list(environ["wsgi.input"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"|".join(text)]

def show(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    keys = ["REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "HTTP_X_A", "SERVER_PROTOCOL"]
    return ["\n".join(environ.get(key, "-") for key in keys).encode("latin-1")]

def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    def pieces():
        for n in range(3):
            yield b"%d," % n
    return pieces()

def big(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(8 << 20))])
    return (b"x" * 65536 for _ in range(128))

def write(environ, start_response):
    w = start_response("200 OK", [("Content-Type", "text/plain")])
    w(b"written ")
    return [b"returned"]

def error(environ, start_response):
    raise ZeroDivisionError("on purpose")

def late(environ, start_response):
    try:
        start_response("200 OK", [("Content-Type", "text/plain")])
        raise ValueError("changed my mind")
    except ValueError:
        start_response("503 Sorry", [("Content-Type", "text/plain")], sys.exc_info())
        return [b"sorry"]

def many(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [b"a", b"b", b"", b"c"]

views = {"/%s" % f.__name__: f for f in (echo, lines, show, stream, big, write, error, late, many)}

def app(environ, start_response):
    return views.get(environ["PATH_INFO"], show)(environ, start_response)

app = wsgiref.validate.validator(app)
"#;

const CONF: &str = "[[route]]\npath = \"/py/{*rest}\"\nwsgi = \"checked:app\"\nworkers = 1\n";

fn site() -> Site {
    Site::small().file("checked.py", APP).conf(CONF)
}

fn noted(server: &mut Server, text: &str) -> String {
    server.line(&format!("that says {text}"), |line| line.contains(text))
}

#[test]
fn an_app_is_mounted_at_a_path() {
    let site = site();
    let server = site.start();
    let text =
        server.ask("GET", "/py/a%20b/%C3%A9?q=1", &[("X-A", "1"), ("X-A", "2"), ("X_A", "9")], b"").is(200).text();
    assert_eq!(text, "GET\n/py\n/a b/é\nq=1\n127.0.0.1\n1,2\nHTTP/1.1");
    assert_eq!(server.get("/py").is(200).text().lines().nth(2), Some(""));
    assert!(server.get("/").is(200).text().contains("first"), "the rest of the site is there");
}

#[test]
fn answers_of_every_shape() {
    let site = site();
    let server = site.start();
    assert_eq!(server.get("/py/stream").is(200).text(), "0,1,2,");
    assert_eq!(server.get("/py/write").is(200).text(), "written returned");
    assert_eq!(server.get("/py/late").is(503).text(), "sorry");
    let many = server.get("/py/many").is(200);
    assert_eq!(many.text(), "abc");
    assert_eq!(server.get("/py/big").is(200).body.len(), 8 << 20);
    let head = server.head("/py/big").is(200);
    assert_eq!((head.body.len(), head.value("content-length")), (0, "8388608"));
}

#[test]
fn bodies_arrive_whole() {
    let site = site();
    let server = site.start();
    for size in [0, 1, 70_000, 3 << 20] {
        let body = noise(size as u64, size);
        assert!(server.ask("POST", "/py/echo", &[], &body).is(200).body == body, "{size} bytes");
    }
    let chunked = b"4\r\nab\nc\r\n6\r\nd\nefgh\r\n0\r\n\r\n";
    let answer = server.ask("POST", "/py/lines", &[("Transfer-Encoding", "chunked")], chunked).is(200);
    assert_eq!(answer.text(), "ab\n|cd\n|efgh");
    // One that nobody reads.
    server.ask("POST", "/py/show", &[], &noise(1, 1 << 20)).is(200);
    server.get("/py/show").is(200);
}

#[test]
fn a_traceback_is_where_one_looks() {
    let site = site();
    let mut server = site.start();
    let page = server.page("/py/error").is(500);
    assert!(page.text().contains("ZeroDivisionError: on purpose") && page.text().contains("raise ZeroDivisionError"));
    let line = noted(&mut server, "ZeroDivisionError");
    assert!(line.contains("checked:app: checked.py:"), "{line}");
    server.get("/py/show").is(200);
}

#[test]
fn text_instead_of_bytes_is_taken_with_a_warning() {
    let site = Site::small()
        .file("loose.py", "def application(environ, start_response):\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return 'grün'\n")
        .conf("[[route]]\npath = \"/\"\nwsgi = \"loose\"\nworkers = 1\n");
    let mut server = site.start();
    assert_eq!(server.get("/").is(200).text(), "grün");
    let line = noted(&mut server, "PEP 3333");
    assert!(line.contains("loose.py:1"), "{line}");
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let site = Site::small()
        .file("blog.py", "def create_app():\n    pass\ndef other():\n    pass\n")
        .conf("[[route]]\npath = \"/a\"\nwsgi = \"blog:app\"\n[[route]]\npath = \"/b\"\nwsgi = \"blig:app\"\n");
    let server = site.start();
    let text = server.get("/a").is(500).text();
    assert!(text.contains("blog has no app; it has create_app, other"), "{text}");
    let text = server.get("/b").is(500).text();
    assert!(text.contains("there is no module blig") && text.contains("blog"), "{text}");
}

#[test]
fn an_edit_shows_and_a_broken_one_does_not_take_the_app_down() {
    let page = |text: &str| {
        format!(
            "def app(environ, start_response):\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'{text}']\n"
        )
    };
    let site = Site::small().file("live.py", page("one")).conf("[[route]]\npath = \"/live\"\nwsgi = \"live:app\"\n");
    let mut server = site.start();
    assert_eq!(server.get("/live").is(200).text(), "one");
    site.write("live.py", page("two"));
    eventually("the new code", || (server.get("/live").is(200).text() == "two").then_some(()));
    server.skip();
    site.write("live.py", "def app(:\n");
    let line = noted(&mut server, "SyntaxError");
    assert!(line.contains("live.py:1"), "{line}");
    assert_eq!(server.get("/live").is(200).text(), "two");
    site.write("live.py", page("three"));
    eventually("the mended code", || (server.get("/live").is(200).text() == "three").then_some(()));
}

#[test]
fn nothing_in_flight_is_lost_while_it_is_edited() {
    /// Enough that some fall into every phase of a reload.
    const EDITS: usize = 12;
    let page = |text: &str| {
        format!(
            "import time\ndef app(environ, start_response):\n    time.sleep(0.01)\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'{text}']\n"
        )
    };
    let site = Site::small().file("live.py", page("0")).conf("[[route]]\npath = \"/live\"\nwsgi = \"live:app\"\n");
    let server = site.start();
    server.get("/live").is(200);
    let over = std::sync::atomic::AtomicBool::new(false);
    let relaxed = std::sync::atomic::Ordering::Relaxed;
    std::thread::scope(|scope| {
        let load = || {
            while !over.load(relaxed) {
                server.get("/live").is(200);
            }
        };
        let clients = [scope.spawn(load), scope.spawn(load), scope.spawn(load)];
        for edit in 1..=EDITS {
            site.write("live.py", page(&edit.to_string()));
            eventually("the new code", || (server.get("/live").is(200).text() == edit.to_string()).then_some(()));
        }
        over.store(true, relaxed);
        for client in clients {
            client.join().expect("every answer is 200");
        }
    });
}

#[test]
fn a_client_that_leaves_has_its_answer_closed() {
    let app = "import time\nclass Endless:\n    def __iter__(self):\n        return self\n    def __next__(self):\n        time.sleep(0.01)\n        return b'x' * 1000\n    def close(self):\n        print('closed it', flush=True)\ndef app(environ, start_response):\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return Endless()\n";
    let site =
        Site::small().file("endless.py", app).conf("[[route]]\npath = \"/e\"\nwsgi = \"endless:app\"\nworkers = 1\n");
    let mut server = site.start();
    let mut client = server.connect();
    client.write_all(&server.message("GET", "/e", &[], b"")).unwrap();
    let mut some = [0; 2000];
    client.read_exact(&mut some).unwrap();
    drop(client);
    noted(&mut server, "closed it");
}

#[test]
fn an_app_that_hangs_is_replaced() {
    let app = "import threading\ndef app(environ, start_response):\n    if environ['PATH_INFO'] == '/hang':\n        threading.Event().wait()\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'well']\n";
    let site = Site::small()
        .file("h.py", app)
        .conf("[[route]]\npath = \"/{*rest}\"\nwsgi = \"h:app\"\nworkers = 1\ntimeout = \"300ms\"\n");
    let mut server = site.start();
    eventually("the app", || (server.get("/").status == 200).then_some(()));
    server.get("/hang").is(504);
    noted(&mut server, "no answer within");
    eventually("another worker", || (server.get("/").status == 200).then_some(()));
}

#[test]
fn a_file_is_sent_by_the_server() {
    let app = "import os\ndef app(environ, start_response):\n    start_response('200 OK', [('Content-Type', 'application/octet-stream')])\n    f = open(environ['PATH_INFO'][1:], 'rb')\n    f.seek(5)\n    return environ['wsgi.file_wrapper'](f)\n";
    let (large, small) = (noise(1, 2 << 20), noise(2, 500));
    let site = Site::small()
        .file("f.py", app)
        .file("large.bin", &large)
        .file("small.bin", &small)
        .conf("[[route]]\npath = \"/f/{*rest}\"\nwsgi = \"f:app\"\n");
    let server = site.start();
    for _ in 0..3 {
        let answer = server.get("/f/large.bin").is(200);
        assert!(answer.body == large[5..], "{} bytes", answer.body.len());
        assert!(server.get("/f/small.bin").is(200).body == small[5..]);
    }
    server.head("/f/large.bin").is(200);
}

#[test]
fn a_folder_of_python_pages() {
    let page = "import time\ndef application(environ, start_response):\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return (environ['SCRIPT_NAME'] + '|' + environ['PATH_INFO'])\n";
    let site = Site::small()
        .file("wsgipython/ctime.py", page)
        .file("secret.py", page)
        .conf("[[route]]\npath = \"/wsgi/{*rest}\"\npython = \"wsgipython\"\n");
    let server = site.start();
    assert_eq!(server.get("/wsgi/ctime.py/more").is(200).text(), "/wsgi/ctime.py|/more");
    for missing in ["/wsgi/", "/wsgi/none.py", "/wsgi/%2e%2e/secret.py", "/wsgi/..%2fsecret.py"] {
        server.get(missing).is(404);
    }
}

/// The processes whose parent is `pid`.
fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(1);
        if fields.next() == Some(&pid.to_string()) {
            found.extend(entry.file_name().to_string_lossy().parse::<u32>());
        }
    }
    found
}

fn lives(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/statm")).is_ok_and(|statm| !statm.starts_with("0 "))
}

#[test]
fn no_worker_is_left() {
    for kill in [false, true] {
        let site = site();
        let mut server = site.start();
        server.get("/py/show").is(200);
        let workers = children(server.pid());
        assert!(!workers.is_empty());
        if kill {
            server.signal(rustix::process::Signal::KILL);
        } else {
            server.done("stop");
        }
        server.wait();
        eventually("the end of the workers", || (!workers.iter().any(|pid| lives(*pid))).then_some(()));
    }
}

#[test]
fn a_worker_that_dies_is_replaced_and_what_it_prints_is_shown() {
    let site = Site::small()
        .file("die.py", "import os\ndef app(environ, start_response):\n    if environ['PATH_INFO'] == '/die':\n        print('going down')\n        os._exit(3)\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'alive']\n")
        .conf("[[route]]\npath = \"/{*rest}\"\nwsgi = \"die:app\"\nworkers = 1\n");
    let mut server = site.start();
    server.get("/die").is(500);
    noted(&mut server, "die:app: going down");
    noted(&mut server, "another takes its place");
    assert_eq!(server.get("/").is(200).text(), "alive");
}

#[test]
fn an_app_is_named_on_the_command_line() {
    let site = site().file("first.py", "from server_connect import Application\nap = Application()\n@ap.set_url('/')\ndef home():\n    return b'<p>home'\n@ap.set_url('/send')\ndef send(form):\n    return b'%s %s %s' % (form['name'], form['file.filename'], form['file.content']), {'Content-Type': 'text/plain'}\nap.run('', 8000)\n");
    let server = Server::start(&mut site.stan(&["checked:app", "-p", "0", "--bind", "local"]));
    assert_eq!(server.get("/x/y").is(200).text().lines().nth(2), Some("/x/y"));
    drop(server);
    let server = Server::start(&mut site.stan(&["first.py", "-p", "0", "--bind", "local"]));
    assert!(server.get("/").is(200).text().contains("home"));
    let form = "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nada\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\none\r\ntwo\r\n--B--\r\n";
    let answer = server.ask("POST", "/send", &[("Content-Type", "multipart/form-data; boundary=B")], form.as_bytes());
    assert_eq!(answer.is(200).text(), "ada a.txt one\r\ntwo");
    server.get("/none").is(404);
}
