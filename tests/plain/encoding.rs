//! br, gzip and zstd by `Accept-Encoding` (RFC 9110, sections 8.4 and 12.5.3).

use std::io::Read;
use std::process::Command;

use crate::common::{Response, Server, Site, noise};

/// Text that repeats enough to be worth compressing.
fn text(length: usize) -> String {
    let words = noise(7, length / 8 + 1);
    let mut text: String =
        words.iter().map(|n| ["const ", "let ", "return ", "x + y;\n"][usize::from(n % 4)]).collect();
    while text.len() < length {
        text.push('x');
    }
    text.truncate(length);
    text
}

fn decoded(answer: &Response) -> String {
    let body = answer.body.as_slice();
    let mut out = String::new();
    match answer.value("content-encoding") {
        "br" => brotli::Decompressor::new(body, 4096).read_to_string(&mut out).unwrap(),
        "zstd" => zstd::Decoder::new(body).unwrap().read_to_string(&mut out).unwrap(),
        "gzip" => flate2::read::GzDecoder::new(body).read_to_string(&mut out).unwrap(),
        _ => return answer.text(),
    };
    out
}

fn ask(server: &Server, target: &str, accept: &str, more: &[(&str, &str)]) -> Response {
    server.ask("GET", target, &[&[("Accept-Encoding", accept)], more].concat(), b"")
}

#[test]
fn a_file_in_each_coding_and_by_weight() {
    let script = text(20_000);
    let server = Site::small().file("static_file/a.js", &script).start();
    for (accept, coding) in [
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.9", "gzip"),
        ("*", "br"),
        ("br;q=0, *;q=0.1", "zstd"),
        ("identity", ""),
        ("", ""),
        ("*;q=0", ""),
        ("identity;q=0", ""),
        ("deflate", ""),
    ] {
        let answer = ask(&server, "/a.js", accept, &[]).is(200);
        assert_eq!(answer.value("content-encoding"), coding, "{accept}");
        assert_eq!(answer.value("vary"), "Accept-Encoding");
        assert_eq!(answer.value("content-length"), answer.body.len().to_string());
        assert_eq!(answer.value("accept-ranges"), if coding.is_empty() { "bytes" } else { "" });
        assert!(decoded(&answer) == script, "{accept}");
        let head = server.ask("HEAD", "/a.js", &[("Accept-Encoding", accept)], b"");
        for name in ["content-encoding", "content-length", "content-type", "etag", "vary"] {
            assert_eq!(head.value(name), answer.value(name), "{name} for {accept}");
        }
    }
}

#[test]
fn what_is_compressed_already_or_short_stays() {
    let server =
        Site::small().file("static_file/a.png", text(5000)).file("static_file/short.css", "a { color: red }").start();
    for path in ["/a.png", "/short.css"] {
        assert_eq!(ask(&server, path, "br, gzip", &[]).is(200).value("content-encoding"), "", "{path}");
    }
}

#[test]
fn not_modified_only_within_a_coding() {
    let server = Site::small().file("static_file/a.js", text(20_000)).start();
    let codings = ["br", "zstd", "gzip", ""];
    let tags = codings.map(|coding| ask(&server, "/a.js", coding, &[]).value("etag").to_owned());
    for (i, coding) in codings.iter().enumerate() {
        for (j, tag) in tags.iter().enumerate() {
            let answer = ask(&server, "/a.js", coding, &[("If-None-Match", tag)]);
            let answer = answer.is(if i == j { 304 } else { 200 });
            assert_eq!((answer.value("etag"), answer.value("vary")), (tags[i].as_str(), "Accept-Encoding"));
        }
    }
}

#[test]
fn a_range_is_of_the_bytes_themselves() {
    let script = text(20_000);
    let server = Site::small().file("static_file/a.js", &script).start();
    let plain = server.get("/a.js").value("etag").to_owned();
    let coded = ask(&server, "/a.js", "br", &[]).value("etag").to_owned();
    let part = ask(&server, "/a.js", "br", &[("Range", "bytes=5-9")]).is(206);
    assert_eq!((part.text().as_str(), part.value("content-encoding")), (&script[5..10], ""));
    ask(&server, "/a.js", "br", &[("Range", "bytes=5-9"), ("If-Range", &plain)]).is(206);
    let whole = ask(&server, "/a.js", "br", &[("Range", "bytes=5-9"), ("If-Range", &coded)]).is(200);
    assert!(whole.value("content-encoding").is_empty() && whole.text() == script);
}

#[test]
fn an_edit_is_seen_at_once() {
    let site = Site::small().file("static_file/a.js", text(5000));
    let server = site.start();
    let mut tag = ask(&server, "/a.js", "gzip", &[]).value("etag").to_owned();
    for length in 5001..5040 {
        let script = text(length);
        site.write("static_file/a.js", &script);
        let answer = ask(&server, "/a.js", "gzip", &[("If-None-Match", &tag)]).is(200);
        assert!(decoded(&answer) == script, "{length}");
        tag = answer.value("etag").to_owned();
    }
}

#[test]
fn a_sidecar_is_served_while_it_is_current() {
    let site = Site::small().file("static_file/a.js", text(5000)).file("static_file/a.js.br", "from the sidecar");
    let server = site.start();
    let answer = ask(&server, "/a.js", "gzip, br", &[]).is(200);
    assert_eq!((answer.text().as_str(), answer.value("content-encoding")), ("from the sidecar", "br"));
    assert!(answer.value("content-type").starts_with("text/javascript"));
    let sidecar = std::fs::File::options().append(true).open(site.path("static_file/a.js.br")).unwrap();
    sidecar.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(decoded(&ask(&server, "/a.js", "gzip, br", &[]).is(200)), text(5000));
}

