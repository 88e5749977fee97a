//! A web server on the loopback, with answers of every kind that a client must cope with.
//!
//! | path | answer |
//! |---|---|
//! | `/ok` | a page of HTML |
//! | `/echo` | the request as JSON: `method`, `target`, `headers` (a list of pairs), `body` |
//! | `/status/N` | that status, without a body |
//! | `/redirect?to=URL` | 302 to the URL, which is taken as it stands |
//! | `/big?n=N` | N bytes with a `Content-Length` |
//! | `/chunked?n=N` | N bytes in chunks, without one |
//! | `/slow-headers` | a header that never ends, a byte at a time |
//! | `/slow-body` | a body of 1,000 announced bytes, one at a time, slowly |
//! | `/endless` | chunks for ever, as fast as they are read |
//! | `/huge-headers` | a megabyte of headers |
//!
//! Everything else is 404. Every response ends its connection.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

/// Between two bytes of a slow answer.
const PAUSE: Duration = Duration::from_millis(50);

/// What the page at `/ok` says.
pub const PAGE: &str = "<!doctype html>\n<title>A page</title>\n<h1>A page</h1>\n<p>Some text.</p>\n";

/// The path whose answer leaves the connection open for the next request.
pub const KEPT: &str = "/kept";

/// What a server with TLS shows. Every certificate is issued by the server's own authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// For `localhost`, `tls.test`, 127.0.0.1 and `::1`.
    Valid,
    /// For the same names, but not any more.
    Expired,
    /// For `wrong.test`.
    WrongName,
}

/// A request as the server read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET` and so on.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, out of its chunks.
    pub body: Vec<u8>,
    /// The server's name as the client gave it in the TLS handshake.
    pub server_name: Option<String>,
}

impl Seen {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// A running server. It stops when it is dropped.
pub struct Server {
    port: u16,
    tls: Option<Tls>,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Tls {
    config: Arc<ServerConfig>,
    authority_pem: String,
    authority_der: Vec<u8>,
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Seen>>,
    open: Mutex<HashMap<u64, TcpStream>>,
    stopped: AtomicBool,
    connections: AtomicUsize,
    always: Option<Vec<u8>>,
}

impl Server {
    /// Starts a server without TLS on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If there is no free port.
    pub fn start() -> io::Result<Self> {
        Self::serve(None, None)
    }

    /// Starts a server that answers each request with these bytes, whatever they are, and closes the connection.
    ///
    /// # Errors
    /// If there is no free port.
    pub fn start_saying(answer: impl Into<Vec<u8>>) -> io::Result<Self> {
        Self::serve(None, Some(answer.into()))
    }

    /// Starts a server with TLS on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If there is no free port, or the certificate cannot be made.
    pub fn start_tls(certificate: Certificate) -> io::Result<Self> {
        Self::serve(Some(Tls::new(certificate).map_err(io::Error::other)?), None)
    }

