//! `[[app]]`: any program that serves HTTP, kept by the real binary.

use std::io::Write;

use crate::common::{Server, Site, Socket, eventually, free_port};

/// Answers with its path, its number, what `word.txt` held when it began, and some of what it is told.
const APP: &str = r#"
import http.server, os, sys
word = open("word.txt").read().strip()
if word == "broken":
    sys.exit("cannot begin: the word is broken")
print("hello from the app")
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # an answer is one write, whole or not at all
    def do_GET(self):
        if self.path.endswith("/crash"):
            print("going down", flush=True)
            os._exit(3)
        told = [self.path, str(os.getpid()), word, os.environ.get("MOOD", ""), self.headers.get("X-Forwarded-For", "")]
        body = "<p>".join(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/crash"): os._exit(3)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"#;

const CONF: &str = "[[app]]\ncommand = \"python3 app.py\"\npath = \"/app/{*rest}\"\nwatch = [\"word.txt\"]\nenv = { MOOD = \"fine\" }\n";

fn site() -> Site {
    Site::small().file("app.py", APP).file("word.txt", "one").conf(CONF)
}

fn noted(server: &mut Server, text: &str) -> String {
    server.line(&format!("that says {text}"), |line| line.contains(text))
}

/// What the app says of itself: path, number, word, mood, for whom.
fn told(server: &Server) -> Vec<String> {
    server.get("/app/x?q").is(200).text().split("<p>").map(str::to_owned).collect()
}

#[test]
fn it_is_started_proxied_and_shown() {
    let mut server = site().start();
    let told = told(&server);
    assert_eq!(
        (told[0].as_str(), told[2].as_str(), told[3].as_str(), told[4].as_str()),
        ("/app/x?q", "one", "fine", "127.0.0.1")
    );
    assert!(server.page("/app/").is(200).text().contains("/__stan/client.js"), "pages refresh by themselves");
    assert_eq!(server.ask("POST", "/app", &[], b"a body").is(200).text(), "a body");
    assert!(server.get("/").is(200).text().contains("first"), "the rest of the site is there");
    noted(&mut server, "note app: started, pid ");
    noted(&mut server, "note app: hello from the app");
    let routes = server.done("routes").above;
    assert!(routes.iter().any(|row| row.contains("/app/{*rest}") && row.contains("app python3 app.py")), "{routes:?}");
    let status = server.done("status").above;
    let line =
        status.iter().find(|line| line.contains("app       app running")).unwrap_or_else(|| panic!("{status:?}"));
    assert!(line.contains(&format!(", pid {} (", told[1])), "{line}");
}

#[test]
fn it_has_the_port_that_is_said_and_a_shell_where_it_needs_one() {
    let port = free_port();
    let site = site().conf(&format!(
        "[[app]]\ncommand = \"exec python3 -m http.server --bind ::1 $PORT\"\npath = \"/s/{{*rest}}\"\nport = {port}\nstrip = true\ndir = \"static_file\"\n"
    ));
    let mut server = site.start();
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        // A machine without IPv6.
        return;
    }
    noted(&mut server, &format!("PORT={port}"));
    assert!(server.get("/s/index.html").is(200).text().contains("first"));
}

