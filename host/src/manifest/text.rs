//! Bytes to text: UTF-8, and characters that YAML does not allow.

use std::borrow::Cow;

use super::fault::{Fault, Place, Severity};

/// Makes text of the front matter, which starts on line `first_line` of the file.
///
/// Bytes that are not UTF-8 and characters outside YAML's `c-printable` become U+FFFD, each with at
/// most one fault for all of its kind: a file with one bad byte is still worth loading. Line breaks
/// stay, so places keep their meaning.
pub(super) fn decode(bytes: &[u8], first_line: usize, report: &mut impl FnMut(Fault)) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            report(not_utf8(bytes, error.valid_up_to(), first_line));
            String::from_utf8_lossy(bytes)
        }
    };
    let Some((at, found)) = text.char_indices().find(|(_, c)| !is_printable(*c)) else {
        return text.into_owned();
    };
    report(
        Fault::new(
            "control-character",
            Severity::Error,
            Severity::Warning,
            format!("Invalid YAML in frontmatter: the character U+{:04X} is not allowed", u32::from(found)),
        )
        .at(place_in(&text, at, first_line))
        .hint("delete it; it is read as U+FFFD"),
    );
    text.chars().map(|c| if is_printable(c) { c } else { '\u{FFFD}' }).collect()
}

/// The fault of bytes that are not UTF-8, the first of which is at `at`.
pub(super) fn not_utf8(bytes: &[u8], at: usize, first_line: usize) -> Fault {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    let byte = bytes.get(at).copied().unwrap_or_default();
    Fault::new("not-utf8", Severity::Error, Severity::Warning, format!("the byte 0x{byte:02X} is not UTF-8"))
        .at(place_in(&before, before.len(), first_line))
        .hint("save the file as UTF-8; until then such bytes are read as U+FFFD")
}

/// The place of the byte `at` of `text`, whose first line is `first_line`.
pub(super) fn place_in(text: &str, at: usize, first_line: usize) -> Place {
    let mut place = Place { line: first_line, column: 1 };
    advance(&mut place, text.get(..at).unwrap_or(text));
    place
}

/// Moves `place` over `text`.
pub(super) fn advance(place: &mut Place, text: &str) {
    let mut after_cr = false;
    for c in text.chars() {
        match c {
            '\n' if after_cr => {}
            '\n' | '\r' => {
                place.line += 1;
                place.column = 1;
            }
            _ => place.column += 1,
        }
        after_cr = c == '\r';
    }
}

/// YAML 1.2.2, production 1 (`c-printable`).
fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, Vec<(&'static str, usize, usize)>) {
        let mut faults = Vec::new();
        let text = decode(bytes, 2, &mut |fault| faults.push((fault.code, fault.line, fault.column)));
        (text, faults)
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced_and_reported_once() {
        assert_eq!(decoded("é\t\n".as_bytes()), ("é\t\n".to_owned(), vec![]));
        assert_eq!(
            decoded(b"a: 1\r\nb: \xC3\xA9\xE9 \xFF\n"),
            ("a: 1\r\nb: é\u{FFFD} \u{FFFD}\n".to_owned(), vec![("not-utf8", 3, 5)])
        );
    }

    #[test]
    fn control_characters_are_replaced_and_reported_once() {
        assert_eq!(
            decoded(b"a: 1\nb: \x00x\x1b[m\x7f\n"),
            ("a: 1\nb: \u{FFFD}x\u{FFFD}[m\u{FFFD}\n".to_owned(), vec![("control-character", 3, 4)])
        );
    }
}
