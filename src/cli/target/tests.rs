use super::*;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("site.py")).unwrap();
    fs::create_dir(at("mysite")).unwrap();
    fs::write(at("app.py"), "").unwrap();
    fs::write(at("flaskapp.py"), "").unwrap();
    fs::write(at("mysite/__init__.py"), "").unwrap();
    fs::write(at("mysite/wsgi.py"), "").unwrap();
    fs::write(at("index.html"), "").unwrap();
    let manage = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\nexecute_from_command_line(a)\n";
    fs::write(at("manage.py"), manage).unwrap();
    fs::write(at("single.py"), format!("{manage}app = get_wsgi_application()\n")).unwrap();
    folder
}

/// What `path` is in that folder, or why it is nothing.
fn checked(path: &str) -> Result<Option<WsgiApp>, String> {
    let folder = folder();
    let found = check(folder.path(), Path::new(path)).map_err(|error| error.to_string())?;
    Ok(found.map(|app| match app {
        WsgiApp::File(file) => WsgiApp::File(file.strip_prefix(folder.path()).unwrap().to_owned()),
        app => app,
    }))
}

#[test]
fn apps_are_told_from_paths() {
    for (text, app) in [
        ("blog:app", true),
        ("my.blog:create_app(\"dev\")", true),
        ("flaskapp", true),
        ("mysite.wsgi", true),
        ("blog", false),
        ("mysite.asgi", false),
        (":app", false),
        ("app:", false),
        ("./a:b", false),
        ("C:\\site", false),
    ] {
        let found = checked(text).ok().flatten();
        assert_eq!(found, app.then(|| WsgiApp::Callable(text.to_owned())), "{text}");
    }
}

#[test]
fn what_exists_wins() {
    for folder in ["site.py", "mysite", "."] {
        assert_eq!(checked(folder), Ok(None), "{folder}");
    }
    for file in ["app.py", "single.py"] {
        assert_eq!(checked(file), Ok(Some(WsgiApp::File(file.into()))));
    }
}

#[test]
fn errors_say_what_to_do() {
    for (path, says) in [
        ("index.html", "it is a file, not a folder; try: stan ."),
        ("./index.html", "it is a file, not a folder; try: stan ."),
        ("chekc", "there is no such folder or module; did you mean: stan check?"),
        ("check", "there is no such folder or module; check comes first, its options after it"),
        ("stop", "there is no such folder or module; stop is a word to type once stan runs"),
        ("flaskap", "there is no such folder or module; did you mean: stan flaskapp?"),
        ("flaskap.py", "there is no such file; did you mean: stan flaskapp.py?"),
        ("mysite/wsgy.py", "there is no such file; did you mean: stan mysite/wsgi.py?"),
        (
            "nothing-like-it",
            "there is no such folder or module; here are app.py, flaskapp.py, manage.py, mysite, single.py, …",
        ),
        ("mysite/nothing-like-it", "there is no such folder; here are mysite/wsgi.py"),
        ("flaskapp.py:app", "a module is named without .py; did you mean: stan flaskapp:app?"),
        ("manage.py", "it runs Django's commands and is no app; try: stan mysite.wsgi:application"),
    ] {
        assert_eq!(checked(path), Err(format!("cannot serve '{path}': {says}")));
    }
}
