//! The target `proxy` and the keys that go with it.

use std::path::Path;
use std::time::Duration;

use crate::config::proxy::{Balance, Proxy, ProxyHost, Upstream};
use crate::config::value::{self, Mistake, Value};

/// What a route has said of how it passes requests on.
#[derive(Default)]
pub(super) struct Options {
    strip: bool,
    balance: Balance,
    host: ProxyHost,
    timeout: Option<Duration>,
}

impl Options {
    /// Takes over the value of a key; others are not its business.
    pub(super) fn read(&mut self, key: &str, value: &Value<'_>) -> Result<(), Mistake> {
        match key {
            "strip" => self.strip = value::flag(value)?,
            "balance" => self.balance = balance(value)?,
            "host" => self.host = host(value)?,
            "timeout" => self.timeout = Some(value::timeout(value)?),
            _ => {}
        }
        Ok(())
    }

    /// Completes the target.
    pub(super) fn apply(&self, proxy: &mut Proxy) {
        proxy.strip = self.strip;
        proxy.balance = self.balance;
        proxy.host = self.host;
        proxy.timeout = self.timeout.unwrap_or(Proxy::TIMEOUT);
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
    if text.starts_with("https://") {
        return Err(Mistake::new(value.span(), "https upstreams are not built yet: name one that speaks http"));
    }
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
        assert!(read(root, &of("'https://x'")).unwrap_err().message.contains("not built yet"));
    }

    #[test]
    fn options_and_their_defaults() {
        let mut proxy = read(Path::new("/"), &of("'http://a'")).unwrap();
        let mut options = Options::default();
        options.apply(&mut proxy);
        assert_eq!(proxy, Proxy::to(proxy.upstreams[0].clone()));
        for (key, value) in [("strip", "true"), ("balance", "'client'"), ("host", "'upstream'"), ("timeout", "'5s'")] {
            options.read(key, &of(value)).unwrap();
        }
        options.apply(&mut proxy);
        assert!(proxy.strip && proxy.balance == Balance::Client && proxy.host == ProxyHost::Upstream);
        assert_eq!(proxy.timeout, Duration::from_secs(5));
    }
}
