//! A component ready to be instantiated.

use std::sync::OnceLock;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};

use super::adapter::is_core_module;
use super::engine::{Engine, weight};
use crate::capability::{LimitKind, Limits};
use crate::linker::{HostState, Import, ImportClass, Links};
use crate::typed::{Docs, Function, Functions, head};

/// A compiled component, what it imports and exports, and its linked forms.
pub(crate) struct LoadedComponent {
    pub(crate) digest: String,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<String>,
    pub(crate) execute: Option<ComponentExportIndex>,
    pub(crate) describe: Option<ComponentExportIndex>,
    /// `run` of `wasi:cli/run`: it is a program.
    pub(crate) program: Option<ComponentExportIndex>,
    /// Whether it was made of a core module here.
    pub(crate) adapted: bool,
    /// The bytes of linear memory that it starts with, if it says.
    pub(crate) initial_memory: Option<u64>,
    /// How many places a call of it takes.
    pub(crate) weight: u32,
    memories: u32,
    tables: u32,
    component: Component,
    functions: OnceLock<Functions>,
    /// What its file begins with: the types that its world declares.
    head: Box<[u8]>,
    /// The sections of its file that hold what its author wrote about them.
    docs: Vec<Box<[u8]>>,
    linked: [OnceLock<InstancePre<HostState>>; 8],
}

impl LoadedComponent {
    /// `digest` is the file's, which may be a core module of which the component was made.
    pub(super) fn new(engine: &Engine, digest: String, component: Component, file: &[u8]) -> Self {
        let kind = component.component_type();
        let imports = kind
            .imports(&engine.wasm)
            .map(|(name, import)| {
                let needs = needs_something(engine, &import.ty);
                (needs, Import { name: name.to_owned(), functions: functions(engine, &import.ty) })
            })
            .filter(|(needs, import)| *needs || import.class() != ImportClass::Unknown)
            .map(|(_, import)| import)
            .collect();
        let exports = kind.exports(&engine.wasm).map(|(name, _)| name.to_owned()).collect();
        let function = |name: &str| {
            let export = kind.get_export(&engine.wasm, name)?;
            matches!(export.ty, ComponentItem::ComponentFunc(_))
                .then(|| component.get_export_index(None, name))?
        };
        let (execute, describe) = (function("execute"), function("describe"));
        let program = kind.exports(&engine.wasm).find(|(name, _)| is_program(name)).and_then(|(name, _)| {
            let interface = component.get_export_index(None, name)?;
            component.get_export_index(Some(&interface), "run")
        });
        let needs = component.resources_required();
        let initial_memory =
            needs.as_ref().map(|needs| needs.max_initial_memory_size.unwrap_or_default() << 16);
        // None is a component that imports modules, which is refused for the import.
        let (memories, tables) = needs.map_or((0, 0), |needs| (needs.num_memories, needs.num_tables));
        Self {
            digest,
            imports,
            exports,
            execute,
            describe,
            program,
            adapted: is_core_module(file),
            initial_memory,
            weight: weight(memories, tables),
            memories,
            tables,
            component,
            functions: OnceLock::new(),
            head: head(file),
            docs: Docs::sections(file),
            linked: Default::default(),
        }
    }

    /// Whether it answers requests of the web, which nobody here sends it.
    pub(crate) fn is_web_server(&self) -> bool {
        self.exports.iter().any(|name| {
            let path = name.split_once('@').map_or(name.as_str(), |(path, _)| path);
            matches!(path, "wasi:http/incoming-handler" | "wasi:http/handler")
        })
    }

    /// Its typed functions, read once.
    pub(crate) fn functions(&self, engine: &Engine) -> &Functions {
        self.functions.get_or_init(|| Functions::of(&engine.wasm, &self.component))
    }

    /// All that is known of its typed functions.
    pub(crate) fn describe_functions(&self, engine: &Engine) -> Vec<Function> {
        let docs = Docs::read(&self.docs);
        self.functions(engine).describe(&engine.wasm, &self.component, &self.head, &docs)
    }

    /// The limit that it needs more than, if there is one that can be known before it runs.
    pub(crate) fn beyond(&self, limits: &Limits) -> Option<LimitKind> {
        if self.memories as usize > limits.memories {
            return Some(LimitKind::Memories);
        }
        (self.tables as usize > limits.tables).then_some(LimitKind::Tables)
    }

    /// The component linked for a combination of grants, made once.
    pub(crate) fn link(&self, engine: &Engine, links: Links) -> wasmtime::Result<&InstancePre<HostState>> {
        let Some(cell) = self.linked.get(links.index()) else {
            wasmtime::bail!("no such combination of grants")
        };
        if let Some(linked) = cell.get() {
            return Ok(linked);
        }
        let linked = engine.linker(links)?.instantiate_pre(&self.component)?;
        Ok(cell.get_or_init(|| linked))
    }
}

/// Whether an import takes something of a host. Types take nothing: a world that uses the types of an interface imports
/// them, and all that they are is in the component.
fn needs_something(engine: &Engine, item: &ComponentItem) -> bool {
    match item {
        ComponentItem::Type(_) => false,
        ComponentItem::ComponentInstance(instance) => {
            !instance.exports(&engine.wasm).all(|(_, export)| matches!(export.ty, ComponentItem::Type(_)))
        }
        _ => true,
    }
}

/// Whether an export is the interface of WASI's programs, in a version that this host can call.
fn is_program(name: &str) -> bool {
    name.strip_prefix("wasi:cli/run@").is_some_and(|version| version == "0.2" || version.starts_with("0.2."))
}

fn functions(engine: &Engine, item: &ComponentItem) -> Vec<String> {
    match item {
        ComponentItem::ComponentInstance(instance) => instance
            .exports(&engine.wasm)
            .filter(|(_, export)| matches!(export.ty, ComponentItem::ComponentFunc(_)))
            .map(|(name, _)| name.to_owned())
            .collect(),
        _ => Vec::new(),
    }
}
