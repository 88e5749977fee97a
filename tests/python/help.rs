//! How scripts are used: their `--help`, run with nothing granted, once.

use std::fs;

use openskills_runtime::{ErrorKind, Limits, ScriptHelp};
use openskills_tests::server::{Certificate, Server};
use openskills_tests::{Stage, cache};
use serde_json::json;

use crate::{run, skill, text};

/// A script that nobody asked before: what is kept is kept by content.
fn fresh(script: &str) -> String {
    let name = tempfile::NamedTempFile::new().unwrap().path().display().to_string();
    format!("{script}\n# {name}\n")
}

const SPLITS: &str = "'''Splits a file.'''\nimport argparse\nparser = argparse.ArgumentParser(description='Splits files.')\n\
                      parser.add_argument('--pages', type=int, help='how many')\nparser.parse_args()\nprint('ran')";

fn help(stage: &Stage) -> Option<ScriptHelp> {
    stage.has_interpreter();
    stage.runtime.script_help("tried", "scripts/tried.py").unwrap()
}

/// What is known without running anything.
fn known(stage: &Stage) -> Option<ScriptHelp> {
    stage.runtime.scripts("tried").unwrap().pop().unwrap().help
}

fn docstring(text: &str) -> Option<ScriptHelp> {
    Some(ScriptHelp { text: text.to_owned(), is_printed: false, module: None })
}

#[test]
fn what_a_script_prints_for_help_is_told_and_kept_until_it_changes() {
    let stage = skill(&fresh(SPLITS), "").ready();
    assert_eq!(known(&stage), docstring("Splits a file."));
    let told = help(&stage).unwrap();
    assert!(told.is_printed && told.text.starts_with("usage: tried.py [-h] [--pages PAGES]"), "{told:?}");
    assert!(told.text.ends_with("--pages PAGES  how many"), "{told:?}");
    assert_eq!(known(&stage), Some(told));
    assert_eq!(stage.records.records().len(), 0, "to ask what a script takes is no call");
    let script = fs::read_to_string(stage.skill.join("scripts/tried.py")).unwrap();
    fs::write(stage.skill.join("scripts/tried.py"), script.replace("Splits a file.", "Cuts.")).unwrap();
    assert_eq!(known(&stage), docstring("Cuts."));
}

#[test]
fn help_is_run_with_nothing_granted() {
    let server = Server::start_tls(Certificate::Valid).unwrap();
    let script = "import argparse, os, urllib.request\n\
                  def tried(what, name):\n    try:\n        print(name, what() and 'yes')\n    except Exception:\n        print(name, 'no')\n\
                  tried(lambda: open('/skill/scripts/tried.py').read(), 'skill')\n\
                  tried(lambda: open('/tmp/x', 'w').write('x'), 'tmp')\n\
                  tried(lambda: open('/workspace/in.txt').read(), 'read')\n\
                  tried(lambda: open('in.txt').read(), 'beside')\n\
                  tried(lambda: open('/workspace/out.txt', 'w').write('x'), 'write')\n\
                  tried(lambda: open('/data/more.txt').read(), 'mount')\n\
                  tried(lambda: os.environ['TOKEN'], 'variable')\n\
                  tried(lambda: urllib.request.urlopen('URL/ok').read(), 'request')\n\
                  argparse.ArgumentParser().parse_known_args()"
        .replace("URL", &server.url(""));
    let rule = format!("WebFetch(domain:localhost:{})", server.port());
    let stage = skill(&fresh(&script), &format!("Read, Write, Env(TOKEN), {rule}"))
        .allow(&rule)
        .allow("Env(TOKEN)")
        .environment(&[("TOKEN", "secret")])
        .trust(server.authority_pem())
        .file("in.txt", "in")
        .mount("data", false, "more.txt", "more")
        .ready();
    let printed = help(&stage).unwrap();
    let expected =
        "skill yes\ntmp yes\nread no\nbeside no\nwrite no\nmount no\nvariable no\nrequest no\nusage: ";
    assert!(printed.text.starts_with(expected), "{}", printed.text);
    assert_eq!((server.requests().len(), stage.read("out.txt")), (0, None));
    assert_eq!(stage.records.records().len(), 0);
    // A run has all of it.
    let ran = text(&run(&stage).unwrap().stdout);
    assert_eq!(ran.matches("yes").count(), 8, "{ran}");
    assert_eq!((server.requests().len(), stage.read("out.txt").as_deref()), (1, Some("x")));
}

#[test]
fn a_script_that_does_not_answer_is_never_asked_again_until_it_changes() {
    let script = "'''Does.'''\nimport argparse, os, sys\nif not os.path.exists('/skill/ready'):\n    sys.exit(1)\n\
                  argparse.ArgumentParser().parse_args()";
    let stage = skill(&fresh(script), "").ready();
    assert_eq!(help(&stage), docstring("Does."));
    // Now it would answer.
    fs::write(stage.skill.join("ready"), "").unwrap();
    assert_eq!(help(&stage), docstring("Does."));
    fs::write(stage.skill.join("scripts/tried.py"), fresh(script)).unwrap();
    assert!(help(&stage).unwrap().is_printed);
}

