//! The line of a file that a fault is about, for a diagnostic.

use std::ops::Range;

use super::fault::Fault;

/// The most characters of a line that are shown.
const MAX_CHARS: usize = 160;

/// A line of a `SKILL.md`, and what of it a [`Fault`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// The line, from 1.
    pub number: usize,
    /// Its first 160 characters as they stand in the file: control characters among them, U+FFFD where it is not UTF-8.
    pub text: String,
    /// What to mark, in characters of `text`: within it, or the one place after its end.
    pub mark: Range<usize>,
}

impl Fault {
    /// The line of `source` that the fault is about; none if it is about no text, or not within what is shown.
    #[must_use]
    pub fn source_line(&self, source: &[u8]) -> Option<SourceLine> {
        let about = self.text.as_deref()?;
        let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
        let line = lines(source).nth(self.line.checked_sub(1)?)?;
        // A character has at most four bytes, so no more of a long line is looked at.
        let line = line.get(..4 * MAX_CHARS).unwrap_or(line);
        let text: String = String::from_utf8_lossy(line).chars().take(MAX_CHARS).collect();
        let length = text.chars().count();
        let start = self.column.checked_sub(1).filter(|start| *start <= length)?;
        if text.trim().is_empty() {
            return None;
        }
        let about = about.trim_end_matches('…').chars().count();
        let end = start + about.clamp(1, length.saturating_sub(start).max(1));
        Some(SourceLine { number: self.line, text, mark: start..end })
    }
}

/// The lines of a file, which end with LF, CRLF or CR, as in YAML.
fn lines(source: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(source);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let (line, after) = text.split_at_checked(end.unwrap_or(text.len()))?;
        let after = after.strip_prefix(b"\r\n").or_else(|| after.get(1..));
        rest = after.filter(|_| end.is_some());
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::parse;

    fn marked(source: &[u8], code: &str) -> Option<(usize, String)> {
        let parsed = parse(source, Some("a"));
        let fault = parsed.faults.iter().find(|fault| fault.code == code)?;
        let line = fault.source_line(source)?;
        let mark = line.text.chars().skip(line.mark.start).take(line.mark.len()).collect();
        Some((line.number, mark))
    }

    #[test]
    fn the_mark_is_under_what_the_fault_is_about() {
        for ending in ["\n", "\r\n", "\r"] {
            let source = "\u{FEFF}---\nname: É_b\ndescription: d\n---\n".replace('\n', ending);
            let found = marked(source.as_bytes(), "name-character");
            assert_eq!(found, Some((2, "É_b".to_owned())), "{ending:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_and_a_place_beyond_it_is_not_shown() {
        let long = format!("---\nname: a\ndescription: {}\n---\n", "字".repeat(2_000));
        let (line, mark) = marked(long.as_bytes(), "description-too-long").unwrap();
        assert!(line == 3 && mark.chars().all(|c| c == '字') && mark.chars().count() < MAX_CHARS, "{mark}");
        let far =
            format!("---\nname: a\ndescription: d\nallowed-tools: {}Read (x)\n---\n", "Read ".repeat(40));
        assert_eq!(marked(far.as_bytes(), "tool-entry"), None);
    }
}
