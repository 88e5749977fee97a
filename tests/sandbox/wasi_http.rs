//! `wasi:http` beside `openskills:skill/http`: the same answers, and what only the former has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openskills_runtime::{Answer, ErrorKind, Limits, Outcome, Question};
use openskills_tests::server::{Certificate, KEPT, PAGE, Server};
use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

fn allowed(server: &Server) -> Scenario {
    let rule = format!("WebFetch(domain:http://127.0.0.1:{})", server.port());
    Scenario::new().allowed_tools(&rule).allow(&rule).guest("web")
}

fn fetch(stage: &Stage, input: Value) -> Value {
    stage.run(input).unwrap().output[0].take()
}

#[test]
fn without_an_entry_it_is_refused_before_any_code_runs() {
    let stage = Scenario::new().allowed_tools("Read").guest("web").ready();
    let error = stage.run(json!({ "url": "https://example.com/" })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.hint().unwrap(), "add to SKILL.md: `allowed-tools: WebFetch(domain:HOST)`");
    let record = stage.last();
    assert_eq!((record.usage.memory_peak, &record.outcome), (0, &Outcome::Denied));
    assert!(record.refusals.iter().all(|refusal| json!(refusal.action) == "import"));
    assert!(record.refusals.iter().all(|refusal| refusal.target.starts_with("wasi:http/")));
}

#[test]
fn a_granted_server_is_reached_and_what_moved_is_on_record() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    let input =
        json!({ "url": server.url("/echo"), "method": "POST", "body": "hello", "headers": [["x-a", "1"]] });
    let answer = fetch(&stage, input);
    assert_eq!(answer["status"], 200, "{answer}");
    let seen = &server.requests()[0];
    assert_eq!(
        (seen.method.as_str(), seen.body.as_slice(), seen.header("x-a")),
        ("POST", &b"hello"[..], Some("1"))
    );
    assert_eq!(seen.header("host").unwrap(), format!("127.0.0.1:{}", server.port()));
    let record = stage.last();
    assert_eq!(
        (record.uses.len(), json!(record.uses[0].action), record.uses[0].count),
        (1, json!("fetch"), 1)
    );
    let usage = &record.usage;
    assert_eq!((usage.requests, usage.sent_bytes), (1, 5));
    assert_eq!(usage.received_bytes, answer["bytes"].as_u64().unwrap());
}

#[test]
fn the_host_header_is_the_canonical_host() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    let url = format!("http://0x7F.1:{}/ok", server.port());
    assert_eq!(fetch(&stage, json!({ "url": url }))["status"], 200);
    assert_eq!(server.requests()[0].header("host").unwrap(), format!("127.0.0.1:{}", server.port()));
}

#[test]
fn bodies_stream_both_ways_up_to_the_limit() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).limits(Limits { body: 1_000_000, ..Limits::default() }).ready();
    let post = |times: u32| json!({ "url": server.url("/status/200"), "method": "POST", "body": "x".repeat(10_000), "times": times });
    assert_eq!(fetch(&stage, post(100))["status"], 200);
    assert_eq!(server.requests()[0].body.len(), 1_000_000);
    assert_eq!(fetch(&stage, post(101))["error"], "HttpRequestBodySize");
    assert_eq!(fetch(&stage, json!({ "url": server.url("/chunked?n=1000000") }))["bytes"], 1_000_000);
    let answer = fetch(&stage, json!({ "url": server.url("/chunked?n=1000001") }));
    assert_eq!(answer["error"], "HttpResponseBodySize", "{answer}");
}

#[test]
fn a_body_can_be_read_in_part() {
    let server = Server::start().unwrap();
    let answer = fetch(&allowed(&server).ready(), json!({ "url": server.url("/endless"), "read": 100_000 }));
    assert_eq!((&answer["status"], &answer["dropped"]), (&json!(200), &json!(true)), "{answer}");
}

#[test]
fn trailers_go_both_ways_without_what_is_the_hosts() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    let answer = fetch(&stage, json!({ "url": server.url("/trailers") }));
    assert_eq!((&answer["body"], &answer["trailers"]), (&json!("hi"), &json!([["x-sum", "42"]])), "{answer}");
    let send = |name: &str| {
        json!({
            "url": server.url("/status/200"), "method": "POST", "body": "hi",
            "headers": [["trailer", name]], "trailers": [[name, "7"]],
        })
    };
    assert_eq!(fetch(&stage, send("x-sum"))["status"], 200);
    assert_eq!(server.requests().last().unwrap().header("x-sum"), Some("7"));
    for name in ["host", "transfer-encoding", "proxy-authorization"] {
        assert_eq!(fetch(&stage, send(name))["error"], "HeaderForbidden", "{name}");
    }
}

#[test]
fn errors_have_the_codes_of_the_interface() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    let code = |url: String| fetch(&stage, json!({ "url": url, "timeout_ms": 200 }))["error"].take();
    assert_eq!(code("https://example.com/".to_owned()), "HttpRequestDenied");
    assert_eq!(code("http://127.0.0.2/".to_owned()), "DestinationIpProhibited");
    assert_eq!(code("ftp://127.0.0.1/".to_owned()), "HttpProtocolError");
    assert_eq!(code(server.url("/slow-headers")), "HttpResponseTimeout");
    let nobody = Server::start().unwrap().port();
    let rule = format!("WebFetch(domain:http://127.0.0.1:{nobody})");
    let stage = Scenario::new().allowed_tools(&rule).allow(&rule).guest("web").ready();
    let answer = fetch(&stage, json!({ "url": format!("http://127.0.0.1:{nobody}/") }));
    assert_eq!(answer["error"], "ConnectionRefused", "{answer}");
}

