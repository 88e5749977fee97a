//! Errors as JSON text, from which `lib/errors.js` makes the classes.

use openskills_runtime::{CallTrace, OpenSkillError, PolicyError, PolicyFileError, PolicyLoadError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::camel;

/// Why something failed, as an object with at least `kind` and `message`.
#[derive(Debug)]
pub(crate) struct Failure(Map<String, Value>);

impl Failure {
    fn new(kind: &str, message: impl Into<String>) -> Self {
        let mut fields = Map::new();
        fields.insert("kind".to_owned(), kind.into());
        fields.insert("message".to_owned(), message.into().into());
        Self(fields)
    }

    /// An argument is not of its type.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new("TypeError", message)
    }

    /// Something that cannot happen.
    pub(crate) fn internal(message: &str) -> Self {
        Self::new("Error", message)
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    fn with_all<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Self {
        let value = camel::value(value).unwrap_or_default();
        self.with(name, value)
    }

    fn with_trace(self, trace: &CallTrace) -> Self {
        let failure = self
            .with_all("audit", &trace.audit)
            .with("stdout", trace.stdout.as_str())
            .with("stderr", trace.stderr.as_str());
        match &trace.audit_error {
            Some(error) => failure.with("auditError", error.as_str()),
            None => failure,
        }
    }

    /// As `lib/errors.js` reads it.
    pub(crate) fn text(&self) -> String {
        json!(self.0).to_string()
    }
}

impl From<OpenSkillError> for Failure {
    fn from(error: OpenSkillError) -> Self {
        let failure = Self::new(error.kind().name(), error.to_string()).with("hint", error.hint());
        let failure = match &error {
            OpenSkillError::SkillNotFound { id, nearest, searched } => {
                failure.with("id", id.as_str()).with_all("nearest", nearest).with_all("searched", searched)
            }
            OpenSkillError::InvalidManifest { path, faults } => {
                failure.with_all("path", path).with_all("faults", faults)
            }
            OpenSkillError::PermissionDenied { skill, refusals, message, .. } => failure
                .with("skill", skill.as_str())
                .with_all("refusals", refusals)
                .with("detail", message.as_deref()),
            OpenSkillError::Timeout { skill, limit_ms, compiling, .. } => {
                failure.with("skill", skill.as_str()).with("limitMs", *limit_ms).with("compiling", *compiling)
            }
            OpenSkillError::ExecutionFailure { skill, message, .. } => {
                failure.with("skill", skill.as_str()).with("detail", message.as_str())
            }
            OpenSkillError::InvalidInput { skill, field, message, .. } => failure
                .with("skill", skill.as_str())
                .with("field", field.as_str())
                .with("detail", message.as_str()),
            OpenSkillError::InvalidFunction { skill, function, message, nearest, .. } => failure
                .with("skill", skill.as_str())
                .with("function", function.as_str())
                .with_all("nearest", nearest)
                .with("detail", message.as_str()),
            OpenSkillError::InvalidArtifact { path, message, .. } => {
                failure.with_all("path", path).with("detail", message.as_str())
            }
            OpenSkillError::Cancelled { skill, .. } => failure.with("skill", skill.as_str()),
            OpenSkillError::LimitExceeded { skill, which, limit, .. } => {
                failure.with("skill", skill.as_str()).with_all("which", which).with("limit", limit.as_str())
            }
            OpenSkillError::Io { context, source, .. } => {
                failure.with("context", context.as_str()).with("detail", source.to_string())
            }
        };
        match error.trace() {
            Some(trace) => failure.with_trace(trace),
            None => failure,
        }
    }
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        let failure = Self::new("PolicyError", error.to_string());
        match &error {
            PolicyError::Rule { rule, .. } => failure.with("rule", rule.as_str()),
            PolicyError::Locked { .. } => failure.with("rule", Value::Null),
        }
        .with("path", Value::Null)
    }
}

impl From<PolicyFileError> for Failure {
    fn from(error: PolicyFileError) -> Self {
        Self::new("PolicyError", error.to_string()).with("rule", Value::Null).with("path", Value::Null)
    }
}

impl From<PolicyLoadError> for Failure {
    fn from(error: PolicyLoadError) -> Self {
        let (PolicyLoadError::Io { path, .. } | PolicyLoadError::Invalid { path, .. }) = &error;
        Self::new("PolicyError", error.to_string()).with("rule", Value::Null).with_all("path", path)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::argument(error.to_string())
    }
}

/// Thrown by a method that answers at once; `lib/errors.js` finds the text in its message.
impl From<Failure> for napi::Error {
    fn from(failure: Failure) -> Self {
        Self::from_reason(failure.text())
    }
}
