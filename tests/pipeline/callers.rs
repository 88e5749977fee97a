//! Calls from wherever a program may be.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use openskills_runtime::{
    ErrorKind, ExecutionOptions, ExecutionResult, OpenSkillError, OpenSkillRuntime, Outcome,
};
use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

fn echo() -> Stage {
    Scenario::new().guest("echo").ready()
}

fn call(runtime: &OpenSkillRuntime, input: Value) -> Value {
    runtime.execute_skill("tried", input, ExecutionOptions::default()).unwrap().output["input"].take()
}

fn call_async(
    stage: &Stage,
    input: Value,
) -> impl Future<Output = Result<ExecutionResult, OpenSkillError>> + Send + 'static {
    stage.runtime.execute_skill_async("tried", input, ExecutionOptions::default())
}

#[test]
fn from_a_plain_thread() {
    let stage = echo();
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(call(&stage.runtime, json!("plain")), "plain")).join().unwrap();
    });
}

#[test]
fn from_several_threads_at_once() {
    let stage = echo();
    thread::scope(|scope| {
        for thread in 0..8 {
            let runtime = stage.runtime.clone();
            scope.spawn(move || {
                for n in 0..20 {
                    assert_eq!(call(&runtime, json!([thread, n])), json!([thread, n]));
                }
            });
        }
    });
    assert_eq!(stage.records.records().len(), 160);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_worker_of_a_runtime() {
    let stage = echo();
    let runtime = stage.runtime.clone();
    assert_eq!(tokio::spawn(async move { call(&runtime, json!("worker")) }).await.unwrap(), "worker");
    // And on the thread that blocks on the runtime.
    assert_eq!(call(&stage.runtime, json!("main")), "main");
}

#[tokio::test]
async fn from_a_runtime_of_one_thread() {
    let stage = echo();
    assert_eq!(call(&stage.runtime, json!("single")), "single");
    let runtime = stage.runtime.clone();
    assert_eq!(
        tokio::task::spawn_blocking(move || call(&runtime, json!("blocking"))).await.unwrap(),
        "blocking"
    );
}

#[tokio::test]
async fn a_synchronous_call_is_not_starved_by_the_callers_budget() {
    // Each nap is one wake-up of a timer: more of them than a task may have before it has to yield, in a call that
    // cannot yield.
    let stage = Scenario::new().guest("abuse").ready();
    let result = stage.run(json!({ "op": "naps", "number": 400 })).unwrap();
    assert_eq!(result.output, 400);
}

#[tokio::test]
async fn async_from_tokio() {
    let stage = echo();
    let (one, other) = tokio::join!(call_async(&stage, json!(1)), call_async(&stage, json!(2)));
    assert_eq!((&one.unwrap().output["input"], &other.unwrap().output["input"]), (&json!(1), &json!(2)));
    let spawned = tokio::spawn(call_async(&stage, json!("spawned"))).await.unwrap();
    assert_eq!(spawned.unwrap().output["input"], "spawned");
}

#[test]
fn async_from_an_executor_that_knows_nothing_of_tokio() {
    let stage = echo();
    assert_eq!(pollster::block_on(call_async(&stage, json!("any"))).unwrap().output["input"], "any");
    // Timers too are somebody else's there.
    let stage = Scenario::new().guest("abuse").ready();
    let naps = call_async(&stage, json!({ "op": "naps", "number": 3 }));
    assert_eq!(pollster::block_on(naps).unwrap().output, 3);
    let options = ExecutionOptions { timeout_ms: Some(100) };
    let sleep =
        stage.runtime.execute_skill_async("tried", json!({ "op": "sleep", "number": 600_000 }), options);
    assert_eq!(pollster::block_on(sleep).unwrap_err().kind(), ErrorKind::Timeout);
}

/// A call whose guest writes for ever, polled until it has written something.
fn begun(stage: &Stage) -> impl Future<Output = Result<ExecutionResult, OpenSkillError>> + 'static {
    stage.runtime.compile_skill("tried").unwrap();
    let input = json!({ "ops": [{ "op": "append-forever", "path": "log", "text": "x" }] });
    let mut future = Box::pin(call_async(stage, input));
    let mut context = Context::from_waker(Waker::noop());
    while stage.read("log").is_none_or(|text| text.is_empty()) {
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
    future
}

#[test]
fn a_dropped_future_stops_the_guest() {
    let stage = Scenario::new().allowed_tools("Edit").guest("files_std").ready();
    drop(begun(&stage));
    let written = stage.read("log").unwrap().len();
    // A whole other call goes by.
    stage.run(json!({ "ops": [{ "op": "write", "path": "other", "text": "x" }] })).unwrap();
    assert_eq!(stage.read("log").unwrap().len(), written);
}

#[test]
fn a_dropped_call_is_on_record_with_what_it_did() {
    let stage = Scenario::new().allowed_tools("Edit").guest("files_std").ready();
    drop(begun(&stage));
    let records = stage.records.records();
    assert_eq!(records.len(), 1, "a call that was given up has acted too");
    assert_eq!(records[0].outcome, Outcome::Cancelled);
    assert!(records[0].uses.iter().any(|used| used.target == "log"), "{:?}", records[0].uses);
}

#[test]
fn a_future_that_is_never_polled_is_no_call() {
    let stage = echo();
    drop(call_async(&stage, json!(1)));
    assert!(stage.records.records().is_empty());
}

#[test]
fn dropped_calls_give_their_places_back() {
    let stage = Scenario::new().guest("abuse").ready();
    stage.runtime.compile_skill("tried").unwrap();
    for _ in 0..200 {
        let mut spin = pin!(call_async(&stage, json!({ "op": "spin" })));
        assert!(matches!(spin.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    }
    assert_eq!(stage.run(json!({ "op": "nothing" })).unwrap().output, Value::Null);
}

#[test]
fn a_runtime_can_be_shared_and_sent() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent<T: Send + 'static>(_: &T) {}
    let stage = echo();
    shared(&stage.runtime);
    sent(&call_async(&stage, json!(1)));
}
