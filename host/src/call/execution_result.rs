//! What a successful call gives back.

use serde::Serialize;
use serde_json::Value;

use crate::audit::AuditRecord;

/// The result of a call that succeeded.
#[derive(Clone, Debug, Serialize)]
pub struct ExecutionResult {
    /// The skill's answer.
    pub output: Value,
    /// What the guest wrote to stdout; at most 1 MiB by default, cut and marked.
    pub stdout: String,
    /// What the guest wrote to stderr, log messages included; bounded likewise.
    pub stderr: String,
    /// The call's record. Refusals that the skill coped with are in it.
    pub audit: AuditRecord,
    /// Why the sink could not keep the record, if the runtime goes on in that case
    /// ([`OnAuditFailure::GoOn`](crate::OnAuditFailure::GoOn)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_error: Option<String>,
}

/// Options of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecutionOptions {
    /// Wall clock for the whole call, in milliseconds: waiting for the compiler, instantiation, guest and host code.
    /// The runtime's limit (30 s by default) if none is given.
    pub timeout_ms: Option<u64>,
}
