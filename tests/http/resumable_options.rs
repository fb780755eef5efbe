//! Section "Limits": what OPTIONS says.

use crate::resumable::{Upload, alone, tell};
use crate::served::{request, served};

#[test]
fn whoever_asks_learns_what_can_be_done() {
    let server = served();
    for (target, allow) in [("/upload", "GET, HEAD, POST, OPTIONS"), ("/upload/a.bin", "GET, HEAD, PUT, POST, OPTIONS")]
    {
        let answer = tell(&server, request(&format!("OPTIONS {target} HTTP/1.1"), &[])).is(204);
        assert_eq!(answer.value("allow"), allow, "{target}");
        assert_eq!(answer.value("accept-patch"), "application/partial-upload");
        assert_eq!(answer.value("upload-limit"), "min-size=0, max-age=86400");
    }
    let upload = Upload::begin(&server, "options.bin", &[]);
    let answer = tell(&server, request(&format!("OPTIONS {} HTTP/1.1", upload.at), &[])).is(204);
    assert_eq!(answer.value("allow"), "HEAD, PATCH, DELETE, OPTIONS");
    assert_eq!(answer.value("accept-patch"), "application/partial-upload");
}

#[test]
fn limits_are_those_of_the_settings() {
    let server = alone("[upload]\nmax_size = \"20 GiB\"\nkeep = \"90s\"\n");
    let answer = tell(&server, request("OPTIONS /upload HTTP/1.1", &[])).is(204);
    assert_eq!(answer.value("upload-limit"), "max-size=21474836480, min-size=0, max-age=90");
}

#[test]
fn where_nothing_is_received_nothing_is_offered() {
    let server = served();
    let answer = tell(&server, request("OPTIONS /a.txt HTTP/1.1", &[])).is(204);
    assert_eq!(answer.header("accept-patch"), None);
}

#[test]
fn another_method_is_405() {
    let server = served();
    for (line, allow) in
        [("PATCH /upload", "GET, HEAD, POST, OPTIONS"), ("DELETE /upload/a.bin", "GET, HEAD, PUT, POST, OPTIONS")]
    {
        assert_eq!(tell(&server, request(&format!("{line} HTTP/1.1"), &[])).is(405).value("allow"), allow);
    }
}
