//! `[[app]]`: programs that serve HTTP. Each is a route with keys of its own.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeTable;

use super::draft::{Draft, unknown};
use super::extras;
use crate::config::app::is_closed;
use crate::config::value::{self, Mistake, Value};
use crate::config::{App, Config, Program, Proxy, Route, Target, Watched, guards};

/// Every key that an app may have.
fn known() -> impl Iterator<Item = &'static str> + Clone {
    let own = ["command", "path", "port", "dir", "env", "watch", "ready", "strip", "host", "timeout"];
    own.into_iter().chain(["headers", "body", "cors"]).chain(guards::KEYS)
}

/// What a table has said of the program.
#[derive(Default)]
struct Said<'v> {
    command: Option<&'v str>,
    port: Option<u16>,
    dir: Option<PathBuf>,
    env: Vec<(String, String)>,
    watch: Vec<(&'v str, &'v Value<'v>)>,
    ready: Option<Duration>,
}

/// Reads the table that begins at `head`.
pub(super) fn read(config: &Config, head: Range<usize>, fields: &DeTable<'_>, mistakes: &mut Vec<Mistake>) -> Draft {
    for needed in ["command", "path"].into_iter().filter(|needed| !fields.contains_key(*needed)) {
        mistakes.push(Mistake::new(head.clone(), format!("expected {needed} = \"…\" in this app")));
    }
    let mut draft = Draft::default();
    let mut said = Said::default();
    for (key, value) in fields {
        let name = key.get_ref().as_ref();
        mistakes.extend(said.read(config, &mut draft, name, key.span(), value).err());
    }
    draft.target = said.finish(config, mistakes).map(Target::App);
    draft
}

impl<'v> Said<'v> {
    fn read(
        &mut self,
        config: &Config,
        draft: &mut Draft,
        key: &str,
        at: Range<usize>,
        value: &'v Value<'v>,
    ) -> Result<(), Mistake> {
        match key {
            "command" => self.command = Some(command(value)?),
            "port" => self.port = Some(value::port(value)?).filter(|port| *port > 0),
            "dir" => self.dir = Some(value::existing_folder(&config.root, value)?),
            "env" => self.env = env(value)?,
            "watch" => {
                self.watch = value::list(value, "a list of files", |file| Ok((value::text(file, WATCHED)?, file)))?;
            }
            "ready" => self.ready = Some(value::timeout(value)?),
            "strip" | "host" | "timeout" => draft.proxy.read(&config.root, key, value)?,
            "body" => draft.body = Some(value::size(value)?),
            key => {
                if !draft.common(key, value)? {
                    return Err(unknown(key, "an app", at, known()));
                }
            }
        }
        Ok(())
    }

    /// The app, where its command was said. Its path comes with the route.
    fn finish(self, config: &Config, mistakes: &mut Vec<Mistake>) -> Option<App> {
        let dir = self.dir.unwrap_or_else(|| config.root.clone());
        let mut watch = Vec::new();
        for (text, value) in self.watch {
            match Watched::parse(&dir, text) {
                Some(watched) => watch.push(watched),
                None => mistakes.push(Mistake::expected(value, WATCHED)),
            }
        }
        let program = Program {
            path: String::new(),
            command: self.command?.to_owned(),
            dir,
            port: self.port,
            env: self.env,
            watch,
            ready: self.ready.unwrap_or(Program::READY),
        };
        Some(App { program, proxy: Proxy::to_nobody() })
    }
}

/// What `watch` lists.
const WATCHED: &str = "the name of a file or folder, or a pattern such as \"src/**/*.js\"";

fn command<'v>(value: &'v Value<'_>) -> Result<&'v str, Mistake> {
    let good = |text: &str| !text.trim().is_empty() && !text.contains('\0') && is_closed(text);
    value::text_that(value, "a command line with every quote closed, such as \"npm run dev\"", good)
}

fn env(value: &Value<'_>) -> Result<Vec<(String, String)>, Mistake> {
    let env = extras::env(value)?;
    if env.iter().any(|(name, _)| name == "PORT") {
        return Err(Mistake::new(value.span(), "PORT is given by stan: say port = N for a certain one"));
    }
    Ok(env)
}

/// Two programs cannot have the same port.
pub(super) fn same_port(before: &[Route], route: &Route, at: &Value<'_>) -> Option<Mistake> {
    let port = |route: &Route| if let Target::App(app) = &route.target { app.program.port } else { None };
    let wanted = port(route)?;
    let other = before.iter().find(|other| port(other) == Some(wanted))?;
    let at = at.get_ref().as_table().and_then(|fields| fields.get("port")).map_or(at.span(), toml::Spanned::span);
    Some(Mistake::new(at, format!("port {wanted} is that of the app of line {} too", other.line)))
}
