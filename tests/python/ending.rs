//! How scripts end: statuses, tracebacks, exit functions.

use openskills_runtime::{ErrorKind, Outcome};

use crate::{run, skill, text};

fn ends(script: &str) -> (u8, String, String) {
    let result = run(&skill(script, "").ready()).unwrap();
    (result.exit_code, text(&result.stdout), text(&result.stderr))
}

#[test]
fn exit_statuses_are_the_scripts() {
    assert_eq!(ends("import sys; sys.exit(3)").0, 3);
    assert_eq!(ends("raise SystemExit(300)").0, 44);
    assert_eq!(ends("import sys; sys.exit()").0, 0);
    assert_eq!(ends("import sys; sys.exit('no')"), (1, String::new(), "no\n".to_owned()));
    assert_eq!(ends("raise KeyboardInterrupt").0, 130);
}

#[test]
fn to_end_at_once_flushes_nothing_and_keeps_the_status() {
    let script = "import atexit, os, sys\natexit.register(print, 'never')\nsys.stdout.write('lost')\n\
                  sys.stderr.write('said\\n')\ntry:\n    os._exit(7)\nfinally:\n    print('never')";
    assert_eq!(ends(script), (7, String::new(), "said\n".to_owned()));
}

#[test]
fn exit_functions_run_and_see_what_was_printed_before() {
    let (status, stdout, _) = ends("import atexit\natexit.register(print, 'bye')\nprint('hi')\n1 / 0");
    assert_eq!((status, stdout.as_str()), (1, "hi\nbye\n"));
}

#[test]
fn what_refers_to_itself_is_finalized_at_the_end_however_old_it_is() {
    let cycle = "class Node:\n    def __init__(self, name): self.name, self.me = name, self\n    \
                 def __del__(self): print('gone', self.name)\n";
    let (_, stdout, _) = ends(&format!("{cycle}Node('young')\nprint('end')"));
    assert_eq!(stdout, "end\ngone young\n");
    // What has been through a collection is of an older generation.
    let (_, stdout, _) = ends(&format!("{cycle}import gc\nold = Node('old')\ngc.collect(0)\nprint('end')"));
    assert_eq!(stdout, "end\ngone old\n");
    let many = "old = Node('old')\nkept = [[n] for n in range(50_000)]\nprint('end')";
    let (_, stdout, _) = ends(&format!("{cycle}{many}"));
    assert_eq!(stdout, "end\ngone old\n");
}

#[test]
fn modules_of_a_script_are_cleared_whatever_it_does_to_the_list_of_them() {
    let module = "import sys, types\nclass Last:\n    def __del__(self): print('gone')\n\
                  made = types.ModuleType('made')\nmade.__file__ = 'made.py'\nmade.last = Last()\n\
                  made.me = made\n";
    for then in [
        "sys.modules['made'] = made",
        "first = sys.modules.pop(next(reversed(sys.modules)))\nsys.modules['made'] = made",
    ] {
        let (status, stdout, stderr) = ends(&format!("{module}{then}\ndel made"));
        assert_eq!((status, stdout.as_str()), (0, "gone\n"), "{then}: {stderr}");
    }
}

#[test]
fn a_traceback_shows_the_scripts_own_lines_and_none_of_ours() {
    let (status, _, stderr) = ends("def f():\n    import json\n    json.loads('{')\n\nf()");
    assert_eq!(status, 1);
    for expected in [
        "Traceback (most recent call last):",
        "line 5, in <module>",
        "json.loads('{')",
        "<frozen json",
        "JSONDecodeError",
    ] {
        assert!(stderr.contains(expected), "{expected}: {stderr}");
    }
    assert!(!stderr.contains("_openskills") && !stderr.contains("/0/"), "{stderr}");
}

#[test]
fn looking_for_the_sources_of_the_library_is_no_refusal() {
    let result = run(&skill("import json, encodings.cp037, mailbox\njson.loads('{')", "").ready()).unwrap();
    assert_eq!(result.exit_code, 1);
    assert_eq!(result.audit.refusals, []);
    assert_eq!(result.audit.outcome, Outcome::Failed { message: "exit status 1".to_owned() });
}

#[test]
fn a_traceback_of_the_head_of_a_statement_looks_for_nothing() {
    let script = "import sys\nfor name in ('none',):\n    with open(name) as file:\n        pass";
    let error = run(&skill(script, "").ready()).unwrap_err();
    let targets: Vec<_> =
        error.audit().unwrap().refusals.iter().map(|refusal| refusal.target.as_str()).collect();
    assert_eq!(targets, ["none"]);
    assert!(error.stderr().unwrap().contains("         ~~~~^^^^^^"), "{error}");
    let script = "def f(): return 1 / 0\nif f():\n    pass";
    let result = run(&skill(script, "").ready()).unwrap();
    assert_eq!(result.audit.refusals, []);
    assert!(text(&result.stderr).contains("    if f():\n       ~^^"), "{}", text(&result.stderr));
}

#[test]
fn a_syntax_error_is_shown_where_it_is() {
    let (status, _, stderr) = ends("print('a'\nx = = 1");
    assert_eq!(status, 1);
    assert!(stderr.contains("tried.py\", line") && stderr.contains("SyntaxError"), "{stderr}");
}

#[test]
fn a_failure_that_has_nothing_to_do_with_a_refusal_is_the_scripts_own() {
    // Refused with a remedy, and the script goes on and fails for another reason.
    let script = "import os\nos.path.exists('data.csv')\nimport nothing_like_it";
    let result = run(&skill(script, "").ready()).unwrap();
    assert_eq!((result.exit_code, result.audit.refusals.len()), (1, 1));
    let script = "import os\nos.path.exists('/etc/passwd')\nraise ValueError('mine')";
    assert_eq!(run(&skill(script, "").ready()).unwrap().exit_code, 1);
}

#[test]
fn a_failure_because_of_a_refusal_is_a_denial() {
    for script in
        ["open('data.csv')", "import sys\ntry:\n    open('data.csv')\nexcept OSError:\n    sys.exit(9)"]
    {
        let error = run(&skill(script, "").file("data.csv", "1").ready()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        assert_eq!(error.hint().unwrap(), "add to SKILL.md: `allowed-tools: Read(data.csv)`");
        assert_eq!(error.audit().unwrap().outcome, Outcome::Denied);
    }
    let error = run(&skill("open('/etc/passwd')", "").ready()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}
