use super::*;
use crate::server::files::tests::wanted;
use http_body_util::BodyExt;
use std::fs;

fn folder() -> (tempfile::TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::create_dir(at.join("zoo")).unwrap();
    fs::create_dir(at.join("uploads")).unwrap();
    for (name, size) in [
        ("img10.png", 1),
        ("img9.png", 300),
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

async fn get(target: &str, accept: &str) -> (Answer, String) {
    let (dir, root) = folder();
    let at = fs::canonicalize(dir.path()).unwrap();
    let answer = answer(&root, &at, &wanted(target, &[("accept", accept)])).unwrap();
    let (head, body) = answer.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (Answer::from_parts(head, crate::server::body::Body::Empty), text)
}

#[tokio::test]
async fn plain_text_has_folders_first_in_natural_order_and_no_secrets() {
    let (_, text) = get("/", "text/plain").await;
    assert_eq!(text, "zoo/\na<b>&\".txt\nApple.txt\nimg9.png\nimg10.png\nlink.txt\n");
}

#[tokio::test]
async fn sorted_by_size_downwards() {
    let (_, text) = get("/?sort=size&order=desc", "text/plain").await;
    assert!(text.starts_with("zoo/\nimg9.png\n"), "{text}");
    assert!(text.ends_with("img10.png\n"), "{text}");
}

#[tokio::test]
async fn json_is_an_array_of_objects() {
    let (answer, text) = get("/?json", "*/*").await;
    assert_eq!(answer.headers()["content-type"], "application/json");
    let list: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(list[0]["name"], "zoo");
    assert_eq!(list[0]["kind"], "folder");
    assert_eq!(list[0]["url"], "/zoo/");
    assert!(list[0]["size"].is_null());
    assert_eq!(list[1]["url"], "/a%3Cb%3E%26%22.txt");
    assert_eq!(list[3]["size"], 300);
    assert!(list[3]["mtime"].as_str().unwrap().ends_with('Z'));
    let (_, by_accept) = get("/", "application/json").await;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&by_accept).unwrap().as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn the_page_escapes_names_and_links_encoded() {
    let (answer, page) = get("/", "text/html").await;
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.contains("a&lt;b&gt;&amp;&quot;.txt") && !page.contains("<b>"));
    assert!(page.contains("href=\"/a%3Cb%3E%26%22.txt\""));
    assert!(!page.contains("env") && !page.contains("uploads") && !page.contains("id.key"));
    assert!(page.contains("300 B"));
}

#[tokio::test]
async fn a_hundred_thousand_entries_are_no_burden_to_sort() {
    let mut entries: Vec<Entry> = (0..100_000)
        .rev()
        .map(|n| Entry { name: format!("IMG_{n}.jpg"), folder: false, size: n, modified: None })
        .collect();
    Order::of("").sort(&mut entries);
    assert_eq!(entries[2].name, "IMG_2.jpg");
    assert_eq!(entries[99_999].name, "IMG_99999.jpg");
    assert!(json("/", &entries).len() > 1_000_000);
}
