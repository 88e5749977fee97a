//! What one call may use up.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The limits of one call. Every one has a default; none can be switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall clock for the whole call: waiting for the compiler, instantiation, guest and host code. 30 s.
    pub timeout: Duration,
    /// Memory of the guest in bytes, all its linear memories and tables together. 256 MiB.
    pub memory: usize,
    /// The output's JSON text in bytes. 8 MiB.
    pub output: usize,
    /// The input's JSON text in bytes. 8 MiB.
    pub input: usize,
    /// Captured stdout, and captured stderr, in bytes each. What is beyond is cut and marked, never an error.
    /// 1 MiB.
    pub stdio: usize,
    /// The body of one http request, and of one response, in bytes. 16 MiB.
    pub body: usize,
    /// Requests that may be sent, over http, redirects that the guest follows included. 1,000.
    pub requests: u64,
    /// Bytes of the bodies of all requests and responses together. 256 MiB.
    pub transferred_bytes: u64,
    /// Elements of all tables together. 200,000.
    pub table_elements: usize,
    /// Core instances within one component. 64; the engine has room for 256.
    pub instances: usize,
    /// Linear memories of one component. 4; the engine has room for 32.
    pub memories: usize,
    /// Tables of one component. 8; the engine has room for 32.
    pub tables: usize,
    /// Handles that the guest may hold at a time (files, streams, pollables). 1,024.
    pub handles: usize,
    /// Bytes that may be copied between guest and host in one host call. 24 MiB, above `body`.
    pub hostcall_bytes: usize,
    /// Bytes that may be written to files, the workspace's and `/tmp`'s together. What is removed again is not given
    /// back. 256 MiB.
    pub written_bytes: u64,
    /// Files that may be opened for creation, and directories made. 10,000.
    pub created_files: u64,
    /// Questions that may be put to the approver in one call. 5.
    pub prompts: usize,
    /// How long an approver may take for one answer. The call's clock stands still meanwhile. 120 s.
    pub prompt_timeout: Duration,
    /// Size of a component file in bytes, checked before it is compiled. 64 MiB.
    pub component: u64,
    /// Calls of the whole process that may wait while as many run as the engine has room for (64). One more is turned
    /// away at once. Waiting counts as time of the call; who waits longest is next. 1,024.
    pub queue: usize,
    /// Instructions of the guest, counted by the engine, for a cut-off that is the same on every machine; none is no
    /// such limit, and the default. Counting makes guests slower, up to twice, and compiles components once more: see
    /// [decision 0036](https://github.com/openskills/openskills-runtime/blob/main/docs/decisions/0036-fuel-is-an-engine-of-its-own.md).
    pub fuel: Option<u64>,
}

/// Which limit a call met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// [`Limits::memory`]
    Memory,
    /// [`Limits::table_elements`]
    TableElements,
    /// [`Limits::memories`]
    Memories,
    /// [`Limits::tables`]
    Tables,
    /// [`Limits::instances`]
    Instances,
    /// [`Limits::handles`]
    Handles,
    /// [`Limits::hostcall_bytes`]
    HostCall,
    /// The call stack of 512 KiB, which cannot be set.
    CallStack,
    /// [`Limits::fuel`]
    Fuel,
    /// [`Limits::input`]
    Input,
    /// [`Limits::output`]
    Output,
    /// [`Limits::written_bytes`] or [`Limits::created_files`]
    Written,
    /// [`Limits::requests`] or [`Limits::transferred_bytes`]
    Traffic,
    /// [`Limits::queue`]
    Queue,
    /// The components that may wait for the compiler, 16 at a time, which cannot be set.
    Compiling,
    /// Something of the engine's that has no limit of its own.
    Engine,
}

impl Limits {
    /// A limit in words, with its value.
    pub(crate) fn words(&self, kind: LimitKind) -> String {
        match kind {
            LimitKind::Memory => format!("its memory of {}", Bytes(self.memory as u64)),
            LimitKind::TableElements => format!("its {} table elements", self.table_elements),
            LimitKind::Memories => format!("the {} memories that a component may have", self.memories),
            LimitKind::Tables => format!("the {} tables that a component may have", self.tables),
            LimitKind::Instances => {
                format!("the {} core instances that a component may have", self.instances)
            }
            LimitKind::Handles => format!("its {} handles", self.handles),
            LimitKind::HostCall => {
                format!("the {} that may be passed in one host call", Bytes(self.hostcall_bytes as u64))
            }
            LimitKind::CallStack => "its call stack of 512 KiB".to_owned(),
            LimitKind::Fuel => format!("its {} instructions", self.fuel.unwrap_or_default()),
            LimitKind::Input => format!("its input of {} bytes", self.input),
            LimitKind::Output => format!("its output of {} bytes", self.output),
            LimitKind::Written => format!(
                "the {} and {} files that it may write",
                Bytes(self.written_bytes),
                self.created_files
            ),
            LimitKind::Traffic => format!(
                "the {} requests and {} that it may send and receive",
                self.requests,
                Bytes(self.transferred_bytes)
            ),
            LimitKind::Queue => format!("the {} calls that may wait for their turn", self.queue),
            LimitKind::Compiling => {
                format!("the {MAX_COMPILING} components that may wait for the compiler")
            }
            LimitKind::Engine => "what one component may have of the engine".to_owned(),
        }
    }
}

/// Components that may wait for the compiler: each holds its bytes, up to 64 MiB, meanwhile.
pub(crate) const MAX_COMPILING: usize = 16;

/// A number of bytes as people write it.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes > 0 && bytes.is_multiple_of(1 << 20) => write!(f, "{} MiB", bytes >> 20),
            bytes if bytes > 0 && bytes.is_multiple_of(1 << 10) => write!(f, "{} KiB", bytes >> 10),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            timeout: Duration::from_secs(30),
            memory: 256 * MIB,
            output: 8 * MIB,
            input: 8 * MIB,
            stdio: MIB,
            body: 16 * MIB,
            requests: 1_000,
            transferred_bytes: 256 * MIB as u64,
            table_elements: 200_000,
            instances: 64,
            memories: 4,
            tables: 8,
            handles: 1_024,
            hostcall_bytes: 24 * MIB,
            written_bytes: 256 * MIB as u64,
            created_files: 10_000,
            prompts: 5,
            prompt_timeout: Duration::from_secs(120),
            component: 64 * MIB as u64,
            queue: 1_024,
            fuel: None,
        }
    }
}
