//! The upload page beside routes that have its path.

use crate::common::{Site, Upstream};

#[test]
fn a_page_that_is_not_there_is_not_announced() {
    let upstream = Upstream::named("up");
    for path in ["/upload", "/{*rest}"] {
        let route = format!("[[route]]\npath = \"{path}\"\nproxy = \"{}\"\n", upstream.url());
        let mut server = Site::small().conf(&route).start();
        assert_eq!(server.get("/upload").is(200).text(), "up");
        let status = server.done("status").above.join("\n");
        assert!(status.contains("who       uploads: off, a route of yours has /upload"), "{status}");
        assert!(status.contains("uploads   off, a route of yours has /upload"), "{status}");
        let routes = server.done("routes").above.join("\n");
        assert!(path == "/upload" || !routes.contains("static"), "what the app covers is no route: {routes}");
    }
}
