//! What scripts use up: each limit as it is exceeded, and what is left of the output.

use openskills_runtime::{ErrorKind, Limits, ScriptOptions};

use crate::{printed, run, skill, text};

fn within(script: &str, timeout_ms: u64) -> openskills_runtime::OpenSkillError {
    let stage = skill(script, "").ready();
    stage.has_interpreter();
    let options = ScriptOptions { timeout_ms: Some(timeout_ms), ..ScriptOptions::default() };
    // Loaded before the clock starts.
    stage
        .script(
            "scripts/tried.py",
            ScriptOptions { arguments: vec!["stop".to_owned()], ..ScriptOptions::default() },
        )
        .unwrap();
    stage.script("scripts/tried.py", options).unwrap_err()
}

const STOP: &str = "import sys\nif sys.argv[1:]:\n    sys.exit()\n";

#[test]
fn an_endless_loop_is_stopped_and_what_it_printed_is_kept() {
    let error = within(&format!("{STOP}print('before')\nwhile True:\n    pass"), 300);
    assert_eq!((error.kind(), error.stdout()), (ErrorKind::Timeout, Some("before\n")));
}

#[test]
fn a_sleep_is_stopped_too() {
    let error = within(&format!("{STOP}import time\ntime.sleep(3600)"), 300);
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}

#[test]
fn to_wait_for_a_thread_that_cannot_be_is_an_error() {
    let script = "import threading\ntry:\n    threading.Event().wait()\nexcept RuntimeError as e:\n    print(e)\n\
                  print(threading.Event().wait(0.01))";
    let printed = printed(script);
    assert!(printed.contains("waits for another thread") && printed.ends_with("\nFalse\n"), "{printed}");
}

#[test]
fn memory_is_bounded_and_python_says_so() {
    let error =
        run(&skill("x = []\nwhile True:\n    x.append(bytearray(10_000_000))", "").ready()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert!(error.stderr().unwrap().contains("MemoryError"));
}

#[test]
fn recursion_ends_as_in_python() {
    let script = "def f(n):\n    return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError:\n    print('deep')";
    assert_eq!(printed(script), "deep\n");
}

#[test]
fn recursion_in_c_is_a_limit_and_no_crash() {
    let error = run(&skill("import json\njson.loads('[' * 100_000)", "").ready()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
}

#[test]
fn output_is_cut_and_marked() {
    let limits = Limits { output: 1_000, ..Limits::default() };
    let result = run(&skill("print('x' * 5_000)", "").limits(limits).ready()).unwrap();
    assert!(text(&result.stdout).ends_with("more bytes cut]\n"), "{}", result.stdout.len());
    assert!(result.stdout.len() < 1_100);
}

#[test]
fn writing_is_bounded() {
    let limits = Limits { written_bytes: 1 << 20, ..Limits::default() };
    let script = "with open('/tmp/big', 'wb') as f:\n    for _ in range(64):\n        f.write(bytes(65536)); f.flush()";
    let error = run(&skill(script, "").limits(limits).ready()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    let kept = "with open('/tmp/small', 'wb') as f:\n    f.write(bytes(65536))";
    run(&skill(kept, "").ready()).unwrap();
}

#[test]
fn input_is_bounded() {
    let limits = Limits { input: 10_000, ..Limits::default() };
    let stage = skill("", "").limits(limits).ready();
    let given = |size| ScriptOptions { stdin: vec![b'x'; size], ..ScriptOptions::default() };
    assert_eq!(stage.script("scripts/tried.py", given(20_000)).unwrap_err().kind(), ErrorKind::LimitExceeded);
    stage.script("scripts/tried.py", given(1_000)).unwrap();
}
