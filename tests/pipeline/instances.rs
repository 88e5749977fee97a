//! A fresh instance for each call.

use std::thread;

use openskills_tests::Scenario;
use serde_json::json;

#[test]
fn nothing_is_left_from_the_call_before() {
    let stage = Scenario::new().guest("echo").ready();
    for _ in 0..3 {
        assert_eq!(stage.run(json!(null)).unwrap().output["count"], 1);
    }
}

#[test]
fn nor_from_one_that_runs_at_the_same_time() {
    let stage = Scenario::new().guest("echo").ready();
    thread::scope(|scope| {
        let calls: Vec<_> =
            (0..4).map(|_| scope.spawn(|| stage.run(json!(null)).unwrap().output["count"].clone())).collect();
        assert!(calls.into_iter().all(|call| call.join().unwrap() == 1));
    });
}

#[test]
fn nor_from_one_that_was_stopped() {
    let stage = Scenario::new().guest("abuse").ready();
    stage.runtime.compile_skill("tried").unwrap();
    for _ in 0..3 {
        stage.run_within(50, json!({ "op": "spin" })).unwrap_err();
        assert_eq!(stage.run(json!({ "op": "output", "number": 3 })).unwrap().output, "xxx");
    }
}

#[test]
fn a_component_that_was_replaced_is_used_after_loading_again() {
    let stage = Scenario::new().guest("echo").ready();
    assert_eq!(stage.run(json!(7)).unwrap().output["input"], 7);
    let before = stage.last().component_sha256;
    std::fs::write(stage.skill.join("wasm/skill.wasm"), openskills_tests::guest("abuse")).unwrap();
    stage.runtime.load_skills().unwrap();
    assert_eq!(stage.run(json!({ "op": "output", "number": 2 })).unwrap().output, "xx");
    assert_ne!(stage.last().component_sha256, before);
}
