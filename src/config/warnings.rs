//! What is in force, can be, and is probably not what was meant.

use std::path::Path;

use super::value::show;
use super::{Config, Route, Target, Upstream, Watched, Wsgi, WsgiApp};

impl Config {
    /// What is in force and should be better, a line each.
    pub fn warnings(&self) -> Vec<String> {
        let routes = || self.routes.iter();
        let auth = routes().flat_map(|route| route.guards.plain().map(|name| (name, format!(" of {}", route.path))));
        let auth = self.guards.plain().map(|name| (name, String::new())).chain(auth).map(|(name, of)| {
            format!("auth{of} has the password of {name} in plain text; put there what `stan hash {name}` prints")
        });
        auth.chain(self.missing())
            .chain(routes().flat_map(unchecked))
            .chain(routes().filter_map(star))
            .chain(routes().flat_map(|route| self.python(route)))
            .chain(self.package())
            .chain(self.kept_for_some())
            .collect()
    }

    /// Watched files that are not there.
    fn missing(&self) -> impl Iterator<Item = String> {
        self.apps().flat_map(|app| {
            let gone = app.program.watch.iter().filter(|watched| !watched.base().exists());
            let shown = |watched: &Watched| show::path(&self.root, watched.base());
            gone.map(move |gone| format!("watch of {} names {}, which is not there", app.program.path, shown(gone)))
        })
    }

    /// An environment or a module that is not there.
    fn python(&self, route: &Route) -> Vec<String> {
        let Target::Wsgi(app) = &route.target else { return Vec::new() };
        let mut found = Vec::new();
        if let Some(venv) = app.venv.as_deref().filter(|venv| !venv.is_dir()) {
            let venv = show::path(&self.root, venv);
            let make = format!("make it with `python3 -m venv {venv}`, or leave venv away");
            found.push(format!("venv of {} names {venv}, which is not there; {make}", route.path));
        }
        if let WsgiApp::Callable(target) = &app.app {
            let module = target.split(':').next().unwrap_or(target);
            let top = module.split('.').next().unwrap_or(module);
            if !has_module(&app.dir, top) && !is_installed(app, &self.root, top) {
                let dir = show::path(&self.root, &app.dir);
                found.push(format!(
                    "wsgi of {} names {module}, and {dir} has neither {top}.py nor {top}/; name its folder with dir, \
                     unless it is installed",
                    route.path
                ));
            }
        }
        found
    }

    /// A package of Python that is served as files, its settings too.
    fn package(&self) -> Option<String> {
        let is_package = self.root.join("__init__.py").is_file() && self.root.join("wsgi.py").is_file();
        let name = self.root.file_name().filter(|_| is_package && self.routes.is_empty())?.to_string_lossy();
        Some(format!(
            "{name} is a package of Python, and served as files; for its app, from the folder above: \
             stan {name}.wsgi:application"
        ))
    }
}

/// Upstreams elsewhere whose certificates are not looked at.
fn unchecked(route: &Route) -> Vec<String> {
    let Target::Proxy(proxy) = &route.target else { return Vec::new() };
    let far = proxy.upstreams.iter().filter(|upstream| !proxy.verify && upstream.tls && !upstream.is_local());
    let warning = |upstream: &Upstream| {
        format!(
            "verify = false of {}: whoever is on the way to {upstream} can read and change what passes; name whom to \
             trust with ca = \"file.pem\"",
            route.path
        )
    };
    far.map(warning).collect()
}

/// A star that other servers would understand.
fn star(route: &Route) -> Option<String> {
    let path = &route.path;
    let (before, _) = path.split_once('*').filter(|(before, _)| !before.ends_with('{'))?;
    let folder = before.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(format!("the * of {path} stands for itself; all below a folder is {folder}/{{*rest}}"))
}

/// Whether a folder has a module or a package of that name.
fn has_module(folder: &Path, name: &str) -> bool {
    folder.join(format!("{name}.py")).is_file() || folder.join(name).is_dir()
}

/// Whether an environment of the app has the module.
fn is_installed(app: &Wsgi, root: &Path, name: &str) -> bool {
    let active = std::env::var_os("VIRTUAL_ENV").map(Into::into);
    let beside = [&app.dir, root].into_iter().flat_map(|dir| [dir.join(".venv"), dir.join("venv")]);
    let versions = app.venv.clone().into_iter().chain(active).chain(beside);
    let versions = versions.filter_map(|venv| std::fs::read_dir(venv.join("lib")).ok());
    versions.flatten().flatten().any(|version| has_module(&version.path().join("site-packages"), name))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::config::{Flags, Layers};

    /// The warnings of a site with these files and this stan.conf.
    fn warnings(files: &[&str], conf: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("mysite");
        fs::create_dir(&root).unwrap();
        for file in files {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
        }
        fs::write(root.join("stan.conf"), conf).unwrap();
        Layers::load(&root, Flags::default(), &|_| None).unwrap().config().warnings()
    }

    #[test]
    fn a_star_is_no_pattern() {
        let said = |path: &str| warnings(&[], &format!("[[route]]\npath = \"{path}\"\ntext = \"x\"\n"));
        assert_eq!(said("/x/*"), ["the * of /x/* stands for itself; all below a folder is /x/{*rest}"]);
        assert_eq!(said("/*"), ["the * of /* stands for itself; all below a folder is /{*rest}"]);
        assert!(said("/x/{*rest}").is_empty() && said("/x/{name}").is_empty());
    }

    #[test]
    fn a_module_that_is_not_there() {
        let said = |files: &[&str], more: &str| {
            warnings(files, &format!("[[route]]\npath = \"/x\"\nwsgi = \"blog.web:app\"\n{more}"))
        };
        let missing = said(&[], "");
        assert!(
            missing[0].starts_with("wsgi of /x names blog.web, and . has neither blog.py nor blog/; "),
            "{missing:?}"
        );
        assert!(said(&["blog/web.py"], "").is_empty());
        assert!(said(&["apps/blog/web.py"], "dir = \"apps\"").is_empty());
        assert!(said(&[".venv/lib/python3.11/site-packages/blog/web.py"], "").is_empty());
    }

    #[test]
    fn an_environment_that_is_not_there() {
        let conf = "[[route]]\npath = \"/x\"\npython = \"src\"\nvenv = \"nov\"\n";
        let said = warnings(&["src/a.py"], conf);
        assert_eq!(
            said,
            ["venv of /x names nov, which is not there; make it with `python3 -m venv nov`, or leave venv away"]
        );
        assert!(warnings(&["src/a.py", "nov/pyvenv.cfg"], conf).is_empty());
    }

    #[test]
    fn a_package_that_is_served_as_files() {
        let files = ["__init__.py", "wsgi.py", "settings.py"];
        let said = warnings(&files, "");
        assert!(said[0].ends_with("stan mysite.wsgi:application"), "{said:?}");
        assert!(warnings(&files[1..], "").is_empty());
    }
}
