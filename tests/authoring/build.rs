//! From nothing to a skill that passes its own cases, in each language, by the real compilers.

use std::path::Path;
use std::process::Command;

use openskills_toolchain::cargo_component;
use openskills_toolchain::compiler::Pinned;

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

/// What was refused for want of an entry is built once `SKILL.md` has it.
fn is_built_with_the_entry(bench: &Bench, folder: &Path) {
    edit(
        &folder.join("SKILL.md"),
        "allowed-tools: Read\n",
        "allowed-tools: Read WebFetch(domain:example.com)\n",
    );
    run(bench, folder, &["build"]).ended_with(0).shows("built");
}

/// Makes, builds and tests a skill; builds once more, which finds nothing to do.
fn from_nothing(language: &str) -> (Bench, std::path::PathBuf) {
    let bench = Bench::new();
    bench.run(["new", "word-count", "--lang", language]).ended_with(0);
    let folder = bench.workspace().join("word-count");
    bench.run(["validate", "word-count"]).ended_with(0).shows("Valid skill");
    run(&bench, &folder, &["build"]).ended_with(0).shows("word-count built: wasm/skill.wasm");
    run(&bench, &folder, &["test"]).ended_with(0);
    run(&bench, &folder, &["build"]).ended_with(0).shows("word-count nothing to do: wasm/skill.wasm");
    let component = std::fs::read(folder.join("wasm/skill.wasm")).unwrap();
    let has = |text: &str| component.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("component-name") && has("Counts the words and lines") && has("0.1.0"));
    (bench, folder)
}

#[test]
fn rust_goes_from_nothing_to_a_skill_and_is_held_to_its_manifest() {
    let (bench, folder) = from_nothing("rust");
    edit(&folder.join("SKILL.md"), "allowed-tools: Read\n", "");
    edit(&folder.join("src/lib.rs"), "use openskills_sdk::{fs,", "use openskills_sdk::{env, fs, http,");
    // All that is missing is named at once, by the compiler and in the last line.
    let ran = run(&bench, &folder, &["build"]).ended_with(1).says("to be added to SKILL.md");
    let entries = "`Read`, `WebFetch(domain:HOST)`, `Env(NAME)`";
    assert!(ran.stderr.contains("allowed_tools = \"Read(PATTERN)\""), "{ran:#?}");
    assert!(ran.stderr.ends_with(&format!("add to it in SKILL.md: {entries}\n")), "{ran:#?}");
    // What is wrong for other reasons asks for nothing.
    edit(&folder.join("src/lib.rs"), "use openskills_sdk::{env, fs, http,", "use openskills_sdk::{");
    edit(
        &folder.join("src/lib.rs"),
        "    let text = fs::read_to_string(&input.path)?;\n",
        "    let text = 1 + ;\n",
    );
    let ran = run(&bench, &folder, &["build"]).ended_with(1).says("expected expression");
    assert!(!ran.stderr.contains("add to it"), "{ran:#?}");
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
        "import wit_world\nfrom wit_world.imports import http\nfrom wit_world.imports import env as variables\n",
    );
    // Whatever else the machine of an author asks compilers to tell.
    let mut refused = command(&bench, &folder, &["build"]);
    Ran::from(refused.env("RUST_BACKTRACE", "full").output().unwrap())
        .ended_with(1)
        .says("cannot import name 'http'")
        .says("File \"app.py\", line ")
        .says("add to it in SKILL.md: `WebFetch(domain:HOST)`, `Env(NAME)`\n");
    edit(&folder.join("app.py"), "from wit_world.imports import env as variables\n", "");
    is_built_with_the_entry(&bench, &folder);
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
    is_built_with_the_entry(&bench, &folder);
}

