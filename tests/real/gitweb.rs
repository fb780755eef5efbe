//! gitweb behind `cgi`: a repository is looked at.

use std::path::Path;
use std::process::Command;

use crate::browser::between;
use crate::common::Site;

/// Where Debian's git has it.
const GITWEB: &str = "/usr/share/gitweb";

fn git(site: &Site, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", site.root());
    for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
        command.env(format!("{name}_NAME"), "Ada Lübeck").env(format!("{name}_EMAIL"), "ada@example.org");
    }
    let output = command.args(arguments).current_dir(site.path("repositories/tower")).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_repository_is_looked_at() {
    assert!(Path::new(GITWEB).join("gitweb.cgi").is_file(), "{GITWEB} has no gitweb.cgi: run tests/run");
    let site = Site::small();
    let conf = format!(
        "[[route]]\npath = \"/git/{{*rest}}\"\ncgi = \"cgi-bin\"\nenv = {{ GITWEB_CONFIG = \"{}\" }}\n\
         [[route]]\npath = \"/gitweb/{{*rest}}\"\nstatic = \"gitweb\"\n",
        site.path("gitweb.conf").display()
    );
    site.write("stan.conf", conf);
    let settings = format!(
        "our $projectroot = '{}';\nour @stylesheets = ('/gitweb/gitweb.css');\nour $javascript = '/gitweb/gitweb.js';\n\
         our $logo = '/gitweb/git-logo.png';\nour $favicon = '/gitweb/git-favicon.png';\n\
         $feature{{'pathinfo'}}{{'default'}} = [1];\n1;\n",
        site.path("repositories").display()
    );
    site.write("gitweb.conf", settings);
    std::fs::create_dir(site.path("cgi-bin")).unwrap();
    // By name, for what is linked from outside is not run.
    site.write("cgi-bin/web", format!("#!/bin/sh\nexec {GITWEB}/gitweb.cgi\n"));
    std::fs::set_permissions(site.path("cgi-bin/web"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for name in ["gitweb.css", "gitweb.js", "git-logo.png"] {
        site.write(&format!("gitweb/{name}"), std::fs::read(Path::new(GITWEB).join("static").join(name)).unwrap());
    }
    site.write("repositories/tower/src/stones.txt", "first stone\n");
    git(&site, &["init", "-q", "-b", "main"]);
    git(&site, &["add", "."]);
    git(&site, &["commit", "-q", "-m", "Lay the first stone"]);
    site.write("repositories/tower/src/stones.txt", "first stone\nsecond <stone>\n");
    git(&site, &["commit", "-q", "-a", "-m", "Lay the second & last"]);
    let head = git(&site, &["rev-parse", "HEAD"]);

    let server = site.start();
    let list = server.page("/git/web").is(200).text();
    assert!(list.contains("tower/.git"), "{list}");
    let style = between(&list, "<link rel=\"stylesheet\" type=\"text/css\" href=\"", "\"");
    assert!(server.get(style).is(200).body == std::fs::read(Path::new(GITWEB).join("static/gitweb.css")).unwrap());
    assert!(server.get("/gitweb/git-logo.png").is(200).body.starts_with(b"\x89PNG"));
    // By query and by path, as gitweb links them.
    for at in ["/git/web?p=tower/.git;a=", "/git/web/tower/.git/"] {
        let summary = server.page(&format!("{at}summary")).is(200).text();
        assert!(summary.contains("Lay the first stone") && summary.contains("Lay the second &amp; last"), "{at}");
        assert!(server.page(&format!("{at}log")).is(200).text().contains("Ada Lübeck"), "{at}");
    }
    let diff = server.page(&format!("/git/web/tower/.git/commitdiff/{head}")).is(200).text();
    assert!(diff.contains("+second&nbsp;&lt;stone&gt;") || diff.contains("+second &lt;stone&gt;"), "{diff}");
    let blob = server.page(&format!("/git/web/tower/.git/blob/{head}:/src/stones.txt")).is(200).text();
    assert!(blob.contains("first") && blob.contains("second"), "{blob}");
    let raw = server.get(&format!("/git/web/tower/.git/blob_plain/{head}:/src/stones.txt")).is(200);
    assert_eq!(raw.text(), "first stone\nsecond <stone>\n");
    let archive = server.get(&format!("/git/web?p=tower/.git;a=snapshot;h={head};sf=tgz")).is(200);
    assert!(archive.body.starts_with(&[0x1f, 0x8b]), "{:?}", archive.headers);
    // Every link on the summary leads somewhere.
    let summary = server.page("/git/web/tower/.git/summary").text();
    let links: Vec<String> =
        summary.split("href=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect();
    let inner = links.iter().filter(|link| link.starts_with("/git/web/"));
    let mut seen = 0;
    for link in inner.collect::<std::collections::BTreeSet<_>>() {
        let link = link.split('#').next().unwrap().replace("&amp;", "&");
        assert_eq!(server.page(&link).status, 200, "{link}");
        seen += 1;
    }
    assert!(seen > 10, "only {seen} links of {links:?}");
    assert!(server.page("/git/web?p=none.git;a=summary").is(404).text().contains("No such project"));
}
