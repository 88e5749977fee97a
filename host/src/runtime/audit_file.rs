//! A sink that writes records to a file: JSON Lines, chained by their hashes.
#![expect(clippy::disallowed_methods, reason = "the file of records that the embedder named")]

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::audit::{AuditRecord, AuditSink, sha256};

/// Bytes of the file's end that are read first to find the last line; more if there is none in them.
const TAIL: u64 = 64 << 10;

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
    let (mut reach, mut tail) = (TAIL, Vec::new());
    loop {
        file.seek(SeekFrom::Start(length.saturating_sub(reach)))?;
        tail.clear();
        file.take(reach).read_to_end(&mut tail)?;
        // Two line ends hold a whole line between them, or the file begins here.
        if reach >= length || tail.iter().filter(|byte| **byte == b'\n').nth(1).is_some() {
            break;
        }
        reach *= 2;
    }
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (lines, torn) = tail.split_at_checked(whole).unwrap_or_default();
    let hash = lines.split(|byte| *byte == b'\n').rev().find_map(|line| {
        serde_json::from_slice::<Value>(line).ok()?.get("hash")?.as_str().map(str::to_owned)
    });
    Ok((hash.unwrap_or_default(), (!torn.is_empty()).then(|| torn.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Outcome, Usage};
    use std::time::{Duration, SystemTime};

    fn record(id: &str) -> AuditRecord {
        AuditRecord {
            schema: crate::audit::SCHEMA,
            id: id.to_owned(),
            skill: "s".to_owned(),
            version: None,
            manifest_sha256: String::new(),
            component_sha256: String::new(),
            input_sha256: String::new(),
            output_sha256: None,
            started: SystemTime::UNIX_EPOCH,
            duration: Duration::from_millis(1),
            requested: Vec::new(),
            granted: Vec::new(),
            uses: Vec::new(),
            refusals: Vec::new(),
            looks: 0,
            unlisted: 0,
            outcome: Outcome::Success,
            usage: Usage::default(),
        }
    }

    fn lines(path: &Path) -> Vec<Map<String, Value>> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The hash as the documentation says it is made.
    fn hash(line: &Map<String, Value>) -> String {
        let mut body = line.clone();
        body.remove("hash");
        let previous = line["previous"].as_str().unwrap();
        sha256(format!("{previous}{}", serde_json::to_string(&body).unwrap()).as_bytes())
    }

    #[test]
    fn each_line_holds_the_hash_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = AuditFile::open(folder.path().join("audit.jsonl")).unwrap();
        for id in ["1", "2", "3"] {
            file.record(&record(id)).unwrap();
        }
        let lines = lines(file.path());
        let mut previous = String::new();
        for line in &lines {
            assert_eq!(
                (line["previous"].as_str(), line["hash"].as_str()),
                (Some(&*previous), Some(&*hash(line)))
            );
            previous = hash(line);
        }
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn a_torn_line_stays_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = AuditFile::open(folder.path().join("audit.jsonl")).unwrap();
        file.record(&record("1")).unwrap();
        OpenOptions::new().append(true).open(file.path()).unwrap().write_all(b"{\"id\":\"2\",\"ski").unwrap();
        file.record(&record("3")).unwrap();
        let lines = lines(file.path());
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["previous"], lines[0]["hash"]);
        assert_eq!(lines[1]["after_torn_line"], sha256(b"{\"id\":\"2\",\"ski").as_str());
    }

    #[test]
    fn a_line_of_any_length_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = AuditFile::open(folder.path().join("audit.jsonl")).unwrap();
        for length in [1, 3 * TAIL, 1] {
            let id = "x".repeat(usize::try_from(length).unwrap());
            file.record(&record(&id)).unwrap();
        }
        let lines = lines(file.path());
        for pair in lines.windows(2) {
            assert_eq!(pair[1]["previous"], pair[0]["hash"]);
        }
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn several_writers_make_one_chain() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    let file = AuditFile::open(path).unwrap();
                    (0..10).for_each(|turn| file.record(&record(&format!("{writer}-{turn}"))).unwrap());
                });
            }
        });
        let lines = lines(&path);
        assert_eq!(lines.len(), 40);
        for pair in lines.windows(2) {
            assert_eq!(pair[1]["previous"], pair[0]["hash"]);
        }
    }
}
