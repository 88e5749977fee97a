//! What scripts reach: files, web servers, variables; each as granted and refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openskills_runtime::{Answer, ErrorKind, Policy, Question};
use openskills_tests::server::{PAGE, Server};
use serde_json::json;

use crate::{run, run_with, skill, text};

const READ: &str = "print(open('data.csv').read())";

#[test]
fn files_of_the_workspace_are_read_as_granted() {
    let granted = skill(READ, "Read(data.csv)").file("data.csv", "1,2").ready();
    assert_eq!(text(&run(&granted).unwrap().stdout), "1,2\n");
    let refused = skill(READ, "Read(other.csv)").file("data.csv", "1,2").ready();
    let error = run(&refused).unwrap_err();
    assert!(error.stderr().unwrap().contains("PermissionError"), "{:?}", error.stderr());
}

#[test]
fn files_of_the_workspace_are_written_as_granted() {
    let script = "import pathlib; pathlib.Path('out').mkdir(); pathlib.Path('out/a.txt').write_text('x')";
    let granted = skill(script, "Edit(out/**)").ready();
    run(&granted).unwrap();
    assert_eq!(granted.read("out/a.txt").unwrap(), "x");
    let refused = skill(script, "Read").ready();
    assert_eq!(run(&refused).unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(refused.read("out/a.txt"), None);
}

#[test]
fn the_skills_folder_is_read_and_never_written() {
    let stage = skill(
        "import pathlib; print(pathlib.Path(__file__).parent.parent.joinpath('data/a.txt').read_text())",
        "",
    )
    .skill_file("data/a.txt", "mine")
    .ready();
    assert_eq!(text(&run(&stage).unwrap().stdout), "mine\n");
    let stage = skill("open(__file__, 'w').write('other')", "Read, Write").ready();
    assert_eq!(run(&stage).unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert!(std::fs::read_to_string(stage.skill.join("scripts/tried.py")).unwrap().contains("other')"));
}

#[test]
fn nothing_outside_is_reached() {
    let script = "import sys\nfor path in sys.argv[1:]:\n    try:\n        open(path).read(); print('read', path)\n    \
                  except PermissionError:\n        print('refused')";
    let stage = skill(script, "Read, Write").outside("secret", "s").link("way", "../secret").ready();
    let result =
        run_with(&stage, &["/home/someone/secret", "/etc/passwd", "/proc/self/environ", "way"], "").unwrap();
    assert_eq!(text(&result.stdout), "refused\n".repeat(4), "{}", text(&result.stderr));
    assert!(result.audit.refusals.len() >= 3, "{:?}", result.audit.refusals);
}

const FETCH: &str = "import sys, urllib.request\nwith urllib.request.urlopen(sys.argv[1], timeout=5) as r:\n    \
                     print(r.status, r.read().decode())";

#[test]
fn a_web_server_is_reached_as_granted() {
    let server = Server::start().unwrap();
    let rule = format!("WebFetch(domain:http://127.0.0.1:{})", server.port());
    let granted = skill(FETCH, &rule).allow(&rule).ready();
    let result = run_with(&granted, &[&server.url("/ok")], "").unwrap();
    assert_eq!(text(&result.stdout), format!("200 {PAGE}\n"));
    assert!(result.audit.uses.iter().any(|one| one.target.contains("127.0.0.1")), "{:?}", result.audit.uses);
}

#[test]
fn a_web_server_that_is_not_granted_is_refused_with_the_line_to_add() {
    let server = Server::start().unwrap();
    let refused = skill(FETCH, "Read").ready();
    let error = run_with(&refused, &["https://example.com/x"], "").unwrap_err();
    let stderr = error.stderr().unwrap();
    assert!(stderr.contains("URLError") && stderr.contains("WebFetch(domain:example.com)"), "{stderr}");
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.hint().unwrap(), "add to SKILL.md: `allowed-tools: WebFetch(domain:example.com)`");
    assert!(server.requests().is_empty());
}

#[test]
fn a_request_arrives_as_it_was_made() {
    let server = Server::start().unwrap();
    let rule = format!("WebFetch(domain:http://127.0.0.1:{})", server.port());
    let script = "import http.client, json, sys\nc = http.client.HTTPConnection(sys.argv[1])\n\
                  c.request('POST', '/echo?q=1', body=iter([b'one', b'two']), headers={'X-One': '1'},\n          \
                  encode_chunked=True) if False else c.request('POST', '/echo?q=1', b'onetwo', {'X-One': '1'})\n\
                  r = c.getresponse()\nprint(r.read().decode())";
    let stage = skill(script, &rule).allow(&rule).ready();
    let result = run_with(&stage, &[&format!("127.0.0.1:{}", server.port())], "").unwrap();
    assert_eq!(result.output["method"], json!("POST"));
    assert_eq!(result.output["target"], json!("/echo?q=1"));
    assert_eq!(result.output["body"], json!("onetwo"));
    assert_eq!(server.requests()[0].header("x-one"), Some("1"));
}

#[test]
fn a_status_is_an_http_error_as_natively() {
    let server = Server::start().unwrap();
    let rule = format!("WebFetch(domain:http://127.0.0.1:{})", server.port());
    let script = "import sys, urllib.request, urllib.error\ntry:\n    urllib.request.urlopen(sys.argv[1])\n\
                  except urllib.error.HTTPError as e:\n    print(e.code)";
    let stage = skill(script, &rule).allow(&rule).ready();
    assert_eq!(text(&run_with(&stage, &[&server.url("/status/404")], "").unwrap().stdout), "404\n");
}

#[test]
fn sockets_reach_nothing() {
    let script = "import _socket, socket\ns = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)\n\
                  try:\n    s.connect(('127.0.0.1', 80))\nexcept PermissionError:\n    print('refused')\n\
                  try:\n    socket.socket().bind(('', 8000))\nexcept PermissionError as e:\n    print(e.strerror)\n\
                  c = socket.create_connection(('127.0.0.1', 6379))\n\
                  try:\n    c.sendall(b'PING\\r\\n')\nexcept PermissionError as e:\n    print(e.strerror)";
    let result = run(&skill(script, "WebFetch").policy(Policy::trust_skills()).ready()).unwrap();
    assert_eq!(
        text(&result.stdout),
        "refused\nthe sandbox has no server sockets: nothing can listen here\n\
         the sandbox speaks HTTP to web servers and nothing else\n"
    );
    assert_eq!(result.audit.refusals.len(), 1);
}

const VARIABLE: &str =
    "import os; print(os.environ.get('GIVEN'), os.environ.get('SECRET'), sorted(os.environ))";

#[test]
fn variables_are_those_that_are_granted() {
    let set = [("GIVEN", "1"), ("SECRET", "2")];
    let granted = skill(VARIABLE, "Env(GIVEN)").allow("Env(GIVEN)").environment(&set).ready();
    assert_eq!(text(&run(&granted).unwrap().stdout), "1 None ['GIVEN']\n");
    let none = skill(VARIABLE, "").environment(&set).ready();
    assert_eq!(text(&run(&none).unwrap().stdout), "None None []\n");
}

#[test]
fn a_yes_for_the_session_is_for_the_script_as_it_was() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let stage = skill(READ, "Read")
        .ask("Read")
        .file("data.csv", "1,2")
        .approver(move |_: &Question| {
            counted.fetch_add(1, Ordering::SeqCst);
            Answer::Session
        })
        .ready();
    for _ in 0..2 {
        assert_eq!(text(&run(&stage).unwrap().stdout), "1,2\n");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    std::fs::write(stage.skill.join("scripts/tried.py"), format!("{READ}\nprint('more')")).unwrap();
    run(&stage).unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

/// What a policy allows to a component, by its digest, is not for the scripts beside it.
#[test]
fn a_section_for_a_component_says_nothing_of_scripts() {
    let component = openskills_tests::guest("echo");
    let digest = ring::digest::digest(&ring::digest::SHA256, &component);
    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let section =
        |digest: &str| format!("skills:\n  tried:\n    sha256: {digest}\n    allow: [\"Env(LANG)\"]\n");
    let stage = |digest: &str| {
        let policy = Policy::default().with_yaml(&section(digest)).unwrap();
        skill("print('ran')", "").component(&component).policy(policy).ready()
    };
    let error = run(&stage(&digest)).unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidArtifact && error.to_string().contains("`folder`"), "{error}");
    assert_eq!(text(&run(&stage(&"0".repeat(64))).unwrap().stdout), "ran\n");
}
