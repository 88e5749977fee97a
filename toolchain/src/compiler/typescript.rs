//! A world as TypeScript declares it: what a skill may import, and what it exports.
//!
//! Names and types are those of componentize-qjs: 64-bit integers are numbers, an absent option is null, a failed
//! function throws its error. Other generators declare them otherwise.

use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;

use heck::{ToLowerCamelCase, ToUpperCamelCase};
use wit_parser::{
    Docs, Function, FunctionKind, Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner,
    WorldId, WorldItem, WorldKey,
};

use crate::ToolchainError;

/// The module that has the type of what the world exports.
const WORLD: &str = "openskills:skill/world";

/// What there is beside the language itself.
const GLOBALS: &str = include_str!("../../js/globals.d.ts");

/// Words that cannot be the names of functions and parameters.
const RESERVED: [&str; 38] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "new",
    "null",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
];

/// The declarations of a world for TypeScript: their file's name, which is the same for all worlds, so that another world
/// takes their place; and its text.
///
/// # Errors
/// If the WIT is not valid or has no such world.
pub fn declarations(wit: &Path, world: &str) -> Result<(String, String), ToolchainError> {
    let unsuited = |error: anyhow::Error| ToolchainError::Unsuited(format!("{error:#}"));
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).map_err(unsuited)?;
    let id = resolve.select_world(&[package], Some(world)).map_err(unsuited)?;
    Ok(("skill.d.ts".to_owned(), text(&resolve, id)))
}

fn text(resolve: &Resolve, id: WorldId) -> String {
    let Some(world) = resolve.worlds.get(id) else { return String::new() };
    let interfaces =
        |items: &mut dyn Iterator<Item = (&WorldKey, &WorldItem)>| -> Vec<(WorldKey, InterfaceId)> {
            items
                .filter_map(|(key, item)| match item {
                    WorldItem::Interface { id, .. } => Some((key.clone(), *id)),
                    _ => None,
                })
                .collect()
        };
    let imported = interfaces(&mut world.imports.iter());
    let exported = interfaces(&mut world.exports.iter());
    let mut writer = Writer {
        resolve,
        imported: imported.iter().map(|(_, id)| *id).collect(),
        out: "// Made by `openskills build` of the skill's SKILL.md and WIT: what it may import, and what it exports.\n"
            .to_owned(),
        within: None,
    };
    for (key, id) in &imported {
        let _ = write!(writer.out, "\ndeclare module \"{}\" {{\n", writer.resolve.name_world_key(key));
        writer.within = Some(*id);
        writer.interface(*id, "  ");
        writer.functions(*id);
        writer.out.push_str("}\n");
    }
    let _ = write!(writer.out, "\ndeclare module \"{WORLD}\" {{\n");
    for (key, id) in &exported {
        // One that is imported, too, has its types there.
        if writer.imported.contains(id) {
            continue;
        }
        let _ = writeln!(writer.out, "  export namespace {} {{", pascal(&key_name(resolve, key)));
        writer.within = Some(*id);
        writer.interface(*id, "    ");
        writer.out.push_str("  }\n");
    }
    writer.within = None;
    let own = |item: &WorldItem| match item {
        WorldItem::Type { id, .. } => Some(*id),
        _ => None,
    };
    for id in world.imports.values().filter_map(own) {
        writer.definition(id, "  ");
    }
    writer.exports(world.exports.iter());
    writer.out.push_str("}\n");
    writer.out.push_str(GLOBALS);
    writer.out
}

/// The last name of an interface, or the one that the world gives it.
fn key_name(resolve: &Resolve, key: &WorldKey) -> String {
    match key {
        WorldKey::Name(name) => name.clone(),
        WorldKey::Interface(id) => {
            resolve.interfaces.get(*id).and_then(|interface| interface.name.clone()).unwrap_or_default()
        }
    }
}

struct Writer<'a> {
    resolve: &'a Resolve,
    imported: HashSet<InterfaceId>,
    out: String,
    /// The interface whose types have their bare names here.
    within: Option<InterfaceId>,
}

