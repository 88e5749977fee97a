//! The caller's JSON, and the field at fault when it is not what the skill takes.

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::Error;

/// Up to which length of the input, and for how many of its fields, a fault is searched for by trial.
const MAX_TRIAL: usize = 64 << 10;
const MAX_TRIAL_FIELDS: usize = 64;

pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    // Keeping track of the path costs time that only a faulty input need pay.
    serde_json::from_str(text).map_err(|error| fault::<T>(text, &error))
}

fn fault<T: DeserializeOwned>(text: &str, error: &serde_json::Error) -> Error {
    if error.classify() != Category::Data {
        return Error::invalid_input("", format_args!("not JSON: {error}"));
    }
    let json = &mut serde_json::Deserializer::from_str(text);
    let (mut field, error) = match serde_path_to_error::deserialize::<_, T>(json) {
        Err(error) => (error.path().to_string(), error.into_inner()),
        Ok(_) => return Error::invalid_input("", error),
    };
    let message = message_of(&error);
    if field == "." {
        field = field_by_trial::<T>(text, &message).unwrap_or_default();
    }
    // serde reports a missing or unknown field at the object it belongs to.
    if let Some(name) = quoted(&message, "missing field `").or_else(|| quoted(&message, "unknown field `"))
        && !field.ends_with(name)
    {
        let dot = if field.is_empty() { "" } else { "." };
        field = format!("{field}{dot}{name}");
    }
    Error::invalid_input(field, message)
}

/// The message without the position, which says little about JSON that a program wrote.
fn message_of(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&position).unwrap_or(&message).to_owned()
}

/// The field at fault within an enum with a tag, or with something flattened: serde sets the fields of such types
/// aside and the path is lost. The fault is where the message changes when the field is taken out. (It also changes
/// without the tag, which is told by its own complaint about a name that no variant has.)
fn field_by_trial<T: DeserializeOwned>(text: &str, message: &str) -> Option<String> {
    const NO_VARIANT: &str = "\u{0}";
    let is_complete = ["missing field `", "unknown field `"].iter().any(|start| message.starts_with(start));
    if is_complete || text.len() > MAX_TRIAL {
        return None;
    }
    let fields: Map<String, Value> = serde_json::from_str(text).ok()?;
    let complaint = |fields: Map<String, Value>| {
        serde_json::from_str::<T>(&Value::from(fields).to_string()).err().map(|error| message_of(&error))
    };
    fields.keys().take(MAX_TRIAL_FIELDS).find_map(|name| {
        let mut without = fields.clone();
        without.remove(name);
        let alone = Map::from_iter([(name.clone(), NO_VARIANT.into())]);
        let is_tag = complaint(alone).is_some_and(|other| other.starts_with("unknown variant"));
        (!is_tag && complaint(without).as_deref() != Some(message)).then(|| name.clone())
    })
}

fn quoted<'a>(message: &'a str, before: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.split('`').next()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        #[expect(dead_code, reason = "only parsed")]
        rows: Vec<Row>,
    }

    #[derive(Debug, Deserialize)]
    struct Row {
        #[expect(dead_code, reason = "only parsed")]
        name: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "do", rename_all = "lowercase")]
    enum Action {
        #[expect(dead_code, reason = "only parsed")]
        Add { title: String, tags: Option<Vec<String>>, size: Option<Size> },
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
    }

    #[test]
    fn the_field_of_a_tagged_enum_is_named() {
        for (text, field) in [
            (r#"{"do": "add", "title": 3}"#, "title"),
            (r#"{"tags": ["a", 1], "title": "t", "do": "add"}"#, "tags"),
            (r#"{"do": "add", "title": "t", "size": "big"}"#, "size"),
            (r#"{"do": "add", "title": "t", "size": 3}"#, "size"),
            (r#"{"do": "add"}"#, "title"),
            (r#"{"do": "adds"}"#, "do"),
            (r#"{"title": 3}"#, "do"),
            ("3", ""),
        ] {
            let fault = parse::<Action>(text).map(drop);
            assert!(
                matches!(&fault, Err(Error::InvalidInput { field: at, .. }) if at == field),
                "{text}: {fault:?}"
            );
        }
    }

    #[test]
    fn the_field_is_named() {
        for (text, field, message) in [
            (
                r#"{"rows": [{"name": "a"}, {"name": 3}]}"#,
                "rows[1].name",
                "invalid type: integer `3`, expected a string",
            ),
            (r#"{"rows": [{}]}"#, "rows[0].name", "missing field `name`"),
            ("{}", "rows", "missing field `rows`"),
            (r#"{"rows": [], "row": 1}"#, "row", "unknown field `row`, expected `rows`"),
            ("3", "", "invalid type: integer `3`, expected struct Table"),
            ("{", "", "not JSON: EOF while parsing an object at line 1 column 1"),
            (r#"{"rows": []} x"#, "", "not JSON: trailing characters at line 1 column 14"),
        ] {
            let fault = parse::<Table>(text).map(drop);
            assert_eq!(fault, Err(Error::invalid_input(field, message)), "{text}");
        }
    }
}
