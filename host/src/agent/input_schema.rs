//! JSON Schema of a skill's input as clients of models take it.
//!
//! One schema that a provider does not like makes it refuse the whole request, with all other tools. A component may
//! describe itself as it likes, so what it says is made anew: an object at the root, without references and
//! alternatives there, short names of members, arrays with items, bounded.

use serde_json::{Map, Value, json};

/// Bytes of the JSON text of a schema; what is longer is left out.
const MAX_BYTES: usize = 16 << 10;

/// How deep a schema goes.
const MAX_DEPTH: usize = 24;

/// A schema for a client, and how its arguments become the skill's input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InputSchema {
    pub(crate) schema: Value,
    /// The member that has the whole input, if the input itself could not be the root.
    pub(crate) wrapper: Option<&'static str>,
}

impl InputSchema {
    /// Of what a component says of its input, or of none.
    pub(crate) fn new(described: Option<&Value>) -> Self {
        let Some(Value::Object(root)) = described.filter(|schema| schema.to_string().len() <= MAX_BYTES)
        else {
            return Self {
                schema: json!({ "type": "object", "properties": {}, "additionalProperties": true }),
                wrapper: None,
            };
        };
        let definitions = definitions(root);
        let mut root = root.clone();
        // A reference at the root is followed once; what it leads to must be no reference itself.
        if let Some(target) =
            root.get("$ref").and_then(Value::as_str).and_then(|name| find(&definitions, name))
        {
            let target = target.clone();
            root.remove("$ref");
            for (name, value) in target {
                root.entry(name).or_insert(value);
            }
        }
        let (is_object, wrapper) = (is_object(&root), "input");
        root.retain(|name, _| {
            !matches!(name.as_str(), "$schema" | "$id" | "$defs" | "definitions" | "title")
        });
        let mut schema = cleaned(&Value::Object(root), &definitions, 0);
        let wrapped = !is_object;
        if wrapped {
            schema = json!({ "type": "object", "properties": { wrapper: schema }, "required": [wrapper] });
        }
        if let Value::Object(members) = &mut schema {
            members.entry("properties").or_insert_with(|| json!({}));
            if !definitions.is_empty() {
                let kept = definitions.iter().map(|(name, it)| (name.clone(), cleaned(it, &definitions, 0)));
                members.insert("$defs".to_owned(), Value::Object(kept.collect()));
            }
        }
        Self { schema, wrapper: wrapped.then_some(wrapper) }
    }

    /// The skill's input in a tool's arguments. A model that leaves the wrapper out is understood, too.
    pub(crate) fn unwrap(&self, arguments: Value) -> Value {
        match (self.wrapper, arguments) {
            (Some(wrapper), Value::Object(mut members))
                if members.len() == 1 && members.contains_key(wrapper) =>
            {
                members.remove(wrapper).unwrap_or_default()
            }
            (_, arguments) => arguments,
        }
    }
}

/// JSON Schema of an output for MCP, whose results are objects: another is the member `result` of one.
pub(crate) fn output_schema(described: &Value) -> (Value, bool) {
    let InputSchema { schema, wrapper } = InputSchema::new(Some(described));
    match wrapper {
        None => (schema, false),
        Some(wrapper) => {
            let mut renamed = json!({ "type": "object", "required": ["result"] });
            if let Some(members) = renamed.as_object_mut() {
                let inner = schema.get("properties").and_then(|it| it.get(wrapper)).cloned();
                members.insert("properties".to_owned(), json!({ "result": inner }));
                members.extend(schema.get("$defs").map(|defs| ("$defs".to_owned(), defs.clone())));
            }
            (renamed, true)
        }
    }
}

/// Whether it can stand at the root as it is.
fn is_object(root: &Map<String, Value>) -> bool {
    let name_fits = |name: &String| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    root.get("type").and_then(Value::as_str) == Some("object")
        && !["$ref", "anyOf", "oneOf", "allOf", "not", "enum", "const", "if"]
            .iter()
            .any(|name| root.contains_key(*name))
        && root
            .get("properties")
            .is_none_or(|it| it.as_object().is_some_and(|members| members.keys().all(name_fits)))
}

fn definitions(root: &Map<String, Value>) -> Map<String, Value> {
    let of = |name| root.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut all: Map<String, Value> = of("$defs");
    all.extend(of("definitions"));
    all.retain(|name, it| it.is_object() && name.len() <= 128);
    all
}

fn find<'a>(definitions: &'a Map<String, Value>, reference: &str) -> Option<&'a Map<String, Value>> {
    definitions.get(local(reference)?)?.as_object()
}

/// The name of a definition that a reference leads to within the same schema.
fn local(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/$defs/").or_else(|| reference.strip_prefix("#/definitions/"))
}