#[test]
fn c_goes_from_nothing_to_a_skill_and_is_held_to_its_manifest() {
    let (bench, folder) = from_nothing("c");
    let arguments =
        ["-Wall", "-Werror", "-I", "src", "src/counting.c", "tests/counting_test.c", "-o", "counting-test"];
    assert!(Command::new("cc").args(arguments).current_dir(&folder).status().unwrap().success());
    assert!(Command::new(folder.join("counting-test")).status().unwrap().success());
    std::fs::remove_file(folder.join("counting-test")).unwrap();
    let call = "    openskills_skill_http_response_t page;\n    openskills_skill_http_error_t lost;\n    \
                openskills_skill_http_request_t asked = {0};\n    if (!openskills_skill_http_fetch(&asked, &page, &lost)) \
                return failed(error, \"page\");\n";
    edit(&folder.join("src/skill.c"), "    bool done = false;\n", &format!("{call}    bool done = false;\n"));
    run(&bench, &folder, &["build"])
        .ended_with(1)
        .says("openskills_skill_http_fetch")
        .says("add to it in SKILL.md: `WebFetch(domain:HOST)`\n");
    let header = || std::fs::read_to_string(folder.join("bindings/skill.h")).unwrap();
    assert!(header().contains("openskills_skill_fs_read") && !header().contains("_http_"));
    is_built_with_the_entry(&bench, &folder);
    assert!(header().contains("openskills_skill_http_fetch"));
}

#[test]
fn typescript_goes_from_nothing_to_a_skill_and_is_held_to_its_manifest() {
    let (bench, folder) = from_nothing("typescript");
    let tools = Pinned::JavaScript.find().unwrap().join("node_modules/.bin");
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let tested =
        Command::new("npm").args(["test", "--silent"]).env("PATH", path).current_dir(&folder).output();
    let tested = tested.unwrap();
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stdout));
    let declared = || std::fs::read_to_string(folder.join("bindings/skill.d.ts")).unwrap();
    assert!(declared().contains("skill/fs@0.1.0") && !declared().contains("skill/http@0.1.0"));
    let call = "import { fetch } from \"openskills:skill/http@0.1.0\";\n\
                export const page = (url: string) => fetch({ method: \"GET\", url, headers: [] }).status + 1;\n\
                import { count }";
    edit(&folder.join("src/skill.ts"), "import { count }", call);
    run(&bench, &folder, &["build"])
        .ended_with(1)
        .says("openskills:skill/http@0.1.0")
        .says("add to it in SKILL.md: `WebFetch(domain:HOST)`\n");
    is_built_with_the_entry(&bench, &folder);
    // Types are checked, also those of the world.
    edit(&folder.join("src/skill.ts"), "headers: []", "headers: 3");
    run(&bench, &folder, &["build"]).ended_with(1).says("TS2322");
}

