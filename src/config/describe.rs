//! Configuration in words: what `stan check` prints of a good file, and how a route is called.

use std::fmt;
use std::path::Path;

use super::layers::{Layers, Source};
use super::value::show;
use super::{Route, Target, Wsgi, WsgiApp, keys};
use crate::text::harmless;

/// Longer values in the list of settings push only their own line out.
const WIDEST: usize = 24;

impl Target {
    /// The key that makes it: `template`, `static` …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Template(_) => "template",
            Self::Static(_) => "static",
            Self::Text(_) => "text",
            Self::Json(_) => "json",
            Self::Redirect(_) => "redirect",
            Self::Upload(_) => "upload",
            Self::Proxy(_) => "proxy",
            Self::Cgi(_) => "cgi",
            Self::Wsgi(Wsgi { app: WsgiApp::Folder(_), .. }) => "python",
            Self::Wsgi(_) => "wsgi",
            Self::App(_) => "app",
        }
    }

    /// What it leads to, paths relative to `root`; empty for a text or a value.
    pub fn to(&self, root: &Path) -> String {
        match self {
            Self::Template(name) => name.clone(),
            Self::Static(path) | Self::Upload(path) => show::path(root, path),
            Self::Cgi(cgi) => show::path(root, &cgi.dir),
            Self::Redirect(to) => to.clone(),
            Self::Proxy(proxy) => {
                let upstreams: Vec<_> = proxy.upstreams.iter().map(ToString::to_string).collect();
                upstreams.join(" ")
            }
            Self::Wsgi(Wsgi { app: WsgiApp::Callable(target), .. }) => target.clone(),
            Self::Wsgi(Wsgi { app: WsgiApp::File(path) | WsgiApp::Folder(path), .. }) => show::path(root, path),
            Self::App(app) => app.program.command.clone(),
            Self::Text(_) | Self::Json(_) => String::new(),
        }
    }
}

impl Route {
    /// The patterns under which it is matched: a folder answers for all below it.
    pub fn patterns(&self) -> Vec<String> {
        let path = self.path.as_str();
        let folder = match &self.target {
            Target::Static(target) => !target.is_file(),
            Target::Upload(_) | Target::Proxy(_) | Target::Cgi(_) | Target::Wsgi(_) | Target::App(_) => true,
            _ => false,
        };
        match path.rsplit_once("/{*") {
            _ if !folder => vec![path.to_owned()],
            // An app also answers at its mount itself, with an empty PATH_INFO.
            Some((prefix, _)) if matches!(self.target, Target::Wsgi(_) | Target::App(_)) && !prefix.is_empty() => {
                vec![path.to_owned(), format!("{prefix}/"), prefix.to_owned()]
            }
            Some((prefix, _)) => vec![path.to_owned(), format!("{prefix}/")],
            None => {
                let prefix = path.trim_end_matches('/');
                let mut patterns = vec![format!("{prefix}/"), format!("{prefix}/{{*file}}")];
                if !prefix.is_empty() {
                    patterns.insert(0, prefix.to_owned());
                }
                patterns
            }
        }
    }

    /// `GET POST /x`, `any /x`.
    pub fn label(&self) -> String {
        let methods: Vec<_> = self.methods.iter().map(http::Method::as_str).collect();
        match (methods.as_slice(), &self.target) {
            ([], Target::Template(_)) => format!("GET POST {}", self.path),
            ([], Target::Static(_)) => format!("GET {}", self.path),
            ([], _) => format!("any {}", self.path),
            (methods, _) => format!("{} {}", methods.join(" "), self.path),
        }
    }

