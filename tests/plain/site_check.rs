//! `stan check`, `stan init`, and a stan.conf that is wrong at the start.

use crate::common::Site;

const WRONG: [(&str, &str, &str); 8] = [
    ("port = 70000\n", "stan.conf:1:8", "expected a number from 0 to 65535"),
    ("port = \"abc\"\n", "stan.conf:1:8", "expected a number from 0 to 65535"),
    ("log = \"\"\n\nprot = 1\n", "stan.conf:3:1", "port"),
    ("[upload]\nexists = \"keep\"\n", "stan.conf:2:10", "rename"),
    ("[limits]\nbody = \"64 MB of it\"\n", "stan.conf:2:8", "body"),
    ("hosts = [\"ok.example\", 7]\n", "stan.conf:1:24", "7"),
    ("port = \n", "stan.conf:1:", "port"),
    ("[[route]]\npath = \"/x\"\ntemplate = \"none.html\"\n", "stan.conf:3:12", "none.html"),
];

#[test]
fn a_bad_file_is_2_with_place_line_and_caret() {
    for (text, place, says) in WRONG {
        let site = Site::small().conf(text);
        for arguments in [&["check"][..], &["--plain", "-p", "0", "--bind", "local"]] {
            let ended = site.run(arguments);
            assert_eq!(ended.code, Some(2), "{text}\n{ended:?}");
            assert!(ended.err.contains(place) && ended.err.contains(says), "{text}\n{}", ended.err);
            assert!(ended.err.contains('^'), "no caret:\n{}", ended.err);
            let line: usize = place.split(':').nth(1).unwrap().parse().unwrap();
            let line = text.lines().nth(line - 1).unwrap().trim_end();
            assert!(ended.err.contains(line), "the line is not shown:\n{}", ended.err);
            assert_eq!(ended.out, "");
        }
    }
}

#[test]
fn columns_count_characters() {
    let ended = Site::small().conf("upload = { dir = \"äöü\", exists = \"keep\" }\n").run(&["check"]);
    assert!(ended.err.contains("stan.conf:1:34"), "{}", ended.err);
}

#[test]
fn an_app_is_explained_and_what_it_watches_in_vain() {
    let conf = "[[app]]\ncommand = \"npm run dev\"\npath = \"/app/{*rest}\"\nwatch = [\"server.js\"]\nrate = \"5/s\"\n";
    let ended = Site::small().conf(conf).run(&["check"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.out.contains("  any /app/{*rest} app npm run dev (rate 5/s)"), "{}", ended.out);
    assert!(ended.out.contains("warning: watch of /app/{*rest} names server.js, which is not there"), "{}", ended.out);
}

#[test]
fn routes_that_collide_are_an_error() {
    let text = "[[route]]\npath = '/a/{x}'\ntext = '1'\n[[route]]\npath = '/a/{y}'\ntext = '2'\n";
    let ended = Site::small().conf(text).run(&["check"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.err.contains("stan.conf:5:"), "{}", ended.err);
}

#[test]
fn a_good_file_is_explained() {
    let site = Site::small().conf("port = 8123\nlog = \"\"\n[[route]]\npath = \"/hi\"\ntext = \"hi\"\n");
    let ended = site.run(&["check"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert!(ended.out.contains("8123") && ended.out.contains("/hi"), "{}", ended.out);
}

#[test]
fn check_reads_another_folder() {
    let site = Site::new().file("a/static_file/i.html", "").file("a/stan.conf", "prot = 1\n");
    assert_eq!(site.run(&["check", "a"]).code, Some(2));
    assert_eq!(site.run(&["check"]).code, Some(0));
}

#[test]
fn init_writes_a_site_that_runs() {
    let site = Site::new();
    let ended = site.run(&["init"]);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
    assert!(site.path("stan.conf").is_file() && site.path("static_file").is_dir());
    assert_eq!(site.run(&["check"]).code, Some(0));
    let server = site.start();
    assert!(server.page("/").is(200).value("content-type").starts_with("text/html"));
}

#[test]
fn init_never_overwrites() {
    let site = Site::new().conf("# mine\n");
    assert_eq!(site.run(&["init"]).code, Some(0));
    assert_eq!(site.text("stan.conf"), "# mine\n");
    let before = site.names("static_file");
    let again = site.run(&["init"]);
    assert_eq!(again.code, Some(0));
    assert!(again.out.contains("already"), "{}", again.out);
    assert_eq!(site.names("static_file"), before);
}

#[test]
fn init_makes_the_folder() {
    let site = Site::new();
    assert_eq!(site.run(&["init", "new/site"]).code, Some(0));
    assert!(site.path("new/site/stan.conf").is_file());
}
