//! Limits: each kept and exceeded, and after each the next call works.

use std::thread;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use openskills_runtime::{
    CancelToken, ErrorKind, ExecutionOptions, ExecutionResult, LimitKind, Limits, OpenSkillError, Outcome,
};
use openskills_tests::{Scenario, Stage, adapted};
use serde_json::{Value, json};

fn abuse() -> Scenario {
    Scenario::new().guest("abuse")
}

fn limited(change: impl FnOnce(&mut Limits)) -> Stage {
    let mut limits = Limits::default();
    change(&mut limits);
    abuse().limits(limits).ready()
}

fn works(stage: &Stage) {
    assert_eq!(stage.run(json!({ "op": "nothing" })).unwrap().output, Value::Null, "the next call works");
}

fn timed_out(error: &OpenSkillError) {
    assert!(matches!(error, OpenSkillError::Timeout { compiling: false, .. }), "{error:?}");
}

fn exceeded(error: &OpenSkillError, words: &str) {
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(matches!(error.audit().unwrap().outcome, Outcome::Limit { .. }));
}

/// A component in WAT that answers `ok("…")` with the bytes that `data` escapes.
fn answering(data: &str, length: usize, more: &str) -> Vec<u8> {
    adapted(
        "",
        &format!(
            r#"
            (memory (export "memory") 1)
            (data (i32.const 128) "{data}")
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            {more}
            (func (export "execute") (param i32 i32) (result i32)
                (i32.store8 (i32.const 16) (i32.const 0))
                (i32.store (i32.const 20) (i32.const 128))
                (i32.store (i32.const 24) (i32.const {length}))
                (i32.const 16))
            "#
        ),
    )
}

/// A component with so many memories that each want so many pages at the start.
fn with_memories(count: usize, pages: u64) -> Vec<u8> {
    let modules: String = (0..count)
        .map(|n| format!("(core module $m{n} (memory {pages})) (core instance (instantiate $m{n}))\n"))
        .collect();
    adapted(&modules, &minimal())
}

fn minimal() -> String {
    String::from(
        r#"
        (memory (export "memory") 1)
        (data (i32.const 128) "null")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "execute") (param i32 i32) (result i32)
            (i32.store8 (i32.const 16) (i32.const 0))
            (i32.store (i32.const 20) (i32.const 128))
            (i32.store (i32.const 24) (i32.const 4))
            (i32.const 16))
        "#,
    )
}

#[test]
fn a_busy_loop_is_a_timeout() {
    let stage = abuse().ready();
    works(&stage);
    timed_out(&stage.run_within(100, json!({ "op": "spin" })).unwrap_err());
    assert_eq!(stage.last().outcome, Outcome::Timeout { limit_ms: 100 });
    works(&stage);
}

#[test]
fn a_wait_in_the_host_is_a_timeout() {
    let stage = abuse().ready();
    works(&stage);
    timed_out(&stage.run_within(100, json!({ "op": "sleep", "number": 600_000 })).unwrap_err());
    works(&stage);
    assert!(stage.run(json!({ "op": "sleep", "number": 1 })).is_ok());
}

#[test]
fn a_start_function_that_never_ends_is_a_timeout() {
    let module = format!("(func $forever (loop $l (br $l))) (start $forever) {}", minimal());
    let stage = Scenario::new().component(&adapted("", &module)).ready();
    stage.runtime.compile_skill("tried").unwrap();
    timed_out(&stage.run_within(100, json!({})).unwrap_err());
}

#[test]
fn the_runtimes_own_limit_holds_where_the_call_names_none() {
    let stage = limited(|limits| limits.timeout = std::time::Duration::from_millis(100));
    stage.runtime.compile_skill("tried").unwrap();
    timed_out(&stage.run(json!({ "op": "spin" })).unwrap_err());
}

#[test]
fn a_trap_in_time_is_not_a_timeout() {
    let error = abuse().run(json!({ "op": "panic", "text": "timeout" })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailure);
}

