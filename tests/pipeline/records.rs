//! Exactly one record for each call, whatever its outcome, and what is in it.

use std::future::Future;
use std::io;
use std::sync::Arc;

use openskills_runtime::{
    Answer, AuditFile, AuditLog, AuditRecord, AuditSink, ErrorKind, ExecutionOptions, Limits, OnAuditFailure,
    OpenSkillError, Outcome, Question,
};
use openskills_tests::{Scenario, Stage};
use ring::digest;
use serde_json::{Value, json};

fn sha256(bytes: &[u8]) -> String {
    digest::digest(&digest::SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Calls once; the record that came with the outcome is the one that was kept, and there is no other.
fn once(
    stage: &Stage,
    timeout_ms: Option<u64>,
    input: Value,
) -> (AuditRecord, Result<Value, OpenSkillError>) {
    let before = stage.records.records().len();
    let called = stage.runtime.execute_skill("tried", input, ExecutionOptions { timeout_ms });
    let records = stage.records.records();
    assert_eq!(records.len(), before + 1);
    let given = match &called {
        Ok(result) => result.audit.clone(),
        Err(error) => error.audit().unwrap().clone(),
    };
    assert_eq!(records.last().unwrap(), &given);
    (given, called.map(|result| result.output))
}

#[test]
fn every_outcome_has_one_record() {
    let abuse = || Scenario::new().guest("abuse").limits(Limits { output: 1_000, ..Limits::default() });
    let files = || Scenario::new().allowed_tools("Read(a)").guest("files_sdk");
    let asking = || {
        let scenario = Scenario::new().allowed_tools("Env(A)").environment(&[("A", "1")]).guest("vars");
        scenario.with(|builder| builder.approver(|_: &Question| -> Answer { panic!("no") }))
    };
    let cases: [(&str, Scenario, Option<u64>, Value); 19] = [
        ("success", abuse(), None, json!({ "op": "nothing" })),
        ("failed", abuse(), None, json!({ "op": "fail", "text": "x" })),
        ("failed", abuse(), None, json!({ "op": "panic" })),
        ("failed", abuse(), None, json!({ "op": "exit", "number": 0 })),
        ("failed", abuse(), None, json!({ "op": "deny" })),
        ("invalid-input", abuse(), None, json!({ "op": "blame" })),
        ("invalid-input", abuse(), None, json!({})),
        ("denied", Scenario::new().guest("files_sdk"), None, json!({ "ops": [] })),
        ("denied", files(), None, json!({ "ops": [{ "op": "read", "path": "b", "strict": true }] })),
        ("timeout", abuse(), Some(100), json!({ "op": "spin" })),
        ("limit", abuse(), None, json!({ "op": "output", "number": 5_000 })),
        ("limit", abuse(), None, json!({ "op": "nothing", "text": "x".repeat(9 << 20) })),
        (
            "limit",
            abuse().limits(Limits { memories: 0, ..Limits::default() }),
            None,
            json!({ "op": "nothing" }),
        ),
        (
            "limit",
            abuse().limits(Limits { fuel: Some(9), ..Limits::default() }),
            None,
            json!({ "op": "nothing" }),
        ),
        ("failed", Scenario::new().component(&openskills_tests::adapted("", TRAP)), None, json!({})),
        ("denied", asking(), None, json!({})),
        (
            "invalid-artifact",
            abuse().limits(Limits { component: 1_000, ..Limits::default() }),
            None,
            json!({ "op": "nothing" }),
        ),
        ("invalid-artifact", Scenario::new().component(b"text"), None, json!({})),
        ("invalid-artifact", Scenario::new(), None, json!({})),
    ];
    for (expected, scenario, timeout_ms, input) in cases {
        let stage = scenario.ready();
        // What it takes to compile is not what is tried here.
        let _ = stage.runtime.compile_skill("tried");
        let (record, outcome) = once(&stage, timeout_ms, input.clone());
        let kind = serde_json::to_value(&record).unwrap()["outcome"]["kind"].clone();
        assert_eq!(kind, expected, "{input}");
        assert_eq!(outcome.is_ok(), expected == "success", "{input}");
        assert_eq!(record.output_sha256.is_some(), expected == "success", "{input}");
    }
}

const TRAP: &str = r#"(memory (export "memory") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "execute") (param i32 i32) (result i32) (i32.div_u (i32.const 1) (i32.const 0)))"#;

#[test]
fn a_skill_that_is_not_there_has_no_record() {
    let stage = Scenario::new().guest("echo").ready();
    assert!(stage.runtime.execute_skill("other", json!(1), ExecutionOptions::default()).is_err());
    assert!(stage.records.records().is_empty());
}

#[test]
fn a_record_says_what_ran_on_what() {
    let stage =
        Scenario::new().guest("echo").allowed_tools("Read(a/**), Env(X), Bash(ls)").version("1.2.3").ready();
    let input = json!({ "b": 1, "a": [true] });
    let (record, output) = once(&stage, Some(20_000), input.clone());
    assert_eq!(
        (record.schema, record.skill.as_str(), record.version.as_deref()),
        (1, "tried", Some("1.2.3"))
    );
    assert_eq!(record.component_sha256, sha256(&openskills_tests::guest("echo")));
    assert_eq!(record.manifest_sha256, sha256(&std::fs::read(stage.skill.join("SKILL.md")).unwrap()));
    assert_eq!(record.input_sha256, sha256(input.to_string().as_bytes()));
    assert_eq!(
        record.output_sha256.as_deref(),
        Some(sha256(output.unwrap().to_string().as_bytes()).as_str())
    );
    assert_eq!(record.requested, ["Read(a/**)", "Env(X)"]);
    assert_eq!(record.usage.input_bytes, input.to_string().len() as u64);
    assert_eq!((record.usage.timeout_ms, record.usage.memory_limit), (20_000, 256 << 20));
    assert!(record.usage.memory_peak > 0 && record.usage.output_bytes > 0);
    assert!(record.duration.as_nanos() > 0 && record.started.elapsed().unwrap() >= record.duration);
    let (next, _) = once(&stage, None, input);
    assert_ne!(record.id, next.id);
    assert!(record.id < next.id, "ids sort by time");
}

#[test]
fn what_the_policy_takes_away_wholly_is_requested_and_not_granted() {
    let scenario =
        Scenario::new().guest("echo").allowed_tools("Read, WebFetch(domain:a.test)").deny("WebFetch");
    let (record, _) = once(&scenario.ready(), None, json!(1));
    assert_eq!(record.requested, ["Read", "WebFetch(domain:a.test)"]);
    assert_eq!(record.granted, ["Read"]);
}

#[test]
fn uses_and_refusals_are_counted_by_target() {
    let stage = Scenario::new().allowed_tools("Read(data/**)").guest("files_std").file("data/a", "a").ready();
    let read = |path: &str| json!({ "op": "read", "path": path });
    let ops =
        [read("data/a"), read("data/a"), read("secret"), read("secret"), read("secret"), read("/etc/passwd")];
    let (record, _) = once(&stage, None, json!({ "ops": ops }));
    let value = serde_json::to_value(&record).unwrap();
    let used: Vec<_> =
        record.uses.iter().filter(|used| used.target == "data/a").map(|used| used.count).collect();
    assert_eq!(used, [2]);
    assert_eq!(value["uses"][0]["decision"], "allowed");
    let refused: Vec<_> =
        record.refusals.iter().map(|refusal| (refusal.target.as_str(), refusal.count)).collect();
    assert_eq!(refused, [("secret", 3), ("/etc/passwd", 1)]);
    assert_eq!(value["refusals"][0]["action"], "read");
    assert!(!record.refusals[0].reason.is_empty());
}

#[test]
fn an_approval_is_told_from_a_rule() {
    let scenario = Scenario::new().allowed_tools("Read").ask("Read(asked)").guest("files_sdk");
    let stage = scenario.file("asked", "a").approver(|_: &Question| Answer::Once).ready();
    let (record, _) = once(&stage, None, json!({ "ops": [{ "op": "read", "path": "asked" }] }));
    let value = serde_json::to_value(&record).unwrap();
    assert!(value["uses"].as_array().unwrap().iter().any(|used| used["decision"] == "approved"), "{value}");
    assert_eq!(record.usage.prompts, 1);
}

#[test]
fn a_million_different_refusals_are_bounded() {
    let stage = Scenario::new().allowed_tools("Read(data/**)").guest("files_sdk").ready();
    let ops: Vec<_> = (0..1_500).map(|n| json!({ "op": "read", "path": format!("f{n}") })).collect();
    let (record, _) = once(&stage, None, json!({ "ops": ops }));
    assert_eq!((record.refusals.len(), record.unlisted), (1_000, 500));
}

const SECRET: &str = "t0ps3cret";

/// Everything that is kept of a call, as text.
fn kept(stage: &Stage) -> String {
    let records = stage.records.records();
    format!("{}{records:?}", serde_json::to_string(&records).unwrap())
}

#[test]
fn no_input_and_no_output_is_kept() {
    let stage = Scenario::new().guest("echo").ready();
    stage.run(json!({ "key": SECRET })).unwrap();
    assert!(!kept(&stage).contains(SECRET));
}

#[test]
fn no_input_is_kept_where_the_call_fails_and_the_guest_repeats_it() {
    let stage = Scenario::new().guest("abuse").ready();
    for input in [
        json!({ "op": "fail", "text": SECRET }),
        json!({ "op": "deny", "text": SECRET }),
        json!({ "op": "panic", "text": SECRET }),
        json!({ "op": "say", "text": SECRET }),
        json!({ "op": "log", "number": 1, "text": SECRET }),
        json!({ "op": SECRET }),
        json!({ "op": "nothing", "number": SECRET }),
        json!({ "op": "nothing", (SECRET): 1 }),
    ] {
        let _ = stage.run(input.clone());
        assert!(!kept(&stage).contains(SECRET), "{input}: {}", kept(&stage));
    }
}

#[test]
fn no_value_of_a_variable_is_kept_or_shown() {
    let scenario = || Scenario::new().environment(&[("KEY", SECRET)]).guest("vars").allowed_tools("Env(KEY)");
    let stage = scenario().allow("Env(KEY)").ready();
    let result = stage.run(json!({ "get": ["KEY"] })).unwrap();
    assert_eq!(result.output["values"][0]["ok"], SECRET);
    assert!(!kept(&stage).contains(SECRET));
    let stage = scenario().ready();
    let error = stage.run(json!({ "get": ["KEY"] })).unwrap_err();
    assert!(!format!("{error}{error:?}{:?}{}", error.hint(), kept(&stage)).contains(SECRET));
}

#[test]
fn no_content_of_a_file_is_kept() {
    let stage = Scenario::new().allowed_tools("Edit").guest("files_sdk").file("a", SECRET).ready();
    let ops = json!([{ "op": "read", "path": "a" }, { "op": "write", "path": "b", "text": SECRET }]);
    stage.run(json!({ "ops": ops })).unwrap();
    assert!(!kept(&stage).contains(SECRET));
}

struct Broken;

impl AuditSink for Broken {
    fn record(&self, _: &AuditRecord) -> io::Result<()> {
        Err(io::Error::other("the disk is full"))
    }
}

struct Panicking;

impl AuditSink for Panicking {
    fn record(&self, _: &AuditRecord) -> io::Result<()> {
        panic!("the sink fell over")
    }
}

/// A runtime for the guest `abuse` with that sink.
fn with_sink(
    sink: impl AuditSink + 'static,
    choice: OnAuditFailure,
) -> (Stage, openskills_runtime::OpenSkillRuntime) {
    let scenario = Scenario::new().guest("abuse");
    let skills = scenario.skills_folder();
    let stage = scenario.ready();
    let builder = openskills_runtime::OpenSkillRuntime::builder().cache_dir(openskills_tests::cache());
    let builder = builder.skills_dir(skills).audit_sink(sink).on_audit_failure(choice);
    let runtime = builder.build().unwrap();
    runtime.load_skills().unwrap();
    (stage, runtime)
}

#[test]
fn a_sink_that_panics_has_not_kept_the_record_and_takes_nobody_with_it() {
    let (_stage, runtime) = with_sink(Panicking, OnAuditFailure::Fail);
    let call = |op| runtime.execute_skill("tried", json!({ "op": op }), ExecutionOptions::default());
    for op in ["nothing", "fail"] {
        let error = call(op).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.to_string().contains("panicked") && error.audit().is_some(), "{error}");
    }
    // Nor where the call is given up.
    let mut dropped =
        Box::pin(runtime.execute_skill_async("tried", json!({ "op": "spin" }), ExecutionOptions::default()));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(dropped.as_mut().poll(&mut context).is_pending());
    drop(dropped);
    assert!(call("nothing").is_err());
}

#[test]
fn an_embedder_can_choose_to_go_on_without_a_record_and_is_told() {
    for sink in [true, false] {
        let (_stage, runtime) = match sink {
            true => with_sink(Broken, OnAuditFailure::GoOn),
            false => with_sink(Panicking, OnAuditFailure::GoOn),
        };
        let call = |op| runtime.execute_skill("tried", json!({ "op": op }), ExecutionOptions::default());
        let result = call("nothing").unwrap();
        assert!(result.audit_error.is_some() && result.audit.outcome == Outcome::Success);
        assert!(serde_json::to_value(&result).unwrap()["audit_error"].is_string());
        let error = call("fail").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailure);
        assert!(error.trace().unwrap().audit_error.is_some());
    }
    let fine = Scenario::new().guest("echo").run(json!(1)).unwrap();
    assert_eq!(fine.audit_error, None);
}

