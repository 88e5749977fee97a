//! The chain of a record file: how a line is sealed, and whether a sequence of lines is whole.
//!
//! A line is a record's JSON object with three more members at its end: `previous`, the `hash` of the record before it
//! (empty for the first); `after_torn_line`, only where something unfinished stands between the two, with the SHA-256
//! of those bytes; and `hash`, the SHA-256 of `previous` followed by the line without its own `hash`. The line's bytes
//! are hashed as they stand: nothing is parsed and written again.

use serde::{Deserialize, Serialize};

use super::digest::Sha256;

/// Bytes of one line, its end included. Records are bounded far below; what is longer is none.
pub const MAX_LINE: usize = 16 << 20;

/// The member that ends a sealed line, up to the digits.
const SEAL: &[u8] = b",\"hash\":\"";

/// What comes after the digits.
const END: &[u8] = b"\"}";

/// Digits of a hash.
const DIGITS: usize = 64;

/// Makes a line, without its end, of a record's JSON object. Gives the line and its hash.
pub(crate) fn seal(record: &str, previous: &str, gap: Option<&str>) -> (String, String) {
    let body = record.strip_suffix('}').unwrap_or(record);
    let mut line = String::with_capacity(body.len() + 320);
    line.push_str(body);
    line.push_str(if body.len() > 1 { ",\"previous\":\"" } else { "\"previous\":\"" });
    line.push_str(previous);
    if let Some(gap) = gap {
        line.push_str("\",\"after_torn_line\":\"");
        line.push_str(gap);
    }
    line.push('"');
    let hash = hash(previous, line.as_bytes());
    line.push_str(",\"hash\":\"");
    line.push_str(&hash);
    line.push_str("\"}");
    (line, hash)
}

/// The hash of a line whose bytes, up to its own hash, are `body`.
fn hash(previous: &str, body: &[u8]) -> String {
    let mut digest = Sha256::new();
    digest.add(previous.as_bytes());
    digest.add(body);
    digest.add(b"}");
    digest.finish()
}

/// A line that ends as a sealed one does. No text within a record can: its quotes would be escaped.
pub(crate) struct Sealed<'a> {
    body: &'a [u8],
    pub(crate) hash: &'a str,
}

impl<'a> Sealed<'a> {
    /// Reads the end of a line that is given without its line end.
    pub(crate) fn of(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_suffix(END)?;
        let (rest, digits) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
        let body = rest.strip_suffix(SEAL)?;
        let hash = std::str::from_utf8(digits).ok()?;
        let is_hash = hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (is_hash && body.starts_with(b"{")).then_some(Self { body, hash })
    }

    /// Whether the line still is what was sealed, by its own `previous`.
    pub(crate) fn is_whole(&self, line: &[u8]) -> bool {
        serde_json::from_slice::<Link>(line).is_ok_and(|link| hash(&link.previous, self.body) == self.hash)
    }
}

/// The members of a line that tie it to what stands before it.
#[derive(Deserialize)]
struct Link {
    previous: String,
    after_torn_line: Option<String>,
}

/// What a check of a record file found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// Records that are in order, up to the break if there is one.
    pub records: u64,
    /// The `hash` of the last of them; empty if there is none. Remember it: only who knows it can tell later whether
    /// the end of the file was cut off.
    pub head: String,
    /// Places where something unfinished stands that the next record names: lines on which a writer died. No error.
    pub torn: u64,
    /// The number of a last line that is unfinished, and that no later record can name yet. No error either.
    pub unfinished: Option<u64>,
    /// Records after the one whose hash was given as the head.
    pub after_head: Option<u64>,
    /// Where the chain breaks first; none if it is whole.
    pub broken: Option<ChainBreak>,
}

/// Where a chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainBreak {
    /// The number of the line, from 1. For a cut-off end: the last one.
    pub line: u64,
    /// What is wrong there.
    pub fault: ChainFault,
}

