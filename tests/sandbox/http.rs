//! Requests to web servers, against a real one on the loopback.

use std::sync::{Arc, Mutex};

use openskills_runtime::{Answer, ErrorKind, Limits, Policy, Question};
use openskills_tests::server::{Certificate, PAGE, Server};
use openskills_tests::{Scenario, Stage, skill_component};
use serde_json::{Value, json};

fn rule(server: &Server) -> String {
    format!("WebFetch(domain:http://127.0.0.1:{})", server.port())
}

/// A skill that asks for the server, and a policy that allows it by name.
fn allowed(server: &Server) -> Scenario {
    Scenario::new().allowed_tools(&rule(server)).allow(&rule(server)).guest("net")
}

fn fetch(stage: &Stage, input: Value) -> Value {
    stage.run(input).unwrap().output[0].take()
}

#[test]
fn a_server_that_the_skill_names_and_the_policy_allows_is_reached() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    let answer = fetch(&stage, json!({ "url": server.url("/ok") }));
    assert_eq!((&answer["status"], &answer["body"]), (&json!(200), &json!(PAGE)));
    let record = stage.last();
    assert!(record.uses[0].target.contains(&format!("127.0.0.1:{}", server.port())), "{:?}", record.uses);
}

#[test]
fn method_headers_and_body_arrive() {
    let server = Server::start().unwrap();
    let input = json!({
        "url": server.url("/echo?q=1"), "method": "POST", "headers": [["x-one", "1"], ["accept", "text/plain"]],
        "body": "hello",
    });
    let answer = fetch(&allowed(&server).ready(), input);
    let echo: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&echo["method"], &echo["target"], &echo["body"]),
        (&json!("POST"), &json!("/echo?q=1"), &json!("hello"))
    );
    let seen = &server.requests()[0];
    assert_eq!((seen.header("x-one"), seen.header("accept")), (Some("1"), Some("text/plain")));
    assert_eq!(seen.header("host").unwrap(), format!("127.0.0.1:{}", server.port()));
}

#[test]
fn headers_of_the_host_are_refused() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    for name in
        ["host", "connection", "transfer-encoding", "proxy-authorization", "content-length", "upgrade"]
    {
        let answer = fetch(&stage, json!({ "url": server.url("/ok"), "headers": [[name, "x"]] }));
        assert_eq!(answer["error"], "InvalidRequest", "{name}: {answer}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn every_status_is_an_answer() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    for status in [204, 404, 500] {
        assert_eq!(
            fetch(&stage, json!({ "url": server.url(&format!("/status/{status}")) }))["status"],
            status
        );
    }
}

#[test]
fn without_an_entry_the_skill_is_refused_at_load() {
    let error = Scenario::new()
        .allowed_tools("Read")
        .guest("net")
        .run(json!({ "url": "https://a.test/" }))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.hint().unwrap(), "add to SKILL.md: `allowed-tools: WebFetch(domain:HOST)`");
}

