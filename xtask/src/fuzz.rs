//! The fuzzers: `cargo xtask fuzz TARGET`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, path_with, say, show_and_run};
use crate::tools;

/// What each target gets.
pub(crate) const TARGETS: [Target; 3] = [
    Target { name: "front_matter", seeds: "tests/cases/manifest", longest: 4096 },
    Target { name: "rules", seeds: "fuzz/seeds/rules", longest: 512 },
    Target { name: "instructions", seeds: "fuzz/seeds/instructions", longest: 4096 },
];

/// A target of `fuzz/fuzz_targets`.
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it begins with: a folder of the repository.
    seeds: &'static str,
    /// The longest input, in bytes.
    longest: usize,
}

/// Bytes of a seed from a real file.
const MAX_SEED: usize = 4096;

/// Seeds of a target from real files.
const MAX_SEEDS: usize = 5_000;

/// What to fuzz, and how.
pub(crate) struct Plan {
    /// The name of the target.
    pub(crate) target: String,
    /// How long, in seconds.
    pub(crate) seconds: u64,
    /// A folder with SKILL.md files, at any depth, to begin with.
    pub(crate) from: Option<PathBuf>,
}

/// Runs a target. What it learns is kept in `fuzz/corpus`, what it finds in `fuzz/artifacts`.
pub(crate) fn run(checkout: &Checkout, plan: &Plan) -> Result<()> {
    let Some(target) = TARGETS.iter().find(|target| target.name == plan.target) else {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        bail!("there is no target `{}`; there are: {}", plan.target, names.join(", "));
    };
    let corpus = checkout.path("fuzz/corpus").join(target.name);
    fs::create_dir_all(&corpus)?;
    for file in files(&checkout.path(target.seeds))? {
        keep(&corpus, &fs::read(&file)?)?;
    }
    if let Some(folder) = &plan.from {
        say(&format!("{} seeds from `{}`", seed(target.name, folder, &corpus)?, folder.display()));
    }
    // The code is safe Rust, so no sanitizer; then the stable compiler will do.
    let mut fuzz = checkout.cargo(&["fuzz", "run", "--sanitizer", "none", target.name]);
    fuzz.arg(&corpus).args(["--", "-timeout=10", "-print_final_stats=1"]);
    fuzz.arg(format!("-max_len={}", target.longest)).arg(format!("-max_total_time={}", plan.seconds));
    show_and_run(fuzz.env("PATH", path_with(&tools::folders(&["cargo-fuzz"])?)?))
}

/// Takes seeds from real skills; returns how many.
fn seed(target: &str, folder: &Path, corpus: &Path) -> Result<usize> {
    let mut seeds = 0;
    let mut manifests = files(folder)?;
    manifests.retain(|path| path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("SKILL.md")));
    for path in manifests {
        // A broken link in a collection is no reason to stop.
        let Ok(source) = fs::read(&path) else { continue };
        for seed in taken(target, &source).into_iter().filter(|seed| seed.len() <= MAX_SEED) {
            keep(corpus, &seed)?;
            seeds += 1;
        }
        if seeds >= MAX_SEEDS {
            break;
        }
    }
    Ok(seeds)
}

/// What a target can use of a `SKILL.md`.
fn taken(target: &str, source: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(source);
    let (front, body) = match text.get(3..).and_then(|rest| rest.find("\n---")) {
        Some(end) => text.split_at_checked(3 + end + "\n---".len())?,
        None => (text.as_ref(), ""),
    };
    match target {
        "front_matter" => Some(format!("{front}\n").into_bytes()),
        "rules" => {
            let tools = front.lines().find_map(|line| line.strip_prefix("allowed-tools:"))?.trim();
            (!tools.is_empty())
                .then(|| format!("{tools}\ndata/a.csv\nhttps://example.com/\nHOME\n").into_bytes())
        }
        _ => body.contains('$').then(|| format!("file mode\na.txt 'b $0'\n{body}").into_bytes()),
    }
}

fn keep(corpus: &Path, seed: &[u8]) -> Result<()> {
    // Named by what it is, so that the same seed is kept once.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in seed {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    Ok(fs::write(corpus.join(format!("seed-{hash:016x}")), seed)?)
}

/// All files in and below a folder, in the order of their paths.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("`{}` cannot be read", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                _ => found.push(entry.path()),
            }
        }
    }
    found.sort();
    Ok(found)
}

impl Plan {
    /// Reads `TARGET [SECONDS] [--from FOLDER]`.
    pub(crate) fn parse(mut arguments: lexopt::Parser) -> Result<Self> {
        use lexopt::prelude::*;
        let (mut values, mut from) = (Vec::<OsString>::new(), None);
        while let Some(argument) = arguments.next()? {
            match argument {
                Value(value) => values.push(value),
                Long("from") => from = Some(PathBuf::from(arguments.value()?)),
                other => return Err(other.unexpected().into()),
            }
        }
        let mut values = values.into_iter().map(ValueExt::string);
        let names = TARGETS.map(|target| target.name).join(", ");
        let target = values.next().with_context(|| format!("which target? {names}"))??;
        let seconds = values.next().map_or(Ok(60), |value| anyhow::Ok(value?.parse()?))?;
        Ok(Self { target, seconds, from })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_a_program_of_the_fuzz_package() {
        let package = include_str!("../../fuzz/Cargo.toml");
        let programs: Vec<_> =
            package.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")).collect();
        assert_eq!(programs.len(), TARGETS.len());
        for target in TARGETS {
            assert!(programs.contains(&format!("{}.rs\"", target.name).as_str()), "{}", target.name);
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
            assert!(!files(&root.join(target.seeds)).unwrap().is_empty());
        }
    }

    #[test]
    fn seeds_are_taken_of_what_a_target_reads() {
        let source = b"---\nname: a\nallowed-tools: Read Edit\n---\nSay $0.\n";
        let text = |target| taken(target, source).map(|seed| String::from_utf8(seed).unwrap());
        assert_eq!(text("front_matter").unwrap(), "---\nname: a\nallowed-tools: Read Edit\n---\n");
        assert!(text("rules").unwrap().starts_with("Read Edit\n"));
        assert!(text("instructions").unwrap().ends_with("\n\nSay $0.\n"));
        assert!(
            ["front_matter", "rules", "instructions"]
                .iter()
                .all(|target| taken(target, "é".as_bytes()).is_none() || *target == "front_matter")
        );
    }
}