#[test]
fn memory_is_bounded() {
    const MIB: u64 = 1 << 20;
    let stage = limited(|limits| limits.memory = 64 << 20);
    let alloc = |op: &str, bytes: u64, strict: bool| {
        stage.run(json!({ "op": op, "number": bytes, "step": MIB, "strict": strict }))
    };
    assert_eq!(alloc("alloc", 16 * MIB, true).unwrap().output, 16 * MIB);
    let coped = alloc("alloc", 128 * MIB, false).unwrap();
    assert!(coped.output["held"].as_u64().unwrap() < 64 * MIB, "a guest may cope: {}", coped.output);
    assert!(coped.audit.usage.memory_peak <= 64 * MIB);
    exceeded(&alloc("grab", 128 * MIB, true).unwrap_err(), "64 MiB");
    exceeded(&alloc("grab", 1 << 30, true).unwrap_err(), "64 MiB");
    works(&stage);
}

#[test]
fn a_failure_after_memory_was_refused_is_a_limit() {
    let stage = limited(|limits| limits.memory = 64 << 20);
    let error = stage
        .run(json!({ "op": "alloc", "number": 128 << 20, "step": 1 << 20, "strict": true }))
        .unwrap_err();
    exceeded(&error, "64 MiB");
}

#[test]
fn memories_count_together() {
    // 3 × 20 MiB and one page: within 64 MiB; 3 × 24 MiB: each within, all together not.
    let limits = || Limits { memory: 64 << 20, ..Limits::default() };
    let run = |pages| Scenario::new().limits(limits()).component(&with_memories(3, pages)).run(json!({}));
    assert_eq!(run(20 * 16).unwrap().output, Value::Null);
    let error = run(24 * 16).unwrap_err();
    exceeded(&error, "64 MiB");
}

#[test]
fn four_gibibytes_from_the_start_are_refused() {
    let error = Scenario::new().component(&with_memories(1, 65_536)).run(json!({})).unwrap_err();
    exceeded(&error, "memory");
}

/// What the call ended with is the limit, by its type.
fn met(outcome: Result<ExecutionResult, OpenSkillError>, expected: LimitKind) {
    let error = outcome.unwrap_err();
    assert!(
        matches!(&error, OpenSkillError::LimitExceeded { which, .. } if *which == expected),
        "{expected:?}: {error}"
    );
    let outcome = &error.audit().unwrap().outcome;
    assert!(
        matches!(outcome, Outcome::Limit { which, .. } if *which == expected),
        "{expected:?}: {outcome:?}"
    );
}

#[test]
fn the_number_of_memories_is_bounded() {
    // One is the guest's own.
    let run = |more, limit| {
        let limits = Limits { memories: limit, ..Limits::default() };
        Scenario::new().limits(limits).component(&with_memories(more, 1)).run(json!({}))
    };
    assert!(run(3, 4).is_ok());
    met(run(4, 4), LimitKind::Memories);
    assert!(run(4, 5).is_ok());
    met(run(30, 4), LimitKind::Memories);
    let error = run(40, 99).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArtifact, "more than the engine has room for: {error}");
}

/// A component with so many further core instances, each with so many tables.
fn with_instances(count: usize, tables: usize) -> Vec<u8> {
    let module = format!("(core module $x {})", "(table 1 funcref)".repeat(tables));
    adapted(&format!("{module}{}", "(core instance (instantiate $x))".repeat(count)), &minimal())
}

#[test]
fn the_number_of_tables_and_of_instances_is_bounded() {
    let run =
        |instances, tables| Scenario::new().component(&with_instances(instances, tables)).run(json!({}));
    assert!(run(4, 2).is_ok());
    met(run(3, 3), LimitKind::Tables);
    assert!(run(63, 0).is_ok());
    met(run(64, 0), LimitKind::Instances);
    assert_eq!(run(300, 0).unwrap_err().kind(), ErrorKind::InvalidArtifact);
}

