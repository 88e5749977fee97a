//! What a value must be: the value itself, or a form that says less.

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value, json};

/// Bytes that a compiled pattern may take.
const MAX_PATTERN: usize = 1 << 20;

/// The forms that say less than a value: an object with one of these as its only key.
pub(super) const FORMS: [&str; 4] = ["$contains", "$matches", "$any", "$exactly"];

/// An expectation of a JSON value.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// This very value. Numbers are compared as numbers: `1` is `1.0`.
    Exactly(Value),
    /// An object with these members and no others.
    Object(Map<String, Value>, Vec<(String, Expected)>),
    /// A list with these items in this order and no others.
    List(Vec<Expected>),
    /// A text with this in it, a list with these items among others, or an object with these members among others.
    Contains(Box<Expected>),
    /// A text that a regular expression matches somewhere.
    Matches(Regex),
    /// Whatever it is.
    Any,
}

impl Expected {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with a form, and what to write.
    pub(super) fn parse(value: &Value) -> Result<Self, (String, Option<String>)> {
        Ok(match value {
            Value::Array(items) => Self::List(items.iter().map(Self::parse).collect::<Result<_, _>>()?),
            Value::Object(members) => match members.iter().next() {
                Some((name, of)) if name.starts_with('$') => Self::form(name, of, members.len())?,
                _ => {
                    let read = |(name, value): (&String, &Value)| Ok((name.clone(), Self::parse(value)?));
                    Self::Object(members.clone(), members.iter().map(read).collect::<Result<_, _>>()?)
                }
            },
            value => Self::Exactly(value.clone()),
        })
    }

    fn form(name: &str, of: &Value, members: usize) -> Result<Self, (String, Option<String>)> {
        if members > 1 {
            return Err((
                format!("`{name}` must stand alone in its object"),
                Some(
                    "to expect a key that begins with `$`, wrap the object: `{\"$exactly\": {…}}`".to_owned(),
                ),
            ));
        }
        match (name, of) {
            ("$contains", Value::Object(_) | Value::Array(_) | Value::String(_)) => {
                Ok(Self::Contains(Box::new(Self::parse(of)?)))
            }
            ("$contains", _) => Err(("`$contains` takes a text, a list or an object".to_owned(), None)),
            ("$matches", Value::String(pattern)) => RegexBuilder::new(pattern)
                .size_limit(MAX_PATTERN)
                .build()
                .map(Self::Matches)
                .map_err(|error| (format!("`$matches` is no regular expression: {error}"), None)),
            ("$matches", _) => Err(("`$matches` takes a text, a regular expression".to_owned(), None)),
            ("$any", Value::Bool(true)) => Ok(Self::Any),
            ("$any", _) => Err(("`$any` takes `true`".to_owned(), None)),
            ("$exactly", of) => Ok(Self::Exactly(of.clone())),
            (name, _) => {
                let near = crate::capability::nearest(name, &FORMS);
                let hint = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the forms are {}", FORMS.map(|form| format!("`{form}`")).join(", ")),
                };
                Err((format!("there is no form `{}`", crate::capability::printable(name)), Some(hint)))
            }
        }
    }

    /// The value that would have met it and differs least from `actual`: `actual` itself, if that meets it.
    pub(super) fn nearest(&self, actual: &Value) -> Value {
        match (self, actual) {
            (Self::Any, _) => actual.clone(),
            (Self::Exactly(value), _) => if same(value, actual) { actual } else { value }.clone(),
            (Self::Matches(pattern), Value::String(text)) if pattern.is_match(text) => actual.clone(),
            (Self::Object(_, members), Value::Object(found)) => merged(members, found, false),
            (Self::List(items), Value::Array(found)) => {
                let item = |(at, item): (usize, &Self)| match found.get(at) {
                    Some(value) => item.nearest(value),
                    None => item.shown(),
                };
                Value::Array(items.iter().enumerate().map(item).collect())
            }
            (Self::Contains(inner), _) => match (&**inner, actual) {
                (Self::Object(_, members), Value::Object(found)) => merged(members, found, true),
                (Self::List(items), Value::Array(found)) => {
                    let missing = items.iter().filter(|item| !found.iter().any(|value| item.is_met(value)));
                    Value::Array(found.iter().cloned().chain(missing.map(Self::shown)).collect())
                }
                (Self::Exactly(Value::String(part)), Value::String(text)) if text.contains(part.as_str()) => {
                    actual.clone()
                }
                _ => self.shown(),
            },
            _ => self.shown(),
        }
    }

    /// Whether a value meets it.
    pub(super) fn is_met(&self, actual: &Value) -> bool {
        self.nearest(actual) == *actual
    }

    /// Whether it is a value and nothing less.
    pub(super) fn is_exact(&self) -> bool {
        match self {
            Self::Exactly(_) => true,
            Self::Object(_, members) => members.iter().all(|(_, member)| member.is_exact()),
            Self::List(items) => items.iter().all(Self::is_exact),
            Self::Contains(_) | Self::Matches(_) | Self::Any => false,
        }
    }

    /// As it is written in a case.
    pub(super) fn shown(&self) -> Value {
        match self {
            Self::Exactly(value) => value.clone(),
            Self::Object(members, _) => Value::Object(members.clone()),
            Self::List(items) => Value::Array(items.iter().map(Self::shown).collect()),
            Self::Contains(inner) => json!({ "$contains": inner.shown() }),
            Self::Matches(pattern) => json!({ "$matches": pattern.as_str() }),
            Self::Any => json!({ "$any": true }),
        }
    }
}

