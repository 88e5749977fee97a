//! What a script costs as a whole process beside native Pythons, in one run: start, script, end. Rows are interleaved
//! and medians compared.
//!
//! `cargo bench --workspace --bench scripts -- [PYTHON…]` compares with these programs; by default with `/usr/bin/python3`
//! and the `python3` of the search path. It takes the optimised `openskills`, which has to be built before.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 31;

const HELLO: &str = "print('hello')\n";

/// Some thirty lines of what scripts of skills do: arguments, a table, sums, a report.
const TABLE: &str = r#""""Sums up a table of measurements."""
import argparse
import csv
import hashlib
import json
import re
import statistics
from collections import defaultdict
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--by", default="station")
    arguments = parser.parse_args()
    text = arguments.file.read_text(encoding="utf-8")
    groups = defaultdict(list)
    for row in csv.DictReader(text.splitlines()):
        if re.fullmatch(r"-?\d+\.\d+", row["value"]):
            groups[row[arguments.by]].append(float(row["value"]))
    report = {
        name: {
            "count": len(values),
            "mean": round(statistics.fmean(values), 3),
            "stdev": round(statistics.stdev(values), 3),
        }
        for name, values in sorted(groups.items())
    }
    print(json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "groups": report}, indent=2))


if __name__ == "__main__":
    main()
"#;

const COMPUTES: &str =
    "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n\nprint(fib(27))\n";

/// The scripts, with what each is called with.
const SCRIPTS: [(&str, &str, &[&str]); 3] =
    [("hello", HELLO, &[]), ("table", TABLE, &["data.csv"]), ("fib 27", COMPUTES, &[])];

fn main() -> Outcome<()> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let pythons = match arguments.as_slice() {
        [] => vec!["/usr/bin/python3".to_owned(), "python3".to_owned()],
        named => named.to_vec(),
    };
    let openskills = binary()?;
    let place = tempfile::tempdir()?;
    let skill = place.path().join("bench");
    fs::create_dir_all(skill.join("scripts"))?;
    fs::write(skill.join("SKILL.md"), "---\nname: bench\ndescription: Benches.\nallowed-tools: Read\n---\n")?;
    fs::write(place.path().join("data.csv"), table())?;
    for (name, text, _) in SCRIPTS {
        fs::write(skill.join(file(name)), text)?;
    }
    // Installed and compiled before anything is timed.
    said(Command::new(&openskills).args(["interpreter", "install", "python"]))?;
    let mut out = std::io::stdout();
    for (name, _, given) in SCRIPTS {
        let script = skill.join(file(name));
        let ours = || {
            let mut command = Command::new(&openskills);
            command.args(["run", "./bench", "--script", &file(name), "--"]).args(given);
            command
        };
        let native = |python: &str| {
            let mut command = Command::new(python);
            command.arg(&script).args(given);
            command
        };
        let expected = said(ours().current_dir(place.path()))?;
        let (mut warm, mut first) = (Vec::new(), Vec::new());
        let mut natives: Vec<Vec<Duration>> = vec![Vec::new(); pythons.len()];
        for _ in 0..ROUNDS {
            forget_sightings()?;
            first.push(timed(ours().current_dir(place.path()), &expected)?);
            warm.push(timed(ours().current_dir(place.path()), &expected)?);
            for (python, times) in pythons.iter().zip(&mut natives) {
                times.push(timed(native(python).current_dir(place.path()), &expected)?);
            }
        }
        let ours = median(warm);
        writeln!(out, "{name}")?;
        writeln!(out, "  openskills, warm                          {ours:>9.1?}")?;
        writeln!(out, "  openskills, first run after installation  {:>9.1?}", median(first))?;
        for (python, times) in pythons.iter().zip(natives) {
            let native = median(times);
            let ratio = native.as_secs_f64() / ours.as_secs_f64();
            writeln!(out, "  {python:<41} {native:>9.1?}  {ratio:.2} of ours, warm")?;
        }
    }
    Ok(())
}

fn file(name: &str) -> String {
    format!("scripts/{}.py", name.replace(' ', "_"))
}

/// A table of four years of days.
fn table() -> String {
    let row = |day: u32| {
        let value = f64::from(day * 7_919 % 4_001) / 100.0 - 10.0;
        format!("{day},{},{value:.2}\n", ["north", "south", "east", "west"][(day % 4) as usize])
    };
    std::iter::once("day,station,value\n".to_owned()).chain((0..1_461).map(row)).collect()
}

/// The optimised program beside this one.
fn binary() -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.parent().and_then(Path::parent).ok_or("the benchmark has no folder")?.join("openskills");
    match path.is_file() {
        true => Ok(path),
        false => Err(format!(
            "there is no {}: run `cargo build --release --workspace --bin openskills`",
            path.display()
        )
        .into()),
    }
}

/// Forgets that compiled code was found whole: the next run reads it through, as the first one after an installation.
fn forget_sightings() -> Outcome<()> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let compiled = cache.ok_or("there is no home directory")?.join("openskills/compiled");
    for engine in fs::read_dir(compiled)? {
        for file in fs::read_dir(engine?.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "seen") {
                fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

fn said(command: &mut Command) -> Outcome<Vec<u8>> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("{command:?} ended with {}", output.status).into()),
    }
}

/// How long it takes, with the output that it must have.
fn timed(command: &mut Command, expected: &[u8]) -> Outcome<Duration> {
    let started = Instant::now();
    let printed = said(command)?;
    let time = started.elapsed();
    match printed == expected {
        true => Ok(time),
        false => Err(format!("{command:?} printed something else").into()),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