#[test]
fn tables_are_bounded() {
    let limits = || Limits { table_elements: 5_000, ..Limits::default() };
    let with = |first: u64, grown: u64| {
        let module = format!(
            "(core module $t (table $t {first} funcref) (func $grow (if (i32.lt_s (table.grow $t (ref.null func) \
             (i32.const {grown})) (i32.const 0)) (then unreachable))) (start $grow)) (core instance (instantiate $t))"
        );
        Scenario::new().limits(limits()).component(&adapted(&module, &minimal())).run(json!({}))
    };
    assert!(with(1_000, 3_000).is_ok());
    exceeded(&with(6_000, 0).unwrap_err(), "table");
    exceeded(&with(1_000, 4_001).unwrap_err(), "table");
}

#[test]
fn a_table_larger_than_the_engine_has_is_refused() {
    let module = "(core module $t (table 10000000 funcref)) (core instance (instantiate $t))";
    let error = Scenario::new().component(&adapted(module, &minimal())).run(json!({})).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::LimitExceeded | ErrorKind::InvalidArtifact), "{error}");
}

#[test]
fn recursion_without_end_is_a_limit() {
    let module = minimal().replace("(i32.const 16))", "(call $deeper) (i32.const 16))");
    let deeper = "(func $deeper (call $deeper) (i32.store (i32.const 0) (i32.const 1)))";
    let error =
        Scenario::new().component(&adapted("", &format!("{deeper} {module}"))).run(json!({})).unwrap_err();
    exceeded(&error, "call stack");
    // What Rust compiles to keeps a stack of its own in its memory, and meets its end first.
    let stage = abuse().ready();
    let error = stage.run(json!({ "op": "recurse" })).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ExecutionFailure | ErrorKind::LimitExceeded), "{error}");
    works(&stage);
}

#[test]
fn what_is_printed_is_kept_up_to_the_limit_cut_and_marked_and_no_error() {
    let stage = limited(|limits| limits.stdio = 10_000);
    for (op, other) in [("stdout", "stderr"), ("stderr", "stdout")] {
        for (bytes, cut) in [(5_000, false), (5_000_000, true)] {
            let result = stage.run(json!({ "op": op, "number": bytes, "strict": true })).unwrap();
            let text = if op == "stdout" { &result.stdout } else { &result.stderr };
            assert_eq!(text.contains("more bytes cut]"), cut, "{op} {bytes}");
            assert!(text.len() < 10_100, "{op} {bytes}: {}", text.len());
            let silent = if other == "stdout" { &result.stdout } else { &result.stderr };
            assert_eq!(silent, "");
            let usage = &result.audit.usage;
            let counted = if op == "stdout" { usage.stdout_bytes } else { usage.stderr_bytes };
            assert!(counted >= bytes, "{op} {bytes}: {counted}");
        }
    }
}

#[test]
fn an_endless_print_is_a_timeout_that_keeps_what_was_printed() {
    let stage = limited(|limits| limits.stdio = 1_000);
    works(&stage);
    let error = stage.run_within(300, json!({ "op": "stdout", "number": u64::from(u32::MAX) })).unwrap_err();
    timed_out(&error);
    assert!(error.stdout().unwrap().starts_with("xxx") && error.stdout().unwrap().len() < 1_100);
}

#[test]
fn stdout_and_stderr_are_kept_apart_and_are_not_the_answer() {
    let result = abuse().run(json!({ "op": "say", "text": "hello" })).unwrap();
    assert_eq!((result.stdout.as_str(), result.stderr.as_str()), ("out: hello\n", "err: hello\n"));
    assert_eq!(result.output, Value::Null);
}

#[test]
fn log_lines_are_bounded_and_cannot_drive_a_terminal() {
    let stage = limited(|limits| limits.stdio = 10_000);
    let few = stage.run(json!({ "op": "log", "number": 2, "text": "a\u{1b}[2Jb" })).unwrap();
    assert_eq!(few.stderr, "[warn] line 0: a [2Jb\n[warn] line 1: a [2Jb\n");
    let many = stage.run(json!({ "op": "log", "number": 10_000 })).unwrap();
    assert!(many.stderr.len() < 10_100 && many.stderr.contains("more bytes cut]"));
}

