//! Where records go.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::record::AuditRecord;

/// Takes the record of every call, before the call returns.
///
/// Called from whatever thread ran the call, several at once. What happens to a call whose record cannot be kept is the
/// embedder's choice: see [`OnAuditFailure`]. A sink that panics has not kept the record.
pub trait AuditSink: Send + Sync {
    /// Keeps one record.
    ///
    /// # Errors
    /// If it could not be kept.
    fn record(&self, record: &AuditRecord) -> io::Result<()>;
}

/// What becomes of a call whose record the sink could not keep. The call has acted by then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAuditFailure {
    /// It ends as [`OpenSkillError::Io`](crate::OpenSkillError::Io), which carries the record: an action without its
    /// record must not pass for one. The default.
    #[default]
    Fail,
    /// It ends as it would have, and says so in
    /// [`ExecutionResult::audit_error`](crate::ExecutionResult::audit_error) or
    /// [`CallTrace::audit_error`](crate::CallTrace::audit_error).
    GoOn,
}

/// Keeps records in memory, for tests and for embedders that look at them at once.
#[derive(Clone, Debug, Default)]
pub struct MemorySink(Arc<Mutex<Vec<AuditRecord>>>);

impl MemorySink {
    /// The records so far, oldest first.
    #[must_use]
    pub fn records(&self) -> Vec<AuditRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl AuditSink for MemorySink {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record.clone());
        Ok(())
    }
}
