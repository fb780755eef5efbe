mod grammar;

use std::collections::HashMap;
use std::fs;

use super::*;

struct Site {
    root: tempfile::TempDir,
    env: HashMap<&'static str, &'static str>,
    flags: Flags,
}

impl Site {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), env: HashMap::new(), flags: Flags::default() }
    }

    fn conf(self, text: &str) -> Self {
        self.save(text);
        self
    }

    fn save(&self, text: &str) {
        fs::write(self.root.path().join("stan.conf"), text).unwrap();
    }

    fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.env.insert(name, value);
        self
    }

    fn flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    fn load(&self) -> Result<Layers, LoadError> {
        Layers::load(self.root.path(), self.flags.clone(), &|name| self.env.get(name).map(|text| (*text).to_owned()))
    }

    fn good(&self) -> Layers {
        self.load().unwrap_or_else(|error| panic!("{error}"))
    }

    fn wrong(&self) -> String {
        self.load().unwrap_err().to_string()
    }
}

fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(Change::to_string).collect()
}

#[test]
fn precedence() {
    // Which layers say something of the port, and which of them is in force.
    for (flag, own, platform, file, port) in [
        (None, None, None, None, 8000),
        (None, None, None, Some("port = 1"), 1),
        (None, None, Some("2"), Some("port = 1"), 2),
        (None, Some("3"), Some("2"), Some("port = 1"), 3),
        (Some(4), Some("3"), Some("2"), Some("port = 1"), 4),
        (Some(4), None, None, None, 4),
        (None, Some(""), Some("2"), None, 2),
        (None, Some(" "), Some(""), None, 8000),
    ] {
        let mut site = Site::new().flags(Flags { port: flag, ..Flags::default() });
        if let Some(own) = own {
            site = site.env("STAN_PORT", own);
        }
        if let Some(platform) = platform {
            site = site.env("PORT", platform);
        }
        if let Some(file) = file {
            site = site.conf(file);
        }
        let layers = site.good();
        assert_eq!(layers.config().port, port);
        assert_eq!(layers.config().port_typed, port != 8000);
    }
}

#[test]
fn a_port_that_is_the_default_counts_as_typed_too() {
    assert!(Site::new().conf("port = 8000").good().config().port_typed);
    assert!(Site::new().env("PORT", "8000").good().config().port_typed);
    let mut layers = Site::new().good();
    assert!(!layers.config().port_typed);
    layers.port(8000).unwrap();
    assert!(layers.config().port_typed);
    assert_eq!(layers.source("port"), Source::Typed);
}

#[test]
fn paths_of_the_file_are_relative_to_the_site_and_those_of_flags_to_here() {
    let layers = Site::new().conf("[upload]\ndir = \"in\"").good();
    assert_eq!(layers.config().upload.dir, layers.config().root.join("in"));
    let here = std::env::current_dir().unwrap();
    let flags = Flags { uploads: Some("in".into()), ..Flags::default() };
    assert_eq!(Site::new().flags(flags).good().config().upload.dir, here.join("in"));
    assert_eq!(Site::new().env("STAN_UPLOADS", "in").good().config().upload.dir, here.join("in"));
    let layers = Site::new().env("STAN_UPLOAD_DIR", "in").good();
    assert_eq!(layers.config().upload.dir, layers.config().root.join("in"));
}

#[test]
fn uploads_can_be_refused() {
    assert!(Site::new().good().config().upload.enabled);
    assert!(!Site::new().flags(Flags { no_upload: true, ..Flags::default() }).good().config().upload.enabled);
    assert!(!Site::new().env("STAN_NO_UPLOAD", "1").good().config().upload.enabled);
    assert!(Site::new().env("STAN_NO_UPLOAD", "0").good().config().upload.enabled);
    assert!(Site::new().env("STAN_NO_UPLOAD", "x").wrong().starts_with("STAN_NO_UPLOAD=x"));
}

#[test]
fn a_bad_variable_is_named() {
    assert_eq!(
        Site::new().env("PORT", "http").wrong(),
        "PORT=http in the environment: expected a number from 0 to 65535"
    );
    assert!(Site::new().env("STAN_UPLOAD_EXISTS", "no").wrong().starts_with("STAN_UPLOAD_EXISTS=no"));
    assert!(Site::new().env("STAN_RATE", "20").wrong().contains("expected a rate"));
    assert!(Site::new().env("STAN_AUTH", "secret").wrong().starts_with("STAN_AUTH=… in the environment: expected"));
}

