//! A sink that writes records to a file: JSON Lines, chained by their hashes.
#![expect(clippy::disallowed_methods, reason = "the file of records that the embedder named")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::audit::{AuditRecord, AuditSink, MAX_LINE, Sealed, seal, sha256};
use crate::file_lock::lock;

/// Bytes of the file's end that are read first to find the last record; more if there is none in them.
const TAIL: u64 = 64 << 10;

/// Bytes of the file's end in which there must be a record.
const MAX_TAIL: u64 = 64 << 20;

/// How long an append waits for another process that holds the lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Appends every record to a file as one line of JSON, each with the hash of the one before it.
///
/// `hash` is the SHA-256 of the previous line's `hash` followed by the line without its own `hash`;
/// [`AuditLog`](crate::AuditLog) checks it. Several processes may append to one file: each takes a lock for the time of
/// one append, and waits at most 10 s for it. A line that a crash left unfinished stays, and the next record names it
/// under `after_torn_line`.
///
/// A record has been handed to the kernel before the call returns: it survives the end of the process by whatever
/// signal. To survive a power failure, too, see [`AuditFile::synced`].
///
/// If the file is renamed or removed, the next record begins a new file of that name, chained to the last one before.
#[derive(Debug)]
pub struct AuditFile {
    path: PathBuf,
    is_synced: bool,
    after: String,
    state: Mutex<Option<Opened>>,
}

/// The file as the last append left it.
#[derive(Debug)]
struct Opened {
    file: File,
    /// What tells it from another file of its name.
    identity: (u64, u64),
    /// Its length and the last record's hash, as far as this process knows: nobody else wrote if the length holds.
    end: Option<(u64, String)>,
}

/// What a new line comes after.
struct End {
    previous: String,
    /// The digest of what stands unfinished between the last record and the new one.
    gap: Option<String>,
    /// Whether the new line has to end the one before it first.
    needs_line_end: bool,
}

impl AuditFile {
    /// Opens a file for records, and makes it (readable by its owner alone) if it is missing.
    ///
    /// # Errors
    /// If it cannot be written, is no regular file, or holds something that is no record file.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let mut opened = Opened::open(&path)?;
        // What is wrong with it is better known before the first call than after it.
        let length = opened.file.metadata()?.len();
        end(&mut opened.file, length, "")?;
        Ok(Self { path, is_synced: false, after: String::new(), state: Mutex::new(Some(opened)) })
    }

    /// Has every record on the disk itself before the call returns, so that a power failure takes none. Costs what the
    /// disk needs for that: often milliseconds a call.
    #[must_use]
    pub fn synced(self) -> Self {
        Self { is_synced: true, ..self }
    }

    /// Chains the first record of a new file to another file's last one, by its hash: the head that
    /// `openskills audit verify` shows. Without effect where the file has records.
    #[must_use]
    pub fn after(self, head: impl Into<String>) -> Self {
        Self { after: head.into(), ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn append(&self, record: &AuditRecord) -> io::Result<()> {
        let record = serde_json::to_string(record)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Chained to what this process wrote last, if the file is a new one.
        let mut after = self.after.clone();
        let mut opened = match state.take() {
            Some(opened) if opened.is_still(&self.path) => opened,
            gone => {
                if let Some(Opened { end: Some((_, head)), .. }) = gone {
                    after = head;
                }
                Opened::open(&self.path)?
            }
        };
        lock(&opened.file, LOCK_TIMEOUT)?;
        let written = opened.append(&record, &after, self.is_synced);
        let unlocked = opened.file.unlock();
        *state = Some(opened);
        written.and(unlocked)
    }
}

impl Opened {
    fn open(path: &Path) -> io::Result<Self> {
        // Without waiting: a pipe has nobody at its other end.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600).custom_flags(flags);
        let file = options.open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        Ok(Self { file, identity: (metadata.dev(), metadata.ino()), end: None })
    }

    /// Whether the file still has its name.
    fn is_still(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == self.identity)
    }

    /// Appends a line, under the lock.
    fn append(&mut self, record: &str, after: &str, sync: bool) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let known = self.end.take().filter(|(end, _)| *end == length);
        let end = match known {
            Some((_, previous)) => End { previous, gap: None, needs_line_end: false },
            None => end(&mut self.file, length, after)?,
        };
        let (mut line, hash) = seal(record, &end.previous, end.gap.as_deref());
        if line.len() >= MAX_LINE {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the record is too long for a line"));
        }
        line.push('\n');
        if end.needs_line_end {
            line.insert(0, '\n');
        }
        // One write: what a crash can leave is a torn last line, never a mixed one.
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            // A full disk took a part of it: without it the next record has nothing to explain. If that fails, it has.
            let _ = self.file.set_len(length);
            return Err(error);
        }
        self.end = Some((length + line.len() as u64, hash));
        if sync { self.file.sync_data() } else { Ok(()) }
    }
}

