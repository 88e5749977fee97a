//! Whether what was found holds what is expected.

use serde_json::{Map, Value};

/// Compares; the error says where they differ and what was found there.
pub(crate) fn check(place: &str, expected: &Value, found: &Value) -> Result<(), String> {
    let holds = |holds: bool| match holds {
        true => Ok(()),
        false => Err(format!("{place}: expected {expected}, found {found}")),
    };
    match (expected, found) {
        (Value::Object(members), _) if directive(members).is_some() => {
            let (name, argument) = directive(members).unwrap();
            match name {
                "$contains" => holds(texts(found, argument).is_some_and(|(text, part)| text.contains(part))),
                "$lacks" => holds(texts(found, argument).is_some_and(|(text, part)| !text.contains(part))),
                "$length" => holds(length(found) == argument.as_u64()),
                "$kind" => holds(argument == kind(found)),
                "$exactly" => holds(equal(argument, found)),
                "$all" => list(argument).iter().try_for_each(|each| check(place, each, found)),
                "$has" => {
                    let Value::Array(elements) = found else { return holds(false) };
                    let missing = list(argument)
                        .iter()
                        .find(|each| !elements.iter().any(|element| check(place, each, element).is_ok()));
                    match missing {
                        None => Ok(()),
                        Some(missing) => Err(format!("{place}: no element is {missing}, found {found}")),
                    }
                }
                "$absent" => holds(false),
                name => panic!("{place}: there is no `{name}`"),
            }
        }
        (Value::Object(members), Value::Object(others)) => {
            members.iter().try_for_each(|(name, expected)| match (others.get(name), is_absent(expected)) {
                (Some(found), _) => check(&format!("{place}.{name}"), expected, found),
                (None, true) => Ok(()),
                (None, false) => Err(format!("{place}: there is no `{name}` in {found}")),
            })
        }
        (Value::Array(elements), Value::Array(others)) if elements.len() == others.len() => {
            elements.iter().zip(others).enumerate().try_for_each(|(index, (expected, found))| {
                check(&format!("{place}[{index}]"), expected, found)
            })
        }
        _ => holds(equal(expected, found)),
    }
}

/// The one member whose name begins with `$`.
fn directive(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = members.iter();
    let (name, argument) = members.next()?;
    (name.starts_with('$') && members.next().is_none()).then_some((name.as_str(), argument))
}

fn is_absent(expected: &Value) -> bool {
    expected.as_object().and_then(directive).is_some_and(|(name, _)| name == "$absent")
}

fn texts<'a>(found: &'a Value, part: &'a Value) -> Option<(&'a str, &'a str)> {
    Some((found.as_str()?, part.as_str().expect("a text")))
}

fn list(argument: &Value) -> &[Value] {
    argument.as_array().expect("a list")
}

fn length(found: &Value) -> Option<u64> {
    let length = match found {
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        Value::String(text) => text.chars().count(),
        _ => return None,
    };
    u64::try_from(length).ok()
}

fn kind(found: &Value) -> &'static str {
    match found {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Equal in everything but the order of members and the way in which a number is written.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| equal(one, other)))
        }
        _ => one == other,
    }
}
