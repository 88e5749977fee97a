//! The engine: one for a process, with every feature off that a skill does not need.

use std::sync::{Arc, OnceLock};

use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use wasmtime::component::Linker;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use super::ticker::Ticker;
use crate::capability::Limits;
use crate::linker::{HostState, Links, link};

/// Calls that run at the same time; further ones wait for their turn.
const SLOTS: u32 = 64;

/// Linear memories in the pool: some components have more than one.
const MEMORIES: u32 = 96;

/// Bytes of a memory that stay resident between calls, so that they need not be faulted in again. With `MEMORIES` it
/// bounds what an idle process holds: 240 MiB.
const KEEP_RESIDENT: usize = 2_560 << 10;

/// The engine, and what belongs to it for as long as the process lives.
pub(crate) struct Engine {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) ticker: Ticker,
    pub(crate) slots: Semaphore,
    pub(crate) pooling: Result<(), String>,
    pub(crate) compiling: Arc<Semaphore>,
    runtime: Runtime,
    linkers: [OnceLock<Linker<HostState>>; 8],
}

/// Why there is no engine: the machine does not let us have one.
#[derive(Clone, Debug)]
pub(crate) struct EngineFault(pub(crate) String);

impl Engine {
    /// The engine of this process, made at the first use.
    pub(crate) fn get() -> Result<&'static Self, EngineFault> {
        static ENGINE: OnceLock<Result<Engine, EngineFault>> = OnceLock::new();
        ENGINE.get_or_init(Self::new).as_ref().map_err(Clone::clone)
    }

    fn new() -> Result<Self, EngineFault> {
        let (wasm, pooling) = match wasmtime::Engine::new(&pooled()) {
            Ok(engine) => (engine, Ok(())),
            // Too little address space, say: slower, and as safe.
            Err(reason) => {
                let engine = wasmtime::Engine::new(&config()).map_err(|error| {
                    EngineFault(format!("the WebAssembly engine cannot start: {error:#}"))
                })?;
                (engine, Err(format!("{reason:#}")))
            }
        };
        // One thread drives timers and sockets; guests run on their callers' threads.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("openskills")
            .enable_all()
            .build()
            .map_err(|error| {
                EngineFault(format!("the runtime for input and output cannot start: {error}"))
            })?;
        let ticker = Ticker::start(wasm.weak())
            .map_err(|error| EngineFault(format!("no thread for the clock: {error}")))?;
        Ok(Self {
            wasm,
            ticker,
            slots: Semaphore::new(SLOTS as usize),
            pooling,
            compiling: Arc::new(Semaphore::new(1)),
            runtime,
            linkers: Default::default(),
        })
    }

    /// The handle of the runtime that drives timers and sockets.
    pub(crate) fn handle(&self) -> &tokio::runtime::Handle {
        self.runtime.handle()
    }

    /// The linker for a combination of grants, made once.
    pub(crate) fn linker(&self, links: Links) -> wasmtime::Result<Linker<HostState>> {
        let Some(cell) = self.linkers.get(links.index()) else { return link(&self.wasm, links) };
        if let Some(linker) = cell.get() {
            return Ok(linker.clone());
        }
        let linker = link(&self.wasm, links)?;
        Ok(cell.get_or_init(|| linker).clone())
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.epoch_interruption(true);
    config.cranelift_opt_level(OptLevel::Speed);
    // Large images of interpreters are mapped, not copied.
    config.memory_guaranteed_dense_image_size(64 << 20);
    // Where most of the engine's advisories of 2026 come from; no skill needs them.
    config.concurrency_support(false);
    config.gc_support(false);
    config.wasm_gc(false);
    config.wasm_function_references(false);
    config.wasm_exceptions(false);
    config.wasm_threads(false);
    config.wasm_memory64(false);
    config
}

fn pooled() -> Config {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(SLOTS);
    pool.total_core_instances(SLOTS * 8);
    pool.total_memories(MEMORIES);
    pool.total_tables(SLOTS * 4);
    pool.total_stacks(SLOTS);
    // As many as the limits let one component have.
    pool.table_elements(Limits::default().table_elements);
    pool.max_memories_per_component(4);
    pool.max_tables_per_component(8);
    pool.max_core_instances_per_component(32);
    // Without a way to find the dirty pages, keeping pages costs more than it saves.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes);
        pool.linear_memory_keep_resident(KEEP_RESIDENT);
        pool.table_keep_resident(64 << 10);
    }
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