#[test]
fn output_is_bounded() {
    let stage = limited(|limits| limits.output = 1_000);
    let output = |length: u64| stage.run(json!({ "op": "output", "number": length }));
    assert_eq!(output(998).unwrap().output.as_str().unwrap().len(), 998);
    exceeded(&output(999).unwrap_err(), "1000 bytes");
    exceeded(&output(10 << 20).unwrap_err(), "1000 bytes");
    works(&stage);
}

#[test]
fn a_string_longer_than_what_one_host_call_may_pass_is_refused() {
    let stage = limited(|limits| {
        limits.hostcall_bytes = 1 << 20;
        limits.output = 8 << 20;
    });
    assert!(stage.run(json!({ "op": "output", "number": 1 << 19 })).is_ok());
    let error = stage.run(json!({ "op": "output", "number": 4 << 20 })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    works(&stage);
}

#[test]
fn input_is_bounded() {
    let stage = limited(|limits| limits.input = 1_000);
    let error = stage.run(json!({ "op": "nothing", "text": "x".repeat(2_000) })).unwrap_err();
    exceeded(&error, "input");
    works(&stage);
}

#[test]
fn an_answer_beyond_the_memory_is_a_failure() {
    let error = Scenario::new().component(&answering("null", 100_000_000, "")).run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailure, "{error}");
}

#[test]
fn an_answer_that_is_no_json_or_no_text_is_a_failure() {
    for (data, length) in [("nonsense", 8), ("", 0), ("{}{}", 4), ("\\ff\\fe", 2), ("NaN", 3)] {
        let error = Scenario::new().component(&answering(data, length, "")).run(json!({})).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailure, "{data}: {error}");
        assert!(error.audit().unwrap().output_sha256.is_none());
    }
    assert_eq!(
        Scenario::new().component(&answering("null", 4, "")).run(json!({})).unwrap().output,
        Value::Null
    );
}

#[test]
fn json_nested_without_end_is_a_failure_and_no_crash() {
    let data = "[".repeat(60_000);
    let module = answering(&data[..10_000], 10_000, "");
    let error = Scenario::new().component(&module).run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailure, "{error}");
}

#[test]
fn exits_and_panics_are_failures_with_what_was_printed() {
    let stage = abuse().ready();
    let error = stage.run(json!({ "op": "panic", "text": "oh no" })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailure);
    assert!(error.stderr().unwrap().contains("oh no"), "{:?}", error.stderr());
    for code in [0, 1, 7] {
        let error = stage.run(json!({ "op": "exit", "number": code })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailure, "exit {code}: {error}");
    }
    assert_eq!(stage.run(json!({ "op": "abort" })).unwrap_err().kind(), ErrorKind::ExecutionFailure);
    works(&stage);
}

#[test]
fn each_instance_has_its_own_randomness_and_a_clock() {
    let stage = abuse().ready();
    let hash = || stage.run(json!({ "op": "random" })).unwrap().output;
    assert_ne!(hash(), hash());
    let clock = stage.run(json!({ "op": "clock" })).unwrap().output;
    assert!(clock["seconds"].as_u64().unwrap() > 1_700_000_000);
}

/// A call as a future that is polled by hand.
type Call = Pin<Box<dyn Future<Output = Result<ExecutionResult, OpenSkillError>> + Send>>;

fn begin(stage: &Stage, op: &str) -> Call {
    let mut call: Call = Box::pin(stage.runtime.call("tried").input(json!({ "op": op })).run_async());
    assert!(poll(&mut call).is_none(), "it spins");
    call
}

