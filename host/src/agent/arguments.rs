//! Arguments of the general tools, read so that a model can put right what it got wrong.

use serde_json::{Map, Value};

/// The parameters of one tool: name, and whether it must be there.
pub(super) type Parameters = &'static [(&'static str, bool)];

/// Arguments by name, all of them known.
pub(super) struct Arguments(Map<String, Value>);

/// The members of what a model wrote: an object, a JSON text of one, or nothing.
pub(super) fn parse(arguments: &Value) -> Result<Value, String> {
    match arguments {
        Value::Null => Ok(Value::Object(Map::new())),
        Value::String(text) if text.trim().is_empty() => Ok(Value::Object(Map::new())),
        Value::String(text) => {
            let parsed: Value = serde_json::from_str(text)
                .map_err(|error| format!("the arguments are not valid JSON: {error}; send a JSON object"))?;
            // Some models write the text of a text.
            match parsed {
                Value::String(inner) => Ok(serde_json::from_str(&inner).unwrap_or(Value::String(inner))),
                parsed => Ok(parsed),
            }
        }
        other => Ok(other.clone()),
    }
}

impl Arguments {
    pub(super) fn new(arguments: Value, parameters: Parameters) -> Result<Self, String> {
        let takes = || {
            let names: Vec<String> = parameters
                .iter()
                .map(|(name, is_required)| match is_required {
                    true => format!("`{name}`"),
                    false => format!("`{name}` (optional)"),
                })
                .collect();
            match names.is_empty() {
                true => "it takes none".to_owned(),
                false => format!("it takes {}", names.join(", ")),
            }
        };
        let Value::Object(members) = arguments else {
            return Err(format!("the arguments must be a JSON object; {}", takes()));
        };
        for name in members.keys() {
            if !parameters.iter().any(|(known, _)| known == name) {
                let shown = super::model_words::short(name);
                let near = parameters.iter().find(|(known, _)| strsim::damerau_levenshtein(known, name) <= 2);
                let near = near.map(|(known, _)| format!("did you mean `{known}`? ")).unwrap_or_default();
                return Err(format!("there is no argument `{shown}`: {near}{}", takes()));
            }
        }
        match parameters.iter().find(|(name, is_required)| *is_required && !members.contains_key(*name)) {
            Some((name, _)) => Err(format!("the argument `{name}` is missing; {}", takes())),
            None => Ok(Self(members)),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("the argument `{name}` must be a text")),
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<usize>, String> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().and_then(|number| usize::try_from(number).ok()) {
                Some(number) => Ok(Some(number)),
                None => Err(format!("the argument `{name}` must be a whole number, 0 or more")),
            },
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, String> {
        let fault = || format!("the argument `{name}` must be a list of texts");
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(elements)) => elements
                .into_iter()
                .map(|element| match element {
                    Value::String(text) => Ok(text),
                    _ => Err(fault()),
                })
                .collect(),
            Some(_) => Err(fault()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_come_as_objects_and_as_texts() {
        for given in [json!({ "a": 1 }), json!("{\"a\": 1}"), json!("\"{\\\"a\\\": 1}\"")] {
            assert_eq!(parse(&given), Ok(json!({ "a": 1 })), "{given}");
        }
        for nothing in [json!(null), json!(""), json!(" "), json!({})] {
            assert_eq!(parse(&nothing), Ok(json!({})), "{nothing}");
        }
        assert!(parse(&json!("{\"a\": ")).unwrap_err().contains("send a JSON object"));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        let fault =
            |given| Arguments::new(given, &[("skill", true), ("path", false)]).err().unwrap_or_default();
        assert_eq!(
            fault(json!({ "skil": "x" })),
            "there is no argument `skil`: did you mean `skill`? it takes `skill`, `path` (optional)"
        );
        assert_eq!(fault(json!({})), "the argument `skill` is missing; it takes `skill`, `path` (optional)");
        assert!(fault(json!([1])).contains("must be a JSON object"));
        assert_eq!(fault(json!({ "skill": "x" })), "");
    }
}
