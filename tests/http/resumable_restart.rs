//! Section "State": it outlives the server.

use rustix::process::Signal;

use crate::common::{Site, eventually, noise};
use crate::resumable::{Upload, alone};
use crate::served::Served;

/// The same site served anew.
fn again(site: Site) -> Served {
    Served::alone(site)
}

#[test]
fn an_upload_goes_on_after_a_restart() {
    let content = noise(42, 200_000);
    let mut first = alone("");
    let upload = Upload::begin(&first, "again.bin", &["Upload-Length: 200000"]);
    upload.append(0, false, &content[..120_000]).is(204);
    let at = upload.at;
    first.type_line("stop");
    first.wait();
    let second = again(first.into_site());
    let upload = Upload { served: &second, at };
    assert_eq!(upload.offset(), 120_000);
    upload.append(120_000, true, &content[120_000..]).is(201);
    assert!(second.site.read("uploads/again.bin") == content);
}

#[test]
fn an_upload_goes_on_after_a_crash() {
    let content = noise(43, 3 << 20);
    let mut first = alone("");
    let upload = Upload::begin(&first, "crash.bin", &[]);
    upload.append(0, false, &content[..1 << 20]).is(204);
    let mut cut = upload.chunked(1 << 20, true, &[]);
    cut.send("80000\r\n").send(&content[1 << 20..(1 << 20) + (1 << 19)]);
    let at = upload.at;
    first.signal(Signal::KILL);
    first.wait();
    let second = again(first.into_site());
    let upload = Upload { served: &second, at };
    let offset = upload.offset();
    assert!((1 << 20..=3 << 19).contains(&offset), "what was acknowledged is there: {offset}");
    upload.append(offset, true, &content[usize::try_from(offset).unwrap()..]).is(201);
    assert!(second.site.read("uploads/crash.bin") == content);
}

#[test]
fn an_upload_goes_on_when_its_folder_comes_back() {
    let content = noise(44, 100_000);
    let mut first = alone("");
    let upload = Upload::begin(&first, "back.bin", &["Upload-Length: 100000"]);
    upload.append(0, false, &content[..60_000]).is(204);
    let at = upload.at;
    first.type_line("stop");
    first.wait();
    let site = first.into_site();
    std::fs::rename(site.path("uploads"), site.path("inbox")).unwrap();
    let mut second = again(site);
    let upload = Upload { served: &second, at: at.clone() };
    assert_eq!(upload.head().status, 404);
    second.done("set upload.dir inbox");
    let upload = Upload { served: &second, at };
    eventually("the upload to be known", || (upload.head().status == 204).then_some(()));
    upload.append(60_000, true, &content[60_000..]).is(201);
    assert!(second.site.read("inbox/back.bin") == content);
}
