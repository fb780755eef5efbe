//! Who may pass and how fast: addresses, rates, names with passwords, delay, throttle, limits of bodies, cors.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::{Response, Server, Site};

/// Of the password `password`, cheap.
const HASH: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
/// `ada:password` and `ada:wrong`.
const RIGHT: (&str, &str) = ("Authorization", "Basic YWRhOnBhc3N3b3Jk");
const WRONG: (&str, &str) = ("Authorization", "Basic YWRhOndyb25n");

fn site(conf: &str) -> Site {
    Site::small().file("static_file/a.txt", "abc").conf(&format!("trusted_proxies = [\"127.0.0.1\"]\n{conf}"))
}

fn start(conf: &str) -> Server {
    site(conf).start()
}

/// Asks as the device at `from` through a trusted proxy.
fn far(server: &Server, from: &str, target: &str) -> Response {
    server.ask("GET", target, &[("X-Forwarded-For", from)], b"")
}

#[test]
fn addresses_at_top_level_and_of_a_route() {
    let server = start(
        "allow = [\"lan\", \"2001:db8::/32\"]\ndeny = [\"10.9.0.0/16\"]\n\
         [[route]]\npath = \"/here\"\ntext = \"h\"\nallow = [\"local\"]\n",
    );
    for (from, target, status) in [
        ("192.168.1.5", "/a.txt", 200),
        ("10.1.1.1", "/", 200),
        ("10.9.1.1", "/a.txt", 403),
        ("8.8.8.8", "/a.txt", 403),
        ("8.8.8.8", "/nothing", 403),
        ("8.8.8.8", "/upload", 403),
        ("8.8.8.8", "/__stan/client.js", 403),
        ("8.8.8.8", "/__stan/health", 200),
        ("2001:db8::1", "/a.txt", 200),
        ("127.0.0.1", "/a.txt", 200),
        ("192.168.1.5", "/here", 403),
        ("127.0.0.1", "/here", 200),
    ] {
        assert_eq!(far(&server, from, target).status, status, "{from} {target}");
    }
    server.get("/a.txt").is(200);
}

#[test]
fn what_lies_ready_is_not_given_past_a_guard() {
    let site = site("");
    let mut server = site.start();
    for _ in 0..3 {
        server.get("/a.txt").is(200);
    }
    site.write("stan.conf", "trusted_proxies = [\"127.0.0.1\"]\ndeny = [\"10.0.0.0/8\"]\n");
    server.line("of the change", |line| line.contains("deny none → 10.0.0.0/8"));
    for _ in 0..3 {
        server.get("/a.txt").is(200);
        far(&server, "10.0.0.1", "/a.txt").is(403);
    }
}

#[test]
fn a_rate_for_each_client() {
    let server = start("[[route]]\npath = \"/r\"\ntext = \"r\"\nrate = \"3/h\"\n");
    let status = |from: &str| far(&server, from, "/r").status;
    assert_eq!([status("10.0.0.1"), status("10.0.0.1"), status("10.0.0.1")], [200; 3]);
    let refused = far(&server, "10.0.0.1", "/r").is(429);
    let wait: u64 = refused.value("retry-after").parse().unwrap();
    assert!((1190..=1200).contains(&wait), "{wait}");
    assert_eq!((status("10.0.0.2"), status("2001:db8::1"), status("2001:db8::2")), (200, 200, 200));
    assert_eq!((status("2001:db8::3"), status("2001:db8::4")), (200, 429), "one /64 is one client");
    far(&server, "10.0.0.1", "/a.txt").is(200);
}

#[test]
fn a_rate_outlives_a_save() {
    let site = site("[[route]]\npath = \"/r\"\ntext = \"r\"\nrate = \"1/h\"\n");
    let mut server = site.start();
    server.get("/r").is(200);
    server.get("/r").is(429);
    server.done("reload");
    server.get("/r").is(429);
    server.done("set rate 1000/s");
    server.get("/r").is(429);
}

#[test]
fn names_and_passwords() {
    let conf = format!(
        "auth = ['ada:{HASH}']\n[[route]]\npath = \"/open\"\ntext = \"o\"\nauth = []\n\
         [[route]]\npath = \"/bob\"\ntext = \"b\"\nauth = [\"bob:own\"]\n"
    );
    let mut server = start(&conf);
    let asked = server.get("/a.txt").is(401);
    assert_eq!(asked.value("www-authenticate"), "Basic realm=\"stan\", charset=\"UTF-8\"");
    for _ in 0..3 {
        let ask = |target: &str, with: (&str, &str)| server.ask("GET", target, &[with], b"").status;
        assert_eq!((ask("/a.txt", RIGHT), ask("/a.txt", WRONG)), (200, 401));
        assert_eq!((ask("/nothing", RIGHT), ask("/nothing", WRONG)), (404, 401));
        assert_eq!((ask("/upload", RIGHT), ask("/upload", WRONG)), (200, 401));
        assert_eq!((ask("/__stan/client.js", RIGHT), ask("/__stan/client.js", WRONG)), (200, 200));
        assert_eq!((ask("/__stan/health", WRONG), ask("/open", WRONG)), (200, 200));
        assert_eq!((ask("/bob", RIGHT), ask("/bob", ("Authorization", "Basic Ym9iOm93bg=="))), (401, 200));
    }
    assert_eq!(server.get("/bob").is(401).value("www-authenticate"), "Basic realm=\"stan /bob\", charset=\"UTF-8\"");
    server.put("/upload/x.txt", &vec![b'x'; 3_000_000]).is(401);
    server.ask("PUT", "/upload/x.txt", &[RIGHT], b"x").is(201);
    server.line("of the plain password", |line| {
        line.starts_with("note auth of /bob has the password of bob in plain text")
    });
    let said = server.out.all().join("\n");
    assert!(!said.contains("own") && !said.contains("$argon2"), "{said}");
}

