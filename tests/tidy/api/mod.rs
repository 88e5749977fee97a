//! Every public method of the Rust API has its name in the other languages, or a reason why it has none there:
//! `tests/cases/parity/api.json` against the sources.

mod node;
mod python;
mod rust;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde::Deserialize;

/// What `api.json` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Api {
    about: String,
    rust: BTreeMap<String, BTreeMap<String, Names>>,
    more: More,
}

/// One method's names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    python: Name,
    node: Name,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    One(String),
    Several(Vec<String>),
    None { none: String },
}

/// What a language has of its own, with the reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct More {
    python: BTreeMap<String, String>,
    node: BTreeMap<String, String>,
}

/// A language's public names: `function`, `Class.member` and `Class.member(parameter)`.
type Declared = BTreeSet<String>;

impl Api {
    fn read() -> Self {
        let path = openskills_tests::repository().join("tests/cases/parity/api.json");
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    fn names<'a>(&'a self, of: impl Fn(&'a Names) -> &'a Name) -> BTreeSet<&'a str> {
        let names = self.rust.values().flat_map(BTreeMap::values).map(of);
        names
            .flat_map(|name| match name {
                Name::One(name) => std::slice::from_ref(name),
                Name::Several(names) => names,
                Name::None { .. } => &[],
            })
            .map(String::as_str)
            .collect()
    }

    /// Compares what is written down with what is declared, in both directions.
    fn check<'a>(
        &'a self,
        language: &str,
        of: impl Fn(&'a Names) -> &'a Name,
        more: &'a BTreeMap<String, String>,
        declared: &Declared,
    ) {
        let written: BTreeSet<&str> =
            self.names(of).into_iter().chain(more.keys().map(String::as_str)).collect();
        let missing: Vec<_> = written.iter().filter(|name| !declared.contains(**name)).collect();
        assert!(missing.is_empty(), "{language} has no {missing:?}, and api.json says that it has");
        // A parameter stands for its function, and so does a function for its parameters.
        let known: BTreeSet<&str> =
            written.iter().map(|name| name.split('(').next().unwrap_or(name)).collect();
        let unknown: Vec<_> =
            declared.iter().filter(|name| !name.contains('(') && !known.contains(name.as_str())).collect();
        assert!(
            unknown.is_empty(),
            "{language} has {unknown:?}: write it into api.json, as a method's name or under `more`"
        );
    }
}

#[test]
fn every_public_method_has_its_name_in_each_language_or_a_reason() {
    let api = Api::read();
    assert!(!api.about.is_empty());
    let written: BTreeSet<String> = api
        .rust
        .iter()
        .flat_map(|(owner, methods)| methods.keys().map(move |method| rust::named(owner, method)))
        .collect();
    let found = rust::public_methods();
    let missing: Vec<_> = found.difference(&written).collect();
    assert!(
        missing.is_empty(),
        "public, and without names in Python and TypeScript in api.json: {missing:?}"
    );
    let gone: Vec<_> = written.difference(&found).collect();
    assert!(gone.is_empty(), "in api.json, and not public: {gone:?}");
    for name in api.rust.values().flat_map(BTreeMap::values).flat_map(|names| [&names.python, &names.node]) {
        if let Name::None { none } = name {
            assert!(none.len() > 5, "a reason is missing: {none:?}");
        }
    }
}

#[test]
fn python_has_what_is_said_of_it() {
    let api = Api::read();
    api.check("Python", |names| &names.python, &api.more.python, &python::declared());
}

#[test]
fn node_has_what_is_said_of_it() {
    let api = Api::read();
    api.check("Node", |names| &names.node, &api.more.node, &node::declared());
}
