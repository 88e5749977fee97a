//! The end of a call: its record, and its result or error.
#![expect(clippy::disallowed_methods, reason = "the record says when the call began and how long it took")]

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use serde_json::Value;
use uuid::Uuid;

use super::execution_result::ExecutionResult;
use super::failure::Failure;
use super::plan::Remains;
use crate::audit::{
    AuditRecord, AuditSink, OnAuditFailure, Outcome, Package, Refusal, SCHEMA, Script, Usage, sha256,
};
use crate::capability::{LimitKind, Limits};
use crate::error::{CallTrace, OpenSkillError};
use crate::linker::{Gate, Moved};

/// The id of a call that begins.
pub(crate) fn call_id() -> Uuid {
    Uuid::now_v7()
}

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

/// Where the record goes, and what if it cannot.
#[derive(Clone, Copy)]
pub(crate) struct Sink<'a> {
    pub(crate) sink: Option<&'a dyn AuditSink>,
    pub(crate) on_failure: OnAuditFailure,
}

impl Sink<'_> {
    /// Has the sink keep the record. A sink that panics takes neither the call nor its record's absence with it.
    fn keep(&self, record: &AuditRecord) -> io::Result<()> {
        let Some(sink) = self.sink else { return Ok(()) };
        catch_unwind(AssertUnwindSafe(|| sink.record(record)))
            .unwrap_or_else(|_| Err(io::Error::other("the sink panicked")))
    }
}