#[test]
fn a_server_on_this_machine_needs_more_than_the_skills_own_word() {
    let server = Server::start().unwrap();
    for policy in [Policy::default(), Policy::trust_skills()] {
        let stage = Scenario::new().allowed_tools(&rule(&server)).policy(policy).guest("net").ready();
        let answer = fetch(&stage, json!({ "url": server.url("/ok") }));
        assert_eq!(answer["error"], "Denied", "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(&rule(&server)), "it names the rule: {answer}");
    }
    // An allow for all public hosts is none for this one.
    let stage = Scenario::new().allowed_tools(&rule(&server)).allow("WebFetch").guest("net").ready();
    assert_eq!(fetch(&stage, json!({ "url": server.url("/ok") }))["error"], "Denied");
    assert!(server.requests().is_empty());
}

#[test]
fn an_approver_decides_where_the_policy_does_not() {
    let server = Server::start().unwrap();
    for (answer, reached) in [(Answer::Once, true), (Answer::No, false)] {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let before = server.requests().len();
        let stage = Scenario::new()
            .allowed_tools(&rule(&server))
            .approver(move |question: &Question| {
                seen.lock().unwrap().push(question.target.clone());
                answer
            })
            .guest("net")
            .ready();
        let result = fetch(&stage, json!({ "url": server.url("/ok") }));
        assert_eq!(result["status"] == 200, reached, "{result}");
        assert_eq!(server.requests().len() - before, usize::from(reached));
        let asked = asked.lock().unwrap();
        assert!(asked[0].contains("127.0.0.1"), "{asked:?}");
    }
}

#[test]
fn a_no_is_remembered_for_the_call() {
    let server = Server::start().unwrap();
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let stage = Scenario::new()
        .allowed_tools(&rule(&server))
        .approver(move |_: &Question| {
            *count.lock().unwrap() += 1;
            Answer::No
        })
        .guest("net")
        .ready();
    let url = server.url("/ok");
    stage.run(json!({ "url": url, "then": [url, url, url] })).unwrap();
    assert_eq!(*asked.lock().unwrap(), 1);
}

#[test]
fn another_host_port_or_scheme_is_refused_at_call_time() {
    let (server, other) = (Server::start().unwrap(), Server::start().unwrap());
    let stage = allowed(&server).ready();
    let port = server.port();
    for url in [
        other.url("/ok"),
        format!("http://localhost:{port}/ok"),
        format!("http://127.0.0.2:{port}/ok"),
        format!("https://127.0.0.1:{port}/ok"),
        "http://127.0.0.1/ok".to_owned(),
        "http://example.com/".to_owned(),
        "http://[::1]/".to_owned(),
    ] {
        let result = stage.run(json!({ "url": url })).unwrap();
        assert_eq!(result.output[0]["error"], "Denied", "{url}: {}", result.output);
        assert_eq!(result.audit.refusals.len(), 1, "{url}");
    }
    assert!(server.requests().is_empty() && other.requests().is_empty());
    let error = stage.run(json!({ "url": other.url("/ok"), "strict": true })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let line = format!("WebFetch(domain:http://127.0.0.1:{})", other.port());
    assert!(error.hint().unwrap().contains(&line), "{:?}", error.hint());
}

#[test]
fn other_spellings_of_an_address_are_that_address() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    let port = server.port();
    for host in ["0x7f.1", "2130706433", "127.1", "0177.0.0.1"] {
        assert_eq!(
            fetch(&stage, json!({ "url": format!("http://{host}:{port}/ok") }))["status"],
            200,
            "{host}"
        );
    }
    // And so are they where they are denied.
    let denied = Scenario::new()
        .allowed_tools(&rule(&server))
        .allow(&rule(&server))
        .deny("WebFetch(domain:127.0.0.1)");
    let stage = denied.guest("net").ready();
    for host in ["0x7f.1", "2130706433", "[::ffff:127.0.0.1]"] {
        assert_eq!(
            fetch(&stage, json!({ "url": format!("http://{host}:{port}/ok") }))["error"],
            "Denied",
            "{host}"
        );
    }
}

#[test]
fn malformed_requests_are_told_apart_from_refused_ones() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    for url in ["", "ftp://127.0.0.1/", "/ok", "http://user:pass@127.0.0.1/", "file:///etc/passwd", "http://"]
    {
        assert_eq!(fetch(&stage, json!({ "url": url }))["error"], "InvalidRequest", "{url}");
    }
    let url = server.url("/ok");
    for method in ["CONNECT", "GE T", ""] {
        assert_eq!(
            fetch(&stage, json!({ "url": url, "method": method }))["error"],
            "InvalidRequest",
            "{method}"
        );
    }
    let answer = fetch(&stage, json!({ "url": url, "headers": [["x", "a\r\nhost: b"]] }));
    assert_eq!(answer["error"], "InvalidRequest", "{answer}");
    assert!(server.requests().is_empty());
}

