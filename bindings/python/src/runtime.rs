//! The runtime behind `openskills.OpenSkillRuntime`.

use std::path::PathBuf;
use std::time::Duration;

use openskills_runtime::{
    AskedTarget, InstallWatcher, OpenSkillError, OpenSkillRuntime, PromptFormat, PromptOptions, Readiness,
    SkillCall,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyTraverseError, PyVisit};
use serde::Serialize;
use serde_json::json;

use crate::agent::{reply, tool_call, tool_options};
use crate::call::{ScriptSettings, execution, script};
use crate::callback::Callback;
use crate::ending::enter;
use crate::error::raised;
use crate::fork::engine_wanted;
use crate::json::{from_python, serialized, to_python};
use crate::policy::Policy;
use crate::settings::{Milliseconds, Settings};
use crate::task::{Task, spawn};
use crate::token::CancelToken;
use crate::wait::{apart, block_on};

/// A runtime, and the functions of Python's that it calls.
#[pyclass(frozen, module = "openskills._native")]
pub(crate) struct Runtime {
    inner: OpenSkillRuntime,
    callbacks: Vec<Callback>,
}

#[pymethods]
impl Runtime {
    #[new]
    fn new(py: Python<'_>, settings: Settings) -> PyResult<Self> {
        let (builder, callbacks) = settings.builder(py)?;
        let inner = py.detach(|| builder.build()).map_err(|error| raised(py, error))?;
        Ok(Self { inner, callbacks })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.callbacks.iter().try_for_each(|callback| callback.traverse(&visit))
    }

    fn __clear__(&self) {
        self.callbacks.iter().for_each(Callback::clear);
    }

    fn load_skills(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.answer(py, OpenSkillRuntime::load_skills)
    }

    fn load_skill(&self, py: Python<'_>, folder: PathBuf) -> PyResult<Py<PyAny>> {
        self.answer(py, |runtime| runtime.load_skill(folder))
    }

    fn faults(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.answer(py, |runtime| Ok(runtime.faults()))
    }

    #[pyo3(signature = (format, budget_tokens, all))]
    fn prompt(
        &self,
        py: Python<'_>,
        format: &str,
        budget_tokens: Option<usize>,
        all: bool,
    ) -> PyResult<Py<PyAny>> {
        let format = match format {
            "xml" => PromptFormat::Xml,
            "markdown" => PromptFormat::Markdown,
            "json" => PromptFormat::Json,
            other => {
                return Err(PyValueError::new_err(format!(
                    "there is no format `{other}`: there are \"xml\", \"markdown\" and \"json\""
                )));
            }
        };
        self.answer(py, |runtime| Ok(runtime.prompt(&PromptOptions { format, budget_tokens, all })))
    }

    fn skill(&self, py: Python<'_>, skill_id: &str) -> PyResult<Py<PyAny>> {
        self.answer(py, |runtime| runtime.skill(skill_id))
    }

    fn activate(&self, py: Python<'_>, skill_id: &str, arguments: &str) -> PyResult<String> {
        self.plain(py, |runtime| runtime.activate(skill_id, arguments))
    }

    fn instructions(&self, py: Python<'_>, skill_id: &str) -> PyResult<String> {
        self.plain(py, |runtime| runtime.instructions(skill_id))
    }

    fn resources(&self, py: Python<'_>, skill_id: &str) -> PyResult<Py<PyAny>> {
        self.answer(py, |runtime| runtime.resources(skill_id))
    }

