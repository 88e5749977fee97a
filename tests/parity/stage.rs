//! A case, set up, and the check of its calls.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openskills_runtime::{
    Answer, AuditRecord, AuditSink, InstallWatcher, Limits, MemorySink, MountPoint, OnAuditFailure,
    OpenSkillRuntime, Policy, PolicyError, PolicyFileError, Question,
};
use openskills_tests::{cache, guest, repository, skill_component};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::case::{Call, Case, Contents, Sink, Skill};
use crate::matching::check;
use crate::methods::{Form, make};
use crate::values;

/// The runtime of a case, and what its calls left behind so far.
pub(crate) struct Stage {
    runtime: OpenSkillRuntime,
    records: MemorySink,
    questions: Arc<Mutex<Vec<Value>>>,
    places: Places,
    sink: Sink,
}

/// The folders of a case.
struct Places {
    root: PathBuf,
    _folder: TempDir,
}

impl Stage {
    /// Makes files and runtime. The error is in its neutral form, beside the folder that must outlive it.
    pub(crate) fn new(case: &Case) -> Result<Self, (Value, TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("skills")).unwrap();
        for (name, skill) in &case.skills {
            lay_out(&root.join("skills").join(name), name, skill);
        }
        if let Some(files) = &case.workspace {
            fs::create_dir(root.join("workspace")).unwrap();
            put_all(&root.join("workspace"), files);
        }
        put_all(&root, &case.outside);
        for (path, target) in &case.links {
            symlink(target, root.join(path)).unwrap();
        }
        let places = Places { root, _folder: folder };
        let records = MemorySink::default();
        let questions = Arc::new(Mutex::new(Vec::new()));
        let runtime = match build(case, &places, &records, &questions) {
            Ok(runtime) => runtime,
            Err(error) => return Err((places.named(&error), places._folder)),
        };
        if case.interpreter && !runtime.interpreters().unwrap().iter().any(|found| found.in_use) {
            runtime.install_interpreter(None, &Silent).unwrap();
        }
        if case.load {
            runtime.load_skills().unwrap();
        }
        Ok(Self { runtime, records, questions, places, sink: case.sink })
    }

    /// Makes a call and compares all that it left behind.
    pub(crate) fn check(&self, call: &Call, form: Form) -> Result<(), String> {
        self.questions.lock().unwrap().clear();
        let arguments = self.places.filled(&Value::Object(call.arguments.clone()));
        let made = make(&self.runtime, &call.method, &arguments, call.cancel, form);
        let record = match &made {
            Ok(found) => found.record.clone(),
            Err(error) => error.audit().map(values::json),
        };
        match (&call.returns, &call.error, made) {
            (Some(expected), None, Ok(found)) => {
                check("returns", &self.places.filled(expected), &found.value)?;
            }
            (None, Some(expected), Err(error)) => {
                check("error", &self.places.filled(expected), &values::error(&error))?;
            }
            (Some(_), None, Err(error)) => return Err(format!("it failed: {}", values::error(&error))),
            (None, Some(_), Ok(found)) => return Err(format!("it did not fail: {}", found.value)),
            _ => panic!("a call has `returns` or `error`, and not both"),
        }
        if let Some(expected) = &call.record {
            let record = record.ok_or("there is no record")?;
            check("record", &self.places.filled(expected), &record)?;
            if self.sink == Sink::Memory {
                let kept = self.records.records().pop().ok_or("the sink has no record")?;
                check("the sink's record", &json!({ "$exactly": record }), &values::json(&kept))?;
            }
        }
        if let Some(expected) = call.records {
            check("records", &expected.into(), &self.records.records().len().into())?;
        }
        if let Some(expected) = &call.questions {
            let questions = Value::Array(self.questions.lock().unwrap().clone());
            check("questions", &self.places.filled(expected), &questions)?;
        }
        for (path, expected) in call.workspace.iter().flatten() {
            let found = fs::read_to_string(self.places.root.join("workspace").join(path)).ok();
            check(&format!("workspace {path}"), &json!(expected), &json!(found))?;
        }
        Ok(())
    }
}

impl Places {
    fn names(&self) -> [(&'static str, String); 4] {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        [
            ("${SKILLS}", text(&self.root.join("skills"))),
            ("${WORKSPACE}", text(&self.root.join("workspace"))),
            ("${REPOSITORY}", text(&repository().canonicalize().unwrap())),
            ("${ROOT}", text(&self.root)),
        ]
    }

    /// The same with the paths that placeholders stand for.
    fn filled(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                self.names().iter().fold(text.clone(), |text, (name, path)| text.replace(name, path)).into()
            }
            Value::Array(elements) => elements.iter().map(|element| self.filled(element)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, member)| (name.clone(), self.filled(member))).collect()
            }
            other => other.clone(),
        }
    }

    /// The same with the placeholders that stand for paths.
    fn named(&self, value: &Value) -> Value {
        let text = self.names().iter().fold(value.to_string(), |text, (name, path)| text.replace(path, name));
        serde_json::from_str(&text).unwrap()
    }
}