#[test]
fn a_change_starts_it_again_and_pages_refresh() {
    let site = site();
    let mut server = site.start();
    assert_eq!(told(&server)[2], "one");
    let mut page = Socket::open(&server);
    server.skip();
    site.write("word.txt", "two");
    noted(&mut server, "app: starts again: word.txt changed");
    page.next("a reload", |message| message["t"] == "reload");
    assert_eq!(told(&server)[2], "two");
    // One that cannot begin.
    server.skip();
    site.write("word.txt", "broken");
    noted(&mut server, "error app: ended with status 1");
    let error = page.next("an error", |message| message["t"] == "error");
    assert!(error["text"].as_str().unwrap().contains("the word is broken"), "{error}");
    let shown = server.page("/app/").is(502).text();
    for part in ["app does not run", "python3 app.py", "cannot begin: the word is broken", "/__stan/client.js"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    site.write("word.txt", "three");
    page.next("that it is mended", |message| message["t"] == "clear");
    page.next("a reload", |message| message["t"] == "reload");
    assert_eq!(told(&server)[2], "three");
}

/// Sets a flag at the end, however that comes.
struct Over<'a>(&'a std::sync::atomic::AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn nothing_is_refused_while_it_is_started_again() {
    /// Enough that some requests fall into every phase of a start.
    const EDITS: usize = 6;
    let site = site();
    let server = site.start();
    told(&server);
    let over = std::sync::atomic::AtomicBool::new(false);
    let relaxed = std::sync::atomic::Ordering::Relaxed;
    std::thread::scope(|scope| {
        let load = || {
            while !over.load(relaxed) {
                told(&server);
            }
        };
        let clients = [scope.spawn(load), scope.spawn(load), scope.spawn(load)];
        // Also where this fails, they end.
        let _over = Over(&over);
        for edit in 1..=EDITS {
            site.write("word.txt", edit.to_string());
            eventually("the new word", || (told(&server)[2] == edit.to_string()).then_some(()));
        }
        over.store(true, relaxed);
        for client in clients {
            client.join().expect("every answer is 200");
        }
    });
}

#[test]
fn a_crash_is_shown_and_it_is_started_again() {
    let mut server = site().start();
    let before = told(&server);
    let text = server.get("/app/crash").is(502).text();
    assert!(text.contains("app does not run") && text.contains("going down"), "{text}");
    noted(&mut server, "error app: ended with status 3; it starts again in 250ms");
    // Whoever comes next waits.
    assert_ne!(before[1], told(&server)[1]);
}

#[test]
fn what_may_have_been_done_is_not_asked_for_again() {
    let mut server = site().start();
    told(&server);
    let answer = server.ask("POST", "/app/crash", &[], b"a body").is(502);
    assert!(
        answer.text().contains("may have been done") && answer.header("retry-after").is_none(),
        "{}",
        answer.text()
    );
    noted(&mut server, "error app: ended with status 3; it starts again in 250ms");
    assert_eq!(server.ask("POST", "/app", &[], b"a body").is(200).text(), "a body", "what was not sent waits");
    assert!(
        !server.out.all().iter().any(|line| line.contains("127.0.0.1") && line.starts_with("error")),
        "{:?}",
        server.out.all()
    );
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let site = Site::small().conf("[[app]]\ncommand = \"no-such-program\"\npath = \"/{*rest}\"\n");
    let mut server = site.start();
    noted(&mut server, "no-such-program: cannot be started: there is no program no-such-program; install it");
    assert!(server.get("/").is(502).text().contains("there is no program no-such-program"));
}

#[test]
fn a_page_waits_for_it_and_is_told_when_it_does_not_come() {
    let slow = format!("import os, time\nwhile not os.path.exists(\"go\"): time.sleep(0.01)\n{APP}");
    let site = site().file("app.py", slow).conf(&format!("{CONF}ready = \"300ms\"\n"));
    let mut server = site.start();
    let waiting = server.page("/app/").is(503);
    assert!(waiting.text().contains("python3 app.py") && waiting.value("retry-after") == "1", "{}", waiting.text());
    noted(&mut server, "error app: has not answered on port");
    assert!(server.done("status").above.iter().any(|line| line.contains("app starting, no answer yet")));
    let mut page = Socket::open(&server);
    site.write("go", "");
    page.next("a reload", |message| message["t"] == "reload");
    told(&server);
}

#[test]
fn requests_wait_while_it_starts() {
    let slow = format!("import os, time\nwhile not os.path.exists(\"go\"): time.sleep(0.01)\n{APP}");
    let site = site().file("app.py", slow);
    let mut server = site.start();
    noted(&mut server, "started, pid");
    std::thread::scope(|scope| {
        let asks = [scope.spawn(|| told(&server)), scope.spawn(|| told(&server))];
        site.write("go", "");
        for ask in asks {
            ask.join().expect("it is answered");
        }
    });
}

#[test]
fn details_are_not_for_everybody() {
    let site = Site::small().conf("[[app]]\ncommand = \"sh -c 'echo a secret; exit 1'\"\npath = \"/app\"\n");
    let mut server = site.start();
    noted(&mut server, "a secret");
    eventually("its end", || server.get("/app").text().contains("a secret").then_some(()));
    // What a proxy passes on may be anybody's.
    let answer = server.ask("GET", "/app", &[("X-Forwarded-For", "192.0.2.7"), ("Accept", "text/html")], b"").is(502);
    assert!(!answer.text().contains("secret") && !answer.text().contains("sh -c"), "{}", answer.text());
}

#[test]
fn guards_stand_before_it() {
    let server = site().conf(&format!("{CONF}deny = [\"local\"]\n")).start();
    server.get("/app/").is(403);
}

#[test]
fn a_save_of_stan_conf_touches_only_what_it_is_about() {
    let other = CONF.replace("/app/", "/other/");
    let site = site().conf(&format!("{CONF}{other}"));
    let mut server = site.start();
    let (app, other_pid) = (told(&server)[1].clone(), pid_of(&server, "/other/"));
    server.skip();
    site.write("stan.conf", format!("cors = true\n{CONF}{other}"));
    noted(&mut server, "stan.conf: cors");
    assert_eq!((told(&server)[1].clone(), pid_of(&server, "/other/")), (app.clone(), other_pid.clone()));
    server.done("reload");
    assert_eq!(told(&server)[1], app);
    // Another environment for one of them.
    site.write("stan.conf", format!("{}{other}", CONF.replace("fine", "better")));
    noted(&mut server, "stan.conf: ");
    eventually("the new one", || (told(&server)[3] == "better").then_some(()));
    assert_ne!(told(&server)[1], app);
    assert_eq!(pid_of(&server, "/other/"), other_pid);
    gone(&app);
    // Taken out.
    site.write("stan.conf", other);
    gone_when(&mut server, "/app/");
    assert_eq!(pid_of(&server, "/other/"), other_pid);
}

#[test]
fn another_command_takes_over_a_fixed_port() {
    let conf = format!("{CONF}port = {}\n", free_port());
    let site = site().conf(&conf);
    let mut server = site.start();
    let first = told(&server)[1].clone();
    site.write("stan.conf", conf.replace("python3 app.py", "python3 -u app.py"));
    noted(&mut server, "stan.conf: ");
    eventually("the new one", || (server.get("/app/").status == 200 && told(&server)[1] != first).then_some(()));
    assert!(!server.out.all().iter().any(|line| line.contains("taken")), "{:?}", server.out.all());
}

#[test]
fn what_only_the_app_serves_is_its_own_to_tell() {
    // Without static_file/ the folder itself is the static root, but the app answers for all of it.
    let conf = CONF.replace("/app/", "/");
    let site = Site::new().file("app.py", APP).file("word.txt", "one").file("page.js", "1").conf(&conf);
    let mut server = site.start();
    server.get("/").is(200);
    let mut page = Socket::open(&server);
    site.write("page.js", "2");
    site.write("word.txt", "two");
    noted(&mut server, "starts again: word.txt changed");
    let first = page.change();
    assert_eq!(first["t"], "reload", "of the app's new start, not of page.js");
    assert!(server.get("/").text().contains("two"));
    assert!(!server.out.all().iter().any(|line| line.contains("changed page.js")), "{:?}", server.out.all());
}

#[test]
fn restart_starts_it_again() {
    let mut server = site().start();
    let before = told(&server)[1].clone();
    server.done("restart");
    assert_ne!(told(&server)[1], before);
    gone(&before);
}

/// An app whose shell has a child of its own, which has the server as another; all but one are deaf to SIGTERM.
const FAMILY: &str = "#!/bin/sh\n(trap '' TERM; sleep 1000) &\necho grandchild $!\nsh -c 'python3 app.py; :'\n";

#[test]
fn nothing_of_it_is_left() {
    for signal in [None, Some(rustix::process::Signal::TERM), Some(rustix::process::Signal::KILL)] {
        let site = site().file("family.sh", FAMILY).conf(&CONF.replace("python3 app.py", "sh family.sh"));
        let mut server = site.start();
        let pid = told(&server)[1].clone();
        let line = noted(&mut server, "app: grandchild ");
        let grandchild = line.rsplit(' ').next().unwrap().to_owned();
        match signal {
            None => drop(server.done("stop")),
            Some(signal) => server.signal(signal),
        }
        server.wait();
        gone(&pid);
        gone(&grandchild);
    }
}

#[test]
fn a_web_socket_passes() {
    let app = r#"
import base64, hashlib, os, socket
s = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
while True:
    c = s.accept()[0]
    head = b""
    while b"\r\n\r\n" not in head:
        more = c.recv(4096)
        if not more: break
        head += more
    else:
        c.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
        c.sendall(c.recv(100).upper())
    c.close()
"#;
    let server = site().file("app.py", app).start();
    let mut socket = server.connect();
    let ask = server.message("GET", "/app/ws", &[("Upgrade", "echo"), ("Connection", "Upgrade")], b"");
    socket.write_all(&ask).unwrap();
    let mut socket = std::io::BufReader::new(socket);
    assert_eq!(crate::common::read_head(&mut socket).unwrap().status, 101);
    socket.get_mut().write_all(b"shout").unwrap();
    let mut text = [0; 5];
    std::io::Read::read_exact(&mut socket, &mut text).unwrap();
    assert_eq!(&text, b"SHOUT");
}

fn pid_of(server: &Server, path: &str) -> String {
    server.get(path).is(200).text().split("<p>").nth(1).unwrap().to_owned()
}

/// Waits until there is no process of that number.
fn gone(pid: &str) {
    eventually("the end of a process", || {
        let statm = std::fs::read_to_string(format!("/proc/{pid}/statm"));
        statm.map_or(true, |statm| statm.starts_with("0 ")).then_some(())
    });
}

/// Waits until nothing answers at `path`, and the program that did has ended.
fn gone_when(server: &mut Server, path: &str) {
    eventually("another route table", || (server.get(path).status == 404).then_some(()));
    eventually("the end of the app", || {
        let status = server.done("status").above;
        (status.iter().filter(|line| line.starts_with("app ")).count() == 1).then_some(())
    });
}
