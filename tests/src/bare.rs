//! The same guest on bare wasmtime: stock WASI, one preopened directory, no policy, no limits, no record.
#![expect(
    unsafe_code,
    reason = "the bare side maps the code that it has compiled itself, as the engine's manual has it"
)]

use std::path::Path;

use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker, ResourceTable};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// A component, ready to be called on bare wasmtime with the engine settings that are fastest for it.
pub struct Bare {
    engine: Engine,
    linked: InstancePre<State>,
    execute: ComponentExportIndex,
    root: tempfile::TempDir,
    perms: FsPerms,
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// The error of a skill, in the order and shape of `openskills:skill/types`.
#[derive(wasmtime::component::ComponentType, wasmtime::component::Lift, Debug)]
#[component(variant)]
enum SkillError {
    #[component(name = "invalid-input")]
    InvalidInput(InputFault),
    #[component(name = "denied")]
    Denied(String),
    #[component(name = "failed")]
    Failed(String),
}

#[derive(wasmtime::component::ComponentType, wasmtime::component::Lift, Debug)]
#[component(record)]
struct InputFault {
    field: String,
    message: String,
}

impl Bare {
    /// Compiles a component for [`Bare::load`].
    pub fn compile(component: &[u8]) -> wasmtime::Result<Vec<u8>> {
        engine()?.precompile_component(component)
    }

    /// Maps what [`Bare::compile`] made, links and looks up the export.
    pub fn load(code: &Path) -> wasmtime::Result<Self> {
        Self::with_engine(engine()?, code)
    }

    /// The same with an engine that is there already.
    pub fn with_engine(engine: Engine, code: &Path) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        linker.instance("openskills:skill/types@0.1.0")?;
        // SAFETY: the benchmark has written the file itself, a moment ago, from `precompile_component`, into a folder
        // of its own, and nothing changes it.
        let component = unsafe { Component::deserialize_file(&engine, code)? };
        let linked = linker.instantiate_pre(&component)?;
        let execute = component.get_export_index(None, "execute");
        let execute = execute.ok_or_else(|| wasmtime::format_err!("the component exports no `execute`"))?;
        Ok(Self { engine, linked, execute, root: tempfile::tempdir()?, perms: FsPerms::ReadOnly })
    }

    /// The same with a root that can be written.
    #[must_use]
    pub fn writable(mut self) -> Self {
        self.perms = FsPerms::ReadWrite;
        self
    }

    /// The host's directory behind the guest's root.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// One fresh store and instance, one call.
    pub fn call(&self, input: &str) -> wasmtime::Result<String> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.allow_blocking_current_thread(true);
        wasi.preopened_dir(self.root.path(), "/", self.perms)?;
        let mut store = Store::new(&self.engine, State { wasi: wasi.build(), table: ResourceTable::new() });
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = self.linked.instantiate(&mut store)?;
        let execute =
            instance.get_typed_func::<(&str,), (Result<String, SkillError>,)>(&mut store, &self.execute)?;
        let (answer,) = execute.call(&mut store, (input,))?;
        answer.map_err(|error| match error {
            SkillError::InvalidInput(fault) => wasmtime::format_err!("{}: {}", fault.field, fault.message),
            SkillError::Denied(message) | SkillError::Failed(message) => wasmtime::format_err!("{message}"),
        })
    }
}

/// The settings of the host, so that nothing but the host itself is compared.
pub fn engine() -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(64);
    pool.total_core_instances(512);
    pool.total_memories(96);
    pool.total_tables(256);
    pool.total_stacks(64);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes);
        pool.linear_memory_keep_resident(2_560 << 10);
        pool.table_keep_resident(64 << 10);
    }
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.concurrency_support(false);
    config.gc_support(false);
    config.wasm_gc(false);
    config.wasm_function_references(false);
    config.wasm_exceptions(false);
    config.wasm_threads(false);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}
