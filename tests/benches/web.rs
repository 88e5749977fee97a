//! What a small GET costs through the gate beside the same client library without it, in one run over the loopback.
//! Rows are interleaved and medians compared.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use openskills_tests::server::{Certificate, KEPT, Server};
use openskills_tests::{Scenario, Stage};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Requests of one call, and of one round of the bare client.
const REQUESTS: u32 = 100;

const ROUNDS: usize = 21;

fn main() -> Outcome<()> {
    // `cargo test --benches` only wants to know that it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let mut out = std::io::stdout();
    writeln!(out, "{:44} {:>12} {:>12} {:>7}", "a small GET", "bare", "openskills", "ratio")?;
    for (name, guest, certificate, path) in [
        ("a connection for each", "net", None, "/ok"),
        ("one connection", "net", None, KEPT),
        ("TLS, a connection for each", "net", Some(Certificate::Valid), "/ok"),
        ("TLS, one connection", "net", Some(Certificate::Valid), KEPT),
        ("a connection for each, wasi:http", "web", None, "/ok"),
        ("one connection, wasi:http", "web", None, KEPT),
    ] {
        let server = certificate.map_or_else(Server::start, Server::start_tls)?;
        let bare = Bare::new(&server)?;
        let stage = stage(&server, guest);
        let url = server.url(path);
        let input = json!({ "url": url, "then": vec![&url; REQUESTS as usize - 1] });
        let (mut plain, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            plain.push(bare.round(path)?);
            let started = Instant::now();
            let answers = stage.run(input.clone())?.output;
            ours.push(started.elapsed() / REQUESTS);
            if answers.as_array().is_none_or(|all| !all.iter().all(|answer| answer["status"] == 200)) {
                return Err(format!("{name}: {answers}").into());
            }
        }
        let (plain, ours) = (median(plain), median(ours));
        let ratio = ours.as_secs_f64() / plain.as_secs_f64();
        writeln!(out, "{name:44} {plain:>12.1?} {ours:>12.1?} {ratio:>6.2}x")?;
    }
    Ok(())
}

fn stage(server: &Server, guest: &str) -> Stage {
    let origin = server.url("");
    let rule = format!("WebFetch(domain:{origin})");
    let scenario = Scenario::new().allowed_tools(&rule).allow(&rule).guest(guest);
    let scenario = match server.authority_pem() {
        "" => scenario,
        pem => scenario.trust(pem),
    };
    scenario.ready()
}

/// The same library without a gate.
struct Bare {
    runtime: tokio::runtime::Runtime,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Bare {
    fn new(server: &Server) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let mut roots = RootCertStore::empty();
        let tls = match server.authority_der() {
            [] => None,
            der => {
                roots.add(CertificateDer::from(der.to_vec()))?;
                let provider = Arc::new(rustls::crypto::ring::default_provider());
                let mut config = ClientConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()?
                    .with_root_certificates(roots)
                    .with_no_client_auth();
                config.alpn_protocols = vec![b"http/1.1".to_vec()];
                Some(TlsConnector::from(Arc::new(config)))
            }
        };
        Ok(Self { runtime, port: server.port(), tls })
    }

    fn round(&self, path: &str) -> Outcome<Duration> {
        self.runtime.block_on(async {
            let started = Instant::now();
            let mut open = None;
            for _ in 0..REQUESTS {
                let mut sender = match open.take() {
                    Some(sender) => sender,
                    None => self.connect().await?,
                };
                let request = Request::get(path).header("host", "127.0.0.1").body(Empty::new())?;
                let response = sender.send_request(request).await?;
                let body = response.into_body().collect().await?.to_bytes();
                if body.is_empty() {
                    return Err("an empty page".into());
                }
                if path == KEPT {
                    sender.ready().await?;
                    open = Some(sender);
                }
            }
            Ok(started.elapsed() / REQUESTS)
        })
    }

    async fn connect(&self) -> Outcome<SendRequest<Empty<Bytes>>> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        let sender = match &self.tls {
            None => {
                let (sender, connection) = handshake(TokioIo::new(stream)).await?;
                tokio::spawn(connection);
                sender
            }
            Some(tls) => {
                let stream = tls.connect(ServerName::try_from("localhost")?, stream).await?;
                let (sender, connection) = handshake(TokioIo::new(stream)).await?;
                tokio::spawn(connection);
                sender
            }
        };
        Ok(sender)
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
