use super::*;
use crate::config::value::of;
use crate::config::{UploadKey, defaults};

fn site() -> (tempfile::TempDir, Config) {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("static_file")).unwrap();
    let config = defaults::config(root.path(), None);
    (root, config)
}

#[test]
fn the_defaults_of_the_table_are_the_defaults() {
    let (_root, config) = site();
    for key in all().filter(|key| !key.default.is_empty()) {
        let mut read = config.clone();
        (key.read)(&mut read, &of(key.default)).unwrap_or_else(|m| panic!("{}: {}", key.name, m.message));
        assert_eq!(read, config, "{}", key.name);
    }
}

/// For every key: a value, what it shows as, and a value that cannot be.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("port", "0", "0", "65536"),
    ("bind", "\"127.0.0.1\"", "127.0.0.1", "\"home\""),
    ("static", "\".\"", ".", "\"missing\""),
    ("templates", "\"t\"", "t", "[]"),
    ("data", "\"/srv/d\"", "/srv/d", "\"\""),
    ("log", "\"\"", "none", "5"),
    ("log_format", "\"JSON\"", "json", "\"xml\""),
    ("hosts", "[\"A.example\", \"b\"]", "a.example, b", "[\"http://a\"]"),
    ("error_page", "\"e/404.html\"", "e/404.html", "\"../404.html\""),
    ("cors", "true", "true", "\"*\""),
    ("headers", "{ X-A = \"1\" }", "x-a: 1", "{ a = \"1\\n\" }"),
    ("trusted_proxies", "[\"10.0.0.1\", \"fe80::/10\"]", "10.0.0.1, fe80::/10", "[\"proxy\"]"),
    ("allow", "[\"::1\", \"lan\"]", "::1, lan", "\"::1\""),
    ("deny", "[\"10.0.0.0/8\"]", "10.0.0.0/8", "[\"10/8\"]"),
    ("rate", "\"20/s\"", "20/s", "20"),
    ("auth", "[\"a:b\"]", "a (plain password)", "[\"a\"]"),
    ("delay", "\"5ms\"", "5ms", "5"),
    ("throttle", "\"1 KiB/s\"", "1 KiB/s", "\"slow\""),
    ("limits.body", "1500", "1500 B", "-1"),
    ("limits.headers_timeout", "\"1m\"", "1m", "\"0s\""),
    ("limits.idle_timeout", "\"1500ms\"", "1500ms", "60"),
    ("limits.connections", "1", "1", "0"),
    ("upload.path", "\"/in/\"", "/in", "\"/\""),
    ("upload.dir", "\"in\"", "in", "\"\""),
    ("upload.key", "\"off\"", "off", "\"no\""),
    ("upload.max_size", "\"20 GiB\"", "20 GiB", "\"big\""),
    ("upload.reserve", "0", "0", "1.5"),
    ("upload.open", "1", "1", "0"),
    ("upload.keep", "\"1h\"", "1h", "\"forever\""),
    ("upload.exists", "\"refuse\"", "refuse", "\"reject\""),
    ("upload.flush", "false", "false", "0"),
    ("upload.bell", "true", "true", "\"on\""),
    ("reload.browser", "false", "false", "\"no\""),
    ("reload.watch", "\"poll\"", "poll", "true"),
];

#[test]
fn every_key_takes_the_good_and_refuses_the_bad() {
    let (_root, config) = site();
    for (name, good, shown, bad) in CASES {
        let key = find(name).unwrap_or_else(|| panic!("{name} is no key"));
        let mut read = config.clone();
        (key.read)(&mut read, &of(good)).unwrap_or_else(|m| panic!("{name}: {}", m.message));
        assert_eq!((key.show)(&read), *shown, "{name}");
        assert!((key.read)(&mut read, &of(bad)).is_err(), "{name} = {bad}");
    }
}

#[test]
fn every_key_has_its_case() {
    let cases: Vec<_> = CASES.iter().map(|(name, ..)| *name).collect();
    assert_eq!(all().map(|key| key.name).collect::<Vec<_>>(), cases);
}

#[test]
fn a_pin_is_taken_and_never_shown() {
    let (_root, mut config) = site();
    let key = find("upload.key").unwrap();
    (key.read)(&mut config, &of("\"271828\"")).unwrap();
    assert_eq!(config.key, UploadKey::Pin("271828".to_owned()));
    assert!(!(key.show)(&config).contains("27") && !format!("{config:?}").contains("271828"));
    (key.read)(&mut config, &of("\"Auto\"")).unwrap();
    assert_eq!(config.key, UploadKey::Auto);
    for bad in ["\"a b\"", "271828", "\"123\"", "\"\"", "true"] {
        let mistake = (key.read)(&mut config, &of(bad)).unwrap_err();
        assert!(mistake.message.starts_with("expected"), "{bad}");
    }
}

#[test]
fn tables_are_those_of_the_keys() {
    for key in all() {
        let table = key.split().0;
        assert!(table.is_empty() || TABLES.contains(&table), "{}", key.name);
    }
}

#[test]
fn unknown_keys_find_what_was_meant() {
    assert_eq!(meant("", "prot").as_deref(), Some("port"));
    assert_eq!(meant("", "uplaod").as_deref(), Some("upload"));
    assert_eq!(meant("upload", "exist").as_deref(), Some("exists"));
    assert_eq!(meant("", "exists").as_deref(), Some("upload.exists"));
    assert_eq!(meant("", "max_size").as_deref(), Some("upload.max_size"));
    assert_eq!(meant("reload", "port").as_deref(), Some("port at the top, before any [table]"));
    assert_eq!(meant("", "xyzzyxyzzy"), None);
}

#[test]
fn the_reference_has_what_is_built() {
    let keys: Vec<_> = reference().iter().map(|doc| doc.key).collect();
    assert!(keys.contains(&"upload.exists") && keys.contains(&"route.path"));
    assert!(
        keys.contains(&"rate")
            && keys.contains(&"route.auth")
            && keys.contains(&"route.wsgi")
            && keys.contains(&"app.command")
    );
    assert!(reference().iter().all(|doc| !doc.meaning.is_empty()));
}
