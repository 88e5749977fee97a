//! A record file, read: whether it is whole, and what is in it.
#![expect(clippy::disallowed_methods, reason = "reads record files that the caller names")]

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::audit::{AuditRecord, ChainCheck, ChainReport, MAX_LINE};

/// A file that an [`AuditFile`](crate::AuditFile) has written. Read from its beginning to its end in bounded memory,
/// whatever is in it.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use openskills_runtime::{AuditFile, AuditLog};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("audit.jsonl");
/// AuditFile::open(&path)?;
/// let report = AuditLog::open(&path)?.verify(None, None)?;
/// assert!(report.broken.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AuditLog {
    path: PathBuf,
}

/// One line of a record file.
#[derive(Clone, Debug)]
pub struct AuditLine {
    /// Its number, from 1.
    pub line: u64,
    /// The record; none if the line is no record of this version of the form.
    pub record: Option<Box<AuditRecord>>,
}

impl AuditLog {
    /// Finds the file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        Lines::open(&path)?;
        Ok(Self { path })
    }

    /// Checks the chain. `after` is the hash that the first record follows, for a file that continues another one;
    /// `head` is a hash that was the last one at some time: a cut-off end is only found with it.
    ///
    /// # Errors
    /// If the file cannot be read. A broken chain is no error: it is in the report.
    pub fn verify(&self, after: Option<&str>, head: Option<&str>) -> io::Result<ChainReport> {
        let mut lines = Lines::open(&self.path)?;
        let mut check = ChainCheck::new(after, head);
        loop {
            match lines.next()? {
                Piece::End => return Ok(check.finish()),
                Piece::Line { ended } => {
                    if !check.line(&lines.text, ended) {
                        return Ok(check.finish());
                    }
                }
                Piece::OfLongLine { is_first } => check.piece_of_long_line(&lines.text, is_first),
                Piece::LongLineEnded { ended } => check.long_line_ended(ended),
            }
        }
    }

    /// The lines, one after the other. Whether they are whole, [`AuditLog::verify`] says.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn lines(&self) -> io::Result<impl Iterator<Item = io::Result<AuditLine>> + use<>> {
        let mut lines = Lines::open(&self.path)?;
        let mut number = 0;
        Ok(std::iter::from_fn(move || {
            loop {
                let record = match lines.next() {
                    Err(error) => return Some(Err(error)),
                    Ok(Piece::End) => return None,
                    Ok(Piece::OfLongLine { .. }) => continue,
                    Ok(Piece::LongLineEnded { .. }) => None,
                    Ok(Piece::Line { .. }) => serde_json::from_slice(&lines.text).ok(),
                };
                number += 1;
                return Some(Ok(AuditLine { line: number, record: record.map(Box::new) }));
            }
        }))
    }
}

/// Lines, or pieces of those that are too long to be records.
struct Lines {
    reader: BufReader<File>,
    text: Vec<u8>,
    is_long: bool,
}

enum Piece {
    Line { ended: bool },
    OfLongLine { is_first: bool },
    LongLineEnded { ended: bool },
    End,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        // Anything else may never end, or never begin.
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let reader = BufReader::with_capacity(256 << 10, File::open(path)?);
        Ok(Self { reader, text: Vec::new(), is_long: false })
    }

    /// Reads on: the bytes are in `text`, without the line end.
    fn next(&mut self) -> io::Result<Piece> {
        self.text.clear();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(match (std::mem::take(&mut self.is_long), self.text.is_empty()) {
                    (true, _) => Piece::LongLineEnded { ended: false },
                    (false, true) => Piece::End,
                    (false, false) => Piece::Line { ended: false },
                });
            }
            let line_end = buffer.iter().position(|byte| *byte == b'\n');
            let (taken, ended) = match line_end {
                // The end of a long line comes by itself, after its last piece.
                Some(0) if self.is_long => {
                    self.reader.consume(1);
                    self.is_long = false;
                    return Ok(Piece::LongLineEnded { ended: true });
                }
                Some(end) => (end, true),
                None => (buffer.len(), false),
            };
            self.text.extend_from_slice(buffer.get(..taken).unwrap_or_default());
            self.reader.consume(taken);
            if self.is_long {
                return Ok(Piece::OfLongLine { is_first: false });
            }
            if ended {
                self.reader.consume(1);
                return Ok(Piece::Line { ended: true });
            }
            if self.text.len() > MAX_LINE {
                self.is_long = true;
                return Ok(Piece::OfLongLine { is_first: true });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AuditLog;
    use crate::audit::ChainFault;

    fn verify(bytes: &[u8]) -> crate::audit::ChainReport {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let log = AuditLog::open(file.path()).unwrap();
        assert!(log.lines().unwrap().all(|line| line.unwrap().record.is_none()));
        log.verify(None, None).unwrap()
    }

    #[test]
    fn whatever_is_in_the_file_is_read_to_its_end() {
        assert!(verify(b"").broken.is_none());
        let long = vec![b'x'; 3 * super::MAX_LINE];
        assert_eq!(verify(&long).unfinished, Some(1));
        let ended = [long.as_slice(), b"\n"].concat();
        assert_eq!(
            verify(&ended).broken.map(|found| (found.line, found.fault)),
            Some((1, ChainFault::Foreign))
        );
        for bytes in [b"\0\0\n".as_slice(), b"\xff\xfe\n", b"\n\n\n", b"{}\n", &b"[".repeat(1 << 20)] {
            assert!(verify(bytes).records == 0);
        }
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        assert!(AuditLog::open("/dev/zero").is_err());
        assert!(AuditLog::open(std::env::temp_dir()).is_err());
    }
}
