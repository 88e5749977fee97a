//! One attempt to mend front matter that is not YAML: values that need quotes get them.

use super::{
    known_fields::{is_known_elsewhere, is_specified, meant},
    node::NodeKind,
    yaml::{Problem, read},
};

/// A mended text. Nothing is different but for quotation marks put in, one byte each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Repaired {
    pub(super) text: String,
    /// The offsets in `text` of what was put in, ascending.
    pub(super) inserted: Vec<usize>,
    /// The keys whose values were quoted, in the order written; never empty.
    pub(super) keys: Vec<String>,
}

/// Puts values of top-level keys in quotes: those that are not YAML taken by themselves, be it for
/// a `: ` inside or for the character they start with. In a list of tools it is the items that get
/// quotes. None if there is nothing to quote; whether the outcome is YAML is for the caller to try.
pub(super) fn repair(text: &str) -> Option<Repaired> {
    let mut repaired = Repaired::default();
    for block in blocks(text) {
        if repaired.quoted(block).is_none() {
            repaired.text.push_str(block);
        }
    }
    (!repaired.keys.is_empty()).then_some(repaired)
}

/// Cuts at each line that starts at the left edge: a key with all that is indented below it.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut length = 0;
        for line in rest.split_inclusive('\n') {
            let indented = line.starts_with([' ', '\t']) || line.trim().is_empty();
            if length > 0 && !indented {
                break;
            }
            length += line.len();
        }
        let (block, next) = rest.split_at_checked(length)?;
        rest = next;
        Some(block)
    })
}

impl Repaired {
    /// Adds a block with its value in quotes; none, and nothing added, if that is not what it needs.
    fn quoted(&mut self, block: &str) -> Option<()> {
        let (key, value) = key_and_value(block)?;
        let is_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if key.is_empty() || !key.chars().all(is_key) || is_yaml(block) {
            return None;
        }
        let head = block.strip_suffix(value)?;
        let trimmed = value.trim_end();
        if head.contains('\n') {
            if !key.ends_with("tools") {
                return None;
            }
            self.text.push_str(head);
            for line in trimmed.split_inclusive('\n') {
                self.item(line);
            }
        } else if trimmed.is_empty() || trimmed.starts_with('#') || swallows_a_field(trimmed) {
            return None;
        } else {
            self.text.push_str(head);
            self.quote(trimmed);
        }
        self.text.push_str(value.strip_prefix(trimmed)?);
        self.keys.push(key.to_owned());
        Some(())
    }

    /// Adds a line of a list, `- item`, with the item in quotes unless it is quoted already.
    fn item(&mut self, line: &str) {
        let item = line.trim_start().strip_prefix('-').map(str::trim);
        let item = item.filter(|item| !item.is_empty() && !item.starts_with(['\'', '"', '#']));
        match item.and_then(|item| Some((item, line.trim_end().strip_suffix(item)?))) {
            Some((item, before)) => {
                self.text.push_str(before);
                self.quote(item);
                self.text.push_str(line.strip_prefix(line.trim_end()).unwrap_or_default());
            }
            None => self.text.push_str(line),
        }
    }

    fn quote(&mut self, text: &str) {
        self.mark();
        for c in text.chars() {
            if c == '\'' {
                self.mark();
            }
            self.text.push(c);
        }
        self.mark();
    }

    /// Puts in one quotation mark.
    fn mark(&mut self) {
        self.inserted.push(self.text.len());
        self.text.push('\'');
    }
}

/// The key at the left edge and what follows its colon, from the first character on that is not
/// white space.
fn key_and_value(block: &str) -> Option<(&str, &str)> {
    let line = block.lines().next()?;
    let colon = line
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|at| line.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])))?;
    Some((line.get(..colon)?.trim_end(), block.get(colon + 1..)?.trim_start()))
}

/// A line after the first is a field by the look of it: indented by mistake, it must not become part
/// of another field's text.
fn swallows_a_field(value: &str) -> bool {
    value
        .lines()
        .skip(1)
        .filter_map(|line| key_and_value(line.trim_start()))
        .any(|(key, _)| is_specified(key) || is_known_elsewhere(key) || meant(key).is_some())
}

/// A key with its value, taken alone, is a mapping; or it is something that quotes do not mend.
fn is_yaml(block: &str) -> bool {
    match read(block, 1) {
        Ok(tree) => tree.root.is_some_and(|root| matches!(root.kind, NodeKind::Mapping(_))),
        Err(error) => !matches!(error.problem, Problem::Syntax(_)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> Option<String> {
        repair(text).map(|repaired| repaired.text)
    }

    #[test]
    fn a_colon_in_a_value_gets_quotes() {
        assert_eq!(
            mended("name: a\ndescription: Use when: it's late\nlicense: MIT\n").as_deref(),
            Some("name: a\ndescription: 'Use when: it''s late'\nlicense: MIT\n")
        );
        assert_eq!(
            mended("description: Use when: x\r\n  more: y\r\n\r\nname: a\r\n").as_deref(),
            Some("description: 'Use when: x\r\n  more: y'\r\n\r\nname: a\r\n")
        );
    }

    #[test]
    fn a_reserved_character_first_gets_quotes() {
        for value in
            ["@home", "`code` first", "%x", "*", "[a] [b]", "{x", "\"a\" b", "'a'b", "> 5 of", "| a", "!<a"]
        {
            let text = format!("a: {value}\nb: 1\n");
            let expected = format!("a: '{}'\nb: 1\n", value.replace('\'', "''"));
            assert_eq!(mended(&text), Some(expected), "{value}");
        }
    }

    #[test]
    fn what_was_put_in_can_be_taken_out_again() {
        let text = "a: it's: x\r\nb-tools:\n  -  *\n  - y'z \nc: @\n";
        let mended = repair(text).unwrap_or_default();
        assert_eq!(mended.keys, ["a", "b-tools", "c"]);
        assert_eq!(mended.text, "a: 'it''s: x'\r\nb-tools:\n  -  '*'\n  - 'y''z' \nc: '@'\n");
        let without: String = mended
            .text
            .char_indices()
            .filter(|(at, _)| !mended.inserted.contains(at))
            .map(|(_, c)| c)
            .collect();
        assert_eq!(without, text);
    }

    #[test]
    fn items_of_a_list_of_tools_get_quotes() {
        assert_eq!(
            mended("allowed-tools:\n  - Read\n  - *\n  - 'Edit'\nname: a\n").as_deref(),
            Some("allowed-tools:\n  - 'Read'\n  - '*'\n  - 'Edit'\nname: a\n")
        );
        assert_eq!(mended("hooks:\n  - Read\n  - *\nname: a\n"), None);
    }

    #[test]
    fn what_is_yaml_or_no_key_stays() {
        for text in [
            "a: [b, c]\nb: 'c: d'\n",
            "plain text: with\n- list\n",
            "",
            "a: |\n  b: c: d\n",
            "a b: c: d\n",
            "a: b\n disallowed-tools: c\n",
        ] {
            assert_eq!(mended(text), None, "{text:?}");
        }
        let deep = format!("a: {}\n", "[".repeat(100));
        assert_eq!(mended(&deep), None);
    }
}
