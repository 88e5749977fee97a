//! Python scripts of skills, unchanged, in the interpreter component.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test cannot go on without")]

mod attacks;
mod checking;
mod doors;
mod ending;
mod errors;
mod files;
mod help;
mod limits;
mod packages;
mod programs;
mod running;
mod shims;
mod waiting;

use openskills_runtime::{OpenSkillError, ScriptOptions, ScriptResult};
use openskills_tests::{Scenario, Stage};

/// A skill with one script, `scripts/tried.py`, that asks for these tools.
fn skill(script: &str, allowed_tools: &str) -> Scenario {
    let scenario = Scenario::new().skill_file("scripts/tried.py", script);
    match allowed_tools {
        "" => scenario,
        tools => scenario.allowed_tools(tools),
    }
}

fn run_with(stage: &Stage, arguments: &[&str], stdin: &str) -> Result<ScriptResult, OpenSkillError> {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let options = ScriptOptions { arguments, stdin: stdin.into(), ..ScriptOptions::default() };
    stage.script("scripts/tried.py", options)
}

fn run(stage: &Stage) -> Result<ScriptResult, OpenSkillError> {
    run_with(stage, &[], "")
}

/// What a script that asks for nothing prints.
fn printed(script: &str) -> String {
    let result =
        run(&skill(script, "").ready()).unwrap_or_else(|error| panic!("{error}: {:?}", error.stderr()));
    assert_eq!(result.exit_code, 0, "{}", text(&result.stderr));
    text(&result.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
