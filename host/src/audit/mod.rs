//! What was granted, asked and answered in one call. Pure: sinks that write files live in `runtime`.

mod chain;
mod digest;
mod ledger;
mod record;
mod sink;

pub use chain::{ChainBreak, ChainCheck, ChainFault, ChainReport, MAX_LINE};
pub(crate) use chain::{Sealed, seal};
pub use digest::sha256;
pub use ledger::{Action, Ledger, Permission, Refusal, Use};
pub use record::{AuditRecord, Outcome, Package, SCHEMA, Script, Usage};
pub use sink::{AuditSink, MemorySink, OnAuditFailure};
