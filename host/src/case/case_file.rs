//! The files that hold cases: read whole, every fault with its place.
#![expect(clippy::disallowed_methods, reason = "reads the case files of a skill, before anything runs")]

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::case::{Call, Case, Expectation, ExpectedError};
use super::expected::Expected;
use crate::capability::{Policy, nearest, printable};
use crate::error::ErrorKind;

/// Bytes of a case file.
const MAX_FILE: u64 = 4 << 20;

/// Cases of a skill.
const MAX_CASES: usize = 10_000;

/// The keys of a case; the schema in the documentation has the same.
const CASE: [&str; 13] = [
    "$schema",
    "name",
    "about",
    "function",
    "input",
    "script",
    "args",
    "stdin",
    "files",
    "env",
    "policy",
    "timeout_ms",
    "expect",
];

const POLICY: [&str; 4] = ["preset", "allow", "ask", "deny"];

const EXPECT: [&str; 7] = ["output", "error", "exit_code", "stdout", "stderr", "refusals", "files"];

const ERROR: [&str; 3] = ["kind", "message", "field"];

/// What a call does that can be refused, as it stands in records.
const ACTIONS: [&str; 8] = ["look", "read", "list", "write", "fetch", "env", "connect", "import"];

/// Why a case file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CaseFault {
    /// The file.
    pub file: PathBuf,
    /// Where in it, as keys with dots between them; empty for the file as a whole.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead, if that is known.
    pub hint: Option<String>,
}

impl fmt::Display for CaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file.display())?;
        if !self.place.is_empty() {
            write!(f, ", `{}`", self.place)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for CaseFault {}

/// Reads the cases of a skill: the files `tests/*.json` of its folder, by name, each one case or a list of them.
///
/// # Errors
/// Every file that cannot be read or understood, with its first fault.
pub fn read_cases(skill: &Path) -> Result<Vec<Case>, Vec<CaseFault>> {
    let folder = skill.join("tests");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(vec![fault(&folder, "", error.to_string())]),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let (mut cases, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match read(&path) {
            Ok(read) => cases.extend(read),
            Err(fault) => faults.push(fault),
        }
    }
    if cases.len() > MAX_CASES {
        faults.push(fault(
            &folder,
            "",
            format!("there are {} cases; at most {MAX_CASES} can be run", cases.len()),
        ));
    }
    if faults.is_empty() { Ok(cases) } else { Err(faults) }
}

fn fault(path: &Path, place: &str, message: String) -> CaseFault {
    CaseFault { file: path.to_owned(), place: place.to_owned(), message, hint: None }
}

fn read(path: &Path) -> Result<Vec<Case>, CaseFault> {
    let whole = |message: String| fault(path, "", message);
    let metadata = fs::metadata(path).map_err(|error| whole(error.to_string()))?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Err(whole(format!("it is not a file of at most {MAX_FILE} bytes")));
    }
    let bytes = fs::read(path).map_err(|error| whole(error.to_string()))?;
    let value: Value = serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes))
        .map_err(|error| whole(format!("it is not JSON: {error}")))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let file = format!("tests/{stem}.json");
    let one = |value: &Value, index: Option<usize>| {
        let reader = Reader { path, index };
        let name = index.map_or_else(|| stem.clone(), |index| format!("{stem} {}", index + 1));
        reader.case(value, name, file.clone())
    };
    match &value {
        Value::Array(cases) => cases.iter().enumerate().map(|(at, value)| one(value, Some(at))).collect(),
        value => one(value, None).map(|case| vec![case]),
    }
}

/// Reads one case and knows where it is.
struct Reader<'a> {
    path: &'a Path,
    index: Option<usize>,
}

type Read<T> = Result<T, CaseFault>;

