//! Results, errors and questions in their neutral form.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openskills_runtime::{OpenSkillError, Question};
use serde::Serialize;
use serde_json::{Map, Value, json};

pub(crate) fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Bytes as text if they are one.
pub(crate) fn bytes(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "text": text }),
        Err(_) => json!({ "base64": BASE64_STANDARD.encode(bytes) }),
    }
}

pub(crate) fn error(error: &OpenSkillError) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    put("kind", error.kind().name().into());
    put("message", error.to_string().into());
    put("hint", error.hint().into());
    put("stdout", error.stdout().into());
    put("stderr", error.stderr().into());
    match error {
        OpenSkillError::SkillNotFound { nearest, .. } => put("nearest", json!(nearest)),
        OpenSkillError::InvalidManifest { path, faults } => {
            put("path", json!(path));
            put("faults", json!(faults));
        }
        OpenSkillError::PermissionDenied { refusals, .. } => put("refusals", json!(refusals)),
        OpenSkillError::Timeout { limit_ms, compiling, .. } => {
            put("limit_ms", json!(limit_ms));
            put("compiling", json!(compiling));
        }
        OpenSkillError::InvalidInput { field, .. } => put("field", json!(field)),
        OpenSkillError::InvalidFunction { function, nearest, .. } => {
            put("function", json!(function));
            put("nearest", json!(nearest));
        }
        OpenSkillError::LimitExceeded { which, .. } => put("which", json!(which)),
        OpenSkillError::ExecutionFailure { .. }
        | OpenSkillError::InvalidArtifact { .. }
        | OpenSkillError::Cancelled { .. }
        | OpenSkillError::Io { .. } => {}
    }
    Value::Object(members)
}

pub(crate) fn question(question: &Question) -> Value {
    json!({
        "skill": question.skill,
        "folder": question.folder,
        "manifest_digest": question.manifest_digest,
        "component_digest": question.component_digest,
        "action": question.action,
        "target": question.target,
        "rule": question.rule,
        "reason": question.reason,
    })
}
