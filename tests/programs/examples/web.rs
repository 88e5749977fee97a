//! Requests through `wasi:http`, as a program makes them that knows nothing of this host.
#![forbid(unsafe_code)]

use openskills_sdk::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, HeaderError, IncomingBody, IncomingResponse, Method,
    OutgoingBody, OutgoingRequest, RequestOptions, Scheme, http_error_code,
};
use wasip2::io::streams::StreamError;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    url: String,
    /// Further URLs, fetched after the first.
    #[serde(default)]
    then: Vec<String>,
    #[serde(default = "get")]
    method: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: Option<String>,
    /// How often the body is sent, piece after piece.
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    trailers: Vec<(String, String)>,
    #[serde(default)]
    timeout_ms: Option<u64>,
    /// Whether an error of the request is the skill's error, and not its answer.
    #[serde(default)]
    strict: bool,
    /// All at once, and only then the answers.
    #[serde(default)]
    together: bool,
    /// To send, and not to wait for any answer.
    #[serde(default)]
    leave: bool,
    /// Bytes of the response to read, and then to drop it.
    #[serde(default)]
    read: Option<u64>,
}

fn get() -> String {
    "GET".into()
}

fn once() -> u32 {
    1
}

type Fault = (String, String);

#[skill]
fn run(input: Input) -> Result<Value, Error> {
    let urls: Vec<&String> = std::iter::once(&input.url).chain(&input.then).collect();
    let outcomes: Vec<Result<Value, Fault>> = if input.together || input.leave {
        let sent: Vec<_> = urls.iter().map(|url| send(&input, url)).collect();
        if input.leave {
            // Whatever is under way is given up with the call.
            std::mem::forget(sent);
            return Ok(json!("left"));
        }
        sent.into_iter().map(|sent| receive(&input, sent?)).collect()
    } else {
        urls.iter().map(|url| receive(&input, send(&input, url)?)).collect()
    };
    let mut answers = Vec::new();
    for outcome in outcomes {
        answers.push(match outcome {
            Ok(answer) => answer,
            Err((error, message)) if input.strict => {
                return Err(Error::failed(format!("{error}: {message}")));
            }
            Err((error, message)) => json!({ "error": error, "message": message }),
        });
    }
    Ok(Value::Array(answers))
}

fn send(input: &Input, url: &str) -> Result<FutureIncomingResponse, Fault> {
    let malformed = |what: &str| ("Malformed".to_owned(), what.to_owned());
    let headers = Fields::new();
    for (name, value) in &input.headers {
        let added = headers.append(name, value.as_bytes());
        added.map_err(|error| (header_fault(&error), name.clone()))?;
    }
    let request = OutgoingRequest::new(headers);
    let (scheme, rest) = url.split_once("://").ok_or_else(|| malformed("scheme"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let method = match input.method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "CONNECT" => Method::Connect,
        "TRACE" => Method::Trace,
        other => Method::Other(other.to_owned()),
    };
    request.set_method(&method).map_err(|()| malformed("method"))?;
    request.set_scheme(Some(&scheme)).map_err(|()| malformed("scheme"))?;
    request.set_authority(Some(authority)).map_err(|()| malformed("authority"))?;
    let path = if path.is_empty() { "/" } else { path };
    request.set_path_with_query(Some(path)).map_err(|()| malformed("path"))?;
    let options = input.timeout_ms.map(|limit| {
        let options = RequestOptions::new();
        let limit = Some(limit.saturating_mul(1_000_000));
        let _ = options.set_connect_timeout(limit);
        let _ = options.set_first_byte_timeout(limit);
        let _ = options.set_between_bytes_timeout(limit);
        options
    });
    let body = match &input.body {
        Some(_) => Some(request.body().map_err(|()| malformed("body"))?),
        None => None,
    };
    let response = handle(request, options).map_err(fault)?;
    if let (Some(body), Some(piece)) = (body, &input.body) {
        let stream = body.write().map_err(|()| malformed("body"))?;
        for _ in 0..input.times {
            for piece in piece.as_bytes().chunks(4_096) {
                // A server or a limit that wants no more of it shows in the response.
                if stream.blocking_write_and_flush(piece).is_err() {
                    break;
                }
            }
        }
        drop(stream);
        let trailers = Fields::new();
        for (name, value) in &input.trailers {
            let added = trailers.append(name, value.as_bytes());
            added.map_err(|error| (header_fault(&error), name.clone()))?;
        }
        let finished = OutgoingBody::finish(body, (!input.trailers.is_empty()).then_some(trailers));
        if let Err(error) = finished {
            return Err(fault(error));
        }
    }
    Ok(response)
}

fn receive(input: &Input, response: FutureIncomingResponse) -> Result<Value, Fault> {
    response.subscribe().block();
    let response = response.get().and_then(Result::ok).ok_or_else(|| ("None".to_owned(), String::new()))?;
    describe(input, &response.map_err(fault)?)
}

fn describe(input: &Input, response: &IncomingResponse) -> Result<Value, Fault> {
    let headers = |fields: &Fields| -> Vec<Value> {
        let entries = fields.entries().into_iter();
        entries.map(|(name, value)| json!([name, String::from_utf8_lossy(&value)])).collect()
    };
    let body = response.consume().map_err(|()| ("None".to_owned(), "body".to_owned()))?;
    let mut bytes = Vec::new();
    let stream = body.stream().map_err(|()| ("None".to_owned(), "stream".to_owned()))?;
    loop {
        if input.read.is_some_and(|limit| bytes.len() as u64 >= limit) {
            return Ok(json!({ "status": response.status(), "bytes": bytes.len(), "dropped": true }));
        }
        match stream.blocking_read(64 * 1024) {
            Ok(piece) => bytes.extend(piece),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(http_error_code(&error)
                    .map_or_else(|| ("Untyped".to_owned(), error.to_debug_string()), fault));
            }
        }
    }
    drop(stream);
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    let trailers = match trailers.get() {
        Some(Ok(Ok(trailers))) => trailers,
        Some(Ok(Err(error))) => return Err(fault(error)),
        _ => None,
    };
    Ok(json!({
        "status": response.status(),
        "headers": headers(&response.headers()),
        "body": String::from_utf8_lossy(&bytes).chars().take(4_096).collect::<String>(),
        "bytes": bytes.len(),
        "trailers": trailers.as_ref().map(headers).unwrap_or_default(),
    }))
}

fn header_fault(error: &HeaderError) -> String {
    match error {
        HeaderError::InvalidSyntax => "HeaderInvalidSyntax",
        HeaderError::Forbidden => "HeaderForbidden",
        HeaderError::Immutable => "HeaderImmutable",
    }
    .to_owned()
}

/// The name of the code alone, and all of it.
fn fault(error: ErrorCode) -> Fault {
    let text = format!("{error:?}");
    let name = text.split(['(', ' ', '{']).next().unwrap_or_default();
    (name.strip_prefix("ErrorCode::").unwrap_or(name).to_owned(), text.clone())
}
