//! Who answers a path: explicit routes, templates, static files.

use std::fs;
use std::hint::black_box;
use std::sync::Arc;

use criterion::Criterion;
use stan::config::{Flags, Layers};
use stan::event;
use stan::server::Site;
use stan::server::apps::Apps;
use stan::server::store::Store;

const CONF: &str = r#"
[[route]]
path = "/hello/{name}"
template = "hello.html"
[[route]]
path = "/api/{version}/items/{*rest}"
json = { ok = true }
[[route]]
path = "/old"
redirect = "/about"
[[route]]
path = "/docs"
static = "static_file"
"#;

pub(crate) fn all(criterion: &mut Criterion) {
    let root = tempfile::tempdir().unwrap();
    for folder in ["templates", "static_file"] {
        fs::create_dir(root.path().join(folder)).unwrap();
    }
    for name in ["hello", "about", "index", "contact", "blog", "imprint"] {
        fs::write(root.path().join(format!("templates/{name}.html")), "<p>Hello").unwrap();
    }
    fs::write(root.path().join("stan.conf"), CONF).unwrap();
    let layers = Layers::load(root.path(), Flags::default(), &|_| None).unwrap();
    let (feed, _reader) = event::feed();
    let site = Site::build(&Arc::new(layers.config().clone()), &Store::new(feed.clone()), &Apps::new(feed)).unwrap();

    let mut group = criterion.benchmark_group("route");
    for (name, path, template) in [
        ("parameter", "/hello/ada", Some("hello.html")),
        ("template", "/about", Some("about.html")),
        ("static", "/static_file/css/site.min.css", None),
        ("static at the root", "/images/2026/photo.jpg", None),
    ] {
        assert_eq!(site.template_at(path), template, "{path}");
        group.bench_function(name, |bencher| bencher.iter(|| site.template_at(black_box(path))));
    }
}