#[test]
fn a_typed_world_in_typescript_is_declared_and_built() {
    let bench = Bench::new();
    bench.run(["new", "sums", "--lang", "typescript"]).ended_with(0);
    let folder = bench.workspace().join("sums");
    let world = "package my:sums;\n\n/// Sums.\nworld component {\n    include openskills:skill/imports@0.1.0;\n    \
                 record pair { left-hand: s32, right-hand: option<u64> }\n    \
                 variant answer { sum(u64), none, text(string) }\n    \
                 /// Adds both.\n    export add-pair: func(pair: pair, delete: list<u8>) -> result<answer, string>;\n}\n";
    bench.file("sums/wit/world.wit", world);
    let source = "import type { Exports } from \"openskills:skill/world\";\n\
                  export const addPair: Exports[\"addPair\"] = (pair, bytes) => {\n  \
                  if (pair.leftHand < 0) throw \"too small\";\n  \
                  if (pair.rightHand == null) return { tag: \"none\" };\n  \
                  return { tag: \"sum\", val: pair.leftHand + pair.rightHand + bytes.length };\n};\n";
    bench.file("sums/src/skill.ts", source);
    run(&bench, &folder, &["build"]).ended_with(0).shows("built");
    let declared = std::fs::read_to_string(folder.join("bindings/skill.d.ts")).unwrap();
    assert!(
        declared.contains("    /** Adds both. */\n    addPair(pair: Pair, delete_: Uint8Array): Answer;"),
        "{declared}"
    );
    // A busy machine takes longer to compile QuickJS than a call may.
    run(&bench, &folder, &["compile", "."]).ended_with(0);
    let call = |input: &str| run(&bench, &folder, &["call", ".", "add-pair", input]);
    let sum = call(r#"{"pair": {"left-hand": 2, "right-hand": 40}, "delete": "AAA="}"#).ended_with(0);
    assert_eq!(sum.json(), serde_json::json!({ "tag": "sum", "value": 44 }));
    let none = call(r#"{"pair": {"left-hand": 2}, "delete": ""}"#).ended_with(0);
    assert_eq!(none.json(), serde_json::json!({ "tag": "none" }));
    call(r#"{"pair": {"left-hand": -2}, "delete": ""}"#).ended_with(1).says("too small");
    // What the author wrote of the function reaches who calls it.
    let shown = run(&bench, &folder, &["inspect", ".", "--json"]).ended_with(0);
    assert!(shown.stdout.contains("Adds both."), "{shown:#?}");
}

#[test]
fn python_packages_are_resolved_once_and_held_to_their_digests() {
    let bench = Bench::new();
    bench.run(["new", "tables", "--lang", "python"]).ended_with(0);
    let folder = bench.workspace().join("tables");
    let project = folder.join("pyproject.toml");
    std::fs::write(
        &project,
        "[project]\nname = \"tables\"\nversion = \"1\"\ndependencies = [\"tabulate==0.9.0\"]\n",
    )
    .unwrap();
    edit(&folder.join("app.py"), "import json\n", "import json\nimport tabulate\n");
    edit(
        &folder.join("app.py"),
        "json.dumps(count(file.read()))",
        "json.dumps(tabulate.tabulate([[1, 2]], tablefmt=\"plain\"))",
    );
    let lock = folder.join("requirements.txt");
    run(&bench, &folder, &["build", "--no-install"])
        .ended_with(7)
        .says("what pyproject.toml depends on (tabulate==0.9.0) is not installed");
    assert!(!lock.exists());
    run(&bench, &folder, &["build"]).ended_with(0).shows("built");
    run(&bench, &folder, &["build"]).ended_with(0).shows("nothing to do");
    bench.file("tables/a.txt", "a");
    // A busy machine takes longer to compile CPython than a call may.
    run(&bench, &folder, &["compile", "."]).ended_with(0);
    let ran = run(&bench, &folder, &["run", ".", "--input", r#"{"path": "a.txt"}"#]).ended_with(0);
    assert_eq!(ran.json(), "1  2");
    let text = std::fs::read_to_string(&lock).unwrap();
    assert!(text.contains("tabulate==0.9.0 \\\n    --hash=sha256:"), "{text}");
    // Another digest is another package, and none is no package.
    let at = text.find("sha256:").unwrap() + 7;
    let other = format!("{}{}{}", &text[..at], "0".repeat(64), &text[at + 64..]);
    std::fs::write(&lock, other).unwrap();
    run(&bench, &folder, &["build"]).ended_with(1).says("DO NOT MATCH THE HASHES");
    std::fs::write(&lock, "tabulate==0.9.0\n").unwrap();
    run(&bench, &folder, &["build"])
        .ended_with(2)
        .says("`tabulate==0.9.0` in requirements.txt has no digest");
    // What is no longer declared goes.
    std::fs::write(&lock, text).unwrap();
    std::fs::write(&project, "[project]\nname = \"tables\"\nversion = \"1\"\n").unwrap();
    run(&bench, &folder, &["build"]).ended_with(1).says("No module named 'tabulate'");
}

#[test]
fn cargo_component_builds_where_it_is_installed() {
    let bench = Bench::new();
    bench.run(["new", "word-count", "--lang", "rust"]).ended_with(0);
    let folder = bench.workspace().join("word-count");
    // A program that is not there is told, not installed.
    let mut without = command(&bench, &folder, &["build", "--cargo-component"]);
    without.env("XDG_CACHE_HOME", bench.home().join("cache"));
    let says = Ran::from(without.output().unwrap());
    assert!(
        says.code == Some(7) || cargo_component::find().is_some_and(|path| path.is_relative()),
        "{says:#?}"
    );
    assert!(cargo_component::find().is_some(), "there is none: run `cargo xtask test component`");
    run(&bench, &folder, &["build", "--cargo-component"]).ended_with(0).shows("built");
    run(&bench, &folder, &["test"]).ended_with(0);
    bench.run(["new", "other", "--lang", "c"]).ended_with(0);
    bench.run(["build", "other", "--cargo-component"]).ended_with(2).says("written in c");
}

#[test]
fn nothing_is_compiled_unless_something_changed() {
    let bench = Bench::new();
    bench.run(["new", "word-count", "--lang", "javascript"]).ended_with(0);
    let folder = bench.workspace().join("word-count");
    run(&bench, &folder, &["build"]).ended_with(0).shows("built");
    // Without the program that compiles, a build can do nothing but look.
    let without = |arguments: &[&str]| {
        let mut command = command(&bench, &folder, arguments);
        Ran::from(command.env("PATH", bench.home()).output().unwrap())
    };
    without(&["build"]).ended_with(0).shows("nothing to do");
    without(&["build", "--force"]).ended_with(7).says("cannot start `node`").says("Install Node.js 20");
    let kept = |path: &str| (folder.join(path), std::fs::read(folder.join(path)).unwrap());
    let (source, component) = (kept("src/counting.js"), kept("wasm/skill.wasm"));
    let (manifest, modules) = (kept("SKILL.md"), folder.join("node_modules"));
    let with_more = |text: &[u8]| [text, b"\n"].concat();
    for (path, bytes) in [&source, &manifest, &component] {
        std::fs::write(path, with_more(bytes)).unwrap();
        without(&["build"]).ended_with(7).says("cannot start `node`");
        std::fs::write(path, bytes).unwrap();
        without(&["build"]).ended_with(0).shows("nothing to do");
    }
    std::fs::remove_file(&component.0).unwrap();
    without(&["build"]).ended_with(7);
    std::fs::write(&component.0, &component.1).unwrap();
    // What is installed beside the sources is none of them.
    std::fs::create_dir(&modules).unwrap();
    std::fs::write(modules.join("a.js"), "1").unwrap();
    without(&["build"]).ended_with(0).shows("nothing to do");
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
    bench.run(["new", "Word_Count", "--lang", "c"]).ended_with(2).says("such as `word-count`");
    bench.run(["new", "fine", "--lang", "pyhton"]).ended_with(2).says("a similar value exists: 'python'");
    bench.run(["new", "", "--lang", "c"]).ended_with(2).says("hint: name it, such as `word-count`");
    bench.run(["new", "spelt", "--lang", "JavaScript"]).ended_with(0);
    std::fs::remove_dir_all(bench.workspace().join("spelt")).unwrap();
    bench.run(["new", "fine"]).ended_with(2).says("--lang <rust|python|javascript|typescript|c>");
    bench.file("file", "");
    bench.run(["new", "fine", "--lang", "c", "--dir", "file"]).ended_with(2).says("`file` is no folder");
}

#[test]
fn what_cannot_be_built_is_told_so() {
    let bench = Bench::new();
    bench.run(["build", "nowhere"]).ended_with(3);
    let manifest = "---\nname: empty\ndescription: Nothing yet.\n---\nText.\n";
    bench.file("empty/SKILL.md", manifest);
    bench.run(["build", "empty"]).ended_with(2).says("no sources");
    bench.run(["build", "empty/SKILL.md"]).ended_with(3).says("hint: name the skill's folder: `empty`");
    for (language, needs) in
        [("rust", "a Cargo.toml"), ("python", "an app.py"), ("ts", "a package.json"), ("c", "C files in src")]
    {
        let ran = bench.run(["build", "empty", "--lang", language]).ended_with(2);
        assert!(ran.stderr.contains("no sources in") && ran.stderr.contains(needs), "{ran:#?}");
    }
    bench.file("empty/app.py", "");
    bench.file("empty/package.json", "{}");
    bench.run(["build", "empty"]).ended_with(2).says("several languages").says("--lang");
    // This cache is empty: nothing is installed into it.
    let ran = bench.command(["build", "empty", "--lang", "python", "--no-install"]);
    let ran = Ran::from({ ran }.env("XDG_CACHE_HOME", bench.home().join("cache")).output().unwrap());
    ran.ended_with(7).says("componentize-py").says("is not installed");
    assert!(!bench.home().join("cache/openskills/tools").exists());
}
