//! The embedder's functions, asked from the threads of calls and answered by the event loop.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;

use openskills_runtime::{Answer, Approver, AuditRecord, AuditSink, CompileWatcher, Question};
use serde_json::json;

use crate::calls::{Kind, Shared};
use crate::camel;

/// The functions of one runtime.
#[derive(Clone)]
pub(crate) struct Callback {
    pub(crate) calls: Arc<Shared>,
    /// The number of the runtime in `lib/calls.js`.
    pub(crate) owner: u32,
}

impl Approver for Callback {
    /// Whatever is not a yes is a no: a function that fails, an event loop that ends, an answer that comes too late.
    fn approve(&self, question: &Question) -> Answer {
        let text = json!({
            "owner": self.owner,
            "question": {
                "call": question.call,
                "skill": question.skill,
                "folder": question.folder.to_string_lossy(),
                "manifestDigest": question.manifest_digest,
                "componentDigest": question.component_digest,
                "action": question.action,
                "target": question.target,
                "rule": question.rule,
                "reason": question.reason,
                "timeoutMs": u64::try_from(question.timeout.as_millis()).unwrap_or(u64::MAX),
            },
        });
        let (id, answer) = self.calls.ask(Kind::Question, text.to_string());
        match answer.recv_timeout(question.timeout).as_deref() {
            Ok("once") => Answer::Once,
            Ok("session") => Answer::Session,
            Ok(_) | Err(RecvTimeoutError::Disconnected) => Answer::No,
            Err(RecvTimeoutError::Timeout) => {
                self.calls.forget(id);
                Answer::No
            }
        }
    }
}

impl AuditSink for Callback {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        let text = format!("{{\"owner\":{},\"record\":{}}}", self.owner, camel::text(record)?);
        let (_, kept) = self.calls.ask(Kind::Record, text);
        // Others can use this worker meanwhile.
        match tokio::task::block_in_place(|| kept.recv()) {
            Ok(fault) if fault.is_empty() => Ok(()),
            Ok(fault) => Err(io::Error::other(fault)),
            Err(_) => Err(io::Error::other("the event loop that keeps the records has ended")),
        }
    }
}

impl CompileWatcher for Callback {
    fn started(&self, bytes: usize) {
        self.calls.say(Kind::Compiling, json!({ "owner": self.owner, "bytes": bytes }).to_string());
    }

    fn finished(&self) {
        self.calls.say(Kind::Compiled, json!({ "owner": self.owner }).to_string());
    }
}