#[test]
fn an_upload_has_no_sidecar() {
    let server = Site::small().start();
    server.put("/upload/a.txt", text(5000).as_bytes()).is(201);
    server.put("/upload/a.txt.br", b"another file").is(201);
    let answer = ask(&server, "/upload/a.txt", "br", &[]);
    if answer.status == 200 {
        assert_eq!(decoded(&answer), text(5000));
    }
}

#[test]
fn pages_with_the_script_keep_their_tag_by_coding() {
    let page = format!("<!doctype html><head><title>x</title><p>{}", text(5000));
    let server = Site::small().file("static_file/index.html", &page).file("templates/made.html", &page).start();
    for path in ["/", "/made"] {
        let document = [("Accept", "text/html"), ("Sec-Fetch-Dest", "document")];
        let plain = server.page(path);
        let vary = "Accept, Sec-Fetch-Dest, Accept-Encoding";
        assert_eq!((plain.value("vary"), plain.value("content-encoding")), (vary, ""));
        for coding in ["br", "gzip", "zstd"] {
            let answer = ask(&server, path, coding, &document).is(200);
            assert_eq!(answer.value("content-encoding"), coding, "{path}");
            assert_eq!(decoded(&answer), plain.text());
            assert!(answer.text() != plain.text() && plain.text().contains("/__stan/client.js"));
            let tag = answer.value("etag");
            assert_eq!(tag, format!("{}-{coding}\"", plain.value("etag").trim_end_matches('"')));
            let again = |tag| ask(&server, path, coding, &[document[0], document[1], ("If-None-Match", tag)]);
            assert_eq!(again(tag).is(304).value("etag"), tag);
            again(plain.value("etag")).is(200);
        }
        server.ask("GET", path, &[document[0], document[1], ("If-None-Match", plain.value("etag"))], b"").is(304);
    }
}

#[test]
fn generated_answers_too() {
    let mut site = Site::small().conf(&format!(
        "[[route]]\npath = \"/json\"\njson = {{ text = {:?} }}\n[[route]]\npath = \"/raw\"\ntext = {:?}\nheaders = {{ cache-control = \"no-transform\" }}\n",
        text(3000),
        text(3000)
    ));
    for n in 0..100 {
        site = site.file(&format!("static_file/d/file number {n}.txt"), "x");
    }
    let server = site.start();
    for path in ["/json", "/d/", "/d/?json", "/__stan/client.js", "/upload"] {
        let plain = server.get(path).is(200);
        for coding in ["br", "gzip", "zstd"] {
            let answer = ask(&server, path, coding, &[]).is(200);
            assert_eq!(answer.value("content-encoding"), coding, "{path}");
            assert!(answer.value("vary").contains("Accept-Encoding"), "{path}");
            if path != "/upload" {
                assert!(decoded(&answer) == plain.text(), "{path}");
            }
            let tag = answer.value("etag");
            if !tag.is_empty() {
                ask(&server, path, coding, &[("If-None-Match", tag)]).is(304);
                ask(&server, path, coding, &[("If-None-Match", plain.value("etag"))]).is(200);
            }
        }
    }
    assert_eq!(ask(&server, "/raw", "br", &[]).is(200).value("content-encoding"), "");
    assert_eq!(ask(&server, "/__stan/health", "br", &[]).is(200).value("content-encoding"), "");
}

#[test]
fn a_page_too_large_to_hold_is_compressed_as_it_streams() {
    let page = format!("<!doctype html><head><title>x</title><p>{}", text(9_000_000));
    let server = Site::small().file("static_file/big.html", &page).start();
    for coding in ["br", "gzip", "zstd"] {
        let answer = ask(&server, "/big.html", coding, &[("Accept", "text/html")]).is(200);
        assert_eq!((answer.value("content-encoding"), answer.value("transfer-encoding")), (coding, "chunked"));
        let body = decoded(&answer);
        assert!(
            body.contains("/__stan/client.js") && body.len() > page.len() && body.ends_with(&page[5000..]),
            "{coding}"
        );
    }
}

#[test]
fn a_file_too_large_to_hold_goes_as_it_is() {
    let large = text(17 << 20);
    let server = Site::small().file("static_file/large.txt", &large).start();
    let answer = ask(&server, "/large.txt", "br", &[]).is(200);
    assert_eq!((answer.value("content-encoding"), answer.value("vary")), ("", "Accept-Encoding"));
    assert!(answer.text() == large);
}

#[test]
fn a_header_of_the_route_does_not_hide_that_it_varies() {
    let site = Site::small()
        .conf("[[route]]\npath = \"/s/{*rest}\"\nstatic = \"static_file\"\nheaders = { vary = \"Origin\" }\n")
        .file("static_file/a.js", text(5000));
    let server = site.start();
    for coding in ["br", ""] {
        let answer = ask(&server, "/s/a.js", coding, &[]).is(200);
        assert_eq!((answer.value("content-encoding"), answer.value("vary")), (coding, "Origin, Accept-Encoding"));
    }
}

#[test]
fn curl_reads_what_it_asked_for() {
    let site = Site::small().file("static_file/a.js", text(300_000)).file("static_file/b.css", text(2000));
    let server = site.start();
    for name in ["a.js", "b.css", "index.html"] {
        let output = Command::new("curl")
            .args(["-sS", "--noproxy", "*", "--max-time", "20", "--compressed", &server.url(&format!("/{name}"))])
            .output()
            .unwrap();
        assert!(output.stdout == site.read(&format!("static_file/{name}")), "{name}");
    }
}
