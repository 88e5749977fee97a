//! Against real servers on the loopback: each is a closure that gets one connection after the other.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream as Connection};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Instant as Clock;

use http_body_util::Empty;
use hyper::body::Frame;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::resolver::Lookup;
use super::*;
use crate::capability::AddressClass;

type Done = Result<(), Box<dyn Error>>;

/// Serves every connection with `answer`, on a thread that lives as long as the test process.
fn serve(answer: impl Fn(Connection) -> io::Result<()> + Send + Sync + 'static) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || answer(connection));
        }
    });
    Ok(port)
}

/// Reads a request up to the end of its headers.
fn head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

/// A server that reads the head of a request and says always the same.
fn says(answer: impl Into<Vec<u8>>) -> io::Result<u16> {
    let answer = answer.into();
    serve(move |mut stream| {
        head(&mut stream)?;
        stream.write_all(&answer)
    })
}

/// A server that passes on what it has read: the head, then as many bytes as `content-length` says.
fn listens() -> io::Result<(u16, Receiver<String>)> {
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    let port = serve(move |mut stream| {
        let mut text = head(&mut stream)?;
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
        stream.read_exact(&mut body)?;
        text.push_str(&String::from_utf8_lossy(&body));
        if let Ok(sender) = sender.lock() {
            let _ = sender.send(text);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
    })?;
    Ok((port, receiver))
}

/// Runs a test inside a runtime of one thread.
fn run(test: impl Future<Output = Done>) -> Done {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(test)
}

/// A resolver that answers each question with the next of its answers, the last for ever.
struct Answers {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Answers {
    fn new(answers: &[&[&str]]) -> Result<Arc<Self>, Box<dyn Error>> {
        let addresses = |list: &&[&str]| list.iter().map(|text| text.parse()).collect::<Result<_, _>>();
        Ok(Arc::new(Self {
            answers: answers.iter().map(addresses).collect::<Result<_, _>>()?,
            asked: AtomicUsize::new(0),
        }))
    }
}

impl Resolve for Answers {
    fn lookup<'a>(&'a self, _name: &'a str) -> Lookup<'a> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.get(asked).or(self.answers.last()).cloned();
        Box::pin(async { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

fn client(answers: &[&[&str]]) -> Result<HttpClient, Box<dyn Error>> {
    Ok(HttpClient::new().with_resolver(Answers::new(answers)?))
}

async fn get(client: &HttpClient, url: &str, limits: &HttpLimits) -> Result<Response<Bytes>, HttpError> {
    fetch(client, "GET", url, &[], "", limits).await
}

async fn fetch(
    client: &HttpClient,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &'static str,
    limits: &HttpLimits,
) -> Result<Response<Bytes>, HttpError> {
    let (origin, url) = Origin::parse(url)?;
    let to = client.resolve(&origin, limits.deadline).await?;
    let headers = headers.iter().map(|(name, value)| (*name, value.as_bytes()));
    client
        .fetch_whole(
            &to,
            new_request(method, &url, headers, Bytes::from_static(body.as_bytes()))?,
            limits,
            &anyone(),
        )
        .await
}

/// A skill of its own for each request, with nothing against it.
fn anyone() -> Sender {
    someone("tried")
}

fn someone(skill: &str) -> Sender {
    let skill = Identity {
        skill: skill.to_owned(),
        folder: std::path::PathBuf::new(),
        manifest_digest: String::new(),
        component_digest: String::new(),
    };
    Sender { skill: Arc::new(skill), traffic: Arc::new(Traffic::new(u64::MAX, u64::MAX)) }
}

/// Enough for every answer that does come, on a busy machine too.
fn patient() -> HttpLimits {
    HttpLimits { deadline: Some(Instant::now() + Duration::from_secs(20)), ..HttpLimits::default() }
}

fn soon() -> HttpLimits {
    HttpLimits { deadline: Some(Instant::now() + Duration::from_millis(300)), ..HttpLimits::default() }
}

#[test]
fn fetches_a_whole_response() -> Done {
    let port = says("HTTP/1.1 200 OK\r\nB: 1\r\nA: 2\r\nB: 3\r\nContent-Length: 5\r\n\r\nhello")?;
    run(async {
        let response = get(&HttpClient::new(), &format!("http://127.0.0.1:{port}/"), &patient()).await?;
        assert_eq!(response.status(), 200);
        assert_eq!(response.body(), "hello");
        assert!(response.headers().get_all("b").iter().eq(["1", "3"]));
        Ok(())
    })
}

#[test]
fn the_request_is_what_the_guest_asked_and_no_more() -> Done {
    let (port, seen) = listens()?;
    run(async {
        let client = client(&[&["127.0.0.1"]])?;
        let limits = HttpLimits::default();
        let url = format!("http://NAME.test.:{port}/a b/%41?q=1 2#fragment");
        fetch(&client, "POST", &url, &[("X-A", "1"), ("x-a", "2"), ("Content-Length", "4")], "body", &limits)
            .await?;
        let mut lines: Vec<_> = seen.recv()?.split("\r\n").map(ToOwned::to_owned).collect();
        assert_eq!(lines.remove(0), "POST /a%20b/%41?q=1%202 HTTP/1.1");
        lines.sort();
        let agent = format!("user-agent: openskills/{}", env!("CARGO_PKG_VERSION"));
        let host = format!("host: name.test:{port}");
        assert_eq!(lines, ["", "body", "content-length: 4", &host, &agent, "x-a: 1", "x-a: 2"]);

        fetch(&client, "GET", &format!("http://name.test:{port}?q"), &[("User-Agent", "mine")], "", &limits)
            .await?;
        let text = seen.recv()?;
        assert!(text.starts_with("GET /?q HTTP/1.1\r\n"), "{text}");
        assert!(text.contains("user-agent: mine\r\n") && !text.contains("openskills"), "{text}");
        assert!(!text.contains("content-length") && !text.contains("transfer-encoding"), "{text}");

        fetch(&client, "PUT", &format!("http://name.test:{port}"), &[], "", &limits).await?;
        assert!(seen.recv()?.contains("content-length: 0\r\n"));
        Ok(())
    })
}

#[test]
fn what_is_the_hosts_is_refused_by_name() -> Done {
    let (port, seen) = listens()?;
    run(async {
        let client = HttpClient::new();
        let url = format!("http://127.0.0.1:{port}/");
        let limits = HttpLimits::default();
        for name in [
            "Host",
            "Connection",
            "Keep-Alive",
            "Proxy-Authorization",
            "Proxy-Connection",
            "Proxy-Anything",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade",
            "HTTP2-Settings",
            "Expect",
        ] {
            let result = fetch(&client, "GET", &url, &[("accept", "*/*"), (name, "x")], "", &limits).await;
            let expected = format!("the header `{}` is set by the host", name.to_lowercase());
            assert_eq!(result.err(), Some(HttpError::InvalidRequest(expected)));
        }
        let long = "x".repeat(70_000);
        for (method, headers, body) in [
            ("CONNECT", &[][..], ""),
            ("connect", &[], ""),
            ("TRACE", &[], ""),
            ("GET /x HTTP/1.1\r\nHost: evil\r\n\r\n", &[], ""),
            ("", &[], ""),
            ("GET", &[("a b", "x")], ""),
            ("GET", &[("a\r\nb", "x")], ""),
            ("GET", &[("", "x")], ""),
            ("GET", &[("a", "x\r\nHost: evil")], ""),
            ("GET", &[("a", "x\0")], ""),
            ("GET", &[("a", long.as_str())], ""),
            ("POST", &[("content-length", "3")], "body"),
            ("POST", &[("content-length", "+4")], "body"),
            ("POST", &[("content-length", "4"), ("content-length", "4")], "body"),
            ("GET", &[("content-length", "5")], ""),
        ] {
            let result = fetch(&client, method, &url, headers, body, &limits).await;
            let is_invalid = matches!(
                result,
                Err(HttpError::InvalidRequest(_)
                    | HttpError::InvalidMethod(_)
                    | HttpError::RequestHeaders(_))
            );
            assert!(is_invalid, "{method} {headers:?} {result:?}");
        }
        assert!(seen.try_recv().is_err(), "something was sent");
        Ok(())
    })
}

#[test]
fn every_spelling_of_the_loopback_is_the_loopback() -> Done {
    let port = says("HTTP/1.1 204 No Content\r\n\r\n")?;
    run(async {
        // No name is looked up for any of them.
        let client = client(&[])?;
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "2130706433",
            "017700000001",
            "[::ffff:127.0.0.1]",
            "0x7f000001.",
        ] {
            let (origin, _) = Origin::parse(&format!("http://{host}:{port}/"))?;
            let to = client.resolve(&origin, None).await?;
            assert_eq!(to.class(), AddressClass::Loopback, "{host}");
            assert_eq!(to.addresses(), [SocketAddr::from((Ipv4Addr::LOCALHOST, port))]);
            get(&client, &format!("http://{host}:{port}/"), &patient()).await?;
        }
        Ok(())
    })
}

#[test]
fn one_bad_address_makes_the_name_bad() -> Done {
    run(async {
        for (addresses, class) in [
            (&["93.184.215.14", "2606:2800:21f::1"][..], AddressClass::Public),
            (&["93.184.215.14", "10.0.0.1"], AddressClass::Private),
            (&["10.0.0.1", "93.184.215.14", "::1"], AddressClass::Loopback),
            (&["93.184.215.14", "::ffff:169.254.169.254", "127.0.0.1"], AddressClass::Metadata),
            (&["64:ff9b::a9fe:a9fe"], AddressClass::Metadata),
        ] {
            let (origin, _) = Origin::parse("https://example.test/")?;
            let to = client(&[addresses])?.resolve(&origin, None).await?;
            assert_eq!(to.class(), class, "{addresses:?}");
            assert_eq!(to.addresses().len(), addresses.len());
        }
        let (origin, _) = Origin::parse("https://example.test/")?;
        let missing = client(&[&[]])?.resolve(&origin, None).await;
        assert_eq!(missing.err(), Some(HttpError::NameNotResolved("example.test".to_owned())));
        let failing = client(&[])?.resolve(&origin, None).await;
        assert_eq!(failing.err(), Some(HttpError::NameNotResolved("example.test".to_owned())));
        Ok(())
    })
}

#[test]
fn this_machines_public_address_is_not_public() -> Done {
    let (origin, _) = Origin::parse("https://example.test/")?;
    let addresses = ["93.184.215.14".parse()?, "2606:2800:21f::1".parse()?];
    let class =
        |own: IpAddr| Resolved::new(&origin, &addresses, |address| address == own).map(|to| to.class());
    assert_eq!(class(addresses[1]), Some(AddressClass::ThisMachine));
    assert_eq!(class("93.184.215.15".parse()?), Some(AddressClass::Public));
    Ok(())
}

#[test]
fn the_systems_resolver_knows_localhost() -> Done {
    run(async {
        let (origin, _) = Origin::parse("http://localhost:8080/")?;
        let to = HttpClient::new().resolve(&origin, None).await?;
        assert_eq!(to.class(), AddressClass::Loopback);
        assert!(to.addresses().iter().all(|address| address.port() == 8080));
        Ok(())
    })
}

/// The second answer of the resolver would lead elsewhere: nobody asks for it.
#[test]
fn a_changed_answer_changes_nothing() -> Done {
    let here = says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")?;
    run(async {
        let answers = Answers::new(&[&["127.0.0.1"], &["127.0.0.9"]])?;
        let client = HttpClient::new().with_resolver(Arc::clone(&answers) as Arc<dyn Resolve>);
        let (origin, url) = Origin::parse(&format!("http://rebinding.test:{here}/"))?;
        let to = client.resolve(&origin, None).await?;
        let request = new_request("GET", &url, [], Bytes::new())?;
        assert_eq!(client.fetch_whole(&to, request, &patient(), &anyone()).await?.body(), "here");
        assert_eq!(answers.asked.load(Ordering::Relaxed), 1);
        Ok(())
    })
}

/// Where a request goes is what was resolved and decided about, whatever its URI says.
#[test]
fn the_uri_of_a_request_does_not_choose_the_server() -> Done {
    let (port, seen) = listens()?;
    run(async {
        let client = client(&[&["127.0.0.1"]])?;
        let (origin, _) = Origin::parse(&format!("http://good.test:{port}/"))?;
        let to = client.resolve(&origin, None).await?;
        let request = Request::get("http://evil.test:1/path?q").body(Empty::new())?;
        client.send(&to, request, &patient(), &anyone()).await?;
        let text = seen.recv()?;
        assert!(text.starts_with("GET /path?q HTTP/1.1\r\n"), "{text}");
        assert!(text.contains(&format!("host: good.test:{port}\r\n")) && !text.contains("evil"), "{text}");
        Ok(())
    })
}

#[test]
fn the_next_address_is_tried() -> Done {
    let port = says("HTTP/1.1 204 No Content\r\n\r\n")?;
    run(async {
        // Nothing listens at 127.0.0.2.
        let client = client(&[&["127.0.0.2", "127.0.0.1"]])?;
        assert_eq!(get(&client, &format!("http://name.test:{port}/"), &patient()).await?.status(), 204);
        Ok(())
    })
}

#[test]
fn a_refused_connection_is_an_error() -> Done {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    run(async {
        let result = get(&HttpClient::new(), &format!("http://127.0.0.1:{port}/"), &patient()).await;
        assert_eq!(result.err(), Some(HttpError::Connection(Break::Refused)));
        Ok(())
    })
}

#[test]
fn a_redirect_is_a_response() -> Done {
    let (elsewhere, seen) = listens()?;
    let port = says(format!(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n"
    ))?;
    run(async {
        let response = get(&HttpClient::new(), &format!("http://127.0.0.1:{port}/"), &patient()).await?;
        assert_eq!(response.status(), 302);
        assert!(response.headers().contains_key("location"));
        assert!(seen.try_recv().is_err());
        Ok(())
    })
}

#[test]
fn a_stated_length_over_the_limit_is_refused_before_the_body() -> Done {
    let port = serve(|mut stream| {
        head(&mut stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")?;
        // No body ever comes.
        stream.read(&mut [0]).map(drop)
    })?;
    run(async {
        let limits = HttpLimits { response_body: 1000, ..patient() };
        let url = format!("http://127.0.0.1:{port}/");
        assert_eq!(get(&HttpClient::new(), &url, &limits).await.err(), Some(HttpError::TooLarge(1000)));
        // The length in an answer to HEAD announces nothing.
        assert_eq!(fetch(&HttpClient::new(), "HEAD", &url, &[], "", &limits).await?.body(), "");
        Ok(())
    })
}

fn chunked(chunk: usize, count: usize) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..count {
        answer.extend(format!("{chunk:x}\r\n{}\r\n", "x".repeat(chunk)).into_bytes());
    }
    answer.extend(b"0\r\n\r\n");
    answer
}

#[test]
fn a_chunked_body_is_cut_exactly_at_the_limit() -> Done {
    let port = says(chunked(300, 4))?;
    run(async {
        let client = HttpClient::new();
        let url = format!("http://127.0.0.1:{port}/");
        for (limit, fits) in
            [(1200, true), (1201, true), (1199, false), (1000, false), (900, false), (0, false)]
        {
            let limits = HttpLimits { response_body: limit, ..patient() };
            let (origin, url) = Origin::parse(&url)?;
            let to = client.resolve(&origin, None).await?;
            let request = new_request("GET", &url, [], Bytes::new())?;
            let mut body = client.send(&to, request.map(Full::new), &limits, &anyone()).await?.into_body();
            let mut read = 0;
            let mut error = None;
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => read += frame.data_ref().map_or(0, Bytes::len) as u64,
                    Err(failed) => error = Some(failed),
                }
            }
            assert_eq!(read, limit.min(1200));
            assert_eq!(error, (!fits).then_some(HttpError::TooLarge(limit)));
            let whole = client
                .fetch_whole(&to, new_request("GET", &url, [], Bytes::new())?, &limits, &anyone())
                .await;
            assert_eq!(whole.is_ok(), fits, "{limit}");
        }
        Ok(())
    })
}

#[test]
fn bodies_without_a_length_and_of_tiny_chunks_are_cut_too() -> Done {
    let until_close = says(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(2000)))?;
    let tiny = says(chunked(1, 2000))?;
    run(async {
        for port in [until_close, tiny] {
            let url = format!("http://127.0.0.1:{port}/");
            let limits = HttpLimits { response_body: 1999, ..patient() };
            assert_eq!(get(&HttpClient::new(), &url, &limits).await.err(), Some(HttpError::TooLarge(1999)));
            let limits = HttpLimits { response_body: 2000, ..patient() };
            assert_eq!(get(&HttpClient::new(), &url, &limits).await?.body().len(), 2000);
        }
        Ok(())
    })
}

#[test]
fn the_requests_body_has_a_limit() -> Done {
    let (port, seen) = listens()?;
    let drains = serve(|mut stream| io::copy(&mut stream, &mut io::sink()).map(drop))?;
    run(async {
        let client = HttpClient::new();
        let limits = HttpLimits { request_body: 3, ..patient() };
        let url = format!("http://127.0.0.1:{port}/");
        let result = fetch(&client, "POST", &url, &[], "body", &limits).await;
        assert_eq!(result.err(), Some(HttpError::RequestTooLarge(3)));
        assert!(seen.try_recv().is_err(), "something was sent");

        // A body that does not know its length is cut on the way.
        let (origin, _) = Origin::parse(&format!("http://127.0.0.1:{drains}/"))?;
        let to = client.resolve(&origin, None).await?;
        for (frames, error) in [
            (vec![Ok("ab"), Ok("cd")], HttpError::RequestTooLarge(3)),
            (
                vec![Ok("ab"), Err(io::Error::other("a secret of the host"))],
                HttpError::InvalidRequest("the request's body ended with an error".to_owned()),
            ),
        ] {
            let body = Frames(frames.into_iter());
            let result = client.send(&to, Request::post("/").body(body)?, &limits, &anyone()).await;
            assert_eq!(result.err(), Some(error));
        }
        Ok(())
    })
}

/// A body of unknown length.
struct Frames(std::vec::IntoIter<io::Result<&'static str>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<io::Result<Frame<Bytes>>>> {
        std::task::Poll::Ready(
            self.0.next().map(|text| text.map(|text| Frame::data(Bytes::from_static(text.as_bytes())))),
        )
    }
}

