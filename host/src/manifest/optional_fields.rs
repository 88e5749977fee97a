//! The fields a skill may leave out. Each has its own kind of value; any other kind is a warning
//! and leaves the field empty.

use super::{
    allowed_tools::{entries_of, has_comma},
    fault::{Fault, Faults, Severity},
    manifest::{Field, Manifest},
    node::{Node, NodeKind},
    source::Source,
    tool_entry::ToolEntry,
};

/// Reads `field` into `manifest`, if it is one of these. `source` is what it was read from.
pub(super) fn read(manifest: &mut Manifest, field: &Field, source: Source<'_>, faults: &mut Faults) {
    let value = &field.value;
    match field.key.as_str() {
        "license" => manifest.license = text_field(field, faults),
        "version" => manifest.version = text_field(field, faults),
        "when_to_use" => manifest.when_to_use = text_field(field, faults),
        "context" => manifest.context = text_field(field, faults),
        "agent" => manifest.agent = text_field(field, faults),
        "model" => manifest.model = text_field(field, faults),
        "effort" => manifest.effort = text_field(field, faults),
        "shell" => manifest.shell = text_field(field, faults),
        "argument-hint" => manifest.argument_hint = as_written(value, source),
        "arguments" => manifest.arguments = list_field(field, char::is_whitespace, faults),
        "paths" => manifest.paths = list_field(field, |c| c == ',', faults),
        "disable-model-invocation" => manifest.disable_model_invocation = bool_field(field, faults),
        "user-invocable" => manifest.user_invocable = bool_field(field, faults),
        "metadata" => metadata(manifest, value, faults),
        "allowed-tools" => {
            notation(value, faults);
            manifest.allowed_tools = tools_field(field, source, faults);
        }
        "disallowed-tools" => manifest.disallowed_tools.extend(tools_field(field, source, faults)),
        _ => {}
    }
}

/// The text of a value; none if nothing is written.
pub(super) fn text(value: &Node) -> Option<String> {
    let text = value.as_str().filter(|_| !value.is_null())?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn text_field(field: &Field, faults: &mut Faults) -> Option<String> {
    if field.value.as_str().is_none() {
        faults.push(wrong_kind(&field.key, &field.value, "a text"));
    }
    text(&field.value)
}

fn bool_field(field: &Field, faults: &mut Faults) -> Option<bool> {
    let value = field.value.as_bool();
    if value.is_none() && !field.value.is_null() {
        faults.push(wrong_kind(&field.key, &field.value, "`true` or `false`"));
    }
    value
}

/// A list of texts, or one text split at `separator`.
fn list_field(field: &Field, separator: impl Fn(char) -> bool, faults: &mut Faults) -> Vec<String> {
    match &field.value.kind {
        NodeKind::Scalar { .. } => {
            let text = text(&field.value).unwrap_or_default();
            text.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        }
        NodeKind::Sequence(items) => {
            for item in items.iter().filter(|item| item.as_str().is_none()) {
                faults.push(wrong_kind(&field.key, item, "a list of texts"));
            }
            items.iter().filter_map(text).collect()
        }
        NodeKind::Mapping(_) => {
            faults.push(wrong_kind(&field.key, &field.value, "a text or a list of texts"));
            Vec::new()
        }
    }
}

/// `argument-hint: [file]` is a list to YAML and a text to its author.
fn as_written(value: &Node, source: Source<'_>) -> Option<String> {
    let written = match value.kind {
        NodeKind::Scalar { .. } => return text(value),
        NodeKind::Sequence(_) | NodeKind::Mapping(_) => source.written(value).trim(),
    };
    (!written.is_empty()).then(|| written.to_owned())
}

fn metadata(manifest: &mut Manifest, value: &Node, faults: &mut Faults) {
    let Some(pairs) = value.as_mapping() else {
        if !value.is_null() {
            faults.push(wrong_kind("metadata", value, "a mapping of texts"));
        }
        return;
    };
    let mut nested = None;
    for pair in pairs {
        match (pair.key.as_str(), pair.value.as_str()) {
            (Some(key), Some(_)) => {
                manifest.metadata.insert(key.to_owned(), text(&pair.value).unwrap_or_default());
            }
            _ => nested = nested.or(Some(&pair.key)),
        }
    }
    if let Some(key) = nested {
        let name = key.as_str().unwrap_or("?");
        faults.push(
            Fault::new(
                "metadata-nested",
                Severity::Warning,
                Severity::Note,
                format!("`metadata.{name}` is not a text"),
            )
            .at(key.place())
            .text(name)
            .hint("the specification has texts only; it is kept as written"),
        );
    }
}

fn tools_field(field: &Field, source: Source<'_>, faults: &mut Faults) -> Vec<ToolEntry> {
    if field.value.is_null() {
        return Vec::new();
    }
    let entries = entries_of(&field.value, source, &mut |item| {
        let fault = wrong_kind(&field.key, item, "a text or a list of texts");
        faults.push(fault.hint("put the entry in quotes; as it is, it grants nothing"));
    });
    let effect = if field.key == "allowed-tools" { "; as it is, it grants nothing" } else { "" };
    for entry in &entries {
        if let Some(error) = entry.error {
            let message = format!("the entry `{}` of `{}` is not valid: {error}", entry.text, field.key);
            faults.push(
                Fault::new("tool-entry", Severity::Warning, Severity::Warning, message)
                    .at(super::fault::Place { line: entry.line, column: entry.column })
                    .text(&entry.text)
                    .hint(format!("{}{effect}", error.hint())),
            );
        }
    }
    entries
}

/// The specification has one text with blanks between the tools; lists and commas are common.
fn notation(value: &Node, faults: &mut Faults) {
    let (code, form) = match &value.kind {
        NodeKind::Sequence(_) => ("allowed-tools-list", "a list"),
        NodeKind::Scalar { text, .. } if has_comma(text) => ("allowed-tools-commas", "separated by commas"),
        NodeKind::Scalar { .. } | NodeKind::Mapping(_) => return,
    };
    faults.push(
        Fault::new(
            code,
            Severity::Warning,
            Severity::Note,
            format!("`allowed-tools` is {form}; the specification has one text, separated by blanks"),
        )
        .at(value.place())
        .hint("write `allowed-tools: Read Edit` for clients that know nothing else"),
    );
}

fn wrong_kind(key: &str, value: &Node, expected: &str) -> Fault {
    let found =
        value.as_str().map_or_else(|| value.kind_name().to_owned(), |text| format!("`{}`", text.trim()));
    Fault::new(
        "wrong-kind",
        Severity::Warning,
        Severity::Warning,
        format!("`{key}` must be {expected}, not {}", super::fault::excerpt(&found)),
    )
    .at(value.place())
    .hint("it is ignored; the other fields are not affected")
}
