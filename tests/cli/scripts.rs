//! Scripts as a person meets them: how they are used, and the packages that they import.

use std::io::Write;
use std::path::PathBuf;

use openskills_tests::Scenario;

use crate::bench::{Bench, Ran};

const GREETS: &str = "'''Greets.'''\nimport argparse\nparser = argparse.ArgumentParser(description='Says hello.')\n\
                      parser.add_argument('--name', default='you')\nprint('hello', parser.parse_args().name)";

/// A bench with an interpreter and a skill that has these scripts.
fn bench(scripts: &[(&str, &str)]) -> Bench {
    let bench = Bench::new();
    bench.file("skills/greet/SKILL.md", "---\nname: greet\ndescription: Greets.\n---\nDo it.\n");
    for (name, text) in scripts {
        bench.file(&format!("skills/greet/scripts/{name}"), text);
    }
    // Built once for all tests; here it is taken from there.
    let stage = Scenario::new().ready();
    stage.has_interpreter();
    if bench.run(["interpreter", "list", "--quiet"]).ended_with(0).stdout.is_empty()
        || !bench.run(["interpreter", "list", "--json"]).json()[0]["in_use"].as_bool().unwrap()
    {
        let built = stage.runtime.interpreters().unwrap().remove(0).path;
        bench.run(["interpreter", "install", "python", "--from", built.to_str().unwrap()]).ended_with(0);
    }
    bench
}

/// A wheel in a folder of wheels, which pip is told to look in.
fn wheel(bench: &Bench, file: &str, needs: &[&str], contents: &[(&str, &str)]) {
    let mut parts = file.split('-');
    let (name, version) = (parts.next().unwrap(), parts.next().unwrap());
    let needs: String = needs.iter().map(|name| format!("Requires-Dist: {name}\n")).collect();
    let info = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}");
    let tag = file.trim_end_matches(".whl").splitn(3, '-').nth(2).unwrap();
    let about = format!("Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n");
    let own = [
        (format!("{info}/METADATA"), metadata),
        (format!("{info}/WHEEL"), about),
        (format!("{info}/RECORD"), String::new()),
    ];
    let given = contents.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (path, text) in given.chain(own) {
        let (mut entry, config) = archive.new_file(path.as_str()).start().unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(text.as_bytes()).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bench.file(&format!("wheels/{file}"), bytes);
}

/// Runs the command with the bench's wheels in place of a package index.
fn run(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.command(arguments);
    let wheels: PathBuf = bench.workspace().join("wheels");
    command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", wheels);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    Ran::from(command.output().unwrap())
}

#[test]
fn show_tells_how_scripts_are_used() {
    let bench = bench(&[("greet.py", GREETS), ("plain.py", "'''Does \x1b[2Jmore.'''\nprint(1)")]);
    let shown = bench.run(["show", "skills/greet"]).ended_with(0);
    let shown =
        shown.shows("scripts    scripts/greet.py Says hello.\n").shows("scripts/plain.py Does [2Jmore.\n");
    assert!(!shown.stdout.contains('\u{1b}'), "{shown:?}");
    let usage = bench.run(["show", "skills/greet", "--script", "scripts/greet.py"]).ended_with(0);
    assert!(usage.stdout.starts_with("usage: greet.py [-h] [--name NAME]\n\nSays hello.\n"), "{usage:?}");
    let all = bench.run(["show", "skills/greet", "--json"]).ended_with(0).json();
    assert_eq!(
        (&all["scripts"][0]["help"]["is_printed"], &all["scripts"][1]["help"]["is_printed"]),
        (&true.into(), &false.into())
    );
    bench
        .run(["show", "skills/greet", "--script", "scripts/gret.py"])
        .ended_with(2)
        .says("`scripts/greet.py`");
}

#[test]
fn packages_are_added_listed_used_and_removed() {
    let bench = bench(&[("greet.py", "import words; print(words.HELLO)")]);
    wheel(
        &bench,
        "words-1.2-py3-none-any.whl",
        &["letters"],
        &[("words.py", "from letters import H\nHELLO = H + 'ello'")],
    );
    wheel(&bench, "letters-3-py3-none-any.whl", &[], &[("letters/__init__.py", "H = 'h'")]);
    let script = ["run", "skills/greet", "--script", "scripts/greet.py"];
    let missing = run(&bench, &script).ended_with(1).says("`words` (package words) is not part");
    assert_eq!(missing.stdout, "");
    run(&bench, &["packages", "list", "skills/greet"]).ended_with(0).says("no packages are added");
    let added = run(&bench, &["packages", "add", "skills/greet", "words>=1"]).ended_with(0);
    added.says("fetching for `greet`: words>=1").shows("letters==3 sha256 ").shows("words==1.2 sha256 ");
    assert_eq!(run(&bench, &script).ended_with(0).stdout, "hello\n");
    let listed = run(&bench, &["packages", "list", "skills/greet", "--json"]).ended_with(0).json();
    assert_eq!(listed["requirements"], serde_json::json!(["words>=1"]));
    assert_eq!(listed["packages"][1]["version"], "1.2");
    run(&bench, &["packages", "remove", "skills/greet", "letter"])
        .ended_with(7)
        .says("`letter` was not added to it");
    run(&bench, &["packages", "remove", "skills/greet", "words"]).ended_with(0).says("no packages are added");
    run(&bench, &script).ended_with(1);
}