impl Writer<'_> {
    fn interface(&mut self, id: InterfaceId, indent: &str) {
        let Some(interface) = self.resolve.interfaces.get(id) else { return };
        for id in interface.types.values() {
            self.definition(*id, indent);
        }
    }

    fn functions(&mut self, id: InterfaceId) {
        let Some(interface) = self.resolve.interfaces.get(id) else { return };
        for function in interface.functions.values().filter(|function| is_free(function)) {
            self.docs(&function.docs, "  ");
            let name = camel(function.item_name());
            let signature = self.signature(function, ": ");
            let _ = match RESERVED.contains(&name.as_str()) {
                true => {
                    writeln!(self.out, "  function ${name}{signature};\n  export {{ ${name} as {name} }};")
                }
                false => writeln!(self.out, "  export function {name}{signature};"),
            };
        }
    }

    /// The type of all that the skill exports.
    fn exports<'b>(&mut self, exports: impl Iterator<Item = (&'b WorldKey, &'b WorldItem)>) {
        self.out.push_str("  /** What the skill's main module exports. */\n  export interface Exports {\n");
        for (key, item) in exports {
            match item {
                WorldItem::Function(function) => self.member(function, "    "),
                WorldItem::Interface { id, .. } => {
                    let _ = writeln!(self.out, "    {}: {{", camel(&key_name(self.resolve, key)));
                    let functions = self.resolve.interfaces.get(*id).map(|interface| &interface.functions);
                    for function in
                        functions.into_iter().flat_map(|all| all.values()).filter(|one| is_free(one))
                    {
                        self.member(function, "      ");
                    }
                    self.out.push_str("    };\n");
                }
                WorldItem::Type { .. } => {}
            }
        }
        self.out.push_str("  }\n");
    }

    fn member(&mut self, function: &Function, indent: &str) {
        self.docs(&function.docs, indent);
        let signature = self.signature(function, ": ");
        let _ = writeln!(self.out, "{indent}{}{signature};", camel(function.item_name()));
    }

    fn signature(&self, function: &Function, arrow: &str) -> String {
        let is_method = matches!(function.kind, FunctionKind::Method(_) | FunctionKind::AsyncMethod(_));
        let parameters = function.params.iter().skip(usize::from(is_method));
        let parameters: Vec<String> = parameters
            .map(|parameter| {
                let name = camel(&parameter.name);
                let name = if RESERVED.contains(&name.as_str()) { format!("{name}_") } else { name };
                format!("{name}: {}", self.kind(&parameter.ty))
            })
            .collect();
        let result = function.result.as_ref().map_or("void".to_owned(), |ty| self.outcome(ty));
        let result = if function.kind.is_async() { format!("Promise<{result}>") } else { result };
        format!("({}){arrow}{result}", parameters.join(", "))
    }

    /// What a function gives back: that of a `result` is its value, its error is thrown.
    fn outcome(&self, ty: &Type) -> String {
        if let Type::Id(id) = ty
            && let Some(TypeDefKind::Result(result)) = self.resolve.types.get(*id).map(|def| &def.kind)
        {
            return result.ok.as_ref().map_or("void".to_owned(), |ok| self.kind(ok));
        }
        self.kind(ty)
    }

    fn definition(&mut self, id: TypeId, indent: &str) {
        let Some(def) = self.resolve.types.get(id) else { return };
        let Some(name) = def.name.as_deref().map(pascal) else { return };
        self.docs(&def.docs, indent);
        match &def.kind {
            TypeDefKind::Record(record) => {
                let _ = writeln!(self.out, "{indent}export interface {name} {{");
                let inner = format!("{indent}  ");
                for field in &record.fields {
                    self.docs(&field.docs, &inner);
                    // What is absent need not be named.
                    let mark = if self.is_option(&field.ty) { "?" } else { "" };
                    let kind = self.kind(&field.ty);
                    let _ = writeln!(self.out, "{inner}{}{mark}: {kind};", camel(&field.name));
                }
                let _ = writeln!(self.out, "{indent}}}");
            }
            TypeDefKind::Flags(flags) => {
                let _ = writeln!(self.out, "{indent}export interface {name} {{");
                let inner = format!("{indent}  ");
                for flag in &flags.flags {
                    self.docs(&flag.docs, &inner);
                    let _ = writeln!(self.out, "{inner}{}: boolean;", camel(&flag.name));
                }
                let _ = writeln!(self.out, "{indent}}}");
            }
            TypeDefKind::Resource => self.resource(id, &name, indent),
            TypeDefKind::Type(Type::Id(_)) => {
                let kind = self.kind_of_alias(id);
                let _ = writeln!(self.out, "{indent}export type {name} = {kind};");
            }
            kind => {
                let kind = self.structure(kind);
                let _ = writeln!(self.out, "{indent}export type {name} = {kind};");
            }
        }
    }

    fn resource(&mut self, id: TypeId, name: &str, indent: &str) {
        let owner = self.resolve.types.get(id).map(|def| def.owner);
        let Some(TypeOwner::Interface(interface)) = owner else { return };
        let Some(interface) = self.resolve.interfaces.get(interface) else { return };
        let _ = writeln!(self.out, "{indent}export class {name} {{");
        let inner = format!("{indent}  ");
        for function in interface.functions.values().filter(|function| function.kind.resource() == Some(id)) {
            self.docs(&function.docs, &inner);
            let member = camel(function.item_name());
            let _ = match function.kind {
                FunctionKind::Constructor(_) => {
                    let signature = self.signature(function, "\u{0}");
                    let parameters = signature.split('\u{0}').next().unwrap_or("()");
                    writeln!(self.out, "{inner}constructor{parameters};")
                }
                FunctionKind::Static(_) | FunctionKind::AsyncStatic(_) => {
                    let signature = self.signature(function, ": ");
                    writeln!(self.out, "{inner}static {member}{signature};")
                }
                _ => {
                    let signature = self.signature(function, ": ");
                    writeln!(self.out, "{inner}{member}{signature};")
                }
            };
        }
        let _ = writeln!(self.out, "{indent}}}");
    }

    fn is_option(&self, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return false };
        self.resolve.types.get(*id).is_some_and(|def| matches!(def.kind, TypeDefKind::Option(_)))
    }

    /// What an alias stands for: the name that its type has elsewhere, or its structure.
    fn kind_of_alias(&self, id: TypeId) -> String {
        match self.resolve.types.get(id).map(|def| &def.kind) {
            Some(TypeDefKind::Type(ty)) => self.kind(ty),
            Some(kind) => self.structure(kind),
            None => "unknown".to_owned(),
        }
    }

    fn kind(&self, ty: &Type) -> String {
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

    fn structure(&self, kind: &TypeDefKind) -> String {
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

    fn docs(&mut self, docs: &Docs, indent: &str) {
        let Some(text) = &docs.contents else { return };
        // The text must not end the comment.
        let text = text.trim().replace("*/", "* /");
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        match text.contains('\n') {
            false => {
                let _ = writeln!(self.out, "{indent}/** {first} */");
            }
            true => {
                let _ = writeln!(self.out, "{indent}/**");
                for line in text.lines() {
                    let line = format!("{indent} * {}", line.trim());
                    let _ = writeln!(self.out, "{}", line.trim_end());
                }
                let _ = writeln!(self.out, "{indent} */");
            }
        }
    }
}

fn is_free(function: &Function) -> bool {
    matches!(function.kind, FunctionKind::Freestanding | FunctionKind::AsyncFreestanding)
}

fn case(tag: &str, value: Option<String>) -> String {
    match value {
        Some(value) => format!("{{ tag: \"{tag}\"; val: {value} }}"),
        None => format!("{{ tag: \"{tag}\" }}"),
    }
}

fn camel(name: &str) -> String {
    name.to_lower_camel_case()
}

fn pascal(name: &str) -> String {
    name.to_upper_camel_case()
}
