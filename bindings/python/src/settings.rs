//! From keyword arguments to a runtime.

use std::path::PathBuf;
use std::time::Duration;

use openskills_runtime::{AuditFile, Effect, Limits, MountPoint, OnAuditFailure, RuntimeBuilder, Source};
use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt};
use serde_json::json;

use crate::callback::{AskPython, Callback, KeepByPython, TellPython};
use crate::error::{file_fault, raised, rule_fault};
use crate::json::to_python;
use crate::policy::Policy;

/// What `openskills.OpenSkillRuntime` was made with, by the names of its parameters.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    skills_dirs: Vec<PathBuf>,
    workspace: Option<PathBuf>,
    mounts: Vec<(PathBuf, String, bool)>,
    policy: Option<Py<Policy>>,
    user_policy: bool,
    project_policy: Option<PathBuf>,
    policy_files: Vec<PathBuf>,
    project_policy_files: Vec<PathBuf>,
    allow: Vec<String>,
    ask: Vec<String>,
    deny: Vec<String>,
    approver: Option<Py<PyAny>>,
    audit_function: Option<Py<PyAny>>,
    /// A path, whether it is written through to the disk, and the hash that its first record follows.
    audit_file: Option<(PathBuf, bool, Option<String>)>,
    go_on: bool,
    limits: Option<Py<PyDict>>,
    has_cache: bool,
    cache_dir: Option<PathBuf>,
    environment: Option<Vec<(String, String)>>,
    protect: Vec<PathBuf>,
    trust_certificates: Vec<Vec<u8>>,
    http_proxy: Option<String>,
    compile_watcher: Option<Py<PyAny>>,
}

impl Settings {
    /// The builder, and the functions of Python's that are in it.
    pub(crate) fn builder(self, py: Python<'_>) -> PyResult<(RuntimeBuilder, Vec<Callback>)> {
        let mut builder = RuntimeBuilder::default();
        let mut callbacks = Vec::new();
        for folder in self.skills_dirs {
            builder = builder.skills_dir(folder);
        }
        if let Some(folder) = self.workspace {
            builder = builder.workspace(folder);
        }
        for (host, guest, writable) in self.mounts {
            builder = builder.mount(MountPoint { host, guest, writable });
        }
        if let Some(policy) = self.policy {
            builder = builder.policy(policy.get().0.clone());
        }
        let file = |error| file_fault(py, &error);
        if self.user_policy {
            builder = builder.user_policy().map_err(file)?;
        }
        if let Some(folder) = self.project_policy {
            builder = builder.project_policy(folder).map_err(file)?;
        }
        for path in self.policy_files {
            builder = builder.policy_file(path).map_err(file)?;
        }
        for path in self.project_policy_files {
            builder = builder.project_policy_file(path).map_err(file)?;
        }
        for (effect, rules) in
            [(Effect::Allow, self.allow), (Effect::Ask, self.ask), (Effect::Deny, self.deny)]
        {
            for rule in rules {
                let changed = builder.change_policy(|policy| policy.with_rule(effect, &rule, Source::Code));
                builder = changed.map_err(|error| rule_fault(py, &error))?;
            }
        }
        let mut callback = |function| {
            let callback = Callback::new(function);
            callbacks.push(callback.clone());
            callback
        };
        if let Some(function) = self.approver {
            builder = builder.approver(AskPython(callback(function)));
        }
        if let Some(function) = self.audit_function {
            builder = builder.audit_sink(KeepByPython(callback(function)));
        }
        if let Some(function) = self.compile_watcher {
            builder = builder.compile_watcher(TellPython(callback(function)));
        }
        if let Some((path, synced, after)) = self.audit_file {
            let mut file = AuditFile::open(&path)?;
            if synced {
                file = file.synced();
            }
            if let Some(head) = after {
                file = file.after(head);
            }
            builder = builder.audit_sink(file).protect(path);
        }
        if self.go_on {
            builder = builder.on_audit_failure(OnAuditFailure::GoOn);
        }
        if let Some(limits) = self.limits {
            builder = builder.limits(limits_of(limits.bind(py))?);
        }
        match (self.has_cache, self.cache_dir) {
            (false, _) => builder = builder.no_cache(),
            (true, Some(folder)) => builder = builder.cache_dir(folder),
            (true, None) => {}
        }
        if let Some(variables) = self.environment {
            builder = builder.environment(variables);
        }
        for path in self.protect {
            builder = builder.protect(path);
        }
        for pem in self.trust_certificates {
            builder = builder.trust_certificates(&pem).map_err(|error| raised(py, error))?;
        }
        if let Some(url) = self.http_proxy {
            builder = builder.http_proxy(&url).map_err(|error| raised(py, error))?;
        }
        Ok((builder, callbacks))
    }
}

