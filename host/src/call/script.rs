//! One run of a script in an interpreter component, and what it gives back.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;
use wasmtime_wasi::I32Exit;

use super::failure::Failure;
use super::interpreted::Interpreted;
use super::plan::{Plan, Remains, enter};
use super::report::Report;
use crate::audit::{AuditRecord, Outcome, Usage, sha256};
use crate::error::{CallTrace, OpenSkillError};
use crate::linker::{Capture, ProgramKind};

/// The result of a script that ran to its end, whatever its exit status.
#[derive(Clone, Debug, Serialize)]
pub struct ScriptResult {
    /// The script's exit status; 0 is success.
    pub exit_code: u8,
    /// What it wrote to stdout: the JSON value if it is one, otherwise the text.
    pub output: Value,
    /// What it wrote to stdout, byte for byte; at most the limit of outputs, 8 MiB by default, cut and marked. In JSON
    /// it is text.
    #[serde(serialize_with = "as_text")]
    pub stdout: Vec<u8>,
    /// What it wrote to stderr, likewise.
    #[serde(serialize_with = "as_text")]
    pub stderr: Vec<u8>,
    /// The call's record. Refusals that the script coped with are in it.
    pub audit: AuditRecord,
    /// Why the sink could not keep the record, where the call goes on without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_error: Option<String>,
}

fn as_text<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

/// What a script is started with.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    pub(crate) kind: ProgramKind,
    /// The script's path in the guest's file tree, a module's name, or the text itself.
    pub(crate) program: &'a str,
    /// Where modules are looked for first, if not in the script's folder.
    pub(crate) path: Option<&'a str>,
    pub(crate) arguments: &'a [String],
    pub(crate) directory: &'a str,
    pub(crate) stdin: Bytes,
    /// How many programs deep it is: 0 is the script that a call is for.
    pub(crate) depth: u32,
}

/// What the interpreter takes: kind, program, path, packages, arguments, directory.
type Taken<'a> = (ProgramKind, &'a str, Option<&'a str>, Option<&'a str>, &'a [String], &'a str);

/// Where packages are in the guest's file tree.
const PACKAGES: &str = "/packages";

/// What a run of a script leaves behind; the exit status is in its outcome.
pub(crate) struct ScriptRemains {
    pub(super) remains: Remains,
    /// The streams, where they are not the text that the remains have.
    original: [Option<Vec<u8>>; 2],
}

impl From<Failure> for ScriptRemains {
    fn from(failure: Failure) -> Self {
        Self { remains: Remains::none(failure), original: [None, None] }
    }
}

/// Runs a script once.
pub(crate) async fn run_script(plan: Plan<'_>, invocation: &Invocation<'_>) -> ScriptRemains {
    let streams: OnceLock<[Capture; 2]> = OnceLock::new();
    let packages = plan.mounts.packages.is_some().then_some(PACKAGES);
    let programs = Arc::new(Interpreted::by(&plan, invocation.depth));
    let remains = enter(plan, async |store, instance| {
        let _ = streams.set([store.data().stdout.clone(), store.data().stderr.clone()]);
        store.data().stdin.set(invocation.stdin.clone());
        store.data_mut().programs = Some(programs);
        let run = instance
            .get_typed_func::<Taken<'_>, ((u8, Option<bool>),)>(&mut *store, "run")
            .map_err(|error| unknown("run", &error))?;
        let Invocation { kind, program, path, arguments, directory, .. } = invocation;
        let taken = (*kind, *program, *path, packages, *arguments, *directory);
        let (status, says_refused) = match run.call_async(&mut *store, taken).await {
            Ok((ended,)) => ended,
            // It ended itself at once; nobody can know what it would have said.
            Err(error) => match error.downcast_ref::<I32Exit>().map(|exit| u8::try_from(exit.0)) {
                Some(Ok(status)) => (status, None),
                _ => return Err(Failure::of_trap(&error, &store.data().memory)),
            },
        };
        match status {
            0 => Ok(String::new()),
            status => Err(Failure::Exited { status, says_refused }),
        }
    })
    .await;
    // What a program writes that a script started is for the script to take.
    let streams = streams.get().filter(|_| invocation.depth == 0);
    let original = streams.map_or([None, None], |streams| streams.each_ref().map(Capture::original));
    ScriptRemains { remains, original }
}

impl ScriptRemains {
    /// Its exit status, if it came to its end by itself, and what it printed.
    pub(crate) fn said(self) -> (Option<u8>, String) {
        let status = match self.remains.outcome {
            Ok(_) => Some(0),
            Err(Failure::Exited { status, .. }) => Some(status),
            Err(_) => None,
        };
        (status, self.remains.stdout.0)
    }
}

/// Has the interpreter read scripts, by their paths in the guest's file tree. Answers JSON.
pub(crate) async fn check_scripts(plan: Plan<'_>, paths: &[String]) -> Remains {
    enter(plan, async |store, instance| {
        let check = instance
            .get_typed_func::<(&[String],), (String,)>(&mut *store, "check")
            .map_err(|error| unknown("check", &error))?;
        let answered = check.call_async(&mut *store, (paths,)).await;
        let (text,) = answered.map_err(|error| Failure::of_trap(&error, &store.data().memory))?;
        Ok(text)
    })
    .await
}

fn unknown(name: &str, error: &wasmtime::Error) -> Failure {
    Failure::Artifact(format!("its `{name}` is not that of an interpreter: {}", error.root_cause()))
}

impl Report<'_> {
    /// Ends the call of a script: exactly one record, kept by the sink before anyone sees the result.
    pub(crate) fn close_script(mut self, ended: ScriptRemains) -> Result<ScriptResult, OpenSkillError> {
        self.is_closed = true;
        let ScriptRemains { remains, original: [stdout, stderr] } = ended;
        let Remains { outcome, stdout: out, stderr: err, memory_peak, fuel } = remains;
        let stdout = stdout.unwrap_or_else(|| out.0.clone().into_bytes());
        let mut stderr = stderr.unwrap_or_else(|| err.0.clone().into_bytes());
        let usage = Usage {
            memory_peak,
            output_bytes: out.1,
            stdout_bytes: out.1,
            stderr_bytes: err.1,
            fuel,
            ..self.usage()
        };
        let audit = match &outcome {
            Ok(_) => self.record(|_| Outcome::Success, Some(sha256(&stdout)), usage),
            Err(failure) => self.record(|refusals| self.outcome(failure, refusals), None, usage),
        };
        let trace = self.keep(audit, out.0, err.0)?;
        let exit_code = match outcome {
            Ok(_) => 0,
            Err(Failure::Exited { status, says_refused })
                if !(Failure::Exited { status, says_refused }).is_by(&trace.audit.refusals) =>
            {
                status
            }
            Err(failure) => return Err(self.error(failure, trace)),
        };
        if let Some(lacking) = self.lacking.as_deref().filter(|_| exit_code != 0) {
            // Where the interpreter says what else of the sandbox has to do with it.
            stderr.extend_from_slice(format!("openskills: {lacking}\n").as_bytes());
        }
        let CallTrace { audit, stdout: text, audit_error, .. } = trace;
        let output = serde_json::from_slice(&stdout).unwrap_or(Value::String(text));
        Ok(ScriptResult { exit_code, output, stdout, stderr, audit, audit_error })
    }
}
