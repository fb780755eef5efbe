use super::*;
use crate::server::files::tests::{Got, request};
use std::fs;

struct Site {
    dir: tempfile::TempDir,
    pages: Pages,
}

impl Site {
    fn new(templates: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in templates {
            let path = dir.path().join("templates").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let at = |name| dir.path().join(name);
        let pages = Pages::load(&at("templates"), &at("data"), &at("static_file"));
        Self { dir, pages }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join("templates").join(name), text).unwrap();
    }

    fn answer(&self, template: &str, request: &Request) -> Answer {
        self.pages.answer(template, request, Form::default(), StatusCode::OK)
    }

    async fn get(&self, template: &str) -> Got {
        Got::of(self.answer(template, &request("/?q=%3Cb%3E&n=1", &[("accept", "text/html")]))).await
    }

    fn broken(&self, template: &str) -> Broken {
        let answer = self.answer(template, &request("/", &[]));
        assert_eq!(answer.status(), 500);
        answer.extensions().get::<Broken>().unwrap().clone()
    }
}

#[tokio::test]
async fn a_page_is_rendered_with_its_type_and_tag() {
    let site = Site::new(&[
        ("a.html", "<p>{{ request.query.n }}</p>"),
        ("f.xml", "<x/>"),
        ("r.txt", "x"),
        ("d.json", "{{ [1] }}"),
    ]);
    let got = site.get("a.html").await;
    assert_eq!((got.status, got.text(), got.header("content-type")), (200, "<p>1</p>", "text/html; charset=utf-8"));
    assert_eq!(got.header("cache-control"), "no-cache");
    let again = request("/?n=1", &[("if-none-match", got.header("etag"))]);
    assert_eq!(site.answer("a.html", &again).status(), 304);
    assert_eq!(site.get("f.xml").await.header("content-type"), "text/xml; charset=utf-8");
    assert_eq!(site.get("r.txt").await.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(site.get("d.json").await.text(), "[1]");
}

#[tokio::test]
async fn escaped_by_extension() {
    let source = "{{ request.query.q }}";
    let site = Site::new(&[
        ("a.html", source),
        ("a.htm", source),
        ("a.xml", source),
        ("a.svg", source),
        ("a.txt", source),
        ("a.json", source),
    ]);
    for name in ["a.html", "a.htm", "a.xml", "a.svg"] {
        assert_eq!(site.get(name).await.text(), "&lt;b&gt;", "{name}");
    }
    assert_eq!(site.get("a.txt").await.text(), "<b>");
    assert!(site.get("a.json").await.text().starts_with('"'));
}

#[tokio::test]
async fn chains_of_templates_and_what_they_depend_on() {
    let site = Site::new(&[
        ("_base.html", "<title>{% block t %}{% endblock %}</title>{% include '_nav.html' %}"),
        ("_nav.html", "<nav>"),
        ("a.html", "{% extends '_base.html' %}{% block t %}A{% endblock %}"),
        ("b.html", "{% include request.query.x %}"),
    ]);
    assert_eq!(site.get("a.html").await.text(), "<title>A</title><nav>");
    let depends = site.pages.depends("a.html").unwrap();
    assert_eq!(depends.iter().map(String::as_str).collect::<Vec<_>>(), ["_base.html", "_nav.html", "a.html"]);
    assert_eq!(site.pages.depends("b.html"), None);
    assert_eq!(site.pages.depends("unknown.html"), None);
    assert!(site.pages.has("_nav.html") && !site.pages.has("x.html"));
    let routes = [("/a".to_owned(), "a.html".to_owned()), ("/b".to_owned(), "b.html".to_owned())];
    assert_eq!(site.pages.routes(), routes);
}

#[tokio::test]
async fn a_save_shows_at_once_in_the_page_and_in_what_it_includes() {
    let site = Site::new(&[("a.html", "one {% include '_p.html' %}"), ("_p.html", "p")]);
    assert_eq!(site.get("a.html").await.text(), "one p");
    site.write("_p.html", "part");
    assert_eq!(site.get("a.html").await.text(), "one part");
    site.write("a.html", "{{ ");
    assert_eq!(site.get("a.html").await.status, 500);
    site.write("a.html", "two");
    assert_eq!(site.get("a.html").await.text(), "two");
}

#[tokio::test]
async fn missing_variables_print_nothing() {
    let site = Site::new(&[("a.html", "[{{ nothing }}{{ form.x }}{% if files %}{% endif %}]")]);
    assert_eq!(site.get("a.html").await.text(), "[]");
}

#[test]
fn a_syntax_error_is_shown_with_its_lines() {
    let site = Site::new(&[("a.html", "one\ntwo\n{% if %}\nfour\n")]);
    let broken = site.broken("a.html");
    assert!(broken.text.starts_with("templates/a.html:3: syntax error:"), "{}", broken.text);
    assert!(broken.detail.contains("  2 | two\n> 3 | {% if %}\n"), "{}", broken.detail);
    assert!(broken.detail.contains("  4 | four\n"), "{}", broken.detail);
}

#[test]
fn an_error_in_an_include_points_at_the_cause_and_names_the_way() {
    let site = Site::new(&[("a.html", "x\n{% include '_p.html' %}"), ("_p.html", "\n\n{{ nothing.at.all }}")]);
    let broken = site.broken("a.html");
    assert!(broken.text.starts_with("templates/_p.html:3: undefined value"), "{}", broken.text);
    assert!(broken.detail.contains("> 3 | {{ nothing.at.all }}\n"), "{}", broken.detail);
    assert!(broken.detail.contains("    |    ^^^^^^^"), "{}", broken.detail);
    assert!(broken.detail.contains("from templates/a.html:2: could not render include"), "{}", broken.detail);
}

#[test]
fn a_missing_template_and_an_endless_loop_are_errors() {
    let site = Site::new(&[
        ("a.html", "{% include 'none.html' %}"),
        ("b.html", "{% for i in range(10000) %}{% for j in range(10000) %}{{ j }}{% endfor %}{% endfor %}"),
        ("c.html", "{% include 'c.html' %}"),
    ]);
    assert!(site.broken("a.html").text.contains("none.html"), "{}", site.broken("a.html").text);
    assert!(site.broken("b.html").text.contains("too many steps"));
    site.broken("c.html");
    assert!(site.broken("unknown.html").text.contains("unknown.html"));
}

#[tokio::test]
async fn only_this_device_and_holders_of_the_key_see_why() {
    let site = Site::new(&[("a.html", "SECRET\n{{ x.y.z }}")]);
    let near = site.get("a.html").await;
    assert!(near.status == 500 && near.text().contains("SECRET") && near.text().contains("</head>"));
    let mut far = request("/", &[("accept", "text/html")]);
    far.peer = crate::server::request::Peer::new(([192, 168, 1, 40], 4000).into(), None);
    let answer = site.answer("a.html", &far);
    assert!(answer.extensions().get::<Broken>().unwrap().detail.contains("SECRET"), "the log view is told");
    let got = Got::of(answer).await;
    assert!(got.status == 500 && !got.text().contains("SECRET") && !got.text().contains("a.html"));
    far.head.extensions.insert(crate::server::request::Standing::Holder);
    assert!(Got::of(site.answer("a.html", &far)).await.text().contains("SECRET"));
    let plain = Got::of(site.answer("a.html", &request("/", &[]))).await;
    assert!(plain.header("content-type").starts_with("text/plain") && plain.text().contains("> 2 | {{ x.y.z }}"));
}

#[tokio::test]
async fn a_document_gets_no_tag() {
    let site = Site::new(&[("a.html", "x")]);
    let mut page = request("/", &[("if-none-match", "*")]);
    page.document = true;
    let answer = site.answer("a.html", &page);
    assert!(answer.status() == 200 && !answer.headers().contains_key("etag"));
}

#[test]
fn the_status_is_the_routes() {
    let site = Site::new(&[("a.html", "x")]);
    let answer = site.pages.answer("a.html", &request("/", &[]), Form::default(), StatusCode::IM_A_TEAPOT);
    assert_eq!(answer.status(), 418);
}
