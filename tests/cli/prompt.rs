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
