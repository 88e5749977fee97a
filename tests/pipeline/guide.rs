//! The developer guide's first snippet, word for word.

use std::process::Command;

use openskills_tests::{Scenario, cache};
use serde_json::json;

/// The snippet as the guide has it.
#[expect(clippy::print_stdout, reason = "the guide prints")]
#[rustfmt::skip]
fn snippet() -> Result<(), Box<dyn std::error::Error>> {
    use openskills_runtime::{ExecutionOptions, OpenSkillRuntime};
    use serde_json::json;

    // Create runtime
    #[allow(unused_mut, reason = "the guide has it so")]
    let mut runtime = OpenSkillRuntime::new("./skills");

    // Load skills
    runtime.load_skills()?;

    // Execute a skill
    let result = runtime.execute_skill(
        "my-skill",
        json!({"input": "data"}),
        ExecutionOptions { timeout_ms: Some(5000) }
    )?;

    println!("Output: {}", result.output);
    Ok(())
}

#[test]
#[ignore = "run by the test below, in a folder that has ./skills"]
fn in_a_folder_with_skills() {
    snippet().unwrap();
}

#[test]
fn the_guide_runs_word_for_word() {
    let scenario = Scenario::new().guest("echo");
    let skills = scenario.skills_folder();
    let stage = scenario.ready();
    // The snippet has no say in the cache, and the first compilation is not what its five seconds are for.
    let home = cache().join("home");
    let renamed = skills.join("my-skill");
    std::fs::rename(skills.join("tried"), &renamed).unwrap();
    let manifest = std::fs::read_to_string(renamed.join("SKILL.md")).unwrap().replace("tried", "my-skill");
    std::fs::write(renamed.join("SKILL.md"), manifest).unwrap();
    let warm = openskills_runtime::OpenSkillRuntime::builder().cache_dir(home.join("openskills"));
    let warm = warm.skills_dir(&skills).build().unwrap();
    warm.load_skills().unwrap();
    warm.compile_skill("my-skill").unwrap();
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "guide::in_a_folder_with_skills", "--ignored", "--nocapture"])
        .env("XDG_CACHE_HOME", home)
        .current_dir(skills.parent().unwrap())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{output}{}", String::from_utf8_lossy(&ran.stderr));
    let printed = output.lines().find_map(|line| line.strip_prefix("Output: ")).unwrap();
    let printed: serde_json::Value = serde_json::from_str(printed).unwrap();
    assert_eq!(printed, json!({ "input": { "input": "data" }, "count": 1 }));
    drop(stage);
}

#[test]
fn the_names_of_the_guide_exist() {
    use openskills_runtime::{
        AuditRecord, ExecutionOptions, ExecutionResult, OpenSkillError, SkillDescriptor,
    };
    fn fields(result: ExecutionResult) -> (serde_json::Value, String, String, AuditRecord) {
        (result.output, result.stdout, result.stderr, result.audit)
    }
    fn name(error: &OpenSkillError) -> &'static str {
        match error {
            OpenSkillError::SkillNotFound { .. } => "SkillNotFound",
            OpenSkillError::InvalidManifest { .. } => "InvalidManifest",
            OpenSkillError::PermissionDenied { .. } => "PermissionDenied",
            OpenSkillError::Timeout { .. } => "Timeout",
            OpenSkillError::ExecutionFailure { .. } => "ExecutionFailure",
            other => other.kind().name(),
        }
    }
    // Every caller of the guide's `&mut self`.
    fn callers(
        runtime: &mut openskills_runtime::OpenSkillRuntime,
    ) -> Result<Vec<SkillDescriptor>, OpenSkillError> {
        runtime.load_skills()
    }
    let mut stage = Scenario::new().guest("echo").ready();
    assert_eq!(callers(&mut stage.runtime).unwrap().len(), 1);
    let options = ExecutionOptions { timeout_ms: Some(30_000) };
    let (output, ..) = fields(stage.runtime.execute_skill("tried", json!(1), options).unwrap());
    assert_eq!(output["input"], 1);
    let error = stage.runtime.execute_skill("none", json!(1), options).unwrap_err();
    assert_eq!(name(&error), "SkillNotFound");
}