    fn serve(tls: Option<Tls>, always: Option<Vec<u8>>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { always, ..Shared::default() });
        let config = tls.as_ref().map(|tls| Arc::clone(&tls.config));
        let acceptor = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&listener, config.as_ref(), &shared))
        };
        Ok(Self { port, tls, shared, acceptor: Some(acceptor) })
    }

    /// Where the server listens, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a path, which begins with `/`: `http://127.0.0.1:PORT/…`, or `https://localhost:PORT/…` with TLS.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let origin = if self.tls.is_some() { "https://localhost" } else { "http://127.0.0.1" };
        format!("{origin}:{}{path}", self.port)
    }

    /// The authority that a client has to trust, in PEM; empty without TLS.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        self.tls.as_ref().map_or("", |tls| &tls.authority_pem)
    }

    /// The authority that a client has to trust, in DER; empty without TLS.
    #[must_use]
    pub fn authority_der(&self) -> &[u8] {
        self.tls.as_ref().map_or(&[], |tls| &tls.authority_der)
    }

    /// How many connections were made so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// All requests so far, in the order of their arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.requests).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // The acceptor notices with the next connection.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        for stream in lock(&self.shared.open).values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Tls {
    fn new(certificate: Certificate) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority for tests");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

        let names: &[&str] = match certificate {
            Certificate::Valid | Certificate::Expired => &["localhost", "tls.test", "127.0.0.1", "::1"],
            Certificate::WrongName => &["wrong.test"],
        };
        let mut params =
            CertificateParams::new(names.iter().copied().map(str::to_owned).collect::<Vec<_>>())?;
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(if certificate == Certificate::Expired { 2001 } else { 4000 }, 1, 1);
        let key = KeyPair::generate()?;
        let chain = vec![params.signed_by(&key, &authority)?.der().clone()];
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))?;
        Ok(Self {
            config: Arc::new(config),
            authority_pem: authority.pem(),
            authority_der: authority.der().to_vec(),
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, config: Option<&Arc<ServerConfig>>, shared: &Arc<Shared>) {
    for (number, stream) in (0..).zip(listener.incoming().flatten()) {
        if shared.stopped.load(Ordering::Relaxed) {
            return;
        }
        let Ok(copy) = stream.try_clone() else { continue };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        lock(&shared.open).insert(number, copy);
        let shared = Arc::clone(shared);
        let config = config.cloned();
        std::thread::spawn(move || {
            // A client that has gone away is no fault of the server.
            let _ = connection(stream, config, &shared);
            lock(&shared.open).remove(&number);
        });
    }
}

fn connection(stream: TcpStream, config: Option<Arc<ServerConfig>>, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    let Some(config) = config else {
        loop {
            let request = read(&mut &stream, None)?;
            answer(&mut &stream, &request, shared)?;
            if request.target != KEPT {
                return Ok(());
            }
        }
    };
    let mut session = ServerConnection::new(config).map_err(io::Error::other)?;
    while session.is_handshaking() {
        session.complete_io(&mut &stream)?;
    }
    let name = session.server_name().map(str::to_owned);
    let mut stream = StreamOwned::new(session, stream);
    let answered = loop {
        let request = read(&mut stream, name.clone())?;
        let answered = answer(&mut stream, &request, shared);
        if answered.is_err() || request.target != KEPT {
            break answered;
        }
    };
    stream.conn.send_close_notify();
    stream.flush()?;
    answered
}

fn read(stream: &mut impl Read, server_name: Option<String>) -> io::Result<Seen> {
    let mut stream = BufReader::new(stream);
    let request = line(&mut stream)?;
    let mut words = request.split(' ').map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut headers = Vec::new();
    loop {
        let header = line(&mut stream)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or(io::ErrorKind::InvalidData)?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut seen = Seen { method, target, headers, body: Vec::new(), server_name };
    if seen.header("transfer-encoding").is_some() {
        loop {
            let size = usize::from_str_radix(&line(&mut stream)?, 16).map_err(io::Error::other)?;
            let start = seen.body.len();
            seen.body.resize(start + size, 0);
            stream.read_exact(&mut seen.body[start..])?;
            if size == 0 {
                loop {
                    let trailer = line(&mut stream)?;
                    let Some((name, value)) = trailer.split_once(':') else { break };
                    seen.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                break;
            }
            line(&mut stream)?;
        }
    } else if let Some(length) = seen.header("content-length") {
        seen.body = vec![0; length.parse().map_err(io::Error::other)?];
        stream.read_exact(&mut seen.body)?;
    }
    Ok(seen)
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

fn answer(stream: &mut impl Write, request: &Seen, shared: &Shared) -> io::Result<()> {
    lock(&shared.requests).push(request.clone());
    if let Some(always) = &shared.always {
        stream.write_all(always)?;
        return stream.flush();
    }
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let argument = |name: &str| {
        query
            .split('&')
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
            .map_or("", |(_, value)| value)
    };
    let number = || argument("n").parse::<usize>().unwrap_or(0);
    let running = || !shared.stopped.load(Ordering::Relaxed);
    match path {
        "/ok" => whole(stream, 200, "content-type: text/html; charset=utf-8\r\n", PAGE.as_bytes(), request),
        KEPT => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{PAGE}", PAGE.len())?;
            stream.flush()
        }
        "/trailers" => {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum, host\r\nconnection: close\r\n\r\n",
            )?;
            stream.write_all(b"2\r\nhi\r\n0\r\nx-sum: 42\r\nhost: evil.test\r\n\r\n")?;
            stream.flush()
        }
        "/endless-headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            while running() {
                stream.write_all(b"x-more: more\r\n")?;
            }
            Ok(())
        }
        "/echo" => {
            let body = json!({
                "method": request.method,
                "target": request.target,
                "headers": request.headers,
                "body": String::from_utf8_lossy(&request.body),
            });
            whole(stream, 200, "content-type: application/json\r\n", body.to_string().as_bytes(), request)
        }
        // The URL may have a query of its own.
        "/redirect" => {
            let location = format!("location: {}\r\n", query.strip_prefix("to=").unwrap_or(""));
            whole(stream, 302, &location, b"", request)
        }
        "/big" => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", number())?;
            pieces(number()).try_for_each(|piece| stream.write_all(&vec![b'x'; piece]))?;
            stream.flush()
        }
        "/chunked" => {
            chunked(stream)?;
            pieces(number()).try_for_each(|piece| chunk(stream, &vec![b'x'; piece]))?;
            chunk(stream, b"")
        }
        "/slow-headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx-slow: ")?;
            trickle(stream, usize::MAX, running)
        }
        "/slow-body" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n")?;
            trickle(stream, 1000, running)
        }
        "/endless" => {
            chunked(stream)?;
            while running() {
                chunk(stream, &[b'x'; 4096])?;
            }
            Ok(())
        }
        "/huge-headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            for number in 0..1024 {
                write!(stream, "x-huge-{number}: {}\r\n", "x".repeat(1000))?;
            }
            stream.write_all(b"content-length: 0\r\nconnection: close\r\n\r\n")?;
            stream.flush()
        }
        path => {
            let status = path.strip_prefix("/status/").and_then(|status| status.parse().ok());
            whole(stream, status.unwrap_or(404), "", b"", request)
        }
    }
}

