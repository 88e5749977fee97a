//! Packages of other languages are built on their own, where no other package of the workspace turns features on.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// What runs guests, and what reaches servers.
const ENGINE: [&str; 5] = ["wasmtime", "wasmtime-wasi", "wasmtime-wasi-http", "hyper", "rustls"];

/// The packages of [`ENGINE`] with their features, as cargo builds them for these arguments.
fn features(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}|{f}",
        ])
        .args(arguments)
        .current_dir(openskills_tests::repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)").to_owned());
    lines.filter(|line| ENGINE.iter().any(|name| line.starts_with(&format!("{name} v")))).collect()
}

#[test]
fn a_binding_built_on_its_own_has_the_whole_engine() {
    let whole = features(&["--workspace"]);
    assert!(whole.len() >= ENGINE.len(), "{whole:?}");
    let folders = fs::read_dir(openskills_tests::repository().join("bindings")).unwrap();
    let mut checked = 0;
    for manifest in folders.map(|folder| folder.unwrap().path().join("Cargo.toml")) {
        let text = fs::read_to_string(&manifest).unwrap();
        let name = text.lines().find_map(|line| line.strip_prefix("name = ")).unwrap().trim_matches('"');
        assert_eq!(features(&["--package", name]), whole, "{name}");
        checked += 1;
    }
    assert!(checked > 0);
}