    fn resource<'py>(&self, py: Python<'py>, skill_id: &str, path: &str) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.plain(py, |runtime| runtime.resource(skill_id, path))?))
    }

    fn scripts(&self, py: Python<'_>, skill_id: &str) -> PyResult<Py<PyAny>> {
        self.answer(py, |runtime| runtime.scripts(skill_id))
    }

    fn permissions(&self, py: Python<'_>, skill_id: &str) -> PyResult<Py<PyAny>> {
        self.answer(py, |runtime| runtime.permissions(skill_id))
    }

    fn explain_target(&self, py: Python<'_>, skill_id: &str, target: &str) -> PyResult<Py<PyAny>> {
        let target: AskedTarget =
            target.parse().map_err(|error| PyValueError::new_err(format!("{error}")))?;
        self.answer(py, |runtime| runtime.explain_target(skill_id, &target))
    }

    fn policy(&self) -> Policy {
        Policy(self.inner.policy().clone())
    }

    fn functions(&self, py: Python<'_>, skill_id: String) -> PyResult<Py<PyAny>> {
        self.long(py, move |runtime| runtime.functions(&skill_id))
    }

    /// Runs a skill, or one of its typed functions.
    #[pyo3(signature = (skill_id, function, input, timeout_ms, cancel))]
    fn execute(
        &self,
        py: Python<'_>,
        skill_id: &str,
        function: Option<&str>,
        input: &Bound<'_, PyAny>,
        timeout_ms: Option<Milliseconds>,
        cancel: Option<&CancelToken>,
    ) -> PyResult<Py<PyAny>> {
        let call = self.call(skill_id, function, input, timeout_ms, cancel)?;
        execution(py, block_on(py, call.run_async())?)
    }

    #[pyo3(signature = (done, skill_id, function, input, timeout_ms, cancel))]
    fn start(
        &self,
        done: Py<PyAny>,
        skill_id: &str,
        function: Option<&str>,
        input: &Bound<'_, PyAny>,
        timeout_ms: Option<Milliseconds>,
        cancel: Option<&CancelToken>,
    ) -> PyResult<Task> {
        let call = self.call(skill_id, function, input, timeout_ms, cancel)?;
        spawn(done, call.run_async(), execution)
    }

    #[pyo3(signature = (skill_id, path, options))]
    fn run_script(
        &self,
        py: Python<'_>,
        skill_id: &str,
        path: &str,
        options: ScriptSettings<'_>,
    ) -> PyResult<Py<PyAny>> {
        engine_wanted()?;
        script(py, block_on(py, self.inner.run_script_async(skill_id, path, options.into()))?)
    }

    #[pyo3(signature = (done, skill_id, path, options))]
    fn start_script(
        &self,
        done: Py<PyAny>,
        skill_id: &str,
        path: &str,
        options: ScriptSettings<'_>,
    ) -> PyResult<Task> {
        engine_wanted()?;
        spawn(done, self.inner.run_script_async(skill_id, path, options.into()), script)
    }

    /// The tools for a model.
    fn tools(&self, py: Python<'_>, format: &str, style: &str) -> PyResult<Py<PyAny>> {
        let options = tool_options(format, style)?;
        self.long(py, move |runtime| Ok(runtime.tools(options)))
    }

    /// Answers a model's call.
    #[pyo3(signature = (call, is_read, timeout_ms, cancel))]
    fn handle(
        &self,
        py: Python<'_>,
        call: &Bound<'_, PyAny>,
        is_read: bool,
        timeout_ms: Option<Milliseconds>,
        cancel: Option<&CancelToken>,
    ) -> PyResult<Py<PyAny>> {
        engine_wanted()?;
        let call = tool_call(call, is_read, timeout_ms, cancel)?;
        reply(py, block_on(py, self.inner.handle_async(call))?)
    }

    #[pyo3(signature = (done, call, is_read, timeout_ms, cancel))]
    fn start_handle(
        &self,
        done: Py<PyAny>,
        call: &Bound<'_, PyAny>,
        is_read: bool,
        timeout_ms: Option<Milliseconds>,
        cancel: Option<&CancelToken>,
    ) -> PyResult<Task> {
        engine_wanted()?;
        let call = tool_call(call, is_read, timeout_ms, cancel)?;
        spawn(done, self.inner.handle_async(call), reply)
    }

    fn check_skill(&self, py: Python<'_>, skill_id: String) -> PyResult<Py<PyAny>> {
        self.long(py, move |runtime| runtime.check_skill(&skill_id))
    }

    fn script_help(&self, py: Python<'_>, skill_id: String, script: String) -> PyResult<Py<PyAny>> {
        self.long(py, move |runtime| runtime.script_help(&skill_id, &script))
    }

    #[pyo3(signature = (from_file, watcher))]
    fn install_interpreter(
        &self,
        py: Python<'_>,
        from_file: Option<PathBuf>,
        watcher: Option<Py<PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        self.long(py, move |runtime| runtime.install_interpreter(from_file.as_deref(), &Steps(watcher)))
    }

    fn interpreters(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.answer(py, OpenSkillRuntime::interpreters)
    }

    fn compile_skill(&self, py: Python<'_>, skill_id: String) -> PyResult<&'static str> {
        engine_wanted()?;
        let runtime = self.inner.clone();
        let readiness =
            apart(py, move || runtime.compile_skill(&skill_id))?.map_err(|error| raised(py, error))?;
        Ok(match readiness {
            Readiness::Cached => "cached",
            Readiness::Compiled => "compiled",
        })
    }

    fn inspect_skill(&self, py: Python<'_>, skill_id: String) -> PyResult<Py<PyAny>> {
        self.long(py, move |runtime| runtime.inspect_skill(&skill_id))
    }

    fn inspect_file(&self, py: Python<'_>, path: PathBuf) -> PyResult<Py<PyAny>> {
        self.long(py, move |runtime| runtime.inspect_file(path))
    }

    fn diagnose(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        engine_wanted()?;
        let diagnosis = self.plain(py, OpenSkillRuntime::diagnose)?;
        let fields = json!({
            "version": diagnosis.version,
            "pooling": diagnosis.pooling.is_ok(), "pooling_problem": diagnosis.pooling.err(),
            "pagemap_scan": diagnosis.pagemap_scan, "openat2": diagnosis.openat2,
            "wasip1_adapter": diagnosis.wasip1_adapter,
            "cache": diagnosis.cache.as_ref().ok(), "cache_problem": diagnosis.cache.as_ref().err(),
        });
        to_python(py, &fields)
    }
}

