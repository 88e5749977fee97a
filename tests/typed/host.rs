//! A host with types of its own, made by `bindgen!`, on our linker: under the same limits, and on record.

use std::time::Duration;

use openskills_runtime::{ErrorKind, OpenSkillError, Outcome};
use openskills_tests::Scenario;

#[path = "../../host/examples/typed_host.rs"]
mod typed_host;

#[test]
fn a_typed_host_calls_with_its_own_types() {
    let stage = Scenario::new().guest("typed").ready();
    let (distance, shape, rights) = typed_host::measure(&stage.runtime, "tried").unwrap();
    assert!((distance - 5.0).abs() < f64::EPSILON);
    assert_eq!(format!("{shape:?} {rights:?}"), "Shape::Hint(Some(\"here\")) (READ|RUN)");
    let record = stage.last();
    assert_eq!((record.function.as_deref(), record.outcome), (Some("distance"), Outcome::Success));
    assert_eq!(stage.records.records().len(), 1, "one call, one record");
}

#[test]
fn other_types_and_a_missing_export_are_told_and_recorded() {
    let stage = Scenario::new().guest("echo").ready();
    let error = typed_host::measure(&stage.runtime, "tried").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailure, "{error}");
    assert_eq!(stage.last().outcome.name(), "failed");
    assert_eq!(typed_host::measure(&stage.runtime, "none").unwrap_err().kind(), ErrorKind::SkillNotFound);
}

#[test]
fn a_typed_host_is_within_deadline_and_grants() {
    let spin = r#"(component
        (core module $m (func (export "spin") (loop (br 0))))
        (core instance $i (instantiate $m))
        (func (export "spin") (canon lift (core func $i "spin"))))"#;
    let stage = Scenario::new().component(&wat::parse_str(spin).unwrap()).ready();
    let call = stage.runtime.call("tried").timeout(Duration::from_millis(50));
    let ended = call.run_with(async |store, instance| {
        let spin = instance.get_typed_func::<(), ()>(&mut *store, "spin")?;
        spin.call_async(store, ()).await
    });
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(matches!(stage.last().outcome, Outcome::Timeout { .. }));
    // What it was not granted is refused before there is an instance.
    let stage = Scenario::new().guest("files_sdk").ready();
    let ended = stage
        .runtime
        .call("tried")
        .run_with(async |_, _| -> wasmtime::Result<()> { panic!("it was never granted") });
    assert!(matches!(ended, Err(OpenSkillError::PermissionDenied { .. })));
}
