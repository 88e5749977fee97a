//! The smallest embedding: load the skills of a folder, run one, print its answer.
//!
//! `cargo run --example embed -- skills text-stats '{"text":"Hello, world."}'`
#![expect(clippy::disallowed_methods, reason = "a program reads its arguments")]

use openskills_runtime::{ExecutionOptions, OpenSkillRuntime};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(skill), Some(input)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: embed SKILLS_FOLDER SKILL INPUT_JSON".into());
    };
    let runtime = OpenSkillRuntime::new(folder);
    runtime.load_skills()?;
    let result = runtime.execute_skill(
        &skill,
        serde_json::from_str(&input)?,
        ExecutionOptions { timeout_ms: Some(5_000) },
    )?;
    writeln!(std::io::stdout(), "{:#}", result.output)?;
    Ok(())
}

use std::io::Write;
