//! Ranges and conditionals: what the client wants of a file.

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use criterion::Criterion;
use http::header::{HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE};
use stan::server::files::conditional::Validators;
use stan::server::files::range::select;

const TAG: &str = "\"68c1e2f0.2c5a9f1b-68c1e2f0.2c5a9f1b-1a2b3-4d5e6f\"";
const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";

pub(crate) fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("range");
    let many = (0..16).map(|n| format!("{}-{}", n * 100, n * 100 + 9)).collect::<Vec<_>>().join(",");
    for (name, header) in [("open", "bytes=1048576-"), ("two", "bytes=0-99,-100"), ("most", &format!("bytes={many}"))] {
        group.bench_function(name, |bencher| bencher.iter(|| select(black_box(header), black_box(1 << 30))));
    }
    group.finish();

    let mut group = criterion.benchmark_group("conditional");
    let validators = Validators { etag: TAG.to_owned(), modified: Some(1_700_000_000) };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let browser = HeaderMap::from_iter([
        (http::header::HOST, HeaderValue::from_static("localhost:8000")),
        (http::header::USER_AGENT, HeaderValue::from_static("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")),
        (http::header::ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8")),
        (http::header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br, zstd")),
    ]);
    let with = |name, value| {
        let mut headers = browser.clone();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    };
    for (name, headers) in
        [("none", browser.clone()), ("tag", with(IF_NONE_MATCH, TAG)), ("date", with(IF_MODIFIED_SINCE, DATE))]
    {
        group.bench_function(name, |bencher| bencher.iter(|| validators.evaluate(black_box(&headers))));
    }
    let resumed = with(IF_RANGE, TAG);
    group.bench_function("if-range", |bencher| bencher.iter(|| validators.permit_range(black_box(&resumed), now)));
}
