//! The fields of the front matter, each read on its own: tree to [`Manifest`].

use std::collections::BTreeMap;

use super::{
    fault::{Fault, Faults, Place, Severity},
    known_fields::{self, SPECIFICATION},
    manifest::{Field, MAX_COMPATIBILITY_CHARS, MAX_DESCRIPTION_CHARS, Manifest},
    node::Pair,
    optional_fields,
    skill_name::{NameProblem, check_name, folder_name, normalize},
    source::Source,
};

/// Reads all fields. The specification's errors come in the order in which the reference validator
/// reports them: unexpected fields, name, description, compatibility; all else in file order.
pub(super) fn read(
    pairs: Vec<Pair>,
    source: Source<'_>,
    folder: Option<&str>,
    faults: &mut Faults,
) -> Manifest {
    let fields = named(pairs, faults);
    unexpected(&fields, faults);
    let mut manifest = Manifest { fields, ..Manifest::default() };
    name(&mut manifest, folder, faults);
    description(&mut manifest, faults);
    compatibility(&mut manifest, faults);

    let fields = std::mem::take(&mut manifest.fields);
    let last: BTreeMap<&str, usize> =
        fields.iter().enumerate().map(|(index, field)| (field.key.as_str(), index)).collect();
    for (index, field) in fields.iter().enumerate() {
        // Forgetting a ban would widen what is allowed, so each of them counts.
        if last.get(field.key.as_str()) == Some(&index) || field.key == "disallowed-tools" {
            unknown(field, faults);
            optional_fields::read(&mut manifest, field, source, faults);
        }
    }
    manifest.fields = fields;
    let version = manifest.metadata.get("version").map(|version| version.trim().to_owned());
    manifest.version = version.filter(|version| !version.is_empty()).or(manifest.version);
    manifest
}

/// The pairs whose keys are texts.
fn named(pairs: Vec<Pair>, faults: &mut Faults) -> Vec<Field> {
    let mut fields = Vec::with_capacity(pairs.len());
    for Pair { key, value } in pairs {
        if let Some(name) = key.as_str() {
            fields.push(Field { key: name.to_owned(), line: key.line, column: key.column, value });
        } else {
            let message = format!("a key must be a text, not {}", key.kind_name());
            faults.push(
                Fault::new("odd-key", Severity::Error, Severity::Warning, message)
                    .at(key.place())
                    .hint("write `key: value`; this pair is ignored"),
            );
        }
    }
    fields
}

/// One fault for all fields that the specification does not have, as the reference validator.
fn unexpected(fields: &[Field], faults: &mut Faults) {
    let mut found: Vec<&Field> =
        fields.iter().filter(|field| !known_fields::is_specified(&field.key)).collect();
    let Some(first) = found.first().copied() else { return };
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found.dedup_by(|a, b| a.key == b.key);
    let keys: Vec<&str> = found.iter().map(|field| field.key.as_str()).collect();
    let allowed: Vec<String> = SPECIFICATION.iter().map(|field| format!("'{field}'")).collect();
    faults.push(
        Fault::new(
            "unexpected-fields",
            Severity::Error,
            Severity::Note,
            format!(
                "Unexpected fields in frontmatter: {}. Only [{}] are allowed.",
                keys.join(", "),
                allowed.join(", ")
            ),
        )
        .at(place(first))
        .text(&first.key)
        .hint("put fields of your own under `metadata`"),
    );
}

/// One fault for each field that nobody knows, or that is probably a known one misspelt.
fn unknown(field: &Field, faults: &mut Faults) {
    let key = field.key.as_str();
    if known_fields::is_specified(key) || known_fields::is_known_elsewhere(key) {
        return;
    }
    let fault = if let Some(meant) = known_fields::meant(key) {
        let nothing = if meant == "allowed-tools" { "grants nothing" } else { "has no effect" };
        Fault::new(
            "misspelt-field",
            Severity::Warning,
            Severity::Warning,
            format!("the field `{key}` is not known and {nothing}"),
        )
        .hint(format!("write `{meant}`"))
    } else {
        Fault::new("unknown-field", Severity::Note, Severity::Note, format!("the field `{key}` is not known"))
            .hint("it is kept and has no effect here")
    };
    faults.push(fault.at(place(field)).text(key));
}

