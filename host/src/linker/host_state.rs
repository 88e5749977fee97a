//! The data of one call's store.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_http::WasiHttpCtx;

use super::capture::Capture;
use super::exchange::Exchange;
use super::files::Files;
use super::filesystem::OpenPaths;
use super::gate::Gate;
use super::http_client::HttpClient;
use super::memory::MemoryMeter;
use super::mounts::Mounts;
use super::program::{Beside, Programs};
use super::quota::Quota;
use super::standard_input::StandardInput;
use super::wasi_http;
use crate::audit::Action;
use crate::capability::Limits;

/// All that the host keeps for one call: the data of the store that [`SkillCall::run_with`](crate::SkillCall::run_with)
/// gives. It is made anew for each call and dropped with it; nothing in it is for others.
pub struct HostState {
    pub(crate) files: Files,
    pub(crate) gate: Arc<Gate>,
    /// The granted environment variables that are set, sorted by name.
    pub(crate) environment: Arc<Vec<(String, String)>>,
    /// What `wasi:cli/environment` gives as arguments: for a program its name, for others nothing.
    pub(crate) arguments: Vec<String>,
    pub(crate) stdin: StandardInput,
    pub(crate) stdout: Capture,
    pub(crate) stderr: Capture,
    pub(crate) memory: MemoryMeter,
    /// Who starts programs for it; nobody, but for interpreters.
    pub(crate) programs: Option<Arc<dyn Programs>>,
    pub(super) table: ResourceTable,
    pub(super) wasi: WasiCtx,
    pub(super) wasi_http: WasiHttpCtx,
    pub(super) exchange: Exchange,
    pub(super) open_paths: OpenPaths,
}

impl HostState {
    /// Of a call, or of a program that a call's guest starts beside itself.
    pub(crate) fn new(
        gate: Arc<Gate>,
        mounts: Arc<Mounts>,
        http: Arc<HttpClient>,
        environment: Arc<Vec<(String, String)>>,
        limits: &Limits,
        beside: Option<Beside>,
    ) -> Self {
        let (files, stdout, stderr) = match beside {
            Some(beside) => (beside.files, beside.stdout, beside.stderr),
            None => (
                Files {
                    mounts,
                    gate: Arc::clone(&gate),
                    scratch: Arc::default(),
                    quota: Arc::new(Quota::new(limits)),
                },
                Capture::new(limits.stdio),
                Capture::new(limits.stdio),
            ),
        };
        let stdin = StandardInput::default();
        let sockets = Arc::clone(&gate);
        // Nothing is inherited: stdin is empty unless the call fills it, there are no arguments, no directories and no network. Sockets can
        // be made, since some programs make one at start; every address is refused and recorded.
        let wasi = WasiCtxBuilder::new()
            .stdin(stdin.clone())
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .allow_blocking_current_thread(true)
            .max_random_size(1 << 20)
            .allow_tcp(true)
            .allow_udp(true)
            .socket_addr_check(move |address, _| {
                let request = super::gate::Request { action: Action::Connect, target: &address.to_string() };
                sockets.refuse_always(request, "sockets are not open to skills: use http");
                Box::pin(async { false })
            })
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            files,
            exchange: Exchange::new(Arc::clone(&gate), http),
            gate,
            environment,
            arguments: Vec::new(),
            stdin,
            stdout,
            stderr,
            memory: MemoryMeter::new(limits),
            programs: None,
            table,
            wasi,
            wasi_http: wasi_http::context(),
            open_paths: OpenPaths::default(),
        }
    }
}
