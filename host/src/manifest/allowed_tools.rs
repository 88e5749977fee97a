//! The grammar of `allowed-tools` and `disallowed-tools`: a text, or a list of entries.

use super::{
    fault::Place,
    node::{Node, NodeKind},
    source::Source,
    text::advance,
    tool_entry::ToolEntry,
};

/// Splits a text into its entries: at commas and white space outside parentheses.
///
/// `Bash(git add:*) Read(docs/a b/**), Edit` is three entries. Quotes are ordinary characters.
/// White space before `(` does not split, so that `Read (a)` is one entry, and not a valid one,
/// instead of a bare `Read` that grants more than was meant. A parenthesis that is not closed takes
/// the rest of the text into its entry. Every entry keeps its place in `text`; those that cannot be
/// read are kept with [`ToolEntry::error`] set.
#[must_use]
pub fn parse_entries(text: &str) -> Vec<ToolEntry> {
    let mut place = Place { line: 1, column: 1 };
    let mut at = 0;
    split(text)
        .map(|(start, entry)| {
            advance(&mut place, text.get(at..start).unwrap_or_default());
            at = start;
            ToolEntry::read(entry, place.line, place.column)
        })
        .collect()
}

/// The entries of a field's value, with their places in the file. `source` is the text the value
/// was parsed from. An item that is not a text is given to `odd_item` and yields no entry; for a
/// mapping in place of the whole value likewise.
pub(super) fn entries_of(
    value: &Node,
    source: Source<'_>,
    odd_item: &mut impl FnMut(&Node),
) -> Vec<ToolEntry> {
    match &value.kind {
        NodeKind::Scalar { text, .. } => {
            let mut entries = parse_entries(text);
            place_in_file(&mut entries, value, source);
            entries
        }
        NodeKind::Sequence(items) => {
            let mut entries = Vec::with_capacity(items.len());
            for item in items {
                match item.as_str() {
                    Some(text) => entries.push(ToolEntry::read(text.trim(), item.line, item.column)),
                    None => odd_item(item),
                }
            }
            entries
        }
        NodeKind::Mapping(_) => {
            odd_item(value);
            Vec::new()
        }
    }
}

/// Turns places in the value into places in the file, by finding each entry in what was written.
/// An entry that is written otherwise (folded over two lines, escaped) stands at the value's start,
/// and so do those after it.
fn place_in_file(entries: &mut [ToolEntry], value: &Node, source: Source<'_>) {
    let written = source.written(value);
    let mut place = value.place();
    let mut at = 0;
    let mut lost = false;
    for entry in entries {
        let found = if lost { None } else { written.get(at..).and_then(|rest| rest.find(&entry.text)) };
        if let Some(skipped) = found {
            advance(&mut place, written.get(at..at + skipped).unwrap_or_default());
            (entry.line, entry.column) = (place.line, place.column);
            advance(&mut place, &entry.text);
            at += skipped + entry.text.len();
        } else {
            lost = true;
            (entry.line, entry.column) = (value.line, value.column);
        }
    }
}

/// The entries of `text` with their byte offsets.
fn split(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text.get(at..)?.find(|c: char| !is_separator(c))?;
        let start = at;
        at += entry_length(text.get(start..)?);
        Some((start, text.get(start..at)?))
    })
}

/// How long the entry is that `text` starts with, in bytes.
fn entry_length(text: &str) -> usize {
    let mut depth = 0_usize;
    // Blanks before this offset lead to a `(` and do not split. Remembered, so that each run of
    // blanks is looked through once.
    let mut joined = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return at,
            _ if depth == 0 && at >= joined && c.is_whitespace() => {
                let rest = text.get(at..).unwrap_or_default().trim_start();
                if !rest.starts_with('(') {
                    return at;
                }
                joined = text.len() - rest.len();
            }
            _ => {}
        }
    }
    text.len()
}

/// A comma stands between entries.
pub(super) fn has_comma(text: &str) -> bool {
    let mut at = 0;
    split(text).any(|(start, entry)| {
        let comma = text.get(at..start).is_some_and(|between| between.contains(','));
        at = start + entry.len();
        comma
    })
}

fn is_separator(c: char) -> bool {
    c == ',' || c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::EntryError;

    fn texts(text: &str) -> Vec<String> {
        parse_entries(text).into_iter().map(|entry| entry.text).collect()
    }

    #[test]
    fn splits_on_commas_and_blanks_outside_parentheses_only() {
        assert_eq!(
            texts("Bash(git add:*) Read(docs/a b/**), Edit"),
            ["Bash(git add:*)", "Read(docs/a b/**)", "Edit"]
        );
        assert_eq!(
            texts("Read,Write,,\tEdit\n Bash(a, (b, c) d)"),
            ["Read", "Write", "Edit", "Bash(a, (b, c) d)"]
        );
        assert_eq!(texts(" , \n"), Vec::<String>::new());
        assert_eq!(texts("Bash(echo \"a)\" b) Read"), ["Bash(echo \"a)\"", "b)", "Read"]);
    }

    #[test]
    fn a_blank_before_a_parenthesis_never_leaves_a_bare_tool() {
        let entries = parse_entries("Read  (a) Write,(b)");
        let seen: Vec<_> = entries.iter().map(|e| (e.text.as_str(), e.error)).collect();
        assert_eq!(
            seen,
            [
                ("Read  (a)", Some(EntryError::BlankBeforeParenthesis)),
                ("Write", None),
                ("(b)", Some(EntryError::NoTool))
            ]
        );
    }

    #[test]
    fn an_open_parenthesis_takes_the_rest_and_grants_nothing() {
        let entries = parse_entries("Edit Read(a, Write");
        let seen: Vec<_> = entries.iter().map(|e| (e.text.as_str(), e.tool.as_str(), e.is_valid())).collect();
        assert_eq!(seen, [("Edit", "Edit", true), ("Read(a, Write", "Read", false)]);
        assert!(entries.iter().all(|e| e.specifier.is_none()));
    }

    #[test]
    fn entries_know_their_places() {
        let places: Vec<_> =
            parse_entries("é Read,\n  Edit(ü x) W").iter().map(|e| (e.line, e.column)).collect();
        assert_eq!(places, [(1, 1), (1, 3), (2, 3), (2, 13)]);
    }
}