fn name(manifest: &mut Manifest, folder: Option<&str>, faults: &mut Faults) {
    let folder = folder_name(folder);
    let serves = |hint: String| {
        folder.map_or_else(|| hint.clone(), |folder| format!("{hint}; the skill loads as `{folder}`"))
    };
    let Some(value) = manifest.field("name") else {
        faults.push(
            Fault::new(
                "name-missing",
                Severity::Error,
                Severity::Warning,
                "Missing required field in frontmatter: name",
            )
            .hint(serves("add a line `name: …` with the folder's name".to_owned())),
        );
        manifest.name = folder.unwrap_or_default().to_owned();
        return;
    };
    let written = value.as_str().map(|text| text.trim().to_owned());
    let problems = check_name(written.as_deref().unwrap_or_default(), folder);
    let legal = problems.iter().all(|problem| matches!(problem, NameProblem::OtherFolder { .. }));
    for problem in &problems {
        let hint = if legal { problem.hint() } else { serves(problem.hint()) };
        let fault = Fault::new(problem.code(), Severity::Error, Severity::Warning, problem.to_string());
        faults.push(fault.at(value.place()).text(written.as_deref().unwrap_or_default()).hint(hint));
    }
    let normal = normalize(written.as_deref().unwrap_or_default());
    manifest.name = if legal { normal } else { folder.map_or(normal, str::to_owned) };
    manifest.written_name = written;
}

fn description(manifest: &mut Manifest, faults: &mut Faults) {
    let hint = "say in a sentence or two what the skill does and when to use it";
    let Some(value) = manifest.field("description") else {
        faults.push(
            Fault::new(
                "description-missing",
                Severity::Error,
                Severity::Error,
                "Missing required field in frontmatter: description",
            )
            .hint(format!("add a line `description: …` and {hint}")),
        );
        return;
    };
    let text = value.as_str().unwrap_or_default();
    let length = text.chars().count();
    let fault = if text.trim().is_empty() {
        let message = "Field 'description' must be a non-empty string";
        Fault::new("description-empty", Severity::Error, Severity::Error, message).hint(hint)
    } else if value.is_null() {
        let message = format!("the description `{text}` means that there is none");
        Fault::new("description-null", Severity::Warning, Severity::Error, message).hint(hint)
    } else if length > MAX_DESCRIPTION_CHARS {
        let message = format!("Description exceeds {MAX_DESCRIPTION_CHARS} character limit ({length} chars)");
        Fault::new("description-too-long", Severity::Error, Severity::Warning, message)
            .hint("shorten it; details belong in the body")
    } else {
        manifest.description = text.trim().to_owned();
        return;
    };
    let description = if fault.load == Severity::Error { "" } else { text.trim() };
    faults.push(fault.at(value.place()).text(text));
    manifest.description = description.to_owned();
}

fn compatibility(manifest: &mut Manifest, faults: &mut Faults) {
    let Some(value) = manifest.field("compatibility") else { return };
    let fault = match value.as_str() {
        None => Fault::new(
            "compatibility-not-text",
            Severity::Error,
            Severity::Warning,
            "Field 'compatibility' must be a string",
        )
        .at(value.place())
        .hint(format!("write one text instead of {}; it is ignored", value.kind_name())),
        Some(text) => {
            let length = text.chars().count();
            let message =
                format!("Compatibility exceeds {MAX_COMPATIBILITY_CHARS} character limit ({length} chars)");
            let kept = optional_fields::text(value);
            let fault = Fault::new("compatibility-too-long", Severity::Error, Severity::Warning, message)
                .at(value.place())
                .text(text)
                .hint("shorten it; details belong in the body");
            manifest.compatibility = kept;
            if length <= MAX_COMPATIBILITY_CHARS {
                return;
            }
            fault
        }
    };
    faults.push(fault);
}

fn place(field: &Field) -> Place {
    Place { line: field.line, column: field.column }
}
