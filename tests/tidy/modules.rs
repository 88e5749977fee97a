//! The modules of the host: their order, their purity, their size.

use std::path::Path;

use crate::source::{Source, sources};

/// The way of the data: a module uses only those before it, and itself.
const ORDER: [&str; 15] = [
    "manifest",
    "capability",
    "audit",
    "error",
    "file_lock",
    "bindings",
    "typed",
    "linker",
    "instance",
    "call",
    "skill",
    "interpreter",
    "runtime",
    "agent",
    "case",
];

/// The modules that know no engine, file, clock of their own, network or environment.
const PURE: [&str; 4] = ["manifest", "capability", "audit", "error"];

fn host() -> Vec<Source> {
    sources("host/src")
}

fn module(source: &Source) -> &str {
    source.path.split('/').next().unwrap().trim_end_matches(".rs")
}

fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn a_module_uses_only_those_before_it() {
    let mut against = Vec::new();
    for source in host() {
        let Some(place) = ORDER.iter().position(|name| *name == module(&source)) else { continue };
        for later in &ORDER[place + 1..] {
            against.extend(source.lines_with(&format!("crate::{later}")));
        }
        // `use crate::{…}` would hide names from this test.
        against.extend(source.lines_with("crate::{"));
    }
    none(
        &against,
        "the order is manifest, capability, audit, error, file_lock, bindings, typed, linker, instance, call, skill, interpreter, runtime, case",
    );
}

#[test]
fn every_module_has_its_place() {
    for source in host() {
        let module = module(&source);
        assert!(ORDER.contains(&module) || matches!(module, "lib" | "bin"), "{}", source.path);
    }
}

#[test]
fn the_first_modules_are_pure() {
    let mut against = Vec::new();
    for source in host().iter().filter(|source| PURE.contains(&module(source))) {
        for name in [
            "wasmtime",
            "wasmtime_wasi",
            "tokio",
            "std::fs",
            "std::env",
            "std::process",
            "std::thread",
            "rustix",
            "Instant::now",
            "SystemTime::now",
            "TcpStream",
            "UdpSocket",
            "ToSocketAddrs",
            "TcpListener",
        ] {
            against.extend(source.lines_with(name));
        }
        // The types of addresses are data.
        against.extend(
            source
                .lines_with("std::net")
                .filter(|line| !line.contains("use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};")),
        );
    }
    none(
        &against,
        "manifest, capability, audit and error know no engine, file, clock, network or environment",
    );
}

#[test]
fn one_file_has_unsafe_code() {
    let unsafe_in: Vec<_> =
        host().iter().flat_map(|source| source.lines_with("unsafe").collect::<Vec<_>>()).collect();
    assert_eq!(unsafe_in.len(), 1, "{unsafe_in:?}");
    assert!(unsafe_in[0].starts_with("instance/mapped.rs:"), "{unsafe_in:?}");
    let allowed: Vec<_> = host()
        .into_iter()
        .filter(|source| source.code.contains("unsafe_code"))
        .map(|source| source.path)
        .collect();
    assert_eq!(allowed, ["bindings.rs", "instance/mapped.rs"]);
}

#[test]
fn one_file_prints() {
    let mut against = Vec::new();
    for source in host().iter().filter(|source| source.path != "bin/openskills/printer.rs") {
        for name in [
            "print!",
            "println!",
            "eprint!",
            "eprintln!",
            "dbg!",
            "io::stdout",
            "io::stderr",
            " stdout()",
            " stderr()",
        ] {
            against.extend(source.lines_with(name));
        }
    }
    none(&against, "only bin/openskills/printer.rs prints");
}

#[test]
fn files_stay_readable() {
    let long: Vec<_> = ["host/src", "bindings/python/src", "guest-sdk/src", "toolchain/src", "xtask/src"]
        .iter()
        .flat_map(|folder| sources(folder))
        .map(|source| (source.code.lines().count(), source.path))
        .filter(|(lines, _)| *lines > 500)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    none(&long, "a file has at most 500 lines without its tests");
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> = host()
        .into_iter()
        .filter(|source| !source.text.starts_with("//!"))
        .map(|source| source.path)
        .collect();
    none(&silent, "a file begins with what it is");
}

#[test]
fn one_place_adds_interfaces_and_none_shadows_them() {
    let mut elsewhere = Vec::new();
    for source in host() {
        assert!(!source.text.contains("define_unknown_imports_as_traps"), "{}", source.path);
        if source.path != "linker/mod.rs" {
            elsewhere.extend(source.lines_with("add_to_linker"));
        }
    }
    none(&elsewhere, "interfaces are added in linker/mod.rs");
}

#[test]
fn one_function_gives_tool_names_a_meaning() {
    let sources = host();
    let elsewhere: Vec<_> = sources
        .iter()
        .filter(|source| ORDER.contains(&module(source)) && source.path != "capability/grant.rs")
        .filter(|source| source.text.split("#[cfg(test)]").next().unwrap().contains("\"WebFetch\" =>"))
        .map(|source| source.path.clone())
        .collect();
    none(&elsewhere, "tool names have their meaning in capability/grant.rs");
}

#[test]
fn host_and_sdk_do_not_depend_on_each_other() {
    let root = openskills_tests::repository();
    let manifest = |path: &str| std::fs::read_to_string(Path::new(&root).join(path)).unwrap();
    assert!(!manifest("host/Cargo.toml").contains("openskills-sdk"));
    assert!(!manifest("guest-sdk/Cargo.toml").contains("openskills-runtime"));
}

#[test]
fn what_answers_guests_reaches_nothing_by_itself() {
    // The lint bans files, clocks, the environment and the network (host/clippy.toml); these say why they may.
    const MAY: [&str; 5] = [
        "linker/deadline.rs",
        "linker/exchange.rs",
        "linker/http_client/mod.rs",
        "linker/protected.rs",
        "linker/scratch.rs",
    ];
    let excused: Vec<_> = host()
        .into_iter()
        .filter(|source| source.text.contains("disallowed_methods"))
        .map(|source| source.path)
        .filter(|path| PURE.iter().chain(&["linker"]).any(|room| path.starts_with(room)))
        .collect();
    assert_eq!(excused, MAY);
}
