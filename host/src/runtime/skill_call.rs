//! A call, put together step by step.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use wasmtime::Store;
use wasmtime::component::Instance;

use super::open_skill_runtime::Inner;
use crate::call::{ExecutionOptions, ExecutionResult, InContext, block_on};
use crate::error::OpenSkillError;
use crate::linker::{CancelToken, HostState};
use crate::typed::WideIntegers;

/// What a call may be told beside its skill and input.
#[derive(Clone, Debug, Default)]
pub(super) struct CallOptions {
    /// A typed function in place of the entry point.
    pub(super) function: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) cancel: Option<CancelToken>,
    pub(super) integers: WideIntegers,
}

impl From<ExecutionOptions> for CallOptions {
    fn from(options: ExecutionOptions) -> Self {
        Self { timeout: options.timeout_ms.map(Duration::from_millis), ..Self::default() }
    }
}

/// One call of a skill, made by [`OpenSkillRuntime::call`](crate::OpenSkillRuntime::call). Nothing happens until it is
/// run.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use openskills_runtime::{CancelToken, OpenSkillError, OpenSkillRuntime};
///
/// let runtime = OpenSkillRuntime::new("./skills");
/// runtime.load_skills()?;
/// let cancel = CancelToken::new();
/// let call = runtime.call("text-stats").input(serde_json::json!({ "text": "Hello" })).cancel_token(&cancel);
/// std::thread::spawn(move || cancel.cancel());
/// match call.run() {
///     Ok(result) => println!("{}", result.output),
///     Err(OpenSkillError::Cancelled { skill, .. }) => println!("{skill} was stopped"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is run"]
pub struct SkillCall {
    inner: Arc<Inner>,
    skill: String,
    input: Value,
    options: CallOptions,
}

impl SkillCall {
    pub(super) fn new(inner: Arc<Inner>, skill: &str) -> Self {
        let input = Value::Object(Map::new());
        Self { inner, skill: skill.to_owned(), input, options: CallOptions::default() }
    }

    /// Calls this typed function in place of the skill's entry point; the input is the object of its arguments then. See
    /// [`OpenSkillRuntime::call_function`](crate::OpenSkillRuntime::call_function).
    pub fn function(mut self, name: impl Into<String>) -> Self {
        self.options.function = Some(name.into());
        self
    }

    /// Has integers of 64 bits be JSON numbers in the output of a typed function, all of them, and takes them as such:
    /// for programs that keep every digit of a number. By default those beyond ±(2^53 − 1) are decimal texts.
    pub fn wide_integers(mut self) -> Self {
        self.options.integers = WideIntegers::Numbers;
        self
    }

    /// The JSON input: `{}` by default.
    pub fn input(self, input: Value) -> Self {
        Self { input, ..self }
    }

    /// Wall clock for the whole call: the runtime's limit (30 s) by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Who can stop the call. It ends as [`OpenSkillError::Cancelled`] then, with its record and what the guest had
    /// printed.
    pub fn cancel_token(mut self, token: &CancelToken) -> Self {
        self.options.cancel = Some(token.clone());
        self
    }

    /// The options of [`OpenSkillRuntime::execute_skill`](crate::OpenSkillRuntime::execute_skill).
    pub(super) fn options(mut self, options: ExecutionOptions) -> Self {
        self.options = CallOptions {
            function: self.options.function,
            integers: self.options.integers,
            ..options.into()
        };
        self
    }

    /// Runs it on the calling thread, as [`OpenSkillRuntime::execute_skill`](crate::OpenSkillRuntime::execute_skill)
    /// does.
    ///
    /// # Errors
    /// Each of [`OpenSkillError`]'s.
    pub fn run(self) -> Result<ExecutionResult, OpenSkillError> {
        self.inner.call(&self.skill, &self.input, &self.options)
    }

    /// Has code of the embedder's call the component's exports, with types that `bindgen!` made of its WIT: on the calling
    /// thread, in an instance of this call, linked with what the skill was granted. Everything holds for it that holds for
    /// every call: limits, deadline, one record. What `body` gives stands beside the result, whose output is null; the
    /// record names the [`function`](Self::function) if one was named, and has the digest of the
    /// [`input`](Self::input), `{}` by default.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// mod shapes {
    ///     openskills_runtime::wasmtime::component::bindgen!({
    ///         inline: "package example:shapes; world shapes { export double: func(of: u32) -> u32; }",
    ///         exports: { default: async },
    ///         wasmtime_crate: openskills_runtime::wasmtime,
    ///     });
    /// }
    ///
    /// # let runtime = openskills_runtime::OpenSkillRuntime::new("./skills");
    /// let (six, _) = runtime.call("shapes").run_with(async |store, instance| {
    ///     shapes::Shapes::new(&mut *store, &instance)?.call_double(store, 3).await
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Each of a call's; what `body` fails with is an [`OpenSkillError::ExecutionFailure`], as is an export that is not
    /// there or of other types.
    pub fn run_with<T, F>(self, body: F) -> Result<(T, ExecutionResult), OpenSkillError>
    where
        F: AsyncFnOnce(&mut Store<HostState>, Instance) -> wasmtime::Result<T>,
    {
        let engine = self.inner.engine()?;
        let call = self.inner.execute_with(engine, &self.skill, &self.input, &self.options, body);
        block_on(engine.handle(), call)
    }

    /// Runs it as a future for any executor. Dropping it stops the guest; what it did until then is on record.
    ///
    /// # Errors
    /// Each of [`OpenSkillError`]'s.
    pub async fn run_async(self) -> Result<ExecutionResult, OpenSkillError> {
        let engine = self.inner.engine()?;
        let Self { inner, skill, input, options } = self;
        let future = Box::pin(async move { inner.execute(engine, &skill, &input, &options).await });
        InContext { handle: engine.handle(), future }.await
    }

    /// [`run_with`](Self::run_with) as a future for any executor. It can move between threads if all that `body` holds
    /// can. Dropping it stops the guest; what it did until then is on record.
    ///
    /// # Errors
    /// Those of [`run_with`](Self::run_with).
    pub async fn run_with_async<T, F>(self, body: F) -> Result<(T, ExecutionResult), OpenSkillError>
    where
        F: AsyncFnOnce(&mut Store<HostState>, Instance) -> wasmtime::Result<T>,
    {
        let engine = self.inner.engine()?;
        let Self { inner, skill, input, options } = self;
        let future =
            Box::pin(async move { inner.execute_with(engine, &skill, &input, &options, body).await });
        InContext { handle: engine.handle(), future }.await
    }
}
