use std::fs;

use super::*;
use crate::config::{Target, defaults, parse};

/// Reads routes in a folder that has `templates/hello.html` and `static_file/`.
fn routes(text: &str) -> Result<Vec<Route>, Vec<Mistake>> {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("templates")).unwrap();
    fs::write(root.path().join("templates/hello.html"), "").unwrap();
    fs::create_dir(root.path().join("static_file")).unwrap();
    fs::write(root.path().join("static_file/a.css"), "").unwrap();
    fs::create_dir(root.path().join("cgi-bin")).unwrap();
    let parsed = parse::parse(root.path(), text).unwrap();
    read(&defaults::config(root.path(), None), text, parsed.routes.as_ref(), parsed.apps.as_ref())
}

/// The mistakes of a route `/x` with these lines: the text each points at, and its message.
fn wrong(lines: &str) -> Vec<(String, String)> {
    let text = format!("[[route]]\npath = \"/x\"\n{lines}\n");
    let mut mistakes = routes(&text).unwrap_err();
    mistakes.sort_by_key(|mistake| mistake.at.start);
    mistakes.into_iter().map(|mistake| (text[mistake.at].to_owned(), mistake.message)).collect()
}

#[track_caller]
fn assert_wrong(lines: &str, at: &str, message: &str) {
    assert_eq!(wrong(lines), [(at.to_owned(), message.to_owned())]);
}

#[test]
fn each_target() {
    let text = r#"
[[route]]
path = "/hello/{name}"
methods = ["GET", "POST"]
template = "hello.html"
status = 404
headers = { x-demo = "1" }
[[route]]
path = "/css"
static = "static_file/a.css"
[[route]]
path = "/t"
text = ""
[[route]]
path = "/j"
json = { a = 1 }
[[route]]
path = "/old"
redirect = "/t"
status = 301
[[route]]
path = "/in"
upload = "inbox"
"#;
    let routes = routes(text).unwrap();
    let kinds: Vec<_> = routes.iter().map(|route| (route.line, route.target.kind())).collect();
    assert_eq!(kinds, [(2, "template"), (8, "static"), (11, "text"), (14, "json"), (17, "redirect"), (21, "upload")]);
    assert_eq!(routes[0].methods, ["GET", "POST"]);
    assert_eq!(routes[0].status.unwrap(), 404);
    assert_eq!(routes[0].headers[0].0, "x-demo");
    assert_eq!(routes[4].target, Target::Redirect("/t".into()));
}

#[test]
fn routes_as_a_list_of_tables_in_one_line() {
    assert_eq!(routes("route = [{ path = \"/a\", text = \"a\" }]").unwrap().len(), 1);
    assert!(routes("route = { path = \"/a\" }").is_err());
    assert!(routes("route = [5]").is_err());
}

#[test]
fn exactly_one_target() {
    let says = "expected a target: template, static, text, json, redirect, upload, proxy, wsgi, python or cgi";
    assert_wrong("", "[[route]]", says);
    assert_wrong("text = \"a\"\njson = 1", "json", "expected one target, but this route has text and json");
}

#[test]
fn a_path_is_needed() {
    let mistake = &routes("[[route]]\ntext = \"x\"").unwrap_err()[0];
    assert_eq!((mistake.at.start, mistake.message.as_str()), (0, "expected path = \"/…\" in this route"));
}

#[test]
fn what_is_named_must_be_there() {
    assert_wrong("template = \"helo.html\"", "\"helo.html\"", "expected a template that exists in templates");
    assert_wrong(
        "template = \"../hello.html\"",
        "\"../hello.html\"",
        "expected the name of a template, such as \"hello.html\"",
    );
    assert_wrong("static = \"gone\"", "\"gone\"", "expected a folder or a file that exists");
    assert_wrong("upload = \"static_file/a.css\"", "\"static_file/a.css\"", "expected a folder, but this is a file");
}

#[test]
fn statuses_go_with_their_targets() {
    assert_wrong(
        "static = \"static_file\"\nstatus = 200",
        "status",
        "status goes with template, text, json or redirect",
    );
    assert_wrong("redirect = \"/\"\nstatus = 200", "200", "expected 301, 302, 303, 307 or 308");
    assert_wrong("text = \"\"\nstatus = 100", "100", "expected a number from 200 to 599");
}

#[test]
fn headers_cannot_split_an_answer() {
    let says = "expected one line of text without control characters";
    assert_wrong(
        r#"text = "a"
headers = { a = "b\r\nc: d" }"#,
        r#""b\r\nc: d""#,
        says,
    );
}

#[test]
fn routes_may_not_collide() {
    let text = "[[route]]\npath = \"/a/{x}\"\ntext = \"\"\n[[route]]\npath = \"/a/{y}\"\ntext = \"\"\n";
    let mistakes = routes(text).unwrap_err();
    assert_eq!(mistakes.len(), 1);
    assert_eq!(mistakes[0].message, "/a/{y} collides with /a/{x}, the route of line 1");
    assert_eq!(&text[mistakes[0].at.clone()], "\"/a/{y}\"");
}

