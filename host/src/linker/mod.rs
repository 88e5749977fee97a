//! Capabilities in, a linker out: the one place that adds an interface.

mod cancel_token;
mod capture;
mod deadline;
mod env;
mod exchange;
mod file_stream;
mod files;
mod filesystem;
mod fs;
mod gate;
mod guest_path;
mod host_state;
mod http;
mod http_client;
mod import;
mod io_error;
mod log;
mod memory;
mod mounts;
mod name_lookup;
mod operations;
mod place;
mod program;
mod protected;
mod quota;
mod scratch;
mod standard_input;
mod wasi_http;

pub use cancel_token::CancelToken;
pub(crate) use capture::Capture;
pub(crate) use deadline::{Deadline, Ended};
pub(crate) use gate::{Gate, Identity, Request, SessionAnswers};
pub use host_state::HostState;
pub(crate) use http_client::{HttpClient, Moved};
pub use http_client::{Lookup, Resolve};
pub use import::{Import, ImportClass};
pub(crate) use memory::MemoryMeter;
pub use mounts::MountPoint;
pub(crate) use mounts::{Mount, Mounts, has_openat2, open_directory};
pub(crate) use program::{Beside, Finished, Program, ProgramKind, Programs};
pub(crate) use protected::Protected;

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::cli::{WasiCli, WasiCliCtxView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtxView};
use wasmtime_wasi::filesystem::WasiFilesystemCtxView;
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem as wasi_filesystem, io, random, sockets};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtxView};
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types as http_types};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtxView};

use crate::bindings::openskills::skill;
use env::{EnvironmentDoor, EnvironmentView};
use filesystem::{FilesystemDoor, FilesystemView};
use io_error::{ErrorDoor, ErrorView, TableDoor};
use name_lookup::{NameLookupDoor, NameLookupView};

/// Which of the interfaces that need a grant are linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Links {
    pub(crate) fs: bool,
    pub(crate) http: bool,
    pub(crate) env: bool,
}

impl Links {
    /// All of them: for questions that are put to a component outside of any call, with nothing granted behind them.
    pub(crate) const ALL: Self = Self { fs: true, http: true, env: true };

    /// A number below 8 that is this combination's own.
    pub(crate) fn index(self) -> usize {
        usize::from(self.fs) | usize::from(self.http) << 1 | usize::from(self.env) << 2
    }
}

/// Makes the linker for a combination of grants. Everything that a component can import is named here, and nowhere
/// else; what is not named cannot be imported.
pub(crate) fn link(engine: &Engine, links: Links) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::<HostState>::new(engine);
    let l = &mut linker;

    // By grant.
    if links.fs {
        skill::fs::add_to_linker::<_, HasSelf<HostState>>(l, |state| state)?;
    }
    if links.http {
        skill::http::add_to_linker::<_, HasSelf<HostState>>(l, |state| state)?;
        http_types::add_to_linker::<_, WasiHttp>(l, &http_types::LinkOptions::default(), http_view)?;
        outgoing_handler::add_to_linker::<_, WasiHttp>(l, http_view)?;
        l.allow_shadowing(true);
        l.instance("wasi:http/types@0.2.12")?.func_wrap("http-error-code", wasi_http::error_code)?;
        l.allow_shadowing(false);
    }
    if links.env {
        skill::env::add_to_linker::<_, HasSelf<HostState>>(l, |state| state)?;
    }
    skill::log::add_to_linker::<_, HasSelf<HostState>>(l, |state| state)?;
    // `types` has no functions; its name must exist.
    l.instance("openskills:skill/types@0.1.0")?;
    // For interpreters: their programs end with any status, and start others in the same sandbox. It opens nothing.
    let mut process = l.instance("openskills:interpreter/process@0.1.0")?;
    process.func_wrap("exit", |_, (status,): (u8,)| -> wasmtime::Result<()> {
        Err(I32Exit(status.into()).into())
    })?;
    process.func_wrap_async("run", |store, taken: program::Taken| {
        Box::new(async move { Ok((program::run(store, taken).await,)) })
    })?;

    // WASI's, always there for every program of a standard library: filled only by grants.
    wasi_filesystem::types::add_to_linker::<_, FilesystemDoor>(l, filesystem_view)?;
    wasi_filesystem::preopens::add_to_linker::<_, FilesystemDoor>(l, filesystem_view)?;
    cli::environment::add_to_linker::<_, EnvironmentDoor>(l, |state| EnvironmentView(state))?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(l, sockets_view)?;
    sockets::network::add_to_linker::<_, WasiSockets>(
        l,
        &sockets::network::LinkOptions::default(),
        sockets_view,
    )?;
    sockets::ip_name_lookup::add_to_linker::<_, NameLookupDoor>(l, |state| {
        let inner = WasiSocketsCtxView { ctx: state.wasi.sockets(), table: &mut state.table };
        NameLookupView { inner, gate: &state.gate }
    })?;
    sockets::tcp::add_to_linker::<_, WasiSockets>(l, sockets_view)?;
    sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(l, sockets_view)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(l, sockets_view)?;
    sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(l, sockets_view)?;

    // WASI's, without authority.
    io::error::add_to_linker::<_, ErrorDoor>(l, |state| ErrorView(&mut state.table))?;
    io::poll::add_to_linker::<_, TableDoor>(l, |state| &mut state.table)?;
    io::streams::add_to_linker::<_, TableDoor>(l, |state| &mut state.table)?;
    clocks::wall_clock::add_to_linker::<_, WasiClocks>(l, clocks_view)?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(l, clocks_view)?;
    random::random::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.random())?;
    random::insecure::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(l, |state| state.wasi.random())?;
    cli::exit::add_to_linker::<_, WasiCli>(l, cli_view)?;
    cli::stdin::add_to_linker::<_, WasiCli>(l, cli_view)?;
    cli::stdout::add_to_linker::<_, WasiCli>(l, cli_view)?;
    cli::stderr::add_to_linker::<_, WasiCli>(l, cli_view)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(l, cli_view)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(l, cli_view)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, cli_view)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, cli_view)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, cli_view)?;
    Ok(linker)
}

fn filesystem_view(state: &mut HostState) -> FilesystemView<'_> {
    FilesystemView {
        inner: WasiFilesystemCtxView { ctx: state.wasi.filesystem(), table: &mut state.table },
        paths: &mut state.open_paths,
        files: &state.files,
    }
}

fn http_view(state: &mut HostState) -> WasiHttpCtxView<'_> {
    WasiHttpCtxView { hooks: &mut state.exchange, table: &mut state.table, ctx: &mut state.wasi_http }
}

fn sockets_view(state: &mut HostState) -> WasiSocketsCtxView<'_> {
    WasiSocketsCtxView { ctx: state.wasi.sockets(), table: &mut state.table }
}

fn clocks_view(state: &mut HostState) -> WasiClocksCtxView<'_> {
    WasiClocksCtxView { ctx: state.wasi.clocks(), table: &mut state.table }
}

fn cli_view(state: &mut HostState) -> WasiCliCtxView<'_> {
    WasiCliCtxView { ctx: state.wasi.cli(), table: &mut state.table }
}
