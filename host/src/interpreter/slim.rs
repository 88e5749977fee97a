//! Leaves out of a component what nothing in it refers to: names for debuggers, and exports of its modules that no other
//! module imports. An interpreter has thousands of both, since its libraries are linked as shared ones, and each start of
//! a process reads them all.

use std::collections::HashSet;
use std::mem;

use wasm_encoder::{
    Component, ComponentSectionId, Encode, ExportKind, ExportSection, Module, RawSection, Section,
};
use wasmparser::{BinaryReaderError, ComponentAlias, Encoding, Parser, Payload};

/// Of the recipe: changes whenever what comes out of this file does.
pub(super) const VERSION: &str = "slim 1";

/// The component without them. What is taken out of an instance is so by name, and names are compared for the whole
/// component: an export stays if anything of its name is imported anywhere.
pub(super) fn slim(bytes: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let wanted = wanted(bytes)?;
    let mut around: Vec<Vec<u8>> = Vec::new();
    let mut current = Vec::with_capacity(bytes.len());
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                current.extend_from_slice(&Component::HEADER);
            }
            Payload::Version { encoding: Encoding::Module, .. } => current.extend_from_slice(&Module::HEADER),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                around.push(mem::take(&mut current));
            }
            Payload::End(_) => {
                let Some(mut outer) = around.pop() else { break };
                let inner = mem::take(&mut current);
                outer.push(match inner.starts_with(&Component::HEADER) {
                    true => ComponentSectionId::Component as u8,
                    false => ComponentSectionId::CoreModule as u8,
                });
                inner.encode(&mut outer);
                current = outer;
            }
            Payload::CustomSection(section) if section.name() == "name" && !around.is_empty() => {}
            Payload::ExportSection(exports) => {
                let mut kept = ExportSection::new();
                for export in exports {
                    let export = export?;
                    if wanted.contains(export.name) {
                        kept.export(export.name, ExportKind::from(export.kind), export.index);
                    }
                }
                kept.append_to(&mut current);
            }
            other => {
                if let Some((id, range)) = other.as_section()
                    && let Some(data) = bytes.get(range)
                {
                    RawSection { id, data }.append_to(&mut current);
                }
            }
        }
    }
    Ok(current)
}

/// The names of all that modules import and components take out of instances of modules.
fn wanted(bytes: &[u8]) -> Result<HashSet<&str>, BinaryReaderError> {
    let mut names = HashSet::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    names.insert(import?.name);
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    if let ComponentAlias::CoreInstanceExport { name, .. } = alias? {
                        names.insert(name);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library of three functions: one is imported by a program, one is lifted, of one nothing is heard again.
    const LIBRARIES: &str = r#"(component
        (core module $library
            (func $add (export "add") (result i32) (i32.const 40))
            (func $lone (export "lone") (result i32) (i32.const 1))
            (func (export "two") (result i32) (i32.const 2)))
        (core module $program
            (import "library" "add" (func $add (result i32)))
            (func (export "run") (result i32) (i32.add (call $add) (i32.const 2))))
        (core instance $library (instantiate $library))
        (core instance $program (instantiate $program (with "library" (instance $library))))
        (func (export "run") (result u32) (canon lift (core func $program "run")))
        (component $within
            (core module $inner (func $deep (export "deep") (result i32) (i32.const 3)))
            (core instance $inner (instantiate $inner))
            (func (export "deep") (result u32) (canon lift (core func $inner "deep"))))
        (instance $within (instantiate $within))
        (func (export "two") (result u32) (canon lift (core func $library "two"))))"#;

    fn exports(bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            if let Payload::ExportSection(exports) = payload.unwrap() {
                found.extend(exports.into_iter().map(|export| export.unwrap().name.to_owned()));
            }
        }
        found
    }

    fn has_names(bytes: &[u8]) -> bool {
        Parser::new(0).parse_all(bytes).any(
            |payload| matches!(payload.unwrap(), Payload::CustomSection(section) if section.name() == "name"),
        )
    }

    #[test]
    fn what_nothing_refers_to_goes_and_the_rest_is_a_valid_component() {
        let whole = wat::parse_str(LIBRARIES).unwrap();
        assert!(has_names(&whole));
        let slim = slim(&whole).unwrap();
        wasmparser::Validator::new().validate_all(&slim).unwrap();
        assert_eq!(exports(&slim), ["add", "two", "run", "deep"]);
        assert!(!has_names(&slim));
        assert_eq!(super::slim(&slim).unwrap(), slim, "once more changes nothing");
    }

    #[test]
    fn what_is_no_component_is_refused() {
        assert!(slim(b"text").is_err());
        let whole = wat::parse_str(LIBRARIES).unwrap();
        assert!(slim(&whole[..whole.len() / 2]).is_err());
    }
}
