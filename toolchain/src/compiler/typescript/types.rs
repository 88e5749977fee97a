//! Types of WIT as TypeScript writes them where they are used.

use std::collections::HashSet;

use wit_parser::{Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldKey};

use super::WORLD;
use super::names::{key_name, pascal};

/// The types that one place of the declarations sees.
pub(super) struct Types<'a> {
    pub(super) resolve: &'a Resolve,
    /// The interfaces that have modules of their own; others are namespaces of the world's.
    pub(super) imported: HashSet<InterfaceId>,
    /// The interface whose types have their bare names here.
    pub(super) within: Option<InterfaceId>,
}

impl Types<'_> {
    /// What a function gives back: that of a `result` is its value, its error is thrown.
    pub(super) fn outcome(&self, ty: &Type) -> String {
        if let Type::Id(id) = ty
            && let Some(TypeDefKind::Result(result)) = self.resolve.types.get(*id).map(|def| &def.kind)
        {
            return result.ok.as_ref().map_or("void".to_owned(), |ok| self.kind(ok));
        }
        self.kind(ty)
    }

    pub(super) fn is_option(&self, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return false };
        self.resolve.types.get(*id).is_some_and(|def| matches!(def.kind, TypeDefKind::Option(_)))
    }

    /// What an alias stands for: the name that its type has elsewhere, or its structure.
    pub(super) fn kind_of_alias(&self, id: TypeId) -> String {
        match self.resolve.types.get(id).map(|def| &def.kind) {
            Some(TypeDefKind::Type(ty)) => self.kind(ty),
            Some(kind) => self.structure(kind),
            None => "unknown".to_owned(),
        }
    }

    pub(super) fn kind(&self, ty: &Type) -> String {
        match ty {
            Type::Bool => "boolean".to_owned(),
            Type::Char | Type::String => "string".to_owned(),
            Type::ErrorContext => "unknown".to_owned(),
            Type::Id(id) => self.named(*id),
            _ => "number".to_owned(),
        }
    }

    fn named(&self, id: TypeId) -> String {
        let Some(def) = self.resolve.types.get(id) else { return "unknown".to_owned() };
        let Some(name) = def.name.as_deref().map(pascal) else { return self.structure(&def.kind) };
        match def.owner {
            TypeOwner::Interface(owner) if self.within == Some(owner) => name,
            TypeOwner::Interface(owner) => {
                let key = WorldKey::Interface(owner);
                match self.imported.contains(&owner) {
                    true => format!("import(\"{}\").{name}", self.resolve.name_world_key(&key)),
                    false => {
                        format!("import(\"{WORLD}\").{}.{name}", pascal(&key_name(self.resolve, &key)))
                    }
                }
            }
            _ => name,
        }
    }

    pub(super) fn structure(&self, kind: &TypeDefKind) -> String {
        match kind {
            TypeDefKind::Type(ty) => self.kind(ty),
            TypeDefKind::List(Type::U8) => "Uint8Array".to_owned(),
            TypeDefKind::List(ty) | TypeDefKind::FixedLengthList(ty, _) => {
                format!("Array<{}>", self.kind(ty))
            }
            TypeDefKind::Map(key, value) => format!("Map<{}, {}>", self.kind(key), self.kind(value)),
            TypeDefKind::Option(ty) if self.is_option(ty) => {
                format!("{{ tag: \"some\"; val: {} }} | {{ tag: \"none\" }}", self.kind(ty))
            }
            TypeDefKind::Option(ty) => format!("{} | null", self.kind(ty)),
            TypeDefKind::Result(result) => {
                let case = |tag: &str, ty: &Option<Type>| case(tag, ty.as_ref().map(|ty| self.kind(ty)));
                format!("{} | {}", case("ok", &result.ok), case("err", &result.err))
            }
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<String> = tuple.types.iter().map(|ty| self.kind(ty)).collect();
                format!("[{}]", types.join(", "))
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter();
                let cases = cases.map(|one| case(&one.name, one.ty.as_ref().map(|ty| self.kind(ty))));
                cases.collect::<Vec<_>>().join(" | ")
            }
            TypeDefKind::Enum(cases) => {
                let cases = cases.cases.iter().map(|one| format!("\"{}\"", one.name));
                cases.collect::<Vec<_>>().join(" | ")
            }
            TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => self.named(*id),
            _ => "unknown".to_owned(),
        }
    }
}

fn case(tag: &str, value: Option<String>) -> String {
    match value {
        Some(value) => format!("{{ tag: \"{tag}\"; val: {value} }}"),
        None => format!("{{ tag: \"{tag}\" }}"),
    }
}
