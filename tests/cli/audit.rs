//! `openskills audit`, and the records that `openskills run` writes.

use std::fs;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::bench::{Bench, Ran, skill};

const HELLO: &str = r#"{"text": "Hello"}"#;

/// Runs `text-stats` so often, with its records in `audit.jsonl`.
fn recorded(count: usize) -> Bench {
    let bench = Bench::new();
    for _ in 0..count {
        bench
            .run(["run", &skill("text-stats"), "--input", HELLO, "--audit-log", "audit.jsonl"])
            .ended_with(0);
    }
    bench
}

fn head(ran: &Ran) -> String {
    ran.json()["report"]["head"].as_str().unwrap().to_owned()
}

#[test]
fn a_whole_file_is_whole_and_its_head_is_shown() {
    let bench = recorded(3);
    let ran = bench.run(["audit", "verify", "audit.jsonl"]).ended_with(0);
    assert!(ran.stdout.contains("whole, 3 records") && ran.stdout.contains("\nhead "), "{}", ran.stdout);
    let json = bench.run(["audit", "verify", "audit.jsonl", "--json"]).ended_with(0);
    assert_eq!(
        (json.json()["whole"].as_bool(), json.json()["report"]["records"].as_u64()),
        (Some(true), Some(3))
    );
    bench.run(["audit", "verify", "audit.jsonl", "--head", &head(&json)]).ended_with(0);
}

