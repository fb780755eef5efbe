//! Django: a project with its admin, a database, files, and its management commands.

use std::process::Command;

use crate::browser::{Browser, between};
use crate::common::{Form, Server, Site, noise};
use crate::software::{active, environment, is_content, site, start};

/// Checked by the validator at the root, as it is below a mount.
const CONF: &str = "[[route]]\npath = \"/{*rest}\"\nwsgi = \"tower.wsgi:checked\"\nworkers = 1\n\
    [[route]]\npath = \"/tower/{*rest}\"\nwsgi = \"tower.wsgi\"\nworkers = 1\n";
const MOUNTS: [&str; 2] = ["", "/tower"];

/// Runs manage.py.
fn manage(site: &Site, arguments: &[&str]) -> String {
    let mut command = Command::new(environment().join("bin/python"));
    command.env_clear().current_dir(site.root()).arg("manage.py").args(arguments);
    let output = active(&mut command).env("DJANGO_SUPERUSER_PASSWORD", "sesame & co").output().unwrap();
    assert!(output.status.success(), "manage.py {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn project() -> (Site, Server) {
    let site = site("django", CONF);
    assert!(manage(&site, &["migrate"]).contains("Applying hall.0001_initial... OK"));
    manage(&site, &["createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org"]);
    let server = start(&site);
    (site, server)
}

/// The hidden token of the page's form.
fn token(page: &str) -> String {
    between(page, "name=\"csrfmiddlewaretoken\" value=\"", "\"").to_owned()
}

/// Signs in to the admin that is mounted at `mount`.
fn sign_in<'a>(server: &'a Server, mount: &str) -> Browser<'a> {
    let mut browser = Browser::of(server);
    let start = browser.get(&format!("{mount}/admin/")).is(302);
    let login = start.value("location").to_owned();
    assert_eq!(login, format!("{mount}/admin/login/?next={mount}/admin/"));
    let token = token(&browser.follow(&start).is(200).text());
    let fields = [("username", "ada"), ("password", "sesame & co")];
    // Without the token, or with another, nobody signs in.
    browser.send(&login, &fields).is(403);
    let fields = [&fields[..], &[("csrfmiddlewaretoken", &token)]].concat();
    let answer = browser.send(&login, &fields).is(302);
    let home = browser.follow(&answer).is(200).text();
    assert!(home.contains("Site administration") && home.contains("ada"), "{home}");
    browser
}

#[test]
fn the_admin_adds_lists_and_deletes() {
    let (site, server) = project();
    for (n, mount) in MOUNTS.iter().enumerate() {
        let mut browser = sign_in(&server, mount);
        let add = format!("{mount}/admin/hall/picture/add/");
        let page = browser.get(&add).is(200).text();
        let content = noise(n as u64, 5_000_000);
        let name = format!("sea{n}.bin");
        let form = Form::new()
            .field("csrfmiddlewaretoken", &token(&page))
            .field("title", &format!("Sée {n} & co"))
            .file("file", &name, "application/octet-stream", &content);
        let answer = browser.send_form(&add, form).is(302);
        let list = browser.follow(&answer).is(200).text();
        assert!(list.contains(&format!("Sée {n} &amp; co")) && list.contains("was added successfully"), "{list}");
        assert!(site.read(&format!("media/pictures/{name}")) == content);
        // And it comes out again, below the mount.
        let page = browser.get(&format!("{mount}/")).is(200).text();
        let link = format!("{mount}/media/pictures/{name}");
        assert!(page.contains(&format!("<a href=\"{link}\">Sée {n} &amp; co</a>")), "{page}");
        assert!(browser.get(&link).is(200).body == content);
        let id = list.split_once("/change/").unwrap().0.rsplit('/').next().unwrap();
        let delete = format!("{mount}/admin/hall/picture/{id}/delete/");
        let token = token(&browser.get(&delete).is(200).text());
        let answer = browser.send(&delete, &[("csrfmiddlewaretoken", &token), ("post", "yes")]).is(302);
        assert!(browser.follow(&answer).is(200).text().contains("was deleted successfully"));
        assert!(
            manage(&site, &["shell", "-c", "from hall.models import *; print(Picture.objects.count())"]).contains('0')
        );
    }
    is_content(&server);
}

#[test]
fn a_form_with_a_file_and_the_admins_own_files() {
    let (site, server) = project();
    for mount in MOUNTS {
        let home = format!("{mount}/");
        let mut browser = Browser::of(&server);
        let page = browser.get(&home).is(200).text();
        let form = |token: &str, name: &str| {
            let token = Form::new().field("csrfmiddlewaretoken", token);
            token.field("title", "Small").file("file", name, "text/plain", b"a few words")
        };
        browser.send_form(&home, form("forged", "a.txt")).is(403);
        let answer = browser.send_form(&home, form(&token(&page), "../../a b.txt")).is(302);
        assert_eq!(answer.value("location"), home);
        let page = browser.follow(&answer).is(200).text();
        let link = between(&page, "<a href=\"", "\">Small");
        let link = link.rsplit("<a href=\"").next().unwrap().to_owned();
        assert_eq!(browser.get(&link).is(200).text(), "a few words");
        // The admin's styles and scripts, found in Django's own folder.
        let login = browser.get(&format!("{mount}/admin/login/")).is(200).text();
        let style = between(&login, "<link rel=\"stylesheet\" href=\"", "\"");
        assert_eq!(style, format!("{mount}/static/admin/css/base.css"));
        let answer = browser.get(style).is(200);
        assert!(answer.value("content-type").starts_with("text/css") && answer.text().contains("--primary"));
        let since = answer.value("last-modified").to_owned();
        server.ask("GET", style, &[("If-Modified-Since", &since)], b"").is(304);
        browser.get(&format!("{mount}/static/admin/none.css")).is(404);
    }
    assert_eq!(site.names("media/pictures").len(), 2, "nothing is written elsewhere");
    is_content(&server);
}

#[test]
fn a_redirect_an_error_and_a_page_that_is_not_there() {
    let (_site, server) = project();
    for mount in MOUNTS {
        let answer = server.get(&format!("{mount}/wrong")).is(301);
        assert_eq!(answer.value("location"), format!("{mount}/wrong/"));
        // Django's own page for those who mend it.
        let page = server.page(&format!("{mount}/wrong/")).is(500).text();
        for part in ["IndexError", "under the third stone", "hall/views.py", "list index out of range"] {
            assert!(page.contains(part), "{part}");
        }
        let page = server.page(&format!("{mount}/none/")).is(404).text();
        assert!(page.contains("tower.urls"), "{page}");
        let head = server.head(&format!("{mount}/")).is(200);
        assert!(head.body.is_empty());
    }
}
