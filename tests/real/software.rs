//! The software: where it is installed, and sites that use it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Server, Site};

/// The environment that `tests/run` has made.
pub(crate) fn environment() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python");
    assert!(folder.join("installed").is_file(), "{} is not complete: run tests/run, which makes it", folder.display());
    folder
}

/// A copy of `sites/NAME`, served as `conf` says.
pub(crate) fn site(name: &str, conf: &str) -> Site {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/sites").join(name);
    let site = Site::new();
    copy(&from, site.root());
    site.conf(conf)
}

/// Serves `site` with the environment active.
pub(crate) fn start(site: &Site) -> Server {
    let mut command = site.stan(&["--plain", "--bind", "local", "-p", "0"]);
    Server::start(active(&mut command))
}

/// `command` as it is run where the environment has been activated.
pub(crate) fn active(command: &mut Command) -> &mut Command {
    let folder = environment();
    let mut path = vec![folder.join("bin")];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    command.env("PATH", std::env::join_paths(path).unwrap()).env("VIRTUAL_ENV", folder)
}

/// Fails if the validator, or anything else in the app, has complained after its answer had gone.
#[track_caller]
pub(crate) fn is_content(server: &Server) {
    let lines = server.out.all();
    let complaint = lines.iter().find(|line| {
        ["Traceback", "AssertionError", "garbage collected", "WSGIWarning"].iter().any(|word| line.contains(word))
    });
    assert!(complaint.is_none(), "{}", lines.join("\n"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, there) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &there);
        } else {
            let mode = entry.metadata().unwrap().permissions().mode();
            fs::write(&there, fs::read(&path).unwrap()).unwrap();
            fs::set_permissions(&there, fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}
