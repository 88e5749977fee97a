//! Errors as text with hints, and as JSON.

use std::io;
use std::path::{Path, PathBuf};

use openskills_runtime::capability::Reason;
use openskills_runtime::manifest::{Fault, Severity, SourceLine};
use openskills_runtime::{OpenSkillError, PolicyError, Refusal};
use serde_json::{Value, json};

use crate::exit::{Complaint, Exit};
use crate::printer::{BOLD, DIM, ERROR, HINT, NOTE, Printer, WARNING, paint, plain};

/// Lines of a skill's own message, and refusals, that an error shows.
const MAX_LINES: usize = 12;

/// Characters of one such line.
const MAX_CHARACTERS: usize = 1_000;

/// Says what went wrong, and gives the code to end with.
pub(crate) fn report(printer: Printer, json: bool, error: &anyhow::Error) -> Exit {
    if is_broken_pipe(error) {
        // Whoever read our output has seen enough.
        return Exit::Success;
    }
    let exit = exit_of(error);
    if json {
        // Nobody to tell if even this cannot be written.
        let _ = printer.json(&as_json(error));
        return exit;
    }
    match (error.downcast_ref::<OpenSkillError>(), error.downcast_ref::<Complaint>()) {
        (Some(error), _) => skill_error(printer, error),
        (None, Some(found)) => complaint(printer, found),
        (None, None) if error.is::<io::Error>() && error.chain().count() == 1 => {
            printer.error(&format!("the output cannot be written: {error}"));
        }
        (None, None) => printer.error(&plain(&format!("{error:#}"))),
    }
    exit
}

/// Says why a script did not end by itself, after what it wrote.
pub(crate) fn ended(printer: Printer, error: &OpenSkillError) -> Exit {
    let exit = error.kind().into();
    explain(printer, error);
    exit
}

/// Says what is wrong with the command line.
pub(crate) fn complaint(printer: Printer, complaint: &Complaint) {
    printer.error(&plain(&complaint.message));
    complaint.more.iter().for_each(|line| printer.more(line));
    if let Some(hint) = &complaint.hint {
        printer.hint(&plain(hint));
    }
}

/// A path for people: relative to the current directory where it lies in it.
pub(crate) fn path(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok())
        .filter(|below| !below.as_os_str().is_empty());
    plain(&below.unwrap_or(path).display().to_string())
}

/// Paths for people.
pub(crate) fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|one| format!("`{}`", path(one))).collect::<Vec<_>>().join(", ")
}

/// Where skills would be found.
pub(crate) fn places_hint() -> String {
    "no skills folder was found (.openskills/skills, .agents/skills, .claude/skills here or above, OPENSKILLS_PATH, \
     ~/.config/openskills/skills); name one with `--skills DIR`"
        .to_owned()
}

/// One refusal in words.
pub(crate) fn refused(refusal: &Refusal) -> String {
    plain(&refusal.to_string())
}

/// One fault as a compiler shows it: place, message, the line itself, what to do.
pub(crate) fn diagnostic(file: &Path, source: Option<&[u8]>, fault: &Fault) -> String {
    let (style, word) = match fault.strict {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
        Severity::Note => (NOTE, "note"),
    };
    let Fault { line, column, code, .. } = fault;
    let place = paint(BOLD, &format!("{}:{line}:{column}", path(file)));
    let code = paint(DIM, &format!("[{code}]"));
    let head = format!("{place}: {}: {} {code}", paint(style, word), plain(&fault.message));
    [vec![head], below(source, fault)].concat().join("\n")
}

