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

/// What is measured, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// The build of `openskills` that the tests use, not the optimised one.
    pub(crate) debug: bool,
    /// An empty cache folder: the compilers are downloaded within the first build.
    pub(crate) empty_cache: bool,
}

/// The times of one language.
struct Times {
    new: Duration,
    build: Duration,
    test: Duration,
    again: Duration,
    bytes: u64,
    first: Duration,
    warm: Duration,
}

/// Measures all languages, and prints a table of Markdown.
pub(crate) fn times(checkout: &Checkout, options: Options) -> Result<()> {
    let profile = if options.debug { "debug" } else { "release" };
    let mut build = checkout.cargo(&["build", "--workspace", "--bin", "openskills"]);
    if !options.debug {
        build.arg("--release");
    }
    show_and_run(&mut build)?;
    let bench = Bench {
        program: &checkout.target().join(profile).join("openskills"),
        folder: &std::env::temp_dir().join(format!("openskills-authoring-{}", std::process::id())),
        options,
    };
    fs::create_dir(bench.folder)?;
    let done = bench.all();
    fs::remove_dir_all(bench.folder)?;
    done
}

struct Bench<'a> {
    program: &'a Path,
    folder: &'a Path,
    options: Options,
}

impl Bench<'_> {
    fn all(&self) -> Result<()> {
        let mut rows = Vec::new();
        for language in LANGUAGES {
            say(language);
            let times = self.measure(language)?;
            let (new, build, test) =
                (times.new.as_secs_f64(), times.build.as_secs_f64(), times.test.as_secs_f64());
            rows.push(format!(
                "| {language} | {new:.2} s | {build:.1} s | {test:.1} s | {:.1} s | {:.2} s | {:.0} KB | {:.2} s | {:.1} ms |",
                new + build + test,
                times.again.as_secs_f64(),
                times.bytes as f64 / 1_000.0,
                times.first.as_secs_f64(),
                times.warm.as_secs_f64() * 1_000.0,
            ));
        }
        println!(
            "From nothing to a skill that passes its cases, with the {} build of `openskills`.",
            match self.options.debug {
                true => "debug",
                false => "release",
            }
        );
        println!(
            "{}",
            match self.options.empty_cache {
                true => "The cache was empty: the first build of each language downloads its compiler.",
                false =>
                    "The compilers were in the cache; the crates that Rust's SDK needs were downloaded, and are compiled by the build.",
            }
        );
        println!();
        println!(
            "| language | `openskills new` | `build` | `test` | together | `build` again | component | first call | warm call |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
        rows.iter().for_each(|row| println!("{row}"));
        println!("\nCalls are whole processes, `openskills run`: the first compiles the component.");
        Ok(())
    }

    fn measure(&self, language: &str) -> Result<Times> {
        if !self.options.empty_cache {
            // The first skill has its compiler installed, the second is measured.
            let warm_up = format!("first-{language}");
            self.run(self.folder, &["new", &warm_up, "--lang", language])?;
            self.run(&self.folder.join(&warm_up), &["build"])?;
            fs::remove_dir_all(self.folder.join(&warm_up))?;
        }
        let new = self.run(self.folder, &["new", language, "--lang", language])?;
        let skill = self.folder.join(language);
        let build = self.run(&skill, &["build"])?;
        let test = self.run(&skill, &["test"])?;
        let again = self.run(&skill, &["build"])?;
        fs::write(skill.join("plan.txt"), "ship it\non Friday\n")?;
        let bytes = fs::metadata(skill.join("wasm/skill.wasm"))?.len();
        // A cache of its own: what the test compiled does not count.
        let call = || {
            let mut command = Command::new(self.program);
            command.args(["run", ".", "--input", r#"{"path": "plan.txt"}"#, "--timeout-ms", "300000"]);
            timed(command.current_dir(&skill).env("XDG_CACHE_HOME", self.folder.join("calls")))
        };
        let first = call()?;
        let mut warm = Duration::MAX;
        for _ in 0..WARM {
            warm = warm.min(call()?);
        }
        Ok(Times { new, build, test, again, bytes, first, warm })
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Result<Duration> {
        let mut command = Command::new(self.program);
        if self.options.empty_cache {
            command.env("XDG_CACHE_HOME", self.folder.join("cache"));
        }
        timed(command.args(arguments).current_dir(folder))
    }
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
