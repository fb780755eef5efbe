use super::*;
use crate::server::files::resolve::Root;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

fn read(root: &Root, names: &[&str], most: usize) -> Result<Vec<String>, Failure> {
    let opened = root.open(names).unwrap();
    let entries = Entries::read(&root.folder(&opened).unwrap(), most)?;
    let shown = |entry: &Entry| {
        let name = String::from_utf8_lossy(entries.name(entry)).into_owned();
        let mark = if entry.folder { "/" } else { "" };
        let link = if entry.linked { "@" } else { "" };
        let hidden = if entry.reachable { "" } else { "?" };
        format!("{name}{mark}{link}{hidden}")
    };
    let mut shown: Vec<_> = entries.all().iter().map(shown).collect();
    shown.sort();
    Ok(shown)
}

#[test]
fn only_what_may_be_served_and_links_only_inside() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("site");
    for folder in ["sub", "uploads", ".git", ".well-known", "sub/uploads"] {
        fs::create_dir_all(at.join(folder)).unwrap();
    }
    for name in ["a", ".env", "id.KEY", "stan.conf", "uploads/x", "a.pem.txt"] {
        fs::write(at.join(name), name).unwrap();
    }
    for (to, name) in [
        ("a", "in"),
        ("sub", "folder"),
        ("../site/a", "around"),
        ("..", "out"),
        ("/etc/passwd", "etc"),
        (".env", "env"),
        ("uploads/x", "photo"),
        ("nowhere", "broken"),
        ("loop", "loop"),
    ] {
        symlink(to, at.join(name)).unwrap();
    }
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let root = Root::new(&at, &[at.join("uploads")]);
    assert_eq!(read(&root, &[], MOST_BYTES).unwrap(), ["a", "a.pem.txt", "around@", "folder/@", "in@", "sub/"]);
    assert_eq!(read(&root, &["sub"], MOST_BYTES).unwrap(), ["uploads/"]);
}

#[test]
fn names_that_cannot_be_asked_for_are_there_and_marked() {
    let dir = tempfile::tempdir().unwrap();
    for name in [&b"bad\xff"[..], b"line\nbreak", b"back\\slash", b" <\"'%#?&>", "\u{202e}gpj".as_bytes()] {
        fs::write(dir.path().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let root = Root::new(dir.path(), &[]);
    assert_eq!(
        read(&root, &[], MOST_BYTES).unwrap(),
        [" <\"'%#?&>", "back\\slash?", "bad\u{fffd}?", "line\nbreak?", "\u{202e}gpj"]
    );
}

#[test]
fn a_folder_that_does_not_fit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..20 {
        fs::write(dir.path().join(n.to_string()), "").unwrap();
    }
    let root = Root::new(dir.path(), &[]);
    assert!(matches!(read(&root, &[], 500), Err(Failure::TooLarge)));
    assert_eq!(read(&root, &[], 2000).unwrap().len(), 20);
}

#[test]
fn parts_of_names_without_case() {
    let mut entries =
        Entries::of(&[(b"Photo.JPG", false, 1, 0), (b"notes", false, 1, 0), ("ÜBER".as_bytes(), true, 1, 0)]);
    entries.retain("o");
    assert_eq!(entries.all().len(), 2);
    entries.retain("jpg");
    assert_eq!(entries.name(&entries.all()[0]), b"Photo.JPG");
}