/// A schema without references that lead nowhere or elsewhere, with items in its arrays and members in its objects.
fn cleaned(schema: &Value, definitions: &Map<String, Value>, depth: usize) -> Value {
    let Value::Object(members) = schema else {
        // `true`, `false`, or no schema at all.
        return json!({});
    };
    if depth >= MAX_DEPTH {
        return json!({});
    }
    let mut kept = Map::new();
    for (name, value) in members {
        let value = match (name.as_str(), value) {
            ("$ref", Value::String(reference)) => match find(definitions, reference).and(local(reference)) {
                Some(name) => format!("#/$defs/{name}").into(),
                None => continue,
            },
            ("$ref" | "$id" | "$schema" | "$anchor" | "$dynamicRef" | "$dynamicAnchor", _) => continue,
            ("properties" | "patternProperties" | "$defs", Value::Object(below)) => below
                .iter()
                .map(|(name, schema)| (name.clone(), cleaned(schema, definitions, depth + 1)))
                .collect::<Map<_, _>>()
                .into(),
            ("items" | "not" | "contains" | "propertyNames", value) => cleaned(value, definitions, depth + 1),
            ("additionalProperties", Value::Object(_)) => cleaned(value, definitions, depth + 1),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(below)) => {
                below.iter().map(|schema| cleaned(schema, definitions, depth + 1)).collect()
            }
            ("description" | "title", Value::String(text)) => visible(text).into(),
            (_, value) => value.clone(),
        };
        kept.insert(name.clone(), value);
    }
    let is = |kind: &str| match members.get("type") {
        Some(Value::String(name)) => name == kind,
        Some(Value::Array(names)) => names.iter().any(|name| name == kind),
        _ => false,
    };
    if is("array") {
        kept.entry("items").or_insert_with(|| json!({}));
    }
    if is("object") {
        kept.entry("properties").or_insert_with(|| json!({}));
    }
    Value::Object(kept)
}

/// Text without characters that nobody sees; lines stay.
pub(super) fn visible(text: &str) -> String {
    text.lines().map(crate::capability::printable).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_stays_as_it_is() {
        let schema =
            json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"] });
        let made = InputSchema::new(Some(&schema));
        assert_eq!((made.schema.clone(), made.wrapper), (schema, None));
        assert_eq!(made.unwrap(json!({ "input": 1 })), json!({ "input": 1 }));
    }

    #[test]
    fn what_cannot_be_the_root_is_wrapped_and_unwrapped() {
        for schema in [
            json!({ "type": "string" }),
            json!({ "oneOf": [{ "type": "object" }, { "type": "null" }] }),
            json!({ "type": "object", "anyOf": [{}] }),
            json!({ "type": "object", "properties": { "a b": {} } }),
            json!({ "type": "object", "properties": { "x".repeat(65): {} } }),
            json!({ "type": ["object", "null"] }),
            json!({ "$ref": "https://example.com/schema" }),
            json!({ "$ref": "#/$defs/A", "$defs": { "A": { "$ref": "#/$defs/A" } } }),
            json!({}),
        ] {
            let made = InputSchema::new(Some(&schema));
            assert_eq!(made.wrapper, Some("input"), "{schema}");
            assert_eq!(made.schema["type"], "object");
            assert!(["oneOf", "anyOf", "allOf", "$ref"].iter().all(|name| made.schema.get(*name).is_none()));
            assert_eq!(made.unwrap(json!({ "input": [1] })), json!([1]));
            assert_eq!(made.unwrap(json!({ "action": "list" })), json!({ "action": "list" }));
        }
    }

    #[test]
    fn references_lead_somewhere_or_are_left_out() {
        let schema = json!({
            "$ref": "#/$defs/Root",
            "$defs": {
                "Root": { "type": "object", "properties": {
                    "a": { "$ref": "#/definitions/Leaf" }, "b": { "$ref": "file:///etc/passwd" }, "c": { "$ref": "#/$defs/No" },
                    "list": { "type": "array" }, "map": { "type": "object" }, "any": true,
                } },
            },
            "definitions": { "Leaf": { "type": "string" } },
        });
        let made = InputSchema::new(Some(&schema));
        assert_eq!(made.wrapper, None);
        assert_eq!(
            made.schema["properties"],
            json!({
                "a": { "$ref": "#/$defs/Leaf" }, "b": {}, "c": {}, "list": { "type": "array", "items": {} },
                "map": { "type": "object", "properties": {} }, "any": {},
            })
        );
        assert_eq!(made.schema["$defs"]["Leaf"], json!({ "type": "string" }));
    }

    #[test]
    fn what_is_too_large_or_no_schema_says_nothing() {
        let large = json!({ "type": "object", "description": "x".repeat(MAX_BYTES) });
        for schema in [Some(&large), Some(&json!(true)), None] {
            let made = InputSchema::new(schema);
            assert_eq!(
                made.schema,
                json!({ "type": "object", "properties": {}, "additionalProperties": true })
            );
        }
        let mut deep = json!({ "type": "string" });
        for _ in 0..100 {
            deep = json!({ "type": "array", "items": deep });
        }
        assert!(InputSchema::new(Some(&deep)).schema.to_string().len() < 2_000);
    }

    #[test]
    fn an_output_that_is_no_object_is_the_member_of_one() {
        assert_eq!(
            output_schema(&json!({ "type": "integer" })),
            (
                json!({ "type": "object", "required": ["result"], "properties": { "result": { "type": "integer" } } }),
                true
            )
        );
        assert!(!output_schema(&json!({ "type": "object", "properties": {} })).1);
    }
}
