//! The end of a call: its record, and its result or error.
#![expect(clippy::disallowed_methods, reason = "the record says when the call began and how long it took")]

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use serde_json::Value;
use uuid::Uuid;

use super::execution_result::ExecutionResult;
use super::failure::Failure;
use super::plan::Remains;
use crate::audit::{AuditRecord, AuditSink, Outcome, Refusal, SCHEMA, Usage, sha256};
use crate::capability::Limits;
use crate::error::{CallTrace, OpenSkillError};
use crate::linker::Gate;

/// The skill that a call is of, as it stands in records and errors.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) skill: String,
    pub(crate) version: Option<String>,
    pub(crate) manifest_digest: String,
    pub(crate) artifact: PathBuf,
    pub(crate) requested: Vec<String>,
    pub(crate) granted: Vec<String>,
}

/// A call that has begun and not ended. One that is given up on the way is recorded when this is dropped.
pub(crate) struct Report<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) gate: Arc<Gate>,
    pub(crate) limits: &'a Limits,
    sink: Option<&'a dyn AuditSink>,
    is_closed: bool,
    input_digest: String,
    input_bytes: u64,
    started: SystemTime,
    clock: Instant,
}

impl<'a> Report<'a> {
    pub(crate) fn begin(
        subject: &'a Subject,
        gate: Arc<Gate>,
        limits: &'a Limits,
        sink: Option<&'a dyn AuditSink>,
        input: &str,
    ) -> Self {
        Self {
            subject,
            gate,
            limits,
            sink,
            is_closed: false,
            input_digest: sha256(input.as_bytes()),
            input_bytes: input.len() as u64,
            started: SystemTime::now(),
            clock: Instant::now(),
        }
    }

    /// Ends the call: exactly one record, kept by the sink before anyone sees the result.
    pub(crate) fn close(mut self, remains: Remains) -> Result<ExecutionResult, OpenSkillError> {
        self.is_closed = true;
        let Remains { outcome, stdout, stderr, memory_peak } = remains;
        let output_bytes = outcome.as_ref().map_or(0, String::len);
        let outcome = outcome.and_then(|text| self.parse(&text).map(|value| (value, text)));
        let usage = Usage {
            memory_peak,
            output_bytes: output_bytes as u64,
            stdout_bytes: stdout.1,
            stderr_bytes: stderr.1,
            ..self.usage()
        };
        let audit = match &outcome {
            Ok((_, text)) => self.record(|_| Outcome::Success, Some(sha256(text.as_bytes())), usage),
            Err(failure) => self.record(|refusals| self.outcome(failure, refusals), None, usage),
        };
        if let Some(sink) = self.sink
            && let Err(source) = sink.record(&audit)
        {
            let trace = Some(Box::new(CallTrace { audit, stdout: stdout.0, stderr: stderr.0 }));
            return Err(OpenSkillError::Io {
                context: "the audit record could not be kept".to_owned(),
                source,
                trace,
            });
        }
        match outcome {
            Ok((output, _)) => Ok(ExecutionResult { output, stdout: stdout.0, stderr: stderr.0, audit }),
            Err(failure) => Err(self.error(failure, CallTrace { audit, stdout: stdout.0, stderr: stderr.0 })),
        }
    }

    /// The record of the call as it stands, its ledger taken out.
    fn record(
        &self,
        outcome: impl FnOnce(&[Refusal]) -> Outcome,
        output_sha256: Option<String>,
        usage: Usage,
    ) -> AuditRecord {
        let (uses, refusals, looks, unlisted) = self.gate.ledger().close();
        AuditRecord {
            schema: SCHEMA,
            id: Uuid::now_v7().to_string(),
            skill: self.subject.skill.clone(),
            version: self.subject.version.clone(),
            manifest_sha256: self.subject.manifest_digest.clone(),
            component_sha256: self.gate.component_digest().to_owned(),
            input_sha256: self.input_digest.clone(),
            output_sha256,
            started: self.started,
            duration: self.clock.elapsed(),
            requested: self.subject.requested.clone(),
            granted: self.subject.granted.clone(),
            outcome: outcome(&refusals),
            uses,
            refusals,
            looks,
            unlisted,
            usage,
        }
    }

    /// What is known of the call's usage without the guest.
    fn usage(&self) -> Usage {
        Usage {
            memory_limit: self.limits.memory as u64,
            timeout_ms: self.limit_ms(),
            input_bytes: self.input_bytes,
            prompts: self.gate.prompts(),
            ..Usage::default()
        }
    }