/// What breaks a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainFault {
    /// The line is not what was sealed.
    Edited,
    /// The line follows another than the one before it: something was removed, inserted or moved.
    OutOfPlace,
    /// The first line follows a record that is not in this file.
    NotTheBeginning,
    /// The line is no record, and the next record does not name it as unfinished.
    Foreign,
    /// Something unfinished stood before this line and is gone or changed.
    TornLineChanged,
    /// The record that was the last is not there: the end was cut off or written anew.
    HeadMissing,
}

impl ChainFault {
    /// The fault in words, after "line N".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Edited => "was changed: its text does not have its hash",
            Self::OutOfPlace => {
                "does not follow the line before it: lines were removed, inserted or moved here"
            }
            Self::NotTheBeginning => {
                "follows a record that is not in this file: the beginning was removed, or the file continues another \
                 one, whose head can be given with `--after HASH`"
            }
            Self::Foreign => "is not a record, and no record after it names it as unfinished",
            Self::TornLineChanged => "names an unfinished line before it that is gone or was changed",
            Self::HeadMissing => {
                "is the last, and the record with the given head is not there: the end was cut off or written anew"
            }
        }
    }
}

/// Checks the lines of a record file as they come, in bounded memory.
pub struct ChainCheck {
    previous: String,
    wanted: Option<String>,
    line: u64,
    gap: Option<Gap>,
    report: ChainReport,
}

/// Bytes between two records that are none.
struct Gap {
    first: u64,
    digest: Sha256,
    ends_a_line: bool,
}

impl ChainCheck {
    /// A check of a file whose first record follows the one with the hash `after` (none for a file that begins a
    /// chain), and which has a record with the hash `head`, if that is given.
    #[must_use]
    pub fn new(after: Option<&str>, head: Option<&str>) -> Self {
        let report = ChainReport {
            // Nothing after it yet, should it be the last of the file before.
            after_head: head.filter(|head| Some(*head) == after).map(|_| 0),
            ..ChainReport::default()
        };
        let previous = after.unwrap_or_default().to_owned();
        Self { previous, wanted: head.map(str::to_owned), line: 0, gap: None, report }
    }

    /// Takes the next line, without its end; `ended` says whether it had one. False: the chain is broken, and no
    /// further line matters.
    pub fn line(&mut self, line: &[u8], ended: bool) -> bool {
        self.line += 1;
        let Some(sealed) = Sealed::of(line) else {
            self.piece(line);
            self.end_of_piece(ended);
            return true;
        };
        match self.fault(line, &sealed) {
            Some(fault) => self.report.broken = Some(fault),
            None => {
                self.report.torn += u64::from(self.gap.take().is_some());
                self.report.records += 1;
                self.previous = sealed.hash.to_owned();
                self.report.after_head = match self.report.after_head {
                    _ if self.wanted.as_deref() == Some(sealed.hash) => Some(0),
                    after => after.map(|count| count + 1),
                };
            }
        }
        self.report.broken.is_none()
    }

    /// Takes a piece of a line that is too long to be a record; [`ChainCheck::long_line_ended`] after the last.
    pub fn piece_of_long_line(&mut self, piece: &[u8], is_first: bool) {
        self.line += u64::from(is_first);
        self.piece(piece);
    }

    /// Ends a line that is too long to be a record.
    pub fn long_line_ended(&mut self, ended: bool) {
        self.end_of_piece(ended);
    }

    fn piece(&mut self, bytes: &[u8]) {
        let first = self.line;
        let gap = self.gap.get_or_insert_with(|| Gap { first, digest: Sha256::new(), ends_a_line: false });
        gap.digest.add(bytes);
        gap.ends_a_line = false;
    }

    fn end_of_piece(&mut self, ended: bool) {
        if let Some(gap) = self.gap.as_mut().filter(|_| ended) {
            gap.digest.add(b"\n");
            gap.ends_a_line = true;
        }
    }

