//! From a request's path to an open file: decoding, checking names, resolving.

use std::fs;
use std::hint::black_box;

use criterion::Criterion;
use stan::server::files::names;
use stan::server::files::resolve::Root;
use stan::server::path::Decoded;

pub(crate) fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("path");
    for (name, path) in [
        ("decode plain", "/assets/css/site.min.css"),
        ("decode escaped", "/Urlaub%20in%20%C3%96sterreich/Bild%20%281%29.jpg"),
        ("decode escaped slash", "/hello/a%2Fb"),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| Decoded::new(black_box(path))));
    }
    for (name, path) in [("names of a file", "/assets/css/site.min.css"), ("names kept back", "/a/../../etc/passwd")] {
        group.bench_function(name, |bencher| bencher.iter(|| names::split(black_box(path)).map(|(_, slash)| slash)));
    }

    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("assets/css")).unwrap();
    fs::write(folder.path().join("assets/css/site.min.css"), "a{}").unwrap();
    let root = Root::new(folder.path(), &[folder.path().join("uploads")]);
    for (name, names) in
        [("open a file", ["assets", "css", "site.min.css"]), ("open what is missing", ["assets", "css", "favicon.ico"])]
    {
        group.bench_function(name, |bencher| bencher.iter(|| root.open(black_box(&names)).is_ok()));
    }
}
