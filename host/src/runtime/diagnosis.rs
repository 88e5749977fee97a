//! What this machine lets the runtime do.

use std::path::PathBuf;

use serde::Serialize;

use super::open_skill_runtime::OpenSkillRuntime;
use crate::error::OpenSkillError;

/// A report on the engine and its surroundings, for `openskills doctor` and for embedders' own health checks.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// The version of this library.
    pub version: &'static str,
    /// Whether instances come from a pool; if not, why. Without it calls are slower and as safe.
    pub pooling: Result<(), String>,
    /// Whether the kernel tells which pages a guest has touched (Linux 6.7 and later). Without it calls are slower.
    pub pagemap_scan: bool,
    /// Whether the kernel resolves paths beneath a directory in one step. Without it each name is opened by itself.
    pub openat2: bool,
    /// The version of the adapter that makes components of programs for wasm32-wasip1.
    pub wasip1_adapter: &'static str,
    /// Where compiled components are kept, or why they are not.
    pub cache: Result<PathBuf, String>,
}

impl OpenSkillRuntime {
    /// Looks at the engine, the kernel and the cache.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] if the engine cannot start at all.
    pub fn diagnose(&self) -> Result<Diagnosis, OpenSkillError> {
        let (engine, cache) = self.surroundings()?;
        Ok(Diagnosis {
            version: env!("CARGO_PKG_VERSION"),
            pooling: engine.pooling.clone(),
            pagemap_scan: wasmtime::PoolingAllocationConfig::is_pagemap_scan_available(),
            openat2: crate::linker::has_openat2(),
            wasip1_adapter: crate::instance::ADAPTER,
            cache,
        })
    }
}
