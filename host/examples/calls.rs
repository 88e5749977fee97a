//! What a call costs from Rust, beside which other languages measure theirs: `calls SKILLS SKILL INPUT` reads a number a
//! line, makes as many calls, and prints the microseconds of one.
#![expect(clippy::print_stdout, reason = "it is a program")]

use std::time::Instant;

use openskills_runtime::{ExecutionOptions, OpenSkillRuntime};
use serde_json::Value;

#[expect(clippy::disallowed_methods, reason = "an example reads its own arguments and the clock")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [skills, skill, input] = arguments.as_slice() else {
        return Err("usage: calls SKILLS SKILL INPUT".into());
    };
    let input: Value = serde_json::from_str(input)?;
    let runtime = OpenSkillRuntime::new(skills);
    runtime.load_skills()?;
    for line in std::io::stdin().lines() {
        let count: u32 = line?.trim().parse()?;
        let begun = Instant::now();
        for _ in 0..count {
            runtime.execute_skill(skill, input.clone(), ExecutionOptions::default())?;
        }
        println!("{}", begun.elapsed().as_secs_f64() * 1e6 / f64::from(count));
    }
    Ok(())
}
