//! Names and what they resolve to: decided by the name before it is looked up, and by its addresses after.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use openskills_runtime::{Answer, Lookup, Policy, Question, Resolve};
use openskills_tests::Scenario;
use openskills_tests::server::{Certificate, Server};
use serde_json::{Value, json};

/// An address that counts as public. It only ever stands beside one that does not, so nothing connects to it.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(203, 0, 114, 7);

/// A phone book that remembers who was looked up.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<String>>>);

impl Resolve for Book {
    fn lookup<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        self.0.lock().unwrap().push(name.to_owned());
        let addresses: &[Ipv4Addr] = match name {
            "tls.test" | "inside.test" => &[Ipv4Addr::LOCALHOST],
            "meta.test" => &[Ipv4Addr::new(169, 254, 169, 254)],
            "mixed.test" => &[PUBLIC, Ipv4Addr::new(10, 0, 0, 1)],
            "private.test" => &[Ipv4Addr::new(192, 168, 1, 1)],
            _ => return Box::pin(async { Err(io::ErrorKind::NotFound.into()) }),
        };
        let addresses = addresses.iter().copied().map(IpAddr::from).collect();
        Box::pin(async { Ok(addresses) })
    }
}

impl Book {
    fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn known(book: &Book, tools: &str) -> Scenario {
    let book = book.clone();
    Scenario::new().allowed_tools(tools).guest("net").with(|builder| builder.resolver(book))
}

fn fetch(scenario: Scenario, url: &str) -> Value {
    scenario.run(json!({ "url": url, "timeout_ms": 2_000 })).unwrap().output[0].take()
}

#[test]
fn what_is_not_granted_is_not_even_looked_up() {
    let book = Book::default();
    let answer = fetch(known(&book, "WebFetch(domain:a.test)"), "https://secret-data.evil.test/");
    assert_eq!(answer["error"], "Denied");
    assert_eq!(book.asked(), Vec::<String>::new());
}

#[test]
fn a_public_name_that_leads_inside_is_not_followed_there() {
    for name in ["inside.test", "meta.test", "mixed.test", "private.test"] {
        for policy in [Policy::default(), Policy::trust_skills()] {
            let book = Book::default();
            let tools = format!("WebFetch(domain:{name})");
            // Nor does an allow that was written for the public name.
            let scenario = known(&book, &tools).policy(policy).allow(&tools);
            let answer = fetch(scenario, &format!("https://{name}/"));
            assert_eq!(answer["error"], "Denied", "{name}: {answer}");
            assert_eq!(book.asked(), [name]);
        }
    }
}

#[test]
fn a_yes_does_not_open_metadata() {
    let book = Book::default();
    let scenario = known(&book, "WebFetch(domain:meta.test)").approver(|_: &Question| Answer::Session);
    assert_eq!(fetch(scenario, "https://meta.test/")["error"], "Denied");
}

#[test]
fn a_name_is_looked_up_once_so_that_the_checked_address_is_the_one_connected_to() {
    let server = Server::start().unwrap();
    let book = Book::default();
    let rule = format!("WebFetch(domain:http://inside.test:{})", server.port());
    let url = format!("http://inside.test:{}/ok", server.port());
    let answer = fetch(known(&book, &rule).allow(&rule), &url);
    assert_eq!(answer["status"], 200, "{answer}");
    assert_eq!(book.asked(), ["inside.test"]);
    assert_eq!(server.requests()[0].header("host").unwrap(), format!("inside.test:{}", server.port()));
}

#[test]
fn the_certificate_is_that_of_the_name() {
    let server = Server::start_tls(Certificate::Valid).unwrap();
    let rule = |name: &str| format!("WebFetch(domain:https://{name}:{})", server.port());
    for (name, reached) in [("tls.test", true), ("inside.test", false)] {
        let pem = server.authority_pem().as_bytes().to_vec();
        let book = Book::default();
        let scenario = known(&book, &rule(name)).allow(&rule(name));
        let scenario = scenario.with(|builder| builder.trust_certificates(&pem).unwrap());
        let answer = fetch(scenario, &format!("https://{name}:{}/ok", server.port()));
        if reached {
            assert_eq!(answer["status"], 200, "{answer}");
            assert_eq!(server.requests()[0].server_name.as_deref(), Some("tls.test"));
        } else {
            assert_eq!(answer["error"], "Tls", "{answer}");
        }
    }
}

#[test]
fn a_name_without_an_address_says_so() {
    let answer = fetch(known(&Book::default(), "WebFetch(domain:none.test)"), "https://none.test/");
    assert_eq!(answer["error"], "NameNotResolved", "{answer}");
}

#[test]
fn spellings_of_a_name_are_one() {
    for spelling in ["NONE.test", "none.test.", "None.Test."] {
        let book = Book::default();
        let answer = fetch(known(&book, "WebFetch(domain:none.test)"), &format!("https://{spelling}/"));
        assert_eq!(answer["error"], "NameNotResolved", "{spelling}: {answer}");
        assert_eq!(book.asked(), ["none.test"]);
    }
    let denied = known(&Book::default(), "WebFetch(domain:none.test)").deny("WebFetch(domain:NONE.TEST.)");
    assert!(denied.run(json!({ "url": "https://none.test/" })).is_err(), "denied wholly");
}
