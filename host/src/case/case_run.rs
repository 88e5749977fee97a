//! Running a case: a workspace of its own, one call, and what came of it beside what was expected.
#![expect(
    clippy::disallowed_methods,
    reason = "makes the workspace of a case and reads what the call left in it"
)]

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::case::{Call, Case, ExpectedError};
use super::expected::Expected;
use crate::audit::{AuditRecord, Refusal};
use crate::error::OpenSkillError;
use crate::runtime::{RuntimeBuilder, ScriptOptions};

/// Bytes of a file that is compared.
const MAX_FILE: u64 = 16 << 20;

/// What came of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// What is not as expected. Empty: the case passed.
    pub differences: Vec<Difference>,
    /// Refusals of a call that met all expectations, where the case does not say which there are.
    pub unmentioned: Vec<Refusal>,
    /// How long the call took, its component's loading included.
    #[serde(serialize_with = "milliseconds", rename = "duration_ms")]
    pub duration: Duration,
    /// The case with what came of its call in place of what it expected, if it says so by whole values: as it stands
    /// in its file. None if nothing would change.
    #[serde(skip)]
    updates: Vec<(Vec<String>, Value)>,
}

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// What: `output`, `error`, `refusals`, `files.PATH` and so on.
    pub what: String,
    /// What would have been right, as near as possible to what there was: where a form of the case was met, with the
    /// value that met it.
    pub expected: Value,
    /// What there was.
    pub actual: Value,
}

fn milliseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1e3)
}

/// How the call of a case ended, whatever was called.
struct Ended {
    output: Option<Value>,
    exit_code: Option<u8>,
    stdout: String,
    stderr: String,
    error: Option<OpenSkillError>,
    audit: Option<AuditRecord>,
}

impl Case {
    /// Runs the case once, on the skill in this folder. `settings` is what all cases share, such as a cache folder or
    /// a watcher of the compiler; its workspace, environment and policy are replaced by the case's own, so nothing of
    /// this machine's policies takes part.
    ///
    /// # Errors
    /// If the skill cannot be loaded or its surroundings not be made. What the call ends with is in the report.
    pub fn run(&self, skill: &Path, settings: RuntimeBuilder) -> Result<CaseReport, OpenSkillError> {
        let failed = |source: io::Error| OpenSkillError::Io {
            context: format!("the workspace of the case `{}` cannot be made", self.name),
            source,
            trace: None,
        };
        let workspace = tempfile::Builder::new().prefix("openskills-case-").tempdir().map_err(failed)?;
        for (path, contents) in &self.files {
            put(workspace.path(), path, contents.as_deref()).map_err(failed)?;
        }
        let runtime = settings
            .workspace(workspace.path())
            .environment(self.env.clone())
            .policy(self.policy.clone())
            .build()?;
        let id = runtime.load_skill(skill)?.id;
        let started = Instant::now();
        let ended = match &self.call {
            Call::Component { function, input } => {
                let mut call = runtime.call(&id).input(input.clone());
                if let Some(function) = function {
                    call = call.function(function);
                }
                if let Some(timeout) = self.timeout_ms {
                    call = call.timeout(Duration::from_millis(timeout));
                }
                match call.run() {
                    Ok(result) => Ended {
                        output: Some(result.output),
                        exit_code: None,
                        stdout: result.stdout,
                        stderr: result.stderr,
                        error: None,
                        audit: Some(result.audit),
                    },
                    Err(error) => Ended::by(error),
                }
            }
            Call::Script { script, arguments, stdin } => {
                let options = ScriptOptions {
                    arguments: arguments.clone(),
                    stdin: stdin.clone().into_bytes(),
                    timeout_ms: self.timeout_ms,
                    ..ScriptOptions::default()
                };
                match runtime.run_script(&id, script, options) {
                    Ok(result) => Ended {
                        output: Some(result.output),
                        exit_code: Some(result.exit_code),
                        stdout: String::from_utf8_lossy(&result.stdout).into_owned(),
                        stderr: String::from_utf8_lossy(&result.stderr).into_owned(),
                        error: None,
                        audit: Some(result.audit),
                    },
                    Err(error) => Ended::by(error),
                }
            }
        };
        Ok(self.compare(&ended, workspace.path(), started.elapsed()))
    }