#[test]
fn what_must_be_there() {
    let site = Site::new().flags(Flags { config: Some("/missing/stan.conf".into()), ..Flags::default() });
    assert!(matches!(site.load(), Err(LoadError::File(..))));
    assert!(Site::new().env("STAN_CONFIG", "/missing/stan.conf").wrong().contains("/missing/stan.conf"));

    let site = Site::new().conf("");
    for wrong in ["missing", "stan.conf"] {
        let root = site.root.path().join(wrong);
        assert!(matches!(Layers::load(&root, Flags::default(), &|_| None), Err(LoadError::Root(..))), "{wrong}");
    }
}

#[test]
fn another_file_is_read_and_named_in_errors() {
    let site = Site::new();
    let other = site.root.path().join("dev.toml");
    fs::write(&other, "port = 7\n").unwrap();
    let site = site.flags(Flags { config: Some(other.clone()), ..Flags::default() });
    assert_eq!(site.good().config().port, 7);
    assert_eq!(site.good().config().file, Some(other.clone()));
    fs::write(&other, "port = x\n").unwrap();
    assert!(site.wrong().contains("dev.toml:1:8 "));
}

#[test]
fn everything_wrong_is_said_at_once_in_file_order() {
    let site = Site::new().conf(
        "prot = 1\nhosts = [\"a\", 5]\n[upload]\nexists = \"x\"\nkeep = \"forever\"\n[[route]]\npath = \"/a\"\ntemplate = \"b.html\"\n",
    );
    let error = site.load().unwrap_err();
    let briefs: Vec<_> = error.errors().iter().map(crate::config::ConfigError::brief).collect();
    assert_eq!(
        briefs,
        [
            "stan.conf:1:1 unknown key prot; did you mean port?",
            "stan.conf:2:15 expected a host name without scheme or port, such as \"box.example\"",
            "stan.conf:4:10 expected \"rename\", \"refuse\" or \"replace\"",
            "stan.conf:5:8 expected a duration such as \"250ms\", \"10s\", \"5m\" or \"24h\"",
            "stan.conf:8:12 expected a template that exists in templates",
        ]
    );
}

