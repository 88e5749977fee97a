//! A skill, a policy and a workspace.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

use openskills_runtime::{
    Approver, AuditRecord, ExecutionOptions, ExecutionResult, InstallWatcher, Limits, MemorySink, MountPoint,
    OpenSkillError, OpenSkillRuntime, Policy, RuntimeBuilder, ScriptOptions, ScriptResult,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::component::{guest, repository};

/// What a test sets up: by default a skill named `tried` that asks for nothing, an empty workspace, the standard
/// policy, nobody to ask and an empty environment.
pub struct Scenario {
    folder: TempDir,
    allowed_tools: Option<String>,
    disallowed_tools: Option<String>,
    version: Option<String>,
    policy: Policy,
    has_workspace: bool,
    builder: RuntimeBuilder,
}

impl Default for Scenario {
    fn default() -> Self {
        Self::new()
    }
}

impl Scenario {
    /// Nothing set up yet.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["skills/tried", "workspace"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        Self {
            folder,
            allowed_tools: None,
            disallowed_tools: None,
            version: None,
            policy: Policy::default(),
            has_workspace: true,
            builder: OpenSkillRuntime::builder().cache_dir(cache()).environment([]),
        }
    }

    /// What the skill asks for.
    #[must_use]
    pub fn allowed_tools(mut self, entries: &str) -> Self {
        self.allowed_tools = Some(entries.to_owned());
        self
    }

    /// What its author takes away from that.
    #[must_use]
    pub fn disallowed_tools(mut self, entries: &str) -> Self {
        self.disallowed_tools = Some(entries.to_owned());
        self
    }

    /// The version that its `SKILL.md` states.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        self.version = Some(version.to_owned());
        self
    }

    /// Its component is a guest of `tests/programs`.
    #[must_use]
    pub fn guest(self, name: &str) -> Self {
        self.component(&guest(name))
    }

    /// Its component, byte for byte.
    #[must_use]
    pub fn component(self, bytes: &[u8]) -> Self {
        self.skill_file("wasm/skill.wasm", bytes)
    }

    /// Another file of the skill's folder.
    #[must_use]
    pub fn skill_file(self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        put(&self.skill_folder().join(path), contents.as_ref());
        self
    }

    /// The host's policy.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds a rule to the policy that allows.
    #[must_use]
    pub fn allow(mut self, rule: &str) -> Self {
        self.policy = self.policy.allow(rule).unwrap();
        self
    }

    /// Adds a rule to the policy that asks.
    #[must_use]
    pub fn ask(mut self, rule: &str) -> Self {
        self.policy = self.policy.ask(rule).unwrap();
        self
    }

    /// Adds a rule to the policy that denies.
    #[must_use]
    pub fn deny(mut self, rule: &str) -> Self {
        self.policy = self.policy.deny(rule).unwrap();
        self
    }

    /// Who is asked.
    #[must_use]
    pub fn approver(self, approver: impl Approver + 'static) -> Self {
        self.with(|builder| builder.approver(approver))
    }

    /// What the host's environment is.
    #[must_use]
    pub fn environment(self, variables: &[(&str, &str)]) -> Self {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        self.with(|builder| builder.environment(variables))
    }

    /// What a call may use up.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|builder| builder.limits(limits))
    }

    /// Trusts further authorities for TLS, given as PEM.
    #[must_use]
    pub fn trust(self, pem: &str) -> Self {
        self.with(|builder| builder.trust_certificates(pem.as_bytes()).unwrap())
    }

    /// Anything else of the builder.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(RuntimeBuilder) -> RuntimeBuilder) -> Self {
        self.builder = change(self.builder);
        self
    }

    /// A file of the workspace.
    #[must_use]
    pub fn file(self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        put(&self.workspace_folder().join(path), contents.as_ref());
        self
    }

    /// A folder of the workspace.
    #[must_use]
    pub fn dir(self, path: &str) -> Self {
        fs::create_dir_all(self.workspace_folder().join(path)).unwrap();
        self
    }

    /// A symbolic link of the workspace.
    #[must_use]
    pub fn link(self, path: &str, target: impl AsRef<Path>) -> Self {
        symlink(target, self.workspace_folder().join(path)).unwrap();
        self
    }

    /// A file beside the workspace, which no skill may ever see.
    #[must_use]
    pub fn outside(self, path: &str, contents: &str) -> Self {
        put(&self.folder.path().join(path), contents.as_bytes());
        self
    }

    /// A further root, with one file in it.
    #[must_use]
    pub fn mount(self, name: &str, writable: bool, file: &str, contents: &str) -> Self {
        let host = self.folder.path().join("mounts").join(name);
        put(&host.join(file), contents.as_bytes());
        let mount = MountPoint { host, guest: name.to_owned(), writable };
        self.with(|builder| builder.mount(mount))
    }

    /// The call gets no workspace.
    #[must_use]
    pub fn no_workspace(mut self) -> Self {
        self.has_workspace = false;
        self
    }

    /// A folder that is searched for skills: the skill's own parent.
    #[must_use]
    pub fn skills_folder(&self) -> PathBuf {
        self.folder.path().join("skills")
    }

    /// Where the workspace is.
    #[must_use]
    pub fn workspace_folder(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    fn skill_folder(&self) -> PathBuf {
        self.skills_folder().join("tried")
    }

    /// The scenario as set up, ready for calls.
    #[must_use]
    pub fn ready(self) -> Stage {
        let mut manifest = String::from("---\nname: tried\ndescription: A skill that is tried.\n");
        for (key, value) in
            [("allowed-tools", &self.allowed_tools), ("disallowed-tools", &self.disallowed_tools)]
        {
            if let Some(value) = value {
                manifest.push_str(&format!("{key}: \"{value}\"\n"));
            }
        }
        if let Some(version) = &self.version {
            manifest.push_str(&format!("metadata:\n  version: \"{version}\"\n"));
        }
        manifest.push_str("---\n\nInstructions.\n");
        put(&self.skill_folder().join("SKILL.md"), manifest.as_bytes());
        let (skill, workspace) = (self.skill_folder(), self.workspace_folder());
        let records = MemorySink::default();
        let mut builder = self.builder.skills_dir(self.folder.path().join("skills")).policy(self.policy);
        if self.has_workspace {
            builder = builder.workspace(&workspace);
        }
        let runtime = builder.audit_sink(records.clone()).build().unwrap();
        runtime.load_skills().unwrap();
        // An interpreter can take longer to compile than a call may take. Where it is refused, the call says why.
        if fs::metadata(skill.join("wasm/skill.wasm")).is_ok_and(|file| file.len() > 4 << 20) {
            let _ = runtime.compile_skill("tried");
        }
        Stage { runtime, records, skill, workspace, folder: self.folder }
    }

    /// Sets up and calls once.
    ///
    /// # Errors
    /// What the call ended with.
    pub fn run(self, input: Value) -> Result<ExecutionResult, OpenSkillError> {
        self.ready().run(input)
    }
}