#[test]
fn the_host_follows_no_redirect() {
    let (server, other) = (Server::start().unwrap(), Server::start().unwrap());
    let stage = allowed(&server).ready();
    let url = server.url(&format!("/redirect?to={}", other.url("/ok")));
    let answer = fetch(&stage, json!({ "url": url }));
    assert_eq!(answer["status"], 302);
    assert!(other.requests().is_empty());
    // The SDK does, and each hop is decided by itself.
    let followed = stage.run(json!({ "url": url, "follow": true })).unwrap();
    assert_eq!(followed.output[0]["error"], "Denied");
    assert!(other.requests().is_empty());
    let within = server.url(&format!("/redirect?to={}", server.url("/ok")));
    assert_eq!(fetch(&stage, json!({ "url": within, "follow": true }))["body"], PAGE);
}

#[test]
fn an_address_of_cloud_metadata_is_denied_whatever_is_asked() {
    let url = "http://169.254.169.254/latest/meta-data/";
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let stage = Scenario::new()
        .allowed_tools("WebFetch(domain:http://169.254.169.254), WebFetch(domain:http://*)")
        .policy(Policy::trust_skills())
        .approver(move |_: &Question| {
            *count.lock().unwrap() += 1;
            Answer::Session
        })
        .guest("net")
        .ready();
    assert_eq!(fetch(&stage, json!({ "url": url }))["error"], "Denied");
    assert_eq!(*asked.lock().unwrap(), 0, "nobody is even asked");
}

#[test]
fn a_name_that_leads_to_this_machine_is_not_a_public_host() {
    let server = Server::start().unwrap();
    let origin = format!("http://localhost:{}", server.port());
    let named = format!("WebFetch(domain:{origin})");
    let url = format!("{origin}/ok");
    for tools in ["WebFetch(domain:http://*)", &named] {
        let stage = Scenario::new().allowed_tools(tools).policy(Policy::trust_skills()).guest("net").ready();
        assert_eq!(fetch(&stage, json!({ "url": url }))["error"], "Denied", "{tools}");
    }
    let stage = Scenario::new().allowed_tools(&named).allow(&named).guest("net").ready();
    assert_eq!(fetch(&stage, json!({ "url": url }))["status"], 200);
}

fn secure(server: &Server, trusted: bool) -> Stage {
    let rule = format!("WebFetch(domain:https://localhost:{})", server.port());
    let scenario = Scenario::new().allowed_tools(&rule).allow(&rule).guest("net");
    let pem = server.authority_pem().as_bytes().to_vec();
    match trusted {
        true => scenario.with(|builder| builder.trust_certificates(&pem).unwrap()).ready(),
        false => scenario.ready(),
    }
}

#[test]
fn a_certificate_must_be_trusted_valid_and_for_that_name() {
    for (certificate, trusted, expected) in [
        (Certificate::Valid, true, Ok(200)),
        (Certificate::Valid, false, Err("Tls")),
        (Certificate::Expired, true, Err("Tls")),
        (Certificate::WrongName, true, Err("Tls")),
    ] {
        let server = Server::start_tls(certificate).unwrap();
        let answer = fetch(&secure(&server, trusted), json!({ "url": server.url("/ok") }));
        match expected {
            Ok(status) => {
                assert_eq!(answer["status"], status, "{certificate:?}: {answer}");
                assert_eq!(server.requests()[0].server_name.as_deref(), Some("localhost"));
            }
            Err(error) => {
                assert_eq!(answer["error"], error, "{certificate:?} {trusted}: {answer}");
                assert!(server.requests().is_empty(), "{certificate:?}");
            }
        }
    }
}

#[test]
fn a_body_is_bounded_with_and_without_a_length() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).limits(Limits { body: 100_000, ..Limits::default() }).ready();
    for path in ["/big?n=", "/chunked?n="] {
        assert_eq!(fetch(&stage, json!({ "url": server.url(&format!("{path}100000")) }))["bytes"], 100_000);
        let answer = fetch(&stage, json!({ "url": server.url(&format!("{path}100001")) }));
        assert_eq!(answer["error"], "TooLarge", "{path}: {answer}");
    }
    assert_eq!(fetch(&stage, json!({ "url": server.url("/endless") }))["error"], "TooLarge");
    let body = "x".repeat(100_001);
    let answer = fetch(&stage, json!({ "url": server.url("/echo"), "method": "POST", "body": body }));
    assert_eq!(answer["error"], "TooLarge", "{answer}");
}

