//! The engine: one for a process, with every feature off that a skill does not need, and a second that counts
//! instructions for those who ask for that.

use std::sync::{Arc, OnceLock};

use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use wasmtime::component::Linker;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use super::admission::Admission;
use super::ticker::Ticker;
use crate::capability::{Limits, MAX_COMPILING};
use crate::linker::{HostState, Links, link};

/// Calls that run at the same time; further ones wait for their turn.
const SLOTS: u32 = 64;

/// Linear memories in the pool: some components have more than one, and take more than one place then.
const MEMORIES: u32 = 96;

/// Tables in the pool, likewise.
const TABLES: u32 = SLOTS * 4;

/// The most memories, and tables, that there is room for in one component. [`Limits`] are below it.
const PER_COMPONENT: u32 = 32;

/// The most core instances that there is room for in one component. They cost the pool nothing.
const INSTANCES_PER_COMPONENT: u32 = 256;

/// Bytes of a memory that stay resident between calls, so that they need not be faulted in again. With `MEMORIES` it
/// bounds what an idle process holds: 240 MiB.
const KEEP_RESIDENT: usize = 2_560 << 10;

/// The engine, and what belongs to it for as long as the process lives.
pub(crate) struct Engine {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) ticker: Ticker,
    pub(crate) admission: Admission,
    pub(crate) pooling: Result<(), String>,
    pub(crate) compiling: Arc<Semaphore>,
    /// Places in the queue for the compiler, the one that compiles included.
    pub(super) compile_queue: Arc<Semaphore>,
    runtime: Runtime,
    linkers: [OnceLock<Linker<HostState>>; 8],
}

/// Why there is no engine: the machine does not let us have one.
#[derive(Clone, Debug)]
pub(crate) struct EngineFault(pub(crate) String);

/// Whether an engine counts the instructions of guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metering {
    Off,
    Fuel,
}

impl Engine {
    /// The engine of this process that counts instructions or does not, made at the first use. Nothing of the one ever
    /// meets the other: a runtime has one of the two, and so have its components and linkers.
    pub(crate) fn get(metering: Metering) -> Result<&'static Self, EngineFault> {
        static PLAIN: OnceLock<Result<Engine, EngineFault>> = OnceLock::new();
        static METERED: OnceLock<Result<Engine, EngineFault>> = OnceLock::new();
        let engine = match metering {
            Metering::Off => &PLAIN,
            Metering::Fuel => &METERED,
        };
        engine.get_or_init(|| Self::new(metering)).as_ref().map_err(Clone::clone)
    }

    fn new(metering: Metering) -> Result<Self, EngineFault> {
        let (wasm, pooling) = match wasmtime::Engine::new(&pooled(metering)) {
            Ok(engine) => (engine, Ok(())),
            // Too little address space, say: slower, and as safe.
            Err(reason) => {
                let engine = wasmtime::Engine::new(&config(metering)).map_err(|error| {
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
            admission: Admission::new(SLOTS),
            pooling,
            compiling: Arc::new(Semaphore::new(1)),
            compile_queue: Arc::new(Semaphore::new(MAX_COMPILING)),
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

/// How many places a component takes, so that all calls that have theirs find memories and tables in the pool.
pub(super) fn weight(memories: u32, tables: u32) -> u32 {
    let share = |count: u32, total: u32| count.saturating_mul(SLOTS).div_ceil(total);
    share(memories, MEMORIES).max(share(tables, TABLES)).clamp(1, SLOTS)
}

fn config(metering: Metering) -> Config {
    let mut config = Config::new();
    config.consume_fuel(metering == Metering::Fuel);
    config.wasm_component_model(true);
    config.epoch_interruption(true);
    config.cranelift_opt_level(OptLevel::Speed);
    // Backtraces of guests follow frame pointers; tables for native unwinders are a megabyte of an interpreter's code.
    config.native_unwind_info(false);
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

fn pooled(metering: Metering) -> Config {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(SLOTS);
    pool.total_core_instances(SLOTS * INSTANCES_PER_COMPONENT);
    pool.total_memories(MEMORIES);
    pool.total_tables(TABLES);
    pool.total_stacks(SLOTS);
    // As many as the limits let one component have.
    pool.table_elements(Limits::default().table_elements);
    pool.max_memories_per_component(PER_COMPONENT);
    pool.max_memories_per_module(PER_COMPONENT);
    pool.max_tables_per_component(PER_COMPONENT);
    pool.max_tables_per_module(PER_COMPONENT);
    pool.max_core_instances_per_component(INSTANCES_PER_COMPONENT);
    // Without a way to find the dirty pages, keeping pages costs more than it saves.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes);
        pool.linear_memory_keep_resident(KEEP_RESIDENT);
        pool.table_keep_resident(64 << 10);
    }
    let mut config = config(metering);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_calls_that_have_their_places_find_room_in_the_pool() {
        for memories in 0..=PER_COMPONENT {
            for tables in 0..=PER_COMPONENT {
                let calls = SLOTS / weight(memories, tables);
                assert!(calls * memories <= MEMORIES, "{memories} memories");
                assert!(calls * tables <= TABLES, "{tables} tables");
                assert!(calls > 0);
            }
        }
        assert_eq!(weight(1, 4), 1, "what a standard library needs is one place");
    }
}