fn poll(call: &mut Call) -> Option<Result<ExecutionResult, OpenSkillError>> {
    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

/// Polls until it ends: where the machine is busy, even a short call gives way once or more.
fn finish(call: &mut Call) -> Result<ExecutionResult, OpenSkillError> {
    loop {
        if let Some(outcome) = poll(call) {
            return outcome;
        }
        thread::yield_now();
    }
}

/// So many calls of the engine run at the same time.
const PLACES: usize = 64;

#[test]
fn when_all_places_are_taken_calls_wait_their_turn_and_when_the_queue_is_full_they_are_turned_away() {
    let stage = limited(|limits| limits.queue = 2);
    works(&stage);
    let mut running: Vec<Call> = (0..PLACES).map(|_| begin(&stage, "spin")).collect();
    let (mut first, mut second) = (begin(&stage, "nothing"), begin(&stage, "nothing"));
    let error = stage.run(json!({ "op": "nothing" })).unwrap_err();
    assert!(error.to_string().contains("turned away") && error.hint().is_some(), "{error}");
    met(Err(error), LimitKind::Queue);
    // One place: it is for the first.
    drop(running.pop());
    assert!(poll(&mut second).is_none());
    assert!(finish(&mut first).is_ok());
    assert!(finish(&mut second).is_ok());
    drop(running);
    works(&stage);
    assert_eq!(stage.records.records().len(), 1 + PLACES + 2 + 1 + 1);
}

#[test]
fn waiting_for_a_place_counts_and_is_no_fault_of_the_engine() {
    let stage = abuse().ready();
    works(&stage);
    let running: Vec<Call> = (0..PLACES).map(|_| begin(&stage, "spin")).collect();
    timed_out(&stage.run_within(50, json!({ "op": "nothing" })).unwrap_err());
    drop(running);
    works(&stage);
}

#[test]
fn components_of_many_memories_wait_too_and_never_meet_an_empty_pool() {
    let spinning =
        minimal().replace("(i32.store8 (i32.const 16)", "(loop $l (br $l)) (i32.store8 (i32.const 16)");
    let modules: String = (0..3)
        .map(|n| format!("(core module $m{n} (memory 1)) (core instance (instantiate $m{n}))\n"))
        .collect();
    let stage = Scenario::new().component(&adapted(&modules, &spinning)).ready();
    stage.runtime.compile_skill("tried").unwrap();
    // 4 memories each: 64 of them would be 256, of which the pool has 96.
    let mut calls: Vec<Call> = (0..PLACES).map(|_| begin(&stage, "")).collect();
    for call in &mut calls {
        assert!(poll(call).is_none(), "it runs or waits");
    }
    drop(calls);
    let records = stage.records.records();
    assert_eq!(records.len(), PLACES);
    assert!(records.iter().all(|record| record.outcome == Outcome::Cancelled), "{:?}", records[0].outcome);
    works(&abuse().ready());
}

#[test]
fn fuel_is_a_limit_that_is_the_same_each_time() {
    let with = |fuel| limited(|limits| limits.fuel = Some(fuel));
    let stage = with(1_000_000_000);
    let used = || stage.run(json!({ "op": "nothing" })).unwrap().audit.usage.fuel.unwrap();
    let enough = used();
    assert!(enough > 0);
    // A call more or less does not matter: nothing is left from one to the next.
    assert_eq!(enough, used());
    let exact = with(enough);
    assert!(exact.run(json!({ "op": "nothing" })).is_ok());
    // It is looked at where loops and functions begin, not at each instruction.
    let short = with(enough / 2);
    met(short.run(json!({ "op": "nothing" })), LimitKind::Fuel);
    assert_eq!(short.last().usage.fuel_limit, Some(enough / 2));
    met(stage.run(json!({ "op": "spin" })), LimitKind::Fuel);
    assert_eq!(
        abuse().run(json!({ "op": "nothing" })).unwrap().audit.usage.fuel,
        None,
        "counted only if asked for"
    );
}

#[test]
fn a_token_stops_a_guest_that_computes_and_one_that_waits() {
    let stage = abuse().ready();
    works(&stage);
    for input in [json!({ "op": "spin" }), json!({ "op": "sleep", "number": 600_000 })] {
        let token = CancelToken::new();
        let error = thread::scope(|scope| {
            let call = stage.runtime.call("tried").input(input.clone()).cancel_token(&token);
            let call = scope.spawn(move || call.run().unwrap_err());
            token.cancel();
            call.join().unwrap()
        });
        assert!(matches!(error, OpenSkillError::Cancelled { .. }), "{input}: {error}");
        assert_eq!(stage.last().outcome, Outcome::Cancelled);
        works(&stage);
    }
}

#[test]
fn a_token_stops_a_guest_that_is_known_to_run_and_what_it_printed_is_kept() {
    let stage = abuse().ready();
    works(&stage);
    let token = CancelToken::new();
    let input = json!({ "op": "stdout", "number": u32::MAX });
    let mut call: Call = Box::pin(stage.runtime.call("tried").input(input).cancel_token(&token).run_async());
    // It has begun: each poll is a slice of its time.
    (0..3).for_each(|_| assert!(poll(&mut call).is_none()));
    token.cancel();
    let error = poll(&mut call).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.stdout().unwrap().starts_with("xxx"), "{:?}", error.stdout().map(str::len));
    assert_eq!(error.audit().unwrap(), &stage.last());
}