#[test]
fn an_edit_a_removal_a_move_and_an_insertion_are_found_with_their_line() {
    let bench = recorded(4);
    let text = fs::read_to_string(bench.workspace().join("audit.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let broken = |changed: String, line: &str| {
        bench.file("changed.jsonl", changed);
        let ran = bench.run(["audit", "verify", "changed.jsonl"]).ended_with(1);
        assert!(ran.stderr.contains(line), "{line}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    };
    broken(text.replacen("\"success\"", "\"failure\"", 1), "line 1 was changed");
    broken(format!("{}\n{}\n{}\n", lines[0], lines[1], lines[3]), "line 3 does not follow");
    broken(format!("{}\n{}\n{}\n{}\n", lines[0], lines[2], lines[1], lines[3]), "line 2 does not follow");
    broken(format!("{}\nnote\n{}\n", lines[0], lines[1]), "line 2 is not a record");
    broken(format!("{}\n{}\n", lines[1], lines[2]), "line 1 follows a record that is not in this file");
}

#[test]
fn a_cut_off_end_is_found_by_who_knows_the_head() {
    let bench = recorded(3);
    let head = head(&bench.run(["audit", "verify", "audit.jsonl", "--json"]).ended_with(0));
    let text = fs::read_to_string(bench.workspace().join("audit.jsonl")).unwrap();
    let cut: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    bench.file("audit.jsonl", cut);
    bench.run(["audit", "verify", "audit.jsonl"]).ended_with(0);
    let ran = bench.run(["audit", "verify", "audit.jsonl", "--head", &head]).ended_with(1);
    assert!(ran.stderr.contains("cut off"), "{}", ran.stderr);
    bench.run(["audit", "verify", "audit.jsonl", "--head", "nonsense"]).ended_with(2);
}

#[test]
fn a_file_that_cannot_be_read_is_7() {
    let bench = Bench::new();
    for path in ["missing.jsonl", ".", "/dev/zero"] {
        bench.run(["audit", "verify", path]).ended_with(7);
        bench.run(["audit", "show", path]).ended_with(7);
    }
}

#[test]
fn show_tells_what_happened_call_by_call() {
    let bench = recorded(1);
    let profile = skill("csv-profile");
    let input = r#"{"path": "secret/\u001b[2Jx.csv"}"#;
    let refused =
        ["run", &profile, "--input", input, "--deny", "Read(secret/**)", "--audit-log", "audit.jsonl"];
    bench.run(refused).ended_with(5);
    let ran = bench.run(["audit", "show", "audit.jsonl"]).ended_with(0);
    for expected in
        ["text-stats", "succeeded", "csv-profile", "was refused reading", "UTC", "of 256 MiB", "id 0"]
    {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
    let denied =
        bench.run(["audit", "show", "audit.jsonl", "--outcome", "denied", "--since", "1h"]).ended_with(0);
    assert!(denied.stdout.contains("csv-profile") && !denied.stdout.contains("text-stats"));
    let json = bench.run(["audit", "show", "audit.jsonl", "--skill", "text-stats", "--json"]).ended_with(0);
    assert_eq!((json.stdout.lines().count(), &json.json()["outcome"]), (1, &json!({ "kind": "success" })));
    let id = json.json()["id"].as_str().unwrap().to_owned();
    let one = bench.run(["audit", "show", "audit.jsonl", "--id", &id, "--local"]).ended_with(0);
    assert!(one.stdout.contains(&id));
    let none = bench.run(["audit", "show", "audit.jsonl", "--since", "2999-01-01"]).ended_with(0);
    assert!(none.stdout.is_empty() && none.stderr.contains("no record"));
}

#[test]
fn show_says_that_a_file_is_not_as_it_was_written() {
    let bench = recorded(2);
    let text = fs::read_to_string(bench.workspace().join("audit.jsonl")).unwrap();
    bench.file("audit.jsonl", text.replacen("text-stats", "other-name", 1));
    let ran = bench.run(["audit", "show", "audit.jsonl"]).ended_with(0);
    assert!(ran.stderr.contains("line 1 was changed"), "{}", ran.stderr);
}

#[test]
fn several_processes_write_one_chain() {
    let bench = Bench::new();
    let text_stats = skill("text-stats");
    let run = ["run", &text_stats, "--input", HELLO, "--audit-log", "audit.jsonl"];
    bench.run(run).ended_with(0);
    let children: Vec<_> = (0..12)
        .map(|_| bench.command(run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let ran = bench.run(["audit", "verify", "audit.jsonl"]).ended_with(0);
    assert!(ran.stdout.contains("13 records"), "{}", ran.stdout);
}

#[test]
fn where_no_record_can_be_written_nothing_runs_unless_the_user_goes_on_without() {
    let bench = Bench::new();
    bench.file("notes.txt", "notes\n");
    let text_stats = skill("text-stats");
    for path in ["missing/audit.jsonl", ".", "/dev/full", "/proc/audit.jsonl", "notes.txt"] {
        let run = ["run", &text_stats, "--input", HELLO, "--audit-log", path];
        let ran = bench.run(run).ended_with(7);
        assert!(ran.stderr.contains(path) && ran.stderr.contains("--audit-optional"), "{}", ran.stderr);
        let ran = bench.run(run.iter().chain(&["--audit-optional"])).ended_with(0);
        assert!(ran.stderr.contains("warning") && ran.json()["words"] == 1, "{}", ran.stderr);
    }
    assert_eq!(fs::read_to_string(bench.workspace().join("notes.txt")).unwrap(), "notes\n");
}

#[test]
fn on_a_full_disk_the_call_says_so_and_the_file_stays_whole() {
    let bench = recorded(1);
    let size = fs::metadata(bench.workspace().join("audit.jsonl")).unwrap().len();
    // A file size limit stands for the disk: the third record does not fit.
    let full = |more: &[&str]| {
        let mut command = Command::new("prlimit");
        let run =
            bench.command(["run", &skill("text-stats"), "--input", HELLO, "--audit-log", "audit.jsonl"]);
        command.arg(format!("--fsize={}", size * 2 + size / 2)).arg("sh").arg("-c");
        // The signal that comes with it is for programs that do not look at errors.
        command
            .arg("trap '' XFSZ; exec \"$0\" \"$@\"")
            .arg(run.get_program())
            .args(run.get_args())
            .args(more);
        command.current_dir(bench.workspace()).stdin(Stdio::null());
        for (name, value) in run.get_envs() {
            command.env(name, value.unwrap());
        }
        Ran::from(command.output().unwrap())
    };
    full(&[]).ended_with(0);
    let ran = full(&[]).ended_with(7);
    assert!(ran.stderr.contains("audit record could not be kept"), "{}", ran.stderr);
    let ran = full(&["--audit-optional"]).ended_with(0);
    assert!(
        ran.stderr.contains("audit record could not be kept") && ran.json()["words"] == 1,
        "{}",
        ran.stderr
    );
    let ran = bench.run(["audit", "verify", "audit.jsonl"]).ended_with(0);
    assert!(ran.stdout.contains("2 records\n"), "nothing torn is left: {}", ran.stdout);
}

#[test]
fn ctrl_c_cancels_the_call_and_the_record_is_written() {
    let bench = Bench::new();
    let folder = bench.skill("writer", "files_std");
    bench.file(
        "skills/writer/SKILL.md",
        "---\nname: writer\ndescription: Writes.\nallowed-tools: Edit\n---\nDo.\n",
    );
    let input = r#"{"ops": [{"op": "append-forever", "path": "log", "text": "x"}]}"#;
    let run = ["run", folder.to_str().unwrap(), "--input", input, "--audit-log", "../audit.jsonl"];
    let child = bench.command(run).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while fs::metadata(bench.workspace().join("log")).map_or(0, |metadata| metadata.len()) == 0 {
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap()).ended_with(130);
    assert!(ran.stderr.contains("was cancelled"), "{}", ran.stderr);
    let shown = bench.run(["audit", "show", "../audit.jsonl", "--json"]).ended_with(0).json();
    assert_eq!(shown["outcome"], json!({ "kind": "cancelled" }));
    assert_eq!(shown["uses"][0]["target"], "log");
}
