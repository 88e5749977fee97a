//! `openskills inspect`: what a component is, before anyone runs it.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use indicatif::HumanBytes;
use openskills_runtime::capability::Kind;
use openskills_runtime::{Excess, Function, Import, ImportClass, Inspection};
use serde_json::Value;

use crate::args::Permissions;
use crate::context::Context;
use crate::exit::Exit;
use crate::printer::{BAD, BOLD, DIM, GOOD, HINT, NOTE, WARNING, paint, plain};
use crate::render::path;

const EXAMPLES: &str = "\
Examples:
  openskills inspect text-stats
  openskills inspect skills/page-title --deny WebFetch
  openskills inspect target/wasm32-wasip2/release/my_skill.wasm
  openskills inspect text-stats --json | jq .schema.input";

/// Below it the guest grows its memory in every call, which costs more than the call itself.
const ROOMY: u64 = 2 << 20;

/// Show what a component imports, exports, takes and gives, and what it is granted.
///
/// Nothing is granted meanwhile, and of its code only the description of input and output is run.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A skill, by name or path, or a component file
    #[arg(value_name = "SKILL|FILE.wasm")]
    skill: String,
    #[command(flatten)]
    permissions: Permissions,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let runtime = context.builder_with(&options.permissions, None)?.build()?;
    let file = Path::new(&options.skill);
    let inspection = match file.extension().is_some_and(|extension| extension == "wasm") && !file.is_dir() {
        true => runtime.inspect_file(file)?,
        false => runtime.inspect_skill(&context.open(&runtime, &options.skill)?.id)?,
    };
    match context.common.json {
        true => context.printer.json(&inspection)?,
        false => context.printer.out(&text(&inspection))?,
    }
    Ok(Exit::Success)
}

fn text(inspection: &Inspection) -> String {
    let mut text = Vec::new();
    if let Some(skill) = &inspection.skill {
        text.push(paint(BOLD, &plain(skill)));
    }
    let mut row =
        |name: &str, value: &str| text.push(format!("{} {value}", paint(DIM, &format!("{name:<9}"))));
    row("component", &path(&inspection.path));
    row("size", &HumanBytes(inspection.bytes as u64).to_string());
    row("sha256", &inspection.sha256);
    row(
        "called by",
        match inspection.entry {
            Some("execute") => "`execute`: JSON in, JSON out",
            Some(_) => "`wasi:cli/run`: JSON on stdin, its output on stdout",
            None if inspection.functions.iter().any(|function| function.refused.is_none()) => {
                "`openskills call`, its functions by name"
            }
            None if inspection.exports.iter().any(|name| name.starts_with("wasi:http/")) => {
                "nothing here: it is a web server, which waits for requests"
            }
            None if !inspection.functions.is_empty() => "nothing: none of its functions can be called",
            None => "nothing that takes JSON",
        },
    );
    if let Some(adapter) = &inspection.adapted {
        row("adapted", &format!("a core module for wasm32-wasip1, through the {adapter}"));
    }
    row("memory", &memory(inspection.initial_memory));
    row("exports", &plain(&inspection.exports.join(", ")));
    imports(inspection, &mut text);
    if inspection.skill.is_some() {
        rules(inspection, &mut text);
    }
    functions(&inspection.functions, &mut text);
    match &inspection.schema {
        // It has no entry point, so it has nothing to describe.
        None if !inspection.exports.iter().any(|name| name == "execute")
            && !inspection.functions.is_empty() => {}
        Some(schema) => {
            for (title, part) in [("Input", "input"), ("Output", "output")] {
                if let Some(schema) = schema.get(part) {
                    text.push(format!("\n{}", paint(BOLD, title)));
                    text.extend(fields(schema));
                }
            }
        }
        None => text.push(format!(
            "\n{}\n  not described by the component; see SKILL.md",
            paint(BOLD, "Input and output")
        )),
    }
    text.join("\n")
}

/// Typed functions, each as WIT writes it, with what its author says of it in a line.
fn functions(functions: &[Function], text: &mut Vec<String>) {
    let mut before = None;
    for function in functions {
        let interface = function.name.rsplit_once('#').map(|(interface, _)| interface);
        if before != Some(interface) {
            text.push(format!("\n{}", paint(BOLD, &plain(&title(interface)))));
            before = Some(interface);
        }
        text.push(format!("  {}", plain(&function.signature)));
        let about = function.description.as_deref().and_then(|about| about.lines().next());
        if let Some(about) = about {
            text.push(format!("    {}", paint(DIM, &plain(about))));
        }
        if let Some(reason) = &function.refused {
            text.push(format!("    {}", paint(WARNING, &plain(&format!("cannot be called: {reason}")))));
        }
    }
}

fn title(interface: Option<&str>) -> String {
    interface.map_or_else(|| "Functions".to_owned(), |interface| format!("Functions of {interface}"))
}