#[test]
fn unknown_keys() {
    assert_wrong("text = \"\"\nmethod = [\"GET\"]", "method", "unknown key method in a route");
    let mistake = &routes("[[route]]\npath = \"/x\"\ntemplat = \"hello.html\"\n").unwrap_err();
    assert!(mistake.iter().any(|mistake| mistake.nearest.as_deref() == Some("template")));
}

#[test]
fn guards() {
    let text = "[[route]]\npath = \"/x\"\ntext = \"\"\nallow = [\"lan\"]\ndeny = [\"10.0.0.1\"]\nrate = \"1/s\"\n\
        auth = []\ndelay = \"1s\"\nthrottle = 0\nbody = 5\ncors = true\n";
    let route = routes(text).unwrap().remove(0);
    assert_eq!((route.guards.allow.len(), route.guards.deny.len(), route.guards.auth), (1, 1, Some(Vec::new())));
    assert_eq!((route.guards.delay.unwrap().as_secs(), route.guards.throttle), (1, Some(0)));
    assert_eq!((route.body, route.cors), (Some(5), Some(true)));
    for bad in
        ["allow = [\"x\"]", "deny = 1", "rate = \"1\"", "auth = [\"a\"]", "delay = 1", "throttle = -1", "body = true"]
    {
        assert!(wrong(&format!("text = \"\"\n{bad}"))[0].1.starts_with("expected"), "{bad}");
    }
    let says = "body does not go with upload: upload.max_size is the limit of one file";
    assert_wrong("upload = \"in\"\nbody = 5", "body", says);
}

#[test]
fn extras_go_with_their_targets() {
    for (target, good, bad) in [
        ("wsgi = \"a:b\"", "dir = \"static_file\"", "dir = 1"),
        ("wsgi = \"a:b\"", "venv = \".venv\"", "venv = \"\""),
        ("wsgi = \"a:b\"", "workers = 0", "workers = -1"),
        ("wsgi = \"a:b\"", "threads = 4", "threads = 0"),
    ] {
        let says = |extra: &str| {
            let read = routes(&format!("[[route]]\npath = \"/x\"\n{target}\n{extra}\n"));
            read.err().unwrap_or_default().into_iter().map(|mistake| mistake.message).collect::<Vec<_>>()
        };
        assert!(says(good).iter().all(|says| !says.starts_with("expected")), "{good}: {:?}", says(good));
        assert!(says(bad).iter().any(|says| says.starts_with("expected")), "{bad}: {:?}", says(bad));
        let elsewhere = wrong(&format!("text = \"\"\n{good}")).remove(0).1;
        assert!(elsewhere.contains(" goes with "), "{elsewhere}");
    }
}

#[test]
fn scripts_have_variables_and_a_timeout() {
    let read = |more: &str| routes(&format!("[[route]]\npath = \"/x/{{*rest}}\"\ncgi = \"cgi-bin\"\n{more}\n"));
    let cgi = |more: &str| match read(more).unwrap().remove(0).target {
        Target::Cgi(cgi) => cgi,
        other => panic!("{other:?}"),
    };
    let plain = cgi("");
    assert!(plain.dir.ends_with("cgi-bin") && plain.env.is_empty());
    assert_eq!(plain.timeout.as_secs(), 30);
    let more = cgi("timeout = \"5m\"\nenv = { A = \"1\", B = \"\" }");
    assert_eq!(more.env, [("A".to_owned(), "1".to_owned()), ("B".to_owned(), String::new())]);
    assert_eq!(more.timeout.as_secs(), 300);
    for bad in ["timeout = 30", "timeout = \"0s\"", "env = { A = 1 }", "env = { \"A=\" = \"1\" }", "env = 1"] {
        assert!(read(bad).unwrap_err()[0].message.starts_with("expected"), "{bad}");
    }
    assert!(read("dir = \"x\"").unwrap_err()[0].message.contains("goes with"));
    assert!(wrong("cgi = \"nope\"")[0].1.starts_with("expected a folder that exists"));
}

#[test]
fn apps_are_checked() {
    let wrong = |text: &str| routes(&format!("[[app]]\n{text}")).unwrap_err().remove(0).message;
    let with = |more: &str| wrong(&format!("command = \"x\"\npath = \"/a\"\n{more}"));
    assert!(wrong("path = \"/a\"").starts_with("expected command"));
    assert!(wrong("command = \"x\"").starts_with("expected path"));
    assert!(wrong("command = \"\"\npath = \"/a\"").starts_with("expected a command line"));
    assert!(wrong("command = \"say 'a\"\npath = \"/a\"").starts_with("expected a command line"));
    assert!(with("watch = \"x\"").starts_with("expected a list"));
    assert!(with("watch = [\"\"]").starts_with("expected the name of a file"));
    assert!(with("wacth = []").starts_with("unknown key wacth"));
    assert!(with("methods = [\"GET\"]").starts_with("unknown key methods"));
    assert!(with("zzz = 1").starts_with("unknown key zzz in an app; expected one of command, path,"));
    assert!(with("dir = \"none\"").starts_with("expected a folder that exists"));
    assert!(with("env = { PORT = \"1\" }").starts_with("PORT is given by stan"));
    assert!(with("port = 70000").starts_with("expected a number"));
    assert!(with("ready = \"0s\"").starts_with("expected a duration"));
    assert!(routes("app = 5").unwrap_err()[0].message.starts_with("expected tables"));
}