/// A scenario that is set up.
pub struct Stage {
    /// The runtime, with one skill named `tried`.
    pub runtime: OpenSkillRuntime,
    /// Every record so far.
    pub records: MemorySink,
    /// The skill's folder.
    pub skill: PathBuf,
    /// The workspace.
    pub workspace: PathBuf,
    folder: TempDir,
}

impl Stage {
    /// Calls the skill.
    ///
    /// # Errors
    /// What the call ended with.
    pub fn run(&self, input: Value) -> Result<ExecutionResult, OpenSkillError> {
        self.runtime.execute_skill("tried", input, ExecutionOptions::default())
    }

    /// Runs a Python script of the skill. Whoever runs the first test builds the interpreter, once for a recipe.
    ///
    /// # Errors
    /// What the call ended with.
    pub fn script(&self, name: &str, options: ScriptOptions) -> Result<ScriptResult, OpenSkillError> {
        self.has_interpreter();
        self.runtime.run_script("tried", name, options)
    }

    /// Installs the interpreter of scripts if it is not there.
    pub fn has_interpreter(&self) {
        if !self.runtime.interpreters().unwrap().iter().any(|interpreter| interpreter.in_use) {
            self.runtime.install_interpreter(None, &Silent).unwrap();
        }
    }

    /// Calls the skill with a time limit.
    ///
    /// # Errors
    /// What the call ended with.
    pub fn run_within(&self, timeout_ms: u64, input: Value) -> Result<ExecutionResult, OpenSkillError> {
        self.runtime.execute_skill("tried", input, ExecutionOptions { timeout_ms: Some(timeout_ms) })
    }

    /// Calls a guest for files with one operation, whose outcome is the answer: `{"ok": …}` or `{"error": …}`.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "an operation is written where it is called")]
    pub fn op(&self, op: Value) -> Value {
        let mut result =
            self.run(json!({ "ops": [op] })).unwrap_or_else(|error| panic!("{error}: {error:#?}"));
        result.output[0].take()
    }

    /// The last record.
    #[must_use]
    pub fn last(&self) -> AuditRecord {
        self.records.records().pop().expect("a record")
    }

    /// A file of the workspace as it is now; none if it is not there.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.workspace.join(path)).ok()
    }

    /// A file or folder beside the workspace.
    #[must_use]
    pub fn outside(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }
}

struct Silent;

impl InstallWatcher for Silent {
    fn step(&self, _: &str) {}
}

/// Compiled guests are shared by all tests: each is compiled once for a version of the engine.
#[must_use]
pub fn cache() -> PathBuf {
    let folder = repository().join("target/tmp/test-cache");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).unwrap();
    folder
}

fn put(path: &Path, contents: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, contents).unwrap();
}
