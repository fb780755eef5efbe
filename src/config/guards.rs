//! Who may pass and how fast, on a route or for all: what each setting may say.

mod account;
mod peers;
mod rate;

use std::time::Duration;

use super::value::{self, Mistake, Value, show};

pub use account::{Account, Password};
pub use peers::Peers;
pub use rate::{Per, Rate};

/// The guards of a route, or those at top level, which are for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guards {
    /// Who may pass; empty is everybody that is not denied.
    pub allow: Vec<Peers>,
    /// Who may not.
    pub deny: Vec<Peers>,
    /// Requests of one client address.
    pub rate: Option<Rate>,
    /// Who may pass with a password. A route's takes the place of that at top level, so that an empty
    /// list opens a route; `None` says nothing.
    pub auth: Option<Vec<Account>>,
    /// A wait before each answer; a route's takes the place of that at top level.
    pub delay: Option<Duration>,
    /// Bytes a second of answers' bodies, 0 for no limit; a route's takes the place of that at top level.
    pub throttle: Option<u64>,
}

/// The keys of guards that a route and the top level have in common.
pub(crate) const KEYS: [&str; 6] = ["allow", "deny", "rate", "auth", "delay", "throttle"];

impl Guards {
    /// Takes over the guard `key`, one of [`KEYS`]; false where it is another key.
    pub(crate) fn read(&mut self, key: &str, value: &Value<'_>) -> Result<bool, Mistake> {
        match key {
            "allow" => self.allow = peers::list(value)?,
            "deny" => self.deny = peers::list(value)?,
            "rate" => self.rate = rate::read(value)?,
            "auth" => self.auth = Some(account::list(value)?),
            "delay" => self.delay = Some(value::duration(value)?),
            "throttle" => self.throttle = Some(throttle(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The same at top level, where nothing needs to be said that takes another's place.
    pub(crate) fn read_top(&mut self, key: &str, value: &Value<'_>) -> Result<(), Mistake> {
        self.read(key, value)?;
        self.auth = self.auth.take().filter(|accounts| !accounts.is_empty());
        self.delay = self.delay.filter(|delay| !delay.is_zero());
        self.throttle = self.throttle.filter(|bytes| *bytes > 0);
        Ok(())
    }

    /// The guard `key` in words; passwords are never shown.
    pub(crate) fn show(&self, key: &str) -> String {
        match key {
            "allow" => show::list(self.allow.iter().map(ToString::to_string)),
            "deny" => show::list(self.deny.iter().map(ToString::to_string)),
            "rate" => self.rate.map_or_else(|| rate::OFF.to_owned(), |rate| rate.to_string()),
            "auth" => show::list(self.auth.iter().flatten().map(ToString::to_string)),
            "delay" => show::duration(self.delay.unwrap_or_default()),
            "throttle" => match self.throttle.unwrap_or_default() {
                0 => "0".to_owned(),
                bytes => format!("{}/s", show::size(bytes)),
            },
            _ => String::new(),
        }
    }

    /// Whether not everybody may pass.
    pub fn closes(&self) -> bool {
        let asks = self.auth.as_ref().is_some_and(|accounts| !accounts.is_empty());
        asks || !self.allow.is_empty() || !self.deny.is_empty()
    }

    /// What was said, in words: `deny lan, rate 20/s`.
    pub(crate) fn said(&self) -> Vec<String> {
        let said = |key: &&&str| match **key {
            "allow" => !self.allow.is_empty(),
            "deny" => !self.deny.is_empty(),
            "rate" => self.rate.is_some(),
            "auth" => self.auth.is_some(),
            "delay" => self.delay.is_some(),
            _ => self.throttle.is_some(),
        };
        KEYS.iter().filter(said).map(|key| format!("{key} {}", self.show(key))).collect()
    }

    /// What stands before a route where these are at top level, in words: each where it is not replaced.
    pub(crate) fn before(&self, own: &Self) -> Vec<String> {
        let mut top = self.clone();
        top.auth = top.auth.filter(|_| own.auth.is_none());
        top.delay = top.delay.filter(|_| own.delay.is_none());
        top.throttle = top.throttle.filter(|_| own.throttle.is_none());
        let mut own = own.clone();
        own.auth = own.auth.filter(|accounts| !accounts.is_empty());
        own.delay = own.delay.filter(|delay| !delay.is_zero());
        own.throttle = own.throttle.filter(|bytes| *bytes > 0);
        [top.said(), own.said()].concat()
    }

    /// The names of those whose password is there to be read.
    pub(crate) fn plain(&self) -> impl Iterator<Item = &str> {
        let plain = |account: &&Account| matches!(account.password, Password::Plain(_));
        self.auth.iter().flatten().filter(plain).map(|account| account.name.as_str())
    }
}

/// Bytes a second: a size, with or without `/s`.
fn throttle(value: &Value<'_>) -> Result<u64, Mistake> {
    match value.get_ref().as_str().and_then(|text| text.strip_suffix("/s")) {
        Some(size) => crate::text::parse_size(size)
            .ok_or_else(|| Mistake::expected(value, "bytes a second, such as \"200 KiB/s\"")),
        None => value::size(value),
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::of;
    use super::*;

    fn read(key: &str, text: &str) -> Result<Guards, Mistake> {
        let mut guards = Guards::default();
        guards.read(key, &of(text)).map(|known| assert!(known))?;
        Ok(guards)
    }

    #[test]
    fn a_routes_own_take_the_place_of_those_for_all() {
        let mut top = read("auth", "['ada:b']").unwrap();
        top.read("allow", &of("['lan']")).unwrap();
        assert_eq!(top.before(&Guards::default()), ["allow lan", "auth ada (plain password)"]);
        assert_eq!(top.before(&read("auth", "[]").unwrap()), ["allow lan"]);
        assert_eq!(top.before(&read("rate", "'5/m'").unwrap())[2], "rate 5/m");
        assert!(Guards::default().before(&read("throttle", "0").unwrap()).is_empty());
    }

    #[test]
    fn throttles() {
        for (good, bytes) in [("0", 0), ("1000", 1000), ("\"200 KiB/s\"", 200 << 10), ("\"1 MB\"", 1_000_000)] {
            assert_eq!(read("throttle", good).unwrap().throttle, Some(bytes), "{good}");
        }
        for bad in ["-1", "\"fast\"", "\"fast/s\"", "true"] {
            assert!(read("throttle", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_said() {
        for (key, text, said) in [
            ("allow", "[\"lan\", \"10.0.0.0/8\"]", "allow lan, 10.0.0.0/8"),
            ("deny", "[\"LOCAL\"]", "deny local"),
            ("rate", "\"20/s\"", "rate 20/s"),
            ("auth", "[\"ada:secret\"]", "auth ada (plain password)"),
            ("auth", "[]", "auth none"),
            ("delay", "\"250ms\"", "delay 250ms"),
            ("throttle", "\"200 KiB/s\"", "throttle 200 KiB/s"),
        ] {
            assert_eq!(read(key, text).unwrap().said(), [said]);
        }
        assert!(read("rate", "\"off\"").unwrap().said().is_empty());
        assert_eq!(Guards::default().read("path", &of("1")), Ok(false));
    }

    #[test]
    fn nothing_said_at_top_level_is_nothing() {
        let mut guards = Guards::default();
        for (key, text) in [("auth", "[]"), ("delay", "\"0ms\""), ("throttle", "0"), ("rate", "\"off\"")] {
            guards.read_top(key, &of(text)).unwrap();
        }
        assert_eq!(guards, Guards::default());
    }
}