/// Not a test: what [`a_writer_that_is_killed_at_any_time_leaves_a_whole_file`] kills.
#[test]
#[ignore = "it never ends by itself"]
fn a_writer_that_never_ends() {
    let stage = Scenario::new().guest("echo").ready();
    stage.run(json!(1)).unwrap();
    let record = stage.last();
    let file = AuditFile::open(std::env::var_os("OPENSKILLS_TEST_AUDIT_FILE").unwrap()).unwrap();
    loop {
        file.record(&record).unwrap();
    }
}

#[test]
fn a_writer_that_is_killed_at_any_time_leaves_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let log = || AuditLog::open(&path).unwrap().verify(None, None).unwrap();
    AuditFile::open(&path).unwrap();
    let mut before = 0;
    for _ in 0..8 {
        let writer = || {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--ignored", "--exact", "records::a_writer_that_never_ends"])
                .env("OPENSKILLS_TEST_AUDIT_FILE", &path)
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap()
        };
        let mut writers = [writer(), writer()];
        let length = std::fs::metadata(&path).unwrap().len();
        while std::fs::metadata(&path).unwrap().len() < length + 20_000 {
            std::thread::yield_now();
        }
        writers.iter_mut().for_each(|writer| writer.kill().unwrap());
        for writer in &mut writers {
            writer.wait().unwrap();
        }
        let report = log();
        assert_eq!(report.broken, None, "{report:?}");
        assert!(report.records > before);
        before = report.records;
    }
    let stage = Scenario::new().guest("echo").ready();
    stage.run(json!(1)).unwrap();
    AuditFile::open(&path).unwrap().record(&stage.last()).unwrap();
    let report = log();
    assert_eq!((report.broken, report.unfinished), (None, None));
}

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let file = AuditFile::open(&path).unwrap();
    let stage =
        Scenario::new().allowed_tools("Read(a)").guest("files_std").file("a", "a").version("1.2").ready();
    stage
        .run(json!({ "ops": [{ "op": "read", "path": "a" }, { "op": "read", "path": "b\n\",\"hash\":\"" }] }))
        .unwrap();
    let _ = stage.run(json!(1));
    for record in stage.records.records() {
        file.record(&record).unwrap();
    }
    let log = AuditLog::open(&path).unwrap();
    let read: Vec<_> = log.lines().unwrap().map(|line| *line.unwrap().record.unwrap()).collect();
    for (read, written) in read.iter().zip(stage.records.records()) {
        assert_eq!(serde_json::to_value(read).unwrap(), serde_json::to_value(&written).unwrap());
    }
    assert_eq!(read.len(), 2);
    assert_eq!(
        log.verify(None, None).unwrap().records,
        2,
        "what a guest asks for cannot pass for the end of a line"
    );
}

#[test]
fn a_record_that_cannot_be_kept_is_an_error() {
    let (stage, runtime) = with_sink(Broken, OnAuditFailure::Fail);
    let error =
        runtime.execute_skill("tried", json!({ "op": "nothing" }), ExecutionOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("audit") && error.audit().is_some(), "{error}");
    assert_eq!(error.audit().unwrap().outcome, Outcome::Success);
    drop(stage);
}

#[test]
fn a_sink_may_be_shared() {
    let sink = openskills_runtime::MemorySink::default();
    let shared: Arc<dyn AuditSink> = Arc::new(sink.clone());
    let stage = Scenario::new().guest("echo").ready();
    stage.run(json!(1)).unwrap();
    shared.record(&stage.last()).unwrap();
    assert_eq!(sink.records().len(), 1);
}