    fn limit_ms(&self) -> u64 {
        u64::try_from(self.gate.deadline.limit().as_millis()).unwrap_or(u64::MAX)
    }

    fn parse(&self, text: &str) -> Result<Value, Failure> {
        if text.len() > self.limits.output {
            return Err(Failure::Limit(format!("its output of {} bytes", self.limits.output)));
        }
        serde_json::from_str(text)
            .map_err(|error| Failure::Failed(format!("its output is not JSON: {error}")))
    }

    fn outcome(&self, failure: &Failure, refusals: &[Refusal]) -> Outcome {
        match failure {
            Failure::Timeout { .. } => Outcome::Timeout { limit_ms: self.limit_ms() },
            Failure::Limit(limit) => Outcome::Limit { limit: self.limit(limit) },
            Failure::Artifact(message) => Outcome::InvalidArtifact { message: message.clone() },
            Failure::Io { context, message } => Outcome::Io { message: format!("{context}: {message}") },
            Failure::Refused => Outcome::Denied,
            _ if !refusals.is_empty() => Outcome::Denied,
            Failure::InvalidInput { .. } => Outcome::InvalidInput,
            Failure::Failed(message) => Outcome::Failed { message: message.clone() },
            Failure::Said(_) => Outcome::Failed { message: "the skill said so".to_owned() },
            Failure::Denied(_) => Outcome::Failed { message: UNRECORDED.to_owned() },
        }
    }

    fn error(&self, failure: Failure, trace: CallTrace) -> OpenSkillError {
        let skill = self.subject.skill.clone();
        let limit_ms = trace.audit.usage.timeout_ms;
        let refusals = trace.audit.refusals.clone();
        let trace = Box::new(trace);
        match failure {
            Failure::Timeout { compiling } => OpenSkillError::Timeout { skill, limit_ms, compiling, trace },
            Failure::Limit(limit) => {
                OpenSkillError::LimitExceeded { skill, limit: self.limit(&limit), trace }
            }
            Failure::Artifact(message) => OpenSkillError::InvalidArtifact {
                path: self.subject.artifact.clone(),
                message,
                trace: Some(trace),
            },
            Failure::Io { context, message } => {
                OpenSkillError::Io { context, source: io::Error::other(message), trace: Some(trace) }
            }
            Failure::Refused => OpenSkillError::PermissionDenied { skill, refusals, message: None, trace },
            // A skill that failed after it was refused something most likely failed because of it.
            Failure::Failed(message)
            | Failure::Said(message)
            | Failure::Denied(message)
            | Failure::InvalidInput { message, .. }
                if !refusals.is_empty() =>
            {
                OpenSkillError::PermissionDenied { skill, refusals, message: Some(message), trace }
            }
            Failure::InvalidInput { field, message } => {
                OpenSkillError::InvalidInput { skill, field, message, trace }
            }
            Failure::Failed(message) | Failure::Said(message) => {
                OpenSkillError::ExecutionFailure { skill, message, trace }
            }
            Failure::Denied(message) => {
                OpenSkillError::ExecutionFailure { skill, message: unrecorded(&message), trace }
            }
        }
    }

    /// A limit in words, with its value.
    fn limit(&self, name: &str) -> String {
        match name {
            "memory" => format!("its memory of {} MiB", self.limits.memory >> 20),
            "table elements" => format!("its {} table elements", self.limits.table_elements),
            "written" => format!(
                "the {} MiB and {} files that it may write",
                self.limits.written_bytes >> 20,
                self.limits.created_files
            ),
            "handles" => format!("its {} handles", self.limits.handles),
            "call stack" => "its call stack of 512 KiB".to_owned(),
            "bytes passed in one host call" => {
                format!("the {} MiB that may be passed in one host call", self.limits.hostcall_bytes >> 20)
            }
            other => other.to_owned(),
        }
    }
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if let Some(sink) = self.sink.filter(|_| !self.is_closed) {
            // There is nobody left to tell that it could not be kept.
            let _ = sink.record(&self.record(|_| Outcome::Cancelled, None, self.usage()));
        }
    }
}

/// A skill can say that it was denied something that nobody refused it.
const UNRECORDED: &str = "it says that it was denied something, which this host did not do";

fn unrecorded(message: &str) -> String {
    format!("{UNRECORDED}: {message}")
}
