//! Attacks on and through the network. Each is tried at both http doors: `openskills:skill/http` and `wasi:http`.

use std::future::ready;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use openskills_runtime::{AuditRecord, Limits, Lookup, OpenSkillError, Policy, Resolve};
use openskills_tests::Scenario;
use openskills_tests::server::{Certificate, KEPT, Server};
use serde_json::{Value, json};

use super::table::{Row, Table};

/// Where a guest tries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// `openskills:skill/http`, through the SDK.
    Skill,
    /// `wasi:http`, as a program uses it that knows nothing of this host.
    Wasi,
}

impl Door {
    const BOTH: [Self; 2] = [Self::Skill, Self::Wasi];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Skill => "openskills:skill/http",
            Self::Wasi => "wasi:http",
        }
    }

    fn guest(self) -> &'static str {
        match self {
            Self::Skill => "net",
            Self::Wasi => "web",
        }
    }
}

/// One attack.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) tried: &'static str,
    pub(crate) run: fn(Door) -> Outcome,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What the guest saw.
    pub(crate) guest: String,
    /// What the caller saw.
    pub(crate) caller: String,
    /// What is on record.
    pub(crate) record: String,
    /// Why it did not hold.
    pub(crate) broken: Option<String>,
}

/// A server that the skill may reach, and one that it may not, both on this machine.
struct Arena {
    inside: Server,
    outside: Server,
}

impl Arena {
    fn new() -> Self {
        Self { inside: Server::start().unwrap(), outside: Server::start().unwrap() }
    }

    fn saying(answer: impl Into<Vec<u8>>) -> Self {
        Self { inside: Server::start_saying(answer).unwrap(), outside: Server::start().unwrap() }
    }

    fn scenario(&self) -> Scenario {
        let rule = format!("WebFetch(domain:http://127.0.0.1:{})", self.inside.port());
        Scenario::new().allowed_tools(&rule).allow(&rule)
    }

    /// What a guest of the door makes of the input, and whether it is what must be.
    fn attempt(&self, door: Door, input: Value, must: impl FnOnce(&Tried) -> bool) -> Outcome {
        self.attempt_in(self.scenario(), door, input, must)
    }