impl Runtime {
    fn call(
        &self,
        skill_id: &str,
        function: Option<&str>,
        input: &Bound<'_, PyAny>,
        timeout_ms: Option<Milliseconds>,
        cancel: Option<&CancelToken>,
    ) -> PyResult<SkillCall> {
        engine_wanted()?;
        let mut call = self.inner.call(skill_id).input(from_python(input)?);
        if let Some(function) = function {
            // Python's whole numbers have all digits.
            call = call.function(function).wide_integers();
        }
        if let Some(Milliseconds(timeout)) = timeout_ms {
            call = call.timeout(Duration::from_millis(timeout));
        }
        if let Some(token) = cancel {
            call = call.cancel_token(&token.0);
        }
        Ok(call)
    }

    /// Something short, detached from the interpreter.
    fn plain<T: Send>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&OpenSkillRuntime) -> Result<T, OpenSkillError> + Send,
    ) -> PyResult<T> {
        py.detach(|| ask(&self.inner)).map_err(|error| raised(py, error))
    }

    /// The same, in the JSON form of the answer.
    fn answer<T: Serialize + Send>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&OpenSkillRuntime) -> Result<T, OpenSkillError> + Send,
    ) -> PyResult<Py<PyAny>> {
        serialized(py, &self.plain(py, ask)?)
    }

    /// Something that may take seconds.
    fn long<T: Serialize + Send + 'static>(
        &self,
        py: Python<'_>,
        ask: impl FnOnce(&OpenSkillRuntime) -> Result<T, OpenSkillError> + Send + 'static,
    ) -> PyResult<Py<PyAny>> {
        engine_wanted()?;
        let runtime = self.inner.clone();
        let answer = apart(py, move || ask(&runtime))?.map_err(|error| raised(py, error))?;
        serialized(py, &answer)
    }
}

/// Tells a function of Python's what an installation is at.
struct Steps(Option<Py<PyAny>>);

impl InstallWatcher for Steps {
    fn step(&self, what: &str) {
        let Some(function) = &self.0 else { return };
        enter(|py| {
            if let Err(error) = function.call1(py, (what,)) {
                error.write_unraisable(py, Some(function.bind(py)));
            }
        });
    }
}