fn build(
    case: &Case,
    places: &Places,
    records: &MemorySink,
    questions: &Arc<Mutex<Vec<Value>>>,
) -> Result<OpenSkillRuntime, Value> {
    let mut builder = OpenSkillRuntime::builder()
        .skills_dir(places.root.join("skills"))
        .cache_dir(cache())
        .policy(policy(&case.policy)?)
        .limits(limits(&case.limits))
        .environment(case.environment.clone());
    if case.workspace.is_some() {
        builder = builder.workspace(places.root.join("workspace"));
    }
    for mount in &case.mounts {
        let host = places.root.join(&mount.host);
        builder = builder.mount(MountPoint { host, guest: mount.guest.clone(), writable: mount.writable });
    }
    builder = match case.sink {
        Sink::Memory => builder.audit_sink(records.clone()),
        Sink::Fails => builder.audit_sink(Full),
        Sink::FailsGoOn => builder.audit_sink(Full).on_audit_failure(OnAuditFailure::GoOn),
    };
    if let Some(answers) = &case.approver {
        let answers = Mutex::new(VecDeque::from(answers.clone()));
        let questions = Arc::clone(questions);
        builder = builder.approver(move |question: &Question| {
            questions.lock().unwrap().push(values::question(question));
            let answer = answers.lock().unwrap().pop_front();
            match answer.as_deref() {
                Some("once") => Answer::Once,
                Some("session") => Answer::Session,
                Some("no") | None => Answer::No,
                Some("raise") => panic!("the approver fails"),
                Some(other) => panic!("there is no answer `{other}`"),
            }
        });
    }
    builder.build().map_err(|error| values::error(&error))
}

fn policy(case: &crate::case::Policy) -> Result<Policy, Value> {
    let fault = |error: PolicyError| json!({ "kind": "PolicyError", "message": error.to_string() });
    let file = |error: PolicyFileError| json!({ "kind": "PolicyError", "message": error.to_string() });
    let mut policy = match case.preset.as_deref() {
        None | Some("standard") => Policy::default(),
        Some("trust") => Policy::trust_skills(),
        Some("locked") => Policy::locked(),
        Some(other) => panic!("there is no preset `{other}`"),
    };
    for rule in &case.allow {
        policy = policy.allow(rule).map_err(fault)?;
    }
    for rule in &case.ask {
        policy = policy.ask(rule).map_err(fault)?;
    }
    for rule in &case.deny {
        policy = policy.deny(rule).map_err(fault)?;
    }
    match &case.yaml {
        Some(text) => policy.with_yaml(text).map_err(file),
        None => Ok(policy),
    }
}

fn limits(changes: &BTreeMap<String, u64>) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in changes {
        let count = usize::try_from(*value).unwrap();
        match name.as_str() {
            "timeout_ms" => limits.timeout = Duration::from_millis(*value),
            "prompt_timeout_ms" => limits.prompt_timeout = Duration::from_millis(*value),
            "memory" => limits.memory = count,
            "output" => limits.output = count,
            "input" => limits.input = count,
            "stdio" => limits.stdio = count,
            "body" => limits.body = count,
            "requests" => limits.requests = *value,
            "transferred_bytes" => limits.transferred_bytes = *value,
            "table_elements" => limits.table_elements = count,
            "instances" => limits.instances = count,
            "memories" => limits.memories = count,
            "tables" => limits.tables = count,
            "handles" => limits.handles = count,
            "hostcall_bytes" => limits.hostcall_bytes = count,
            "written_bytes" => limits.written_bytes = *value,
            "created_files" => limits.created_files = *value,
            "prompts" => limits.prompts = count,
            "component" => limits.component = *value,
            "queue" => limits.queue = count,
            "fuel" => limits.fuel = Some(*value),
            other => panic!("there is no limit `{other}`"),
        }
    }
    limits
}

fn lay_out(folder: &Path, name: &str, skill: &Skill) {
    fs::create_dir_all(folder).unwrap();
    if let Some(from) = &skill.from {
        copy(&repository().join(from), folder);
    } else {
        let text = skill.manifest.clone().unwrap_or_else(|| manifest(name, skill));
        fs::write(folder.join("SKILL.md"), text).unwrap();
    }
    let component = skill.component.as_deref().map(|component| match component.split_once(':') {
        Some(("guest", name)) => guest(name),
        Some(("skill", name)) => skill_component(name),
        Some(("text", text)) => text.as_bytes().to_vec(),
        _ => panic!("`{component}` is no component"),
    });
    if let Some(bytes) = component {
        fs::create_dir_all(folder.join("wasm")).unwrap();
        fs::write(folder.join("wasm/skill.wasm"), bytes).unwrap();
    }
    put_all(folder, &skill.files);
}

fn manifest(name: &str, skill: &Skill) -> String {
    let description = skill.description.as_deref().unwrap_or("A skill that is tried.");
    let tools = skill.allowed_tools.as_ref();
    let tools = tools.map(|tools| format!("allowed-tools: \"{tools}\"\n")).unwrap_or_default();
    let body = skill.body.as_deref().unwrap_or("Instructions.");
    format!("---\nname: {name}\ndescription: {description}\n{tools}---\n\n{body}\n")
}

/// A skill's folder as it is in the repository, without what building it leaves.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() && entry.file_name() != "target" => copy(&entry.path(), &target),
            kind if kind.is_file() => drop(fs::copy(entry.path(), target).unwrap()),
            _ => {}
        }
    }
}

fn put_all(folder: &Path, files: &BTreeMap<String, Contents>) {
    for (path, contents) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes = match contents {
            Contents::Text(text) => text.as_bytes().to_vec(),
            Contents::Bytes { base64 } => BASE64_STANDARD.decode(base64).unwrap(),
        };
        fs::write(path, bytes).unwrap();
    }
}

struct Silent;

impl InstallWatcher for Silent {
    fn step(&self, _: &str) {}
}

/// A sink that keeps nothing.
struct Full;

impl AuditSink for Full {
    fn record(&self, _: &AuditRecord) -> std::io::Result<()> {
        Err(std::io::Error::other("it is full"))
    }
}
