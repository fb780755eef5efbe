//! The target `proxy` and the keys that go with it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::uri::PathAndQuery;

use crate::config::Target;
use crate::config::proxy::{Balance, HealthCheck, Proxy, ProxyHost, Upstream};
use crate::config::value::{self, Mistake, Value};

/// What a route has said of how it passes requests on.
#[derive(Default)]
pub(super) struct Options {
    strip: bool,
    balance: Balance,
    host: ProxyHost,
    timeout: Option<Duration>,
    unverified: bool,
    ca: Option<PathBuf>,
    health: Option<String>,
    interval: Option<Duration>,
    /// What goes with https only, and where that stands.
    secure: Option<(&'static str, Range<usize>)>,
    interval_at: Range<usize>,
}

impl Options {
    /// Takes over the value of a key; others are not its business.
    pub(super) fn read(&mut self, root: &Path, key: &str, value: &Value<'_>) -> Result<(), Mistake> {
        match key {
            "verify" => {
                self.secure = Some(("verify", value.span()));
                self.unverified = !value::flag(value)?;
            }
            "ca" => {
                self.secure = Some(("ca", value.span()));
                self.ca = Some(certificates(root, value)?);
            }
            "health" => self.health = Some(health(value)?),
            "health_interval" => {
                self.interval_at = value.span();
                self.interval = Some(interval(value)?);
            }
            "strip" => self.strip = value::flag(value)?,
            "balance" => self.balance = balance(value)?,
            "host" => self.host = host(value)?,
            "timeout" => self.timeout = Some(value::timeout(value)?),
            _ => {}
        }
        Ok(())
    }

    /// What has nothing to go with.
    pub(super) fn misplaced(&self, target: Option<&Target>) -> Option<Mistake> {
        let Some(Target::Proxy(proxy)) = target else { return None };
        if let Some((key, at)) = self.secure.clone().filter(|_| !proxy.upstreams.iter().any(|upstream| upstream.tls)) {
            return Some(Mistake::new(at, format!("{key} goes with an upstream that begins with https://")));
        }
        if let (true, Some((_, at))) = (self.unverified && self.ca.is_some(), self.secure.clone()) {
            let text = "ca goes with verify = true: verify = false takes any certificate, so leave one of them out";
            return Some(Mistake::new(at, text));
        }
        let alone = self.interval.is_some() && self.health.is_none();
        alone.then(|| Mistake::new(self.interval_at.clone(), "health_interval goes with health = \"/PATH\""))
    }

    /// Completes the target.
    pub(super) fn apply(&self, proxy: &mut Proxy) {
        proxy.strip = self.strip;
        proxy.balance = self.balance;
        proxy.host = self.host;
        proxy.timeout = self.timeout.unwrap_or(Proxy::TIMEOUT);
        proxy.verify = !self.unverified;
        proxy.ca.clone_from(&self.ca);
        let interval = self.interval.unwrap_or(HealthCheck::INTERVAL);
        proxy.health = self.health.clone().map(|path| HealthCheck { path, interval });
    }
}

fn balance(value: &Value<'_>) -> Result<Balance, Mistake> {
    value::word(
        value,
        &[
            ("round-robin", Balance::RoundRobin),
            ("least-connections", Balance::LeastConnections),
            ("client", Balance::Client),
        ],
    )
}

fn host(value: &Value<'_>) -> Result<ProxyHost, Mistake> {
    value::word(value, &[("keep", ProxyHost::Keep), ("upstream", ProxyHost::Upstream)])
}

/// A file that is there. What is in it is read when it is needed.
fn certificates(root: &Path, value: &Value<'_>) -> Result<PathBuf, Mistake> {
    let path = value::beside(root, value, "the name of a file of certificates (PEM)")?;
    let what = "a file of certificates (PEM) that exists";
    if path.is_file() { Ok(path) } else { Err(value::missing(&path, value, what, Path::is_file)) }
}

fn health(value: &Value<'_>) -> Result<String, Mistake> {
    let good = |path: &str| path.starts_with('/') && path.parse::<PathAndQuery>().is_ok();
    value::text_that(value, "a path at the upstream, such as \"/healthz\"", good).map(str::to_owned)
}

fn interval(value: &Value<'_>) -> Result<Duration, Mistake> {
    let interval = value::timeout(value)?;
    let good = interval >= Duration::from_secs(1);
    if good { Ok(interval) } else { Err(Mistake::expected(value, "a second or more, such as \"10s\"")) }
}

/// One upstream or several.
pub(super) fn read(root: &Path, value: &Value<'_>) -> Result<Proxy, Mistake> {
    const WHAT: &str = "a URL such as \"http://127.0.0.1:9001\" or \"unix:app.sock\", or a list of them";
    /// Each has its own pool of connections.
    const MOST: usize = 64;
    let upstreams = if value.get_ref().is_str() {
        vec![upstream(root, value, WHAT)?]
    } else {
        value::list(value, WHAT, |url| upstream(root, url, "a URL such as \"http://127.0.0.1:9001\""))?
    };
    let (Some(first), true) = (upstreams.first(), upstreams.len() <= MOST) else {
        let what = if upstreams.is_empty() { WHAT.to_owned() } else { format!("at most {MOST} upstreams") };
        return Err(Mistake::expected(value, &what));
    };
    Ok(Proxy { upstreams: upstreams.clone(), ..Proxy::to(first.clone()) })
}

fn upstream(root: &Path, value: &Value<'_>, what: &str) -> Result<Upstream, Mistake> {
    let text = value::text(value, what)?;
    Upstream::parse(text, root).ok_or_else(|| Mistake::expected(value, what))
}

#[cfg(test)]
mod tests {
    use super::super::super::value::of;
    use super::*;

