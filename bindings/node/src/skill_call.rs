//! One call: its input and its options from JavaScript, its result back.

use openskills_runtime::{ExecutionResult, ScriptOptions, ScriptResult};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::calls::{Beside, Outcome};
use crate::camel;

/// The largest whole number that a JavaScript number holds exactly, 2^53 - 1.
const MAX_SAFE: u64 = 9_007_199_254_740_991;

/// The result as JSON text, and its record as another. Whole numbers of the output that no JavaScript number holds are
/// texts, and `bigints` says where.
pub(crate) fn result(result: ExecutionResult) -> Outcome {
    let ExecutionResult { mut output, stdout, stderr, audit, audit_error } = result;
    let bigints = has_unsafe_integers(&output).then(|| make_texts(&mut output));
    let told = Told { output, stdout, stderr, audit_error, bigints };
    Ok((camel::text(&told)?, Beside::Record(camel::text(&audit)?)))
}

/// What `lib/result.js` reads.
#[derive(Serialize)]
struct Told {
    output: Value,
    stdout: String,
    stderr: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bigints: Option<Value>,
}

/// The result of a script, and its two streams byte for byte.
pub(crate) fn script(result: ScriptResult) -> Outcome {
    let mut fields = Map::new();
    fields.insert("exitCode".to_owned(), result.exit_code.into());
    fields.insert("audit".to_owned(), camel::value(&result.audit)?);
    if let Some(error) = result.audit_error {
        fields.insert("auditError".to_owned(), error.into());
    }
    insert(&mut fields, "output", result.output);
    Ok((Value::Object(fields).to_string(), Beside::Streams(result.stdout, result.stderr)))
}

/// Adds a skill's own value, with its `bigints` if it has any.
pub(crate) fn insert(fields: &mut Map<String, Value>, name: &str, mut value: Value) {
    if has_unsafe_integers(&value) {
        fields.insert("bigints".to_owned(), make_texts(&mut value));
    }
    fields.insert(name.to_owned(), value);
}

fn has_unsafe_integers(value: &Value) -> bool {
    match value {
        Value::Number(number) => is_unsafe(number),
        Value::Array(items) => items.iter().any(has_unsafe_integers),
        Value::Object(fields) => fields.values().any(has_unsafe_integers),
        _ => false,
    }
}

/// Makes texts of such numbers, and says where they stand.
fn make_texts(value: &mut Value) -> Value {
    let mut places = Vec::new();
    unsafe_integers(value, &mut Vec::new(), &mut places);
    as_texts(value);
    Value::Array(places)
}

fn is_unsafe(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64()) {
        (Some(number), _) => number > MAX_SAFE,
        (None, Some(number)) => number.unsigned_abs() > MAX_SAFE,
        (None, None) => false,
    }
}

/// The places of such numbers, each as a list of keys and positions.
fn unsafe_integers(value: &Value, place: &mut Vec<Value>, places: &mut Vec<Value>) {
    match value {
        Value::Number(number) if is_unsafe(number) => places.push(Value::Array(place.clone())),
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                if matches!(item, Value::Number(_) | Value::Array(_) | Value::Object(_)) {
                    place.push(position.into());
                    unsafe_integers(item, place, places);
                    place.pop();
                }
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                if matches!(item, Value::Number(_) | Value::Array(_) | Value::Object(_)) {
                    place.push(name.as_str().into());
                    unsafe_integers(item, place, places);
                    place.pop();
                }
            }
        }
        _ => {}
    }
}

fn as_texts(value: &mut Value) {
    match value {
        Value::Number(number) if is_unsafe(number) => *value = Value::String(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(as_texts),
        Value::Object(fields) => fields.values_mut().for_each(as_texts),
        _ => {}
    }
}

/// The options of `runScript` that are not bytes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ScriptSettings {
    arguments: Vec<String>,
    module: bool,
    packages: Vec<String>,
    timeout_ms: Option<u64>,
}

impl ScriptSettings {
    pub(crate) fn options(self, stdin: Vec<u8>) -> ScriptOptions {
        ScriptOptions {
            arguments: self.arguments,
            stdin,
            module: self.module,
            packages: self.packages,
            timeout_ms: self.timeout_ms,
            cancel: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_javascript_cannot_hold_are_found_and_made_texts() {
        let mut output = json!({
            "a": [1, { "b c": 9_007_199_254_740_992_u64 }, -9_007_199_254_740_992_i64],
            "most": 9_007_199_254_740_991_u64,
            "least": -9_007_199_254_740_991_i64,
            "large": 1e300,
            "u64": u64::MAX,
        });
        let mut places = Vec::new();
        unsafe_integers(&output, &mut Vec::new(), &mut places);
        assert_eq!(Value::from(places), json!([["a", 1, "b c"], ["a", 2], ["u64"]]));
        as_texts(&mut output);
        assert_eq!(output["a"], json!([1, { "b c": "9007199254740992" }, "-9007199254740992"]));
        assert_eq!(output["most"], json!(9_007_199_254_740_991_u64));
        assert_eq!(output["u64"], json!("18446744073709551615"));
    }
}
