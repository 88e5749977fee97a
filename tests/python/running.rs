//! A script is run as `python3 script.py …` runs it.

use openskills_runtime::ScriptOptions;
use serde_json::json;

use crate::{printed, run, run_with, skill, text};

#[test]
fn arguments_names_and_stdin_are_those_of_a_program() {
    let script = "import sys\nprint(sys.argv[1:], __name__, __file__, sys.stdin.read())";
    let result = run_with(&skill(script, "").ready(), &["a b", "--x=1", "ü"], "given").unwrap();
    assert_eq!(text(&result.stdout), "['a b', '--x=1', 'ü'] __main__ /skill/scripts/tried.py given\n");
}

#[test]
fn stdin_is_empty_where_nothing_is_given() {
    assert_eq!(printed("import sys; print(repr(sys.stdin.read()))"), "''\n");
}

#[test]
fn output_that_is_json_is_json_and_other_output_is_text() {
    let result = run(&skill("import json; print(json.dumps({'a': [1, None]}))", "").ready()).unwrap();
    assert_eq!(result.output, json!({"a": [1, null]}));
    let result = run(&skill("print('hello')", "").ready()).unwrap();
    assert_eq!(result.output, json!("hello\n"));
}

#[test]
fn output_is_the_bytes_that_were_written() {
    let script = "import sys; sys.stdout.buffer.write(bytes([0, 255, 254, 10]))";
    assert_eq!(run(&skill(script, "").ready()).unwrap().stdout, [0, 255, 254, 10]);
}

#[test]
fn siblings_are_imported_and_come_before_the_standard_library() {
    let stage = skill("import helper, statistics, json; print(helper.X, statistics.X, json.dumps(1))", "")
        .skill_file("scripts/helper.py", "X = 1")
        .skill_file("scripts/statistics.py", "X = 2")
        .ready();
    assert_eq!(text(&run(&stage).unwrap().stdout), "1 2 1\n");
}

#[test]
fn a_module_is_run_from_the_skills_folder() {
    let stage = skill("from scripts import helper; print(helper.X, __package__)", "")
        .skill_file("scripts/__init__.py", "")
        .skill_file("scripts/helper.py", "X = 3")
        .ready();
    let module = ScriptOptions { module: true, ..ScriptOptions::default() };
    assert_eq!(text(&stage.script("scripts.tried", module).unwrap().stdout), "3 scripts\n");
    // As a script it has no parent, as with `python3 scripts/tried.py`.
    let result = run(&stage).unwrap();
    assert!(text(&result.stderr).contains("ModuleNotFoundError"), "{}", text(&result.stderr));
}

#[test]
fn a_script_that_is_not_there_is_said_before_anything_runs() {
    let stage = skill("", "").outside("secret.py", "print(1)").ready();
    for name in ["scripts/other.py", "../../secret.py", "/etc/hostname", "scripts"] {
        let error = stage.script(name, ScriptOptions::default()).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
        assert!(error.audit().is_none());
    }
}

#[test]
fn each_run_is_a_fresh_one() {
    let stage = skill(
        "import json, os, random, sys\nprint(getattr(json, 'left', None), os.path.exists('/tmp/left'), random.random())\n\
         json.left = 1; open('/tmp/left', 'w').close()",
        "",
    )
    .ready();
    let outputs: Vec<String> = (0..3).map(|_| text(&run(&stage).unwrap().stdout)).collect();
    assert!(outputs.iter().all(|output| output.starts_with("None False 0.")), "{outputs:?}");
    assert_ne!(outputs[0], outputs[1]);
}

#[test]
fn what_is_open_at_the_end_is_written() {
    let stage = skill("f = open('out.txt', 'w'); f.write('kept')", "Write").ready();
    run(&stage).unwrap();
    assert_eq!(stage.read("out.txt").unwrap(), "kept");
}

#[test]
fn the_record_names_the_script_and_its_digest() {
    let stage = skill("print('hi')", "").ready();
    let result = run(&stage).unwrap();
    let script = result.audit.script.as_ref().unwrap();
    assert_eq!(script.name, "scripts/tried.py");
    assert_eq!(script.sha256, openskills_runtime::audit::sha256(b"print('hi')"));
    assert_eq!(result.audit.output_sha256.as_deref(), Some(&*openskills_runtime::audit::sha256(b"hi\n")));
    assert_eq!(stage.last(), result.audit);
}

#[test]
fn entries_name_the_scripts_that_are_offered() {
    let stage =
        skill("", "Bash(python3 scripts/tried.py *), Read").skill_file("scripts/inner.py", "").ready();
    let scripts = stage.runtime.scripts("tried").unwrap();
    let offered: Vec<_> = scripts.iter().map(|script| (script.path.as_str(), script.offered)).collect();
    assert_eq!(offered, [("scripts/inner.py", false), ("scripts/tried.py", true)]);
    let all = skill("", "Read").ready().runtime.scripts("tried").unwrap();
    assert!(all.iter().all(|script| script.offered));
}

#[test]
fn without_the_interpreter_the_error_names_the_command() {
    let cache = tempfile::tempdir().unwrap();
    let stage = skill("print(1)", "").with(|builder| builder.cache_dir(cache.path())).ready();
    let error = stage.runtime.run_script("tried", "scripts/tried.py", ScriptOptions::default()).unwrap_err();
    assert!(error.to_string().contains("`openskills interpreter install python`"), "{error}");
    assert!(error.audit().is_some());
}
