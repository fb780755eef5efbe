//! Arguments and exit codes.

use crate::common::{Server, Site};

#[test]
fn help_goes_to_stdout() {
    for flag in ["-h", "--help"] {
        let help = Site::new().run(&[flag]);
        assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
        for word in [
            "--port",
            "--bind",
            "--config",
            "--plain",
            "--uploads",
            "--no-upload",
            "--open",
            "--quiet",
            "check",
            "init",
        ] {
            assert!(help.out.contains(word), "{flag} does not tell of {word}:\n{}", help.out);
        }
    }
}

#[test]
fn version_is_one_line() {
    for flag in ["-V", "--version"] {
        let version = Site::new().run(&[flag]);
        assert_eq!(version.code, Some(0));
        assert_eq!(version.out.trim_end(), format!("stan {}", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn bad_usage_is_2_and_says_what() {
    for (arguments, says) in [
        (&["--prot", "1"][..], "--port"),
        (&["-p", "70000"], "70000"),
        (&["-p", "eight"], "eight"),
        (&["-p"], "--port"),
        (&["--bind", "everywhere"], "everywhere"),
        (&["nowhere"], "nowhere"),
        (&["-c", "nowhere.conf"], "nowhere.conf"),
        (&["check", "nowhere"], "nowhere"),
        (&["completions", "tcsh"], "tcsh"),
        (&[".", "."], "."),
    ] {
        let ended = Site::new().run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}\n{ended:?}");
        assert!(ended.err.contains(says), "{arguments:?}\n{}", ended.err);
        assert_eq!(ended.out, "", "{arguments:?}");
    }
}

#[test]
fn plain_where_there_is_no_terminal() {
    let site = Site::small();
    let mut server = Server::start(&mut site.stan(&["--bind", "local", "-p", "0"]));
    server.get("/").is(200);
    server.done("stop");
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn path_is_the_sites_folder() {
    let site =
        Site::new().file("a/static_file/x.txt", "in a").file("a/stan.conf", "[[route]]\npath = '/t'\ntext = 'T'\n");
    let server = site.start_with(&["a"]);
    assert_eq!(server.get("/x.txt").is(200).text(), "in a");
    assert_eq!(server.get("/t").is(200).text(), "T");
}

#[test]
fn a_folder_without_static_file_is_served_itself() {
    let site = Site::new().file("x.txt", "bare").file("sub/y.txt", "deep");
    let server = site.start_with(&["."]);
    assert_eq!(server.get("/x.txt").is(200).text(), "bare");
    assert_eq!(server.get("/sub/y.txt").is(200).text(), "deep");
}

#[test]
fn config_names_another_file() {
    let site = Site::small().conf("[[route]]\npath = '/a'\ntext = 'default'\n");
    site.write("other.conf", "[[route]]\npath = '/b'\ntext = 'other'\n");
    let server = site.start_with(&["-c", "other.conf"]);
    assert_eq!(server.get("/b").is(200).text(), "other");
    server.get("/a").is(404);
}

#[test]
fn uploads_go_where_they_are_told() {
    let site = Site::small();
    let server = site.start_with(&["--uploads", "in/box"]);
    server.put("/upload/a.txt", b"hello").is(201);
    assert_eq!(site.text("in/box/a.txt"), "hello");
}

#[test]
fn uploads_are_refused_when_told() {
    let site = Site::small();
    let server = site.start_with(&["--no-upload"]);
    let answer = server.put("/upload/a.txt", b"hello");
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert!(site.names("uploads").is_empty());
}

#[test]
fn completions_for_five_shells() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = Site::new().run(&["completions", shell]);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{shell}");
        assert!(ended.out.contains("no-upload"), "{shell}:\n{}", ended.out);
    }
}

#[test]
fn the_manual_page_is_one() {
    let ended = Site::new().run(&["man"]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.contains(".TH"), "{}", ended.out);
    assert!(ended.out.contains("no\\-upload"), "{}", ended.out);
}
