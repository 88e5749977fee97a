//! Scripts of skills: installing what runs them, running them, reading them.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::catalogue::Entry;
use super::execution::deadline;
use super::open_skill_runtime::{Inner, OpenSkillRuntime};
use super::ready::Ready;
use crate::audit::{Script as ScriptRecord, sha256};
use crate::call::{
    Failure, InContext, Invocation, Plan, Remains, Report, ScriptResult, Sink, block_on, check_scripts,
    run_script,
};
use crate::capability::{Capabilities, Decision, Kind, LimitKind, Limits, Origin};
use crate::error::OpenSkillError;
use crate::instance::{Engine, LoadFault};
use crate::interpreter::{InstallWatcher, Interpreter, Interpreters, PackageLock};
use crate::linker::{CancelToken, Deadline, Gate, Links, ProgramKind};
use crate::skill::{Script, resource_read};

/// Options of one run of a script.
#[derive(Clone, Debug, Default)]
pub struct ScriptOptions {
    /// What the script has in `sys.argv`, after its own name.
    pub arguments: Vec<String>,
    /// What it reads from its standard input; empty by default.
    pub stdin: Vec<u8>,
    /// Whether the script is the name of a module to be run as `python3 -m` does, from the skill's folder.
    pub module: bool,
    /// Packages beside those that were added to the skill, which were
    /// [added](OpenSkillRuntime::add_packages) for single runs; none by default.
    pub packages: Vec<String>,
    /// Wall clock for the whole call, in milliseconds; the runtime's limit (30 s by default) if none is given.
    pub timeout_ms: Option<u64>,
    /// Who can stop the script.
    pub cancel: Option<CancelToken>,
}

/// What reading a script, without running it, says of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScriptCheck {
    /// Its path within the skill's folder.
    pub path: String,
    /// `runs`, `partly` (something it may do cannot be done), `needs packages`, `needs native packages`, `cannot`,
    /// `invalid` (not Python) or `unreadable`.
    pub verdict: String,
    /// Why it is invalid or unreadable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Modules that it imports in any case, and that are neither in the standard library nor beside it.
    #[serde(default)]
    pub packages: Vec<Value>,
    /// Such modules that it can do without, or imports only in some of its functions.
    #[serde(default)]
    pub optional_packages: Vec<Value>,
    /// The packages that its header declares (PEP 723).
    #[serde(default)]
    pub declared: Vec<String>,
    /// What it does that the sandbox cannot do: other programs, server sockets, a terminal, native code.
    #[serde(default)]
    pub limits: Vec<Value>,
    /// Hosts that are written in it, with the entry of `allowed-tools` that grants each.
    #[serde(default)]
    pub hosts: Vec<Value>,
    /// Whether it sends requests to hosts that are not written in it.
    #[serde(default)]
    pub any_host: bool,
    /// Environment variables that it asks for by name, with the entry that grants each.
    #[serde(default)]
    pub variables: Vec<Value>,
    /// Whether it opens files to read.
    #[serde(default)]
    pub reads_files: bool,
    /// Whether it writes files.
    #[serde(default)]
    pub writes_files: bool,
    /// Of the entries above, those that the skill does not have.
    #[serde(default)]
    pub missing_entries: Vec<String>,
}

impl OpenSkillRuntime {
    /// Installs the interpreter of scripts, or finds it installed: builds it with the `python3` of this machine from
    /// wheels that are pinned by digest, or takes it from a file, and compiles it. Once for a version of this program;
    /// about half a minute.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] without a cache folder, a `python3` or a package index, or if the file is no interpreter.
    pub fn install_interpreter(
        &self,
        from: Option<&Path>,
        watcher: &dyn InstallWatcher,
    ) -> Result<Interpreter, OpenSkillError> {
        let interpreters = self.0.kept_interpreters()?;
        let engine = self.0.engine()?;
        let check = |artifact| {
            let loading = self.0.components(engine).load(engine, artifact, self.0.settings.watcher.clone());
            match block_on(engine.handle(), loading) {
                Ok((component, _)) if component.exports.iter().any(|name| name == "run") => Ok(()),
                Ok(_) => Err("it is a component, and not an interpreter: it exports no `run`".to_owned()),
                Err(LoadFault::Invalid(fault)) => Err(fault),
                Err(LoadFault::Busy) => Err("too many components wait for the compiler".to_owned()),
            }
        };
        let installed = interpreters.install(from, watcher, check);
        let found = || interpreters.list().into_iter().find(|interpreter| interpreter.in_use);
        installed.and_then(|()| found().ok_or_else(|| std::io::Error::other("it vanished"))).map_err(
            |source| OpenSkillError::Io {
                context: match from {
                    Some(file) => {
                        format!("`{}` could not be installed as the Python interpreter", file.display())
                    }
                    None => "the Python interpreter could not be installed".to_owned(),
                },
                source,
                trace: None,
            },
        )
    }

