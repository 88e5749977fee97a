//! Why a JSON value is not of a type, and where in it.

use serde_json::Value;

/// What is wrong with the arguments of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// The way to it, innermost first.
    path: Vec<Step>,
    /// What was expected and what was found.
    pub(crate) message: String,
    /// Whether it is only that there is too much of it.
    pub(crate) is_too_large: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// How much of a value a message repeats.
const MAX_SHOWN: usize = 60;

impl Misfit {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Expected was `what`.
    pub(super) fn expected(what: &str, found: &Value) -> Self {
        Self::new(format!("expected {what}, found {}", shown(found)))
    }

    pub(super) fn too_large() -> Self {
        Self { is_too_large: true, ..Self::default() }
    }

    pub(super) fn in_field(mut self, name: &str) -> Self {
        self.path.push(Step::Name(name.to_owned()));
        self
    }

    pub(super) fn at(mut self, index: usize) -> Self {
        self.path.push(Step::Index(index));
        self
    }

    /// The way to it from the root: `rows[2].name`. Empty at the root.
    pub(crate) fn field(&self) -> String {
        let mut text = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Name(name) if text.is_empty() => text.push_str(name),
                Step::Name(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }
}

/// A value in a few words.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().nth(MAX_SHOWN).is_none() => {
            Value::from(text.as_str()).to_string()
        }
        Value::String(text) => {
            let start: String = text.chars().take(MAX_SHOWN).collect();
            format!("{}…", Value::from(start))
        }
        Value::Array(items) => match items.len() {
            0 => "an empty array".to_owned(),
            1 => "an array of 1 item".to_owned(),
            count => format!("an array of {count} items"),
        },
        Value::Object(fields) => match fields.len() {
            0 => "an empty object".to_owned(),
            _ => "an object".to_owned(),
        },
    }
}