/// The members of `found` as they should be, in its order; then those that are missing.
fn merged(members: &[(String, Expected)], found: &Map<String, Value>, among_others: bool) -> Value {
    let mut all = Map::new();
    for (name, value) in found {
        match members.iter().find(|(member, _)| member == name) {
            Some((_, member)) => drop(all.insert(name.clone(), member.nearest(value))),
            None if among_others => drop(all.insert(name.clone(), value.clone())),
            None => {}
        }
    }
    for (name, member) in members.iter().filter(|(name, _)| !found.contains_key(name)) {
        all.insert(name.clone(), member.shown());
    }
    Value::Object(all)
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.is_f64() != other.is_f64() && one.as_f64() == other.as_f64())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|found| same(value, found)))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(expected: &Value, actual: &Value) -> Value {
        Expected::parse(expected).unwrap().nearest(actual)
    }

    #[test]
    fn a_form_is_met_or_not() {
        for (expected, actual, met) in [
            (json!(1), json!(1), true),
            (json!(1), json!(1.0), true),
            (json!(1.0), json!(1), true),
            (json!(1), json!(2), false),
            (json!(1), json!("1"), false),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), false),
            (json!({"a": 1, "b": [2]}), json!({"b": [2.0], "a": 1}), true),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), false),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), false),
            (json!([1]), json!([1, 2]), false),
            (json!([1, 2]), json!([1]), false),
            (json!({"$contains": {"a": 1}}), json!({"a": 1, "b": 2}), true),
            (json!({"$contains": {"a": 1}}), json!({"a": 2, "b": 2}), false),
            (json!({"$contains": {"a": {"b": 1}}}), json!({"a": {"b": 1, "c": 2}}), false),
            (json!({"$contains": {"a": {"$contains": {"b": 1}}}}), json!({"a": {"b": 1, "c": 2}}), true),
            (json!({"$contains": [2, {"$matches": "^x"}]}), json!(["xy", 1, 2]), true),
            (json!({"$contains": [3]}), json!([1, 2]), false),
            (json!({"$contains": "ell"}), json!("hello"), true),
            (json!({"$contains": "all"}), json!("hello"), false),
            (json!({"$contains": "1"}), json!(1), false),
            (json!({"$matches": "^h.*o$"}), json!("hello"), true),
            (json!({"$matches": "^e"}), json!("hello"), false),
            (json!({"$matches": "1"}), json!(1), false),
            (json!({"a": {"$any": true}}), json!({"a": [1]}), true),
            (json!({"a": {"$any": true}}), json!({}), false),
            (json!({"$exactly": {"$any": 1}}), json!({"$any": 1}), true),
            (json!(null), json!(null), true),
        ] {
            assert_eq!(Expected::parse(&expected).unwrap().is_met(&actual), met, "{expected} {actual}");
        }
    }

    #[test]
    fn what_was_met_does_not_show_as_a_difference() {
        let expected = json!({"time": {"$matches": "ms$"}, "words": 3, "more": 1});
        let actual = json!({"words": 4, "time": "3 ms", "other": 2});
        assert_eq!(nearest(&expected, &actual), json!({"words": 3, "time": "3 ms", "more": 1}));
        let expected = json!({"$contains": {"a": 1, "c": {"$any": true}}});
        assert_eq!(
            nearest(&expected, &json!({"a": 2, "b": 3})),
            json!({"a": 1, "b": 3, "c": {"$any": true}})
        );
    }

    #[test]
    fn a_form_that_is_none_says_so() {
        for (value, words) in [
            (json!({"$contain": 1}), "`$contains`"),
            (json!({"$any": false}), "`true`"),
            (json!({"$matches": "("}), "no regular expression"),
            (json!({"$matches": "(a{1000}){1000}"}), "no regular expression"),
            (json!({"$matches": 1}), "a text"),
            (json!({"$contains": 1}), "a text, a list or an object"),
            (json!({"$any": true, "a": 1}), "alone"),
            (json!([{"a": {"$xyz": 1}}]), "no form `$xyz`"),
        ] {
            let (message, hint) = Expected::parse(&value).unwrap_err();
            let said = format!("{message} {}", hint.unwrap_or_default());
            assert!(said.contains(words), "{said}");
        }
    }
}
