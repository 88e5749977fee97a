//! What the host costs beside bare wasmtime, in one run: a fresh call, the load of a cached component, and a cold
//! process. Rows are interleaved and medians compared, so that a machine whose speed drifts does not mislead.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use openskills_runtime::{AuditFile, ExecutionOptions, Limits, MemorySink, OpenSkillRuntime, RuntimeBuilder};
use openskills_tests::bare::{self, Bare};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let skills = Path::new(env!("CARGO_MANIFEST_DIR")).join("../skills");
    let component = skills.join("text-stats/wasm/skill.wasm");
    let bytes = std::fs::read(&component).map_err(|error| {
        format!("{}: {error}; build the skills with `cargo xtask skills`", component.display())
    })?;
    let folder = tempfile::tempdir()?;
    let code = folder.path().join("text-stats.cwasm");
    std::fs::write(&code, Bare::compile(&bytes)?)?;
    let input = json!({ "text": "The quick brown fox jumps over the lazy dog. It was not amused." });

    let cache = folder.path().join("cache");
    let mut out = std::io::stdout();
    writeln!(out, "{:44} {:>12} {:>12} {:>7}", "", "bare", "openskills", "ratio")?;
    let mut print = |Row { name, bare, ours }: Row| {
        let ratio = ours.as_secs_f64() / bare.as_secs_f64();
        writeln!(out, "{name:44} {:>12} {:>12} {ratio:>6.2}x", shown(bare), shown(ours))
    };
    for row in fresh_calls(&skills, &code, &cache, &input)? {
        print(row)?;
    }
    print(parallel_calls(&skills, &code, &cache, &input)?)?;
    print(cached_load(&skills, &code, &cache, &input)?)?;
    Ok(print(cold_process(&skills, &code, folder.path(), &input)?)?)
}

struct Row {
    name: &'static str,
    bare: Duration,
    ours: Duration,
}

/// Calls with an instance of their own, everything loaded: ours with policy, limits and audit record, which is kept
/// in several ways. All of them in turn, round after round.
fn fresh_calls(skills: &Path, code: &Path, cache: &Path, input: &Value) -> Outcome<Vec<Row>> {
    let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
    let file = |name: &str| AuditFile::open(folder.path().join(name));
    let build = |change: &dyn Fn(RuntimeBuilder) -> Outcome<RuntimeBuilder>| -> Outcome<OpenSkillRuntime> {
        let runtime = change(OpenSkillRuntime::builder().skills_dir(skills).cache_dir(cache))?.build()?;
        runtime.load_skills()?;
        Ok(runtime)
    };
    let fuel = Limits { fuel: Some(u64::MAX >> 1), ..Limits::default() };
    let ours = [
        ("a fresh call of text-stats", 250, build(&Ok)?),
        ("  its record in memory", 250, build(&|builder| Ok(builder.audit_sink(MemorySink::default())))?),
        ("  its record in a file", 250, build(&|builder| Ok(builder.audit_sink(file("a.jsonl")?)))?),
        (
            "  its record on the disk itself",
            2,
            build(&|builder| Ok(builder.audit_sink(file("b.jsonl")?.synced())))?,
        ),
        ("  its instructions counted (fuel)", 250, build(&|builder| Ok(builder.limits(fuel.clone())))?),
    ];
    let bare = Bare::load(code)?;
    let text = input.to_string();
    let mut bare_taken = Vec::new();
    let mut ours_taken = vec![Vec::new(); ours.len()];
    for round in 0..=40 {
        let one = repeat(250, || bare.call(&text).map(drop))?;
        // The first is the warm-up.
        if round > 0 {
            bare_taken.push(one);
        }
        for ((_, times, runtime), taken) in ours.iter().zip(&mut ours_taken) {
            let one = repeat(*times, || {
                runtime.execute_skill("text-stats", input.clone(), ExecutionOptions::default()).map(drop)
            })?;
            if round > 0 {
                taken.push(one);
            }
        }
    }
    let bare = median(bare_taken);
    let rows = ours.iter().zip(ours_taken);
    Ok(rows.map(|((name, ..), taken)| Row { name, bare, ours: median(taken) }).collect())
}

