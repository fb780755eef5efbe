//! Who may upload, and who may see what was received: who asks × the way in × the method.

use crate::common::{Device, Form, Response, Server, Site, noise};

const FAR: &str = "192.168.1.40";
const PIN: &str = "Summer24";

/// A site whose clients say by `X-Forwarded-For` where they are.
pub(super) fn site(more: &str) -> Site {
    let conf = format!("trusted_proxies = [\"127.0.0.1\"]\n{more}\n[upload]\nkey = \"{PIN}\"\n");
    Site::small().conf(&conf)
}

/// A request from another device.
pub(super) fn far(server: &Server, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = [&[("X-Forwarded-For", FAR)], headers].concat();
    server.ask(method, target, &headers, body)
}

/// The PIN is sent; what was answered.
pub(super) fn guess(server: &Server, pin: &str, headers: &[(&str, &str)]) -> Response {
    let headers = [&[("Content-Type", "application/x-www-form-urlencoded")], headers].concat();
    far(server, "POST", "/__stan/key", &headers, format!("pin={pin}&to=/upload").as_bytes())
}

/// The cookie for who knows the PIN, and the token in it.
pub(super) fn cookie(server: &Server) -> (String, String) {
    let answer = guess(server, PIN, &[]).is(303);
    let cookie = answer.value("set-cookie").split(';').next().unwrap().to_owned();
    let token = cookie.split_once('=').unwrap().1.to_owned();
    assert_eq!(token.len(), 26);
    (cookie, token)
}

/// A name, whether it may upload, and what it sends.
type Asker<'a> = (&'a str, bool, &'a [(&'a str, &'a str)]);

#[test]
fn every_way_in_asks_the_same_question() {
    let conf =
        "[[route]]\npath = \"/in/{*rest}\"\nupload = \"in\"\n[[route]]\npath = \"/form\"\ntemplate = \"form.html\"\n";
    let site = Site::small()
        .file("templates/form.html", "{% for f in files %}{{ files[f].filename }}{% endfor %}got")
        .file("uploads/got.txt", "got")
        .file("in/got.txt", "got");
    let site = site.conf(&format!("trusted_proxies = [\"127.0.0.1\"]\n[upload]\nkey = \"{PIN}\"\n{conf}"));
    let server = site.start();
    let (cookie, token) = cookie(&server);
    let bearer = format!("Bearer {token}");
    let form = Form::new().file("f", "a.txt", "text/plain", b"A").bytes();
    let (form_type, raw) = (Form::content_type(), "application/octet-stream".to_owned());
    let ways: [(&str, &str, &str, &[u8]); 14] = [
        ("GET", "/upload", "", b""),
        ("HEAD", "/upload", "", b""),
        ("GET", "/upload/got.txt", "", b""),
        ("HEAD", "/upload/got.txt", "", b""),
        ("GET", "/upload/none.txt", "", b""),
        ("POST", "/upload", &form_type, &form),
        ("POST", "/upload/a.txt", &raw, b"A"),
        ("PUT", "/upload/a.txt", &raw, b"A"),
        ("PATCH", "/upload/a.txt", "application/partial-upload", b"A"),
        ("DELETE", "/upload/a.txt", "", b""),
        ("GET", "/in/got.txt", "", b""),
        ("PUT", "/in/a.txt", &raw, b"A"),
        ("POST", "/form", &form_type, &form),
        ("POST", "/in/", &form_type, &form),
    ];
    let who: [Asker<'_>; 8] = [
        ("here", true, &[]),
        ("here, by the proxy", true, &[("X-Forwarded-For", "127.0.0.1")]),
        ("a stranger", false, &[("X-Forwarded-For", FAR)]),
        ("bearer", true, &[("X-Forwarded-For", FAR), ("Authorization", &bearer)]),
        ("cookie", true, &[("X-Forwarded-For", FAR), ("Cookie", &cookie)]),
        ("wrong bearer", false, &[("X-Forwarded-For", FAR), ("Authorization", "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAA")]),
        ("wrong cookie", false, &[("X-Forwarded-For", FAR), ("Cookie", "stan_key_80=AAAAAAAAAAAAAAAAAAAAAAAAAA")]),
        ("made up", false, &[("X-Forwarded-For", "127.0.0.1, 192.168.1.40"), ("Forwarded", "for=127.0.0.1")]),
    ];
    for (name, may, fields) in who {
        let before = (site.names("uploads"), site.names("in"));
        for (method, target, kind, body) in ways {
            let mut headers = fields.to_vec();
            if !kind.is_empty() {
                headers.push(("Content-Type", kind));
            }
            let status = server.ask(method, target, &headers, body).status;
            assert_eq!(status != 403, may, "{name}: {method} {target}: {status}");
        }
        if !may {
            assert_eq!((site.names("uploads"), site.names("in")), before, "{name} left something");
        }
        server.ask("OPTIONS", "/upload", fields, b"").is(204);
        let evil = [fields, &[("Origin", "http://evil.example")]].concat();
        server.ask("PUT", "/upload/evil.txt", &evil, b"x").is(403);
        server.ask("GET", "/", fields, b"").is(200);
    }
}