fn memory(initial: Option<u64>) -> String {
    match initial {
        None => "not known".to_owned(),
        Some(bytes) if bytes < ROOMY => format!(
            "{} at the start\n          {}: it has to grow in every call, which makes calls slower; link with\n          \
             `-C link-arg=--initial-memory=2097152`",
            HumanBytes(bytes),
            paint(WARNING, "warning")
        ),
        Some(bytes) => format!("{} at the start", HumanBytes(bytes)),
    }
}

/// Imports by what they need; those without authority are summed up.
fn imports(inspection: &Inspection, text: &mut Vec<String>) {
    let is_skill = inspection.skill.is_some();
    text.push(format!("\n{}", paint(BOLD, "Imports")));
    if inspection.imports.is_empty() {
        text.push("  none".to_owned());
    }
    let mut free = Vec::new();
    for import in &inspection.imports {
        let refusal = inspection.refused.iter().find(|refusal| refusal.target == import.name);
        let (good, verdict) = match (import.class(), refusal) {
            (ImportClass::Always, None) => {
                free.push(import);
                continue;
            }
            (_, Some(refusal)) => (false, format!("refused: {}", plain(&refusal.reason))),
            (ImportClass::ByGrant(kind), None) if is_skill => (true, format!("granted by {}", needs(kind))),
            (ImportClass::ByGrant(kind), None) => (true, format!("needs {}", needs(kind))),
            (ImportClass::Unknown, None) => (false, import.absence().0.to_owned()),
        };
        let style = if good { GOOD } else { BAD };
        text.push(format!("  {}  {}", plain(&import.name), paint(style, &verdict)));
        if !import.functions.is_empty() {
            text.push(format!("    {}", paint(DIM, &plain(&import.functions.join(", ")))));
        }
        let remedy = match (refusal, import.class()) {
            (Some(refusal), _) => refusal.remedy.as_str(),
            (None, ImportClass::Unknown) => import.absence().1,
            (None, _) => "",
        };
        if !remedy.is_empty() {
            text.push(format!("    {}: {}", paint(HINT, "hint"), plain(remedy)));
        }
    }
    if !free.is_empty() {
        text.push(format!("  {}", paint(DIM, "always there, without authority of their own:")));
        text.extend(free.chunks(4).map(|some| {
            let names: Vec<String> = some.iter().map(|import| plain(Import::interface(import))).collect();
            format!("    {}", names.join(", "))
        }));
    }
}

fn needs(kind: Kind) -> &'static str {
    match kind {
        Kind::Files => "`Read(…)` or `Edit(…)`",
        Kind::Http => "`WebFetch(domain:…)`",
        Kind::Env => "`Env(…)`",
    }
}

fn rules(inspection: &Inspection, text: &mut Vec<String>) {
    text.push(format!("\n{}", paint(BOLD, "Rights")));
    if inspection.requested.is_empty() {
        text.push("  it asks for none: it may read its own folder and use its own /tmp".to_owned());
    }
    for rule in &inspection.requested {
        let verdict = match inspection.granted.contains(rule) {
            true => paint(GOOD, "requested, within the policy"),
            false => paint(BAD, "requested, taken away by the policy"),
        };
        text.push(format!("  {}  {verdict}", plain(rule)));
    }
    for note in &inspection.notes {
        text.push(format!("  {}  {}: {}", plain(&note.entry), paint(NOTE, "note"), plain(&note.message)));
    }
    needs_and_rights(inspection, text);
}

/// Imports and rights that do not fit together. What is refused before any code runs stands with the imports.
fn needs_and_rights(inspection: &Inspection, text: &mut Vec<String>) {
    let mut block = |title: &str, style, lines: Vec<(String, &str, &str)>| {
        if lines.is_empty() {
            return;
        }
        text.push(format!("\n{}", paint(BOLD, title)));
        for (what, message, remedy) in lines {
            text.push(format!("  {}  {}", plain(&what), paint(style, &plain(message))));
            if !remedy.is_empty() {
                text.push(format!("    {}: {}", paint(HINT, "hint"), plain(remedy)));
            }
        }
    };
    let needs = &inspection.needs;
    let missing = needs.missing.iter().filter(|gap| !gap.functions.is_empty());
    let missing = missing.map(|gap| {
        let what = format!("{} ({})", gap.import, gap.functions.join(", "));
        (what, gap.message.as_str(), gap.remedy.as_str())
    });
    block("Needs and may not have", BAD, missing.collect());
    let excess = |list: &'_ [Excess]| -> Vec<(String, String, String)> {
        list.iter().map(|one| (one.rule.clone(), one.message.clone(), one.remedy.clone())).collect()
    };
    for (title, style, list) in [
        ("May have and cannot use", WARNING, excess(&needs.unused)),
        ("May have; whether it is used cannot be told", DIM, excess(&needs.untold)),
    ] {
        let lines =
            list.iter().map(|(rule, message, remedy)| (rule.clone(), message.as_str(), remedy.as_str()));
        block(title, style, lines.collect());
    }
}