#[test]
fn a_page_that_signed_in_hears_of_changes() {
    let server = start(&format!("auth = ['ada:{HASH}']\n"));
    let page = server.ask("GET", "/", &[RIGHT, ("Accept", "text/html")], b"").is(200);
    let cookie = page.value("set-cookie").split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("stan_pass_"), "{cookie}");
    assert_eq!(server.ask("GET", "/a.txt", &[RIGHT], b"").is(200).header("set-cookie"), None);
    let socket = |cookie: &str| {
        let headers = [
            ("Cookie", cookie),
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        server.ask("GET", "/__stan/live", &headers, b"").status
    };
    assert_eq!((socket(&cookie), socket("stan_pass_1=x")), (101, 403));
    assert_eq!(server.get("/__stan/live").is(403).header("www-authenticate"), None, "nobody is asked for a password");
    server.ask("GET", "/a.txt", &[("Cookie", cookie.as_str())], b"").is(401);
}

#[test]
fn many_at_once_with_one_password() {
    let server = start(&format!("auth = ['ada:{HASH}']\n"));
    let server = &server;
    std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..8)
            .map(|_| scope.spawn(move || (0..5).all(|_| server.ask("GET", "/a.txt", &[RIGHT], b"").status == 200)))
            .collect();
        assert!(tasks.into_iter().all(|task| task.join().unwrap()));
    });
}