    fn fault(&self, line: &[u8], sealed: &Sealed<'_>) -> Option<ChainBreak> {
        let at = |line, fault| Some(ChainBreak { line, fault });
        let Ok(link) = serde_json::from_slice::<Link>(line) else { return at(self.line, ChainFault::Edited) };
        if hash(&link.previous, sealed.body) != sealed.hash {
            return at(self.line, ChainFault::Edited);
        }
        if link.previous != self.previous {
            let first = self.report.records == 0 && self.previous.is_empty() && self.gap.is_none();
            let fault = if first { ChainFault::NotTheBeginning } else { ChainFault::OutOfPlace };
            return at(self.line, fault);
        }
        match (&self.gap, link.after_torn_line) {
            (None, None) => None,
            (Some(gap), None) => at(gap.first, ChainFault::Foreign),
            (Some(gap), Some(named)) if gap.digest.clone().finish() == named => None,
            (_, Some(_)) => at(self.line, ChainFault::TornLineChanged),
        }
    }

    /// What was found, after the last line.
    #[must_use]
    pub fn finish(self) -> ChainReport {
        let mut report = self.report;
        report.head = self.previous;
        match self.gap {
            Some(gap) if report.broken.is_none() && gap.ends_a_line => {
                report.broken = Some(ChainBreak { line: gap.first, fault: ChainFault::Foreign });
            }
            // The record that will name it may be what was not finished.
            Some(gap) if report.broken.is_none() => report.unfinished = Some(gap.first),
            _ => {}
        }
        if report.broken.is_none() && self.wanted.is_some() && report.after_head.is_none() {
            report.broken = Some(ChainBreak { line: self.line, fault: ChainFault::HeadMissing });
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file of so many records, a torn line before each of `torn`, as lines without their ends.
    fn lines(count: usize, torn: &[usize]) -> (Vec<Vec<u8>>, String) {
        let (mut lines, mut previous) = (Vec::new(), String::new());
        for index in 0..count {
            let mut gap = None;
            if torn.contains(&index) {
                let fragment = format!("{{\"id\":\"torn {index}\",\"ski");
                gap = Some(crate::audit::sha256(format!("{fragment}\n").as_bytes()));
                lines.push(fragment.into_bytes());
            }
            let record = format!("{{\"id\":\"{index}\",\"target\":\"a \\\",\\\"hash\\\":\\\"\"}}");
            let (line, hash) = seal(&record, &previous, gap.as_deref());
            lines.push(line.into_bytes());
            previous = hash;
        }
        (lines, previous)
    }

    fn check(lines: &[Vec<u8>], head: Option<&str>) -> ChainReport {
        let mut check = ChainCheck::new(None, head);
        let _ = lines.iter().all(|line| check.line(line, true));
        check.finish()
    }

    fn broken(lines: &[Vec<u8>], head: Option<&str>) -> Option<(u64, ChainFault)> {
        check(lines, head).broken.map(|found| (found.line, found.fault))
    }

    #[test]
    fn what_was_sealed_is_whole() {
        let (lines, head) = lines(5, &[0, 3]);
        let report = check(&lines, Some(&head));
        assert_eq!((report.records, report.torn, report.broken.clone()), (5, 2, None), "{report:?}");
        assert_eq!((report.head, report.after_head), (head, Some(0)));
        assert_eq!(check(&[], None), ChainReport::default());
    }

    #[test]
    fn each_way_to_break_it_has_its_name_and_line() {
        let (whole, head) = lines(4, &[2]);
        let with = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut changed = whole.clone();
            change(&mut changed);
            changed
        };
        // The lines: 1, 2, a torn one, 3, 4.
        assert_eq!(broken(&with(&|l| l[1][7] = b'9'), None), Some((2, ChainFault::Edited)));
        assert_eq!(broken(&with(&|l| drop(l.remove(1))), None), Some((3, ChainFault::OutOfPlace)));
        assert_eq!(broken(&with(&|l| drop(l.remove(0))), None), Some((1, ChainFault::NotTheBeginning)));
        assert_eq!(broken(&with(&|l| drop(l.remove(2))), None), Some((3, ChainFault::TornLineChanged)));
        assert_eq!(broken(&with(&|l| l[2].push(b'x')), None), Some((4, ChainFault::TornLineChanged)));
        assert_eq!(broken(&with(&|l| l.insert(1, b"note".to_vec())), None), Some((2, ChainFault::Foreign)));
        assert_eq!(broken(&with(&|l| l.push(Vec::new())), None), Some((6, ChainFault::Foreign)));
        let cut = with(&|l| drop(l.pop()));
        assert_eq!(broken(&cut, None), None, "nobody can tell without the head");
        assert_eq!(broken(&cut, Some(&head)), Some((4, ChainFault::HeadMissing)));
    }

    #[test]
    fn a_file_can_continue_another() {
        let (first, head) = lines(2, &[]);
        let (line, last) = seal("{\"id\":\"x\"}", &head, None);
        let mut check = ChainCheck::new(Some(&head), Some(&head));
        assert!(check.line(line.as_bytes(), true));
        let report = check.finish();
        assert_eq!((report.broken, report.head, report.after_head), (None, last, Some(1)));
        assert_eq!(broken(&[line.into_bytes()], None), Some((1, ChainFault::NotTheBeginning)));
        assert_eq!(broken(&first, None), None);
    }

    #[test]
    fn a_last_line_without_an_end_is_unfinished_and_no_error() {
        let (lines, _) = lines(2, &[]);
        for cut in 1..lines[1].len() {
            let mut check = ChainCheck::new(None, None);
            assert!(check.line(&lines[0], true) && check.line(&lines[1][..cut], false));
            let report = check.finish();
            assert_eq!((report.broken, report.unfinished, report.records), (None, Some(2), 1), "{cut}");
        }
    }

    #[test]
    fn nothing_makes_it_panic() {
        let deep = [b"[".repeat(100_000), b",\"hash\":\"".to_vec()].concat();
        let sealed = |body: &[u8]| [body, b",\"hash\":\"", "0".repeat(64).as_bytes(), b"\"}"].concat();
        for line in [
            b"".to_vec(),
            b"\0\0".to_vec(),
            vec![0xff; 99],
            deep.clone(),
            b"\"}".to_vec(),
            b"{}".to_vec(),
            sealed(b""),
            sealed(b"{"),
            sealed(&deep),
            sealed(b"{\"previous\":1"),
            sealed(&[b'{', 0xff]),
            sealed(b"{\"previous\":\"\",\"previous\":\"\""),
        ] {
            assert!(check(&[line], None).broken.is_some());
        }
    }

    proptest! {
        #[test]
        fn any_change_of_any_byte_is_found(
            count in 1_usize..6, torn in 0_usize..6, place in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let (mut lines, head) = lines(count, &[torn]);
            let total: usize = lines.iter().map(Vec::len).sum();
            let mut at = place.index(total);
            for line in &mut lines {
                if at < line.len() {
                    prop_assume!(line[at] != byte && byte != b'\n');
                    line[at] = byte;
                    break;
                }
                at -= line.len();
            }
            prop_assert!(check(&lines, None).broken.is_some());
            prop_assert!(check(&lines, Some(&head)).broken.is_some());
        }

        #[test]
        fn any_removal_move_or_insertion_of_a_line_is_found(
            count in 2_usize..8, torn in 0_usize..8,
            from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
        ) {
            let (whole, head) = lines(count, &[torn]);
            let (from, to) = (from.index(whole.len()), to.index(whole.len()));
            let mut removed = whole.clone();
            removed.remove(from);
            prop_assert!(check(&removed, Some(&head)).broken.is_some());
            prop_assert!(from + 1 == whole.len() || check(&removed, None).broken.is_some());
            let mut moved = whole.clone();
            let line = moved.remove(from);
            moved.insert(to, line.clone());
            prop_assert!(from == to || check(&moved, None).broken.is_some());
            let mut doubled = whole.clone();
            doubled.insert(to, line);
            prop_assert!(check(&doubled, None).broken.is_some());
        }
    }
}
