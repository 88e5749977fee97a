//! Text to a tree of [`Node`]s, within bounds.
//!
//! The scanner is `granit-parser`, which only yields events; what is built of them, and how much,
//! is decided here.

use std::{borrow::Cow, collections::BTreeMap};

use granit_parser::{
    ErrorKind, Event, Marker, Parser, ScalarStyle as Written, ScanError, Span, StructureStyle,
};

use super::{
    fault::Place,
    node::{Node, NodeKind, Pair, ScalarStyle},
};

/// The deepest nesting of lists and mappings that is read; the front matter itself is the first.
pub const MAX_DEPTH: usize = 32;

/// The most nodes a front matter may have, those that aliases repeat included.
pub const MAX_NODES: usize = 10_000;

/// The most text a front matter may have once aliases are expanded, in bytes.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// What was read.
#[derive(Debug)]
pub(super) struct Tree {
    /// The document; none if nothing but blanks and comments is written.
    pub(super) root: Option<Node>,
    /// The first place of each notation that the strict verdict has a word on.
    pub(super) notations: BTreeMap<Notation, Place>,
}

/// Notations of YAML that the reference validator refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Notation {
    /// `&name` or `*name`.
    Anchor,
    /// `!tag`.
    Tag,
    /// `[…]` or `{…}`.
    Flow,
}

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct YamlError {
    pub(super) problem: Problem,
    pub(super) place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// Not YAML.
    Syntax(String),
    /// A second document begins.
    SecondDocument,
    /// Deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than [`MAX_NODES`].
    TooManyNodes,
    /// More than [`MAX_TEXT_BYTES`].
    TooMuchText,
    /// An alias stands inside what it repeats.
    Endless,
}

/// Reads one document; `first_line` is the line of the file that `text` starts on.
pub(super) fn read(text: &str, first_line: usize) -> Result<Tree, YamlError> {
    let options = granit_parser::options! {
        emit_comments: false,
        disallow_directives: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder {
        first_line,
        tree: Tree { root: None, notations: BTreeMap::new() },
        open: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
        text: 0,
        documents: 0,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => builder.event(event, &span)?,
            Err(error) => return Err(builder.scan_error(&error)),
        }
    }
    Ok(builder.tree)
}

struct Builder {
    first_line: usize,
    tree: Tree,
    /// The lists and mappings that are not finished, the innermost last.
    open: Vec<Collection>,
    /// Finished nodes that an alias may repeat. Anchors nest at most [`MAX_DEPTH`] deep, which
    /// bounds the copies.
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    text: usize,
    documents: usize,
}