    fn attempt_in(
        &self,
        scenario: Scenario,
        door: Door,
        input: Value,
        must: impl FnOnce(&Tried) -> bool,
    ) -> Outcome {
        let stage = scenario.guest(door.guest()).ready();
        let result = stage.run(input);
        let (answers, error) = match result {
            Ok(result) => (result.output.as_array().cloned().unwrap_or_default(), None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let tried = Tried { answers, error, record: stage.last(), reached: self.inside.requests().len() };
        let mut broken = None;
        if !self.outside.requests().is_empty() {
            broken = Some("a server was reached that was not granted".to_owned());
        } else if !must(&tried) {
            broken = Some(format!("{tried:?}"));
        }
        Outcome {
            guest: tried.answers.iter().map(said).collect::<Vec<_>>().join(", "),
            caller: tried.error.as_ref().map_or("success".to_owned(), |error| format!("{:?}", error.kind())),
            record: match tried.record.refusals.as_slice() {
                [] => format!("{} requests", tried.record.usage.requests),
                refusals => {
                    refusals.iter().map(|refusal| refusal.target.clone()).collect::<Vec<_>>().join(", ")
                }
            },
            broken,
        }
    }
}

#[derive(Debug)]
struct Tried {
    answers: Vec<Value>,
    error: Option<OpenSkillError>,
    record: AuditRecord,
    /// Requests that the granted server saw.
    reached: usize,
}

fn said(answer: &Value) -> String {
    match (answer["error"].as_str(), answer["status"].as_u64()) {
        (Some(error), _) => error.to_owned(),
        (None, Some(status)) => status.to_string(),
        (None, None) => answer.to_string(),
    }
}

impl Tried {
    /// The last request, and it alone, was refused, and that is on record.
    fn refused(&self) -> bool {
        let denials = ["Denied", "HttpRequestDenied", "DestinationIpProhibited"];
        self.answers.last().is_some_and(|answer| denials.contains(&said(answer).as_str()))
            && self.record.refusals.len() == 1
    }

    /// The request is malformed, by whichever word: nothing of it was sent.
    fn malformed(&self) -> bool {
        let words = [
            "InvalidRequest",
            "Malformed",
            "HeaderForbidden",
            "HeaderInvalidSyntax",
            "HttpRequestUriInvalid",
            "HttpRequestMethodInvalid",
            "InternalError",
            "HttpRequestBodySize",
        ];
        self.reached == 0 && self.answers.last().is_some_and(|answer| words.contains(&said(answer).as_str()))
    }

    fn failed(&self, words: &[&str]) -> bool {
        self.answers.last().is_some_and(|answer| words.contains(&said(answer).as_str()))
    }
}

/// Answers each question with the next list, the last for ever.
struct Answers(&'static [&'static [&'static str]], AtomicUsize);

impl Resolve for Answers {
    fn lookup<'a>(&'a self, _: &'a str) -> Lookup<'a> {
        let asked = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        let addresses: Result<Vec<IpAddr>, _> = self.0[asked].iter().map(|text| text.parse()).collect();
        Box::pin(ready(addresses.map_err(io::Error::other)))
    }
}

/// A skill that names a public host, by a policy that trusts it, where the name leads to these addresses.
fn leading_to(answers: &'static [&'static [&'static str]], name: &str) -> Scenario {
    Scenario::new()
        .allowed_tools(name)
        .policy(Policy::trust_skills())
        .with(|builder| builder.resolver(Answers(answers, AtomicUsize::new(0))))
}

fn spelled(door: Door, host: &str) -> Outcome {
    let arena = Arena::new();
    let url = format!("http://{host}:{}/ok", arena.outside.port());
    arena.attempt(door, json!({ "url": url }), |tried| tried.refused() || tried.malformed())
}

fn header(door: Door, name: &str, value: &str) -> Outcome {
    let arena = Arena::new();
    let input = json!({ "url": arena.inside.url("/ok"), "headers": [[name, value]] });
    arena.attempt(door, input, Tried::malformed)
}

fn method(door: Door, method: &str) -> Outcome {
    let arena = Arena::new();
    arena.attempt(door, json!({ "url": arena.inside.url("/ok"), "method": method }), Tried::malformed)
}

fn certificate(door: Door, certificate: Certificate, trusted: bool) -> Outcome {
    let arena = Arena { inside: Server::start_tls(certificate).unwrap(), outside: Server::start().unwrap() };
    let rule = format!("WebFetch(domain:https://localhost:{})", arena.inside.port());
    let mut scenario = Scenario::new().allowed_tools(&rule).allow(&rule);
    if trusted {
        scenario = scenario.trust(arena.inside.authority_pem());
    }
    let input = json!({ "url": arena.inside.url("/ok") });
    arena.attempt_in(scenario, door, input, |tried| {
        tried.reached == 0 && tried.failed(&["Tls", "TlsCertificateError"])
    })
}

/// The server answers so, and that is an error.
fn answer(door: Door, bytes: impl Into<Vec<u8>>, words: &[&str]) -> Outcome {
    let arena = Arena::saying(bytes);
    arena.attempt(door, json!({ "url": arena.inside.url("/") }), |tried| tried.failed(words))
}

fn path(door: Door, path: &str, words: &[&str]) -> Outcome {
    let arena = Arena::new();
    let input = json!({ "url": arena.inside.url(path), "timeout_ms": 300 });
    arena.attempt(door, input, |tried| tried.failed(words))
}

const TIMED_OUT: &[&str] = &["Timeout", "HttpResponseTimeout", "ConnectionReadTimeout"];
const NOT_HTTP: &[&str] =
    &["Protocol", "HttpProtocolError", "Connection", "HttpResponseIncomplete", "ConnectionTerminated"];
const TOO_LARGE: &[&str] = &["TooLarge", "HttpResponseBodySize"];

/// All of them.
pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "another host",
        tried: "a server that no entry names",
        run: |door| spelled(door, "127.0.0.2"),
    },
    Attack {
        name: "another port",
        tried: "another server of a host that is granted",
        run: |door| spelled(door, "127.0.0.1"),
    },
    Attack {
        name: "another scheme",
        tried: "https where http is granted",
        run: |door| {
            let arena = Arena::new();
            let url = format!("https://127.0.0.1:{}/ok", arena.inside.port());
            arena.attempt(door, json!({ "url": url }), Tried::refused)
        },
    },
    Attack { name: "decimal address", tried: "http://2130706433", run: |door| spelled(door, "2130706433") },
    Attack { name: "hexadecimal address", tried: "http://0x7f.1", run: |door| spelled(door, "0x7f.1") },
    Attack { name: "octal address", tried: "http://0177.0.0.1", run: |door| spelled(door, "0177.0.0.1") },
    Attack { name: "short address", tried: "http://127.1", run: |door| spelled(door, "127.1") },
    Attack { name: "the address of nothing", tried: "http://0.0.0.0", run: |door| spelled(door, "0.0.0.0") },
    Attack {
        name: "mapped address",
        tried: "http://[::ffff:127.0.0.1]",
        run: |door| spelled(door, "[::ffff:127.0.0.1]"),
    },
    Attack {
        name: "NAT64 address",
        tried: "http://[64:ff9b::7f00:1]",
        run: |door| spelled(door, "[64:ff9b::7f00:1]"),
    },
    Attack {
        name: "6to4 address",
        tried: "http://[2002:7f00:1::]",
        run: |door| spelled(door, "[2002:7f00:1::]"),
    },
    Attack {
        name: "zone of an address",
        tried: "http://[fe80::1%25lo]",
        run: |door| spelled(door, "[fe80::1%25lo]"),
    },
    Attack {
        name: "full-width digits",
        tried: "http://１２７.0.0.1",
        run: |door| spelled(door, "１２７.0.0.1"),
    },
    Attack { name: "a local name", tried: "http://localhost.", run: |door| spelled(door, "LOCALHOST.") },
    Attack {
        name: "user information",
        tried: "http://GRANTED@OTHER",
        run: |door| {
            let arena = Arena::new();
            let url =
                format!("http://127.0.0.1:{}@127.0.0.1:{}/ok", arena.inside.port(), arena.outside.port());
            arena.attempt(door, json!({ "url": url }), Tried::malformed)
        },
    },
    Attack {
        name: "a longer name",
        tried: "a name that begins with one that is granted",
        run: |door| {
            let arena = Arena::new();
            let url = "https://example.com.evil.test/";
            let scenario = leading_to(&[&["127.0.0.1"]], "WebFetch(domain:example.com)");
            arena.attempt_in(scenario, door, json!({ "url": url }), Tried::refused)
        },
    },
    Attack {
        name: "a name that leads home",
        tried: "a granted name that resolves to 127.0.0.1",
        run: |door| {
            let arena = Arena::new();
            let rule = format!("WebFetch(domain:http://home.test:{})", arena.outside.port());
            let url = format!("http://home.test:{}/ok", arena.outside.port());
            arena.attempt_in(
                leading_to(&[&["127.0.0.1"]], &rule),
                door,
                json!({ "url": url }),
                Tried::refused,
            )
        },
    },
    Attack {
        name: "any public host",
        tried: "a bare WebFetch, and a name that resolves to 10.0.0.1",
        run: |door| {
            let arena = Arena::new();
            let scenario = leading_to(&[&["10.0.0.1"]], "WebFetch").allow("WebFetch");
            arena.attempt_in(scenario, door, json!({ "url": "https://home.test/" }), Tried::refused)
        },
    },
    Attack {
        name: "one address of two",
        tried: "a name with a public and a private address",
        run: |door| {
            let arena = Arena::new();
            let scenario = leading_to(&[&["8.8.8.8", "192.168.0.1"]], "WebFetch(domain:two.test)");
            arena.attempt_in(scenario, door, json!({ "url": "https://two.test/" }), Tried::refused)
        },
    },
    Attack {
        name: "a changed mind",
        tried: "a name that resolves to a test server that is allowed, then to a metadata service",
        run: |door| {
            let arena = Arena::new();
            let port = arena.inside.port();
            let rule = format!("WebFetch(domain:http://turns.test:{port})");
            let scenario = leading_to(&[&["127.0.0.1"], &["169.254.169.254"]], &rule).allow(&rule);
            let url = format!("http://turns.test:{port}{KEPT}");
            arena.attempt_in(scenario, door, json!({ "url": url, "then": [url] }), |tried| {
                tried.refused() && tried.reached == 1
            })
        },
    },
    Attack {
        name: "cloud metadata",
        tried: "http://169.254.169.254, requested and trusted",
        run: |door| {
            let arena = Arena::new();
            let scenario = leading_to(&[&[]], "WebFetch(domain:http://169.254.169.254)");
            let url = "http://169.254.169.254/latest/meta-data/";
            arena.attempt_in(scenario, door, json!({ "url": url }), Tried::refused)
        },
    },
    Attack {
        name: "a redirect out",
        tried: "a granted server that redirects to another, and the guest follows",
        run: |door| {
            let arena = Arena::new();
            let (from, to) = (
                arena.inside.url(&format!("/redirect?to={}", arena.outside.url("/ok"))),
                arena.outside.url("/ok"),
            );
            arena.attempt(door, json!({ "url": from, "then": [to] }), |tried| {
                tried.refused() && tried.answers[0]["status"] == 302
            })
        },
    },
    Attack {
        name: "a proxy's request",
        tried: "a path that is another server's URL",
        run: |door| {
            let arena = Arena::new();
            let url = format!("{}{}", arena.inside.url("/"), arena.outside.url("/ok"));
            arena.attempt(door, json!({ "url": url }), |tried| tried.failed(&["404"]))
        },
    },
    Attack { name: "a forged Host", tried: "the header Host", run: |door| header(door, "Host", "evil.test") },
    Attack {
        name: "a chunked body beside a length",
        tried: "the header Transfer-Encoding",
        run: |door| header(door, "Transfer-Encoding", "chunked"),
    },
    Attack {
        name: "a proxy's password",
        tried: "the header Proxy-Authorization",
        run: |door| header(door, "Proxy-Authorization", "Basic eDp5"),
    },
    Attack {
        name: "another protocol",
        tried: "the header Upgrade",
        run: |door| header(door, "Upgrade", "h2c"),
    },
    Attack {
        name: "a line in a header",
        tried: "CR LF and another header in a value",
        run: |door| header(door, "x-a", "b\r\nHost: evil.test"),
    },
    Attack { name: "a NUL in a header", tried: "NUL in a value", run: |door| header(door, "x-a", "b\0c") },
    Attack {
        name: "a folded header",
        tried: "a value that goes on in the next line",
        run: |door| header(door, "x-a", "b\r\n c"),
    },
    Attack {
        name: "a line in a method",
        tried: "CR LF in the method",
        run: |door| method(door, "GET / HTTP/1.1\r\n\r\nGET"),
    },
    Attack { name: "a tunnel", tried: "CONNECT", run: |door| method(door, "CONNECT") },
    Attack { name: "an echo of the headers", tried: "TRACE", run: |door| method(door, "TRACE") },
    Attack {
        name: "a line in a path",
        tried: "CR LF and another request in the path",
        run: |door| {
            let arena = Arena::new();
            let url = arena.inside.url("/ HTTP/1.1\r\nHost: a\r\n\r\nGET /ok");
            arena.attempt(door, json!({ "url": url }), Tried::malformed)
        },
    },
    Attack {
        name: "two lengths",
        tried: "Content-Length twice",
        run: |door| {
            let arena = Arena::new();
            let headers = [["content-length", "2"], ["content-length", "20"]];
            let input = json!({ "url": arena.inside.url("/echo"), "method": "POST", "body": "hi", "headers": headers });
            arena.attempt(door, input, Tried::malformed)
        },
    },
    Attack {
        name: "a body longer than its length",
        tried: "a second request behind a body of two bytes",
        run: |door| {
            let arena = Arena::new();
            let input = json!({
                "url": arena.inside.url("/echo"), "method": "POST", "headers": [["content-length", "2"]],
                "body": "hiGET /ok HTTP/1.1\r\n\r\n",
            });
            arena.attempt(door, input, |tried| {
                // What was announced may have arrived, and no more.
                tried.reached <= 1 && tried.answers.iter().all(|answer| answer["status"].is_null())
                    || tried.answers.iter().all(|answer| {
                        serde_json::from_str::<Value>(answer["body"].as_str().unwrap_or_default())
                            .is_ok_and(|echo| echo["body"] == "hi")
                    })
            })
        },
    },
    Attack {
        name: "an endless body",
        tried: "a server that never stops",
        run: |door| {
            let arena = Arena::new();
            let scenario = arena.scenario().limits(Limits { body: 100_000, ..Limits::default() });
            arena.attempt_in(scenario, door, json!({ "url": arena.inside.url("/endless") }), |tried| {
                tried.failed(TOO_LARGE)
            })
        },
    },
    Attack {
        name: "a body announced too long",
        tried: "a length over the limit",
        run: |door| {
            let arena = Arena::new();
            let scenario = arena.scenario().limits(Limits { body: 100_000, ..Limits::default() });
            arena.attempt_in(scenario, door, json!({ "url": arena.inside.url("/big?n=100001") }), |tried| {
                tried.failed(TOO_LARGE)
            })
        },
    },
    Attack {
        name: "endless headers",
        tried: "a server whose headers never end",
        run: |door| path(door, "/endless-headers", NOT_HTTP),
    },
    Attack {
        name: "huge headers",
        tried: "a megabyte of headers",
        run: |door| path(door, "/huge-headers", NOT_HTTP),
    },
    Attack {
        name: "slow headers",
        tried: "a byte of the headers now and then",
        run: |door| path(door, "/slow-headers", TIMED_OUT),
    },
    Attack {
        name: "a slow body",
        tried: "a byte of the body now and then",
        run: |door| {
            let arena = Arena::new();
            let scenario = arena.scenario();
            // Through `wasi:http` a guest sets the time between bytes; the call's own is the bound at both doors.
            let stage = scenario.guest(door.guest()).ready();
            stage.runtime.compile_skill("tried").unwrap();
            let error = stage.run_within(400, json!({ "url": arena.inside.url("/slow-body") })).err();
            Outcome {
                guest: "nothing more".to_owned(),
                caller: error.as_ref().map_or("success".to_owned(), |error| format!("{:?}", error.kind())),
                record: format!("{:?}", stage.last().outcome),
                broken: (error.map(|error| error.kind()) != Some(openskills_runtime::ErrorKind::Timeout))
                    .then(|| "it did not end in time".to_owned()),
            }
        },
    },
    Attack {
        name: "no HTTP",
        tried: "a server that speaks something else",
        run: |door| answer(door, "SSH-2.0-x\r\n", NOT_HTTP),
    },
    Attack {
        name: "a bad status",
        tried: "HTTP/1.1 999999",
        run: |door| answer(door, "HTTP/1.1 999999 No\r\n\r\n", NOT_HTTP),
    },
    Attack {
        name: "two different lengths in an answer",
        tried: "Content-Length: 2 and 20",
        run: |door| {
            answer(door, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 20\r\n\r\nhi", NOT_HTTP)
        },
    },
    Attack {
        name: "a chunk of no size",
        tried: "a chunk whose size is no number",
        run: |door| {
            answer(door, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhi\r\n", NOT_HTTP)
        },
    },
    Attack {
        name: "a folded header in an answer",
        tried: "a value that goes on in the next line",
        run: |door| answer(door, "HTTP/1.1 200 OK\r\nx-a: b\r\n c: d\r\nContent-Length: 0\r\n\r\n", NOT_HTTP),
    },
    Attack {
        name: "a switch of protocols",
        tried: "101 Switching Protocols",
        run: |door| {
            answer(
                door,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                NOT_HTTP,
            )
        },
    },
    Attack {
        name: "an answer to the next request",
        tried: "a second answer behind the first, on a connection that is kept",
        run: |door| {
            let one = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nTRUE";
            let arena = Arena::saying(format!("{one}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nFORGED"));
            let url = arena.inside.url(KEPT);
            arena.attempt(door, json!({ "url": url, "then": [url, url, url] }), |tried| {
                tried.answers.len() == 4 && tried.answers.iter().all(|answer| answer["body"] == "TRUE")
            })
        },
    },
    Attack {
        name: "an expired certificate",
        tried: "TLS of a server whose certificate has expired",
        run: |door| certificate(door, Certificate::Expired, true),
    },
    Attack {
        name: "another's certificate",
        tried: "TLS of a server whose certificate is for another name",
        run: |door| certificate(door, Certificate::WrongName, true),
    },
    Attack {
        name: "a certificate from nobody",
        tried: "TLS of a server whose authority is not known",
        run: |door| certificate(door, Certificate::Valid, false),
    },
    Attack {
        name: "too many requests",
        tried: "one more than the call may send",
        run: |door| {
            let arena = Arena::new();
            let scenario = arena.scenario().limits(Limits { requests: 3, ..Limits::default() });
            let url = arena.inside.url("/ok");
            arena.attempt_in(scenario, door, json!({ "url": url, "then": [url, url, url] }), |tried| {
                tried.reached == 3
                    && tried.record.usage.requests == 3
                    && tried.failed(&["Connection", "ConnectionLimitReached"])
            })
        },
    },
    Attack {
        name: "too many bytes",
        tried: "bodies that are each within the limit, and together over it",
        run: |door| {
            let arena = Arena::new();
            let limits = Limits { transferred_bytes: 150_000, ..Limits::default() };
            let url = arena.inside.url("/big?n=100000");
            arena.attempt_in(
                arena.scenario().limits(limits),
                door,
                json!({ "url": url, "then": [url] }),
                |tried| {
                    tried.answers[0]["bytes"] == 100_000
                        && tried.failed(&["Connection", "HttpResponseBodySize"])
                },
            )
        },
    },
];

#[test]
fn no_attack_through_the_network_succeeds_at_either_door() {
    let (mut table, mut broken) = (Table::default(), Vec::new());
    for attack in ATTACKS {
        for door in Door::BOTH {
            let outcome = (attack.run)(door);
            table.add(&Row {
                attack: attack.name,
                door: door.name(),
                tried: attack.tried,
                guest: &outcome.guest,
                caller: &outcome.caller,
                record: &outcome.record,
            });
            if let Some(why) = outcome.broken {
                broken.push(format!("{} at {}: {why}", attack.name, door.name()));
            }
        }
    }
    table.print("through the network", ATTACKS.len());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
