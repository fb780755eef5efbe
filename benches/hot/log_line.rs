//! A line of the access log, in each format.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use criterion::Criterion;
use stan::config::LogFormat;
use stan::exchange::{Exchange, More};
use stan::server::log::line::{Common, append};

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

pub(crate) fn all(criterion: &mut Criterion) {
    let exchange = Exchange {
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000),
        took: Duration::from_micros(1234),
        remote: [192, 168, 1, 31].into(),
        method: http::Method::GET,
        target: "/assets/css/site.min.css?v=3".into(),
        version: http::Version::HTTP_11,
        status: 200,
        sent: 1043,
        more: Some(Arc::new(More {
            host: Some("localhost:8000".into()),
            referer: Some("http://localhost:8000/about".into()),
            user_agent: Some(AGENT.into()),
            content_type: Some("text/css; charset=utf-8".into()),
            received: 0,
            cut: false,
            route: Some("static static_file".into()),
            user: None,
        })),
    };
    let mut group = criterion.benchmark_group("log line");
    for (name, format) in [("combined", LogFormat::Combined), ("common", LogFormat::Common), ("json", LogFormat::Json)]
    {
        let (mut common, mut out) = (Common::default(), Vec::with_capacity(1024));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                append(&mut out, &mut common, format, &black_box(&exchange).into());
                out.len()
            });
        });
    }
}