struct Collection {
    node: Node,
    /// In a mapping, the key that waits for its value.
    key: Option<Node>,
    anchor: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let place = self.place(&span.start);
        if event.tag().is_some() {
            let tag = span.tag_start().map_or(place, |mark| self.place(&mark));
            self.notice(Notation::Tag, tag);
        }
        if event.anchor_id().is_some_and(|id| id != 0) {
            self.notice(Notation::Anchor, place);
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(YamlError { problem: Problem::SecondDocument, place });
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let kind = scalar(text, style, span);
                let node = self.node(kind, span);
                self.count(&node)?;
                self.finish(node, anchor);
            }
            Event::SequenceStart(style, anchor, _) => {
                self.start(NodeKind::Sequence(Vec::new()), style, anchor, span)?;
            }
            Event::MappingStart(style, anchor, _) => {
                self.start(NodeKind::Mapping(Vec::new()), style, anchor, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Collection { mut node, anchor, .. }) = self.open.pop() {
                    node.span.end = span.end.byte_offset().unwrap_or(node.span.end);
                    self.finish(node, anchor);
                }
            }
            Event::Alias(id) => {
                let target = self.anchors.get(&id).cloned();
                let mut node = target.ok_or(YamlError { problem: Problem::Endless, place })?;
                self.count(&node)?;
                let depth = self.open.len() + depth(&node);
                if depth > MAX_DEPTH {
                    return Err(YamlError { problem: Problem::TooDeep, place });
                }
                let Place { line, column } = place;
                (node.line, node.column, node.span) = (line, column, byte_span(span));
                self.finish(node, 0);
            }
            _ => {}
        }
        Ok(())
    }

    fn start(
        &mut self,
        kind: NodeKind,
        style: StructureStyle,
        anchor: usize,
        span: &Span,
    ) -> Result<(), YamlError> {
        let node = self.node(kind, span);
        let place = node.place();
        if style == StructureStyle::Flow {
            self.notice(Notation::Flow, place);
        }
        self.count(&node)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(YamlError { problem: Problem::TooDeep, place });
        }
        self.open.push(Collection { node, key: None, anchor });
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.tree.root = Some(node);
            return;
        };
        match (&mut parent.node.kind, parent.key.take()) {
            (NodeKind::Sequence(items), _) => items.push(node),
            (NodeKind::Mapping(pairs), Some(key)) => pairs.push(Pair { key, value: node }),
            (NodeKind::Mapping(_) | NodeKind::Scalar { .. }, _) => parent.key = Some(node),
        }
    }

    /// Counts a node and all below it.
    fn count(&mut self, node: &Node) -> Result<(), YamlError> {
        let (nodes, text) = size(node);
        self.nodes += nodes;
        self.text += text;
        let problem = if self.nodes > MAX_NODES {
            Problem::TooManyNodes
        } else if self.text > MAX_TEXT_BYTES {
            Problem::TooMuchText
        } else {
            return Ok(());
        };
        Err(YamlError { problem, place: node.place() })
    }

    fn notice(&mut self, notation: Notation, place: Place) {
        self.tree.notations.entry(notation).or_insert(place);
    }

    fn node(&self, kind: NodeKind, span: &Span) -> Node {
        let Place { line, column } = self.place(&span.start);
        Node { kind, line, column, span: byte_span(span) }
    }

    fn place(&self, mark: &Marker) -> Place {
        Place { line: mark.line() + self.first_line - 1, column: mark.col() + 1 }
    }

    fn scan_error(&self, error: &ScanError) -> YamlError {
        let problem = match error.kind() {
            ErrorKind::RecursionLimitExceeded => Problem::TooDeep,
            ErrorKind::UnknownAnchor => {
                Problem::Syntax("`*name` repeats an anchor that is not there".to_owned())
            }
            ErrorKind::UnexpectedCharacter { character } => {
                Problem::Syntax(format!("the character '{character}' cannot stand here"))
            }
            kind => Problem::Syntax(kind.to_string()),
        };
        YamlError { problem, place: self.place(error.marker()) }
    }
}

fn byte_span(span: &Span) -> std::ops::Range<usize> {
    span.byte_range().unwrap_or_default()
}

fn scalar(text: Cow<'_, str>, style: Written, span: &Span) -> NodeKind {
    let style = match style {
        Written::Plain => ScalarStyle::Plain,
        Written::SingleQuoted | Written::DoubleQuoted => ScalarStyle::Quoted,
        Written::Literal | Written::Folded => ScalarStyle::Block,
    };
    // The scanner gives `~` for a value that is not written; only its empty span tells them apart.
    let nothing = style == ScalarStyle::Plain && span.start.index() == span.end.index();
    let text = if nothing { String::new() } else { text.into_owned() };
    NodeKind::Scalar { text, style }
}

/// Nodes in a tree, and bytes of text in it.
fn size(node: &Node) -> (usize, usize) {
    let add = |(nodes, text): (usize, usize), (more, longer): (usize, usize)| (nodes + more, text + longer);
    match &node.kind {
        NodeKind::Scalar { text, .. } => (1, text.len()),
        NodeKind::Sequence(items) => items.iter().map(size).fold((1, 0), add),
        NodeKind::Mapping(pairs) => {
            pairs.iter().flat_map(|p| [size(&p.key), size(&p.value)]).fold((1, 0), add)
        }
    }
}

/// How many lists and mappings lie in one another.
fn depth(node: &Node) -> usize {
    match &node.kind {
        NodeKind::Scalar { .. } => 0,
        NodeKind::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        NodeKind::Mapping(pairs) => {
            1 + pairs.iter().map(|p| depth(&p.key).max(depth(&p.value))).max().unwrap_or(0)
        }
    }
}
