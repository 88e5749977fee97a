//! Where records go.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::record::AuditRecord;

/// Takes the record of every call, before the call returns.
///
/// Called from whatever thread ran the call, several at once. A record that cannot be kept is an error: the call then
/// ends as [`OpenSkillError::Io`](crate::OpenSkillError::Io), since an action without its record must not pass for one.
pub trait AuditSink: Send + Sync {
    /// Keeps one record.
    ///
    /// # Errors
    /// If it could not be kept.
    fn record(&self, record: &AuditRecord) -> io::Result<()>;
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