#[test]
fn with_gives_a_package_to_one_run() {
    let bench = bench(&[("greet.py", "import solo; print(solo.X)")]);
    // No test before fetched one of that name: what is fetched for runs is found by its name.
    let unique = bench.home().file_name().unwrap().to_string_lossy().to_lowercase().replace('.', "solo");
    wheel(&bench, &format!("{unique}-1-py3-none-any.whl"), &[], &[("solo.py", "X = 'once'")]);
    let script = ["run", "skills/greet", "--with", &unique, "--script", "scripts/greet.py"];
    let ran = run(&bench, &script).ended_with(0).says(&format!("fetching for this run: {unique}"));
    assert_eq!(ran.stdout, "once\n");
    // Without an index: what was fetched once is there, and only for runs that name it.
    std::fs::remove_dir_all(bench.workspace().join("wheels")).unwrap();
    assert_eq!(run(&bench, &script).ended_with(0).stderr, "");
    run(&bench, &["run", "skills/greet", "--script", "scripts/greet.py"]).ended_with(1);
}

/// Nothing was added.
fn has_none(bench: &Bench) {
    run(bench, &["packages", "list", "skills/greet"]).ended_with(0).says("no packages are added");
}

#[test]
fn packages_with_native_code_are_refused_by_name_and_change_nothing() {
    let bench = bench(&[("greet.py", "import fast")]);
    wheel(&bench, "fast-1-cp314-cp314-manylinux2014_x86_64.whl", &[], &[("fast.py", "")]);
    wheel(&bench, "sly-1-py3-none-any.whl", &[], &[("sly/core.so", "x")]);
    wheel(&bench, "leans-1-py3-none-any.whl", &["fast"], &[("leans.py", "")]);
    let add = |package: &str| run(&bench, &["packages", "add", "skills/greet", package]).ended_with(7);
    add("leans").says("`fast` has no wheel of Python alone");
    add("sly").says("the package `sly` is refused: it has native code, `sly/core.so`");
    has_none(&bench);
}

#[test]
fn packages_that_are_unknown_or_no_names_are_refused_and_nothing_runs_without_them() {
    let bench = bench(&[("greet.py", "print('ran')")]);
    wheel(&bench, "other-1-py3-none-any.whl", &[], &[("other.py", "")]);
    let ran = run(&bench, &["run", "skills/greet", "--with", "unknown", "--script", "scripts/greet.py"]);
    let ran = ran
        .ended_with(7)
        .says("`unknown` has no wheel of Python alone that fits (or there is no such package");
    assert_eq!(ran.stdout, "");
    let add = ["packages", "add", "skills/greet", "https://example.com/x.whl"];
    run(&bench, &add).ended_with(7).says("more than a name and versions");
    run(&bench, &["packages", "add", "skills/greet"]).ended_with(2).says("declares no packages");
    has_none(&bench);
}

#[test]
fn what_a_header_declares_is_added_without_names_and_named_where_a_script_fails() {
    let header = "# /// script\n# dependencies = [\"words>=1\"]\n# ///\n";
    let script = format!(
        "{header}import sys\nif sys.argv[1:] == ['help']:\n    print('usage')\nelse:\n    import words; print(words.X)"
    );
    let bench = bench(&[("greet.py", &script)]);
    wheel(&bench, "words-1.2-py3-none-any.whl", &[], &[("words.py", "X = 1")]);
    let script = ["run", "skills/greet", "--script", "scripts/greet.py"];
    let helped =
        run(&bench, &["run", "skills/greet", "--script", "scripts/greet.py", "--", "help"]).ended_with(0);
    assert_eq!((helped.stdout.as_str(), helped.stderr.as_str()), ("usage\n", ""));
    run(&bench, &script).ended_with(1).says("`openskills packages add greet 'words>=1'`");
    run(&bench, &["packages", "list", "skills/greet"]).ended_with(0).says("declared and not added: words>=1");
    run(&bench, &["packages", "add", "skills/greet"]).ended_with(0).shows("words==1.2");
    assert_eq!(run(&bench, &script).ended_with(0).stdout, "1\n");
}
