//! A kernel without `openat2`: the same tests, with the same outcome.

use std::process::Command;

/// Runs tests of this program where `openat2` answers `errno`. Gives how many passed.
fn again(errno: &str, tests: &[&str]) -> usize {
    let output = Command::new(env!("CARGO_BIN_EXE_without_openat2"))
        .arg(errno)
        .arg(std::env::current_exe().unwrap())
        .args(tests)
        .args(["--skip", "fallback::", "--test-threads", "2"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errno}: {text}{told}");
    let passed = text.split_once("test result: ok. ").and_then(|(_, rest)| rest.split(' ').next());
    let passed = passed.unwrap().parse().unwrap();
    println!("{passed} tests passed where openat2 answers {errno}");
    passed
}

#[test]
fn a_kernel_that_has_no_openat2_changes_nothing() {
    let passed = again("ENOSYS", &["files::", "links::", "languages::", "attacks::", "races::", "doors::"]);
    assert!(passed >= 40, "{passed}");
}

#[test]
fn a_container_that_forbids_openat2_changes_nothing() {
    let passed = again("EPERM", &["links::", "races::"]);
    assert!(passed >= 8, "{passed}");
}