#[test]
fn a_cancelled_token_begins_nothing_and_one_that_is_left_alone_changes_nothing() {
    let stage = abuse().ready();
    let token = CancelToken::new();
    let call = || stage.runtime.call("tried").input(json!({ "op": "nothing" })).cancel_token(&token).run();
    assert!(call().is_ok());
    token.cancel();
    assert_eq!(call().unwrap_err().kind(), ErrorKind::Cancelled);
    let record = stage.last();
    assert_eq!((record.outcome, record.usage.memory_peak), (Outcome::Cancelled, 0), "no guest code ran");
}

#[test]
fn a_token_ends_the_wait_for_an_approver_and_for_a_place() {
    let stage = abuse().ready();
    works(&stage);
    let running: Vec<Call> = (0..PLACES).map(|_| begin(&stage, "spin")).collect();
    let token = CancelToken::new();
    let call = stage.runtime.call("tried").input(json!({ "op": "nothing" })).cancel_token(&token);
    let mut waiting: Call = Box::pin(call.run_async());
    assert!(poll(&mut waiting).is_none());
    token.cancel();
    assert_eq!(poll(&mut waiting).unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    drop(running);
    let token = CancelToken::new();
    let (answer, never) = std::sync::mpsc::channel::<()>();
    let never = std::sync::Mutex::new(never);
    let cancel = token.clone();
    let stage = Scenario::new()
        .allowed_tools("Env(A)")
        .environment(&[("A", "1")])
        .guest("vars")
        .approver(move |_: &openskills_runtime::Question| {
            cancel.cancel();
            let _ = never.lock().unwrap().recv();
            openskills_runtime::Answer::Once
        })
        .ready();
    let error = stage.runtime.call("tried").cancel_token(&token).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    drop(answer);
}

#[test]
fn two_spinning_calls_do_not_stop_a_third() {
    let stage = abuse().ready();
    works(&stage);
    thread::scope(|scope| {
        let spinning: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| stage.run_within(1_500, json!({ "op": "spin" })).unwrap_err().kind()))
            .collect();
        works(&stage);
        let spun = spinning.into_iter().map(|call| call.join().unwrap());
        assert!(spun.into_iter().all(|kind| kind == ErrorKind::Timeout));
    });
}

#[test]
fn spinning_calls_of_one_executor_take_turns() {
    let stage = abuse().ready();
    works(&stage);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let call = |op: &str, timeout_ms| {
        let options = ExecutionOptions { timeout_ms: Some(timeout_ms) };
        stage.runtime.execute_skill_async("tried", json!({ "op": op }), options)
    };
    let (one, two, third) = runtime.block_on(async {
        let (one, two) = (tokio::spawn(call("spin", 1_000)), tokio::spawn(call("spin", 1_000)));
        let third = tokio::spawn(call("nothing", 30_000)).await.unwrap();
        (one.await.unwrap(), two.await.unwrap(), third)
    });
    timed_out(&one.unwrap_err());
    timed_out(&two.unwrap_err());
    third.unwrap();
}

#[test]
fn more_calls_at_once_than_there_are_slots_all_come_to_their_turn() {
    let stage = abuse().ready();
    works(&stage);
    thread::scope(|scope| {
        let calls: Vec<_> = (0..100).map(|_| scope.spawn(|| works(&stage))).collect();
        calls.into_iter().for_each(|call| call.join().unwrap());
    });
    assert_eq!(stage.records.records().len(), 101);
}
