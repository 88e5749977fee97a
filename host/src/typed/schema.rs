//! Types become JSON Schema, draft 2020-12.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::docs::{Docs, TypeDocs};
use super::integer::{EXACT, Integer};
use super::labels::Labels;
use super::names::{Names, TypeName};
use super::shape::{Cases, Field, Shape};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Makes the schemas of the functions of one interface.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a> {
    pub(super) names: &'a Names,
    pub(super) docs: &'a Docs,
    /// The interface; none for the world itself.
    pub(super) interface: Option<&'a str>,
}

impl<'a> Schemas<'a> {
    /// The schema of a function's arguments: an object by the names of its parameters.
    pub(super) fn of_parameters(self, parameters: &'a [(Arc<str>, Shape)]) -> Value {
        let mut draft = Draft::new(self, parameters.iter().map(|(_, shape)| shape));
        let members = parameters.iter().map(|(name, shape)| (&**name, shape, None));
        let schema = draft.object(members.collect());
        draft.finish(schema)
    }

    /// The schema of one value; of nothing, that is null.
    pub(super) fn of_value(self, shape: Option<&'a Shape>) -> Value {
        let mut draft = Draft::new(self, shape.into_iter());
        let schema = draft.value_or_null(shape);
        draft.finish(schema)
    }
}

/// One schema in the making.
struct Draft<'a> {
    schemas: Schemas<'a>,
    /// How often a named type occurs: those that do so more than once are written once, under `$defs`.
    counts: HashMap<&'a TypeName, usize>,
    /// The key of each such type.
    keys: HashMap<&'a TypeName, String>,
    definitions: Map<String, Value>,
}

impl<'a> Draft<'a> {
    fn new(schemas: Schemas<'a>, shapes: impl Iterator<Item = &'a Shape>) -> Self {
        let mut draft =
            Self { schemas, counts: HashMap::new(), keys: HashMap::new(), definitions: Map::new() };
        shapes.for_each(|shape| draft.count(shape));
        draft
    }

    fn finish(self, schema: Value) -> Value {
        let mut whole = json!({ "$schema": DIALECT });
        if let (Value::Object(whole), Value::Object(schema)) = (&mut whole, schema) {
            whole.extend(schema);
            if !self.definitions.is_empty() {
                whole.insert("$defs".to_owned(), Value::Object(self.definitions));
            }
        }
        whole
    }