impl AuditSink for AuditFile {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        self.append(record)
            .map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", self.path.display())))
    }
}

/// Finds the last record, and what stands unfinished after it. `after` is what the first record of a file follows.
fn end(file: &mut File, length: u64, after: &str) -> io::Result<End> {
    let (mut reach, mut tail) = (TAIL, Vec::new());
    loop {
        file.seek(SeekFrom::Start(length.saturating_sub(reach)))?;
        tail.clear();
        file.take(reach).read_to_end(&mut tail)?;
        if let Some(end) = last_record(&tail, reach >= length) {
            return Ok(end);
        }
        if reach >= length || reach >= MAX_TAIL {
            break;
        }
        reach *= 2;
    }
    // A first record that was never finished is all that such a file may hold without a record.
    let start: &[u8] = b"{\"schema\":";
    let is_torn = (tail.starts_with(start) || start.starts_with(&tail)) && !tail.contains(&b'\n');
    if length > MAX_TAIL || !is_torn {
        let message = "it holds something else than records: choose another file";
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(End { previous: after.to_owned(), gap: gap(&tail), needs_line_end: !tail.is_empty() })
}

/// The last record within the tail of a file, which begins within a line unless it is the whole file.
fn last_record(tail: &[u8], is_whole: bool) -> Option<End> {
    let ends = |from: &[u8]| from.iter().rposition(|byte| *byte == b'\n');
    // What comes after the last line end. It may be a whole record of which the line end alone is missing.
    let mut stop = ends(tail).map_or(0, |end| end + 1);
    let rest = tail.get(stop..)?;
    if (stop > 0 || is_whole)
        && let Some(sealed) = Sealed::of(rest)
        && sealed.is_whole(rest)
    {
        return Some(End { previous: sealed.hash.to_owned(), gap: None, needs_line_end: true });
    }
    while stop > 0 {
        let line_end = stop - 1;
        let start = ends(tail.get(..line_end)?).map_or(0, |end| end + 1);
        if start == 0 && !is_whole {
            return None;
        }
        if let Some(sealed) = Sealed::of(tail.get(start..line_end)?) {
            let after = tail.get(stop..)?;
            let needs_line_end = !after.is_empty() && !after.ends_with(b"\n");
            return Some(End { previous: sealed.hash.to_owned(), gap: gap(after), needs_line_end });
        }
        stop = start;
    }
    None
}

/// The digest of what is unfinished, with the line end that it has or will have.
fn gap(bytes: &[u8]) -> Option<String> {
    match bytes {
        [] => None,
        [.., b'\n'] => Some(sha256(bytes)),
        bytes => Some(sha256(&[bytes, b"\n"].concat())),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::audit::{ChainReport, Outcome, Usage};
    use serde_json::{Map, Value};
    use std::time::SystemTime;

    fn record(id: &str) -> AuditRecord {
        AuditRecord {
            function: None,
            packages: Vec::new(),
            script: None,
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
        let text = fs::read_to_string(path).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The path of a file with so many records.
    fn written(folder: &Path, count: usize) -> AuditFile {
        let file = AuditFile::open(folder.join("audit.jsonl")).unwrap();
        (0..count).for_each(|n| file.record(&record(&n.to_string())).unwrap());
        file
    }

    fn check(path: &Path) -> ChainReport {
        crate::runtime::AuditLog::open(path).unwrap().verify(None, None).unwrap()
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
        assert_eq!(lines[1]["after_torn_line"], sha256(b"{\"id\":\"2\",\"ski\n").as_str());
        assert_eq!(check(file.path()).torn, 1);
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
        thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    let file = AuditFile::open(path).unwrap();
                    (0..100).for_each(|turn| file.record(&record(&format!("{writer}-{turn}"))).unwrap());
                });
            }
        });
        let lines = lines(&path);
        assert_eq!(lines.len(), 400);
        for pair in lines.windows(2) {
            assert_eq!(pair[1]["previous"], pair[0]["hash"]);
        }
    }

    #[test]
    fn a_file_that_ends_at_any_byte_is_whole_after_the_next_record() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), 2);
        OpenOptions::new().append(true).open(file.path()).unwrap().write_all(b"{\"schema\":1,\"id").unwrap();
        file.record(&record("after the torn one")).unwrap();
        let whole = fs::read(file.path()).unwrap();
        let path = folder.path().join("cut.jsonl");
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let before = check(&path);
            // Where a line end is all that came of the line that should name what is before it, nobody names it yet.
            let unnamed = whole[..cut].ends_with(b"id\n");
            assert_eq!(before.broken.is_some(), unnamed, "{cut}: {before:?}");
            AuditFile::open(&path).unwrap().record(&record("next")).unwrap();
            let after = check(&path);
            assert_eq!(after.broken, None, "{cut}");
            assert_eq!(after.unfinished, None, "{cut}");
            assert!(after.records > before.records, "{cut}: {before:?} {after:?}");
            let text = fs::read(&path).unwrap();
            assert!(text.starts_with(&whole[..cut]), "{cut}: what was there stays");
        }
    }

    #[test]
    fn a_file_that_is_renamed_is_continued_by_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), 2);
        let old = folder.path().join("audit-1.jsonl");
        fs::rename(file.path(), &old).unwrap();
        file.record(&record("2")).unwrap();
        let head = check(&old).head;
        let log = crate::runtime::AuditLog::open(file.path()).unwrap();
        assert_eq!(log.verify(Some(&head), None).unwrap().broken, None);
        assert!(log.verify(None, None).unwrap().broken.is_some(), "its beginning is elsewhere");
        // And by another process that is told.
        let third = AuditFile::open(folder.path().join("third.jsonl")).unwrap().after(&head);
        third.record(&record("3")).unwrap();
        third.record(&record("4")).unwrap();
        let log = crate::runtime::AuditLog::open(third.path()).unwrap();
        assert_eq!(log.verify(Some(&head), None).unwrap().records, 2);
    }

    #[test]
    fn what_is_no_record_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        for text in ["notes\n", "notes", "{\"schema\":1}\nnotes"] {
            fs::write(&path, text).unwrap();
            assert_eq!(AuditFile::open(&path).unwrap_err().kind(), io::ErrorKind::InvalidData, "{text}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(AuditFile::open(folder.path()).is_err(), "a folder");
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_eq!(AuditFile::open(&pipe).unwrap_err().kind(), io::ErrorKind::InvalidInput, "a pipe");
        assert!(AuditFile::open("/dev/full").is_err(), "a device");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("target.jsonl"), &link).unwrap();
        AuditFile::open(&link).unwrap().record(&record("1")).unwrap();
        assert_eq!(
            check(&folder.path().join("target.jsonl")).records,
            1,
            "a link leads where its owner says"
        );
    }

    #[test]
    fn a_lock_that_nobody_gives_back_ends_the_wait_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(folder.path(), 1);
        let held = File::open(file.path()).unwrap();
        held.lock().unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| file.record(&record("1")));
            // It is there as soon as it is free.
            held.unlock().unwrap();
            waiting.join().unwrap().unwrap();
        });
        assert_eq!(check(file.path()).records, 2);
    }
}