    #[test]
    fn one_or_several() {
        let root = Path::new("/");
        for (good, count) in [("'http://127.0.0.1:9001'", 1), ("['http://[::1]:1', 'h2c://x/y', 'unix:/a']", 3)] {
            assert_eq!(read(root, &of(good)).unwrap().upstreams.len(), count, "{good}");
        }
        for bad in ["'127.0.0.1:9001'", "[]", "['ftp://x']", "5", "['http://a', 5]"] {
            assert!(read(root, &of(bad)).unwrap_err().message.starts_with("expected"), "{bad}");
        }
    }

    #[test]
    fn options_and_their_defaults() {
        let mut proxy = read(Path::new("/"), &of("'http://a'")).unwrap();
        let mut options = Options::default();
        options.apply(&mut proxy);
        assert_eq!(proxy, Proxy::to(proxy.upstreams[0].clone()));
        for (key, value) in [("strip", "true"), ("balance", "'client'"), ("host", "'upstream'"), ("timeout", "'5s'")] {
            options.read(Path::new("/"), key, &of(value)).unwrap();
        }
        options.apply(&mut proxy);
        assert!(proxy.strip && proxy.balance == Balance::Client && proxy.host == ProxyHost::Upstream);
        assert_eq!(proxy.timeout, Duration::from_secs(5));
    }

    fn with(upstream: &str, said: &[(&str, &str)]) -> Result<Proxy, String> {
        let mut proxy = read(Path::new("/"), &of(upstream)).unwrap();
        let mut options = Options::default();
        for (key, value) in said {
            options.read(Path::new("/"), key, &of(value)).map_err(|mistake| mistake.message)?;
        }
        options.apply(&mut proxy);
        let target = Target::Proxy(proxy.clone());
        options.misplaced(Some(&target)).map_or(Ok(proxy), |mistake| Err(mistake.message))
    }

    #[test]
    fn whom_to_trust() {
        assert!(with("'https://a'", &[]).unwrap().verify);
        assert!(!with("['http://a', 'https://a']", &[("verify", "false")]).unwrap().verify);
        assert!(with("'http://a'", &[("verify", "false")]).unwrap_err().contains("verify goes with"));
        assert!(with("'https://a'", &[("ca", "'none.pem'")]).unwrap_err().contains("that exists"));
        let file = tempfile::NamedTempFile::new().unwrap();
        let ca = format!("'{}'", file.path().display());
        assert!(with("'https://a'", &[("ca", &ca), ("verify", "true")]).is_ok());
        let both = with("'https://a'", &[("ca", &ca), ("verify", "false")]);
        assert!(both.unwrap_err().contains("leave one of them out"));
    }

    #[test]
    fn health_checks() {
        let check = |said: &[(&str, &str)]| with("'http://a'", said).map(|proxy| proxy.health);
        assert_eq!(check(&[]), Ok(None));
        let asked = |seconds| HealthCheck { path: "/up?q".into(), interval: Duration::from_secs(seconds) };
        assert_eq!(check(&[("health", "'/up?q'")]), Ok(Some(asked(10))));
        assert_eq!(check(&[("health", "'/up?q'"), ("health_interval", "'2s'")]), Ok(Some(asked(2))));
        assert!(check(&[("health_interval", "'2s'")]).unwrap_err().contains("goes with health"));
        for bad in [("health", "'up'"), ("health", "'/a b'"), ("health_interval", "'10ms'"), ("health", "true")] {
            assert!(check(&[bad]).unwrap_err().starts_with("expected"), "{bad:?}");
        }
    }
}
