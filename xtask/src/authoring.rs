//! From nothing to a skill that passes its own cases, in each language: how long each command takes, and how large and
//! fast what comes of it is.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, say, show_and_run};

const LANGUAGES: [&str; 5] = ["rust", "python", "javascript", "typescript", "c"];

/// Calls of which the fastest counts as the warm one.
const WARM: usize = 20;

/// Measures it with the optimised build of `openskills`, or with the one of the tests. Compilers that are missing are
/// installed before anything is measured; crates that the SDK needs are compiled within the build in Rust.
pub(crate) fn times(checkout: &Checkout, debug: bool) -> Result<()> {
    let profile = if debug { "debug" } else { "release" };
    let mut build = checkout.cargo(&["build", "--workspace", "--bin", "openskills"]);
    if !debug {
        build.arg("--release");
    }
    show_and_run(&mut build)?;
    let program = checkout.target().join(profile).join("openskills");
    let folder = std::env::temp_dir().join(format!("openskills-authoring-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let done = LANGUAGES.iter().try_for_each(|language| measure(&program, &folder, language));
    fs::remove_dir_all(&folder)?;
    done
}

fn measure(program: &Path, folder: &Path, language: &str) -> Result<()> {
    // The first skill has its compiler installed, the second is measured.
    let warm_up = format!("first-{language}");
    run(program, folder, &["new", &warm_up, "--lang", language])?;
    run(program, &folder.join(&warm_up), &["build"])?;
    fs::remove_dir_all(folder.join(&warm_up))?;
    let new = run(program, folder, &["new", language, "--lang", language])?;
    let skill = folder.join(language);
    let build = run(program, &skill, &["build"])?;
    let again = run(program, &skill, &["build"])?;
    let test = run(program, &skill, &["test"])?;
    fs::write(skill.join("plan.txt"), "ship it\non Friday\n")?;
    let bytes = fs::metadata(skill.join("wasm/skill.wasm"))?.len();
    // A cache of its own: what the test compiled does not count.
    let call = || {
        let mut command = Command::new(program);
        command.args(["run", ".", "--input", r#"{"path": "plan.txt"}"#, "--timeout-ms", "300000"]);
        timed(command.current_dir(&skill).env("XDG_CACHE_HOME", folder.join("cache")))
    };
    let first = call()?;
    let mut warm = Duration::MAX;
    for _ in 0..WARM {
        warm = warm.min(call()?);
    }
    say(&format!(
        "{language:<11} new {:.2} s, build {:.1} s, again {:.2} s, test {:.1} s; component {:.0} KB; \
         first call {:.2} s, warm {:.1} ms (whole process)",
        new.as_secs_f64(),
        build.as_secs_f64(),
        again.as_secs_f64(),
        test.as_secs_f64(),
        bytes as f64 / 1_000.0,
        first.as_secs_f64(),
        warm.as_secs_f64() * 1_000.0,
    ));
    Ok(())
}

fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Result<Duration> {
    timed(Command::new(program).args(arguments).current_dir(folder))
}

fn timed(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).env_remove("CARGO_TARGET_DIR");
    let started = Instant::now();
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let time = started.elapsed();
    if !output.status.success() {
        bail!("{command:?} fails:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(time)
}