#[test]
fn headers_of_an_answer_are_bounded() {
    let server = Server::start().unwrap();
    let answer = fetch(&allowed(&server).ready(), json!({ "url": server.url("/huge-headers") }));
    assert!(answer.get("error").is_some(), "{answer}");
}

#[test]
fn a_slow_answer_ends_with_the_requests_own_time() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    for path in ["/slow-headers", "/slow-body"] {
        let answer = fetch(&stage, json!({ "url": server.url(path), "timeout_ms": 200 }));
        assert_eq!(answer["error"], "Timeout", "{path}: {answer}");
    }
}

#[test]
fn a_slow_answer_ends_with_the_calls_time() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    stage.runtime.compile_skill("tried").unwrap();
    for path in ["/slow-headers", "/slow-body"] {
        let error =
            stage.run_within(500, json!({ "url": server.url(path), "timeout_ms": 600_000 })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{path}: {error}");
    }
    assert_eq!(fetch(&stage, json!({ "url": server.url("/ok") }))["status"], 200, "the next call works");
}

#[test]
fn an_answer_that_is_not_there_says_so() {
    let port = Server::start().unwrap().port();
    let rule = format!("WebFetch(domain:http://127.0.0.1:{port})");
    let stage = Scenario::new().allowed_tools(&rule).allow(&rule).guest("net").ready();
    let answer = fetch(&stage, json!({ "url": format!("http://127.0.0.1:{port}/") }));
    assert_eq!(answer["error"], "Connection", "{answer}");
}

#[test]
fn a_skill_that_can_read_files_is_asked_about_before_it_may_send() {
    // A public name: without anyone to ask, nothing is even looked up.
    let tools = "Read, WebFetch(domain:example.com)";
    let result = Scenario::new()
        .allowed_tools(tools)
        .guest("net")
        .run(json!({ "url": "https://example.com/" }))
        .unwrap();
    assert_eq!(result.output[0]["error"], "Denied");
    assert!(
        result.audit.refusals[0].remedy.contains("WebFetch(domain:example.com)"),
        "{:?}",
        result.audit.refusals
    );
}

/// The skill as its author built it, over TLS, through a redirect, and not a step beyond what it asks for.
#[test]
fn page_title_reads_a_page_and_follows_a_redirect_within_its_grant() {
    let (server, other) = (Server::start_tls(Certificate::Valid).unwrap(), Server::start().unwrap());
    let rule = format!("WebFetch(domain:https://localhost:{})", server.port());
    let stage = Scenario::new()
        .allowed_tools(&rule)
        .allow(&rule)
        .trust(server.authority_pem())
        .component(&skill_component("page-title"))
        .ready();
    let url = server.url("/redirect?to=/ok");
    let result = stage.run(json!({ "url": url })).unwrap();
    assert_eq!(
        (&result.output["title"], &result.output["url"]),
        (&json!("A page"), &json!(server.url("/ok")))
    );
    assert_eq!((result.audit.uses[0].count, result.audit.usage.requests), (2, 2));
    let error =
        stage.run(json!({ "url": server.url(&format!("/redirect?to={}", other.url("/ok"))) })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.hint().unwrap().contains(&other.port().to_string()), "{:?}", error.hint());
    assert!(other.requests().is_empty());
}

#[test]
fn a_query_is_not_on_record() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    fetch(&stage, json!({ "url": server.url("/ok?token=t0ps3cret") }));
    fetch(&stage, json!({ "url": format!("http://127.0.0.2:{}/?token=t0ps3cret", server.port()) }));
    assert!(!serde_json::to_string(&stage.records.records()).unwrap().contains("t0ps3cret"));
}
