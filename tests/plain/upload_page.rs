//! Where the upload page is, beside an app that answers everything.

use crate::common::{Site, Upstream};

#[test]
fn the_page_that_is_announced_is_there() {
    let upstream = Upstream::named("up");
    let route = |path: &str| format!("[[route]]\npath = \"{path}\"\nproxy = \"{}\"\n", upstream.url());
    let mut server = Site::small().conf(&route("/{*rest}")).start();
    assert_eq!(server.get("/").is(200).text(), "up");
    let page = server.get("/upload").is(200).text();
    assert!(page.contains("<form"), "{page}");
    server.put("/upload/a.txt", b"hello").is(201);
    let routes = server.done("routes").above.join("\n");
    assert!(!routes.contains("static"), "what the app covers is no route: {routes}");
    assert!(server.done("status").above.iter().any(|line| line == "who       uploads: this machine"));
}

#[test]
fn a_page_that_is_not_there_is_not_announced() {
    let upstream = Upstream::named("up");
    let route = format!("[[route]]\npath = \"/upload\"\nproxy = \"{}\"\n", upstream.url());
    let mut server = Site::small().conf(&route).start();
    assert_eq!(server.get("/upload").is(200).text(), "up");
    let status = server.done("status").above.join("\n");
    assert!(status.contains("who       uploads: off, /upload is a route of yours"), "{status}");
    assert!(status.contains("uploads   off, /upload is a route of yours"), "{status}");
}
