//! The text that a tree was read from, as its author wrote it.

use super::node::Node;

/// The front matter's text, and where the repair of it put in quotation marks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// The text as written.
    pub(super) text: &'a str,
    /// Offsets in the repaired text of one-byte characters that `text` does not have, ascending.
    pub(super) inserted: &'a [usize],
}

impl<'a> Source<'a> {
    /// What is written where `node` stands.
    pub(super) fn written(self, node: &Node) -> &'a str {
        let original = |at: usize| at - self.inserted.partition_point(|inserted| *inserted < at);
        self.text.get(original(node.span.start)..original(node.span.end)).unwrap_or_default()
    }
}
