use std::path::{Component, Path};

use super::*;

/// Hostile and odd names, and what becomes of them.
const NAMES: [(&str, &str); 66] = [
    ("photo.jpg", "photo.jpg"),
    ("IMG 0001.HEIC", "IMG 0001.HEIC"),
    ("写真.jpg", "写真.jpg"),
    ("e\u{301}te\u{301}.txt", "\u{e9}t\u{e9}.txt"),
    ("été.txt", "été.txt"),
    ("🏝 holiday.mov", "🏝 holiday.mov"),
    ("", "unnamed"),
    (" ", "unnamed"),
    (".", "unnamed"),
    ("..", "unnamed"),
    ("...", "unnamed"),
    (". . .", "unnamed"),
    ("/", "unnamed"),
    ("\\", "unnamed"),
    ("../", "unnamed"),
    ("..\\..\\", "unnamed"),
    ("../../etc/passwd", "passwd"),
    ("..\\..\\windows\\win.ini", "win.ini"),
    ("/etc/passwd", "passwd"),
    ("//server/share/x", "x"),
    ("\\\\server\\share\\x", "x"),
    ("\\\\?\\C:\\x", "x"),
    ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
    ("C:photo.jpg", "C_photo.jpg"),
    ("a/b\\c.txt", "c.txt"),
    ("folder/", "folder"),
    ("folder/..", "folder"),
    ("folder/.", "folder"),
    ("a/./b", "b"),
    (".htaccess", "htaccess"),
    (".env", "env"),
    ("..hidden", "hidden"),
    (" .hidden", "hidden"),
    ("\u{200b}.hidden", "hidden"),
    (".\u{200b}.", "unnamed"),
    (".part", "part"),
    ("name.", "name"),
    ("name. . ", "name"),
    ("name.txt   ", "name.txt"),
    ("a\0b.txt", "ab.txt"),
    ("\0", "unnamed"),
    ("a\nb\r.txt", "ab.txt"),
    ("a\tb", "ab"),
    ("\x1b[2Jboo.txt", "[2Jboo.txt"),
    ("\u{202e}gpj.exe", "gpj.exe"),
    ("a\u{2066}b\u{2069}", "ab"),
    ("a\u{feff}b", "ab"),
    ("a\u{85}b", "ab"),
    ("what?.txt", "what_.txt"),
    ("a*b|c<d>e\"f", "a_b_c_d_e_f"),
    ("file.txt::$DATA", "file.txt__$DATA"),
    ("file.txt:stream", "file.txt_stream"),
    ("CON", "_CON"),
    ("con.txt", "_con.txt"),
    ("Nul .tar.gz", "_Nul .tar.gz"),
    ("aux.", "_aux"),
    ("COM1", "_COM1"),
    ("com¹.log", "_com¹.log"),
    ("LPT9.prn", "_LPT9.prn"),
    ("COM10", "COM10"),
    ("CONSOLE", "CONSOLE"),
    ("conin$", "_conin$"),
    ("%2e%2e%2fpasswd", "%2e%2e%2fpasswd"),
    ("-rf", "-rf"),
    ("$(reboot).sh", "$(reboot).sh"),
    ("<script>.html", "_script_.html"),
];

#[test]
fn the_table_of_hostile_names() {
    for (name, safe) in NAMES {
        assert_eq!(safe_name(name), safe, "{name:?}");
    }
}

/// What must hold of every name, whatever came in.
fn holds(name: &str) {
    let safe = safe_name(name);
    let mut components = Path::new(&safe).components();
    assert!(matches!(components.next(), Some(Component::Normal(_))), "{safe:?}");
    assert!(components.next().is_none(), "{safe:?}");
    assert!(safe.len() <= MOST, "{safe:?}");
    assert!(!safe.starts_with('.') && !safe.ends_with(['.', ' ']), "{safe:?}");
    assert!(!safe.contains(['/', '\\', ':', '\0', '*', '?', '"', '<', '>', '|']), "{safe:?}");
    assert!(is_harmless(&safe) && !reserved(&safe), "{safe:?}");
    assert_eq!(safe_name(&safe), safe, "made safe twice");
    for number in [2, 10, 999, u32::MAX] {
        let numbered = numbered(&safe, number);
        assert!(numbered.len() <= 255 && is_safe_name(&numbered), "{numbered:?}");
        assert!(numbered.contains(&format!(" ({number})")), "{numbered:?}");
    }
}

#[test]
fn every_name_is_one_plain_component() {
    for (name, _) in NAMES {
        holds(name);
        holds(&format!("{name}/{name}"));
        holds(&format!("{name}.{}", "x".repeat(300)));
        holds(&format!("{}{name}", "写".repeat(100)));
        holds(&name.repeat(40));
        holds(&format!("{}{}.jpg", " .".repeat(200), name));
        holds(&format!("a{}{name}", " ".repeat(300)));
        holds(&format!("con{}{name}", " ".repeat(300)));
        holds(&format!("{name}{}", ".".repeat(300)));
    }
}

#[test]
fn long_names_keep_their_extension() {
    let safe = safe_name(&format!("{}.jpeg", "é".repeat(400)));
    assert!(safe.ends_with("é.jpeg") && safe.len() >= 240 && safe.len() <= MOST, "{}", safe.len());
    assert_eq!(safe_name(&format!("a.{}", "b".repeat(400))).len(), MOST);
}

#[test]
fn numbers_come_before_the_extension() {
    assert_eq!(numbered("photo.jpg", 2), "photo (2).jpg");
    assert_eq!(numbered("README", 3), "README (3)");
    assert_eq!(numbered("backup.tar.gz", 2), "backup (2).tar.gz");
    assert_eq!(numbered("a.tar", 2), "a (2).tar");
    assert_eq!(numbered("v1.2 notes", 2), "v1.2 notes (2)");
}

#[test]
fn only_a_final_name_is_safe() {
    for name in
        ["", ".part", "a//b", "/a", "a/", "a/../b", ".part/b", "..", "a\0", "CON", "a ", "a:b", &"x".repeat(256)]
    {
        assert!(!is_safe_name(name), "{name:?}");
    }
    assert!(is_safe_name("photo (2).jpg") && is_safe_name("DCIM/100/photo (2).jpg"));
}
