//! The public methods of the library, read from its code.

use std::collections::BTreeSet;

use syn::{ImplItem, Item, Type, UseTree, Visibility};

use crate::source::sources;

/// The name of a method; free functions stand under `functions`.
pub(super) fn named(owner: &str, method: &str) -> String {
    match owner {
        "functions" => method.to_owned(),
        owner => format!("{owner}.{method}"),
    }
}

/// The methods of all types that the library exports at its root, and the functions that it exports there.
pub(super) fn public_methods() -> BTreeSet<String> {
    let sources = sources("host/src");
    let library = sources.iter().find(|source| source.path == "lib.rs").unwrap();
    let exported = exported(&syn::parse_file(&library.text).unwrap().items);
    assert!(exported.contains("OpenSkillRuntime"), "{exported:?}");
    let mut found = BTreeSet::new();
    for source in sources.iter().filter(|source| !source.path.starts_with("bin/")) {
        for item in syn::parse_file(&source.text).unwrap().items {
            match item {
                Item::Fn(function) if is_public(&function.vis) => {
                    let name = function.sig.ident.to_string();
                    found.extend(Some(name).filter(|name| exported.contains(name)));
                }
                Item::Impl(block) if block.trait_.is_none() => {
                    let Type::Path(path) = &*block.self_ty else { continue };
                    let owner = path.path.segments.last().unwrap().ident.to_string();
                    if !exported.contains(&owner) {
                        continue;
                    }
                    for item in &block.items {
                        if let ImplItem::Fn(function) = item
                            && is_public(&function.vis)
                        {
                            found.insert(named(&owner, &function.sig.ident.to_string()));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    found
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The names after `pub use` at the root.
fn exported(items: &[Item]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in items {
        if let Item::Use(item) = item
            && is_public(&item.vis)
        {
            collect(&item.tree, &mut names);
        }
    }
    names
}

fn collect(tree: &UseTree, names: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => collect(&path.tree, names),
        UseTree::Group(group) => group.items.iter().for_each(|tree| collect(tree, names)),
        UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
        UseTree::Rename(rename) => drop(names.insert(rename.rename.to_string())),
        UseTree::Glob(_) => {}
    }
}
