//! `openskills cache` and `openskills completions`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::bench::{Bench, Ran, skill};

/// A cache of its own, with one compiled skill.
struct Own {
    bench: Bench,
    folder: PathBuf,
}

impl Own {
    fn new() -> Self {
        let bench = Bench::new();
        let folder = bench.home().join("cache/openskills");
        let own = Self { bench, folder };
        own.run(&["compile", &skill("text-stats")]).ended_with(0);
        own
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.bench.command(arguments);
        Ran::from(command.env("XDG_CACHE_HOME", self.bench.home().join("cache")).output().unwrap())
    }

    /// The file of the compiled skill.
    fn code(&self) -> PathBuf {
        let engine = fs::read_dir(self.folder.join("compiled")).unwrap().next().unwrap().unwrap().path();
        let mut files = fs::read_dir(engine).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|extension| extension == "cwasm")).unwrap()
    }
}

#[test]
fn what_is_kept_is_listed_with_its_size() {
    let own = Own::new();
    let bytes = fs::metadata(own.code()).unwrap().len();
    let listed = own.run(&["cache", "list", "--json"]).ended_with(0).json();
    let entries = listed["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{listed}");
    assert_eq!((&entries[0]["kind"], &entries[0]["state"]), (&"compiled".into(), &"kept".into()));
    assert!(entries[0]["bytes"].as_u64().unwrap() >= bytes && listed["bytes"] == entries[0]["bytes"]);
    assert_eq!(entries[0]["name"], own.code().file_stem().unwrap().to_str().unwrap());
    own.run(&["cache", "list"]).ended_with(0).shows("compiled").shows("1 entry");
    own.run(&["cache", "list", "--all"]).ended_with(0).shows("used today");
    fs::remove_dir_all(&own.folder).unwrap();
    assert_eq!(own.run(&["cache", "list", "--json"]).ended_with(0).json()["bytes"], 0);
}

#[test]
fn what_is_of_no_use_is_pruned_and_what_is_used_stays() {
    let own = Own::new();
    let code = own.code();
    let old = own.folder.join("compiled/0123");
    let (stale, left) = (own.folder.join("tools/ziglang-0.1-x"), own.folder.join("tools/.npm-1.partial-2"));
    let unknown = own.folder.join("tools/typos-1");
    for (folder, file) in [(&old, "aa.cwasm"), (&stale, "zig"), (&left, "half"), (&unknown, "typos")] {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join(file), "12345").unwrap();
    }
    let would = own.run(&["cache", "prune", "--dry-run"]).ended_with(0).shows("would be removed");
    assert!(would.stdout.contains("ziglang-0.1-x old") && !would.stdout.contains("typos"), "{would:#?}");
    assert!(old.exists() && stale.exists() && left.exists());
    let pruned = own.run(&["cache", "prune", "--json"]).ended_with(0).json();
    assert_eq!(pruned["bytes"], 15, "{pruned}");
    assert!(!old.exists() && !stale.exists() && !left.exists() && unknown.exists() && code.exists());
}

#[test]
fn age_and_size_decide_what_else_goes() {
    let own = Own::new();
    own.run(&["cache", "prune", "--unused-for", "1d", "--down-to", "1GiB"]).ended_with(0);
    assert!(own.code().exists());
    let past = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 86_400);
    let times = fs::FileTimes::new().set_accessed(past).set_modified(past);
    fs::File::options().append(true).open(own.code()).unwrap().set_times(times).unwrap();
    own.run(&["cache", "prune", "--unused-for", "4d"]).ended_with(0);
    own.run(&["cache", "prune", "--unused-for", "1d", "--kind", "tools"]).ended_with(0);
    assert!(own.code().exists());
    own.run(&["cache", "prune", "--unused-for", "2d"]).ended_with(0).shows("compiled");
    own.run(&["compile", &skill("text-stats")]).ended_with(0);
    own.run(&["cache", "prune", "--down-to", "0"]).ended_with(0).shows("compiled");
    assert_eq!(own.run(&["cache", "list", "--json"]).json()["bytes"], 0);
    // What was removed is made again.
    let again = ["run", &skill("text-stats"), "--input", r#"{"text": "a"}"#, "--timeout-ms", "300000"];
    own.run(&again).ended_with(0);
    for wrong in [["--unused-for", "soon"], ["--down-to", "1 elephant"], ["--kind", "all"]] {
        own.run(&["cache", "prune", wrong[0], wrong[1]]).ended_with(2);
    }
}

#[test]
fn damage_is_found_and_removed() {
    let own = Own::new();
    let tool = own.folder.join("tools/typos-1");
    fs::create_dir_all(&tool).unwrap();
    fs::write(tool.join("typos"), "12345").unwrap();
    fs::write(tool.join(".complete"), "openskills cache entry 1 files 1\n5 typos\n").unwrap();
    own.run(&["cache", "verify"]).ended_with(0).shows("2 whole, 0 damaged");
    let mut bytes = fs::read(own.code()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(own.code(), bytes).unwrap();
    fs::write(tool.join("typos"), "1234").unwrap();
    own.run(&["cache", "verify"]).ended_with(1).shows("damaged compiled").shows("0 whole, 2 damaged");
    let told = own.run(&["cache", "verify", "--remove", "--json"]).ended_with(0).json();
    assert_eq!(told["summary"]["damaged"], 2);
    assert!(!tool.exists());
    own.run(&["cache", "verify"]).ended_with(0).shows("0 whole, 0 damaged");
}

#[test]
fn shells_can_read_the_completions() {
    let bench = Bench::new();
    let script = bench.run(["completions", "bash"]).ended_with(0).stdout;
    // bash itself says what it completes.
    let ask = format!(
        "{script}\nCOMP_WORDS=(openskills cache pr); COMP_CWORD=2; _openskills openskills pr cache; echo \"${{COMPREPLY[@]}}\""
    );
    let bash = Command::new("bash").args(["--norc", "-c", &ask]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout).trim(), "prune", "{bash:?}");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        bench.run(["completions", shell]).ended_with(0).shows("openskills").shows("unused-for");
    }
    bench.run(["completions", "cmd"]).ended_with(2);
}