#[test]
fn every_slow_server_ends_at_the_deadline() -> Done {
    let mute = serve(|mut stream| stream.read_to_end(&mut Vec::new()).map(drop))?;
    let slow_headers = serve(|mut stream| {
        head(&mut stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nA: ")?;
        loop {
            stream.write_all(b"a")?;
            std::thread::sleep(Duration::from_millis(20));
        }
    })?;
    let interim = serve(|mut stream| {
        head(&mut stream)?;
        loop {
            stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n")?;
            std::thread::sleep(Duration::from_millis(20));
        }
    })?;
    let endless = serve(|mut stream| {
        head(&mut stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            stream.write_all(b"a")?;
            std::thread::sleep(Duration::from_millis(20));
        }
    })?;
    let stalled = serve(|mut stream| {
        head(&mut stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    })?;
    run(async {
        for (name, port) in [
            ("mute", mute),
            ("slow headers", slow_headers),
            ("interim", interim),
            ("endless", endless),
            ("stalled", stalled),
        ] {
            for scheme in ["http", "https"] {
                let start = Clock::now();
                let result = get(&HttpClient::new(), &format!("{scheme}://127.0.0.1:{port}/"), &soon()).await;
                if scheme == "http" || name == "mute" {
                    assert_eq!(result.err(), Some(HttpError::Timeout(Phase::Whole)), "{name}");
                    assert!(start.elapsed() >= Duration::from_millis(290), "{name} {:?}", start.elapsed());
                }
                assert!(start.elapsed() < Duration::from_secs(2), "{name} {:?}", start.elapsed());
            }
        }
        Ok(())
    })
}

#[test]
fn a_slow_resolver_ends_at_the_deadline() -> Done {
    struct Never;
    impl Resolve for Never {
        fn lookup<'a>(&'a self, _name: &'a str) -> Lookup<'a> {
            Box::pin(std::future::pending())
        }
    }
    run(async {
        let client = HttpClient::new().with_resolver(Arc::new(Never));
        assert_eq!(
            get(&client, "https://example.test/", &soon()).await.err(),
            Some(HttpError::Timeout(Phase::Lookup))
        );
        Ok(())
    })
}

#[test]
fn headers_are_bounded() -> Done {
    let long = says(format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "a".repeat(70_000)))?;
    let many = says(format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: a\r\n".repeat(129)))?;
    let endless = serve(|mut stream| {
        head(&mut stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nA: ")?;
        loop {
            stream.write_all(&[b'a'; 1000])?;
        }
    })?;
    let enough = says(format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "A: a\r\n".repeat(127)))?;
    run(async {
        for port in [long, many, endless] {
            let result = get(&HttpClient::new(), &format!("http://127.0.0.1:{port}/"), &patient()).await;
            assert!(matches!(result, Err(HttpError::Protocol(_))), "{result:?}");
        }
        let response = get(&HttpClient::new(), &format!("http://127.0.0.1:{enough}/"), &patient()).await?;
        assert_eq!(response.headers().len(), 128);
        Ok(())
    })
}

#[test]
fn broken_answers_are_errors() -> Done {
    run(async {
        for (answer, expected) in [
            ("", "connection"),
            ("HTTP/1.1 200 OK\r\nA", "connection"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "connection"),
            ("SSH-2.0-server\r\n", "protocol"),
            ("HTTP/2 200\r\n\r\n", "protocol"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", "protocol"),
            ("HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", "protocol"),
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "protocol"),
        ] {
            let port = says(answer)?;
            let error = get(&HttpClient::new(), &format!("http://127.0.0.1:{port}/"), &patient()).await.err();
            let kind = match &error {
                Some(HttpError::Connection(_)) => "connection",
                Some(HttpError::Protocol(_)) => "protocol",
                _ => "other",
            };
            assert_eq!(kind, expected, "{answer:?} {error:?}");
        }
        Ok(())
    })
}

/// The server sees the connection's end as soon as the body is dropped, and as soon as the request is.
#[test]
fn nothing_outlives_the_call() -> Done {
    let (sender, ended) = mpsc::channel();
    let sender = Mutex::new(sender);
    let port = serve(move |mut stream| {
        if head(&mut stream)?.starts_with("GET /body") {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na")?;
        }
        let end = stream.read(&mut [0]);
        if let Ok(sender) = sender.lock() {
            let _ = sender.send(end.map_or(0, |read| read));
        }
        Ok(())
    })?;
    let client = Arc::new(HttpClient::new());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    for (path, patience) in [("body", Duration::from_secs(20)), ("mute", Duration::from_millis(200))] {
        let (origin, url) = Origin::parse(&format!("http://127.0.0.1:{port}/{path}"))?;
        let to = runtime.block_on(client.resolve(&origin, None))?;
        let request = new_request("GET", &url, [], Bytes::new())?.map(Full::new);
        let limits = HttpLimits::default();
        let response = runtime
            .block_on(async { timeout(patience, client.send(&to, request, &limits, &anyone())).await });
        assert_eq!(response.is_ok(), path == "body");
        drop(response);
        assert_eq!(ended.recv_timeout(Duration::from_secs(5))?, 0);
    }
    Ok(())
}

/// A body that never comes. Whoever holds it is known by the other end of the channel.
struct Pending(#[expect(dead_code, reason = "its drop is what counts")] mpsc::Sender<()>);

impl Body for Pending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<io::Result<Frame<Bytes>>>> {
        std::task::Poll::Pending
    }
}

/// The task that sends a request's body would wait for ever for its next piece.
#[test]
fn a_request_does_not_outlive_its_response() -> Done {
    let port = serve(|mut stream| {
        head(&mut stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    })?;
    let client = HttpClient::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    for whole in [false, true] {
        let (sender, held) = mpsc::channel();
        let (origin, _) = Origin::parse(&format!("http://127.0.0.1:{port}/"))?;
        let to = runtime.block_on(client.resolve(&origin, None))?;
        let request = Request::post("/").body(Pending(sender))?;
        let response = runtime.block_on(client.send(&to, request, &patient(), &anyone()))?;
        assert_eq!(held.try_recv(), Err(mpsc::TryRecvError::Empty));
        if whole {
            let mut body = response.into_body();
            assert_eq!(
                runtime
                    .block_on(body.frame())
                    .and_then(Result::ok)
                    .and_then(|f| f.into_data().ok())
                    .as_deref(),
                Some(&b"a"[..])
            );
            assert!(runtime.block_on(body.frame()).is_none());
            assert_eq!(held.recv_timeout(Duration::from_secs(5)), Err(mpsc::RecvTimeoutError::Disconnected));
        } else {
            drop(response);
            assert_eq!(held.recv_timeout(Duration::from_secs(5)), Err(mpsc::RecvTimeoutError::Disconnected));
        }
    }
    Ok(())
}

/// A server that answers each request of a connection in turn with the next of `answers`, and counts connections.
fn keeps(answers: Vec<Vec<u8>>) -> io::Result<(u16, Arc<AtomicUsize>)> {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let port = serve(move |mut stream| {
        count.fetch_add(1, Ordering::SeqCst);
        for answer in &answers {
            if head(&mut stream)?.is_empty() {
                break;
            }
            stream.write_all(answer)?;
        }
        // Until the client closes it.
        stream.read_to_end(&mut Vec::new()).map(drop)
    })?;
    Ok((port, connections))
}

fn says_ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn get_for(client: &HttpClient, port: u16, sender: &Sender) -> Result<Bytes, HttpError> {
    let (origin, url) = Origin::parse(&format!("http://127.0.0.1:{port}/"))?;
    let to = client.resolve(&origin, None).await?;
    let request = new_request("GET", &url, [], Bytes::new())?;
    Ok(client.fetch_whole(&to, request, &patient(), sender).await?.into_body())
}

#[test]
fn a_connection_serves_the_next_request_of_its_skill_and_of_no_other() -> Done {
    let (port, connections) = keeps(vec![says_ok("1"), says_ok("2"), says_ok("3")])?;
    run(async {
        let client = HttpClient::new();
        assert_eq!(get_for(&client, port, &someone("a")).await?, "1");
        assert_eq!(get_for(&client, port, &someone("a")).await?, "2");
        assert_eq!(connections.load(Ordering::SeqCst), 1);
        assert_eq!(get_for(&client, port, &someone("b")).await?, "1");
        assert_eq!(connections.load(Ordering::SeqCst), 2);
        assert_eq!(get_for(&client, port, &someone("a")).await?, "3");
        assert_eq!((connections.load(Ordering::SeqCst), client.pool.len()), (2, 2));
        Ok(())
    })
}

#[test]
fn a_connection_serves_one_origin_and_one_class_of_address() -> Done {
    let (port, connections) = keeps(vec![says_ok("1"), says_ok("2")])?;
    run(async {
        let client = client(&[&["127.0.0.1"]])?;
        for host in ["a.test", "b.test", "127.0.0.1"] {
            assert_eq!(
                get(&client, &format!("http://{host}:{port}/"), &patient()).await?.body(),
                "1",
                "{host}"
            );
        }
        assert_eq!(connections.load(Ordering::SeqCst), 3);
        // Another answer of the resolver: the address of before is not among those that were checked.
        let moved = client.with_resolver(Answers::new(&[&["127.0.0.2"]])?);
        assert_eq!(
            get(&moved, &format!("http://a.test:{port}/"), &patient()).await.err(),
            Some(HttpError::Connection(Break::Refused))
        );
        Ok(())
    })
}

/// What follows a response is never the response to the next request.
#[test]
fn junk_after_a_response_never_answers_the_next_request() -> Done {
    let junk = [says_ok("first"), says_ok("FORGED")].concat();
    let close = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nfirst".to_vec();
    let two =
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n"
            .to_vec();
    let empty = b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nFORGED".to_vec();
    for answer in [junk, close, two, empty] {
        let (port, connections) = keeps(vec![answer, says_ok("second")])?;
        run(async {
            let client = HttpClient::new();
            for round in 0..50 {
                let body = get_for(&client, port, &someone("a")).await?;
                assert_ne!(body, "FORGED", "{round}");
                assert_ne!(body, "second", "{round}: the connection was used again");
            }
            assert_eq!(connections.load(Ordering::SeqCst), 50);
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_connection_is_not_used_again_after_an_unread_body_or_an_error() -> Done {
    let broken = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_vec();
    for (answer, reads) in [(says_ok("unread"), false), (broken, true)] {
        let (port, connections) = keeps(vec![answer, says_ok("second")])?;
        run(async {
            let client = HttpClient::new();
            for _ in 0..2 {
                let (origin, url) = Origin::parse(&format!("http://127.0.0.1:{port}/"))?;
                let to = client.resolve(&origin, None).await?;
                let request = new_request("GET", &url, [], Bytes::new())?.map(Full::new);
                let response = client.send(&to, request, &patient(), &anyone()).await?;
                if reads {
                    assert!(whole(response).await.is_err());
                }
            }
            assert_eq!((connections.load(Ordering::SeqCst), client.pool.len()), (2, 0));
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn a_connection_that_the_server_has_closed_costs_no_error() -> Done {
    let port = says(says_ok("once"))?;
    run(async {
        let client = HttpClient::new();
        for round in 0..50 {
            assert_eq!(get_for(&client, port, &someone("a")).await?, "once", "{round}");
        }
        Ok(())
    })
}

#[test]
fn a_body_may_not_be_sent_twice_so_it_gets_a_connection_of_its_own() -> Done {
    let (port, connections) = keeps(vec![says_ok("1"), says_ok("2")])?;
    run(async {
        let client = HttpClient::new();
        for _ in 0..2 {
            let url = format!("http://127.0.0.1:{port}/");
            assert_eq!(fetch(&client, "POST", &url, &[], "", &patient()).await?.body(), "1");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 2);
        Ok(())
    })
}

/// A proxy that tunnels to where it is asked, and remembers how it was asked.
fn proxy(wants: Option<&'static str>) -> io::Result<(u16, Receiver<String>)> {
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    let port = serve(move |mut stream| {
        let asked = head(&mut stream)?;
        let target = asked.split(' ').nth(1).unwrap_or_default().to_owned();
        let is_let = wants.is_none_or(|wants| asked.contains(wants));
        if let Ok(sender) = sender.lock() {
            let _ = sender.send(asked);
        }
        if !is_let {
            return stream
                .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
        }
        let Ok(mut onward) = Connection::connect(&target) else {
            return stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        };
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        let (mut back, mut forth) = (stream.try_clone()?, onward.try_clone()?);
        std::thread::spawn(move || io::copy(&mut onward, &mut back));
        io::copy(&mut stream, &mut forth).map(drop)
    })?;
    Ok((port, receiver))
}

#[test]
fn a_proxy_is_given_the_checked_address_and_no_name() -> Done {
    let authority = Authority::new()?;
    let secure = authority.serve("name.test", 4000)?;
    let (plain, seen) = listens()?;
    let (port, asked) = proxy(None)?;
    run(async {
        let client = client(&[&["127.0.0.1"]])?
            .with_root_der(authority.issuer.der())?
            .with_proxy(&format!("http://127.0.0.1:{port}"))?;
        get(&client, &format!("http://name.test:{plain}/path"), &patient()).await?;
        let tunnel = asked.recv_timeout(Duration::from_secs(20))?;
        assert!(tunnel.starts_with(&format!("CONNECT 127.0.0.1:{plain} HTTP/1.1\r\n")), "{tunnel}");
        assert!(!tunnel.contains("name.test"), "{tunnel}");
        assert!(seen.recv()?.contains("GET /path HTTP/1.1"));
        get(&client, &format!("https://name.test:{secure}/"), &patient()).await?;
        assert!(
            asked.recv_timeout(Duration::from_secs(20))?.starts_with(&format!("CONNECT 127.0.0.1:{secure} "))
        );
        Ok(())
    })
}

#[test]
fn a_proxy_that_refuses_or_is_not_there_is_an_error_and_no_way_round() -> Done {
    let (port, _asked) = proxy(Some("Basic dXNlcjpwYXNz"))?;
    let (server, seen) = listens()?;
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    run(async {
        let url = format!("http://127.0.0.1:{server}/");
        for (proxy, expected) in [
            (format!("http://127.0.0.1:{port}"), Some(Break::ProxyAuthentication)),
            (format!("http://user:wrong@127.0.0.1:{port}"), Some(Break::ProxyAuthentication)),
            (format!("http://127.0.0.1:{nobody}"), Some(Break::Proxy)),
            (format!("http://user:pass@127.0.0.1:{port}"), None),
        ] {
            let client = HttpClient::new().with_proxy(&proxy)?;
            let result = get(&client, &url, &patient()).await;
            assert_eq!(result.err(), expected.map(HttpError::Connection), "{proxy}");
            assert_eq!(seen.try_recv().is_ok(), expected.is_none(), "{proxy}");
        }
        let client = HttpClient::new().with_proxy(&format!("http://user:pass@127.0.0.1:{port}"))?;
        let result = get(&client, &format!("http://127.0.0.1:{nobody}/"), &patient()).await;
        assert_eq!(result.err(), Some(HttpError::Connection(Break::ProxyRefused)));
        Ok(())
    })
}

#[test]
fn a_dead_address_holds_up_the_next_only_for_its_head_start() -> Done {
    // A full backlog: the kernel neither accepts nor refuses.
    let (port, _seen) = listens()?;
    let deaf = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 3), port))?;
    let mut held = Vec::new();
    while held.len() < 4_096 {
        let Ok(stream) = Connection::connect_timeout(&deaf.local_addr()?, Duration::from_millis(200)) else {
            break;
        };
        held.push(stream);
    }
    run(async {
        let client = client(&[&["127.0.0.3", "127.0.0.1"]])?;
        // One address alone has more time than the whole request.
        let limits = HttpLimits { connect_timeout: Duration::from_secs(3_600), ..patient() };
        assert_eq!(get(&client, &format!("http://name.test:{port}/"), &limits).await?.status(), 204);
        Ok(())
    })
}

#[test]
fn every_phase_has_its_own_clock_and_zero_is_no_panic() -> Done {
    let mute = serve(|mut stream| stream.read_to_end(&mut Vec::new()).map(drop))?;
    let stalls = serve(|mut stream| {
        head(&mut stream)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    })?;
    let short = Duration::from_millis(50);
    run(async {
        for (port, scheme, limits, phase) in [
            (mute, "http", HttpLimits { first_byte_timeout: short, ..patient() }, Phase::FirstByte),
            (mute, "http", HttpLimits { first_byte_timeout: Duration::ZERO, ..patient() }, Phase::FirstByte),
            (mute, "https", HttpLimits { connect_timeout: short, ..patient() }, Phase::Handshake),
            (stalls, "http", HttpLimits { between_bytes_timeout: short, ..patient() }, Phase::BetweenBytes),
            (
                stalls,
                "http",
                HttpLimits { between_bytes_timeout: Duration::ZERO, ..patient() },
                Phase::BetweenBytes,
            ),
        ] {
            let result = get(&HttpClient::new(), &format!("{scheme}://127.0.0.1:{port}/"), &limits).await;
            assert_eq!(result.err(), Some(HttpError::Timeout(phase)));
        }
        Ok(())
    })
}

#[test]
fn interim_answers_are_passed_over_and_do_not_last() -> Done {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let port = says(format!("{interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))?;
    let endless = serve(|mut stream| {
        head(&mut stream)?;
        while stream.write_all(b"HTTP/1.1 102 Processing\r\n\r\n").is_ok() {}
        Ok(())
    })?;
    run(async {
        assert_eq!(
            get(&HttpClient::new(), &format!("http://127.0.0.1:{port}/"), &patient()).await?.body(),
            "ok"
        );
        let result = get(&HttpClient::new(), &format!("http://127.0.0.1:{endless}/"), &soon()).await;
        assert!(result.is_err(), "{result:?}");
        Ok(())
    })
}

/// What a test server shows: certificates of an authority of its own.
struct Authority {
    issuer: rcgen::CertifiedIssuer<'static, rcgen::KeyPair>,
}

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let mut params = rcgen::CertificateParams::new(Vec::new())?;
        // Of equal names, the first would be tried for the other's certificates too.
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("authority {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Ok(Self { issuer: rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate()?)? })
    }

    /// A server for `name` that answers with the name it was asked for.
    fn serve(&self, name: &str, last_year: i32) -> Result<u16, Box<dyn Error>> {
        let key = rcgen::KeyPair::generate()?;
        let mut params = rcgen::CertificateParams::new([name.to_owned()])?;
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(last_year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer)?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
        let config = Arc::new(config);
        Ok(serve(move |stream| {
            let session = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(session, stream);
            head(&mut stream)?;
            let name = stream.conn.server_name().unwrap_or("none").to_owned();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len())?;
            stream.conn.send_close_notify();
            stream.flush()
        })?)
    }
}

#[test]
fn tls_checks_the_certificate_for_the_name_asked_for() -> Done {
    let authority = Authority::new()?;
    let valid = authority.serve("tls.test", 4000)?;
    let expired = authority.serve("tls.test", 2001)?;
    let other_name = authority.serve("other.test", 4000)?;
    let by_address = authority.serve("127.0.0.1", 4000)?;
    let unknown = Authority::new()?.serve("tls.test", 4000)?;
    let no_tls = serve(|mut stream| {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    })?;
    run(async {
        let client = client(&[&["127.0.0.1"]])?.with_roots_pem(authority.issuer.pem().as_bytes())?;
        let limits =
            HttpLimits { deadline: Some(Instant::now() + Duration::from_secs(20)), ..HttpLimits::default() };
        // The name goes into the handshake, although the connection goes to a checked address.
        assert_eq!(get(&client, &format!("https://tls.test:{valid}/"), &limits).await?.body(), "tls.test");
        assert_eq!(get(&client, &format!("https://TLS.test.:{valid}/"), &limits).await?.body(), "tls.test");
        assert_eq!(get(&client, &format!("https://127.0.0.1:{by_address}/"), &limits).await?.body(), "none");
        for (host, port, text) in [
            ("tls.test", expired, "the server's certificate has expired"),
            ("tls.test", other_name, "the server's certificate is for another name"),
            ("127.0.0.1", valid, "the server's certificate is for another name"),
            ("tls.test", unknown, "the server's certificate is not from a known authority"),
            ("tls.test", no_tls, "the server does not speak TLS"),
        ] {
            let result = get(&client, &format!("https://{host}:{port}/"), &limits).await;
            assert_eq!(result.err().map(|error| error.to_string()).as_deref(), Some(text), "{host} {port}");
        }
        // Without the root, and with it as DER.
        let stranger = self::client(&[&["127.0.0.1"]])?;
        let result = get(&stranger, &format!("https://tls.test:{valid}/"), &limits).await;
        assert!(matches!(result, Err(HttpError::Certificate(_))), "{result:?}");
        let friend = stranger.with_root_der(authority.issuer.der())?;
        assert_eq!(get(&friend, &format!("https://tls.test:{valid}/"), &limits).await?.status(), 200);
        Ok(())
    })
}

#[test]
fn broken_roots_are_refused() {
    assert_eq!(HttpClient::new().with_roots_pem(b"").err(), Some(InvalidRoot));
    assert_eq!(
        HttpClient::new()
            .with_roots_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            .err(),
        Some(InvalidRoot)
    );
    assert_eq!(HttpClient::new().with_root_der(b"AAAA").err(), Some(InvalidRoot));
}
