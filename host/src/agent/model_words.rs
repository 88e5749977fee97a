//! What a model is told: bounded, and never how to be granted something.

use serde_json::Value;

use super::input_schema::visible;
use crate::audit::Refusal;
use crate::error::OpenSkillError;

/// Bytes of a reply's content.
pub(super) const MAX_CONTENT: usize = 64 << 10;

/// Bytes of what a skill printed that an error shows.
const MAX_PRINTED: usize = 2 << 10;

/// The start of a text that a model wrote, fit for a message.
pub(super) fn short(text: &str) -> String {
    let text = crate::capability::printable(text);
    match text.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// The text, cut at a character if it is longer than a reply may be.
pub(super) fn bounded(text: String) -> String {
    if text.len() <= MAX_CONTENT {
        return text;
    }
    let cut = text.len() - MAX_CONTENT;
    let kept = text.get(..text.floor_char_boundary(MAX_CONTENT)).unwrap_or_default();
    format!("{kept}\n… (cut: about {cut} bytes more; ask for less at a time)")
}

/// The same without what would permit what was refused: the operator is told, and a model that has other tools must not
/// be led to use them for that.
pub(super) fn without_remedies(value: Value, refusals: &[Refusal]) -> Value {
    let clean = |text: String| {
        refusals
            .iter()
            .filter(|refusal| !refusal.remedy.is_empty())
            .fold(text, |text, refusal| text.replace(&refusal.remedy, "only the operator can permit it"))
    };
    if refusals.is_empty() {
        return value;
    }
    match value {
        Value::String(text) => clean(text).into(),
        Value::Array(elements) => {
            elements.into_iter().map(|element| without_remedies(element, refusals)).collect()
        }
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (name, without_remedies(member, refusals))).collect()
        }
        other => other,
    }
}

/// An output as a text: a text as it is, anything else as JSON.
pub(super) fn output(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a model hears of an error: what happened, and what it can do itself.
pub(super) fn failure(error: &OpenSkillError) -> String {
    let refusals = error.audit().map_or(&[][..], |audit| &audit.refusals);
    let what = match error {
        // What the system says of the host's own files is the operator's.
        OpenSkillError::Io { context, .. } => context.clone(),
        OpenSkillError::InvalidArtifact { .. } => "the skill's code cannot be run".to_owned(),
        OpenSkillError::InvalidManifest { .. } => {
            "the skill cannot be used: its SKILL.md is not valid".to_owned()
        }
        error => error.to_string(),
    };
    let advice = match error {
        OpenSkillError::SkillNotFound { .. } => "`list_skills` lists those that there are",
        OpenSkillError::PermissionDenied { .. } => {
            "you cannot change this: go on without it, or tell the user what was refused"
        }
        OpenSkillError::Timeout { .. } => "ask for less work in one call, or tell the user",
        OpenSkillError::LimitExceeded { .. } => "ask for less in one call, or tell the user",
        OpenSkillError::InvalidInput { .. } => {
            "put the input right and call again; `activate_skill` says what the skill takes"
        }
        OpenSkillError::InvalidFunction { .. } => "`activate_skill` says what the skill has",
        OpenSkillError::Cancelled { .. } => "it was stopped on purpose: do not call it again unasked",
        OpenSkillError::ExecutionFailure { .. } => {
            "look at the message, and call again only with another input"
        }
        OpenSkillError::Io { .. }
        | OpenSkillError::InvalidArtifact { .. }
        | OpenSkillError::InvalidManifest { .. } => {
            "this is for the user or the operator to put right: tell the user"
        }
    };
    let mut text = format!("{what}\n{advice}");
    for (name, printed) in [("stdout", error.stdout()), ("stderr", error.stderr())] {
        if let Some(printed) = printed.filter(|printed| !printed.trim().is_empty()) {
            let start = printed.ceil_char_boundary(printed.len().saturating_sub(MAX_PRINTED));
            let end = printed.get(start..).unwrap_or_default().trim_end();
            text.push_str(&format!("\n{name}: {}", visible(end)));
        }
    }
    output(&without_remedies(text.into(), refusals))
}
