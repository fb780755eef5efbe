//! Names with one or more values each, as queries, forms and uploads send them.

use std::collections::HashSet;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, from_args};
use minijinja::{Error, ErrorKind, State, Value};

/// `x.NAME` is the first value of a name, `x.all("NAME")` a list of all, `x.items()` every pair
/// in the order in which they came. It iterates over the names, and is false when it is empty.
#[derive(Debug)]
pub(super) struct Multi(Vec<(String, Value)>);

impl Multi {
    pub(super) fn value(pairs: Vec<(String, Value)>) -> Value {
        Value::from_object(Self(pairs))
    }

    fn first(&self, name: &str) -> Option<Value> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    }

    fn names(&self) -> Vec<Value> {
        let mut seen = HashSet::new();
        self.0.iter().filter(|(name, _)| seen.insert(name)).map(|(name, _)| Value::from(name)).collect()
    }
}

impl Object for Multi {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.first(key.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names())
    }

    fn call_method(self: &Arc<Self>, _: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        match method {
            "all" => {
                let (name,): (String,) = from_args(args)?;
                Ok(self.0.iter().filter(|(own, _)| *own == name).map(|(_, value)| value.clone()).collect())
            }
            "get" => {
                let (name, default): (String, Option<Value>) = from_args(args)?;
                Ok(self.first(&name).or(default).unwrap_or_else(|| Value::from(())))
            }
            "items" => {
                let () = from_args(args)?;
                Ok(self.0.iter().map(|(name, value)| Value::from(vec![Value::from(name), value.clone()])).collect())
            }
            "keys" => {
                let () = from_args(args)?;
                Ok(Value::from(self.names()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(template: &str) -> String {
        let pairs = [("a", "1"), ("b", "2"), ("a", "3")].map(|(name, value)| (name.into(), Value::from(value)));
        let context = Value::from_pairs([("f", Multi::value(pairs.to_vec())), ("none", Multi::value(Vec::new()))]);
        minijinja::Environment::new().render_str(template, context).unwrap()
    }

    #[test]
    fn first_all_and_in_order() {
        assert_eq!(shown("{{ f.a }}{{ f['b'] }}{{ f.c }}"), "12");
        assert_eq!(shown("{{ f.all('a')|join(',') }}|{{ f.all('c')|length }}"), "1,3|0");
        assert_eq!(shown("{% for name, value in f.items() %}{{ name }}={{ value }};{% endfor %}"), "a=1;b=2;a=3;");
        assert_eq!(shown("{% for name in f %}{{ name }}{% endfor %}|{{ f.keys()|join }}"), "ab|ab");
        assert_eq!(shown("{{ f.get('a') }}{{ f.get('c', 'd') }}"), "1d");
        assert_eq!(shown("{{ 'a' in f }}{{ 'z' in f }}"), "TrueFalse");
    }

    #[test]
    fn empty_is_false() {
        assert_eq!(shown("{% if f %}some{% endif %}{% if none %}none{% endif %}{{ none.x }}"), "some");
    }
}
