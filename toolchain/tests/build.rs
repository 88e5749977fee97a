//! The guest toolchain builds a component, with the flags of the guest's workspace.
//! It must be there already: `cargo xtask test` makes it before it runs the tests.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;

use openskills_toolchain::{GuestBuild, GuestToolchain, ToolchainError, WASIP2};

/// A core module's memory section with one memory of at least this many pages (fewer than 128).
fn has_memory(wasm: &[u8], pages: u8) -> bool {
    let section = [5, 3, 1, 0, pages];
    wasm.windows(section.len()).any(|window| window == section)
}

fn toolchain() -> GuestToolchain {
    GuestToolchain::locate()
        .unwrap()
        .expect("there is no toolchain for guests: run `cargo xtask toolchain` once")
}

#[test]
fn a_component_is_built_with_the_flags_of_its_workspace() {
    let guest = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = guest.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file(
        "Cargo.toml",
        "[package]\nname = \"small-guest\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n\n[profile.release]\nlto = true\n",
    );
    file("src/lib.rs", "");
    file(
        ".cargo/config.toml",
        "[target.wasm32-wasip2]\nrustflags = [\"-C\", \"link-arg=--initial-memory=2097152\"]\n",
    );
    let toolchain = toolchain();
    assert!(toolchain.has(WASIP2));
    let build = GuestBuild::new(guest.path()).arg("--target-dir").arg("target");
    let built = build.run(&toolchain).unwrap();
    assert_eq!(built.len(), 1);
    assert_eq!((built[0].name.as_str(), built[0].example), ("small_guest", false));
    assert_eq!(built[0].package.canonicalize().unwrap(), guest.path().canonicalize().unwrap());
    let wasm = fs::read(&built[0].wasm).unwrap();
    // The header of a component, not of a core module.
    assert_eq!(wasm[..8], *b"\0asm\x0d\0\x01\0");
    assert!(has_memory(&wasm, 32), "the initial memory is not the 2 MiB of .cargo/config.toml");

    // Nothing to do is no failure, and the file is told again.
    assert_eq!(build.run(&toolchain).unwrap(), built);
}

#[test]
fn what_is_no_skill_is_told_so() {
    let guest = tempfile::tempdir().unwrap();
    fs::create_dir(guest.path().join("src")).unwrap();
    fs::write(guest.path().join("src/lib.rs"), "").unwrap();
    fs::write(
        guest.path().join("Cargo.toml"),
        "[package]\nname = \"library\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )
    .unwrap();
    let build = GuestBuild::new(guest.path()).debug().arg("--target-dir").arg("target");
    let error = build.run(&toolchain()).unwrap_err();
    assert!(matches!(error, ToolchainError::NoComponent { .. }), "{error}");
    assert!(error.to_string().contains("crate-type"), "{error}");
}
