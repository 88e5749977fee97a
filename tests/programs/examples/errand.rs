//! A list of steps through files, web servers and variables of the host: the same in five languages.
#![forbid(unsafe_code)]

use std::time::Duration;

use openskills_sdk::{env, fs, http, log, prelude::*};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
struct Input {
    steps: Vec<Step>,
    end: Option<End>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Step {
    Read {
        path: String,
        offset: Option<usize>,
        length: Option<usize>,
    },
    Write {
        path: String,
        text: String,
    },
    Append {
        path: String,
        text: String,
    },
    Stat {
        path: String,
    },
    List {
        path: String,
    },
    MakeDir {
        path: String,
    },
    Remove {
        path: String,
    },
    Rename {
        path: String,
        to: String,
    },
    Fetch {
        url: String,
        method: Option<String>,
        #[serde(default)]
        headers: Vec<(String, String)>,
        text: Option<String>,
    },
    Get {
        name: String,
    },
    Names,
    Log {
        text: String,
    },
}

#[derive(Deserialize, JsonSchema)]
struct End {
    tag: String,
    text: String,
    #[serde(default)]
    field: String,
}

#[skill]
fn run(input: Input) -> Result<Value, Error> {
    let answers = input.steps.iter().map(|step| match answer(step) {
        Ok(value) => json!({ "ok": value }),
        Err(tag) => json!({ "error": tag }),
    });
    let answers = answers.collect();
    match input.end {
        None => Ok(answers),
        Some(end) => Err(match end.tag.as_str() {
            "denied" => Error::denied(end.text),
            "invalid-input" => Error::invalid_input(end.field, end.text),
            _ => Error::failed(end.text),
        }),
    }
}

fn answer(step: &Step) -> Result<Value, &'static str> {
    Ok(match step {
        Step::Read { path, offset, length } => {
            let bytes = fs::read(path).map_err(of_file)?;
            let from = offset.unwrap_or(0).min(bytes.len());
            let to = from.saturating_add(length.unwrap_or(bytes.len())).min(bytes.len());
            String::from_utf8_lossy(&bytes[from..to]).into()
        }
        Step::Write { path, text } => fs::write(path, text).map_err(of_file)?.into(),
        Step::Append { path, text } => fs::append(path, text).map_err(of_file)?.into(),
        Step::Stat { path } => {
            let found = fs::metadata(path).map_err(of_file)?;
            json!({ "kind": kind(found.file_type()), "size": if found.is_file() { found.len() } else { 0 } })
        }
        Step::List { path } => {
            let entries = fs::read_dir(path).map_err(of_file)?;
            let mut lines: Vec<String> =
                entries.iter().map(|entry| format!("{} {}", kind(entry.file_type()), entry.name())).collect();
            lines.sort();
            lines.into()
        }
        Step::MakeDir { path } => fs::create_dir(path).map_err(of_file)?.into(),
        Step::Remove { path } => fs::remove(path).map_err(of_file)?.into(),
        Step::Rename { path, to } => fs::rename(path, to).map_err(of_file)?.into(),
        Step::Fetch { url, method, headers, text } => {
            let mut request = http::Request::new(method.as_deref().unwrap_or("GET"), url.as_str());
            for (name, value) in headers {
                request = request.header(name.as_str(), value.as_str());
            }
            if let Some(text) = text {
                request = request.body(text.as_str());
            }
            let response =
                request.timeout(Duration::from_secs(5)).send().map_err(|error| of_http(error.kind()))?;
            json!({ "status": response.status(), "type": response.header("content-type"), "body": response.text() })
        }
        Step::Get { name } => match env::var(name) {
            Ok(value) => value.into(),
            Err(env::VarError::NotPresent { .. }) => Value::Null,
            Err(env::VarError::Denied { .. }) => return Err("denied"),
        },
        Step::Names => env::names().into(),
        Step::Log { text } => {
            log::write(log::Level::Info, format_args!("{text}"));
            Value::Null
        }
    })
}

fn kind(kind: fs::FileType) -> &'static str {
    match kind {
        fs::FileType::File => "file",
        fs::FileType::Dir => "directory",
        fs::FileType::Link => "link",
        fs::FileType::Other => "other",
    }
}

/// The name of the case in WIT.
fn of_file(error: fs::Error) -> &'static str {
    match error.kind() {
        fs::ErrorKind::Denied => "denied",
        fs::ErrorKind::NotFound => "not-found",
        fs::ErrorKind::AlreadyExists => "exists",
        fs::ErrorKind::IsADirectory => "is-directory",
        fs::ErrorKind::NotADirectory => "not-directory",
        fs::ErrorKind::DirectoryNotEmpty => "not-empty",
        fs::ErrorKind::InvalidInput | fs::ErrorKind::InvalidData => "invalid",
        fs::ErrorKind::Other => "io",
    }
}

fn of_http(kind: http::ErrorKind) -> &'static str {
    match kind {
        http::ErrorKind::Denied => "denied",
        http::ErrorKind::InvalidRequest => "invalid-request",
        http::ErrorKind::NameNotResolved => "name-not-resolved",
        http::ErrorKind::Connection => "connection",
        http::ErrorKind::Tls => "tls",
        http::ErrorKind::Timeout => "timeout",
        http::ErrorKind::TooLarge => "too-large",
        _ => "protocol",
    }
}