#[test]
fn the_line_of_stan_hash_opens_the_door() {
    let site = Site::small();
    let mut command = site.stan(&["hash", "ada"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"password\n").unwrap();
    let out = child.wait_with_output().unwrap();
    let line = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success() && line.starts_with("ada:$argon2id$v=19$"), "{line}");
    site.write("stan.conf", format!("auth = ['{}']\n", line.trim_end()));
    let checked = site.run(&["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.out.contains("auth ") && !checked.out.contains("$argon2"), "{}", checked.out);
    let server = site.start();
    server.ask("GET", "/", &[RIGHT], b"").is(200);
    server.ask("GET", "/", &[WRONG], b"").is(401);
    let ended = site.run(&["hash"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "no password: {ended:?}");
}

#[test]
fn delay_and_throttle() {
    let big = "x".repeat(60_000);
    let site = site(
        "delay = \"150ms\"\nthrottle = \"100 KB/s\"\n[[route]]\npath = \"/quick\"\ntext = \"q\"\ndelay = \"0ms\"\nthrottle = 0\n",
    )
    .file("static_file/big.bin", &big);
    let server = site.start();
    let took = |target: &str| {
        let began = Instant::now();
        let answer = server.get(target).is(200);
        (began.elapsed(), answer)
    };
    for _ in 0..2 {
        let (slow, answer) = took("/big.bin");
        assert!(slow >= Duration::from_millis(150 + 500), "{slow:?}");
        assert_eq!((answer.value("content-length"), answer.text() == big), ("60000", true));
    }
    let (small, _) = took("/a.txt");
    assert!(small >= Duration::from_millis(150), "{small:?}");
    let (quick, _) = took("/quick");
    assert!(quick < small, "{quick:?}");
    let head = server.head("/big.bin").is(200);
    assert_eq!(head.value("content-length"), "60000");
    let part = server.ask("GET", "/big.bin", &[("Range", "bytes=10-19")], b"").is(206);
    assert_eq!(part.body.len(), 10);
}

#[test]
fn a_slow_answer_does_not_keep_it_from_stopping() {
    let site = site("throttle = 100\n").file("static_file/big.bin", "x".repeat(100_000));
    let mut server = site.start();
    let mut stream = server.connect();
    stream.write_all(&server.message("GET", "/big.bin", &[], b"")).unwrap();
    let mut first = [0; 20];
    std::io::Read::read_exact(&mut stream, &mut first).unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200 "));
    server.type_line("stop");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn bodies() {
    let server = start(
        "[[route]]\npath = \"/small\"\ntext = \"s\"\nbody = 10\n[[route]]\npath = \"/large\"\ntext = \"l\"\nbody = \"1 MiB\"\n\
         [limits]\nbody = 1000\n",
    );
    server.ask("POST", "/small", &[], b"0123456789").is(200);
    assert!(server.ask("POST", "/small", &[], b"0123456789a").is(413).text().contains("body of this route"));
    server.ask("POST", "/large", &[], &[b'x'; 5000]).is(200);
}

#[test]
fn headers_for_every_answer() {
    let server = start(
        "headers = { x-top = \"1\", x-both = \"top\" }\n\
         [[route]]\npath = \"/r\"\ntext = \"r\"\nbody = 2\nmethods = [\"GET\", \"POST\"]\nheaders = { x-both = \"own\" }\n\
         [[route]]\npath = \"/signed\"\ntext = \"s\"\nauth = [\"a:b\"]\n\
         [[route]]\npath = \"/never\"\ntext = \"s\"\ndeny = [\"local\"]\n",
    );
    for (method, target, status, both) in [
        ("GET", "/r", 200, "own"),
        ("POST", "/r", 413, "own"),
        ("PUT", "/r", 405, "top"),
        ("OPTIONS", "/r", 204, "top"),
        ("GET", "/signed", 401, "top"),
        ("GET", "/never", 403, "top"),
        ("GET", "/nothing", 404, "top"),
    ] {
        let answer = server.ask(method, target, &[], if method == "POST" { b"abc" } else { b"" }).is(status);
        assert_eq!((answer.value("x-top"), answer.value("x-both")), ("1", both), "{method} {target}");
    }
}

#[test]
fn who_cannot_be_told_passes_no_list() {
    let server = start("deny = [\"10.0.0.0/8\"]\n");
    let both = |newer: &str, older: &str| {
        server.ask("GET", "/a.txt", &[("Forwarded", newer), ("X-Forwarded-For", older)], b"").status
    };
    assert_eq!((both("for=11.0.0.1", "11.0.0.1"), both("for=10.0.0.1", "11.0.0.1")), (200, 403));
    far(&server, "unknown", "/a.txt").is(403);
    far(&server, "11.0.0.1", "/a.txt").is(200);
}

#[test]
fn cors_of_a_route() {
    let server = start(&format!(
        "[[route]]\npath = \"/api\"\njson = {{ a = 1 }}\ncors = true\nauth = ['ada:{HASH}']\n\
         [[route]]\npath = \"/files/{{*rest}}\"\nstatic = \"static_file\"\ncors = true\n\
         [[route]]\npath = \"/both\"\nmethods = [\"OPTIONS\", \"POST\"]\ntext = \"both\"\nauth = [\"a:b\"]\n"
    ));
    let preflight = |target: &str, method: &str| {
        let headers = [
            ("Origin", "http://other.example"),
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", "authorization"),
        ];
        server.ask("OPTIONS", target, &headers, b"")
    };
    let answer = preflight("/api", "PUT").is(204);
    assert_eq!(
        (answer.value("access-control-allow-origin"), answer.value("access-control-allow-methods")),
        ("*", "PUT, OPTIONS")
    );
    assert_eq!(answer.value("access-control-allow-headers"), "authorization");
    let refused = server.get("/api").is(401);
    assert_eq!(refused.value("access-control-allow-origin"), "*", "a page may see that it is refused");
    server.ask("OPTIONS", "/api", &[], b"").is(401);
    assert_eq!(server.ask("GET", "/api", &[RIGHT], b"").is(200).value("access-control-allow-origin"), "*");
    assert_eq!(server.get("/files/a.txt").is(200).value("access-control-allow-origin"), "*");
    let own = server.get("/a.txt").is(200);
    assert_eq!(own.header("access-control-allow-origin"), None);
    assert_eq!(own.value("cross-origin-resource-policy"), "same-origin");
    for method in ["GET", "POST", "OPTIONS"] {
        preflight("/both", method).is(401);
    }
}

#[test]
fn a_guarded_site_over_http_2() {
    let server = start(
        "deny = [\"10.0.0.0/8\"]\n[[route]]\npath = \"/r\"\ntext = \"r\"\nrate = \"1/h\"\nthrottle = \"1 MB/s\"\n",
    );
    let asked = |from: &str, target: &str| {
        let mut curl = std::process::Command::new("curl");
        let url = server.url(target);
        curl.args(["-s", "--noproxy", "*", "--http2-prior-knowledge", "-o", "/dev/null", "-m", "20"]);
        curl.args(["-w", "%{http_version} %{http_code}"]);
        let out = curl.args(["-H", &format!("X-Forwarded-For: {from}"), &url]).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    assert_eq!(asked("10.0.0.1", "/a.txt"), "2 403");
    assert_eq!(asked("11.0.0.1", "/a.txt"), "2 200");
    assert_eq!((asked("11.0.0.1", "/r"), asked("11.0.0.1", "/r")), ("2 200".to_owned(), "2 429".to_owned()));
}
