use super::*;
use crate::server::files::tests::{Got, wanted};
use http::Method;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

fn folder() -> (tempfile::TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::create_dir(at.join("zoo")).unwrap();
    fs::create_dir(at.join("uploads")).unwrap();
    for (name, size) in [
        ("img10.png", 1),
        ("img9.png", 3000),
        ("Apple.txt", 20),
        (".env", 1),
        ("a<b>&\".txt", 2),
        ("id.key", 1),
        ("stan.conf", 1),
    ] {
        fs::write(at.join(name), vec![b'x'; size]).unwrap();
    }
    std::os::unix::fs::symlink("/etc", at.join("etc")).unwrap();
    std::os::unix::fs::symlink("Apple.txt", at.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(".env", at.join("env.txt")).unwrap();
    let root = Root::new(at, &[at.join("uploads")]);
    (dir, root)
}

fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(1 << 20))
}

async fn get(target: &str, accept: &str) -> Got {
    let (_dir, root) = folder();
    Got::of(answer(&root, &root.open(&[]).unwrap(), &wanted(target, &[("accept", accept)]), &room()).unwrap()).await
}

fn many(count: usize) -> Entries {
    let names: Vec<String> = (0..count).rev().map(|n| format!("IMG_{n}.jpg")).collect();
    let rows: Vec<(&[u8], bool, u64, i64)> = names.iter().map(|name| (name.as_bytes(), false, 1_000_000, 0)).collect();
    Entries::of(&rows)
}

#[tokio::test]
async fn plain_text_has_folders_first_in_natural_order_and_no_secrets() {
    let got = get("/", "text/plain").await;
    assert_eq!(got.text(), "zoo/\na<b>&\".txt\nApple.txt\nimg9.png\nimg10.png\nlink.txt\n");
    assert_eq!(
        (got.header("content-type"), got.header("vary")),
        ("text/plain; charset=utf-8", "Accept, Accept-Encoding")
    );
}

#[tokio::test]
async fn sorted_by_size_downwards() {
    let got = get("/?sort=size&order=desc", "text/plain").await;
    assert!(got.text().starts_with("zoo/\nimg9.png\n") && got.text().ends_with("img10.png\n"), "{}", got.text());
}

#[tokio::test]
async fn json_is_an_array_of_objects() {
    let got = get("/?json", "*/*").await;
    assert_eq!(got.header("content-type"), "application/json");
    let list: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(list[0]["name"], "zoo");
    assert_eq!(list[0]["kind"], "folder");
    assert_eq!(list[0]["url"], "/zoo/");
    assert!(list[0]["size"].is_null());
    assert_eq!(list[1]["url"], "/a%3Cb%3E%26%22.txt");
    assert_eq!(list[3]["size"], 3000);
    assert!(list[3]["mtime"].as_str().unwrap().ends_with('Z'));
    let by_accept: serde_json::Value = serde_json::from_slice(&get("/", "application/json").await.body).unwrap();
    assert_eq!(by_accept.as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn the_page_escapes_names_and_links_encoded() {
    let got = get("/", "text/html").await;
    assert_eq!(got.header("content-type"), "text/html; charset=utf-8");
    let page = got.text();
    assert!(page.contains("a&lt;b&gt;&amp;&quot;.txt") && !page.contains("<b>"));
    assert!(page.contains("href=\"a%3Cb%3E%26%22.txt\""));
    assert!(!page.contains("env") && !page.contains("uploads") && !page.contains("id.key"));
    assert!(page.contains("3.0 KB") && page.contains("3,000 bytes") && page.contains("1 folder · 5 files · 3.0 KB"));
}

#[tokio::test]
async fn only_names_that_contain_a_text() {
    assert_eq!(get("/?q=IMG", "text/plain").await.text(), "img9.png\nimg10.png\n");
    assert_eq!(get("/?q=%3Cb%3E", "text/plain").await.text(), "a<b>&\".txt\n");
    assert!(get("/?q=nowhere", "text/html").await.text().contains("show all 6"));
}

#[tokio::test]
async fn no_name_forges_a_line() {
    let dir = tempfile::tempdir().unwrap();
    for name in [&b"a\nb"[..], b"bad\xff", "\u{2028}x".as_bytes()] {
        fs::write(dir.path().join(OsStr::from_bytes(name)), "").unwrap();
    }
    let root = Root::new(dir.path(), &[]);
    let folder = root.open(&[]).unwrap();
    let got = Got::of(answer(&root, &folder, &wanted("/", &[("accept", "text/plain")]), &room()).unwrap()).await;
    assert_eq!(got.text(), "a\\x0ab\nbad\\xff\n\\u{2028}x\n");
}

#[tokio::test]
async fn a_middling_one_is_kept_in_memory_that_is_counted() {
    let room = room();
    let free = room.available_permits();
    let answer = list(many(5000), &wanted("/?json", &[]), &room).unwrap();
    let promised = http_body::Body::size_hint(answer.body()).exact().unwrap();
    assert!(promised < WHOLE as u64 && free - room.available_permits() >= (promised >> 10) as usize);
    let got = Got::of(answer).await;
    assert_eq!((got.body.len() as u64, room.available_permits()), (promised, free));
    let again = wanted("/?json", &[("if-none-match", got.header("etag"))]);
    assert_eq!(list(many(5000), &again, &room).unwrap().status(), 304);
}

#[tokio::test]
async fn a_hundred_thousand_entries_come_in_pieces_with_their_length_and_tag() {
    let room = room();
    let free = room.available_permits();
    let asked = wanted("/?json", &[]);
    let answer = list(many(100_000), &asked, &room).unwrap();
    let promised = http_body::Body::size_hint(answer.body()).exact().unwrap();
    assert!(room.available_permits() < free, "its memory is counted");
    let got = Got::of(answer).await;
    assert_eq!(got.body.len() as u64, promised);
    assert_eq!(room.available_permits(), free, "and given back");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(
        (rows.len(), &rows[2]["name"], &rows[99_999]["name"]),
        (100_000, &"IMG_2.jpg".into(), &"IMG_99999.jpg".into())
    );
    let again = wanted("/?json", &[("if-none-match", got.header("etag"))]);
    let unchanged = Got::of(list(many(100_000), &again, &room).unwrap()).await;
    assert_eq!((unchanged.status, unchanged.body.len(), unchanged.header("etag")), (304, 0, got.header("etag")));
}

#[tokio::test]
async fn a_long_document_keeps_its_tag_for_the_step_that_puts_the_script_in() {
    let mut asked = wanted("/", &[("accept", "text/html"), ("if-none-match", "*")]);
    asked.document = true;
    let long = list(many(100_000), &asked, &room()).unwrap();
    assert!(long.status() == 200 && long.headers().contains_key("etag"));
    let short = list(many(10), &asked, &room()).unwrap();
    assert!(short.status() == 200 && !short.headers().contains_key("etag"));
}

#[tokio::test]
async fn the_head_of_a_long_listing_is_that_of_get() {
    let mut asked = wanted("/?json", &[]);
    let get = list(many(30_000), &asked, &room()).unwrap();
    asked.method = Method::HEAD;
    let head = list(many(30_000), &asked, &room()).unwrap();
    assert_eq!(get.headers(), head.headers());
}

#[tokio::test]
async fn no_memory_left_is_a_refusal() {
    let taken = Arc::new(Semaphore::new(100));
    assert!(matches!(list(many(100_000), &wanted("/", &[]), &taken), Err(Failure::NoRoom)));
    assert!(list(many(100), &wanted("/", &[]), &taken).is_ok());
}