#[test]
fn a_denial_that_ends_the_call_names_the_line_to_add() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    let error = stage.run(json!({ "url": "https://example.com/", "strict": true })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.hint().unwrap().contains("WebFetch(domain:example.com)"), "{:?}", error.hint());
}

#[test]
fn the_calls_time_is_the_bound_whatever_the_guest_wants_to_wait() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    stage.runtime.compile_skill("tried").unwrap();
    for (path, wanted) in [("/slow-headers", u64::MAX), ("/slow-body", 600_000)] {
        let error =
            stage.run_within(400, json!({ "url": server.url(path), "timeout_ms": wanted })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{path}: {error}");
    }
    // No time at all is a timeout like any other.
    let answer = fetch(&stage, json!({ "url": server.url("/slow-headers"), "timeout_ms": 0 }));
    assert!(
        matches!(answer["error"].as_str(), Some("ConnectionTimeout" | "HttpResponseTimeout")),
        "{answer}"
    );
    assert_eq!(fetch(&stage, json!({ "url": server.url("/ok") }))["body"], PAGE);
}

#[test]
fn many_at_once_are_all_answered() {
    let server = Server::start().unwrap();
    let url = server.url("/ok");
    let result =
        allowed(&server).run(json!({ "url": url, "then": vec![&url; 39], "together": true })).unwrap();
    let answers = result.output.as_array().unwrap();
    assert!(answers.iter().all(|answer| answer["body"] == PAGE), "{answers:?}");
    assert_eq!((answers.len(), result.audit.usage.requests, result.audit.uses[0].count), (40, 40, 40));
}

/// A person at a terminal can answer one question at a time, and the same one once.
#[test]
fn many_at_once_ask_one_question_at_a_time() {
    let server = Server::start().unwrap();
    let rule = format!("WebFetch(domain:http://127.0.0.1:{})", server.port());
    let (at_once, most, asked) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::default());
    let seen = (Arc::clone(&at_once), Arc::clone(&most), Arc::<AtomicUsize>::clone(&asked));
    let scenario = Scenario::new().allowed_tools(&rule).guest("web").approver(move |_: &Question| {
        let (at_once, most, asked) = &seen;
        most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        asked.fetch_add(1, Ordering::SeqCst);
        std::thread::yield_now();
        at_once.fetch_sub(1, Ordering::SeqCst);
        Answer::Once
    });
    let url = server.url("/ok");
    let result = scenario.run(json!({ "url": url, "then": [url, url, url, url], "together": true })).unwrap();
    assert!(
        result.output.as_array().unwrap().iter().all(|answer| answer["status"] == 200),
        "{}",
        result.output
    );
    assert_eq!((most.load(Ordering::SeqCst), asked.load(Ordering::SeqCst)), (1, 1));
}

/// What is under way when a call ends is given up. Nothing leaves that is on no record.
#[test]
fn a_request_that_nobody_waits_for_is_on_record_or_not_sent() {
    let server = Server::start().unwrap();
    let stage = allowed(&server).ready();
    let mut recorded = 0;
    for _ in 0..50 {
        let result = stage.run(json!({ "url": server.url("/ok"), "leave": true })).unwrap();
        recorded += result.audit.uses.iter().map(|entry| entry.count).sum::<u64>();
    }
    // A request that is answered now: whatever was sent before it has arrived.
    assert_eq!(fetch(&stage, json!({ "url": server.url("/ok") }))["status"], 200);
    assert!(server.requests().len() as u64 <= recorded + 1, "{recorded}");
}

#[test]
fn a_connection_is_used_again_at_either_door_and_each_request_is_on_record() {
    for guest in ["net", "web"] {
        let server = Server::start().unwrap();
        let stage = allowed(&server).guest(guest).ready();
        let url = server.url(KEPT);
        for _ in 0..2 {
            let result = stage.run(json!({ "url": url, "then": [url, url] })).unwrap();
            assert_eq!((result.audit.uses[0].count, result.audit.usage.requests), (3, 3), "{guest}");
        }
        assert_eq!((server.requests().len(), server.connections()), (6, 1), "{guest}");
    }
}

#[test]
fn requests_and_bytes_of_a_call_have_limits() {
    for guest in ["net", "web"] {
        let server = Server::start().unwrap();
        let url = server.url("/big?n=1000");
        let limits = Limits { requests: 2, ..Limits::default() };
        let stage = allowed(&server).guest(guest).limits(limits).ready();
        stage.run(json!({ "url": url, "then": [url], "strict": true })).unwrap();
        let error = stage.run(json!({ "url": url, "then": [url, url], "strict": true })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{guest}: {error}");
        let limits = Limits { transferred_bytes: 2_000, ..Limits::default() };
        let stage = allowed(&server).guest(guest).limits(limits).ready();
        stage.run(json!({ "url": url, "then": [url], "strict": true })).unwrap();
        let error = stage.run(json!({ "url": url, "then": [url, url], "strict": true })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{guest}: {error}");
    }
}

#[test]
fn tls_works_at_either_door() {
    let server = Server::start_tls(Certificate::Valid).unwrap();
    let rule = format!("WebFetch(domain:https://localhost:{})", server.port());
    let pem = server.authority_pem().as_bytes().to_vec();
    for guest in ["net", "web"] {
        let stage = Scenario::new()
            .allowed_tools(&rule)
            .allow(&rule)
            .with(|builder| builder.trust_certificates(&pem).unwrap())
            .guest(guest)
            .ready();
        let url = server.url(KEPT);
        let result = stage.run(json!({ "url": url, "then": [url] })).unwrap();
        assert!(
            result.output.as_array().unwrap().iter().all(|answer| answer["body"] == PAGE),
            "{}",
            result.output
        );
    }
    assert_eq!((server.requests().len(), server.connections()), (4, 2));
}
