//! From nothing to a skill that passes its own cases, in each language, by the real compilers.

use std::path::Path;
use std::process::Command;

use crate::bench::{Bench, Ran};
use crate::sdk::target;

/// The command with what compilers need of this machine: where they are, and the user's cache, which keeps them.
fn command(bench: &Bench, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = bench.command(arguments);
    command.current_dir(folder).env_remove("XDG_CACHE_HOME").env("CARGO_TARGET_DIR", target());
    let passed = ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "XDG_CACHE_HOME"];
    for (name, value) in std::env::vars_os().filter(|(name, _)| passed.iter().any(|passed| *passed == name)) {
        command.env(name, value);
    }
    for (name, value) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("PIP_") || name.to_lowercase().starts_with("npm_config_"))
        {
            command.env(name, value);
        }
    }
    command
}

pub(crate) fn run(bench: &Bench, folder: &Path, arguments: &[&str]) -> Ran {
    Ran::from(command(bench, folder, arguments).output().unwrap())
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// Makes, builds and tests a skill; builds once more, which finds nothing to do.
fn from_nothing(language: &str) -> (Bench, std::path::PathBuf) {
    let bench = Bench::new();
    bench.run(["new", "word-count", "--lang", language]).ended_with(0);
    let folder = bench.workspace().join("word-count");
    bench.run(["validate", "word-count"]).ended_with(0).shows("Valid skill");
    run(&bench, &folder, &["build"]).ended_with(0).shows("word-count built: wasm/skill.wasm");
    run(&bench, &folder, &["test"]).ended_with(0);
    run(&bench, &folder, &["build"]).ended_with(0).shows("is as it was");
    let component = std::fs::read(folder.join("wasm/skill.wasm")).unwrap();
    let has = |text: &str| component.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("component-name") && has("Counts the words and lines") && has("0.1.0"));
    (bench, folder)
}

#[test]
fn rust_goes_from_nothing_to_a_skill_and_is_held_to_its_manifest() {
    let (bench, folder) = from_nothing("rust");
    edit(&folder.join("SKILL.md"), "allowed-tools: Read\n", "");
    let ran = run(&bench, &folder, &["build"]).ended_with(1).says("to be added to SKILL.md");
    assert!(ran.stderr.contains("allowed_tools = \"Read(PATTERN)\""), "{ran:#?}");
}

#[test]
fn python_goes_from_nothing_to_a_skill_and_is_held_to_its_manifest() {
    let (bench, folder) = from_nothing("python");
    let tested =
        Command::new("python3").args(["-m", "unittest", "-q"]).current_dir(&folder).output().unwrap();
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
    edit(
        &folder.join("app.py"),
        "import wit_world\n",
        "import wit_world\nfrom wit_world.imports import http\n",
    );
    run(&bench, &folder, &["build"])
        .ended_with(1)
        .says("cannot import name 'http'")
        .says("`WebFetch(domain:HOST)`");
    edit(
        &folder.join("SKILL.md"),
        "allowed-tools: Read\n",
        "allowed-tools: Read WebFetch(domain:example.com)\n",
    );
    run(&bench, &folder, &["build"]).ended_with(0).shows("built");
}

#[test]
fn javascript_goes_from_nothing_to_a_skill_and_is_held_to_its_manifest() {
    let (bench, folder) = from_nothing("javascript");
    let tested = Command::new("node").args(["--test", "tests/"]).current_dir(&folder).output().unwrap();
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stdout));
    let import = "import { fetch } from \"openskills:skill/http@0.1.0\";\n";
    edit(
        &folder.join("src/skill.js"),
        "import { count }",
        &format!("{import}export {{ fetch }};\nimport {{ count }}"),
    );
    run(&bench, &folder, &["build"]).ended_with(1).says("`WebFetch(domain:HOST)`");
    edit(
        &folder.join("SKILL.md"),
        "allowed-tools: Read\n",
        "allowed-tools: Read WebFetch(domain:example.com)\n",
    );
    run(&bench, &folder, &["build"]).ended_with(0).shows("built");
}

#[test]
fn nothing_is_overwritten_and_names_are_checked() {
    let bench = Bench::new();
    bench.file("there/kept.txt", "kept");
    bench.run(["new", "there", "--lang", "python"]).ended_with(2).says("exists already");
    assert_eq!(std::fs::read_dir(bench.workspace().join("there")).unwrap().count(), 1);
    for name in ["Upper", "-x", "a--b", "a/b", "..", ""] {
        bench
            .run(["new", "--lang", "python", "--", name])
            .ended_with(2)
            .says("cannot be the name of a skill");
    }
    assert_eq!(std::fs::read_dir(bench.workspace()).unwrap().count(), 1);
    bench.run(["new", "fine", "--lang", "cobol"]).ended_with(2);
}

#[test]
fn what_cannot_be_built_is_told_so() {
    let bench = Bench::new();
    bench.run(["build", "nowhere"]).ended_with(3);
    let manifest = "---\nname: empty\ndescription: Nothing yet.\n---\nText.\n";
    bench.file("empty/SKILL.md", manifest);
    bench.run(["build", "empty"]).ended_with(2).says("no sources");
    bench.file("empty/app.py", "");
    bench.file("empty/package.json", "{}");
    bench.run(["build", "empty"]).ended_with(2).says("several languages").says("--lang");
    // This cache is empty: nothing is installed into it.
    let ran = bench.command(["build", "empty", "--lang", "python", "--no-install"]);
    let ran = Ran::from({ ran }.env("XDG_CACHE_HOME", bench.home().join("cache")).output().unwrap());
    ran.ended_with(7).says("componentize-py").says("is not installed");
    assert!(!bench.home().join("cache/openskills/tools").exists());
}