#[test]
fn who_asks_while_another_does_waits_for_the_same_answer() {
    // Each run prints another number: whoever did not wait has another answer.
    let slow = format!("import os, time\ntime.sleep(0.3)\nprint('usage:', os.urandom(8).hex())\n{SPLITS}");
    let stage = skill(&fresh(&slow), "").ready();
    stage.has_interpreter();
    let kept = || {
        let files = fs::read_dir(cache().join("help")).into_iter().flatten().flatten();
        files.filter(|file| file.path().extension().is_some_and(|extension| extension == "json")).count()
    };
    let before = kept();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| help(&stage));
        // What is kept of a run that was begun.
        while kept() <= before {
            std::thread::yield_now();
        }
        let second = help(&stage).unwrap();
        assert_eq!((second.module.as_deref(), first.join().unwrap()), (None, Some(second.clone())));
    });
}

#[test]
fn a_run_that_was_interrupted_is_no_reason_to_ask_as_a_module() {
    let stage = skill(&fresh(&format!("print('usage:', {:?})\n{SPLITS}", fresh("").trim())), "").ready();
    let told = help(&stage).unwrap();
    let name = told.text.lines().next().unwrap();
    let kept = fs::read_dir(cache().join("help")).unwrap().map(|file| file.unwrap().path());
    let mut kept = kept.filter(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(name)));
    let interrupted = r#"{"text":null,"module":null,"is_no_file":false,"failures":1}"#;
    fs::write(kept.next().unwrap(), interrupted).unwrap();
    assert_eq!(known(&stage), None);
    assert_eq!(help(&stage), Some(told));
}

#[test]
fn a_script_that_only_runs_as_a_module_says_its_name() {
    let script = format!("from scripts import parts\n{SPLITS}");
    let stage = skill(&fresh(&script), "").skill_file("scripts/parts.py", "").ready();
    let told = help(&stage).unwrap();
    assert_eq!(told.module.as_deref(), Some("scripts.tried"));
    assert!(told.text.starts_with("usage: python3 -m scripts.tried [-h]"), "{told:?}");
    // As a file it fails, and says how it runs; nobody is sent to a package index for the skill's own folder.
    let stderr = text(&run(&stage).unwrap().stderr);
    assert!(stderr.contains("openskills run SKILL --module scripts.tried"), "{stderr}");
    assert!(!stderr.contains("packages add"), "{stderr}");
    let call = json!({ "name": "run_skill_script",
        "arguments": { "skill": "tried", "script": "scripts.tried", "arguments": ["--pages", "1"] } });
    assert_eq!(stage.runtime.handle(&call).content, "ran\n");
}

#[test]
fn a_help_is_printable_and_bounded_and_so_is_the_time_for_it() {
    let loud = "print('usage: \\x1b[2J\\u202e', '--help' * 5); print('line\\n' * 100_000)";
    let told = help(&skill(&fresh(loud), "").ready()).unwrap();
    assert!(told.text.starts_with("usage:  [2J --help"), "{}", &told.text[..40]);
    assert!(told.text.len() < 17_000 && told.text.ends_with('…'), "{}", told.text.len());
    for endless in ["'''Loops.'''\nwhile '--help': pass", "'''Loops.'''\nx = '--help' * 30_000_000; print(x)"]
    {
        let limits = Limits { timeout: std::time::Duration::from_millis(500), ..Limits::default() };
        let stage = skill(&fresh(endless), "").limits(limits).ready();
        assert_eq!(help(&stage), docstring("Loops."), "{endless}");
    }
}

#[test]
fn what_knows_no_help_is_not_run_and_what_is_not_there_is_said() {
    let stage = skill(&fresh("'''Acts.'''\nprint('acted')"), "").ready();
    assert_eq!(help(&stage), docstring("Acts."));
    assert_eq!(help(&skill(&fresh("print('acted')"), "").ready()), None);
    for name in ["scripts/no.py", "../../etc/passwd"] {
        assert_eq!(stage.runtime.script_help("tried", name).unwrap_err().kind(), ErrorKind::Io);
    }
}

#[test]
fn without_the_interpreter_nothing_is_run_or_installed() {
    let cache = tempfile::tempdir().unwrap();
    let stage = skill(SPLITS, "").with(|builder| builder.cache_dir(cache.path())).ready();
    let told = stage.runtime.script_help("tried", "scripts/tried.py").unwrap();
    assert_eq!(told, docstring("Splits a file."));
    assert!(!cache.path().join("interpreters").exists() && !cache.path().join("help").exists());
}

#[test]
fn a_model_is_told_how_scripts_are_used() {
    let hostile = "print('usage: x \\x1b[31m\\u200b'); '--help'; print('a' * 50_000)";
    let stage = skill(&fresh(SPLITS), "").skill_file("scripts/hostile.py", fresh(hostile)).ready();
    stage.has_interpreter();
    let call = json!({ "name": "activate_skill", "arguments": { "skill": "tried" } });
    let told = stage.runtime.handle(&call).content;
    assert!(told.contains("- scripts/tried.py\n    usage: tried.py [-h] [--pages PAGES]\n"), "{told}");
    assert!(told.contains("- scripts/hostile.py\n    usage: x  [31m\n"), "{told}");
    assert!(told.len() < 8_000 && !told.contains('\u{1b}'), "{}", told.len());
}
