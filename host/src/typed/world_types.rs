//! The types that a world declares itself: a component imports them by name, and the engine forgets these imports, since
//! no host gives them. So they are read from the file.

use std::sync::Arc;

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentValType,
};
use wasmparser::names::KebabString;
use wasmparser::types::TypesRef;
use wasmparser::{
    ComponentTypeRef, Parser, Payload, PrimitiveValType, ValidPayload, Validator, WasmFeatures,
};

use super::integer::Integer;
use super::shape::{Budget, Cases, Field, Shape, Shapeless};

/// Bytes at the start of a component that are kept for this.
const MAX_BYTES: usize = 1 << 20;

/// What a component file begins with: its imports, and the types that they need. Modules and what is made of them come
/// later, and are not kept.
pub(crate) fn head(file: &[u8]) -> Box<[u8]> {
    let mut end = 0;
    for payload in Parser::new(0).parse_all(file) {
        match payload {
            Ok(Payload::Version { range, .. }) => end = range.end,
            Ok(Payload::ComponentTypeSection(section)) => end = section.range().end,
            Ok(Payload::ComponentImportSection(section)) => end = section.range().end,
            Ok(Payload::ComponentAliasSection(section)) => end = section.range().end,
            Ok(Payload::CustomSection(section)) => end = section.range().end,
            _ => break,
        }
    }
    file.get(..end).filter(|head| head.len() <= MAX_BYTES).unwrap_or_default().into()
}