    fn compare(&self, ended: &Ended, workspace: &Path, duration: Duration) -> CaseReport {
        let mut report =
            CaseReport { differences: Vec::new(), unmentioned: Vec::new(), duration, updates: Vec::new() };
        let expect = &self.expect;
        match (&expect.error, &ended.error) {
            (None, Some(error)) => {
                report.add("error", Value::Null, shown(error));
                if !expect.is_given {
                    report.update(&["error"], shown(error));
                }
            }
            (Some(expected), Some(error)) => expected.compare(error, &mut report),
            (Some(expected), None) => {
                let output = ended.output.clone().unwrap_or_default();
                report.add("error", expected.shown(), Value::Null);
                report.add("output", Value::Null, output);
            }
            (None, None) => {}
        }
        if ended.error.is_none() {
            if let (None, Some(output)) = (&expect.output, &ended.output)
                && !expect.is_given
            {
                report.update(&["output"], output.clone());
            }
            report.compare("output", expect.output.as_ref(), ended.output.as_ref());
            let exit_code = ended.exit_code.map(|status| json!(status));
            match &expect.exit_code {
                // A script is expected to succeed like everything else.
                None if expect.error.is_none() && ended.exit_code.is_some_and(|status| status != 0) => {
                    report.add("exit_code", json!(0), exit_code.unwrap_or_default());
                }
                expected => report.compare("exit_code", expected.as_ref(), exit_code.as_ref()),
            }
        }
        report.compare("stdout", expect.stdout.as_ref(), Some(&json!(ended.stdout)));
        report.compare("stderr", expect.stderr.as_ref(), Some(&json!(ended.stderr)));
        let refusals = ended.audit.as_ref().map_or(&[][..], |audit| &audit.refusals);
        match &expect.refusals {
            Some(expected) => report.compare_refusals(expected, refusals),
            None if report.differences.is_empty() && expect.error.is_none() => {
                report.unmentioned = refusals.to_vec();
            }
            None => {}
        }
        for (path, expected) in &expect.files {
            let what = format!("files.{path}");
            match (expected, found(workspace, path)) {
                (Some(expected), Some(actual)) => report.compare(&what, Some(expected), Some(&actual)),
                (Some(expected), None) => report.add(&what, expected.shown(), Value::Null),
                (None, Some(actual)) => report.add(&what, Value::Null, actual),
                (None, None) => {}
            }
        }
        report
    }

    /// The text of the case's file with what came of the call in place of what was expected; none if nothing changes.
    /// Only whole values are replaced, no forms such as `$contains`; a case without `expect` gets one.
    ///
    /// # Errors
    /// If `text` is not the file that the case was read from.
    pub fn updated(&self, text: &str, report: &CaseReport) -> Result<Option<String>, serde_json::Error> {
        if report.updates.is_empty() {
            return Ok(None);
        }
        let mut whole: Value = serde_json::from_str(text)?;
        let case = match self.index {
            Some(index) => whole.get_mut(index),
            None => Some(&mut whole),
        };
        if let Some(Value::Object(case)) = case {
            for (path, value) in &report.updates {
                let mut at = case.entry("expect").or_insert_with(|| json!({}));
                for key in path {
                    let Value::Object(object) = at else { break };
                    at = object.entry(key.as_str()).or_insert(Value::Null);
                }
                *at = value.clone();
            }
        }
        Ok(Some(serde_json::to_string_pretty(&whole)? + "\n"))
    }
}

impl Ended {
    fn by(error: OpenSkillError) -> Self {
        let trace = error.trace().cloned();
        let (stdout, stderr, audit) = match trace {
            Some(trace) => (trace.stdout, trace.stderr, Some(trace.audit)),
            None => Default::default(),
        };
        Self { output: None, exit_code: None, stdout, stderr, audit, error: Some(error) }
    }
}

impl CaseReport {
    /// Whether everything is as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }

