//! A component ready to be instantiated.

use std::sync::OnceLock;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};

use super::engine::Engine;
use crate::linker::{HostState, Import, Links};

/// A compiled component, what it imports and exports, and its linked forms.
pub(crate) struct LoadedComponent {
    pub(crate) digest: String,
    pub(crate) imports: Vec<Import>,
    pub(crate) exports: Vec<String>,
    pub(crate) execute: Option<ComponentExportIndex>,
    pub(crate) describe: Option<ComponentExportIndex>,
    /// The bytes of linear memory that it starts with, if it says.
    pub(crate) initial_memory: Option<u64>,
    component: Component,
    linked: [OnceLock<InstancePre<HostState>>; 8],
}

impl LoadedComponent {
    pub(super) fn new(engine: &Engine, digest: String, component: Component) -> Self {
        let kind = component.component_type();
        let imports = kind
            .imports(&engine.wasm)
            .map(|(name, import)| Import { name: name.to_owned(), functions: functions(engine, &import.ty) })
            .collect();
        let exports = kind.exports(&engine.wasm).map(|(name, _)| name.to_owned()).collect();
        let function = |name: &str| {
            let export = kind.get_export(&engine.wasm, name)?;
            matches!(export.ty, ComponentItem::ComponentFunc(_))
                .then(|| component.get_export_index(None, name))?
        };
        let (execute, describe) = (function("execute"), function("describe"));
        let initial_memory = component
            .resources_required()
            .map(|needs| needs.max_initial_memory_size.unwrap_or_default() << 16);
        Self {
            digest,
            imports,
            exports,
            execute,
            describe,
            initial_memory,
            component,
            linked: Default::default(),
        }
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
