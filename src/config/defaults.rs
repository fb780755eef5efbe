//! The configuration of a folder about which nobody has said anything.

use std::path::Path;
use std::time::Duration;

use super::{Config, Exists, Guards, Limits, LogFormat, Reload, Upload, UploadKey, Watch};
use crate::net::Bind;

/// The folder that makes a site of the folder around it.
const STATIC: &str = "static_file";

/// The defaults for `root`; a site (with stan.conf or `static_file/`) keeps a log, a bare folder
/// is served as it is and gets no file put into it.
pub(crate) fn config(root: &Path, file: Option<&Path>) -> Config {
    let static_dir = root.join(STATIC);
    let bare = !static_dir.is_dir();
    let site = file.is_some() || !bare;
    Config {
        root: root.to_owned(),
        file: file.map(Path::to_owned),
        port: 8000,
        port_typed: false,
        bind: Bind::Lan,
        static_dir: if bare { root.to_owned() } else { static_dir },
        bare,
        templates: root.join("templates"),
        data: root.join("data"),
        log: site.then(|| root.join("stan.log")),
        log_format: LogFormat::Combined,
        hosts: Vec::new(),
        error_page: "wrong.html".to_owned(),
        cors: false,
        headers: Vec::new(),
        trusted_proxies: Vec::new(),
        guards: Guards::default(),
        limits: Limits {
            body: 64 << 20,
            headers_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            connections: 10_000,
        },
        upload: Upload {
            enabled: true,
            path: "/upload".to_owned(),
            dir: root.join("uploads"),
            max_size: 0,
            reserve: 256 << 20,
            open: 512,
            keep: Duration::from_secs(24 * 3600),
            exists: Exists::Rename,
            flush: true,
            bell: false,
        },
        key: UploadKey::Auto,
        reload: Reload { browser: true, watch: Watch::Auto },
        routes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_folder_is_served_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        let config = config(root.path(), None);
        assert!(config.bare);
        assert_eq!(config.static_dir, root.path());
        assert_eq!(config.log, None);
    }

    #[test]
    fn either_of_two_things_makes_a_site() {
        let root = tempfile::tempdir().unwrap();
        let with_file = config(root.path(), Some(Path::new("stan.conf")));
        assert!(with_file.bare && with_file.log.is_some());
        std::fs::create_dir(root.path().join(STATIC)).unwrap();
        let with_folder = config(root.path(), None);
        assert!(!with_folder.bare && with_folder.log.is_some());
        assert_eq!(with_folder.static_dir, root.path().join("static_file"));
    }
}
