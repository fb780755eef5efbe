//! Templates: what they see, where they answer, and how they break.

use crate::common::{Form, Site, eventually};

#[test]
fn a_template_has_an_address_of_its_own() {
    let site = Site::small()
        .file("templates/about.html", "about")
        .file("templates/index.html", "home")
        .file("templates/sub/page.html", "deep")
        .file("templates/feed.xml", "<feed/>")
        .file("templates/_base.html", "[{% block b %}{% endblock %}]")
        .file("templates/child.html", "{% extends \"_base.html\" %}{% block b %}child{% endblock %}");
    let server = site.start();
    for (target, text) in [("/about", "about"), ("/", "home"), ("/sub/page", "deep"), ("/child", "[child]")] {
        let answer = server.get(target).is(200);
        assert_eq!(
            (answer.text().as_str(), answer.value("content-type")),
            (text, "text/html; charset=utf-8"),
            "{target}"
        );
    }
    assert!(server.get("/feed.xml").is(200).value("content-type").contains("xml"));
    server.get("/_base").is(404);
    server.get("/_base.html").is(404);
}

#[test]
fn what_a_template_sees_of_the_request() {
    let site = Site::small()
        .file("templates/r.html", "{{ request.method }}|{{ request.path }}|{{ request.raw_path }}|{{ request.query.q }}|{{ request.headers['x-demo'] }}|{{ request.cookies.c }}|{{ request.host }}|{{ request.remote_addr }}|{{ params.name }}")
        .conf("[[route]]\npath = \"/r/{name}\"\ntemplate = \"r.html\"\n");
    let server = site.start();
    let headers = [("X-Demo", "d"), ("Cookie", "a=b; c=cake"), ("Host", "localhost:1")];
    let text = server.ask("GET", "/r/%C3%A9%20x?q=1%262&q=3", &headers, b"").is(200).unescaped();
    assert_eq!(text, "GET|/r/é x|/r/%C3%A9%20x|1&amp;2|d|cake|localhost:1|127.0.0.1|é x");
}

#[test]
fn values_are_escaped_by_the_files_kind() {
    let site = Site::small()
        .file("templates/e.html", "{{ request.query.q }}")
        .file("templates/e.txt", "{{ request.query.q }}");
    let server = site.start();
    assert_eq!(server.get("/e?q=%3Cb%3E%22").is(200).text(), "&lt;b&gt;&quot;");
    assert_eq!(server.get("/e.txt?q=%3Cb%3E").is(200).text(), "<b>");
}

#[test]
fn data_files_reach_every_template() {
    let site = Site::small()
        .file("data/a.json", "{\"x\": [1, 2]}")
        .file("data/b.toml", "y = \"toml\"\n")
        .file("data/c.yaml", "z: yaml\n")
        .file("templates/d.html", "{{ data.a.x[1] }} {{ data.b.y }} {{ data.c.z }}");
    let server = site.start();
    assert_eq!(server.get("/d").is(200).text(), "2 toml yaml");
    site.write("data/b.toml", "y = \"new\"\n");
    eventually("the new data", || (server.get("/d").text() == "2 new yaml").then_some(()));
}

#[test]
fn functions() {
    let site = Site::small()
        .file("static_file/app.css", "a{}")
        .file("templates/f.html", "{{ now('%Y') }} {{ static_url('app.css') }}");
    let server = site.start();
    let text = server.get("/f").is(200).unescaped();
    let (year, url) = text.split_once(' ').unwrap();
    assert!(year.len() == 4 && year.starts_with("20"), "{text}");
    assert_eq!(server.get(&url.replace("&amp;", "&")).is(200).text(), "a{}");
}

const FORM: &str = "{{ form.name }}|{{ form.all('like')|join(',') }}|\
    {% for f in files.all('file') %}{{ f.filename }},{{ f.content_type }},{{ f.size }};{% endfor %}";

#[test]
fn a_urlencoded_form() {
    let server = Site::small().file("templates/form.html", FORM).start();
    assert_eq!(server.get("/form").is(200).text(), "||", "empty on GET");
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = server.ask("POST", "/form", &kind, b"name=Ada+L%C3%B6v&like=tea&like=a%26b&x").is(200);
    assert_eq!(answer.text(), "Ada Löv|tea,a&amp;b|");
}

#[test]
fn a_form_with_files() {
    let site = Site::small().file("templates/form.html", FORM);
    let server = site.start();
    let photo = vec![7; 300_000];
    let body = Form::new()
        .field("name", "Ada")
        .field("like", "tea")
        .field("like", "milk")
        .file("file", "a.jpg", "image/jpeg", &photo)
        .file("file", "b.txt", "text/plain", b"");
    let answer = server.ask("POST", "/form", &[("Content-Type", &Form::content_type())], &body.bytes()).is(200);
    assert_eq!(answer.unescaped(), "Ada|tea,milk|a.jpg,image/jpeg,300000;b.txt,text/plain,0;");
    assert_eq!(site.read("uploads/a.jpg"), photo);
    assert_eq!(site.names("uploads"), ["a.jpg", "b.txt"]);
}

#[test]
fn a_form_cut_short_is_400() {
    let server = Site::small().file("templates/form.html", FORM).start();
    let mut body = Form::new().field("name", "Ada").bytes();
    body.truncate(body.len() - 10);
    server.ask("POST", "/form", &[("Content-Type", &Form::content_type())], &body).is(400);
}

#[test]
fn a_broken_template_shows_where_and_is_mended() {
    let site = Site::small().file("templates/b.html", "one\ntwo\n{{ 1 + }}\nfour\n").file("templates/ok.html", "fine");
    let mut server = site.start();
    let answer = server.page("/b").is(500);
    let page = answer.text();
    for says in ["b.html", "3", "{{ 1 + }}", "two", "four"] {
        assert!(page.contains(says), "{says} is not in\n{page}");
    }
    server.line("of the error", |line| line.starts_with("error ") && line.contains("b.html") && line.contains(":3"));
    assert_eq!(server.get("/ok").is(200).text(), "fine");
    site.write("templates/b.html", "mended");
    eventually("the mended template", || (server.get("/b").text() == "mended").then_some(()));
}

#[test]
fn a_template_that_fails_while_it_runs() {
    let site = Site::small()
        .file("templates/_in.html", "x\n{{ nothing.at.all }}\n")
        .file("templates/b.html", "a\n{% include '_in.html' %}\n");
    let server = site.start();
    let page = server.page("/b").is(500).text();
    assert!(page.contains("_in.html") && page.contains("nothing.at.all"), "{page}");
}

#[test]
fn a_template_that_never_ends_harms_nobody() {
    let site = Site::small().file(
        "templates/loop.html",
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    );
    let server = site.start();
    server.get("/loop").is(500);
    server.get("/").is(200);
}

#[test]
fn a_new_template_is_a_new_route() {
    let site = Site::small().file("templates/a.html", "a");
    let server = site.start();
    site.write("templates/later.html", "later");
    eventually("the new route", || (server.get("/later").text() == "later").then_some(()));
    std::fs::remove_file(site.path("templates/later.html")).unwrap();
    eventually("its end", || (server.get("/later").status == 404).then_some(()));
}
