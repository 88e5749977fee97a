//! YAML that is fine with a client but not with the reference validator, which reads a subset:
//! no flow style, anchors or tags, no key twice, siblings indented alike.

use std::collections::BTreeSet;

use super::{
    fault::{Fault, Place, Severity},
    node::{Node, NodeKind, Pair},
    yaml::{Notation, Tree},
};

/// Reports what the subset does not have, each kind once (each key that occurs again by itself).
pub(super) fn check(tree: &Tree, report: &mut impl FnMut(Fault)) {
    for (notation, place) in &tree.notations {
        report(notation_fault(*notation, *place));
    }
    if let Some(root) = &tree.root {
        let mut indentation = None;
        walk(root, report, &mut indentation);
        if let Some(place) = indentation {
            report(
                fault(
                    "yaml-indentation",
                    Severity::Note,
                    "mappings side by side are not indented alike",
                    place,
                )
                .hint("indent them by the same number of blanks"),
            );
        }
    }
}

fn walk(node: &Node, report: &mut impl FnMut(Fault), indentation: &mut Option<Place>) {
    match &node.kind {
        NodeKind::Scalar { .. } => {}
        NodeKind::Sequence(items) => {
            for item in items {
                walk(item, report, indentation);
            }
        }
        NodeKind::Mapping(pairs) => {
            duplicates(pairs, report);
            *indentation = indentation.or_else(|| uneven(pairs));
            for pair in pairs {
                walk(&pair.key, report, indentation);
                walk(&pair.value, report, indentation);
            }
        }
    }
}

fn duplicates(pairs: &[Pair], report: &mut impl FnMut(Fault)) {
    let mut seen = BTreeSet::new();
    for pair in pairs {
        let Some(key) = pair.key.as_str() else { continue };
        if !seen.insert(key) {
            let message = format!("the key `{key}` occurs twice");
            report(
                fault("duplicate-key", Severity::Warning, &message, pair.key.place())
                    .text(key)
                    .hint("delete one of them; the last one counts"),
            );
        }
    }
}

/// The first mapping among the values that starts at another column than the first of them.
fn uneven(pairs: &[Pair]) -> Option<Place> {
    let mut mappings = pairs.iter().map(|pair| &pair.value).filter(|value| value.as_mapping().is_some());
    let column = mappings.next()?.column;
    mappings.find(|value| value.column != column).map(Node::place)
}

fn notation_fault(notation: Notation, place: Place) -> Fault {
    let (code, load, message, hint) = match notation {
        Notation::Anchor => (
            "yaml-anchor",
            Severity::Note,
            "an anchor (`&name`) is not allowed",
            "write the value out where it is used, or put it in quotes",
        ),
        Notation::Tag => (
            "yaml-tag",
            Severity::Warning,
            "a tag (`!name`) is not allowed",
            "delete it, it has no effect; or put the value in quotes",
        ),
        Notation::Flow => (
            "yaml-flow",
            Severity::Note,
            "flow style (`[…]` or `{…}`) is not allowed",
            "write one item a line, or put the value in quotes if it is a text",
        ),
    };
    fault(code, load, message, place).hint(hint)
}

fn fault(code: &'static str, load: Severity, message: &str, place: Place) -> Fault {
    Fault::new(code, Severity::Error, load, format!("Invalid YAML in frontmatter: {message}")).at(place)
}