#[test]
fn a_syntax_error_has_its_place() {
    insta::assert_snapshot!(Site::new().conf("port = 8000\nbind = lan\n").wrong(), @r#"
    stan.conf:2:8 expected quotes around text: "lan"
     2 | bind = lan
       |        ^^^
    "#);
}

#[test]
fn syntax_errors_in_words() {
    for (text, says) in [
        ("port = abc\n", "1:8 expected a number from 0 to 65535"),
        ("port = 1\nport = 2\n", "2:1 duplicate key"),
        ("[upload]\n[upload]\n", "2:2 duplicate key"),
        ("port =\n", "1:7 expected a value"),
        ("[upload\ndir = \"x\"\n", "1:8 unclosed table, expected ']'"),
        ("port 8000\n", "1:6 key with no value, expected '='"),
        ("hosts = [\"a\"\nport = 5\n", "2:1 missing comma between array elements, expected ','"),
        ("port = 08\n", "1:8 unexpected leading zero"),
        ("upload = 5\n", "1:10 expected a table: [upload]"),
        ("[route]\npath = \"/x\"\n", "1:1 expected tables that begin with [[route]]"),
    ] {
        assert_eq!(Site::new().conf(text).load().unwrap_err().brief(), format!("stan.conf:{says}"));
    }
}

#[test]
fn text_that_is_no_utf_8() {
    let site = Site::new();
    fs::write(site.root.path().join("stan.conf"), b"port = 1\nlog = \"\xff\"\n").unwrap();
    assert!(site.wrong().starts_with("stan.conf:2:8 expected UTF-8 text\n"), "{}", site.wrong());
    assert_eq!(Site::new().conf("\u{feff}port = 5").good().config().port, 5);
    assert!(Site::new().conf("\u{feff}prot = 5").wrong().starts_with("stan.conf:1:1 "));
}

#[test]
fn a_reload_says_what_changed() {
    let site = Site::new().conf("port = 1\n");
    let mut layers = site.good();
    assert!(layers.reload().unwrap().is_empty());
    site.save("port = 2\n[[route]]\npath = \"/x\"\ntext = \"x\"\n");
    assert_eq!(lines(&layers.reload().unwrap()), ["port 1 → 2", "routes + any /x"]);
    site.save("port = \"x\"\n");
    assert!(layers.reload().is_err());
    assert_eq!((layers.config().port, layers.config().routes.len()), (2, 1));
}

#[test]
fn a_file_that_appears_is_read_and_one_that_goes_stays_in_force() {
    let site = Site::new();
    let mut layers = site.good();
    assert!(layers.reload().unwrap().is_empty());
    site.save("hosts = [\"a\"]");
    assert_eq!(lines(&layers.reload().unwrap()), ["log none → stan.log", "hosts none → a"]);
    fs::remove_file(site.root.path().join("stan.conf")).unwrap();
    for _ in 0..2 {
        let error = layers.reload().unwrap_err();
        assert!(matches!(error, LoadError::Deleted(_)), "{error}");
    }
    assert_eq!(layers.config().hosts, ["a"]);
}

#[test]
fn what_was_typed_outlives_a_save_unless_the_file_changes_that_very_key() {
    let site = Site::new().conf("port = 1\n");
    let mut layers = site.good();
    assert_eq!(lines(&layers.set("upload.exists", "refuse").unwrap()), ["upload.exists rename → refuse"]);
    assert_eq!(lines(&layers.port(9).unwrap()), ["port 1 → 9"]);
    assert_eq!(lines(&layers.bind(Bind::Local).unwrap()), ["bind lan → local"]);

    site.save("# only another spelling\nport = 0x1\nhosts = [\"a\"]\n");
    assert_eq!(lines(&layers.reload().unwrap()), ["hosts none → a"]);
    assert_eq!(layers.config().port, 9);

    site.save("port = 2\n");
    assert_eq!(lines(&layers.reload().unwrap()), ["port 9 → 2", "hosts a → none"]);
    site.save("port = 2\n[upload]\nexists = \"replace\"\n");
    assert_eq!(lines(&layers.reload().unwrap()), ["upload.exists refuse → replace"]);
    site.save("port = 2\n");
    assert_eq!(lines(&layers.reload().unwrap()), ["upload.exists replace → rename"]);
    assert_eq!(layers.config().bind, Bind::Local);
}

#[test]
fn a_broken_save_forgets_nothing_that_was_typed() {
    let site = Site::new().conf("port = 1\n");
    let mut layers = site.good();
    layers.port(9).unwrap();
    site.save("port = 2\nbroken");
    assert!(layers.reload().is_err());
    assert_eq!(layers.config().port, 9);
    site.save("port = 2\n");
    layers.reload().unwrap();
    assert_eq!(layers.config().port, 2);
}

#[test]
fn a_flag_hides_what_the_file_says_also_from_what_was_typed() {
    let site = Site::new().conf("port = 1\n").flags(Flags { port: Some(5), ..Flags::default() });
    let mut layers = site.good();
    layers.port(9).unwrap();
    site.save("port = 2\n");
    assert!(layers.reload().unwrap().is_empty());
    assert_eq!(layers.config().port, 9);
}

#[test]
fn set_says_what_is_wrong() {
    let mut layers = Site::new().good();
    for (key, value, says) in [
        ("prot", "1", "no setting is called prot; did you mean port?"),
        ("exists", "refuse", "no setting is called exists; did you mean upload.exists?"),
        ("upload", "x", "upload has several settings; name one, such as upload.path"),
        ("route", "x", "routes and apps are written in stan.conf: save it and they are in force"),
        ("port", "x", "port: expected a number from 0 to 65535"),
        (
            "upload.exists",
            "refus",
            "upload.exists: expected \"rename\", \"refuse\" or \"replace\"; did you mean refuse?",
        ),
        ("rate", "20", "rate: expected a rate such as \"20/s\", \"100/m\" or \"1000/h\""),
        ("static", "nowhere", "static: expected a folder that exists"),
        ("\x1b[2J", "1", "no setting is called \\x1b[2j"),
        ("upload.path", "\x1bp", "upload.path: expected a path that starts with /; did you mean \"/\\x1bp\"?"),
    ] {
        assert_eq!(layers.set(key, value).unwrap_err().to_string(), says, "{key} {value}");
    }
    assert_eq!(lines(&layers.set(" Upload.Exists ", " refuse ").unwrap()), ["upload.exists rename → refuse"]);
}

#[test]
fn set_does_not_pull_a_template_from_under_a_route() {
    let site = Site::new().conf("[[route]]\npath = \"/a\"\ntemplate = \"a.html\"\n");
    fs::create_dir(site.root.path().join("templates")).unwrap();
    fs::write(site.root.path().join("templates/a.html"), "").unwrap();
    let mut layers = site.good();
    let error = layers.set("templates", "elsewhere").unwrap_err().to_string();
    assert_eq!(error, "stan.conf:3:12 expected a template that exists in elsewhere");
    assert!(layers.config().templates.ends_with("templates"));
}
