//! What `status` says of WSGI apps.

use crate::common::{Server, Site, eventually};

const APP: &str = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'one']\n";

fn row(server: &mut Server) -> String {
    let above = server.done("status").above;
    above.into_iter().find(|line| line.starts_with("app ")).unwrap_or_default()
}

#[test]
fn a_broken_edit_stands_in_status_until_it_is_mended() {
    let conf = "[[route]]\npath = \"/a/{*rest}\"\nwsgi = \"blog:app\"\nworkers = 1\n";
    let site = Site::small().file("blog.py", APP).conf(conf);
    let mut server = site.start();
    assert_eq!(server.get("/a/").is(200).text(), "one");
    assert_eq!(row(&mut server), "app       blog:app running, 1 worker of 4 threads");
    site.write("blog.py", format!("{APP}\n("));
    eventually("it is broken", || {
        row(&mut server).contains("blog:app 1 worker with the code before: the newest").then_some(())
    });
    assert_eq!(server.get("/a/").is(200).text(), "one");
    site.write("blog.py", APP);
    eventually("it is mended", || row(&mut server).ends_with("blog:app running, 1 worker of 4 threads").then_some(()));
}
