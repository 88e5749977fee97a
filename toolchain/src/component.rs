//! Components as bytes: made of core modules, read for what they import, made small, and told what they are called.

use std::borrow::Cow;
use std::mem;
use std::path::Path;

use anyhow::{Context as _, Result};
use wasi_preview1_component_adapter_provider as adapter;
use wasm_encoder::{
    Component, ComponentSection, ComponentSectionId, CustomSection, Encode, Module, RawSection, Section,
};
use wasm_metadata::{AddMetadata, AddMetadataField};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};
use wit_component::ComponentEncoder;
use wit_parser::PackageMetadata;

use crate::wit;

/// What a component says of itself to whoever looks into it.
#[derive(Clone, Debug, Default)]
pub struct Metadata<'a> {
    /// What the skill is called.
    pub name: &'a str,
    /// What it does.
    pub description: &'a str,
    /// Its version, if it states one.
    pub version: Option<&'a str>,
    /// The program that built it, and its version.
    pub built_by: (&'a str, &'a str),
    /// What is kept of its author's WIT, a section each: see [`docs`].
    pub docs: Vec<Vec<u8>>,
}

/// A component of a core module that was made for WASI's first preview, and in which bindings left its world.
///
/// # Errors
/// If the module is not one, or does not fit its world.
pub fn adapt(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)?
        .adapter(
            adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?
        .encode()
}

/// The interfaces and functions that a component imports, with their versions; nothing is compiled. Those of which it
/// has types alone are not among them: they are nothing that a host gives.
///
/// # Errors
/// If it is not a component.
pub fn imports(bytes: &[u8]) -> Result<Vec<String>> {
    let names = outer(bytes, |payload| match payload {
        Payload::ComponentImportSection(section) => {
            section.into_iter().map(|import| Ok(import?.name.name.to_owned())).collect()
        }
        _ => Ok(Vec::new()),
    })?;
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes)?;
    let types = types.as_ref();
    let is_given = |name: &String| match types.component_item_for_import(name).map(|item| item.ty) {
        Some(ComponentEntityType::Type { referenced, .. }) => is_resource(&referenced),
        Some(ComponentEntityType::Instance(instance)) => types.get(instance).is_none_or(|instance| {
            instance.exports.values().any(|export| match &export.ty {
                ComponentEntityType::Type { referenced, .. } => is_resource(referenced),
                _ => true,
            })
        }),
        _ => true,
    };
    Ok(names.into_iter().filter(is_given).collect())
}

fn is_resource(kind: &ComponentAnyTypeId) -> bool {
    matches!(kind, ComponentAnyTypeId::Resource(_))
}

/// What a component exports, likewise.
///
/// # Errors
/// If it is not a component.
pub fn exports(bytes: &[u8]) -> Result<Vec<String>> {
    outer(bytes, |payload| match payload {
        Payload::ComponentExportSection(section) => {
            section.into_iter().map(|export| Ok(export?.name.name.to_owned())).collect()
        }
        _ => Ok(Vec::new()),
    })
}

/// What the sections of the outermost component say.
fn outer(bytes: &[u8], mut say: impl FnMut(Payload<'_>) -> Result<Vec<String>>) -> Result<Vec<String>> {
    let (mut found, mut depth) = (Vec::new(), 0_usize);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                anyhow::bail!("it is a core module, not a component");
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            payload if depth == 0 => found.extend(say(payload)?),
            _ => {}
        }
    }
    Ok(found)
}

/// The documentation of WIT packages as a component can carry it, which the format of components has no place for: the
/// author's package first, then those that it uses and that say something, in the form that WIT packages themselves are
/// documented in.
///
/// # Errors
/// If the WIT is not valid.
pub fn docs(wit: &Path) -> Result<Vec<Vec<u8>>> {
    let (resolve, author) = wit::read(wit)?;
    let others = resolve.packages.iter().map(|(package, _)| package).filter(|package| *package != author);
    let mut docs = Vec::new();
    for package in [author].into_iter().chain(others) {
        let found = PackageMetadata::extract(&resolve, package).encode()?;
        // A byte of the version, and JSON of what there is to say.
        if found.get(1..) != Some(b"{}") {
            docs.push(found);
        }
    }
    Ok(docs)
}

/// The section for them. That of WIT packages has another name, which tools refuse in components whose worlds are not
/// those of the package.
const DOCS: &str = "openskills:docs";