/// The same from two threads at once: time a call and thread.
fn parallel_calls(skills: &Path, code: &Path, cache: &Path, input: &Value) -> Outcome<Row> {
    let runtime = runtime(skills, cache)?;
    let bare = Bare::load(code)?;
    let text = input.to_string();
    let two = |call: &(dyn Fn() -> bool + Sync)| -> Outcome<Duration> {
        let started = Instant::now();
        let fine = std::thread::scope(|scope| {
            let threads = [(); 2].map(|()| scope.spawn(|| (0..250).all(|_| call())));
            threads.into_iter().all(|thread| thread.join().unwrap_or(false))
        });
        if fine { Ok(started.elapsed() / 500) } else { Err("a parallel call failed".into()) }
    };
    let (bare, ours) = interleave(
        30,
        || two(&|| bare.call(&text).is_ok()),
        || two(&|| runtime.execute_skill("text-stats", input.clone(), ExecutionOptions::default()).is_ok()),
    )?;
    Ok(Row { name: "the same from two threads, a call", bare, ours })
}

/// From a runtime that has loaded nothing to the first answer, with the compiled component on disk.
fn cached_load(skills: &Path, code: &Path, cache: &Path, input: &Value) -> Outcome<Row> {
    let engine = bare::engine()?;
    let text = input.to_string();
    let (bare, ours) = interleave(
        30,
        || {
            let started = Instant::now();
            Bare::with_engine(engine.clone(), code)?.call(&text)?;
            Ok(started.elapsed())
        },
        || {
            let started = Instant::now();
            let runtime = OpenSkillRuntime::builder().cache_dir(cache).build()?;
            runtime.load_skill(skills.join("text-stats"))?;
            runtime.execute_skill("text-stats", input.clone(), ExecutionOptions::default())?;
            Ok(started.elapsed())
        },
    )?;
    Ok(Row { name: "load of a cached component and first call", bare, ours })
}

/// A whole process, from its start to its end.
fn cold_process(skills: &Path, code: &Path, folder: &Path, input: &Value) -> Outcome<Row> {
    let (bare, ours) = (program("bare")?, program("openskills")?);
    let text = input.to_string();
    let run = |command: &mut Command| -> Outcome<Duration> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let status = command.status()?;
        let taken = started.elapsed();
        if status.success() { Ok(taken) } else { Err(format!("{command:?} ended with {status}").into()) }
    };
    let skill = skills.join("text-stats");
    let (bare, ours) = interleave(
        40,
        || run(Command::new(&bare).arg(code).arg(&text)),
        || {
            let mut command = Command::new(&ours);
            command.arg("run").arg(&skill).args(["--input", &text]).current_dir(folder);
            run(command.env("XDG_CACHE_HOME", folder).env("XDG_CONFIG_HOME", folder))
        },
    )?;
    Ok(Row { name: "a cold process (`openskills run`)", bare, ours })
}

fn runtime(skills: &Path, cache: &Path) -> Outcome<OpenSkillRuntime> {
    let runtime = OpenSkillRuntime::builder().skills_dir(skills).cache_dir(cache).build()?;
    runtime.load_skills()?;
    Ok(runtime)
}

/// Runs both sides in turn, after one warm-up each, and gives the medians.
fn interleave(
    rounds: usize,
    mut bare: impl FnMut() -> Outcome<Duration>,
    mut ours: impl FnMut() -> Outcome<Duration>,
) -> Outcome<(Duration, Duration)> {
    bare()?;
    ours()?;
    let mut taken = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        taken.0.push(bare()?);
        taken.1.push(ours()?);
    }
    Ok((median(taken.0), median(taken.1)))
}

fn repeat<E: Into<Box<dyn Error>>>(times: u32, mut call: impl FnMut() -> Result<(), E>) -> Outcome<Duration> {
    let started = Instant::now();
    for _ in 0..times {
        call().map_err(Into::into)?;
    }
    Ok(started.elapsed() / times)
}

fn median(mut taken: Vec<Duration>) -> Duration {
    taken.sort();
    taken.get(taken.len() / 2).copied().unwrap_or_default()
}

fn shown(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds < 0.001 => format!("{:.1} µs", seconds * 1e6),
        seconds => format!("{:.2} ms", seconds * 1e3),
    }
}

/// A program of the workspace, built beside this one.
fn program(name: &str) -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file());
    path.ok_or_else(|| format!("`{name}` is not built: run `cargo xtask bench`").into())
}
