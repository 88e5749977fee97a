//! `cargo xtask test`: what CI runs, step after step, and a summary.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::checkout::{Checkout, say};
use crate::steps::{STEPS, Step};

/// How a step ended.
pub(crate) enum Outcome {
    /// It ran and passed.
    Passed,
    /// There was nothing to do, for this reason.
    Nothing(&'static str),
}

/// The steps, for `--list`.
pub(crate) fn list() -> String {
    STEPS.iter().map(|step| format!("{:<10} {}\n", step.name, step.about)).collect()
}

/// Runs the steps named, or all. Returns whether all passed.
pub(crate) fn run(checkout: &Checkout, names: &[String], keep_going: bool) -> Result<bool> {
    let steps = chosen(names)?;
    let begun = Instant::now();
    let mut summary = Vec::new();
    let mut failed = Vec::new();
    for step in &steps {
        say(&format!("\n=== {}: {}", step.name, step.about));
        let started = Instant::now();
        let outcome = (step.run)(checkout);
        let time = seconds(started.elapsed());
        let line = match outcome {
            Ok(Outcome::Passed) => format!("ok      {:<10} {time}", step.name),
            Ok(Outcome::Nothing(reason)) => format!("nothing {:<10} {time}  {reason}", step.name),
            Err(error) => {
                say(&format!("error: {error:#}"));
                failed.push(step.name);
                format!("FAILED  {:<10} {time}", step.name)
            }
        };
        say(&format!("=== {line}"));
        summary.push(line);
        if !failed.is_empty() && !keep_going {
            break;
        }
    }
    say(&format!("\n{}\n", summary.join("\n")));
    let left = steps.len() - summary.len();
    let total = seconds(begun.elapsed());
    if failed.is_empty() {
        say(&format!("{} steps passed in {}", steps.len(), total.trim_start()));
    } else {
        let again = failed.join(" ");
        say(&format!("{again} failed after {}; {left} steps were not run", total.trim_start()));
        say(&format!("again: cargo xtask test {again}"));
    }
    Ok(failed.is_empty())
}

/// The steps in their own order, whatever the order they are named in.
fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = names.iter().find(|name| !STEPS.iter().any(|step| step.name == name.as_str())) {
        bail!("there is no step `{unknown}`; there are:\n{}", list());
    }
    Ok(STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)).collect())
}

fn seconds(time: Duration) -> String {
    format!("{:>7.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_chosen_by_name_and_keep_their_order() {
        let names = |list: &[&str]| -> Vec<String> { list.iter().map(|&name| name.to_owned()).collect() };
        let chosen_names: Vec<_> =
            chosen(&names(&["clippy", "fmt"])).unwrap().iter().map(|step| step.name).collect();
        assert_eq!(chosen_names, ["fmt", "clippy"]);
        assert_eq!(chosen(&[]).unwrap().len(), STEPS.len());
        let error = chosen(&names(&["fmt", "lint"])).err().unwrap().to_string();
        assert!(error.contains("`lint`") && error.contains("clippy"), "{error}");
    }
}