fn whole(stream: &mut impl Write, status: u16, headers: &str, body: &[u8], request: &Seen) -> io::Result<()> {
    let mut answer = format!("HTTP/1.1 {status} Status\r\n{headers}connection: close\r\n").into_bytes();
    if !matches!(status, 204 | 304) {
        answer.extend(format!("content-length: {}\r\n", body.len()).into_bytes());
    }
    answer.extend(b"\r\n");
    if request.method != "HEAD" {
        answer.extend(body);
    }
    stream.write_all(&answer)?;
    stream.flush()
}

/// The sizes of the pieces in which so many bytes are sent.
fn pieces(mut left: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let piece = left.min(16 * 1024);
        left -= piece;
        (piece > 0).then_some(piece)
    })
}

fn chunked(stream: &mut impl Write) -> io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n")
}

fn chunk(stream: &mut impl Write, data: &[u8]) -> io::Result<()> {
    let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
    chunk.extend(data);
    chunk.extend(b"\r\n");
    stream.write_all(&chunk)?;
    stream.flush()
}

fn trickle(stream: &mut impl Write, bytes: usize, running: impl Fn() -> bool) -> io::Result<()> {
    for _ in 0..bytes {
        if !running() {
            break;
        }
        stream.write_all(b"x")?;
        stream.flush()?;
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(server: &Server, request: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port()))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    #[test]
    fn answers_and_remembers() -> io::Result<()> {
        let server = Server::start()?;
        assert!(ask(&server, "GET /ok HTTP/1.1\r\n\r\n")?.ends_with(PAGE));
        let echo = ask(
            &server,
            "POST /echo?a HTTP/1.1\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        )?;
        assert!(echo.contains(r#""body":"hi""#) && echo.contains(r#"["x-a","b"]"#), "{echo}");
        let redirect = ask(&server, "GET /redirect?to=http://a.test/?b=c HTTP/1.1\r\n\r\n")?;
        assert!(redirect.contains("location: http://a.test/?b=c\r\n"), "{redirect}");
        assert!(ask(&server, "GET /status/418 HTTP/1.1\r\n\r\n")?.starts_with("HTTP/1.1 418 "));
        assert!(ask(&server, "GET /big?n=40000 HTTP/1.1\r\n\r\n")?.ends_with(&"x".repeat(40_000)));
        let seen = server.requests();
        assert_eq!(seen.iter().map(|seen| seen.target.as_str()).collect::<Vec<_>>()[..2], ["/ok", "/echo?a"]);
        assert_eq!(seen[1].body, b"hi");
        Ok(())
    }

    #[test]
    fn stops_when_dropped() -> io::Result<()> {
        let server = Server::start()?;
        let port = server.port();
        let mut open = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        open.write_all(b"GET /slow-headers HTTP/1.1\r\n\r\n")?;
        open.read_exact(&mut [0; 4])?;
        drop(server);
        open.read_to_end(&mut Vec::new())?;
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
        Ok(())
    }
}