    fn add(&mut self, what: &str, expected: Value, actual: Value) {
        self.differences.push(Difference { what: what.to_owned(), expected, actual });
    }

    fn update(&mut self, path: &[&str], value: Value) {
        self.updates.push((path.iter().map(|key| (*key).to_owned()).collect(), value));
    }

    fn compare(&mut self, what: &str, expected: Option<&Expected>, actual: Option<&Value>) {
        let (Some(expected), Some(actual)) = (expected, actual) else { return };
        let nearest = expected.nearest(actual);
        if nearest == *actual {
            return;
        }
        if expected.is_exact() {
            match what.split_once('.') {
                // A path has dots of its own.
                Some((first, rest)) => self.update(&[first, rest], actual.clone()),
                None => self.update(&[what], actual.clone()),
            }
        }
        self.add(what, nearest, actual.clone());
    }

    /// Every refusal must be expected, and every expected one must be there; their order is nobody's promise.
    fn compare_refusals(&mut self, expected: &[Expected], refusals: &[Refusal]) {
        let all: Vec<Value> = refusals
            .iter()
            .map(|refusal| json!(format!("{} {}", refusal.action.name(), refusal.target)))
            .collect();
        let met = all.iter().filter(|actual| expected.iter().any(|one| one.is_met(actual))).cloned();
        let missing = expected.iter().filter(|one| !all.iter().any(|actual| one.is_met(actual)));
        let nearest = Value::Array(met.chain(missing.map(Expected::shown)).collect());
        let actual = Value::Array(all);
        if nearest != actual {
            if expected.iter().all(Expected::is_exact) {
                self.update(&["refusals"], actual.clone());
            }
            self.add("refusals", nearest, actual);
        }
    }
}

impl ExpectedError {
    fn compare(&self, error: &OpenSkillError, report: &mut CaseReport) {
        let actual = shown(error);
        let mut nearest = Map::new();
        for (key, expected) in self.parts() {
            let Some(expected) = expected else { continue };
            let value = actual.get(key).cloned().unwrap_or_default();
            nearest.insert(key.to_owned(), expected.nearest(&value));
        }
        let compared: Map<String, Value> =
            nearest.keys().map(|key| (key.clone(), actual.get(key).cloned().unwrap_or_default())).collect();
        if nearest == compared {
            return;
        }
        // Whoever reads it wants all of the error.
        for (key, value) in actual.as_object().into_iter().flatten() {
            nearest.entry(key).or_insert_with(|| value.clone());
        }
        report.add("error", Value::Object(nearest), actual);
    }

    fn parts(&self) -> [(&'static str, Option<&Expected>); 3] {
        [("kind", self.kind.as_ref()), ("message", self.message.as_ref()), ("field", self.field.as_ref())]
    }

    fn shown(&self) -> Value {
        let parts = self.parts().into_iter().filter_map(|(key, part)| Some((key.to_owned(), part?.shown())));
        Value::Object(parts.collect())
    }
}

fn shown(error: &OpenSkillError) -> Value {
    let mut shown = json!({ "kind": error.kind().name(), "message": error.to_string() });
    if let OpenSkillError::InvalidInput { field, .. } = error {
        shown["field"] = json!(field);
    }
    shown
}

fn put(workspace: &Path, path: &str, contents: Option<&[u8]>) -> io::Result<()> {
    let path = workspace.join(path);
    match contents {
        None => fs::create_dir_all(path),
        Some(contents) => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, contents)
        }
    }
}

/// What is there: a text, `{"base64": …}`, or an empty object for a folder; none if there is nothing.
fn found(workspace: &Path, path: &str) -> Option<Value> {
    let path = workspace.join(path);
    let metadata = fs::symlink_metadata(&path).ok()?;
    if metadata.is_dir() {
        return Some(json!({}));
    }
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Some(json!(format!("[{} bytes that are not compared]", metadata.len())));
    }
    Some(match String::from_utf8(fs::read(&path).ok()?) {
        Ok(text) => json!(text),
        Err(error) => json!({ "base64": STANDARD.encode(error.as_bytes()) }),
    })
}
