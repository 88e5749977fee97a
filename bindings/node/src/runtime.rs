//! The runtime, as `lib/runtime.js` calls it.
//!
//! What answers at once gives JSON text, or throws JSON text; what takes time is told to `lib/calls.js` by the number
//! that it was begun with.
#![allow(
    clippy::needless_pass_by_value,
    unsafe_code,
    unreachable_pub,
    reason = "made, or called, by what the macros of napi make"
)]

use std::path::Path;
use std::time::Duration;

use napi::Result;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use openskills_runtime::{
    AskedTarget, InstallWatcher, OpenSkillError, OpenSkillRuntime, PromptFormat, PromptOptions, Readiness,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::callback::Callback;
use crate::calls::Calls;
use crate::camel;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::skill_call::{self, ScriptSettings};
use crate::workers;

/// One `OpenSkillRuntime`.
#[napi]
pub struct Runtime {
    pub(crate) runtime: OpenSkillRuntime,
    pub(crate) calls: std::sync::Arc<crate::calls::Shared>,
}

/// The options of `prompt`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct PromptSettings {
    format: Format,
    budget_tokens: Option<usize>,
    all: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Xml,
    Markdown,
    Json,
}

/// Nobody looks at the progress.
struct Unwatched;

impl InstallWatcher for Unwatched {
    fn step(&self, _: &str) {}
}

#[napi]
impl Runtime {
    /// `owner` is the number by which `calls` knows its approver and its sink.
    #[napi(constructor)]
    pub fn new(calls: &Calls, owner: u32, settings: String) -> Result<Self> {
        let settings: Settings = parsed(&settings)?;
        let callback = Callback { calls: calls.shared.clone(), owner };
        Ok(Self { runtime: settings.runtime(&callback)?, calls: callback.calls })
    }

    #[napi]
    pub fn load_skills(&self) -> Result<String> {
        answer(self.runtime.load_skills())
    }

    #[napi]
    pub fn load_skill(&self, folder: String) -> Result<String> {
        answer(self.runtime.load_skill(folder))
    }

    #[napi]
    pub fn faults(&self) -> Result<String> {
        answer(Ok(self.runtime.faults()))
    }

    #[napi]
    pub fn prompt(&self, options: String) -> Result<String> {
        let PromptSettings { format, budget_tokens, all } = parsed(&options)?;
        let format = match format {
            Format::Xml => PromptFormat::Xml,
            Format::Markdown => PromptFormat::Markdown,
            Format::Json => PromptFormat::Json,
        };
        answer(Ok(self.runtime.prompt(&PromptOptions { format, budget_tokens, all })))
    }

    #[napi]
    pub fn skill(&self, skill: String) -> Result<String> {
        let detail = self.runtime.skill(&skill).map_err(Failure::from)?;
        Ok(camel::flattened(&detail).map_err(Failure::from)?.to_string())
    }

    #[napi]
    pub fn activate(&self, skill: String, arguments: String) -> Result<String> {
        Ok(self.runtime.activate(&skill, &arguments).map_err(Failure::from)?)
    }

    #[napi]
    pub fn instructions(&self, skill: String) -> Result<String> {
        Ok(self.runtime.instructions(&skill).map_err(Failure::from)?)
    }

    #[napi]
    pub fn resources(&self, skill: String) -> Result<String> {
        answer(self.runtime.resources(&skill))
    }

    #[napi]
    pub fn resource(&self, skill: String, path: String) -> Result<Buffer> {
        Ok(self.runtime.resource(&skill, &path).map_err(Failure::from)?.into())
    }

    #[napi]
    pub fn scripts(&self, skill: String) -> Result<String> {
        answer(self.runtime.scripts(&skill))
    }

    #[napi]
    pub fn interpreters(&self) -> Result<String> {
        answer(self.runtime.interpreters())
    }

    #[napi]
    pub fn permissions(&self, skill: String) -> Result<String> {
        answer(self.runtime.permissions(&skill))
    }

    #[napi]
    pub fn explain_target(&self, skill: String, target: String) -> Result<String> {
        let target: AskedTarget = target
            .parse()
            .map_err(|error| Failure::argument(format!("`{target}` cannot be explained: {error}")))?;
        answer(self.runtime.explain_target(&skill, &target))
    }

    #[napi]
    pub fn policy(&self) -> Result<String> {
        let policy = self.runtime.policy();
        let rules = |rules: &[openskills_runtime::capability::Rule]| -> Value {
            rules.iter().map(ToString::to_string).collect()
        };
        let notes: Vec<Value> = policy
            .notes()
            .map(|(file, fault)| json!({ "file": file, "fault": camel::value(fault).unwrap_or_default() }))
            .collect();
        let cap = policy.timeout_cap();
        Ok(json!({
            "preset": policy.preset().name(),
            "presetCited": policy.preset_cited(),
            "allow": rules(policy.allow_rules()),
            "ask": rules(policy.ask_rules()),
            "deny": rules(policy.deny_rules()),
            "lock": policy.lock().map(ToString::to_string),
            "timeoutCapMs": cap.map(|(cap, _)| u64::try_from(cap.as_millis()).unwrap_or(u64::MAX)),
            "notes": notes,
        })
        .to_string())
    }

