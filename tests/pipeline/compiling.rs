//! Compiling: once, in the background, and kept.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use openskills_runtime::{CompileWatcher, OpenSkillError, Outcome, Readiness};
use openskills_tests::{Scenario, Stage};
use serde_json::json;

#[derive(Clone, Default)]
struct Count {
    started: Arc<AtomicUsize>,
    finished: Arc<AtomicUsize>,
}

impl CompileWatcher for Count {
    fn started(&self, bytes: usize) {
        assert!(bytes > 1_000);
        self.started.fetch_add(1, Ordering::SeqCst);
    }

    fn finished(&self) {
        self.finished.fetch_add(1, Ordering::SeqCst);
    }
}

impl Count {
    fn both(&self) -> (usize, usize) {
        (self.started.load(Ordering::SeqCst), self.finished.load(Ordering::SeqCst))
    }
}

fn cold(count: &Count) -> Stage {
    let watcher = count.clone();
    Scenario::new().guest("echo").with(|builder| builder.no_cache().compile_watcher(watcher)).ready()
}

#[test]
fn many_callers_at_once_compile_once() {
    let count = Count::default();
    let stage = cold(&count);
    thread::scope(|scope| {
        let calls: Vec<_> = (0..6)
            .map(|n| {
                let stage = &stage;
                scope.spawn(move || stage.run(json!(n)).map(drop))
            })
            .collect();
        calls.into_iter().for_each(|call| call.join().unwrap().unwrap());
    });
    assert_eq!(count.both(), (1, 1));
    assert_eq!(stage.records.records().len(), 6);
}

#[test]
fn a_caller_whose_time_runs_out_is_told_and_the_compiling_goes_on() {
    let count = Count::default();
    let stage = cold(&count);
    let error = stage.run_within(1, json!(1)).unwrap_err();
    assert!(matches!(error, OpenSkillError::Timeout { compiling: true, limit_ms: 1, .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("openskills compile tried"), "{:?}", error.hint());
    assert_eq!(stage.last().outcome, Outcome::Timeout { limit_ms: 1 });
    assert_eq!(stage.run(json!(2)).unwrap().output["input"], 2);
    assert_eq!(count.both(), (1, 1), "the second call waited for the compiler of the first");
}

fn caching(folder: &Path, count: &Count) -> Stage {
    let watcher = count.clone();
    Scenario::new().guest("echo").with(|builder| builder.cache_dir(folder).compile_watcher(watcher)).ready()
}

#[test]
fn what_was_compiled_is_kept_for_the_next_process() {
    let (folder, count) = (tempfile::tempdir().unwrap(), Count::default());
    assert_eq!(caching(folder.path(), &count).runtime.compile_skill("tried").unwrap(), Readiness::Compiled);
    let stage = caching(folder.path(), &count);
    assert_eq!(stage.runtime.compile_skill("tried").unwrap(), Readiness::Cached);
    assert_eq!(stage.run(json!(1)).unwrap().output["input"], 1);
    assert_eq!(count.both(), (1, 1));
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(entries(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_damaged_entry_is_compiled_anew() {
    let (folder, count) = (tempfile::tempdir().unwrap(), Count::default());
    caching(folder.path(), &count).runtime.compile_skill("tried").unwrap();
    for path in entries(folder.path()) {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    let stage = caching(folder.path(), &count);
    assert_eq!(stage.runtime.compile_skill("tried").unwrap(), Readiness::Compiled);
    assert_eq!(stage.run(json!(1)).unwrap().output["input"], 1);
}

#[test]
fn nobody_else_can_read_or_change_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, count) = (tempfile::tempdir().unwrap(), Count::default());
    caching(folder.path(), &count).runtime.compile_skill("tried").unwrap();
    let found = entries(folder.path());
    assert!(found.len() >= 2);
    for path in found {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o077, 0);
    }
}

#[test]
fn a_cache_that_others_can_write_is_not_used_and_the_call_works() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, count) = (tempfile::tempdir().unwrap(), Count::default());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    for times in 1..=2 {
        let stage = caching(folder.path(), &count);
        assert_eq!(stage.run(json!(1)).unwrap().output["input"], 1);
        assert_eq!(count.both(), (times, times));
    }
    assert!(entries(folder.path()).is_empty());
}

/// A watcher that keeps the compiler busy until it is told to go on.
struct Gate(std::sync::mpsc::Sender<()>, std::sync::Mutex<std::sync::mpsc::Receiver<()>>);

impl CompileWatcher for Gate {
    fn started(&self, _: usize) {
        self.0.send(()).unwrap();
        // Gone is as good as told.
        let _ = self.1.lock().unwrap().recv();
    }

    fn finished(&self) {}
}

#[test]
fn a_component_that_takes_long_to_compile_keeps_nobody_who_is_compiled() {
    use openskills_runtime::{ErrorKind, LimitKind};
    let ready = Scenario::new().guest("echo").ready();
    ready.runtime.compile_skill("tried").unwrap();
    let ((started, has_started), (go_on, waits)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let watcher = Gate(started, std::sync::Mutex::new(waits));
    let slow =
        Scenario::new().guest("abuse").with(|builder| builder.no_cache().compile_watcher(watcher)).ready();
    let error = slow.run_within(1, json!({ "op": "nothing" })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    has_started.recv().unwrap();
    // The compiler is busy from here on. What is compiled runs, in this runtime and in one that finds it on the disk.
    assert!(ready.run(json!(1)).is_ok());
    assert!(Scenario::new().guest("echo").run(json!(1)).is_ok());
    // Others wait for the compiler, as many as may, and then no more.
    let waiting: Vec<_> = (0..15)
        .map(|n| {
            let stage = Scenario::new()
                .component(&answering(n))
                .with(openskills_runtime::RuntimeBuilder::no_cache)
                .ready();
            let error = stage.run_within(1, json!({})).unwrap_err();
            assert!(matches!(error, OpenSkillError::Timeout { compiling: true, .. }), "{n}: {error}");
            stage
        })
        .collect();
    let one_more =
        Scenario::new().component(&answering(99)).with(openskills_runtime::RuntimeBuilder::no_cache).ready();
    let error = one_more.run(json!({})).unwrap_err();
    assert!(matches!(error, OpenSkillError::LimitExceeded { which: LimitKind::Compiling, .. }), "{error:?}");
    drop(go_on);
    for stage in &waiting {
        assert!(stage.run(json!({})).is_ok());
    }
    assert!(one_more.run(json!({})).is_ok(), "who was turned away may come again");
}

/// A component of its own for each number.
fn answering(number: u32) -> Vec<u8> {
    let module = format!(
        r#"(memory (export "memory") 1) (data (i32.const 128) "{number:04}")
        (data (i32.const 64) "1")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "execute") (param i32 i32) (result i32)
            (i32.store8 (i32.const 16) (i32.const 0))
            (i32.store (i32.const 20) (i32.const 64))
            (i32.store (i32.const 24) (i32.const 1))
            (i32.const 16))"#
    );
    openskills_tests::adapted("", &module)
}