/// A call that has begun and not ended. One that is given up on the way is recorded when this is dropped.
pub(crate) struct Report<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) gate: Arc<Gate>,
    pub(crate) limits: &'a Limits,
    sink: Sink<'a>,
    pub(super) is_closed: bool,
    /// The script, and the digest of what runs it.
    script: Option<(Script, String)>,
    /// The typed function that is called.
    function: Option<String>,
    packages: Vec<Package>,
    /// What is said where the script fails: packages that it declares and does not have.
    pub(crate) lacking: Option<String>,
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
        sink: Sink<'a>,
        input: &str,
    ) -> Self {
        Self {
            subject,
            gate,
            limits,
            sink,
            is_closed: false,
            script: None,
            function: None,
            packages: Vec::new(),
            lacking: None,
            input_digest: sha256(input.as_bytes()),
            input_bytes: input.len() as u64,
            started: SystemTime::now(),
            clock: Instant::now(),
        }
    }

    /// The call is of this script, in the interpreter with that digest.
    pub(crate) fn of_script(mut self, script: Script, interpreter: String) -> Self {
        self.script = Some((script, interpreter));
        self
    }

    /// The call is of this typed function, as far as it is known.
    pub(crate) fn of_function(&mut self, name: &str) {
        let cut = name.floor_char_boundary(MAX_NAME);
        self.function = Some(name.get(..cut).unwrap_or_default().to_owned());
    }

    /// Ends the call of `execute`, whose output is a text.
    pub(crate) fn close(self, remains: Remains) -> Result<ExecutionResult, OpenSkillError> {
        let bytes = remains.outcome.as_ref().map_or(0, String::len);
        let remains = remains.then(|text| self.parse(&text).map(|value| (value, text)));
        self.end(remains, bytes)
    }

    /// Ends the call of a typed function, whose output is a value.
    pub(crate) fn close_typed(self, remains: Remains<Value>) -> Result<ExecutionResult, OpenSkillError> {
        let mut bytes = 0;
        let remains = remains.then(|value| {
            let text = value.to_string();
            bytes = text.len();
            match bytes > self.limits.output {
                true => Err(Failure::Limit(LimitKind::Output)),
                false => Ok((value, text)),
            }
        });
        self.end(remains, bytes)
    }

    /// The script can import these.
    pub(crate) fn with_packages(&mut self, packages: Vec<Package>) {
        self.packages = packages;
    }

    /// Ends the call: exactly one record, kept by the sink before anyone sees the result.
    fn end(
        mut self,
        remains: Remains<(Value, String)>,
        output_bytes: usize,
    ) -> Result<ExecutionResult, OpenSkillError> {
        self.is_closed = true;
        let Remains { outcome, stdout, stderr, memory_peak, fuel } = remains;
        let usage = Usage {
            memory_peak,
            output_bytes: output_bytes as u64,
            stdout_bytes: stdout.1,
            stderr_bytes: stderr.1,
            fuel,
            ..self.usage()
        };
        let audit = match &outcome {
            Ok((_, text)) => self.record(|_| Outcome::Success, Some(sha256(text.as_bytes())), usage),
            Err(failure) => self.record(|refusals| self.outcome(failure, refusals), None, usage),
        };
        let trace = self.keep(audit, stdout.0, stderr.0)?;
        match outcome {
            Ok((output, _)) => {
                let CallTrace { audit, stdout, stderr, audit_error } = trace;
                Ok(ExecutionResult { output, stdout, stderr, audit, audit_error })
            }
            Err(failure) => Err(self.error(failure, trace)),
        }
    }

    /// Has the sink keep the record; an error if it cannot and the call is not to go on without.
    pub(super) fn keep(
        &self,
        audit: AuditRecord,
        stdout: String,
        stderr: String,
    ) -> Result<CallTrace, OpenSkillError> {
        match self.sink.keep(&audit) {
            Ok(()) => Ok(CallTrace { audit, stdout, stderr, audit_error: None }),
            Err(source) if self.sink.on_failure == OnAuditFailure::Fail => Err(OpenSkillError::Io {
                context: "the audit record could not be kept".to_owned(),
                source,
                trace: Some(Box::new(CallTrace { audit, stdout, stderr, audit_error: None })),
            }),
            Err(error) => Ok(CallTrace { audit, stdout, stderr, audit_error: Some(error.to_string()) }),
        }
    }

    /// The record of the call as it stands, its ledger taken out.
    pub(super) fn record(
        &self,
        outcome: impl FnOnce(&[Refusal]) -> Outcome,
        output_sha256: Option<String>,
        mut usage: Usage,
    ) -> AuditRecord {
        // From here on nothing is let go: it would be on no record.
        self.gate.traffic.close();
        let Moved { requests, sent, received } = self.gate.traffic.moved();
        (usage.requests, usage.sent_bytes, usage.received_bytes) = (requests, sent, received);
        let (uses, refusals, looks, unlisted) = self.gate.ledger().close();
        AuditRecord {
            schema: SCHEMA,
            id: self.gate.id.to_string(),
            skill: self.subject.skill.clone(),
            version: self.subject.version.clone(),
            manifest_sha256: self.subject.manifest_digest.clone(),
            component_sha256: match &self.script {
                Some((_, interpreter)) => interpreter.clone(),
                None => self.gate.component_digest().to_owned(),
            },
            script: self.script.as_ref().map(|(script, _)| script.clone()),
            function: self.function.clone(),
            packages: self.packages.clone(),
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
    pub(super) fn usage(&self) -> Usage {
        Usage {
            memory_limit: self.limits.memory as u64,
            timeout_ms: self.limit_ms(),
            input_bytes: self.input_bytes,
            prompts: self.gate.prompts(),
            fuel_limit: self.limits.fuel,
            ..Usage::default()
        }
    }

    fn limit_ms(&self) -> u64 {
        u64::try_from(self.gate.deadline.limit().as_millis()).unwrap_or(u64::MAX)
    }

    fn parse(&self, text: &str) -> Result<Value, Failure> {
        if text.len() > self.limits.output {
            return Err(Failure::Limit(LimitKind::Output));
        }
        serde_json::from_str(text)
            .map_err(|error| Failure::Failed(format!("its output is not JSON: {error}")))
    }

    pub(super) fn outcome(&self, failure: &Failure, refusals: &[Refusal]) -> Outcome {
        match failure {
            Failure::Timeout { .. } => Outcome::Timeout { limit_ms: self.limit_ms() },
            Failure::Cancelled => Outcome::Cancelled,
            Failure::Limit(which) => Outcome::Limit { which: *which, limit: self.limits.words(*which) },
            Failure::Artifact(message) => Outcome::InvalidArtifact { message: message.clone() },
            Failure::Io { context, message } => Outcome::Io { message: format!("{context}: {message}") },
            Failure::Refused => Outcome::Denied,
            Failure::Exited { status, .. } => match failure.is_by(refusals) {
                true => Outcome::Denied,
                false => Outcome::Failed { message: format!("exit status {status}") },
            },
            Failure::Function { .. } => Outcome::InvalidInput,
            _ if !refusals.is_empty() => Outcome::Denied,
            Failure::InvalidInput { .. } => Outcome::InvalidInput,
            Failure::Failed(message) => Outcome::Failed { message: message.clone() },
            Failure::Said(_) => Outcome::Failed { message: "the skill said so".to_owned() },
            Failure::Denied(_) => Outcome::Failed { message: UNRECORDED.to_owned() },
        }
    }

    pub(super) fn error(&self, failure: Failure, trace: CallTrace) -> OpenSkillError {
        let skill = self.subject.skill.clone();
        let limit_ms = trace.audit.usage.timeout_ms;
        let refusals = trace.audit.refusals.clone();
        let trace = Box::new(trace);
        match failure {
            Failure::Timeout { compiling } => OpenSkillError::Timeout { skill, limit_ms, compiling, trace },
            Failure::Cancelled => OpenSkillError::Cancelled { skill, trace },
            Failure::Limit(which) => {
                OpenSkillError::LimitExceeded { skill, which, limit: self.limits.words(which), trace }
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
            Failure::Exited { status, .. } => OpenSkillError::PermissionDenied {
                skill,
                refusals,
                message: Some(format!("the script ended with exit status {status}")),
                trace,
            },
            Failure::Function { name, message, nearest } => {
                OpenSkillError::InvalidFunction { skill, function: name, message, nearest, trace }
            }
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
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if !self.is_closed && self.sink.sink.is_some() {
            // There is nobody left to tell that it could not be kept.
            let _ = self.sink.keep(&self.record(|_| Outcome::Cancelled, None, self.usage()));
        }
    }
}

/// The longest name of a function in a record: a caller may ask for anything.
const MAX_NAME: usize = 256;

/// A skill can say that it was denied something that nobody refused it.
const UNRECORDED: &str = "it says that it was denied something, which this host did not do";

fn unrecorded(message: &str) -> String {
    format!("{UNRECORDED}: {message}")
}
