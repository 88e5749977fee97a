//! The question at a terminal, answered by somebody at a pseudo-terminal.

use rexpect::session::{PtySession, spawn_command};

use crate::bench::{Bench, skill};

const MILLISECONDS: Option<u64> = Some(60_000);

fn card(bench: &Bench, more: &[&str]) -> PtySession {
    let mut command = bench.command(["run", &skill("env-card")]);
    command.args(more).env("LANG", "de_DE.UTF-8").env("TERM", "xterm");
    // The session gives it its terminal.
    command.stdin(std::process::Stdio::inherit());
    spawn_command(command, MILLISECONDS).unwrap()
}

fn code(session: &mut PtySession) -> i32 {
    match session.process_mut().wait().unwrap() {
        rexpect::process::WaitStatus::Exited(_, code) => code,
        other => panic!("it ended with {other:?}"),
    }
}

#[test]
fn yes_lets_it_go_on() {
    let bench = Bench::new();
    let mut session = card(&bench, &["--color", "never"]);
    let question = session.exp_string("no (default): ").unwrap();
    for shown in ["env-card", "LANG", "Env(LANG)", "skills/env-card", "SKILL.md ", "component ", "secrets"] {
        assert!(question.contains(shown), "`{shown}` is not shown: {question}");
    }
    session.send_line("y").unwrap();
    session.exp_string("\"masked\"").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&mut session), 0);
}

#[test]
fn no_and_silence_are_refusals() {
    let bench = Bench::new();
    // A line without an answer is a no; so is the end of input.
    for answer in ["n\n", "\n", "\u{4}"] {
        let mut session = card(&bench, &["--color", "never"]);
        session.exp_string("no (default): ").unwrap();
        session.send(answer).unwrap();
        session.flush().unwrap();
        let rest = session.exp_eof().unwrap();
        assert!(rest.contains("it was not approved"), "{answer:?}: {rest}");
        assert_eq!(code(&mut session), 5, "{answer:?}");
    }
}

#[test]
fn what_is_no_answer_is_asked_again() {
    let bench = Bench::new();
    let mut session = card(&bench, &["--color", "never"]);
    session.exp_string("no (default): ").unwrap();
    session.send_line("maybe").unwrap();
    session.exp_string("no (default): ").unwrap();
    session.send_line("s").unwrap();
    session.exp_string("\"masked\"").unwrap();
    session.exp_eof().unwrap();
    assert_eq!(code(&mut session), 0);
}

#[test]
fn nobody_is_asked_who_does_not_want_to_be() {
    let bench = Bench::new();
    let mut session = card(&bench, &["--no-input", "--color", "never"]);
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("--allow 'Env(LANG)'") && !rest.contains("Allow it?"), "{rest}");
    assert_eq!(code(&mut session), 5);
}

#[test]
fn colours_and_indentation_are_for_a_terminal() {
    let bench = Bench::new();
    let mut session = card(&bench, &["--allow", "Env(LANG)"]);
    let rest = session.exp_eof().unwrap();
    assert!(rest.starts_with("{\r\n  \"settings\""), "{rest:?}");
    let mut session = card(&bench, &["--no-input"]);
    assert!(session.exp_eof().unwrap().contains("\u{1b}[31m"));
    let mut session = card(&bench, &["--no-input", "--color", "never"]);
    assert!(!session.exp_eof().unwrap().contains('\u{1b}'));
}

#[test]
fn what_was_typed_before_the_question_is_no_answer_to_it() {
    let bench = Bench::new();
    // It waits for its input on the terminal; what is typed meanwhile would answer the question that follows.
    let mut session = card(&bench, &["--color", "never", "--input", "-"]);
    session.exp_string("end it with Ctrl-D").unwrap();
    session.send("{}\n\u{4}y\ny\n").unwrap();
    session.flush().unwrap();
    session.exp_string("no (default): ").unwrap();
    session.send_line("n").unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("it was not approved"), "{rest}");
    assert_eq!(code(&mut session), 5);
}

#[test]
fn ctrl_c_ends_the_command_and_leaves_the_terminal_as_it_was() {
    let bench = Bench::new();
    let mut session = card(&bench, &["--color", "never"]);
    session.exp_string("no (default): ").unwrap();
    session.send_control('c').unwrap();
    match session.process_mut().wait().unwrap() {
        rexpect::process::WaitStatus::Exited(_, code) => assert_eq!(code, 130),
        other => panic!("it ended with {other:?}"),
    }
}

#[test]
fn no_answer_in_time_is_a_no() {
    let bench = Bench::new();
    bench.file("quick.yaml", "limits: {prompt-timeout: 1s}\n");
    let mut session = card(&bench, &["--color", "never", "--policy", "quick.yaml"]);
    session.exp_string("no (default): ").unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(rest.contains("no answer in time") && rest.contains("it was not approved"), "{rest}");
    assert_eq!(code(&mut session), 5);
}

#[test]
fn a_policy_that_asks_is_named_in_the_question() {
    let bench = Bench::new();
    bench.file("ask.yaml", "ask:\n  - Env(LANG)\n");
    let mut session = card(&bench, &["--color", "never", "--policy", "ask.yaml"]);
    let question = session.exp_string("no (default): ").unwrap();
    assert!(question.contains("the policy asks for it: `Env(LANG)`, ask.yaml:2"), "{question}");
    session.send_line("n").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn where_stderr_is_no_terminal_nobody_is_asked() {
    let bench = Bench::new();
    let mut command = bench.command(["run", &skill("env-card")]);
    command.env("LANG", "de_DE.UTF-8").stdin(std::process::Stdio::inherit());
    command.stderr(std::fs::File::create(bench.home().join("log")).unwrap());
    let mut session = spawn_command(command, MILLISECONDS).unwrap();
    assert!(!session.exp_eof().unwrap().contains("Allow it?"));
    assert_eq!(code(&mut session), 5);
    let log = std::fs::read_to_string(bench.home().join("log")).unwrap();
    assert!(log.contains("nobody is there to ask"), "{log}");
}