impl Reader<'_> {
    fn fault<T>(&self, place: &str, message: impl Into<String>, hint: Option<String>) -> Read<T> {
        let place = match (self.index, place) {
            (None, place) => place.to_owned(),
            (Some(index), "") => format!("{index}"),
            (Some(index), place) => format!("{index}.{place}"),
        };
        Err(CaseFault { file: self.path.to_owned(), place, message: message.into(), hint })
    }

    fn object<'v>(&self, value: &'v Value, place: &str, keys: &[&str]) -> Read<&'v Map<String, Value>> {
        let Value::Object(object) = value else {
            return self.fault(place, format!("it is {}, and must be an object", kind(value)), None);
        };
        let Some(unknown) = object.keys().find(|key| !keys.contains(&key.as_str())) else {
            return Ok(object);
        };
        let hint = match nearest(unknown, keys) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its keys are {}", keys.join(", ")),
        };
        self.fault(place, format!("there is no key `{}` here", printable(unknown)), Some(hint))
    }

    fn text(&self, object: &Map<String, Value>, key: &str, place: &str) -> Read<Option<String>> {
        match object.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => {
                self.fault(&join(place, key), format!("it is {}, and must be a text", kind(other)), None)
            }
        }
    }

    fn texts(&self, object: &Map<String, Value>, key: &str, place: &str) -> Read<Vec<String>> {
        let place = join(place, key);
        match object.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.map_or_else(|| self.fault(&place, "it must be a list of texts", None), Ok)
            }
            Some(other) => {
                self.fault(&place, format!("it is {}, and must be a list of texts", kind(other)), None)
            }
        }
    }

    fn expected(&self, value: &Value, place: &str) -> Read<Expected> {
        Expected::parse(value).or_else(|(message, hint)| self.fault(place, message, hint))
    }

    fn case(&self, value: &Value, name: String, file: String) -> Read<Case> {
        let object = self.object(value, "", &CASE)?;
        let timeout_ms = match object.get("timeout_ms") {
            None => None,
            Some(value) => match value.as_u64().filter(|ms| *ms > 0) {
                Some(ms) => Some(ms),
                None => return self.fault("timeout_ms", "it must be a number of milliseconds above 0", None),
            },
        };
        Ok(Case {
            name: self.text(object, "name", "")?.unwrap_or(name),
            file,
            about: self.text(object, "about", "")?,
            index: self.index,
            call: self.call(object)?,
            files: self.files(object.get("files"))?,
            env: self.env(object.get("env"))?,
            policy: self.policy(object.get("policy"))?,
            timeout_ms,
            expect: self.expect(object.get("expect"), object.contains_key("script"))?,
        })
    }

    fn call(&self, object: &Map<String, Value>) -> Read<Call> {
        let script = self.text(object, "script", "")?;
        let not_both = |key: &str, other: &str| {
            self.fault(key, format!("`{key}` and `{other}` cannot stand together"), None)
        };
        match script {
            Some(_) if object.contains_key("function") => not_both("function", "script"),
            Some(_) if object.contains_key("input") => {
                not_both("input", "script").map_err(|fault: CaseFault| CaseFault {
                    hint: Some("a script takes `args` and `stdin`".to_owned()),
                    ..fault
                })
            }
            Some(script) => Ok(Call::Script {
                script,
                arguments: self.texts(object, "args", "")?,
                stdin: self.text(object, "stdin", "")?.unwrap_or_default(),
            }),
            None => {
                if let Some(key) = ["args", "stdin"].into_iter().find(|key| object.contains_key(*key)) {
                    let hint = "a component takes `input`; name the `script` that takes these".to_owned();
                    return self.fault(
                        key,
                        format!("`{key}` is for scripts, and no `script` is named"),
                        Some(hint),
                    );
                }
                let input = object.get("input").cloned().unwrap_or_else(|| Value::Object(Map::new()));
                Ok(Call::Component { function: self.text(object, "function", "")?, input })
            }
        }
    }

    fn files(&self, value: Option<&Value>) -> Read<Vec<(String, Option<Vec<u8>>)>> {
        let Some(value) = value else { return Ok(Vec::new()) };
        let Value::Object(files) = value else {
            return self.fault(
                "files",
                "it must be an object: paths in the workspace and their contents",
                None,
            );
        };
        let mut all = Vec::new();
        for (path, contents) in files {
            let place = join("files", path);
            self.path(path, &place)?;
            let contents = match contents {
                Value::Null if path.ends_with('/') => None,
                _ if path.ends_with('/') => {
                    return self.fault(
                        &place,
                        "a path that ends in `/` is a folder, whose value is `null`",
                        None,
                    );
                }
                Value::String(text) => Some(text.clone().into_bytes()),
                value => match self.object(value, &place, &["base64"])?.get("base64").and_then(Value::as_str)
                {
                    Some(text) => match STANDARD.decode(text) {
                        Ok(bytes) => Some(bytes),
                        Err(error) => return self.fault(&place, format!("it is not base64: {error}"), None),
                    },
                    None => return self.fault(&place, "it must be a text, or `{\"base64\": \"…\"}`", None),
                },
            };
            all.push((path.clone(), contents));
        }
        Ok(all)
    }

    /// A path that stays within the workspace.
    fn path(&self, path: &str, place: &str) -> Read<()> {
        let names = path.strip_suffix('/').unwrap_or(path).split('/');
        if names.clone().all(|name| !matches!(name, "" | "." | "..") && !name.contains('\0')) {
            return Ok(());
        }
        self.fault(place, "it must be a path within the workspace, such as `data/a.csv`", None)
    }

    fn env(&self, value: Option<&Value>) -> Read<Vec<(String, String)>> {
        let Some(value) = value else { return Ok(Vec::new()) };
        let pairs = value.as_object().and_then(|object| {
            let pair = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
            object.iter().map(pair).collect()
        });
        pairs
            .map_or_else(|| self.fault("env", "it must be an object: names of variables and texts", None), Ok)
    }

    fn policy(&self, value: Option<&Value>) -> Read<Policy> {
        let Some(value) = value else { return Ok(Policy::default()) };
        let object = self.object(value, "policy", &POLICY)?;
        let mut policy = match self.text(object, "preset", "policy")?.as_deref() {
            None | Some("standard") => Policy::default(),
            Some("trust") => Policy::trust_skills(),
            Some("locked") => Policy::locked(),
            Some(other) => {
                let message = format!("there is no preset `{}`", printable(other));
                return self.fault("policy.preset", message, Some("standard, trust or locked".to_owned()));
            }
        };
        for (key, add) in
            [("allow", Policy::allow as fn(Policy, &str) -> _), ("ask", Policy::ask), ("deny", Policy::deny)]
        {
            for rule in self.texts(object, key, "policy")? {
                policy = add(policy, &rule)
                    .or_else(|error| self.fault(&join("policy", key), error.to_string(), None))?;
            }
        }
        Ok(policy)
    }

    fn expect(&self, value: Option<&Value>, of_script: bool) -> Read<Expectation> {
        let Some(value) = value else { return Ok(Expectation::default()) };
        let object = self.object(value, "expect", &EXPECT)?;
        let one =
            |key: &str| object.get(key).map(|value| self.expected(value, &join("expect", key))).transpose();
        let refusals = match object.get("refusals") {
            None => None,
            Some(Value::Array(items)) => {
                Some(items.iter().map(|item| self.refusal(item)).collect::<Read<Vec<Expected>>>()?)
            }
            Some(_) => return self.fault("expect.refusals", "it must be a list", None),
        };
        if object.contains_key("exit_code") && !of_script {
            return self.fault("expect.exit_code", "only scripts have an exit status that is no error", None);
        }
        if let Some(key) = ["output", "exit_code"].iter().find(|key| object.contains_key(**key))
            && object.contains_key("error")
        {
            return self.fault("expect", format!("`error` and `{key}` cannot both be expected"), None);
        }
        Ok(Expectation {
            is_given: true,
            output: one("output")?,
            error: object.get("error").map(|value| self.error(value)).transpose()?,
            exit_code: one("exit_code")?,
            stdout: one("stdout")?,
            stderr: one("stderr")?,
            refusals,
            files: self.expected_files(object.get("files"))?,
        })
    }

    fn refusal(&self, value: &Value) -> Read<Expected> {
        if let Value::String(text) = value {
            let (action, target) = text.split_once(' ').unwrap_or((text, ""));
            if !ACTIONS.contains(&action) || target.is_empty() {
                let hint = format!(
                    "write what was tried and with what, such as `read data.csv`; {}",
                    ACTIONS.join(", ")
                );
                return self.fault(
                    "expect.refusals",
                    format!("`{}` is no refusal", printable(text)),
                    Some(hint),
                );
            }
        }
        self.expected(value, "expect.refusals")
    }

    fn error(&self, value: &Value) -> Read<ExpectedError> {
        let object = self.object(value, "expect.error", &ERROR)?;
        if let Some(kind) = self.text(object, "kind", "expect.error")? {
            let kinds = ErrorKind::ALL.map(ErrorKind::name);
            if !kinds.contains(&kind.as_str()) {
                let hint = match nearest(&kind, &kinds) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the kinds are {}", kinds.join(", ")),
                };
                let message = format!("there is no kind of error `{}`", printable(&kind));
                return self.fault("expect.error.kind", message, Some(hint));
            }
        }
        let one = |key: &str| -> Read<Option<Expected>> {
            let Some(value) = object.get(key) else { return Ok(None) };
            // Of a message nobody writes the whole.
            let parsed = self.expected(value, &join("expect.error", key))?;
            Ok(Some(match parsed {
                Expected::Exactly(Value::String(_)) if key == "message" => {
                    Expected::Contains(Box::new(parsed))
                }
                parsed => parsed,
            }))
        };
        Ok(ExpectedError { kind: one("kind")?, message: one("message")?, field: one("field")? })
    }

    fn expected_files(&self, value: Option<&Value>) -> Read<Vec<(String, Option<Expected>)>> {
        let Some(value) = value else { return Ok(Vec::new()) };
        let Value::Object(files) = value else {
            return self.fault(
                "expect.files",
                "it must be an object: paths in the workspace and what they hold",
                None,
            );
        };
        let mut all = Vec::new();
        for (path, value) in files {
            let place = join("expect.files", path);
            self.path(path, &place)?;
            let expected = match value {
                Value::Null => None,
                value => Some(self.expected(value, &place)?),
            };
            all.push((path.clone(), expected));
        }
        Ok(all)
    }
}

fn join(place: &str, key: &str) -> String {
    let key = printable(key);
    if place.is_empty() { key } else { format!("{place}.{key}") }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
