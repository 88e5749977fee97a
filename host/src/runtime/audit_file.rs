//! A sink that writes records to a file: JSON Lines, chained by their hashes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::audit::{AuditRecord, AuditSink, sha256};

/// Bytes of the file's end that are read to find the last line.
const TAIL: u64 = 4 << 20;

/// Appends every record to a file as one line of JSON, each with the hash of the one before it.
///
/// `hash` is the SHA-256 of the previous line's `hash` followed by the line without its own `hash`. Several processes
/// may append to one file: each takes a lock for the time of one append. A line that a crash left unfinished stays,
/// and the next record names it under `after_torn_line`.
#[derive(Debug)]
pub struct AuditFile {
    path: PathBuf,
}

impl AuditFile {
    /// Opens a file for records, and makes it (readable by its owner alone) if it is missing.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        open(&path)?;
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append(&self, record: &AuditRecord) -> io::Result<()> {
        let mut file = open(&self.path)?;
        file.lock()?;
        let (previous, torn) = last_line(&mut file)?;
        let mut object = match serde_json::to_value(record)? {
            Value::Object(object) => object,
            _ => Map::new(),
        };
        object.insert("previous".to_owned(), previous.clone().into());
        if let Some(torn) = &torn {
            object.insert("after_torn_line".to_owned(), sha256(torn).into());
        }
        let body = serde_json::to_string(&object)?;
        object.insert("hash".to_owned(), sha256(format!("{previous}{body}").as_bytes()).into());
        let mut line = serde_json::to_string(&object)?;
        line.push('\n');
        if torn.is_some() {
            line.insert(0, '\n');
        }
        // One write: what a crash can leave is a torn last line, never a mixed one.
        file.write_all(line.as_bytes())
        // The lock goes with the file.
    }
}

impl AuditSink for AuditFile {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        self.append(record)
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

/// The hash of the last whole line (empty if there is none), and an unfinished line after it.
fn last_line(file: &mut File) -> io::Result<(String, Option<Vec<u8>>)> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (lines, torn) = tail.split_at_checked(whole).unwrap_or_default();
    let hash = lines
        .split(|byte| *byte == b'\n')
        .rev()
        .find_map(|line| serde_json::from_slice::<Value>(line).ok()?.get("hash")?.as_str().map(str::to_owned));
    Ok((hash.unwrap_or_default(), (!torn.is_empty()).then(|| torn.to_vec())))
}
