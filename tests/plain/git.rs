//! `git http-backend` as a CGI script: a repository is pushed and cloned.

use std::process::Command;

use super::cgi::scripts;
use crate::common::{Site, noise};

/// Runs git in a folder of the site with nobody's settings.
fn git(site: &Site, folder: &str, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", site.root());
    for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
        command.env(format!("{name}_NAME"), "Ada").env(format!("{name}_EMAIL"), "ada@example.org");
    }
    command.env("GIT_TERMINAL_PROMPT", "0").args(arguments).current_dir(site.path(folder));
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {text}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_repository_is_pushed_and_cloned() {
    let site = scripts("", &[("git", "#!/bin/sh\nexec git http-backend\n")]);
    let conf = format!(
        "[[route]]\npath = \"/cgi-bin/{{*rest}}\"\ncgi = \"cgi-bin\"\n\
         env = {{ GIT_PROJECT_ROOT = \"{}\", GIT_HTTP_EXPORT_ALL = \"1\" }}\n",
        site.path("repositories").display()
    );
    site.write("stan.conf", conf);
    site.write("repositories/x", "");
    site.write("work/large.bin", noise(3, 6 << 20));
    git(&site, "repositories", &["init", "-q", "--bare", "tower.git"]);
    git(&site, "repositories/tower.git", &["config", "http.receivepack", "true"]);
    git(&site, "work", &["init", "-q", "-b", "main"]);
    for n in 0..50 {
        site.write(&format!("work/src/{n}.txt"), format!("file {n}\n"));
    }
    git(&site, "work", &["add", "."]);
    git(&site, "work", &["commit", "-q", "-m", "Begin"]);
    let server = site.start();
    let url = server.url("/cgi-bin/git/tower.git");
    // Larger than git's buffer, so that it goes in chunks.
    git(&site, "work", &["push", "-q", &url, "main"]);
    git(&site, ".", &["clone", "-q", "-b", "main", &url, "clone"]);
    assert!(site.read("clone/large.bin") == site.read("work/large.bin"));
    assert_eq!(site.text("clone/src/49.txt"), "file 49\n");
    // And once more, of which only little goes over the wire, compressed.
    site.write("work/src/0.txt", "another\n");
    git(&site, "work", &["commit", "-q", "-a", "-m", "Change"]);
    git(&site, "work", &["push", "-q", &url, "main"]);
    git(&site, "clone", &["pull", "-q"]);
    assert_eq!(site.text("clone/src/0.txt"), "another\n");
    assert_eq!(git(&site, "clone", &["rev-parse", "HEAD"]), git(&site, "work", &["rev-parse", "HEAD"]));
    server.get("/cgi-bin/git/tower.git/HEAD").is(200);
}
