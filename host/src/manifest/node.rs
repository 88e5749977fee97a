//! A YAML tree that knows where everything stands.

use std::{collections::BTreeMap, ops::Range};

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::fault::Place;

/// A value of the front matter, as written.
///
/// Scalars keep their text: `1.0`, `2026-08-01` and `yes` are strings, as in the reference
/// validator. Serialises as text, list and map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Line of the file it starts on, from 1.
    pub line: usize,
    /// Column it starts at, from 1, in characters.
    pub column: usize,
    /// Where it lies in the text that was parsed.
    pub(super) span: Range<usize>,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A text.
    Scalar {
        /// The text, escapes and folding resolved; empty where nothing is written.
        text: String,
        /// How it is written.
        style: ScalarStyle,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Pairs in the order written; a key may occur twice.
    Mapping(Vec<Pair>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key; nearly always a scalar.
    pub key: Node,
    /// The value; an empty scalar where none is written.
    pub value: Node,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// As a block, after `|` or `>`.
    Block,
}

impl Node {
    pub(super) fn place(&self) -> Place {
        Place { line: self.line, column: self.column }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => None,
        }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.kind {
            NodeKind::Sequence(items) => Some(items),
            NodeKind::Scalar { .. } | NodeKind::Mapping(_) => None,
        }
    }

    /// The pairs of a mapping, in the order written.
    #[must_use]
    pub fn as_mapping(&self) -> Option<&[Pair]> {
        match &self.kind {
            NodeKind::Mapping(pairs) => Some(pairs),
            NodeKind::Scalar { .. } | NodeKind::Sequence(_) => None,
        }
    }

    /// The value of `key` in a mapping; the last one, if the key occurs twice.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let pair = self.as_mapping()?.iter().rev().find(|pair| pair.key.as_str() == Some(key))?;
        Some(&pair.value)
    }

    /// `true`, `yes` and `on`, or `false`, `no` and `off`, in any case and with or without quotes.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        let text = self.as_str()?.trim();
        let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is(["true", "yes", "on"]) {
            Some(true)
        } else if is(["false", "no", "off"]) {
            Some(false)
        } else {
            None
        }
    }

    /// Nothing is written, or YAML's word for nothing: `~` or `null` without quotes.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar { text, style: ScalarStyle::Plain }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What it is, for a message.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            NodeKind::Scalar { .. } => "a text",
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            NodeKind::Scalar { .. } if self.is_null() => serializer.serialize_none(),
            NodeKind::Scalar { text, .. } => serializer.serialize_str(text),
            NodeKind::Sequence(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            NodeKind::Mapping(pairs) => {
                // JSON has one value a key: the last one. A key that is itself a list or a mapping has
                // no JSON form and is left out.
                let last: BTreeMap<&str, usize> = pairs
                    .iter()
                    .enumerate()
                    .filter_map(|(index, pair)| Some((pair.key.as_str()?, index)))
                    .collect();
                let mut map = serializer.serialize_map(Some(last.len()))?;
                for (index, pair) in pairs.iter().enumerate() {
                    if let Some(key) = pair.key.as_str()
                        && last.get(key) == Some(&index)
                    {
                        map.serialize_entry(key, &pair.value)?;
                    }
                }
                map.end()
            }
        }
    }
}
