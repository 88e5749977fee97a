//! One http request through the SDK.
#![forbid(unsafe_code)]

use std::time::Duration;

use openskills_sdk::http::{Error as HttpError, Request, Response};
use openskills_sdk::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

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
    #[serde(default)]
    timeout_ms: Option<u64>,
    /// Whether the SDK follows redirects.
    #[serde(default)]
    follow: bool,
    /// Whether an error of the request is the skill's error, and not its answer.
    #[serde(default)]
    strict: bool,
}

fn get() -> String {
    "GET".into()
}

#[skill]
fn run(input: Input) -> Result<Value, Error> {
    let mut answers = Vec::new();
    for url in std::iter::once(&input.url).chain(&input.then) {
        answers.push(match send(&input, url) {
            Ok(response) => describe(&response),
            Err(error) if input.strict => return Err(error.into()),
            Err(error) => json!({ "error": format!("{:?}", error.kind()), "message": error.to_string() }),
        });
    }
    Ok(Value::Array(answers))
}

fn send(input: &Input, url: &str) -> Result<Response, HttpError> {
    let mut request = Request::new(input.method.as_str(), url);
    for (name, value) in &input.headers {
        request = request.header(name.as_str(), value.as_str());
    }
    if let Some(body) = &input.body {
        request = request.body(body.as_str());
    }
    if let Some(limit) = input.timeout_ms {
        request = request.timeout(Duration::from_millis(limit));
    }
    if input.follow {
        request = request.follow_redirects();
    }
    request.send()
}

fn describe(response: &Response) -> Value {
    let headers: Vec<_> =
        response.headers().map(|(name, value)| json!([name, String::from_utf8_lossy(value)])).collect();
    let body: String = response.text().chars().take(4_096).collect();
    json!({
        "url": response.url(),
        "status": response.status(),
        "headers": headers,
        "body": body,
        "bytes": response.bytes().len(),
    })
}
