//! Approvals: how often, how long, and how long a yes holds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use openskills_runtime::{Answer, ErrorKind, Limits, Question};
use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

fn reads(files: usize) -> Value {
    let ops: Vec<_> = (0..files).map(|n| json!({ "op": "read", "path": format!("f{n}") })).collect();
    json!({ "ops": ops })
}

/// A skill whose every read is asked for, and a count of the questions.
fn asked(answer: Answer) -> (Stage, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let scenario = (0..8).fold(Scenario::new(), |scenario, n| scenario.file(&format!("f{n}"), "x"));
    let stage = scenario
        .allowed_tools("Read")
        .ask("Read")
        .guest("files_sdk")
        .approver(move |_: &Question| {
            counted.fetch_add(1, Ordering::SeqCst);
            answer
        })
        .ready();
    (stage, count)
}

fn errors(output: &Value) -> usize {
    output.as_array().unwrap().iter().filter(|answer| answer["error"] == "PermissionDenied").count()
}

#[test]
fn a_yes_for_one_file_is_none_for_the_next() {
    let (stage, count) = asked(Answer::Once);
    assert_eq!(errors(&stage.run(reads(3)).unwrap().output), 0);
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[test]
fn a_yes_for_the_session_holds_for_the_rule() {
    let (stage, count) = asked(Answer::Session);
    for _ in 0..2 {
        assert_eq!(errors(&stage.run(reads(8)).unwrap().output), 0);
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_call_asks_five_times_and_no_more() {
    let (stage, count) = asked(Answer::Once);
    let result = stage.run(reads(8)).unwrap();
    assert_eq!((count.load(Ordering::SeqCst), errors(&result.output), result.audit.usage.prompts), (5, 3, 5));
    stage.run(reads(1)).unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 6, "the next call may ask again");
}

#[test]
fn a_session_answer_is_not_for_a_skill_that_has_changed() {
    let (stage, count) = asked(Answer::Session);
    stage.run(reads(1)).unwrap();
    let path = stage.skill.join("SKILL.md");
    let changed = std::fs::read_to_string(&path).unwrap() + "More words.\n";
    std::fs::write(&path, changed).unwrap();
    stage.runtime.load_skills().unwrap();
    stage.run(reads(1)).unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn a_session_answer_is_not_for_another_component() {
    let (stage, count) = asked(Answer::Session);
    stage.run(reads(1)).unwrap();
    // The same program with one more section of no meaning is another component.
    let mut other = openskills_tests::guest("files_sdk");
    other.extend_from_slice(&[0, 2, 1, b'x']);
    std::fs::write(stage.skill.join("wasm/skill.wasm"), other).unwrap();
    stage.runtime.load_skills().unwrap();
    stage.run(reads(1)).unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn calls_that_would_ask_the_same_at_once_ask_one_after_another() {
    let now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (count, running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&now), Arc::clone(&most));
    let counted = Arc::clone(&count);
    let stage = Scenario::new()
        .file("f0", "x")
        .allowed_tools("Read")
        .ask("Read")
        .guest("files_sdk")
        .approver(move |_: &Question| {
            peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            counted.fetch_add(1, Ordering::SeqCst);
            // Long enough for the others to come and wait.
            std::thread::sleep(Duration::from_millis(300));
            running.fetch_sub(1, Ordering::SeqCst);
            Answer::Session
        })
        .ready();
    stage.runtime.compile_skill("tried").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(errors(&stage.run(reads(1)).unwrap().output), 0));
        }
    });
    assert_eq!((count.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (1, 1));
}

#[test]
fn looks_are_not_asked_about() {
    let (stage, count) = asked(Answer::No);
    let look = json!({ "ops": [{ "op": "stat", "path": "f0" }] });
    assert_eq!(errors(&stage.run(look).unwrap().output), 0);
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[test]
fn an_approver_that_takes_too_long_has_said_no() {
    // It waits until the test is over.
    let (over, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let limits = Limits { prompt_timeout: Duration::from_millis(50), ..Limits::default() };
    let stage = Scenario::new()
        .allowed_tools("Env(X)")
        .environment(&[("X", "1")])
        .limits(limits)
        .guest("vars")
        .approver(move |_: &Question| {
            let _ = wait.lock().unwrap().recv();
            Answer::Once
        })
        .ready();
    let error = stage.run(json!({ "get": ["X"] })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    drop(over);
}

#[test]
fn the_calls_clock_stands_still_while_an_approver_thinks() {
    let stage = Scenario::new()
        .allowed_tools("Env(X)")
        .environment(&[("X", "1")])
        .guest("vars")
        .approver(|_: &Question| {
            // There is no event for "longer than the call may take".
            std::thread::sleep(Duration::from_millis(1_500));
            Answer::Once
        })
        .ready();
    stage.runtime.compile_skill("tried").unwrap();
    let result = stage.run_within(1_000, json!({ "get": ["X"] })).unwrap();
    assert_eq!(result.output["values"][0]["ok"], "1");
}

#[tokio::test]
async fn an_approver_is_asked_inside_a_runtime_of_one_thread() {
    let (stage, count) = asked(Answer::Once);
    assert_eq!(errors(&stage.run(reads(1)).unwrap().output), 0);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_question_cannot_deceive_a_terminal() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let stage = Scenario::new()
        .allowed_tools("Read")
        .ask("Read")
        .guest("files_sdk")
        .approver(move |question: &Question| {
            seen.lock().unwrap().push(question.target.clone());
            Answer::No
        })
        .ready();
    stage.run(json!({ "ops": [{ "op": "read", "path": "a\u{1b}[2J\u{202e}txt.exe" }] })).unwrap();
    assert_eq!(*asked.lock().unwrap(), ["a [2Jtxt.exe"]);
    assert_eq!(stage.last().refusals[0].target, "a [2Jtxt.exe");
}
