use super::*;

fn request(line: &str) -> (Method, &str, u16, IpAddr) {
    let mut words = line.split(' ');
    let mut next = || words.next().expect("four words");
    (next().parse().unwrap(), next(), next().parse().unwrap(), next().parse().unwrap())
}

fn shows(filter: &str, line: &str) -> bool {
    let (method, target, status, remote) = request(line);
    Filter::parse(filter).allows(&method, target, status, remote)
}

const PAGE: &str = "GET /index.html?q=Cats 200 192.168.1.31";
const PHOTO: &str = "POST /api/photo.PNG 413 ::ffff:192.168.1.4";
const WORDS: &str = "GET /%E5%86%99%E7%9C%9F/a%20b 404 fe80::1";

#[test]
fn each_term_matches_what_it_should() {
    for (filter, page, photo, words) in [
        ("", true, true, true),
        ("4xx", false, true, true),
        ("2XX", true, false, false),
        ("404", false, false, true),
        ("!404", true, true, false),
        ("get", true, false, true),
        ("POST", false, true, false),
        ("!post", true, false, true),
        ("/api", false, true, false),
        ("/API/", false, true, false),
        ("/photo", false, false, false),
        ("!/api", true, false, true),
        ("/", true, true, true),
        ("/写", false, false, true),
        ("/%e5%86", false, false, true),
        ("192.168.1.4", false, true, false),
        ("::ffff:192.168.1.4", false, true, false),
        ("FE80::1", false, false, true),
        ("!192.168.1.4", true, false, true),
        ("192.168.1", false, false, false),
        ("cats", true, false, false),
        ("CATS", true, false, false),
        ("png", false, true, false),
        ("!png", true, false, true),
        ("写真", false, false, true),
        ("\"a b\"", false, false, true),
        ("!'a b'", true, true, false),
        ("\"post\"", false, false, false),
        ("\"/photo\"", false, true, false),
        ("\"404\"", false, false, false),
        ("POST /api png 4xx 192.168.1.4", false, true, false),
        ("POST /api !png 4xx", false, false, false),
        ("4xx !post", false, false, true),
        ("GET POST", false, false, false),
        ("999", false, false, false),
        ("!", true, true, true),
    ] {
        let found = [PAGE, PHOTO, WORDS].map(|line| shows(filter, line));
        assert_eq!(found, [page, photo, words], "{filter}");
    }
}

#[test]
fn a_target_that_is_no_utf8_is_survived() {
    assert!(shows("x", "GET /%ff%x 200 ::1"));
    assert!(!shows("写", "GET /%ff%e5 200 ::1"));
}

#[test]
fn an_exchange_is_matched_by_its_parts() {
    let (method, target, status, remote) = request(PHOTO);
    let exchange = Exchange {
        at: std::time::SystemTime::UNIX_EPOCH,
        took: std::time::Duration::ZERO,
        remote,
        method,
        target: target.into(),
        version: http::Version::HTTP_11,
        status,
        sent: 0,
        more: None,
    };
    assert!(Filter::parse("post 413").matches(&exchange));
    assert!(!Filter::parse("post 200").matches(&exchange));
}

#[test]
fn what_is_no_request_is_matched_by_its_text() {
    let line = ["blog:app: ValueError: no", "File \"blog.py\", line 3"];
    for (filter, passes) in [
        ("", true),
        ("blog", true),
        ("BLOG.py", true),
        ("shop", false),
        ("!shop", true),
        ("!blog", false),
        ("4xx", false),
        ("!4xx", true),
        ("POST", false),
        ("blog error", true),
        ("blog POST", false),
    ] {
        assert_eq!(Filter::parse(filter).reads(&line), passes, "{filter}");
    }
    assert!(Filter::parse("192.168.1.4").reads(&["refused 192.168.1.4"]));
}