/// The fields of an object's schema, one a line; of alternatives each by itself; another schema as it is.
fn fields(schema: &Value) -> Vec<String> {
    let alternatives = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    match alternatives {
        Some(alternatives) if alternatives.iter().all(|one| !properties(one, schema).is_empty()) => {
            let mut lines = Vec::new();
            for one in alternatives {
                lines.push(match one.get("description").and_then(Value::as_str) {
                    Some(about) => format!("  either {}", paint(DIM, &plain(about.trim()))),
                    None => "  either".to_owned(),
                });
                lines.extend(table(one, schema).iter().map(|line| format!("  {line}")));
            }
            lines
        }
        _ if !properties(schema, schema).is_empty() => table(schema, schema),
        _ if schema.get("type").and_then(Value::as_str) == Some("object") => {
            vec!["  an object without fields".to_owned()]
        }
        _ => format!("{schema:#}").lines().map(|line| format!("  {}", plain(line))).collect(),
    }
}

/// The fields of an object: its own, and those of the one that it refers to. Those that are required come first.
fn properties<'a>(object: &'a Value, root: &'a Value) -> Vec<(&'a String, &'a Value, bool)> {
    let referred =
        object.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?));
    let mut fields = Vec::new();
    for part in [Some(object), referred].into_iter().flatten() {
        let required = part.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
        let own = part.get("properties").and_then(Value::as_object).into_iter().flatten();
        fields.extend(own.map(|(name, field)| (name, field, is_required(name))));
    }
    fields.sort_by_key(|(_, _, required)| !required);
    fields
}

fn table(object: &Value, root: &Value) -> Vec<String> {
    let rows: Vec<(String, String, String)> = properties(object, root)
        .into_iter()
        .map(|(name, field, required)| {
            let optional = if required { "" } else { ", optional" };
            let about = field.get("description").and_then(Value::as_str).unwrap_or_default();
            (plain(name), format!("{}{optional}", plain(&kind(field, root))), plain(about.trim()))
        })
        .collect();
    let width = |of: fn(&(String, String, String)) -> &String| {
        rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default()
    };
    let (names, kinds) = (width(|row| &row.0), width(|row| &row.1));
    rows.iter()
        .map(|(name, kind, about)| {
            let (name, kind) = (format!("{name:<names$}"), format!("{kind:<kinds$}"));
            format!("  {}  {}  {about}", paint(BOLD, &name), paint(DIM, &kind)).trim_end().to_owned()
        })
        .collect()
}

/// The type of a field in a word or two.
fn kind(field: &Value, root: &Value) -> String {
    if let Some(name) = field.get("$ref").and_then(Value::as_str) {
        let target = name.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        let short = name.rsplit('/').next().unwrap_or(name);
        return match target.map(|target| kind(target, &Value::Null)) {
            Some(kind) if kind != "object" && kind != "any" => kind,
            _ => short.to_owned(),
        };
    }
    if let Some(values) = field.get("enum").and_then(Value::as_array) {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    if let Some(value) = field.get("const") {
        return value.to_string();
    }
    for alternatives in ["anyOf", "oneOf"] {
        if let Some(options) = field.get(alternatives).and_then(Value::as_array) {
            let kinds: Vec<String> =
                options.iter().map(|option| kind(option, root)).filter(|kind| kind != "null").collect();
            return kinds.join(" | ");
        }
    }
    let one = |name: &str| match (name, field.get("items")) {
        ("array", Some(items)) => format!("list of {}", kind(items, root)),
        (name, _) => name.to_owned(),
    };
    match field.get("type") {
        Some(Value::String(name)) => one(name),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(one).collect::<Vec<_>>().join(" | ")
        }
        _ => "any".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fields;

    #[test]
    fn a_schema_becomes_a_line_for_each_field() {
        let schema = json!({
            "type": "object",
            "required": ["text"],
            "properties": {
                "text": { "type": "string", "description": "What to count." },
                "top": { "type": ["integer", "null"] },
                "state": { "$ref": "#/$defs/State" },
                "words": { "type": "array", "items": { "$ref": "#/$defs/Word" } }
            },
            "$defs": {
                "State": { "enum": ["set", "unset"] },
                "Word": { "type": "object" }
            }
        });
        let text = anstream::adapter::strip_str(&fields(&schema).join("\n")).to_string();
        assert!(text.contains("text   string"), "{text}");
        assert!(text.contains("What to count."), "{text}");
        assert!(text.contains("integer, optional"), "{text}");
        assert!(text.contains("\"set\" | \"unset\""), "{text}");
        assert!(text.contains("list of Word"), "{text}");
    }

    #[test]
    fn of_alternatives_each_is_shown() {
        let schema = json!({
            "oneOf": [
                { "description": "Adds.", "required": ["action"], "properties": { "action": { "const": "add" } } },
                { "$ref": "#/$defs/List", "properties": { "action": { "const": "list" } } }
            ],
            "$defs": { "List": { "properties": { "limit": { "type": "integer" } } } }
        });
        let text = anstream::adapter::strip_str(&fields(&schema).join("\n")).to_string();
        assert!(text.contains("either Adds."), "{text}");
        assert!(text.contains("limit") && text.contains("\"list\""), "{text}");
    }
}
