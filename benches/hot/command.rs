//! A typed line: read, completed, and its filter put to a request.

use std::hint::black_box;

use criterion::Criterion;
use stan::command::filter::Filter;
use stan::command::{complete, parse};

pub(crate) fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("command");
    for (name, line) in [
        ("parse port", "port 8080"),
        ("parse set", "set upload.exists refuse"),
        ("parse typographic", "filter “not found” —png"),
        ("parse unknown", "relaod"),
    ] {
        group.bench_function(name, |bencher| bencher.iter(|| parse(black_box(line))));
    }
    group.bench_function("complete a word", |bencher| bencher.iter(|| complete(black_box("re"), &())));
    let filter = Filter::parse("4xx POST /api !png");
    let (method, remote) = (http::Method::POST, [192, 168, 1, 31].into());
    group.bench_function("filter", |bencher| {
        bencher.iter(|| filter.allows(&method, black_box("/api/v1/items?page=2"), 404, remote));
    });
}
