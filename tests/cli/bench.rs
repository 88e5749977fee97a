//! A place to run the command in: a home, a workspace and folders of its own, nothing of the machine's.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use openskills_tests::{cache, guest, repository};
use serde_json::Value;
use tempfile::TempDir;

/// A home directory, and in it a workspace, which is the current directory of all commands.
pub(crate) struct Bench(TempDir);

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(bench.workspace()).unwrap();
        bench
    }

    pub(crate) fn home(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.home().join("workspace")
    }

    /// Writes a file below the workspace, with its folders.
    pub(crate) fn file(&self, path: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.workspace().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    /// A skill in the workspace's `skills` folder whose component is a guest of `tests/programs`.
    pub(crate) fn skill(&self, name: &str, program: &str) -> PathBuf {
        let manifest = format!("---\nname: {name}\ndescription: A skill of the tests.\n---\nDo it.\n");
        self.file(&format!("skills/{name}/SKILL.md"), manifest);
        self.file(&format!("skills/{name}/wasm/skill.wasm"), guest(program));
        self.workspace().join("skills").join(name)
    }

    /// The command, ready to be started.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .current_dir(self.workspace())
            .env_clear()
            .env("HOME", self.home())
            .env("XDG_CONFIG_HOME", self.home().join("config"))
            // Compiled components are shared between tests: they are kept by their digest.
            .env("XDG_CACHE_HOME", cache())
            .stdin(Stdio::null());
        command
    }

    /// Runs the command without a terminal.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs the command and gives it something to read.
    pub(crate) fn run_with_stdin(&self, arguments: &[&str], stdin: &str) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        Ran::from(child.wait_with_output().unwrap())
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Asserts how it ended.
    #[track_caller]
    pub(crate) fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Asserts that stderr has this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is not said: {self:#?}");
        self
    }

    /// Asserts that stdout has this text.
    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "`{text}` is not shown: {self:#?}");
        self
    }

    /// All of stdout as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not JSON ({error}): {self:#?}"))
    }
}

/// A skill of the repository, by its path.
pub(crate) fn skill(name: &str) -> String {
    let folder = repository().join("skills").join(name);
    let component = folder.join("wasm/skill.wasm");
    assert!(component.is_file(), "there is no {}: run `cargo xtask skills`", component.display());
    folder.to_str().unwrap().to_owned()
}

/// The repository's skills folder.
pub(crate) fn skills() -> String {
    repository().join("skills").to_str().unwrap().to_owned()
}

fn binary() -> PathBuf {
    // Tests lie in `deps`, beside which the binaries are.
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("openskills");
    assert!(path.is_file(), "there is no {}: run `cargo build --package openskills-runtime`", path.display());
    path
}
