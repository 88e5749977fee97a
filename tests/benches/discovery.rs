//! What finding and reading 10,000 skills costs beside reading the same files plainly, in one run. Rows are
//! interleaved and medians compared, all from a warm page cache.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use openskills_runtime::OpenSkillRuntime;

type Outcome<T> = Result<T, Box<dyn Error>>;

const SKILLS: usize = 10_000;

const ROUNDS: usize = 9;

fn main() -> Outcome<()> {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let files = generate(place.path())?;
    let (mut plain, mut ours) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        bytes = files.iter().map(|file| fs::read(file).map(|text| text.len())).sum::<Result<usize, _>>()?;
        plain.push(started.elapsed());
        let runtime = OpenSkillRuntime::new(place.path());
        let started = Instant::now();
        let found = runtime.load_skills()?.len();
        ours.push(started.elapsed());
        if found != SKILLS || !runtime.faults().is_empty() {
            return Err(format!("{found} skills, {} faults", runtime.faults().len()).into());
        }
    }
    let (plain, ours) = (median(plain), median(ours));
    let mut out = std::io::stdout();
    writeln!(out, "{SKILLS} skills, {bytes} bytes of SKILL.md; peak memory of the process {}", peak())?;
    writeln!(out, "reading the files whose names are known  {plain:>10.1?}")?;
    let ratio = ours.as_secs_f64() / plain.as_secs_f64();
    Ok(writeln!(out, "load_skills                              {ours:>10.1?}  {ratio:.2}x")?)
}

/// Skills in groups of a hundred, each with a body of some 6 KiB and a script, as many public ones are.
fn generate(place: &Path) -> Outcome<Vec<PathBuf>> {
    let body = "Read the file first. Then say what is in it, in a sentence or two.\n".repeat(90);
    let mut files = Vec::with_capacity(SKILLS);
    for number in 0..SKILLS {
        let folder = place.join(format!("group-{}/skill-{number}", number / 100));
        fs::create_dir_all(folder.join("scripts"))?;
        fs::write(folder.join("scripts/run.py"), "print(1)\n")?;
        let text = format!(
            "---\nname: skill-{number}\ndescription: Does the {number}th thing. Use it when there is such a thing to \
             do, and not before.\nlicense: MIT\nallowed-tools: Read Grep\nmetadata:\n  version: \"1.{number}\"\n---\n\n\
             # Skill {number}\n\n{body}"
        );
        files.push(folder.join("SKILL.md"));
        fs::write(folder.join("SKILL.md"), text)?;
    }
    Ok(files)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |peak| peak.trim().to_owned())
}
