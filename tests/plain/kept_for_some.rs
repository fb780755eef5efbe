//! What one route keeps for some, or for an app, is served by no other.

use crate::common::Site;

#[test]
fn a_guard_follows_its_folder_and_its_file() {
    let conf = "[[route]]\npath = \"/priv/{*rest}\"\nstatic = \"static_file/priv\"\nauth = [\"ada:own\"]\n\
                [[route]]\npath = \"/one\"\nstatic = \"static_file/one.txt\"\nallow = [\"local\"]\n\
                [[route]]\npath = \"/slow/{*rest}\"\nstatic = \"static_file/slow\"\ndelay = \"1ms\"\n\
                [[route]]\npath = \"/all/{*rest}\"\nstatic = \"static_file\"\n";
    let mut site = Site::small().conf(conf);
    for name in ["priv/s.txt", "one.txt", "slow/s.txt", "open.txt"] {
        site = site.file(&format!("static_file/{name}"), "text");
    }
    let mut server = site.start();
    for path in ["/priv/s.txt", "/static_file/priv/s.txt", "/all/priv/s.txt", "/static_file/one.txt", "/one.txt"] {
        let status = if path == "/priv/s.txt" { 401 } else { 404 };
        server.get(path).is(status);
    }
    server.line("the note", |line| line == "note kept back /all/priv/s.txt");
    server.ask("GET", "/priv/s.txt", &[("Authorization", "Basic YWRhOm93bg==")], b"").is(200);
    for path in ["/one", "/slow/s.txt", "/static_file/slow/s.txt", "/all/open.txt", "/open.txt"] {
        server.get(path).is(200);
    }
    std::fs::remove_file(site.path("static_file/index.html")).unwrap();
    let listed = server.get("/all/?json").is(200).text();
    assert!(listed.contains("open.txt") && !listed.contains("priv") && !listed.contains("one.txt"), "{listed}");
}

#[test]
fn the_code_and_the_data_of_an_app_are_no_files() {
    let conf = "static = \".\"\n[[route]]\npath = \"/app/{*rest}\"\nwsgi = \"app:app\"\n\
                [[route]]\npath = \"/py/{*rest}\"\npython = \"py\"\n";
    let site = Site::small().conf(conf);
    for (name, text) in [
        ("app.py", "def app(environ, start): start('200 OK', []); return [b'app']\n"),
        ("py/a.py", ""),
        ("py/a.txt", ""),
        ("db.sqlite3", "data"),
        ("page.txt", "page"),
    ] {
        site.write(name, text);
    }
    let mut server = site.start();
    for path in ["/app.py", "/db.sqlite3", "/py/a.txt", "/APP.PY"] {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    server.line("the note", |line| line == "note kept back /app.py");
    server.get("/page.txt").is(200);
    let listed = server.get("/?json").is(200).text();
    assert!(listed.contains("page.txt") && !listed.contains("app.py") && !listed.contains("\"py\""), "{listed}");
}

#[test]
fn without_an_app_they_are_files_like_any_other() {
    let site = Site::small();
    site.write("static_file/app.py", "print()");
    let server = site.start();
    assert_eq!(server.get("/app.py").is(200).text(), "print()");
}
