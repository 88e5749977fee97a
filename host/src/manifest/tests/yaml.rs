//! The tree of the front matter: texts, places, bounds.

use crate::manifest::{
    MAX_DEPTH, MAX_NODES, Node,
    yaml::{Notation, read},
};

fn json(text: &str) -> String {
    read(text, 2).map_or_else(
        |error| format!("{:?} at {}:{}", error.problem, error.place.line, error.place.column),
        |tree| serde_json::to_string(&tree.root).unwrap_or_default(),
    )
}

#[test]
fn scalars_keep_their_text() {
    assert_eq!(
        json("a: 1.0\nb: 2026-08-01\nc: yes\nd: '~'\ne:\nf: 0x1F\n"),
        r#"{"a":"1.0","b":"2026-08-01","c":"yes","d":"~","e":null,"f":"0x1F"}"#
    );
    assert_eq!(
        json("a: |\n  x\n  y\nb: >\n  x\n  y\nc: p\n  q\n"),
        r#"{"a":"x\ny\n","b":"x y\n","c":"p q"}"#
    );
}

#[test]
fn nodes_know_their_places() {
    let tree = read("a: é x\nb:\n  - 'q'\n  - {c: d}\n", 2).ok().and_then(|tree| tree.root);
    let items = tree.as_ref().and_then(|root| root.get("b")).and_then(Node::as_sequence).unwrap_or_default();
    let places: Vec<_> = items.iter().map(|item| (item.line, item.column)).collect();
    assert_eq!(places, [(4, 5), (5, 5)]);
}

#[test]
fn aliases_are_expanded() {
    assert_eq!(json("a: &x [1, {b: 2}]\nc: *x\n"), r#"{"a":["1",{"b":"2"}],"c":["1",{"b":"2"}]}"#);
    assert_eq!(json("a: &x [*x]\n"), "Endless at 2:8");
    assert_eq!(json("a: *x\n"), "Syntax(\"`*name` repeats an anchor that is not there\") at 2:4");
}

#[test]
fn notations_are_noticed_once_where_they_first_occur() {
    let tree = read("a: &x {b: []}\nc: !!str *x\n", 2);
    assert!(tree.is_err(), "an alias takes no tag");
    let notations = read("a: &x {b: []}\nc: !!str d\n", 2).map(|tree| tree.notations).unwrap_or_default();
    let seen: Vec<_> =
        notations.iter().map(|(notation, place)| (*notation, place.line, place.column)).collect();
    assert_eq!(seen, [(Notation::Anchor, 2, 7), (Notation::Tag, 3, 4), (Notation::Flow, 2, 7)]);
}

#[test]
fn one_document_only() {
    assert_eq!(json("a: 1\n--- b\n"), "SecondDocument at 3:1");
    assert_eq!(json(""), "null");
    assert_eq!(json("# only a comment\n"), "null");
}

#[test]
fn bounds_hold() {
    let nested = |depth: usize| format!("a: {}{}\n", "[".repeat(depth), "]".repeat(depth));
    assert!(json(&nested(MAX_DEPTH - 1)).starts_with('{'));
    assert!(json(&nested(MAX_DEPTH)).starts_with("TooDeep"));
    let blocks: String = (0..=MAX_DEPTH).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(json(&blocks).starts_with("TooDeep"), "{}", json(&blocks));

    // The document, its key and the list are nodes as well.
    let list = |items: usize| format!("a: [{}]\n", "1,".repeat(items));
    assert!(json(&list(MAX_NODES - 3)).starts_with('{'));
    assert!(json(&list(MAX_NODES - 2)).starts_with("TooManyNodes"));

    let laughs = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
        c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n";
    assert!(json(laughs).starts_with("TooManyNodes"));
    let text = format!("a: &a '{}'\nb: [{}]\n", "x".repeat(32 * 1024), "*a,".repeat(8));
    assert!(json(&text).starts_with("TooMuchText"));
    let deep =
        format!("a: &a {}{}\nb: {}*a{}\n", "[".repeat(20), "]".repeat(20), "[".repeat(20), "]".repeat(20));
    assert!(json(&deep).starts_with("TooDeep"));
}
