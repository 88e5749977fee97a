//! What an operation on a file costs through each door beside bare wasmtime-wasi, in one run. A call with many
//! operations less a call with none; rows are interleaved and medians compared.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use openskills_runtime::{ExecutionOptions, Limits, OpenSkillRuntime};
use openskills_tests::bare::Bare;
use openskills_tests::{cache, guest};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 31;

/// What is timed: its name, the operation, the file, how often in one call.
const ROWS: [(&str, &str, &str, u64); 4] = [
    ("stat", "stat-times", "/workspace/folder/small", 500),
    ("open, read 8 bytes, close", "read-times", "/workspace/folder/small", 500),
    ("open, read 1 MiB, close", "read-times", "/workspace/folder/large", 8),
    ("open, write 1 MiB, close", "write-times", "/workspace/folder/new", 8),
];

fn main() -> Outcome<()> {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let code = place.path().join("files.cwasm");
    std::fs::write(&code, Bare::compile(&guest("files_std"))?)?;
    let bare = Bare::load(&code)?.writable();
    fill(&bare.root().join("workspace"))?;
    fill(&place.path().join("workspace"))?;
    for name in ["files_std", "files_sdk"] {
        let skill = place.path().join("skills").join(name.replace('_', "-"));
        std::fs::create_dir_all(skill.join("wasm"))?;
        std::fs::write(skill.join("wasm/skill.wasm"), guest(name))?;
        let name = name.replace('_', "-");
        let manifest = format!("---\nname: {name}\ndescription: Times files.\nallowed-tools: Edit\n---\n");
        std::fs::write(skill.join("SKILL.md"), manifest)?;
    }
    let runtime = OpenSkillRuntime::builder()
        .skills_dir(place.path().join("skills"))
        .workspace(place.path().join("workspace"))
        .cache_dir(cache())
        .limits(Limits { timeout: Duration::from_secs(300), hostcall_bytes: 1 << 30, ..Limits::default() })
        .build()?;
    runtime.load_skills()?;
    let ours = |skill: &str, input: &Value| -> Outcome<()> {
        let output = runtime.execute_skill(skill, input.clone(), ExecutionOptions::default())?.output;
        checked(&output)
    };
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:28} {:>10} {:>16} {:>7} {:>16} {:>7}",
        "", "bare", "wasi:filesystem", "", "skill/fs", ""
    )?;
    for (name, op, path, times) in ROWS {
        let input = |number: u64| json!({ "ops": [{ "op": op, "path": path, "number": number }] });
        let (many, none) = (input(times), input(0));
        let mut taken = [const { Vec::new() }; 3];
        for round in 0..=ROUNDS {
            for (side, taken) in taken.iter_mut().enumerate() {
                let run = |input: &Value| -> Outcome<Duration> {
                    let started = Instant::now();
                    match side {
                        0 => checked(&serde_json::from_str(&bare.call(&input.to_string())?)?)?,
                        1 => ours("files-std", input)?,
                        _ => ours("files-sdk", input)?,
                    }
                    Ok(started.elapsed())
                };
                let one = run(&many)?.saturating_sub(run(&none)?) / u32::try_from(times)?;
                // The first round warms up.
                if round > 0 {
                    taken.push(one);
                }
            }
        }
        let [bare, std, sdk] = taken.map(median);
        let ratio = |ours: Duration| ours.as_secs_f64() / bare.as_secs_f64();
        writeln!(
            out,
            "{name:28} {:>10} {:>16} {:>6.2}x {:>16} {:>6.2}x",
            shown(bare),
            shown(std),
            ratio(std),
            shown(sdk),
            ratio(sdk)
        )?;
    }
    Ok(())
}

fn checked(output: &Value) -> Outcome<()> {
    if output[0].get("ok").is_some() { Ok(()) } else { Err(output.to_string().into()) }
}

fn fill(workspace: &Path) -> Outcome<()> {
    std::fs::create_dir_all(workspace.join("folder"))?;
    std::fs::write(workspace.join("folder/small"), "8 bytes.")?;
    Ok(std::fs::write(workspace.join("folder/large"), vec![b'x'; 1 << 20])?)
}

fn median(mut taken: Vec<Duration>) -> Duration {
    taken.sort();
    taken.get(taken.len() / 2).copied().unwrap_or_default()
}

fn shown(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}