    /// The interpreters that are installed, the one in use first.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] without a cache folder.
    pub fn interpreters(&self) -> Result<Vec<Interpreter>, OpenSkillError> {
        Ok(self.0.kept_interpreters()?.list())
    }

    /// The Python scripts that come with a skill, sorted by path, with what is known of their use: nothing is run. See
    /// [`script_help`](Self::script_help).
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`].
    pub fn scripts(&self, skill_id: &str) -> Result<Vec<Script>, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        let mut scripts = entry.skill.scripts();
        self.0.add_known_help(&entry, &mut scripts);
        Ok(scripts)
    }

    /// Runs a Python script of a skill once, unchanged, as `python3 SCRIPT ARGUMENTS…` would, in the interpreter
    /// component and under the skill's grant. `script` is its path within the skill's folder.
    ///
    /// The script runs in `/workspace` and sees its skill as `/skill`, read-only. An exit status that is not 0 is a
    /// result; after a refusal that could have been permitted, or that the script says ended it, it is an error.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] if there is no such script, or if the interpreter is not
    /// [installed](Self::install_interpreter); otherwise those of a call.
    pub fn run_script(
        &self,
        skill_id: &str,
        script: &str,
        options: ScriptOptions,
    ) -> Result<ScriptResult, OpenSkillError> {
        let engine = self.0.engine()?;
        block_on(engine.handle(), self.0.run_script(engine, skill_id, script, options))
    }

    /// As [`OpenSkillRuntime::run_script`], without blocking: the future can be polled by any executor. Dropping it
    /// stops the script.
    pub fn run_script_async(
        &self,
        skill_id: &str,
        script: &str,
        options: ScriptOptions,
    ) -> impl Future<Output = Result<ScriptResult, OpenSkillError>> + Send + use<> {
        let inner = Arc::clone(&self.0);
        let (skill_id, script) = (skill_id.to_owned(), script.to_owned());
        async move {
            let engine = inner.engine()?;
            let future = Box::pin(async move { inner.run_script(engine, &skill_id, &script, options).await });
            InContext { handle: engine.handle(), future }.await
        }
    }

    /// Reads the Python scripts of a skill, without running them, and says what each needs.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] if the interpreter is not installed; otherwise those of a call.
    pub fn check_skill(&self, skill_id: &str) -> Result<Vec<ScriptCheck>, OpenSkillError> {
        let engine = self.0.engine()?;
        block_on(engine.handle(), self.0.check(engine, skill_id))
    }
}

impl Inner {
    pub(super) fn kept_interpreters(&self) -> Result<Interpreters, OpenSkillError> {
        match &self.settings.cache {
            Some(cache) => Ok(Interpreters::below(cache)),
            None => Err(OpenSkillError::Io {
                context: "the Python interpreter has no place".to_owned(),
                source: std::io::Error::other("this runtime has no cache folder"),
                trace: None,
            }),
        }
    }

    async fn run_script(
        &self,
        engine: &'static Engine,
        id: &str,
        script: &str,
        options: ScriptOptions,
    ) -> Result<ScriptResult, OpenSkillError> {
        let entry = self.find(id)?;
        let rights = entry.rights();
        // Such a script is nobody's output: it may be a text of 8 MiB.
        let limits = &self.script_limits(&entry);
        let record = record(&entry, script, options.module)?;
        let chosen = options.timeout_ms.map(Duration::from_millis);
        let deadline = deadline(rights, limits, chosen, options.cancel.clone());
        let ready = self.script_ready(engine, &entry, &deadline).await;
        let digest = ready.as_ref().map_or_else(|_| String::new(), |ready| ready.component.digest.clone());
        // An answer of an approver's is for this script: another one, or a changed one, is asked about anew.
        let asks = if record.sha256.is_empty() { digest.clone() } else { record.sha256.clone() };
        let gate = self.gate(rights, Arc::new(entry.identity(asks)), limits, deadline);
        // Where nothing is granted, to go there would be the first refusal.
        let has_files = self.settings.workspace.is_some() && rights.capabilities.links(Kind::Files);
        let directory = if has_files { "/workspace" } else { "/" };
        let stdin = sha256(&options.stdin);
        let input = json!({ "script": script, "arguments": options.arguments, "stdin": stdin }).to_string();
        let mut report = Report::begin(&rights.subject, Arc::clone(&gate), limits, self.sink(), &input)
            .of_script(record, digest);
        let packages = self.packages_of_run(&entry, &options.packages);
        if let Ok(lock) = &packages {
            report.with_packages(lock.as_ref().map(|lock| lock.packages.clone()).unwrap_or_default());
            if !options.module {
                report.lacking = Self::lacking(&entry, script, lock.as_ref());
            }
        }
        let size = input.len() + options.stdin.len();
        let ended = match ready {
            Err(failure) => failure.into(),
            Ok(_) if rights.pinned.is_some() => Failure::Artifact(
                "a section of the policy allows things to its component, by `sha256`, which says nothing of its \
                 scripts: name its `folder` alone to allow them to both"
                    .to_owned(),
            )
            .into(),
            Ok(_) if size > limits.input => Failure::Limit(LimitKind::Input).into(),
            Ok(ready) => match self.environment(&gate).await {
                Err(failure) => failure.into(),
                Ok(environment) => {
                    let plan = self.script_plan(engine, ready, &gate, limits, environment).and_then(|plan| {
                        Ok(match packages? {
                            Some(lock) => {
                                Plan { mounts: Arc::new(self.mounts_with(&ready.mounts, &lock)?), ..plan }
                            }
                            None => plan,
                        })
                    });
                    let (kind, program) = match options.module {
                        true => (ProgramKind::Module, script.to_owned()),
                        false => (ProgramKind::Script, format!("/skill/{script}")),
                    };
                    let invocation = Invocation {
                        kind,
                        program: &program,
                        path: options.module.then_some("/skill"),
                        arguments: &options.arguments,
                        directory,
                        stdin: Bytes::from(options.stdin),
                        depth: 0,
                    };
                    match plan {
                        Ok(plan) => run_script(plan, &invocation).await,
                        Err(failure) => failure.into(),
                    }
                }
            },
        };
        report.close_script(ended)
    }

    async fn check(&self, engine: &'static Engine, id: &str) -> Result<Vec<ScriptCheck>, OpenSkillError> {
        let entry = self.find(id)?;
        let files = entry.skill.python_files(true);
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let mut checks = match self.read_scripts(engine, &entry, &files).await {
            // One file that the parser cannot bear must not hide the others.
            Err(OpenSkillError::LimitExceeded { .. } | OpenSkillError::ExecutionFailure { .. }) => {
                let mut checks = Vec::new();
                for file in &files {
                    match self.read_scripts(engine, &entry, std::slice::from_ref(file)).await {
                        Ok(found) => checks.extend(found),
                        Err(error) => checks.push(ScriptCheck::invalid(file, &error)),
                    }
                }
                checks
            }
            read => read?,
        };
        let lock = self.kept_packages().ok().and_then(|kept| kept.of_skill(&entry.skill.folder));
        for check in &mut checks {
            check.compare(&entry.rights().capabilities);
            if let Some(lock) = &lock {
                check.have(lock);
            }
        }
        Ok(checks)
    }

    async fn read_scripts(
        &self,
        engine: &'static Engine,
        entry: &Entry,
        files: &[String],
    ) -> Result<Vec<ScriptCheck>, OpenSkillError> {
        let limits = &self.script_limits(entry);
        let deadline = Deadline::new(limits.timeout);
        let ready = self.script_ready(engine, entry, &deadline).await;
        let digest = ready.as_ref().map_or_else(|_| String::new(), |ready| ready.component.digest.clone());
        let gate = self.gate(entry.rights(), Arc::new(entry.identity(digest)), limits, deadline);
        let paths: Vec<String> = files.iter().map(|path| format!("/skill/{path}")).collect();
        // Nothing of the skill is run: there is nothing to keep.
        let sink = Sink { sink: None, ..self.sink() };
        let report = Report::begin(&entry.rights().subject, Arc::clone(&gate), limits, sink, "");
        let remains =
            match ready.and_then(|ready| self.script_plan(engine, ready, &gate, limits, Arc::default())) {
                Ok(plan) => check_scripts(plan, &paths).await,
                Err(failure) => Remains::none(failure),
            };
        let answer = report.close(remains)?.output;
        serde_json::from_value(answer).map_err(|error| OpenSkillError::Io {
            context: format!(
                "what was read of the scripts of `{}` cannot be understood",
                entry.skill.manifest.name
            ),
            source: error.into(),
            trace: None,
        })
    }

    fn script_limits(&self, entry: &Entry) -> Limits {
        let limits = entry.rights().capabilities.policy().limits(&self.settings.limits);
        // What a script prints is its output.
        Limits { stdio: limits.output, ..limits }
    }

    pub(super) fn script_plan<'a>(
        &self,
        engine: &'static Engine,
        ready: &'a Ready,
        gate: &Arc<Gate>,
        limits: &'a Limits,
        environment: Arc<Vec<(String, String)>>,
    ) -> Result<Plan<'a>, Failure> {
        // Whatever the script does not use is there too: each request is decided when it is made.
        let linked = ready.component.link(engine, Links { http: true, ..Links::default() });
        let linked = linked.map_err(|error| {
            Failure::Artifact(format!("it is no interpreter for this host: {}", error.root_cause()))
        })?;
        Ok(self.plan(engine, ready, linked, gate, environment, limits))
    }

    /// The interpreter, loaded, with the folders of this skill.
    pub(super) async fn script_ready<'a>(
        &self,
        engine: &'static Engine,
        entry: &'a Entry,
        deadline: &Deadline,
    ) -> Result<&'a Ready, Failure> {
        if let Some(ready) = entry.scripts.get() {
            return Ok(ready);
        }
        let interpreters = self.kept_interpreters().map_err(|error| Failure::Io {
            context: "the Python interpreter cannot be found".to_owned(),
            message: error.to_string(),
        })?;
        let components = self.components(engine);
        let compiled = interpreters.digest().and_then(|digest| components.find(engine, &digest));
        let component = match compiled {
            Some(component) => component,
            None => {
                let artifact = interpreters.find().ok_or_else(|| Failure::Io {
                    context: "the Python interpreter is not installed".to_owned(),
                    message: "install it once: `openskills interpreter install python`".to_owned(),
                })?;
                self.load(engine, artifact, deadline).await?
            }
        };
        let ready = self.ready(entry, component)?;
        Ok(entry.scripts.get_or_init(|| ready))
    }
}

/// Which script it is, as it stands now.
fn record(entry: &Entry, script: &str, module: bool) -> Result<ScriptRecord, OpenSkillError> {
    if module {
        return Ok(ScriptRecord { name: script.to_owned(), sha256: String::new() });
    }
    match resource_read(&entry.skill.folder, script) {
        Ok(bytes) => Ok(ScriptRecord { name: script.to_owned(), sha256: sha256(&bytes) }),
        Err(source) => Err(OpenSkillError::Io {
            context: format!(
                "the script `{}` of `{}` cannot be read",
                crate::capability::printable(script),
                entry.skill.manifest.name
            ),
            source,
            trace: None,
        }),
    }
}

impl ScriptCheck {
    fn invalid(path: &str, error: &OpenSkillError) -> Self {
        Self {
            path: path.to_owned(),
            verdict: "invalid".to_owned(),
            message: Some(format!("it cannot be read: {error}")),
            ..Self::default()
        }
    }

    /// Takes the packages off that were added.
    fn have(&mut self, lock: &PackageLock) {
        let before = self.packages.len();
        let is_there = |package: &Value| {
            let module = package.get("module").and_then(Value::as_str);
            module.is_some_and(|module| lock.modules.iter().any(|name| name == module))
        };
        self.packages.retain(|package| !is_there(package));
        self.optional_packages.retain(|package| !is_there(package));
        let is_native = |package: &Value| package.get("kind").and_then(Value::as_str) == Some("native");
        let certain = |limit: &Value| limit.get("certain").and_then(Value::as_bool) == Some(true);
        if before != self.packages.len() {
            self.verdict = match () {
                () if self.packages.iter().any(is_native) => "needs native packages",
                () if !self.packages.is_empty() => "needs packages",
                () if self.limits.iter().any(certain) => "cannot",
                () if !self.limits.is_empty() => "partly",
                () => "runs",
            }
            .to_owned();
        }
    }

    /// Makes the path relative to the skill, and adds the entries that the skill lacks.
    fn compare(&mut self, capabilities: &Capabilities) {
        if let Some(path) = self.path.strip_prefix("/skill/") {
            self.path = path.to_owned();
        }
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        for host in &self.hosts {
            let (Some(name), Some(entry)) = (text(host, "host"), text(host, "entry")) else { continue };
            let scheme = if entry.contains("http://") { "http" } else { "https" };
            let denied = Origin::parse(&format!("{scheme}://{name}/")).map_or(true, |(origin, _)| {
                matches!(capabilities.decide_http(&origin, None), Decision::Deny(_))
            });
            if denied {
                self.missing_entries.push(entry);
            }
        }
        for variable in &self.variables {
            let (Some(name), Some(entry)) = (text(variable, "name"), text(variable, "entry")) else {
                continue;
            };
            if matches!(capabilities.decide_env(&name), Decision::Deny(_)) {
                self.missing_entries.push(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_interpreter_has_no_place_without_a_cache() {
        let runtime = crate::OpenSkillRuntime::builder().no_cache().build().unwrap();
        assert!(runtime.interpreters().unwrap_err().to_string().contains("no cache folder"));
    }
}