#[test]
fn what_was_received_never_lies_ready_for_all() {
    let site = site("").file("uploads/photo.jpg", "private");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    std::fs::File::options().write(true).open(site.path("uploads/photo.jpg")).unwrap().set_modified(old).unwrap();
    let server = site.start();
    for _ in 0..5 {
        server.ask("GET", "/upload/photo.jpg", &[], b"").is(200);
    }
    far(&server, "GET", "/upload/photo.jpg", &[], b"").is(403);
    assert_eq!(server.ask("GET", "/upload/photo.jpg", &[], b"").text(), "private");
}

#[test]
fn who_waits_to_be_asked_for_the_body_is_refused_at_once() {
    let server = site("").start();
    let head = format!(
        "PUT /upload/a.bin HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {FAR}\r\nContent-Length: 1000000\r\n\
         Expect: 100-continue\r\n\r\n"
    );
    let mut stream = server.connect();
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    let answer = crate::common::read_head(&mut std::io::BufReader::new(stream)).unwrap();
    assert_eq!(answer.status, 403, "and no 100 before it");
}

#[test]
fn a_program_is_told_what_to_send_and_a_browser_gets_the_page() {
    let server = site("").start();
    let answer = far(&server, "PUT", "/upload/a.bin", &[], &noise(1, 300_000)).is(403);
    assert_eq!(answer.value("content-type"), "application/problem+json");
    let problem = answer.json();
    assert!(problem["detail"].as_str().unwrap().contains("-H 'Authorization: Bearer TOKEN'"), "{problem}");
    let browser = [("Accept", "text/html,*/*;q=0.8"), ("Accept-Language", "zh-CN,en;q=0.5")];
    let page = far(&server, "GET", "/upload", &browser, b"").is(403);
    assert_eq!(page.value("referrer-policy"), "same-origin");
    assert!(page.text().contains("name=\"pin\"") && page.text().contains("lang=\"zh\""), "{}", page.text());
    for asset in ["/__stan/upload.css", "/__stan/key.js"] {
        far(&server, "GET", asset, &[], b"").is(200);
    }
}

#[test]
fn the_link_becomes_a_cookie() {
    let server = site("").start();
    let (_, token) = cookie(&server);
    let answer = far(&server, "GET", &format!("/upload?k={token}"), &[], b"").is(303);
    assert_eq!(answer.value("location"), "/upload");
    assert_eq!(answer.value("referrer-policy"), "same-origin");
    let set = answer.value("set-cookie").to_owned();
    let port = server.port();
    assert!(set.starts_with(&format!("stan_key_{port}={token}; HttpOnly; SameSite=Strict; Path=/")), "{set}");
    let answer = far(&server, "GET", &format!("/upload?a=1&k={token}&b"), &[], b"").is(303);
    assert_eq!(answer.value("location"), "/upload?a=1&b");
    let wrong = far(&server, "GET", "/upload?k=AAAAAAAAAAAAAAAAAAAAAAAAAA", &[("Accept", "text/html")], b"").is(403);
    assert!(wrong.text().contains("earlier start") && wrong.header("set-cookie").is_none());
    far(&server, "POST", &format!("/upload?k={token}"), &[], b"").is(403);
}

#[test]
fn a_key_outlives_reloads_and_moves_and_ends_with_its_setting() {
    let site = site("");
    let mut server = site.start();
    let (cookie, _) = cookie(&server);
    let holder = [("Cookie", cookie.as_str())];
    let look = |server: &Server| far(server, "GET", "/upload", &holder, b"").status;
    server.done("reload");
    server.done("set upload.exists refuse");
    server.done("port 0");
    assert_eq!(look(&server), 200);
    server.done("restart");
    assert_eq!(look(&server), 200);
    let answer = server.done("set upload.key 271828");
    assert!(answer.line.contains("no longer good") && !answer.line.contains("271828"), "{}", answer.line);
    assert_eq!(look(&server), 403);
    server.done("set upload.key off");
    assert_eq!(far(&server, "PUT", "/upload/a.txt", &[], b"A").status, 201);
    server.done("set upload.key auto");
    assert_eq!(look(&server), 403);
}

#[test]
fn a_proxy_on_this_machine_that_is_not_trusted_is_not_this_machine() {
    let mut server = Site::small().start();
    server.put("/upload/a.txt", b"A").is(201);
    for field in [("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1")] {
        server.ask("PUT", "/upload/b.txt", &[field], b"B").is(403);
        server.ask("GET", "/", &[field], b"").is(200);
    }
    server.line("of the proxy", |line| line.starts_with("note ") && line.contains("trusted_proxies = [\"127.0.0.1\"]"));
    let said = server.out.all().iter().filter(|line| line.contains("trusted_proxies")).count();
    assert_eq!(said, 1, "once");
}

