//! Record files, checked and read.
#![allow(
    clippy::needless_pass_by_value,
    unsafe_code,
    unreachable_pub,
    reason = "made, or called, by what the macros of napi make"
)]

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use napi::Result;
use napi_derive::napi;
use openskills_runtime::{AuditLine, AuditLog, OpenSkillError};
use serde_json::{Value, json};

use crate::calls::Calls;
use crate::camel;
use crate::failure::Failure;
use crate::workers;

/// Lines that are read in one go.
const LINES: usize = 256;

type Lines = Box<dyn Iterator<Item = std::io::Result<AuditLine>> + Send>;

/// A record file that is being read.
#[napi]
pub struct AuditReader {
    path: String,
    lines: Arc<Mutex<Option<Lines>>>,
}

#[napi]
impl AuditReader {
    /// Finds the file.
    #[napi(constructor)]
    pub fn new(path: String) -> Result<Self> {
        AuditLog::open(&path).map_err(|error| unreadable(&path, error))?;
        Ok(Self { path, lines: Arc::default() })
    }

    #[napi]
    pub fn verify(&self, calls: &Calls, id: u32, after: Option<String>, head: Option<String>) -> Result<()> {
        let promise = calls.shared.begin(id);
        let path = self.path.clone();
        workers::spawn_blocking(move || {
            let report = AuditLog::open(&path).and_then(|log| log.verify(after.as_deref(), head.as_deref()));
            promise.settle(
                report.map_err(|error| unreadable(&path, error)).and_then(|report| Ok(camel::text(&report)?)),
            );
        })
    }

    /// The next lines; an empty list at the end.
    #[napi]
    pub fn next(&self, calls: &Calls, id: u32) -> Result<()> {
        let promise = calls.shared.begin(id);
        let (path, lines) = (self.path.clone(), Arc::clone(&self.lines));
        workers::spawn_blocking(move || {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            promise.settle(some(&path, &mut lines));
        })
    }
}

fn some(path: &str, lines: &mut Option<Lines>) -> std::result::Result<String, Failure> {
    let opened = match lines.take() {
        Some(opened) => opened,
        None => {
            let opened = AuditLog::open(path).and_then(|log| log.lines());
            Box::new(opened.map_err(|error| unreadable(path, error))?)
        }
    };
    let opened = lines.insert(opened);
    let mut read: Vec<Value> = Vec::new();
    for line in opened.take(LINES) {
        let AuditLine { line, record } = line.map_err(|error| unreadable(path, error))?;
        read.push(json!({ "line": line, "record": camel::value(&record)? }));
    }
    Ok(Value::Array(read).to_string())
}

fn unreadable(path: &str, source: std::io::Error) -> Failure {
    let context = format!("the record file `{path}` cannot be read");
    OpenSkillError::Io { context, source, trace: None }.into()
}

/// A record file that no record can be written to.
pub(crate) fn unwritable(path: &Path, source: std::io::Error) -> Failure {
    let context = format!("the audit log `{}` cannot be written", path.display());
    OpenSkillError::Io { context, source, trace: None }.into()
}