    fn name(&self, shape: &Shape) -> Option<&'a TypeName> {
        self.schemas.names.find(self.schemas.interface, shape)
    }

    fn count(&mut self, shape: &'a Shape) {
        if let Some(name) = self.name(shape) {
            let count = self.counts.entry(name).or_default();
            *count += 1;
            if *count > 1 {
                return;
            }
        }
        match shape {
            Shape::List(inner) | Shape::Option(inner) => self.count(inner),
            Shape::Tuple(parts) => parts.iter().for_each(|part| self.count(part)),
            Shape::Record(fields) => fields.iter().for_each(|field| self.count(&field.shape)),
            Shape::Variant(cases) => {
                cases.iter().filter_map(|(_, payload)| payload).for_each(|payload| self.count(payload));
            }
            Shape::Result(ok, err) => [ok, err].into_iter().flatten().for_each(|side| self.count(side)),
            _ => {}
        }
    }

    fn value_or_null(&mut self, shape: Option<&'a Shape>) -> Value {
        shape.map_or_else(|| json!({ "type": "null" }), |shape| self.value(shape))
    }

    fn value(&mut self, shape: &'a Shape) -> Value {
        let Some(name) = self.name(shape) else { return self.body(shape, None) };
        if self.counts.get(name).is_none_or(|count| *count < 2) {
            return self.definition(shape, name);
        }
        if let Some(key) = self.keys.get(name) {
            return json!({ "$ref": format!("#/$defs/{key}") });
        }
        let mut key = name.name.clone();
        let mut next = 2;
        while self.keys.values().any(|taken| *taken == key) {
            key = format!("{}-{next}", name.name);
            next += 1;
        }
        self.keys.insert(name, key.clone());
        let definition = self.definition(shape, name);
        self.definitions.insert(key.clone(), definition);
        json!({ "$ref": format!("#/$defs/{key}") })
    }

    fn definition(&mut self, shape: &'a Shape, name: &'a TypeName) -> Value {
        let docs = self.schemas.docs.kind(name.interface.as_deref(), &name.name);
        let body = self.body(shape, docs);
        let mut whole = json!({ "title": name.name });
        if let Some(text) = docs.and_then(TypeDocs::text) {
            describe(&mut whole, &text);
        }
        if let (Value::Object(whole), Value::Object(mut body)) = (&mut whole, body) {
            // Of cases without values, each is described in the whole's own text.
            if let (Some(Value::String(cases)), Some(Value::String(text))) =
                (body.get("description"), whole.get("description"))
            {
                let both = format!("{text}\n\n{cases}");
                body.insert("description".to_owned(), both.into());
            }
            whole.extend(body);
        }
        whole
    }

    fn body(&mut self, shape: &'a Shape, docs: Option<&TypeDocs>) -> Value {
        match shape {
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::Integer(kind) => integer(*kind),
            Shape::F32 => float(&json!({ "type": "number", "minimum": -MAX_F32, "maximum": MAX_F32 })),
            Shape::F64 => float(&json!({ "type": "number" })),
            Shape::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Shape::String => json!({ "type": "string" }),
            Shape::Bytes => json!({ "type": "string", "contentEncoding": "base64", "pattern": BASE64 }),
            Shape::List(element) => json!({ "type": "array", "items": self.value(element) }),
            Shape::Tuple(parts) => {
                let items: Vec<Value> = parts.iter().map(|part| self.value(part)).collect();
                let count = items.len();
                json!({
                    "type": "array", "prefixItems": items, "items": false, "minItems": count, "maxItems": count
                })
            }
            Shape::Record(fields) => self.record(fields, docs),
            Shape::Variant(cases) => self.variant(cases, docs),
            Shape::Enum(labels) => labelled(json!({ "enum": list(labels) }), labels, docs),
            Shape::Flags(labels) => labelled(
                json!({ "type": "array", "items": { "enum": list(labels) }, "uniqueItems": true }),
                labels,
                docs,
            ),
            Shape::Option(inner) => {
                let value = self.value(inner);
                let value = if inner.is_nullable() { only("some", &value) } else { value };
                json!({ "anyOf": [value, { "type": "null" }] })
            }
            Shape::Result(ok, err) => {
                let ok = self.value_or_null(ok.as_deref());
                let err = self.value_or_null(err.as_deref());
                json!({ "oneOf": [only("ok", &ok), only("err", &err)] })
            }
        }
    }

    fn record(&mut self, fields: &'a [Field], docs: Option<&TypeDocs>) -> Value {
        let member =
            |field: &'a Field| (&*field.name, &field.shape, docs.and_then(|docs| docs.item(&field.name)));
        self.object(fields.iter().map(member).collect())
    }

    fn variant(&mut self, cases: &'a Cases, docs: Option<&TypeDocs>) -> Value {
        let mut alternatives = Vec::with_capacity(cases.iter().len());
        for (tag, payload) in cases.iter() {
            let mut properties = json!({ "tag": { "const": tag } });
            let mut required = vec!["tag"];
            if let (Some(shape), Value::Object(properties)) = (payload, &mut properties) {
                properties.insert("value".to_owned(), self.value(shape));
                if !shape.is_nullable() {
                    required.push("value");
                }
            }
            let mut alternative = json!({
                "type": "object", "properties": properties, "required": required, "additionalProperties": false
            });
            if let Some(text) = docs.and_then(|docs| docs.item(tag)) {
                describe(&mut alternative, &text);
            }
            alternatives.push(alternative);
        }
        json!({ "oneOf": alternatives })
    }

    fn object(&mut self, members: Vec<(&str, &'a Shape, Option<String>)>) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, shape, text) in members {
            let mut schema = self.value(shape);
            if let Some(text) = text {
                describe(&mut schema, &text);
            }
            properties.insert(name.to_owned(), schema);
            if !shape.is_nullable() {
                required.push(name);
            }
        }
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }
}

/// Puts a text before what is said already.
fn describe(schema: &mut Value, text: &str) {
    let Value::Object(schema) = schema else { return };
    let text = match schema.get("description") {
        Some(Value::String(more)) => format!("{text}\n\n{more}"),
        _ => text.to_owned(),
    };
    schema.insert("description".to_owned(), text.into());
}

/// The object with that member alone.
fn only(name: &str, value: &Value) -> Value {
    json!({ "type": "object", "properties": { name: value }, "required": [name], "additionalProperties": false })
}

fn list(labels: &Labels) -> Vec<&str> {
    labels.iter().collect()
}

/// Values of an `enum` have no place for a text of their own.
fn labelled(mut schema: Value, labels: &Labels, docs: Option<&TypeDocs>) -> Value {
    let text = |label: &str| Some(format!("- `{label}`: {}", docs?.item(label)?));
    let lines: Vec<String> = labels.iter().filter_map(text).collect();
    if !lines.is_empty() {
        describe(&mut schema, &lines.join("\n"));
    }
    schema
}

fn integer(kind: Integer) -> Value {
    let (least, greatest) = kind.range();
    // All of these are exact as numbers.
    let bound = |number: i128| i64::try_from(number.clamp(-EXACT, EXACT)).map_or(Value::Null, Value::from);
    let number = json!({ "type": "integer", "minimum": bound(least), "maximum": bound(greatest) });
    match kind {
        Integer::S64 => {
            json!({ "anyOf": [number, { "type": "string", "pattern": "^(0|-?[1-9][0-9]{0,18})$" }] })
        }
        Integer::U64 => {
            json!({ "anyOf": [number, { "type": "string", "pattern": "^(0|[1-9][0-9]{0,19})$" }] })
        }
        _ => number,
    }
}

/// Base64 as arguments may have it: whole, and with no bits that are not the bytes'. `=` may be left out.
const BASE64: &str =
    "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw](?:==?)?|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=?)?$";

/// The greatest f32, as its shortest decimal form reads.
pub(super) const MAX_F32: f64 = 3.402_823_5e38;

fn float(number: &Value) -> Value {
    json!({ "anyOf": [number, { "enum": ["NaN", "Infinity", "-Infinity"] }] })
}