    #[napi]
    pub fn diagnose(&self) -> Result<String> {
        let diagnosis = self.runtime.diagnose().map_err(Failure::from)?;
        let (cache, no_cache) = match diagnosis.cache {
            Ok(folder) => (Some(folder), None),
            Err(why) => (None, Some(why)),
        };
        Ok(json!({
            "version": diagnosis.version,
            "pooling": diagnosis.pooling.is_ok(),
            "noPooling": diagnosis.pooling.err(),
            "pagemapScan": diagnosis.pagemap_scan,
            "openat2": diagnosis.openat2,
            "wasip1Adapter": diagnosis.wasip1_adapter,
            "cache": cache,
            "noCache": no_cache,
        })
        .to_string())
    }

    /// Begins a call of the entry point, or of a function. `timeout_ms` is a whole number; without `input`, the library's
    /// own default holds.
    #[napi]
    pub fn execute_skill(
        &self,
        id: u32,
        skill: String,
        function: Option<String>,
        input: Option<String>,
        timeout_ms: Option<f64>,
        is_cancelled: bool,
    ) -> Result<()> {
        let promise = self.calls.begin(id);
        let token = self.calls.token(id, is_cancelled);
        let mut call = self.runtime.call(&skill).cancel_token(&token);
        if let Some(function) = function {
            // Text of JSON has all digits, and `lib/json.js` keeps them.
            call = call.function(function).wide_integers();
        }
        if let Some(milliseconds) = timeout_ms {
            call = call.timeout(Duration::from_millis(whole(milliseconds)));
        }
        workers::spawn(async move {
            if let Some(input) = input {
                call = match serde_json::from_str(&input) {
                    Ok(input) => call.input(input),
                    Err(error) => return promise.settle(Err(unreadable(&error))),
                };
            }
            promise.settle_with(call.run_async().await.map_err(Failure::from).and_then(skill_call::result));
        })
    }

    #[napi]
    pub fn run_script(
        &self,
        id: u32,
        skill: String,
        script: String,
        options: String,
        stdin: Option<Buffer>,
        is_cancelled: bool,
    ) -> Result<()> {
        let settings: ScriptSettings = parsed(&options)?;
        let promise = self.calls.begin(id);
        let mut options = settings.options(stdin.map(Vec::from).unwrap_or_default());
        options.cancel = Some(self.calls.token(id, is_cancelled));
        let run = self.runtime.run_script_async(&skill, &script, options);
        workers::spawn(async move {
            promise.settle_with(run.await.map_err(Failure::from).and_then(skill_call::script));
        })
    }

    #[napi]
    pub fn check_skill(&self, id: u32, skill: String) -> Result<()> {
        self.blocking(id, move |runtime| answer_later(runtime.check_skill(&skill)))
    }

    #[napi]
    pub fn script_help(&self, id: u32, skill: String, script: String) -> Result<()> {
        self.blocking(id, move |runtime| answer_later(runtime.script_help(&skill, &script)))
    }

    #[napi]
    pub fn install_interpreter(&self, id: u32, from: Option<String>) -> Result<()> {
        self.blocking(id, move |runtime| {
            answer_later(runtime.install_interpreter(from.as_deref().map(Path::new), &Unwatched))
        })
    }

    #[napi]
    pub fn compile_skill(&self, id: u32, skill: String) -> Result<()> {
        self.blocking(id, move |runtime| {
            let ready = runtime.compile_skill(&skill)?;
            let name = match ready {
                Readiness::Cached => "cached",
                Readiness::Compiled => "compiled",
            };
            Ok(json!(name).to_string())
        })
    }

    #[napi]
    pub fn inspect_skill(&self, id: u32, skill: String) -> Result<()> {
        self.blocking(id, move |runtime| answer_later(runtime.inspect_skill(&skill)))
    }

    #[napi]
    pub fn functions(&self, id: u32, skill: String) -> Result<()> {
        self.blocking(id, move |runtime| answer_later(runtime.functions(&skill)))
    }

    #[napi]
    pub fn inspect_file(&self, id: u32, path: String) -> Result<()> {
        self.blocking(id, move |runtime| answer_later(runtime.inspect_file(path)))
    }

    /// Does what takes time and cannot be cancelled.
    pub(crate) fn blocking(
        &self,
        id: u32,
        work: impl FnOnce(&OpenSkillRuntime) -> std::result::Result<String, Failure> + Send + 'static,
    ) -> Result<()> {
        let promise = self.calls.begin(id);
        let runtime = self.runtime.clone();
        workers::spawn_blocking(move || promise.settle(work(&runtime)))
    }
}

fn answer<T: Serialize>(outcome: std::result::Result<T, OpenSkillError>) -> Result<String> {
    Ok(answer_later(outcome)?)
}

fn answer_later<T: Serialize>(
    outcome: std::result::Result<T, OpenSkillError>,
) -> std::result::Result<String, Failure> {
    Ok(camel::text(&outcome?)?)
}

/// The options of something. What is wrong with them is told with the name of the option.
pub(crate) fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> std::result::Result<T, Failure> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|error| {
        let place = error.path().to_string();
        let told = error.inner().to_string();
        // Where it stands in a text that nobody wrote.
        let told = told.split(" at line ").next().unwrap_or(&told);
        let whole = ["usize", "u64", "u32"].iter().find_map(|kind| told.strip_suffix(kind));
        let told = whole.map_or_else(|| told.to_owned(), |told| format!("{told}a whole number, 0 or more"));
        Failure::argument(match place.as_str() {
            "." => format!("the options cannot be used: {told}"),
            place => format!("the option `{place}` cannot be used: {told}"),
        })
    })
}

pub(crate) fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::argument(format!("the input is not JSON: {error}"))
}

/// Of a number that `lib/options.js` has checked.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, which is what is meant"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number as u64
}
