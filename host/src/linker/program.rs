//! Programs that a script starts: further runs of its interpreter, each in an instance of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Lower};

use super::capture::Capture;
use super::files::Files;
use super::gate::Gate;
use super::host_state::HostState;
use crate::audit::{Action, Permission, sha256};

/// What an interpreter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum ProgramKind {
    /// A file, by its path in the guest's file tree.
    #[component(name = "script")]
    Script,
    /// A module, by its name.
    #[component(name = "module")]
    Module,
    /// The text itself.
    #[component(name = "code")]
    #[expect(dead_code, reason = "made out of what a guest says, by derived code")]
    Code,
}

/// Where a program's output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "made out of what a guest says, by derived code")]
pub(crate) enum Stream {
    /// To whoever started it.
    #[component(name = "captured")]
    Captured,
    /// To where the output goes of whoever started it.
    #[component(name = "inherited")]
    Inherited,
    /// Its errors, to where its output goes.
    #[component(name = "merged")]
    Merged,
}

/// A program as it is to be started.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) kind: ProgramKind,
    pub(crate) name: String,
    /// Where modules are looked for first, if not in the script's folder.
    pub(crate) path: Option<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) directory: String,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) timeout: Option<Duration>,
}

/// What a program has in common with whoever started it, and what is left for it.
pub(crate) struct Beside {
    /// The same `/tmp` and the same quota.
    pub(crate) files: Files,
    pub(crate) stdout: Capture,
    pub(crate) stderr: Capture,
    pub(crate) memory: usize,
    pub(crate) fuel: Option<u64>,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit status; negative if it was stopped, none if its time was over.
    pub(crate) status: Option<i32>,
    pub(crate) memory_peak: usize,
    pub(crate) fuel: u64,
}

type Run<'a> = Pin<Box<dyn Future<Output = Result<Finished, String>> + Send + 'a>>;

/// Whoever can start programs for a guest. The same gate decides about all that they ask for.
pub(crate) trait Programs: Send + Sync {
    /// Runs one to its end. The text of an error says why none could be started.
    fn run(&self, program: Program, beside: Beside) -> Run<'_>;
}

pub(super) type Taken = (
    ProgramKind,
    String,
    Option<String>,
    Vec<String>,
    String,
    Vec<(String, String)>,
    Vec<u8>,
    Stream,
    Stream,
    Option<u64>,
);

/// Runs what a guest asks for, to its end.
pub(super) async fn run(
    mut store: StoreContextMut<'_, HostState>,
    taken: Taken,
) -> Result<(Option<i32>, Vec<u8>, Vec<u8>), String> {
    let (kind, name, path, arguments, directory, variables, stdin, output, errors, milliseconds) = taken;
    let fuel = store.get_fuel().ok();
    let state = store.data();
    let programs = state.programs.clone().ok_or("nothing is there that would run it")?;
    let captured = |stream, inherited: &Capture| match stream {
        Stream::Inherited => inherited.clone(),
        Stream::Captured | Stream::Merged => inherited.beside(),
    };
    let stdout = captured(output, &state.stdout);
    let stderr = match errors {
        Stream::Merged => stdout.clone(),
        errors => captured(errors, &state.stderr),
    };
    record(&state.gate, kind, &name);
    let held = state.memory.held();
    let beside = Beside {
        files: state.files.clone(),
        stdout: stdout.clone(),
        stderr: stderr.clone(),
        memory: state.memory.left(),
        fuel,
    };
    let timeout = milliseconds.map(Duration::from_millis);
    let program = Program { kind, name, path, arguments, directory, variables, stdin, timeout };
    let finished = programs.run(program, beside).await?;
    store.data_mut().memory.met(held.saturating_add(finished.memory_peak));
    if let Some(fuel) = fuel {
        // It cannot fail where reading it did not.
        let _ = store.set_fuel(fuel.saturating_sub(finished.fuel));
    }
    let whole = |stream, capture: &Capture| match stream {
        Stream::Captured => capture.whole().ok_or("it wrote more than a program may write in a call"),
        Stream::Inherited | Stream::Merged => Ok(Vec::new()),
    };
    Ok((finished.status, whole(output, &stdout)?, whole(errors, &stderr)?))
}

/// The record names what was started: a file, a module, or the digest of a text.
fn record(gate: &Arc<Gate>, kind: ProgramKind, name: &str) {
    let target = match kind {
        ProgramKind::Script => name.to_owned(),
        ProgramKind::Module => format!("-m {name}"),
        ProgramKind::Code => format!("-c (sha256 {})", sha256(name.as_bytes())),
    };
    gate.ledger().used(Action::Run, &crate::capability::printable(&target), Permission::Allowed);
}
