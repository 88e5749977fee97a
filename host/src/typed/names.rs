//! What authors call their types: components name them in interfaces and for the world, and use them without names.

use std::collections::HashMap;

use wasmtime::component::Component;
use wasmtime::component::types::{ComponentItem, Type};

use super::shape::{Budget, Shape};
use super::world_types::of_world;

/// A name for a type, with the interface that has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TypeName {
    pub(super) name: String,
    /// None if the world itself has it.
    pub(super) interface: Option<String>,
}

/// The named types of a component.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By interface; none stands for the world itself.
    scopes: HashMap<Option<String>, HashMap<Shape, Vec<TypeName>>>,
    anywhere: HashMap<Shape, Vec<TypeName>>,
}

impl Names {
    /// Reads the names that a component's imports and exports have. `head` is what its file begins with.
    pub(super) fn of(engine: &wasmtime::Engine, component: &Component, head: &[u8]) -> Self {
        let mut names = Self::default();
        let mut budget = Budget::new();
        let kind = component.component_type();
        for (name, item) in kind.imports(engine).chain(kind.exports(engine)) {
            match item.ty {
                ComponentItem::Type(kind) => names.add(None, name, &kind, &mut budget),
                ComponentItem::ComponentInstance(instance) => {
                    for (part, item) in instance.exports(engine) {
                        if let ComponentItem::Type(kind) = item.ty {
                            names.add(Some(name), part, &kind, &mut budget);
                        }
                    }
                }
                _ => {}
            }
        }
        for (name, shape) in of_world(head, &mut budget) {
            names.put(None, &name, shape);
        }
        names
    }

    fn add(&mut self, interface: Option<&str>, name: &str, kind: &Type, budget: &mut Budget) {
        if matches!(kind, Type::Record(_) | Type::Variant(_) | Type::Enum(_) | Type::Flags(_)) {
            budget.next();
            if let Ok(shape) = Shape::of(kind, budget) {
                self.put(interface, name, shape);
            }
        }
    }

    fn put(&mut self, interface: Option<&str>, name: &str, shape: Shape) {
        if !is_named(&shape) {
            return;
        }
        let name = TypeName { name: name.to_owned(), interface: interface.map(str::to_owned) };
        let scope = self.scopes.entry(name.interface.clone()).or_default();
        push(scope.entry(shape.clone()).or_default(), &name);
        push(self.anywhere.entry(shape).or_default(), &name);
    }

    /// The name of a type as a function of that interface has it. None if two types are alike, for then it is not known
    /// which of them is meant.
    pub(super) fn find(&self, interface: Option<&str>, shape: &Shape) -> Option<&TypeName> {
        if !is_named(shape) {
            return None;
        }
        let scope = self.scopes.get(&interface.map(str::to_owned));
        let found = scope.and_then(|scope| scope.get(shape)).or_else(|| self.anywhere.get(shape))?;
        let (first, others) = found.split_first()?;
        others.iter().all(|other| other.name == first.name).then_some(first)
    }
}

/// Whether types of that kind are told by their names: an alias of another kind says nothing of its own.
fn is_named(shape: &Shape) -> bool {
    matches!(shape, Shape::Record(_) | Shape::Variant(_) | Shape::Enum(_) | Shape::Flags(_))
}

/// Interfaces share types by using them: the same name again says nothing new.
fn push(names: &mut Vec<TypeName>, name: &TypeName) {
    if !names.iter().any(|known| known.name == name.name) {
        names.push(name.clone());
    }
}
