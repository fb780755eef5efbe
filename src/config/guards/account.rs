//! `auth`: names with their passwords.

use std::fmt;

use crate::config::value::{self, Mistake, Value};
use crate::password::Hash;

/// A name and the password that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name; it has no colon (RFC 7617, section 2).
    pub name: String,
    /// Its password.
    pub password: Password,
}

/// A password as stan.conf has it.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// Its hash.
    Hash(Hash),
    /// As it is typed.
    Plain(String),
}

/// Never the password itself.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hash(_) => "Hash",
            Self::Plain(_) => "Plain",
        })
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.password {
            Password::Hash(_) => f.write_str(&self.name),
            Password::Plain(_) => write!(f, "{} (plain password)", self.name),
        }
    }
}

/// A list of names with their passwords, each name once.
pub(super) fn list(value: &Value<'_>) -> Result<Vec<Account>, Mistake> {
    let mut accounts: Vec<Account> = Vec::new();
    value::list(value, "a list of names with their passwords, such as [\"ada:secret\"]", |element| {
        let account = account(element)?;
        if accounts.iter().any(|known| known.name == account.name) {
            return Err(Mistake::expected(element, "each name once"));
        }
        accounts.push(account);
        Ok(())
    })?;
    Ok(accounts)
}

fn account(value: &Value<'_>) -> Result<Account, Mistake> {
    const WHAT: &str = "a name and a password, such as \"ada:secret\"";
    let text = value::text_that(value, WHAT, |text| !text.contains(char::is_control))?;
    let (name, password) = text
        .split_once(':')
        .filter(|(name, password)| !name.is_empty() && !password.is_empty())
        .ok_or_else(|| Mistake::expected(value, WHAT))?;
    // A hash that was cut, or one of another kind, must not become a password.
    let password = if password.starts_with('$') {
        let hash = Hash::parse(password);
        Password::Hash(hash.map_err(|_| Mistake::expected(value, "a whole argon2 hash, as `stan hash` prints it"))?)
    } else {
        Password::Plain(password.to_owned())
    };
    Ok(Account { name: name.to_owned(), password })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::of;

    #[test]
    fn names_and_passwords() {
        let hash = Hash::new("x").unwrap();
        let text = format!("[\"ada:{hash}\", \"b:c:d\"]");
        let accounts = list(&of(&text)).unwrap();
        assert_eq!(accounts[0], Account { name: "ada".into(), password: Password::Hash(hash) });
        assert_eq!(accounts[1], Account { name: "b".into(), password: Password::Plain("c:d".into()) });
        assert_eq!((accounts[0].to_string(), accounts[1].to_string()), ("ada".into(), "b (plain password)".into()));
        let shown = format!("{accounts:?}");
        assert!(!shown.contains("c:d") && !shown.contains("argon2"), "{shown}");
    }

    #[test]
    fn what_is_none() {
        for bad in [r#"["ada"]"#, r#"[":x"]"#, r#"["ada:"]"#, r#""ada:x""#, r#"["a:b\n"]"#, r#"["a:b", "a:c"]"#] {
            assert!(list(&of(bad)).is_err(), "{bad}");
        }
        let says = list(&of("['ada:$argon2id$v=19$m=1']")).unwrap_err().message;
        assert_eq!(says, "expected a whole argon2 hash, as `stan hash` prints it");
        assert!(list(&of("['ada:$2y$10$abcdefghijklmnopqrstuv']")).is_err());
    }
}