/// The component without what only debuggers read, and with its metadata in place of what it had.
///
/// # Errors
/// If it is not a component.
pub fn finish(bytes: &[u8], metadata: &Metadata<'_>) -> Result<Vec<u8>> {
    let stripped = strip(bytes).context("the component cannot be read")?;
    let mut add = AddMetadata::default();
    add.name = AddMetadataField::Set(metadata.name.to_owned());
    add.processed_by = vec![(metadata.built_by.0.to_owned(), metadata.built_by.1.to_owned())];
    let mut finished = add.to_wasm(&stripped)?;
    let version = metadata.version.map(str::as_bytes);
    let own = [("description", Some(metadata.description.as_bytes())), ("version", version)];
    let docs = metadata.docs.iter().map(|docs| (DOCS, Some(docs.as_slice())));
    for (name, data) in own.into_iter().chain(docs) {
        if let Some(data) = data {
            let section = CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(data) };
            section.append_to_component(&mut finished);
        }
    }
    Ok(finished)
}

/// Sections of the outermost component that [`finish`] writes, or must not be there beside what it writes.
const WRITTEN: [&str; 4] = ["description", "version", DOCS, PackageMetadata::SECTION_NAME];

fn is_dropped(section: &str, outermost: bool) -> bool {
    section == "name"
        || section.starts_with(".debug")
        || section.starts_with("reloc.")
        || matches!(section, "linking" | "sourceMappingURL" | "external_debug_info")
        || outermost && WRITTEN.contains(&section)
}

/// Copies all sections but those that are dropped, whatever components and modules they lie in.
fn strip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut around: Vec<Vec<u8>> = Vec::new();
    let mut current = Vec::with_capacity(bytes.len());
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                current.extend_from_slice(&Component::HEADER);
            }
            Payload::Version { encoding: Encoding::Module, .. } => {
                current.extend_from_slice(&Module::HEADER);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                around.push(mem::take(&mut current));
                continue;
            }
            Payload::End(_) => {
                let Some(mut outer) = around.pop() else { break };
                let inner = mem::take(&mut current);
                let id = match inner.starts_with(&Component::HEADER) {
                    true => ComponentSectionId::Component,
                    false => ComponentSectionId::CoreModule,
                };
                outer.push(id as u8);
                inner.encode(&mut outer);
                current = outer;
                continue;
            }
            Payload::CustomSection(section) if is_dropped(section.name(), around.is_empty()) => continue,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section()
            && let Some(data) = bytes.get(range)
        {
            RawSection { id, data }.append_to(&mut current);
        }
    }
    Ok(current)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component around a module that has names and a section of its own.
    fn component() -> Vec<u8> {
        let mut module = Module::HEADER.to_vec();
        for name in ["name", ".debug_info", "kept"] {
            CustomSection { name: name.into(), data: b"\0\0"[..].into() }.append_to(&mut module);
        }
        let mut bytes = Component::HEADER.to_vec();
        bytes.push(ComponentSectionId::CoreModule as u8);
        module.encode(&mut bytes);
        CustomSection { name: "description".into(), data: b"of old"[..].into() }
            .append_to_component(&mut bytes);
        bytes
    }

    fn sections(bytes: &[u8]) -> Vec<(String, String)> {
        Parser::new(0)
            .parse_all(bytes)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CustomSection(section) => {
                    Some((section.name().to_owned(), String::from_utf8_lossy(section.data()).into_owned()))
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn what_debuggers_read_goes_and_metadata_comes_once() {
        let metadata = Metadata {
            name: "tried",
            description: "What it does.",
            version: Some("1.2.0"),
            built_by: ("openskills", "0.1.0"),
            docs: vec![b"\x01{}".to_vec(); 2],
        };
        let finished = finish(&component(), &metadata).unwrap();
        let found = sections(&finished);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert!(
            names.contains(&"kept") && !names.contains(&".debug_info") && !names.contains(&"name"),
            "{names:?}"
        );
        assert!(found.contains(&("description".to_owned(), "What it does.".to_owned())));
        assert!(found.contains(&("version".to_owned(), "1.2.0".to_owned())));
        assert!(names.contains(&"component-name") && names.contains(&"producers"), "{names:?}");
        let count = |wanted| names.iter().filter(|name| **name == wanted).count();
        assert_eq!((count("description"), count(DOCS)), (1, 2));
        // Once more changes nothing.
        assert_eq!(finish(&finished, &metadata).unwrap(), finished);
    }

    #[test]
    fn what_is_no_component_is_told_so() {
        assert!(imports(&Module::HEADER).unwrap_err().to_string().contains("core module"));
        assert!(imports(b"text").is_err());
        assert!(imports(&Component::HEADER).unwrap().is_empty());
    }
}