/// The limits of a call, by the names that they have in Python; those of time are in milliseconds.
fn limits_of(fields: &Bound<'_, PyDict>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    for (name, value) in fields {
        let name: String = name.extract()?;
        match name.as_str() {
            "timeout_ms" => limits.timeout = Duration::from_millis(whole(&name, &value)?),
            "prompt_timeout_ms" => limits.prompt_timeout = Duration::from_millis(whole(&name, &value)?),
            "requests" => limits.requests = whole(&name, &value)?,
            "transferred_bytes" => limits.transferred_bytes = whole(&name, &value)?,
            "written_bytes" => limits.written_bytes = whole(&name, &value)?,
            "created_files" => limits.created_files = whole(&name, &value)?,
            "component" => limits.component = whole(&name, &value)?,
            "fuel" if value.is_none() => limits.fuel = None,
            "fuel" => limits.fuel = Some(whole(&name, &value)?),
            "memory" => limits.memory = whole(&name, &value)?,
            "output" => limits.output = whole(&name, &value)?,
            "input" => limits.input = whole(&name, &value)?,
            "stdio" => limits.stdio = whole(&name, &value)?,
            "body" => limits.body = whole(&name, &value)?,
            "table_elements" => limits.table_elements = whole(&name, &value)?,
            "instances" => limits.instances = whole(&name, &value)?,
            "memories" => limits.memories = whole(&name, &value)?,
            "tables" => limits.tables = whole(&name, &value)?,
            "handles" => limits.handles = whole(&name, &value)?,
            "hostcall_bytes" => limits.hostcall_bytes = whole(&name, &value)?,
            "prompts" => limits.prompts = whole(&name, &value)?,
            "queue" => limits.queue = whole(&name, &value)?,
            other => return Err(PyValueError::new_err(format!("there is no limit `{other}`"))),
        }
    }
    Ok(limits)
}

/// A whole number, 0 or more.
fn whole<T: for<'py> FromPyObjectOwned<'py>>(name: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    value.extract().map_err(|_| number_fault(name, value))
}

/// `TypeError` for what is no whole number, `ValueError` for one that cannot be meant.
fn number_fault(name: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let shown = value.repr().map_or_else(|_| "something odd".to_owned(), |text| text.to_string());
    let message = format!("{name} is {shown}: give a whole number, 0 or more");
    if value.is_instance_of::<PyInt>() {
        PyValueError::new_err(message)
    } else {
        PyTypeError::new_err(message)
    }
}

/// Wall clock of a call.
pub(crate) struct Milliseconds(pub(crate) u64);

impl<'a, 'py> FromPyObject<'a, 'py> for Milliseconds {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        value.extract().map(Self).map_err(|_: PyErr| number_fault("timeout_ms", &value))
    }
}

/// The limits that hold where none is set.
#[pyfunction]
pub(crate) fn default_limits(py: Python<'_>) -> PyResult<Py<PyAny>> {
    let limits = Limits::default();
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    // Taken apart, so that a new limit cannot be forgotten.
    let Limits {
        timeout,
        memory,
        output,
        input,
        stdio,
        body,
        requests,
        transferred_bytes,
        table_elements,
        instances,
        memories,
        tables,
        handles,
        hostcall_bytes,
        written_bytes,
        created_files,
        prompts,
        prompt_timeout,
        component,
        queue,
        fuel,
    } = limits;
    let fields = json!({
        "timeout_ms": milliseconds(timeout), "memory": memory, "output": output, "input": input, "stdio": stdio,
        "body": body, "requests": requests, "transferred_bytes": transferred_bytes,
        "table_elements": table_elements, "instances": instances, "memories": memories, "tables": tables,
        "handles": handles, "hostcall_bytes": hostcall_bytes, "written_bytes": written_bytes,
        "created_files": created_files, "prompts": prompts, "prompt_timeout_ms": milliseconds(prompt_timeout),
        "component": component, "queue": queue, "fuel": fuel,
    });
    to_python(py, &fields)
}