/// The names and types that the world declares. What cannot be read is left out: names decide nothing.
pub(super) fn of_world(head: &[u8], budget: &mut Budget) -> Vec<(String, Shape)> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(head) {
        let Ok(payload) = payload else { break };
        if let Payload::ComponentImportSection(section) = &payload {
            for import in section.clone().into_iter().flatten() {
                if matches!(import.ty, ComponentTypeRef::Type(_)) {
                    names.push(import.name.name.to_owned());
                }
            }
        }
        match validator.payload(&payload) {
            Ok(ValidPayload::End(types)) => {
                let types = types.as_ref();
                return names.into_iter().filter_map(|name| named(types, name, budget)).collect();
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Vec::new()
}

fn named(types: TypesRef<'_>, name: String, budget: &mut Budget) -> Option<(String, Shape)> {
    let item = types.component_item_for_import(&name)?;
    let ComponentEntityType::Type { created: ComponentAnyTypeId::Defined(id), .. } = item.ty else {
        return None;
    };
    budget.next();
    let shape = Reading { types, budget }.shape(ComponentValType::Type(id), 0).ok()?;
    Some((name, shape))
}

/// Reading one type.
struct Reading<'a, 'b> {
    types: TypesRef<'a>,
    budget: &'b mut Budget,
}

impl Reading<'_, '_> {
    /// The same as the engine's own account of the type gives.
    fn shape(&mut self, kind: ComponentValType, depth: usize) -> Result<Shape, Shapeless> {
        self.budget.enter(depth)?;
        let id = match kind {
            ComponentValType::Primitive(kind) => return primitive(kind),
            ComponentValType::Type(id) => id,
        };
        let Some(kind) = self.types.get(id) else { return Err(Shapeless::Is("unknown")) };
        Ok(match kind {
            ComponentDefinedType::Primitive(kind) => primitive(*kind)?,
            ComponentDefinedType::Record(record) => Shape::Record(
                record
                    .fields
                    .iter()
                    .map(|(name, kind)| {
                        Ok(Field { name: name.as_str().into(), shape: self.shape(*kind, depth + 1)? })
                    })
                    .collect::<Result<_, _>>()?,
            ),
            ComponentDefinedType::Variant(variant) => {
                let payloads = variant
                    .cases
                    .values()
                    .map(|case| case.ty.map(|kind| self.shape(kind, depth + 1)).transpose())
                    .collect::<Result<_, _>>()?;
                self.budget.take(variant.cases.len())?;
                Shape::Variant(Arc::new(Cases::new(variant.cases.keys().map(KebabString::as_str), payloads)))
            }
            ComponentDefinedType::List { element, .. } => match self.shape(*element, depth + 1)? {
                Shape::Integer(Integer::U8) => Shape::Bytes,
                element => Shape::List(Arc::new(element)),
            },
            ComponentDefinedType::Tuple(tuple) => Shape::Tuple(
                tuple.types.iter().map(|kind| self.shape(*kind, depth + 1)).collect::<Result<_, _>>()?,
            ),
            ComponentDefinedType::Flags(labels) => {
                self.budget.take(labels.len())?;
                Shape::Flags(Arc::new(labels.iter().map(KebabString::as_str).collect()))
            }
            ComponentDefinedType::Enum(labels) => {
                self.budget.take(labels.len())?;
                Shape::Enum(Arc::new(labels.iter().map(KebabString::as_str).collect()))
            }
            ComponentDefinedType::Option { ty, .. } => Shape::Option(Arc::new(self.shape(*ty, depth + 1)?)),
            ComponentDefinedType::Result { ok, err, .. } => {
                let mut side = |kind: &Option<ComponentValType>| {
                    kind.map(|kind| self.shape(kind, depth + 1).map(Arc::new)).transpose()
                };
                Shape::Result(side(ok)?, side(err)?)
            }
            _ => return Err(Shapeless::Is("a type that has no form in JSON")),
        })
    }
}

fn primitive(kind: PrimitiveValType) -> Result<Shape, Shapeless> {
    Ok(match kind {
        PrimitiveValType::Bool => Shape::Bool,
        PrimitiveValType::S8 => Shape::Integer(Integer::S8),
        PrimitiveValType::U8 => Shape::Integer(Integer::U8),
        PrimitiveValType::S16 => Shape::Integer(Integer::S16),
        PrimitiveValType::U16 => Shape::Integer(Integer::U16),
        PrimitiveValType::S32 => Shape::Integer(Integer::S32),
        PrimitiveValType::U32 => Shape::Integer(Integer::U32),
        PrimitiveValType::S64 => Shape::Integer(Integer::S64),
        PrimitiveValType::U64 => Shape::Integer(Integer::U64),
        PrimitiveValType::F32 => Shape::F32,
        PrimitiveValType::F64 => Shape::F64,
        PrimitiveValType::Char => Shape::Char,
        PrimitiveValType::String => Shape::String,
        PrimitiveValType::ErrorContext => return Err(Shapeless::Is("an error context")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Shape)> {
        of_world(&head(&wat::parse_str(text).unwrap()), &mut Budget::new())
    }

    #[test]
    fn what_a_world_declares_is_read_with_its_name_and_resources_are_not() {
        let found = read(
            r#"(component
                (type $point (record (field "x" f64) (field "at" (list u8))))
                (import "point" (type $p (eq $point)))
                (import "handle" (type (sub resource)))
                (type $way (variant (case "none") (case "some" (option $p))))
                (import "way" (type (eq $way)))
                (import "other" (func))
                (core module))"#,
        );
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["point", "way"]);
        let point = Shape::Record(
            [("x", Shape::F64), ("at", Shape::Bytes)]
                .map(|(name, shape)| Field { name: name.into(), shape })
                .into(),
        );
        let some = Some(Shape::Option(Arc::new(point.clone())));
        let way = Shape::Variant(Arc::new(Cases::new(["none", "some"].into_iter(), Box::new([None, some]))));
        assert_eq!(found, [("point".to_owned(), point), ("way".to_owned(), way)]);
    }

    #[test]
    fn nothing_of_a_file_has_to_be_sound_or_small() {
        let file = wat::parse_str(
            r#"(component (type (record (field "x" f64))) (import "a" (type (eq 0))) (core module))"#,
        )
        .unwrap();
        for end in 0..file.len() {
            of_world(&head(&file[..end]), &mut Budget::new());
            let mut wrong = file.clone();
            wrong[end] ^= 0x55;
            of_world(&head(&wrong), &mut Budget::new());
        }
        assert!(of_world(b"text", &mut Budget::new()).is_empty());
        // As many parts as types may have, and one more.
        let parts = |count: usize| {
            let fields: String = (0..count).map(|at| format!(r#"(field "f{at}" u8)"#)).collect();
            read(&format!(r#"(component (type (record {fields})) (import "a" (type (eq 0))))"#)).len()
        };
        assert_eq!((parts(9_999), parts(10_000)), (1, 0));
        let comment =
            format!(r#"(component (@custom "long" "{}") (import "a" (func)))"#, "x".repeat(MAX_BYTES));
        assert!(head(&wat::parse_str(&comment).unwrap()).is_empty());
    }
}