    /// `GET /x template hello.html (rate 20/s)`, paths relative to `root`.
    pub fn summary(&self, root: &Path) -> String {
        let (label, kind, to) = (self.label(), self.target.kind(), self.target.to(root));
        let mut said = if to.is_empty() { format!("{label} {kind}") } else { format!("{label} {kind} {to}") };
        let body = self.body.map(|bytes| format!("body {}", show::size(bytes)));
        let cors = self.cors.map(|cors| format!("cors {cors}"));
        let guards: Vec<_> = self.guards.said().into_iter().chain(body).chain(cors).collect();
        if !guards.is_empty() {
            said = format!("{said} ({})", guards.join("; "));
        }
        said
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Typed => f.write_str("typed"),
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) => f.write_str(name),
            Self::File => f.write_str("stan.conf"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Layers {
    /// The settings in force with where they come from, and the explicit routes: lines.
    pub fn describe(&self) -> Vec<String> {
        let config = self.config();
        let settings: Vec<_> = keys::all()
            .map(|key| (key.name, harmless(&(key.show)(config)).into_owned(), self.source(key.name).to_string()))
            .collect();
        let wide =
            |texts: &mut dyn Iterator<Item = &str>| texts.map(str::len).filter(|len| *len <= WIDEST).max().unwrap_or(0);
        let keys = wide(&mut settings.iter().map(|(key, ..)| *key));
        let values = wide(&mut settings.iter().map(|(_, value, _)| value.as_str()));

        let file = show::path(&config.root, self.file());
        let file = harmless(&file);
        let mut lines = vec![match (self.has_file(), config.routes.len()) {
            (false, _) => format!("no {file}, so this is in force"),
            (true, 1) => format!("{file} is good: 1 route"),
            (true, routes) => format!("{file} is good: {routes} routes"),
        }];
        lines.extend(settings.iter().map(|(key, value, source)| format!("  {key:keys$}  {value:values$}  {source}")));
        if !config.upload.enabled {
            lines.push("  uploads are refused".to_owned());
        }
        if !config.routes.is_empty() {
            lines.push("routes".to_owned());
        }
        lines.extend(config.routes.iter().map(|route| format!("  {}", harmless(&route.summary(&config.root)))));
        lines.extend(config.warnings().iter().map(|warning| format!("warning: {}", harmless(warning))));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    #[test]
    fn settings_with_their_sources_and_routes() {
        let root = tempfile::tempdir().unwrap();
        let conf = "log_format = \"json\"\n[[route]]\npath = \"/t\"\nmethods = [\"GET\"]\ntext = \"x\"\n\
                    allow = [\"lan\"]\nrate = \"5/m\"\nauth = [\"ada:b\"]\nbody = 1024\ncors = true\n\
                    [[route]]\npath = \"/r\"\nredirect = \"/t\"\n";
        std::fs::write(root.path().join("stan.conf"), conf).unwrap();
        let flags = Flags { port: Some(0), no_upload: true, ..Flags::default() };
        let env = |name: &str| (name == "STAN_BIND").then(|| "local".to_owned());
        let lines = Layers::load(root.path(), flags, &env).unwrap().describe();
        insta::assert_snapshot!(lines.join("\n"), @r"
        stan.conf is good: 2 routes
          port                    0           --port
          bind                    local       STAN_BIND
          static                  .           default
          templates               templates   default
          data                    data        default
          log                     stan.log    default
          log_format              json        stan.conf
          hosts                   none        default
          error_page              wrong.html  default
          cors                    false       default
          headers                 none        default
          trusted_proxies         none        default
          allow                   none        default
          deny                    none        default
          rate                    off         default
          auth                    none        default
          delay                   0ms         default
          throttle                0           default
          limits.body             64 MiB      default
          limits.headers_timeout  10s         default
          limits.idle_timeout     75s         default
          limits.connections      10000       default
          upload.path             /upload     default
          upload.dir              uploads     default
          upload.key              auto        default
          upload.max_size         0           default
          upload.reserve          256 MiB     default
          upload.open             512         default
          upload.keep             24h         default
          upload.exists           rename      default
          upload.flush            true        default
          upload.bell             false       default
          reload.browser          true        default
          reload.watch            auto        default
          uploads are refused
        routes
          GET /t text (allow lan; rate 5/m; auth ada (plain password); body 1 KiB; cors true)
          any /r redirect /t
        warning: auth of /t has the password of ada in plain text; put there what `stan hash ada` prints
        ");
    }

    #[test]
    fn without_a_file() {
        let root = tempfile::tempdir().unwrap();
        let lines = Layers::load(root.path(), Flags::default(), &|_| None).unwrap().describe();
        assert!(lines[0].starts_with("no stan.conf"), "{lines:?}");
        assert!(lines[1..].iter().all(|line| line.ends_with("  default")), "{lines:?}");
    }
}
