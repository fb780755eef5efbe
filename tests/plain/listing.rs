//! The listing of a folder without an index.html.

use crate::common::{Server, Site};

fn served() -> (Site, Server) {
    let site = Site::small()
        .file("static_file/d/b.txt", "12345")
        .file("static_file/d/a10.txt", "1")
        .file("static_file/d/a9.txt", "123")
        .file("static_file/d/<i>&.txt", "")
        .file("static_file/d/zoo/x.txt", "")
        .file("static_file/d/.hidden", "")
        .file("static_file/d/server.pem", "");
    let server = site.start();
    (site, server)
}

fn names(server: &Server, target: &str) -> Vec<String> {
    let rows = server.ask("GET", target, &[("Accept", "application/json")], b"").is(200).json();
    let rows = rows.as_array().unwrap_or_else(|| panic!("no array: {rows}")).clone();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn folders_first_in_natural_order() {
    let (_site, server) = served();
    assert_eq!(names(&server, "/d/"), ["zoo", "<i>&.txt", "a9.txt", "a10.txt", "b.txt"]);
    assert_eq!(names(&server, "/d/?sort=name&order=desc"), ["zoo", "b.txt", "a10.txt", "a9.txt", "<i>&.txt"]);
    assert_eq!(names(&server, "/d/?sort=size"), ["zoo", "<i>&.txt", "a10.txt", "a9.txt", "b.txt"]);
}

#[test]
fn as_json_by_query_too() {
    let (_site, server) = served();
    let answer = server.page("/d/?json").is(200);
    assert!(answer.value("content-type").starts_with("application/json"));
    assert_eq!(answer.json().as_array().unwrap().len(), 5);
}

#[test]
fn as_text() {
    let (_site, server) = served();
    let answer = server.ask("GET", "/d/", &[("Accept", "text/plain")], b"").is(200);
    assert!(answer.value("content-type").starts_with("text/plain"));
    assert_eq!(answer.text(), "zoo/\n<i>&.txt\na9.txt\na10.txt\nb.txt\n");
}

#[test]
fn as_a_page() {
    let (_site, server) = served();
    let answer = server.page("/d/").is(200);
    assert!(answer.value("content-type").starts_with("text/html"));
    let page = answer.text();
    assert!(page.contains("a10.txt") && page.contains("zoo/") && page.contains("viewport"), "{page}");
    assert!(!page.contains("<i>&.txt"), "not escaped: {page}");
    assert!(!page.contains(".hidden") && !page.contains("server.pem"), "{page}");
    // What it links to is there.
    let links: Vec<_> = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let link = links.iter().find(|link| link.contains("%3C")).unwrap_or_else(|| panic!("{links:?}"));
    let target = if link.starts_with('/') { link.clone() } else { format!("/d/{link}") };
    server.get(&target).is(200);
}
