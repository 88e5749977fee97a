//! The SDK held to the `SKILL.md`: what that does not ask for is an error of the compiler.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use openskills_runtime::World;
use openskills_runtime::capability::Kind;
use openskills_runtime::manifest::parse;
use openskills_tests::repository;
use tempfile::TempDir;

#[path = "../../guest-sdk/build/allowed_tools.rs"]
#[expect(dead_code, reason = "what the build of the SDK uses")]
mod allowed_tools;

/// A skill that uses all of the SDK.
const SOURCE: &str = r#"
use openskills_sdk::{env, fs, http, prelude::*};

#[skill]
fn run(path: String) -> Result<String, Error> {
    let text = fs::read_to_string(&path)?;
    let page = http::get(&text)?.text();
    Ok(format!("{page}{}", env::var("LANG")?))
}
"#;

/// A folder for what is built, kept between runs: the SDK's dependencies are built once.
pub(crate) fn target() -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let folder = repository().join(folder).join("authoring");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A crate of that source beside a `SKILL.md`.
fn package() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sdk = repository().join("guest-sdk");
    let cargo = format!(
        "[package]\nname = \"tried\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
         [dependencies]\nopenskills-sdk = {{ path = {sdk:?} }}\nserde = \"1\"\n\n[workspace]\n"
    );
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("Cargo.toml"), cargo).unwrap();
    std::fs::copy(repository().join("skills/Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    std::fs::write(folder.path().join("src/lib.rs"), SOURCE).unwrap();
    folder
}

fn manifest(folder: &Path, entries: &str) -> PathBuf {
    let path = folder.join("SKILL.md");
    let text = format!("---\nname: tried\ndescription: Tried.\nallowed-tools: {entries}\n---\nText.\n");
    std::fs::write(&path, text).unwrap();
    path
}

/// What the compiler says; none if it is content.
fn complaint(check: &mut Command) -> Option<String> {
    let output = check.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (!output.status.success()).then_some(said)
}

fn check(folder: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["check", "--quiet", "--color", "never"]).current_dir(folder).env_remove("CARGO_TARGET_DIR");
    cargo
}

#[test]
fn what_the_skill_does_not_ask_for_does_not_compile() {
    let folder = package();
    let with = |entries: &str| {
        let path = manifest(folder.path(), entries);
        complaint(check(folder.path()).env("CARGO_TARGET_DIR", target()).env("OPENSKILLS_MANIFEST", path))
    };
    assert_eq!(with("Read WebFetch(domain:example.com) Env(LANG)"), None);
    for (entries, module, missing) in [
        ("Read, Env(LANG)", "http", "WebFetch(domain:HOST)"),
        ("WebFetch, Env(LANG)", "fs", "Read(PATTERN)"),
        ("Edit(notes/**), WebFetch, Env(*)", "env", "Env(NAME)"),
    ] {
        let said = with(entries).unwrap_or_else(|| panic!("`{module}` compiles without an entry"));
        assert!(said.contains(&format!("no `{module}` in the root")), "{said}");
        assert!(said.contains(&format!("allowed_tools = \"{missing}\"")), "{said}");
        assert!(said.contains("to be added to SKILL.md"), "{said}");
        assert_eq!(said.matches("no `").count(), 1, "{said}");
    }
    // Where there is no SKILL.md, everything is there.
    std::fs::remove_file(folder.path().join("SKILL.md")).unwrap();
    let nowhere = folder.path().join("SKILL.md");
    let mut plain = check(folder.path());
    assert_eq!(complaint(plain.env("CARGO_TARGET_DIR", target()).env("OPENSKILLS_MANIFEST", nowhere)), None);
}

#[test]
fn plain_cargo_finds_the_manifest_by_itself() {
    let folder = package();
    symlink(target(), folder.path().join("target")).unwrap();
    manifest(folder.path(), "Read Env(LANG) WebFetch");
    assert_eq!(complaint(&mut check(folder.path())), None);
    manifest(folder.path(), "Read Env(LANG)");
    let said = complaint(&mut check(folder.path())).unwrap();
    assert!(said.contains("allowed_tools = \"WebFetch(domain:HOST)\""), "{said}");
}

/// The manifests of the tests, valid and not.
fn manifests() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["valid", "warn", "refuse"] {
        let folder = repository().join("tests/cases/manifest").join(folder);
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        found.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    assert!(found.len() > 30);
    found
}

#[test]
fn the_sdk_leaves_out_nothing_that_the_host_would_link() {
    for path in manifests() {
        let source = std::fs::read(&path).unwrap();
        let Some(manifest) = parse(&source, None).manifest else { continue };
        let world = World::entitled(&manifest.allowed_tools, &manifest.disallowed_tools);
        for (kind, own) in [
            (Kind::Files, allowed_tools::Kind::Files),
            (Kind::Http, allowed_tools::Kind::Http),
            (Kind::Env, allowed_tools::Kind::Env),
        ] {
            let asked = allowed_tools::asks_for(&source, own);
            assert!(asked || !world.has(kind), "{}: {kind:?}", path.display());
        }
    }
}

#[test]
fn the_sdk_reads_what_authors_write() {
    let asked = |front: &str| {
        let source = format!(
            "---\nname: a\ndescription: WebFetch is not asked for, nor allowed-tools.\n{front}\n---\nRead"
        );
        allowed_tools::Kind::ALL.map(|kind| allowed_tools::asks_for(source.as_bytes(), kind))
    };
    let (files, http, env, all, none) =
        ([true, false, false], [false, true, false], [false, false, true], [true; 3], [false; 3]);
    for (front, expected) in [
        ("", none),
        ("disallowed-tools: Read", none),
        ("metadata:\n  allowed-tools: Read", none),
        ("allowed-tools: Bash(Read WebFetch) # Read", none),
        ("allowed-tools: Env, Env(*), WebSearch, read", none),
        ("allowed-tools: Read", files),
        ("allowed-tools: Edit(a b, c)", files),
        ("allowed-tools: \"WebFetch(domain:a.b)\"", http),
        ("allowed-tools:\n  - WebFetch\n  - Bash(x:*)", http),
        ("allowed-tools:\n- Env(A)\nlicense: Read", env),
        ("allowed-tools: [Env(A), 'Env(B)']", env),
        ("allowed-tools: >-\n  Bash(a\n  b) Read", files),
        ("allowed-tools: Read,WebFetch,Env(A)", all),
        ("allowed-tools: Bash(x WebFetch", http),
        // Not read here: everything, until the host reads it.
        ("\"allowed-tools\": Bash", all),
        ("allowed-tools: \"\\x52ead\"", all),
    ] {
        assert_eq!(asked(front), expected, "{front}");
    }
    assert!(allowed_tools::asks_for(b"no front matter", allowed_tools::Kind::Http));
    assert!(allowed_tools::asks_for(b"---\n{name: a}\n---\n", allowed_tools::Kind::Http));
}