/// Where a fault is, below a message that was said before: place, the line itself, what to do.
pub(crate) fn place(file: &Path, source: Option<&[u8]>, fault: &Fault) -> String {
    let Fault { line, column, code, .. } = fault;
    let place =
        format!("  {} {}", path(file) + &format!(":{line}:{column}"), paint(DIM, &format!("[{code}]")));
    let lines = [vec![place], below(source, fault)].concat();
    lines
        .iter()
        .flat_map(|lines| lines.lines())
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn below(source: Option<&[u8]>, fault: &Fault) -> Vec<String> {
    let excerpt = source.and_then(|source| excerpt(source, fault));
    let hint = fault.hint.as_ref().map(|hint| format!("  {}: {}", paint(HINT, "hint"), plain(hint)));
    excerpt.into_iter().chain(hint).collect()
}

/// The line of the file with a mark below the place, if there is a text that the fault is about.
fn excerpt(source: &[u8], fault: &Fault) -> Option<String> {
    let SourceLine { number, text, mark } = fault.source_line(source)?;
    // Cleaned one by one: the mark must stand where the character stands.
    let shown: String =
        text.chars().map(|c| if plain(&c.to_string()).trim().is_empty() { ' ' } else { c }).collect();
    let number = number.to_string();
    Some(format!(
        "  {} {shown}\n  {} {}{}",
        paint(DIM, &format!("{number} │")),
        paint(DIM, &format!("{:width$} │", "", width = number.len())),
        " ".repeat(mark.start),
        paint(WARNING, &"^".repeat(mark.len()))
    ))
}

fn skill_error(printer: Printer, error: &OpenSkillError) {
    if let Some(trace) = error.trace() {
        printer.guest(&trace.audit.skill, &trace.stdout);
        printer.guest(&trace.audit.skill, &trace.stderr);
        if let Some(error) = &trace.audit_error {
            printer.warning(&plain(&format!("the audit record could not be kept: {error}")));
        }
    }
    explain(printer, error);
}

fn explain(printer: Printer, error: &OpenSkillError) {
    match error {
        OpenSkillError::InvalidManifest { path: file, faults } => {
            printer.error(&format!("`{}` cannot be used", path(file)));
            let source = std::fs::read(file).ok();
            let refusing = faults.iter().filter(|fault| fault.load == Severity::Error);
            for fault in refusing.take(MAX_LINES) {
                printer.more(&diagnostic(file, source.as_deref(), fault));
            }
            return;
        }
        OpenSkillError::ExecutionFailure { skill, message, .. } => {
            quoted(printer, &format!("`{}` failed", plain(skill)), skill, message);
        }
        OpenSkillError::PermissionDenied { skill, refusals, message, .. } if refusals.len() > 1 => {
            printer.error(&format!("`{}` was refused {} things it asked for:", plain(skill), refusals.len()));
            for refusal in refusals.iter().take(MAX_LINES) {
                printer.more(&format!("  - {}", refused(refusal)));
            }
            if let Some(more) = refusals.len().checked_sub(MAX_LINES).filter(|more| *more > 0) {
                printer.more(&format!("  … and {more} more: `--json` lists all"));
            }
            said(printer, skill, message.as_deref());
        }
        OpenSkillError::PermissionDenied { skill, message, .. } => {
            printer.error(&plain(&error.to_string()));
            said(printer, skill, message.as_deref());
        }
        error => printer.error(&short(&error.to_string())),
    }
    if let Some(hint) = hint(error) {
        printer.hint(&plain(&hint));
    }
}

/// What the skill says itself, marked as its own words.
fn said(printer: Printer, skill: &str, message: Option<&str>) {
    if let Some(message) = message {
        printer.guest(skill, &lines(message).join("\n"));
    }
}

/// A message of the skill's own: on our line if it is one line, else below, behind the skill's name.
fn quoted(printer: Printer, head: &str, skill: &str, message: &str) {
    match lines(message).as_slice() {
        [] => printer.error(head),
        [line] => printer.error(&format!("{head}: {line}")),
        lines => {
            printer.error(&format!("{head}:"));
            for line in lines {
                printer.more(&format!("  {}│ {line}", plain(skill)));
            }
        }
    }
}

fn lines(message: &str) -> Vec<String> {
    let mut lines: Vec<String> = message.lines().take(MAX_LINES).map(short).collect();
    if message.lines().nth(MAX_LINES).is_some() {
        lines.push("…".to_owned());
    }
    lines
}

fn short(text: &str) -> String {
    let text = plain(text);
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// What to do about an error: the library's word, or what only a command line can say.
fn hint(error: &OpenSkillError) -> Option<String> {
    match error {
        OpenSkillError::SkillNotFound { nearest, searched, .. } if nearest.is_empty() && searched.is_empty() => {
            Some(places_hint())
        }
        OpenSkillError::InvalidInput { skill, .. } => Some(format!("`openskills inspect {skill}` shows the input it takes")),
        OpenSkillError::InvalidArtifact { path, .. } if !path.exists() => build(path).or_else(|| error.hint()),
        OpenSkillError::Timeout { compiling: false, limit_ms, .. } => {
            Some(format!("give it more time, say `--timeout-ms {}`", limit_ms.saturating_mul(4)))
        }
        OpenSkillError::PermissionDenied { refusals, .. } => error.hint().or_else(|| {
            let because = |reason: &Reason| refusals.iter().any(|refusal| refusal.reason == reason.to_string());
            if because(&Reason::NoWorkspace) {
                return Some("name a folder for it: `--workspace DIR`".to_owned());
            }
            because(&Reason::Outside).then(|| {
                "skills see the workspace only: choose it with `--workspace DIR`, add a folder with `--mount HOST:GUEST`"
                    .to_owned()
            })
        }),
        error => error.hint(),
    }
}

/// How to build a skill that has its source but not its component.
fn build(component: &Path) -> Option<String> {
    let folder = component.parent()?.parent()?;
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let name = manifest
        .lines()
        .find_map(|line| line.trim().strip_prefix("name")?.trim().strip_prefix('='))
        .map_or_else(|| "NAME".to_owned(), |name| name.trim().trim_matches('"').replace('-', "_"));
    let holds = |folder: &&Path| {
        std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
    };
    let root = folder.ancestors().find(holds).unwrap_or(folder);
    let commands = format!(
        "cargo build --release --target wasm32-wasip2 --manifest-path {manifest} && install -D {root}/target/wasm32-wasip2/release/{name}.wasm {component}",
        manifest = path(&folder.join("Cargo.toml")),
        root = path(root),
        component = path(component)
    );
    let xtask = folder.ancestors().any(|folder| folder.join("xtask/Cargo.toml").is_file());
    Some(match xtask {
        true => format!("build it: `cargo xtask skills`, or `{commands}`"),
        false => format!("build it: `{commands}`"),
    })
}

fn exit_of(error: &anyhow::Error) -> Exit {
    if let Some(error) = error.downcast_ref::<OpenSkillError>() {
        return error.kind().into();
    }
    if let Some(complaint) = error.downcast_ref::<Complaint>() {
        return complaint.exit;
    }
    match error.is::<PolicyError>() {
        true => Exit::Usage,
        false => Exit::Io,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn as_json(error: &anyhow::Error) -> Value {
    let Some(found) = error.downcast_ref::<OpenSkillError>() else {
        let complaint = error.downcast_ref::<Complaint>();
        let kind = complaint
            .map_or(if exit_of(error) == Exit::Usage { "Usage" } else { "Io" }, |complaint| complaint.kind);
        let hint = complaint.and_then(|complaint| complaint.hint.clone());
        let mut details =
            json!({ "kind": kind, "message": format!("{error:#}"), "hint": hint, "denials": [] });
        if let Some(Complaint { more, .. }) = complaint.filter(|complaint| !complaint.more.is_empty()) {
            details["details"] = json!(more);
        }
        return json!({ "error": details, "audit": null });
    };
    let denials: &[Refusal] = match found {
        OpenSkillError::PermissionDenied { refusals, .. } => refusals,
        _ => found.audit().map_or(&[], |audit| &audit.refusals),
    };
    let mut details = json!({
        "kind": found.kind().name(), "message": found.to_string(), "hint": hint(found), "denials": denials,
    });
    match found {
        OpenSkillError::InvalidInput { field, .. } => details["field"] = json!(field),
        OpenSkillError::InvalidManifest { path, faults } => {
            details["path"] = json!(path);
            details["faults"] = json!(faults);
        }
        _ => {}
    }
    let mut value = json!({ "error": details, "audit": found.audit() });
    if let Some(trace) = found.trace() {
        value["stdout"] = json!(trace.stdout);
        value["stderr"] = json!(trace.stderr);
    }
    value
}
