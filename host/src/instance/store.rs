//! Components by digest: each compiled once, in the background, however many ask for it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use wasmtime::component::Component;

use super::adapter;
use super::artifact::{self, Artifact, NotAComponent};
use super::cache::Cache;
use super::component::LoadedComponent;
use super::engine::Engine;
use super::expansion;
use super::function_work;

type Outcome = Result<(Arc<LoadedComponent>, Readiness), LoadFault>;

/// Why there is no component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoadFault {
    /// The bytes are none that can run here.
    Invalid(String),
    /// As many wait for the compiler already as may.
    Busy,
}

impl From<NotAComponent> for LoadFault {
    fn from(fault: NotAComponent) -> Self {
        Self::Invalid(fault.0)
    }
}

/// The components of one runtime.
pub(crate) struct ComponentStore {
    cache: Result<Cache, String>,
    loaded: Mutex<HashMap<String, watch::Receiver<Option<Outcome>>>>,
}

/// How a component came to be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It was in the cache on disk.
    Cached,
    /// It was compiled now.
    Compiled,
}

/// Told when a component has to be compiled, and when that is done. For a progress display.
pub trait CompileWatcher: Send + Sync {
    /// Compiling of `bytes` bytes begins.
    fn started(&self, bytes: usize);
    /// It ended.
    fn finished(&self);
}

impl ComponentStore {
    /// A store that keeps compiled components below `cache`, or nowhere.
    pub(crate) fn new(engine: &Engine, cache: Option<&Path>) -> Self {
        let cache = match cache {
            Some(root) => Cache::open(root, &engine.wasm).map_err(|error| error.to_string()),
            None => Err("no cache folder".to_owned()),
        };
        Self { cache, loaded: Mutex::default() }
    }

    /// Where compiled components are kept, or why they are not.
    pub(crate) fn cache(&self) -> Result<PathBuf, String> {
        self.cache.as_ref().map(|cache| cache.folder().to_owned()).map_err(Clone::clone)
    }

    /// The component with that digest, if its compiled form is there: the bytes are not needed then.
    pub(crate) fn find(&self, engine: &'static Engine, digest: &str) -> Option<Arc<LoadedComponent>> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = loaded.get(digest) {
            return match &*receiver.borrow() {
                Some(Ok((component, _))) => Some(Arc::clone(component)),
                _ => None,
            };
        }
        let component = from_cache(engine, self.cache.as_ref().ok(), digest, &[])?;
        let (_, receiver) = watch::channel(Some(Ok((Arc::clone(&component), Readiness::Cached))));
        loaded.insert(digest.to_owned(), receiver);
        Some(component)
    }

    /// The component with these bytes. If it has to be compiled, that happens on a thread of its own and goes on even
    /// if this future is dropped; whoever asks meanwhile waits for the same result.
    pub(crate) async fn load(
        &self,
        engine: &'static Engine,
        artifact: Artifact,
        watcher: Option<Arc<dyn CompileWatcher>>,
    ) -> Outcome {
        let Artifact { bytes, digest } = artifact;
        let mut receiver = {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            match loaded.get(&digest) {
                Some(receiver) => receiver.clone(),
                None => {
                    let (sender, receiver) = watch::channel(None);
                    let cache = self.cache.as_ref().ok().cloned();
                    // What is cached is mapped in less time than a thread takes to start, and waits for no compiler.
                    match from_cache(engine, cache.as_ref(), &digest, &bytes) {
                        Some(component) => {
                            loaded.insert(digest, receiver.clone());
                            drop(sender.send(Some(Ok((component, Readiness::Cached)))));
                        }
                        None => {
                            let queue = Arc::clone(&engine.compile_queue).try_acquire_owned();
                            let place = queue.map_err(|_| LoadFault::Busy)?;
                            loaded.insert(digest.clone(), receiver.clone());
                            let span =
                                tracing::info_span!("compile", component = digest, bytes = bytes.len());
                            engine.handle().spawn(async move {
                                let _place = place;
                                // One at a time: the compiler itself uses all cores.
                                let turn = Arc::clone(&engine.compiling).acquire_owned().await;
                                let compiled = tokio::task::spawn_blocking(move || {
                                    let _turn = turn;
                                    let _span = span.entered();
                                    compile(engine, cache.as_ref(), &bytes, digest, watcher.as_deref())
                                });
                                let outcome = compiled.await.unwrap_or_else(|_| {
                                    Err(LoadFault::Invalid("the compiler gave up on it".to_owned()))
                                });
                                // Nobody waits any more: the next call finds it.
                                let _ = sender.send(Some(outcome));
                            });
                        }
                    }
                    receiver
                }
            }
        };
        match receiver.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(lost())),
            Err(_) => Err(lost()),
        }
    }
}

fn lost() -> LoadFault {
    LoadFault::Invalid("the compiler stopped before it was done".to_owned())
}

/// The compiled form of the file with that digest, which holds `bytes`: none of them are needed for a component.
fn from_cache(
    engine: &Engine,
    cache: Option<&Cache>,
    digest: &str,
    file: &[u8],
) -> Option<Arc<LoadedComponent>> {
    let component = cache?.load(&engine.wasm, &adapter::key(file, digest))?;
    Some(Arc::new(LoadedComponent::new(engine, digest.to_owned(), component, file)))
}

fn compile(
    engine: &Engine,
    cache: Option<&Cache>,
    bytes: &[u8],
    digest: String,
    watcher: Option<&dyn CompileWatcher>,
) -> Outcome {
    artifact::check(bytes)?;
    if let Some(watcher) = watcher {
        watcher.started(bytes.len());
    }
    let compiled = match adapter::is_core_module(bytes) {
        true => adapter::adapt(bytes)
            .and_then(|made| compile_component(engine, cache, &made, &adapter::key(bytes, &digest))),
        false => compile_component(engine, cache, bytes, &digest),
    };
    if let Some(watcher) = watcher {
        watcher.finished();
    }
    Ok((Arc::new(LoadedComponent::new(engine, digest, compiled?, bytes)), Readiness::Compiled))
}

fn compile_component(
    engine: &Engine,
    cache: Option<&Cache>,
    bytes: &[u8],
    key: &str,
) -> Result<Component, NotAComponent> {
    expansion::check(bytes)?;
    function_work::check(bytes)?;
    let invalid = |error: wasmtime::Error| artifact::invalid(bytes, &error);
    let Some(cache) = cache else { return Component::from_binary(&engine.wasm, bytes).map_err(invalid) };
    let code = engine.wasm.precompile_component(bytes).map_err(invalid)?;
    // A full disk costs the next process its time, not this call its result.
    let kept = cache.store(key, &code).is_ok();
    match kept.then(|| cache.load(&engine.wasm, key)).flatten() {
        Some(component) => Ok(component),
        None => Component::from_binary(&engine.wasm, bytes).map_err(invalid),
    }
}

/// The folder for compiled components of this user: `$XDG_CACHE_HOME/openskills`, or `~/.cache/openskills`.
pub(crate) fn default_cache() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    etcetera::choose_base_strategy().ok().map(|base| base.cache_dir().join("openskills"))
}
