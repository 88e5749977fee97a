//! Sockets: there for programs that look for them, and closed.

use openskills_runtime::ErrorKind;
use openskills_tests::Scenario;
use openskills_tests::server::Server;
use serde_json::json;

#[test]
fn no_address_can_be_reached_and_each_attempt_is_on_record() {
    let server = Server::start().unwrap();
    let address = format!("127.0.0.1:{}", server.port());
    // Even a grant for http of that very server opens no socket.
    let rule = format!("WebFetch(domain:http://{address})");
    let stage = Scenario::new().allowed_tools(&rule).allow(&rule).guest("sockets").ready();
    for (op, address) in [
        ("connect", address.as_str()),
        ("connect", "192.0.2.1:80"),
        ("send", &address),
        ("listen", "127.0.0.1:0"),
    ] {
        let result = stage.run(json!({ "op": op, "address": address })).unwrap();
        assert_eq!(result.output["error"], "PermissionDenied", "{op} {address}: {}", result.output);
        assert!(!result.audit.refusals.is_empty(), "{op} {address}");
    }
    let error = stage.run(json!({ "op": "connect", "address": address, "strict": true })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(server.requests().is_empty());
}

#[test]
fn no_name_is_looked_up() {
    // A grant for http of any host opens no look-up.
    let stage = Scenario::new().allowed_tools("WebFetch").allow("WebFetch").guest("sockets").ready();
    for name in ["localhost", "secret-in-a-name.evil.test"] {
        let result = stage.run(json!({ "op": "resolve", "address": format!("{name}:80") })).unwrap();
        assert!(result.output.get("error").is_some(), "{}", result.output);
        let refusals = &result.audit.refusals;
        assert_eq!((refusals.len(), refusals[0].target.as_str()), (1, name), "{refusals:?}");
    }
}

#[test]
fn standard_input_is_empty() {
    let result = Scenario::new().guest("sockets").run(json!({ "op": "stdin" })).unwrap();
    assert_eq!(result.output["ok"], "");
}
