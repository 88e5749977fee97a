//! What a component needs and offers, beside what it may have.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::catalogue::Entry;
use super::functions::described;
use super::guest_root::GuestRoot;
use super::needs::Needs;
use super::ready::refused;
use crate::audit::{Action, Refusal};
use crate::call::{Plan, describe};
use crate::capability::{Capabilities, Limits, Note};
use crate::error::OpenSkillError;
use crate::instance::{ADAPTER, Engine, LoadedComponent};
use crate::linker::{Deadline, Gate, HttpClient, Identity, Import, Links, Mount, Mounts, SessionAnswers};
use crate::typed::Function;

/// A report on a component.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// The skill it belongs to, if it was inspected as one.
    pub skill: Option<String>,
    /// The component's file.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: usize,
    /// How a call enters it: `execute`, or `wasi:cli/run` for a program that reads JSON from stdin. None if it cannot
    /// be called with `execute_skill`.
    pub entry: Option<&'static str>,
    /// What adapted it when it was loaded, if the file is a core module: it then imports and exports what is listed
    /// below through that.
    pub adapted: Option<String>,
    /// What it imports, function by function.
    pub imports: Vec<Import>,
    /// What it exports.
    pub exports: Vec<String>,
    /// Its typed functions. Without a skill they have no `tool_name` of a skill's.
    pub functions: Vec<Function>,
    /// Bytes of linear memory that it starts with.
    pub initial_memory: Option<u64>,
    /// The entries of `allowed-tools` that have a meaning.
    pub requested: Vec<String>,
    /// Those that the policy does not take away wholly.
    pub granted: Vec<String>,
    /// Entries that grant nothing, and why.
    pub notes: Vec<Note>,
    /// Imports that would be refused, each with what would permit it. Empty: the skill can run.
    pub refused: Vec<Refusal>,
    /// What it needs and may not have, and what it may have and cannot use. Empty for a file that is no skill's.
    pub needs: Needs,
    /// JSON Schema of the input and the output, as the component describes them.
    pub schema: Option<Value>,
}

impl Inspection {
    pub(super) async fn new(
        engine: &'static Engine,
        path: &Path,
        bytes: usize,
        component: Arc<LoadedComponent>,
        entry: Option<&Entry>,
        root: &GuestRoot,
        http: &Arc<HttpClient>,
    ) -> Result<Self, OpenSkillError> {
        let schema = schema(engine, &component, root, http).await;
        let (requested, granted, notes) = entry.map_or_else(Default::default, |entry| {
            let rights = entry.rights();
            (rights.subject.requested.clone(), rights.subject.granted.clone(), rights.notes.clone())
        });
        let refused = entry.map_or_else(Vec::new, |entry| refused(entry, &component));
        let refused: Vec<Refusal> =
            refused.iter().map(|(import, denial)| Refusal::new(Action::Import, import, denial)).collect();
        let needs = entry.map_or_else(Needs::default, |entry| {
            Needs::new(&component.imports, &entry.rights().capabilities, &refused)
        });
        let name = entry.map_or_else(String::new, |entry| entry.skill.manifest.name.clone());
        Ok(Self {
            skill: entry.map(|entry| entry.skill.manifest.name.clone()),
            path: path.to_owned(),
            sha256: component.digest.clone(),
            bytes,
            entry: match (component.execute, component.program) {
                (Some(_), _) => Some("execute"),
                (None, Some(_)) => Some("wasi:cli/run"),
                (None, None) => None,
            },
            adapted: component.adapted.then(|| format!("wasi_snapshot_preview1 adapter {ADAPTER}")),
            imports: component.imports.clone(),
            exports: component.exports.clone(),
            functions: described(engine, &component, &name),
            initial_memory: component.initial_memory,
            requested,
            granted,
            notes,
            refused,
            needs,
            schema,
        })
    }
}

/// What a component says of its input and output. It runs with every interface linked and nothing granted behind any
/// of them, under limits that a description has no reason to reach.
async fn schema(
    engine: &'static Engine,
    component: &Arc<LoadedComponent>,
    root: &GuestRoot,
    http: &Arc<HttpClient>,
) -> Option<Value> {
    component.describe?;
    let limits = Limits {
        timeout: Duration::from_secs(5),
        memory: 64 << 20,
        output: 1 << 20,
        stdio: 4 << 10,
        prompts: 0,
        ..Limits::default()
    };
    let identity = Identity {
        skill: String::new(),
        folder: PathBuf::new(),
        manifest_digest: String::new(),
        component_digest: component.digest.clone(),
    };
    let gate = Gate::new(
        Uuid::nil(),
        Arc::new(Capabilities::default()),
        Arc::new(identity),
        &limits,
        Deadline::new(limits.timeout),
        None,
        Arc::new(SessionAnswers::default()),
    );
    let empty = Mount::open(root.path(), false).ok()?;
    let mounts = Mounts {
        root: Arc::clone(&empty.dir),
        workspace: None,
        skill: empty,
        packages: None,
        further: Vec::new(),
        protected: Default::default(),
    };
    let plan = Plan {
        engine,
        component,
        linked: component.link(engine, Links::ALL).ok()?,
        gate: Arc::new(gate),
        mounts: Arc::new(mounts),
        http: Arc::clone(http),
        environment: Arc::default(),
        limits: &limits,
        beside: None,
    };
    let text = describe(plan).await.outcome.ok()?;
    (text.len() <= limits.output).then(|| serde_json::from_str(&text).ok()).flatten()
}
