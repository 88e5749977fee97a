//! Cuts the front matter from the body. On bytes, so that offsets are the file's own.

/// The longest front matter that is read, in bytes: 64 KiB. The specification sets no limit; the
/// longest of several thousand public files is far below it.
pub const MAX_FRONT_MATTER_BYTES: usize = 64 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Where the front matter and the body of a file lie. Offsets are bytes, lines count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrontMatter<'a> {
    /// What lies between the two `---` lines, its last line break included.
    pub yaml: &'a [u8],
    /// Where `yaml` starts in the file.
    pub yaml_offset: usize,
    /// Where the body starts in the file: after the line break of the closing `---`.
    pub body_offset: usize,
    /// The line the body starts on.
    pub body_line: usize,
    /// The file starts with a byte order mark.
    pub bom: bool,
}

/// Why a file has no front matter that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitError {
    /// The first line is not `---`. Blank lines and comments before it count as lines.
    Absent,
    /// No later line is `---`.
    Unclosed,
    /// It is longer than [`MAX_FRONT_MATTER_BYTES`].
    TooLong,
}

/// Splits a file into front matter and body.
///
/// The first line must be `---`, and the next line that is `---` ends the block; blanks at the end
/// of these lines and a byte order mark before the first are accepted. `---` inside a line never
/// ends the block, nor does an indented one. Lines end with LF, CRLF or CR, as in YAML.
///
/// # Errors
/// [`SplitError`], if there is no such block or if it is too long.
pub fn split(source: &[u8]) -> Result<FrontMatter<'_>, SplitError> {
    let bom = source.starts_with(BOM);
    let start = if bom { BOM.len() } else { 0 };
    let first = line_at(source, start).ok_or(SplitError::Absent)?;
    if !is_marker(first.content) {
        return Err(SplitError::Absent);
    }
    let yaml_offset = first.next;
    let mut at = yaml_offset;
    let mut number = 2;
    while let Some(line) = line_at(source, at) {
        if is_marker(line.content) {
            let yaml = source.get(yaml_offset..at).unwrap_or_default();
            if yaml.len() > MAX_FRONT_MATTER_BYTES {
                return Err(SplitError::TooLong);
            }
            return Ok(FrontMatter { yaml, yaml_offset, body_offset: line.next, body_line: number + 1, bom });
        }
        at = line.next;
        number += 1;
    }
    Err(SplitError::Unclosed)
}

struct Line<'a> {
    content: &'a [u8],
    next: usize,
}

/// The line that starts at `at`; none at the end of the file.
fn line_at(source: &[u8], at: usize) -> Option<Line<'_>> {
    let rest = source.get(at..).filter(|rest| !rest.is_empty())?;
    let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
    let (content, ending) = rest.split_at_checked(length)?;
    let ending = if ending.starts_with(b"\r\n") { 2 } else { ending.len().min(1) };
    Some(Line { content, next: at + length + ending })
}

fn is_marker(line: &[u8]) -> bool {
    line.strip_prefix(b"---").is_some_and(|rest| rest.iter().all(|byte| matches!(byte, b' ' | b'\t')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The front matter, the body and its first line.
    fn parts(source: &str) -> Option<(&str, &str, usize)> {
        let found = split(source.as_bytes()).ok()?;
        Some((std::str::from_utf8(found.yaml).ok()?, source.get(found.body_offset..)?, found.body_line))
    }

    #[test]
    fn lines_end_with_lf_crlf_or_cr() {
        assert_eq!(parts("---\na: 1\n---\nbody\n"), Some(("a: 1\n", "body\n", 4)));
        assert_eq!(parts("---\r\na: 1\r\n---\r\nbody"), Some(("a: 1\r\n", "body", 4)));
        assert_eq!(parts("---\ra: 1\r---\rbody"), Some(("a: 1\r", "body", 4)));
    }

    #[test]
    fn a_byte_order_mark_is_no_error() {
        assert_eq!(parts("\u{FEFF}---\na: 1\n---\nbody"), Some(("a: 1\n", "body", 4)));
        assert_eq!(split(b"\xEF\xBB\xBF---\n---\n").map(|f| (f.bom, f.yaml_offset)), Ok((true, 7)));
    }

    #[test]
    fn three_dashes_inside_a_value_do_not_end_the_block() {
        let source = "---\na: x --- y\nb: |\n  ---\nc: '---'\n--- d\n----\n---\nbody --- more\n---\n";
        let yaml = "a: x --- y\nb: |\n  ---\nc: '---'\n--- d\n----\n";
        assert_eq!(parts(source), Some((yaml, "body --- more\n---\n", 9)));
    }

    #[test]
    fn blanks_after_the_dashes_are_accepted() {
        assert_eq!(parts("--- \t\na: 1\n---  \nbody"), Some(("a: 1\n", "body", 4)));
        assert_eq!(parts("---\n---"), Some(("", "", 3)));
    }

    #[test]
    fn anything_before_the_first_dashes_means_no_front_matter() {
        for source in
            ["", "\n---\na: 1\n---\n", "# c\n---\n---\n", " ---\n---\n", "----\n---\n", "---x\n---\n", "text"]
        {
            assert_eq!(split(source.as_bytes()), Err(SplitError::Absent), "{source:?}");
        }
    }

    #[test]
    fn a_block_that_does_not_end_or_is_too_long_is_an_error() {
        for source in ["---", "---\n", "---\na: 1\n", "---\na: 1\n ---\n", "---\na: ---\n"] {
            assert_eq!(split(source.as_bytes()), Err(SplitError::Unclosed), "{source:?}");
        }
        let fits = format!("---\n{}\n---\n", "a".repeat(MAX_FRONT_MATTER_BYTES - 1));
        assert!(split(fits.as_bytes()).is_ok());
        let long = format!("---\n{}\n---\n", "a".repeat(MAX_FRONT_MATTER_BYTES));
        assert_eq!(split(long.as_bytes()), Err(SplitError::TooLong));
    }
}
