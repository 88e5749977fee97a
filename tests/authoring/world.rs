//! `openskills wit`: the package is valid WIT, with what the manifest entitles to and nothing more.

use std::collections::BTreeSet;
use std::path::Path;

use openskills_runtime::manifest::parse_entries;
use openskills_runtime::{OpenSkillRuntime, Policy, World};
use wit_parser::{Resolve, WorldKey};

use crate::bench::{Bench, skill};

/// The names of what a world of a package imports.
fn imports(resolve: &Resolve, package: wit_parser::PackageId, world: &str) -> BTreeSet<String> {
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let interfaces = resolve.worlds[world].imports.keys().filter(|key| matches!(key, WorldKey::Interface(_)));
    interfaces.map(|key| resolve.name_world_key(key)).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("openskills:skill/{name}@0.1.0")).collect()
}

#[test]
fn every_world_is_valid_and_imports_what_its_entries_entitle_to() {
    for (entries, expected) in [
        ("", vec![]),
        ("Read(data/**)", vec!["fs"]),
        ("WebFetch", vec!["http"]),
        ("Env(A), Edit", vec!["env", "fs"]),
        ("Env(A), WebFetch(domain:a.b), Glob", vec!["env", "fs", "http"]),
    ] {
        let world = World::entitled(&parse_entries(entries), &[]);
        let mut resolve = Resolve::default();
        let package = resolve.push_str("skill.wit", &world.text()).unwrap();
        let expected: Vec<&str> = expected.into_iter().chain(["log"]).collect();
        assert_eq!(imports(&resolve, package, "imports"), set(&expected), "{entries}");
        let with_types: Vec<&str> = expected.into_iter().chain(["types"]).collect();
        for name in ["skill", "described-skill"] {
            assert_eq!(imports(&resolve, package, name), set(&with_types), "{entries}: {name}");
        }
    }
}

#[test]
fn the_command_prints_the_world_of_a_skill() {
    let bench = Bench::new();
    let ran = bench.run(["wit", &skill("page-title")]).ended_with(0).shows("interface http {");
    assert!(!ran.stdout.contains("interface fs {"), "{ran:#?}");
    Resolve::default().push_str("skill.wit", &ran.stdout).unwrap();
    let ran = bench.run(["wit", &skill("text-stats")]).ended_with(0).shows("interface log {");
    assert!(!ran.stdout.contains("interface http {"), "{ran:#?}");
    let json = bench.run(["wit", &skill("notes"), "--json"]).ended_with(0).json();
    assert!(json["wit"].as_str().unwrap().contains("interface fs {"));
    bench.run(["wit", "nothing"]).ended_with(3);
}

#[test]
fn a_folder_is_taken_as_it_is_and_follows_the_manifest() {
    let bench = Bench::new();
    let manifest = |entries: &str| {
        let text =
            format!("---\nname: own\ndescription: Of its own.\nallowed-tools: {entries}\n---\nText.\n");
        bench.file("own/SKILL.md", text);
    };
    let world = |folder: &Path| {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder).unwrap();
        imports(&resolve, package, "skill")
    };
    let folder = bench.workspace().join("own/wit");
    manifest("Read WebFetch");
    bench
        .run(["wit", "./own", "--out", "own/wit"])
        .ended_with(0)
        .says("6 files")
        .says("`openskills wit --help`");
    assert_eq!(world(&folder), set(&["fs", "http", "log", "types"]));
    // A world of the author's stays, and what is no longer entitled to goes.
    let own = "package my:sums;\n\nworld skill {\n    include openskills:skill/imports@0.1.0;\n    export add: func(a: u32, b: u32) -> u32;\n}\n";
    bench.file("own/wit/world.wit", own);
    manifest("Read");
    bench.run(["wit", "./own", "--out", "own/wit", "--quiet"]).ended_with(0);
    assert_eq!(world(&folder), set(&["fs", "log"]));
    assert_eq!(std::fs::read_to_string(folder.join("world.wit")).unwrap(), own);
}

#[test]
fn the_library_has_it_whatever_the_policy_is() {
    let runtime = OpenSkillRuntime::builder().policy(Policy::locked()).build().unwrap();
    let skill = runtime.load_skill(skill("page-title")).unwrap();
    assert!(runtime.world(&skill.id).unwrap().text().contains("import http;"));
    assert!(runtime.world("nothing").is_err());
}
