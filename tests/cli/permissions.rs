//! Policies, workspaces and mounts on the command line.

use std::net::TcpListener;

use openskills_tests::server::Server;
use serde_json::json;

use crate::bench::{Bench, Ran, skill};

const CSV: &str = r#"{"path": "data.csv"}"#;

fn card(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.command(["run", &skill("env-card"), "--no-input"]);
    Ran::from(command.args(arguments).env("LANG", "de_DE.UTF-8").output().unwrap())
}

#[test]
fn a_denial_is_5_and_names_the_line_to_add() {
    let bench = Bench::new();
    let ran = card(&bench, &[]).ended_with(5);
    let hints: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
    assert_eq!(hints.len(), 1, "{ran:#?}");
    assert!(hints[0].contains("--allow 'Env(LANG)'"), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    assert!(card(&bench, &["--allow", "Env(LANG)"]).ended_with(0).stdout.contains("\"set\""));
}

#[test]
fn an_import_that_is_denied_is_refused_before_any_code_runs() {
    let ran = Bench::new().run([
        "run",
        &skill("page-title"),
        "--deny",
        "WebFetch",
        "--input",
        r#"{"url": "https://example.com/"}"#,
    ]);
    ran.ended_with(5).says("openskills:skill/http");
}

/// A proxy is the host's to name, on the command line alone, and gets an address.
#[test]
fn a_proxy_is_used_if_it_is_named_and_never_from_the_environment() {
    let (bench, server) = (Bench::new(), Server::start().unwrap());
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let rule = format!("WebFetch(domain:http://127.0.0.1:{})", server.port());
    let folder = bench.skill("fetch", "net");
    let manifest = format!("---\nname: fetch\ndescription: Fetches.\nallowed-tools: {rule}\n---\n\nText.\n");
    std::fs::write(folder.join("SKILL.md"), manifest).unwrap();
    let input = json!({ "url": server.url("/ok") }).to_string();
    let run = |more: &[&str]| {
        let mut command =
            bench.command(["run", "./skills/fetch", "--no-input", "--allow", &rule, "--input", &input]);
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
            command.env(name, &proxy_url);
        }
        Ran::from(command.args(more).output().unwrap())
    };
    assert_eq!(run(&[]).ended_with(0).json()[0]["status"], 200);
    assert_eq!(server.requests().len(), 1);
    proxy.set_nonblocking(true).unwrap();
    assert!(proxy.accept().is_err(), "the environment's proxy was used");
    run(&["--http-proxy", "socks5://127.0.0.1:1"]).ended_with(2).says("--http-proxy http://HOST:PORT");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    run(&["--http-proxy", &format!("http://{nobody}")]).shows("the proxy cannot be reached");
    assert_eq!(server.requests().len(), 1, "there is no way round a proxy");
}

#[test]
fn a_misspelt_rule_is_2() {
    let bench = Bench::new();
    card(&bench, &["--deny", "Raed(.env)"]).ended_with(2).says("unknown tool `Raed`");
    bench.file("policy.yaml", "deny: [Raed]\n");
    card(&bench, &["--policy", "policy.yaml"]).ended_with(2).says("unknown tool `Raed`");
    bench.file("policy.yaml", "denny: [Read]\n");
    card(&bench, &["--policy", "policy.yaml"]).ended_with(2).says("denny");
    card(&bench, &["--policy", "missing.yaml"]).ended_with(7);
}

#[test]
fn the_users_policy_holds_and_a_deny_is_not_overridden() {
    let bench = Bench::new();
    let folder = bench.home().join("config/openskills");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("policy.yaml"), "allow: [Env(LANG)]\n").unwrap();
    card(&bench, &[]).ended_with(0);
    bench.file("strict.yaml", "deny: [Env(LANG)]\n");
    let ran = card(&bench, &["--policy", "strict.yaml", "--allow", "Env(LANG)"]).ended_with(0);
    assert!(!ran.stdout.contains("\"set\""), "{ran:#?}");
    card(&bench, &["--ask", "Env(LANG)"]).ended_with(5);
}

#[test]
fn the_workspace_is_the_current_directory_or_the_one_named() {
    let bench = Bench::new();
    bench.file("data.csv", "a,b\n1,2\n");
    bench.file("inner/data.csv", "a,b\n1,2\n3,4\n");
    let rows = |arguments: &[&str]| {
        let mut command = bench.command(["run", &skill("csv-profile"), "--input", CSV]);
        Ran::from(command.args(arguments).output().unwrap()).ended_with(0).json()["rows"].clone()
    };
    assert_eq!(rows(&[]), 1);
    assert_eq!(rows(&["--workspace", "inner"]), 2);
}

#[test]
fn what_is_too_much_is_refused_as_workspace_and_mount() {
    let bench = Bench::new();
    let csv = skill("csv-profile");
    let home = bench.home().to_str().unwrap().to_owned();
    let run = |arguments: &[&str]| {
        Ran::from(bench.command(["run", &csv, "--input", CSV]).args(arguments).output().unwrap())
    };
    for folder in ["/", home.as_str(), ".."] {
        run(&["--workspace", folder]).ended_with(2).says("--allow-broad-workspace");
        run(&["--mount", &format!("{folder}:/data")]).ended_with(2).says("--allow-broad-workspace");
    }
    std::fs::write(bench.home().join("data.csv"), "a\n1\n").unwrap();
    run(&["--workspace", &home, "--allow-broad-workspace"]).ended_with(0);
    // As the current directory that nobody chose it is no workspace at all.
    let output = bench.command(["run", &csv, "--input", CSV]).current_dir(&home).output().unwrap();
    Ran::from(output).ended_with(5).says("--workspace DIR");
}

#[test]
fn a_mount_is_a_further_folder() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("data.csv"), "a\n1\n2\n3\n").unwrap();
    let mount = format!("{}:/more", outside.path().display());
    let csv = skill("csv-profile");
    let input = r#"{"path": "more/data.csv"}"#;
    assert_eq!(bench.run(["run", &csv, "--mount", &mount, "--input", input]).ended_with(0).json()["rows"], 3);
    bench.run(["run", &csv, "--mount", "nonsense", "--input", input]).ended_with(2).says("HOST:GUEST");
    bench
        .run(["run", &csv, "--mount", ".:/skill", "--input", input])
        .ended_with(2)
        .says("one name of its own");
}

#[test]
fn refusals_that_were_coped_with_are_noted() {
    let bench = Bench::new();
    let ran = card(&bench, &["--deny", "Env(LANG)"]).ended_with(0);
    let ran = ran.says("note: it went on without what it was refused");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
    assert_eq!(card(&bench, &["--deny", "Env(LANG)", "--quiet"]).ended_with(0).stderr, "");
}