#[test]
fn an_app_is_a_route() {
    let text = "[[route]]\npath = \"/t\"\ntext = \"\"\n[[app]]\ncommand = \"npm run dev\"\npath = \"/a/{*rest}\"\n\
                watch = [\"*.css\"]\ndir = \"static_file\"\nport = 3000\nenv = { A = \"1\" }\nready = \"5s\"\n\
                strip = true\nhost = \"upstream\"\ntimeout = \"9s\"\nallow = [\"local\"]\nbody = 10\ncors = true\n\
                headers = { a = \"b\" }\n";
    let routes = routes(text).unwrap();
    let Target::App(app) = &routes[1].target else { panic!("{:?}", routes[1].target) };
    assert_eq!((app.program.name().as_str(), app.program.port, app.program.ready.as_secs()), ("a", Some(3000), 5));
    assert!(app.program.watch[0].holds(&app.program.dir.join("a.css")) && app.program.dir.ends_with("static_file"));
    assert!(app.proxy.strip && app.proxy.timeout.as_secs() == 9 && app.proxy.upstreams.is_empty());
    assert_eq!((routes[1].body, routes[1].cors, routes[1].line), (Some(10), Some(true), 4));
    assert_eq!(routes[1].patterns(), ["/a/{*rest}", "/a/", "/a"]);
    assert!(!routes[1].guards.allow.is_empty() && routes[1].headers.len() == 1);
}

#[test]
fn apps_collide_as_routes_do() {
    let app = |path: &str, more: &str| format!("[[app]]\ncommand = \"x\"\npath = \"{path}\"\n{more}\n");
    let wrong = |text: &str| routes(text).unwrap_err().remove(0).message;
    let text = format!("[[route]]\npath = \"/a\"\ntext = \"\"\n{}", app("/a/{*rest}", ""));
    assert_eq!(wrong(&text), "/a collides with /a, the route of line 1");
    let text = app("/a", "port = 3000") + &app("/b", "port = 3000");
    assert_eq!(wrong(&text), "port 3000 is that of the app of line 1 too");
    assert!(routes(&(app("/a", "port = 0") + &app("/b", ""))).is_ok());
}

#[test]
fn a_proxy_with_what_goes_with_it() {
    let good = "[[route]]\npath = \"/x\"\nproxy = [\"http://a:1\", \"unix:b\"]\nstrip = true\nbalance = \"client\"\n\
                host = \"upstream\"\ntimeout = \"5s\"\n";
    let routes = routes(good).unwrap();
    let Target::Proxy(proxy) = &routes[0].target else { panic!("{:?}", routes[0].target) };
    assert!(proxy.strip && proxy.upstreams.len() == 2 && proxy.timeout.as_secs() == 5);
    assert_eq!(routes[0].patterns(), ["/x", "/x/", "/x/{*file}"], "with all below it");
    for bad in ["strip = 1", "balance = \"best\"", "host = \"x\"", "timeout = \"0s\""] {
        assert!(wrong(&format!("proxy = \"http://a\"\n{bad}"))[0].1.starts_with("expected"), "{bad}");
        assert!(wrong(&format!("text = \"\"\n{}", bad.replace("0s", "1s")))[0].1.contains(" goes with "), "{bad}");
    }
}

#[test]
fn who_is_not_checked_on_the_way_to_another_device_is_warned_of() {
    let warnings = |url: &str| {
        let routes = routes(&format!("[[route]]\npath = \"/x\"\nverify = false\nproxy = [\"{url}\"]")).unwrap();
        let mut config = defaults::config(std::path::Path::new("/"), None);
        config.routes = routes;
        config.warnings()
    };
    assert!(warnings("https://localhost:1").is_empty());
    let said = warnings("https://box:1");
    assert!(said[0].starts_with("verify = false of /x: ") && said[0].contains("https://box:1"), "{said:?}");
}

#[test]
fn an_app_has_all_that_its_route_says() {
    let text = "[[route]]\npath = \"/blog/{*rest}\"\nworkers = 2\nthreads = 1\ntimeout = \"5s\"\n\
                env = { A = \"1\" }\ndir = \"static_file\"\nvenv = \"v\"\nwsgi = \"blog:make('x')\"\n";
    let routes = routes(text).unwrap();
    let Target::Wsgi(app) = &routes[0].target else { panic!("{:?}", routes[0].target) };
    assert_eq!(app.name(), "blog:make('x')");
    assert_eq!((app.workers, app.threads, app.timeout.as_secs()), (2, 1, 5));
    assert_eq!(app.env, [("A".to_owned(), "1".to_owned())]);
    assert!(app.dir.ends_with("static_file") && app.venv.as_ref().unwrap().ends_with("v"));
    assert_eq!(routes[0].patterns(), ["/blog/{*rest}", "/blog/", "/blog"]);
}
