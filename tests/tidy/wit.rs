//! The contract in `wit/`: it parses, all of it is documented, and everyone uses the same one.

use openskills_tests::repository;
use wit_parser::{Docs, Resolve, TypeDefKind, WorldItem};

fn contract() -> (Resolve, wit_parser::PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(repository().join("wit")).unwrap();
    (resolve, package)
}

#[test]
fn every_item_is_documented() {
    let (resolve, package) = contract();
    let mut silent = Vec::new();
    let mut check = |name: String, docs: &Docs| {
        if docs.contents.as_deref().is_none_or(|text| text.trim().is_empty()) {
            silent.push(name);
        }
    };
    let package = &resolve.packages[package];
    for (name, id) in &package.interfaces {
        let interface = &resolve.interfaces[*id];
        check(name.clone(), &interface.docs);
        for (function, item) in &interface.functions {
            check(format!("{name}.{function}"), &item.docs);
        }
        for (kind, id) in &interface.types {
            let item = &resolve.types[*id];
            let part = |part: &str| format!("{name}.{kind}.{part}");
            check(format!("{name}.{kind}"), &item.docs);
            match &item.kind {
                TypeDefKind::Record(record) => {
                    record.fields.iter().for_each(|field| check(part(&field.name), &field.docs));
                }
                TypeDefKind::Variant(variant) => {
                    variant.cases.iter().for_each(|case| check(part(&case.name), &case.docs));
                }
                TypeDefKind::Enum(cases) => {
                    cases.cases.iter().for_each(|case| check(part(&case.name), &case.docs));
                }
                other => panic!("{name}.{kind}: this test does not know of {other:?} yet"),
            }
        }
    }
    for (name, id) in &package.worlds {
        let world = &resolve.worlds[*id];
        check(name.clone(), &world.docs);
        for (key, item) in &world.exports {
            let WorldItem::Function(function) = item else { continue };
            check(format!("{name}.{}", resolve.name_world_key(key)), &function.docs);
        }
    }
    assert!(silent.is_empty(), "without a word: {silent:?}");
}

#[test]
fn the_package_has_what_the_design_names() {
    let (resolve, package) = contract();
    let package = &resolve.packages[package];
    assert_eq!(package.name.to_string(), "openskills:skill@0.1.0");
    let interfaces: Vec<_> = package.interfaces.keys().map(String::as_str).collect();
    for name in ["env", "fs", "http", "log", "types"] {
        assert!(interfaces.contains(&name), "{interfaces:?}");
    }
    for name in ["base", "skill", "described-skill"] {
        assert!(package.worlds.contains_key(name), "{name}");
    }
}

#[test]
fn host_and_sdk_use_this_one() {
    for (package, file) in [("host", "bindings.rs"), ("guest-sdk", "bindings.rs")] {
        let folder = repository().join(package);
        let text = std::fs::read_to_string(folder.join("src").join(file)).unwrap();
        let path = text.split("path: \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let named = folder.join(path).canonicalize().unwrap();
        assert_eq!(named, repository().join("wit").canonicalize().unwrap(), "{package}");
    }
}

#[test]
fn there_is_no_other() {
    let root = repository();
    for package in
        ["host", "guest-sdk", "guest-sdk/macros", "tests", "skills", "xtask", "toolchain", "bindings/node"]
    {
        assert!(!root.join(package).join("wit").exists(), "{package}/wit");
    }
    // A link, which the source archive of the Python package follows.
    let link = root.join("bindings/python/wit");
    assert_eq!(std::fs::read_link(link).unwrap(), std::path::Path::new("../../wit"));
}
