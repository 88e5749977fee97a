//! A host with types of its own, made by `bindgen!`, on our linker: under the same limits, and on record.

use std::time::Duration;

use openskills_runtime::wasmtime::component::{ComponentType, Lower};
use openskills_runtime::{ErrorKind, OpenSkillError, Outcome, SkillCall};
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

/// Measures with types of its own, as a future that a task of another thread may take.
async fn distance(call: SkillCall) -> Result<f64, OpenSkillError> {
    let measured = call.run_with_async(async |store, instance| {
        let distance = instance.get_typed_func::<(Point, Point), (f64,)>(&mut *store, "distance")?;
        let (measured,) =
            distance.call_async(store, (Point { x: 0.0, y: 0.0 }, Point { x: 3.0, y: 4.0 })).await?;
        Ok(measured)
    });
    Ok(measured.await?.0)
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct Point {
    x: f64,
    y: f64,
}

#[test]
fn a_typed_host_may_be_a_future() {
    let stage = Scenario::new().guest("typed").ready();
    let measured = pollster::block_on(distance(stage.runtime.call("tried").function("distance")));
    assert!((measured.unwrap() - 5.0).abs() < f64::EPSILON);
    assert_eq!(stage.last().function.as_deref(), Some("distance"));
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let call = stage.runtime.call("tried");
    let measured = tokio.block_on(async { tokio.spawn(distance(call)).await.unwrap() });
    assert!((measured.unwrap() - 5.0).abs() < f64::EPSILON);
    // A future that is dropped while it runs leaves its record, too.
    let (started, runs) = tokio::sync::oneshot::channel();
    let call = stage.runtime.call("tried").run_with_async(async |_, _| -> wasmtime::Result<()> {
        started.send(()).unwrap();
        std::future::pending().await
    });
    tokio.block_on(async {
        tokio::select! {
            _ = call => panic!("it never ends by itself"),
            ran = runs => ran.unwrap(),
        }
    });
    assert_eq!((stage.records.records().len(), stage.last().outcome), (3, Outcome::Cancelled));
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