#[test]
fn a_trusted_proxy_says_who_asks() {
    let site = site("").file("templates/who.html", "{{ request.remote_addr }}");
    let mut server = site.start();
    assert_eq!(far(&server, "GET", "/who", &[], b"").text(), FAR);
    for _ in 0..4 {
        far(&server, "GET", "/", &[], b"").is(200);
    }
    server.line("of the page", |line| line.starts_with(&format!("request {FAR} GET / 200")));
    assert!(!server.out.all().iter().any(|line| line.starts_with("request 127.0.0.1 GET / ")), "also when it is ready");
}

#[test]
fn details_of_errors_are_for_holders_of_the_key() {
    let site = site("").file("templates/broken.html", "SECRET\n{{ x.y.z }}");
    let server = site.start();
    let (cookie, _) = cookie(&server);
    let page = far(&server, "GET", "/broken", &[("Accept", "text/html")], b"").is(500);
    assert!(!page.text().contains("SECRET") && page.text().contains("on the screen of the computer"));
    let page = far(&server, "GET", "/broken", &[("Accept", "text/html"), ("Cookie", &cookie)], b"").is(500);
    assert!(page.text().contains("SECRET"));
}

#[test]
fn without_uploads_nobody_is_asked_for_a_pin() {
    let site = site("");
    let server = site.start_with(&["--no-upload"]);
    let page = far(&server, "GET", "/upload", &[("Accept", "text/html")], b"").is(403);
    assert!(!page.text().contains("name=\"pin\""), "{}", page.text());
}

#[test]
fn a_real_device_beside_this_one() {
    let Some(device) = Device::new() else { return };
    let site = Site::small().file("photo.jpg", noise(3, 200_000));
    let (here, photo) = (device.here.to_string(), site.path("photo.jpg"));
    let mut server = site.start_as(&["--plain", "--bind", &here, "-p", "0"]);
    let link = server.line("of the link", |line| line.starts_with("note upload link "));
    let pin = server.line("of the PIN", |line| line.starts_with("note PIN "));
    let link = link.trim_start_matches("note upload link ").to_owned();
    let pin = pin.trim_start_matches("note PIN ").to_owned();
    let token = link.split_once("?k=").unwrap().1;
    let address = format!("http://{here}:{}", server.port());
    assert_eq!(link, format!("{address}/upload?k={token}"));
    assert!(token.len() == 26 && pin.len() == 6, "{link} {pin}");

    let (page, photo) = (format!("{address}/upload"), photo.to_str().unwrap());
    let put = format!("{address}/upload/a.jpg");
    assert_eq!(device.curl(&["-T", photo, &put]).0, 403);
    assert_eq!(device.curl(&["-F", &format!("f=@{photo}"), &page]).0, 403);
    assert_eq!(device.curl(&["-T", photo, "-H", "X-Forwarded-For: 127.0.0.1", &put]).0, 403);
    assert_eq!(device.curl(&["-T", photo, "--http2-prior-knowledge", &put]).0, 403);
    assert!(site.names("uploads").is_empty());
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(device.curl(&["-T", photo, "-H", &bearer, &put]).0, 201);
    assert_eq!(device.curl(&["-T", photo, "-H", &bearer, "--http2-prior-knowledge", &put]).0, 201);
    let jar = site.path("jar");
    let jar = jar.to_str().unwrap();
    assert_eq!(device.curl(&["-L", "-c", jar, "-b", jar, &link]).0, 200);
    assert_eq!(device.curl(&["-b", jar, "-F", &format!("f=@{photo};filename=b.jpg"), &page]).0, 201);
    assert_eq!(device.curl(&["-d", &format!("pin={pin}"), &format!("{address}/__stan/key")]).0, 303);
    assert_eq!(site.names("uploads"), ["a.jpg", "b.jpg"]);

    let url = server.done("url");
    let above = url.above.join("\n");
    assert!(above.contains(&link) && above.contains(&format!("PIN {pin}")), "{above}");
    let status = server.done("status").above.join("\n");
    assert!(status.contains(&format!("key or PIN {pin}")), "{status}");
    // From this machine by the same address it is still this machine.
    let own = std::process::Command::new("curl").args(["-s", "-o", "/dev/null", "-w", "%{http_code}", &page]).output();
    assert_eq!(String::from_utf8_lossy(&own.unwrap().stdout), "200");
}

#[test]
fn on_the_loopback_nothing_is_said_of_a_key() {
    let mut server = Site::small().start();
    server.done("status");
    let above = server.done("url").above.join("\n");
    assert!(!above.contains("?k=") && !above.contains("PIN"), "{above}");
    let told = server.out.all().join("\n");
    assert!(!told.contains("upload link") && !told.contains("PIN") && told.contains("uploads: this machine"), "{told}");
}
