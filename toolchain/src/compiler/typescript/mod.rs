//! A world as TypeScript declares it: what a skill may import, and what it exports.
//!
//! Names and types are those of componentize-qjs: 64-bit integers are numbers, an absent option is null, a failed
//! function throws its error. Other generators declare them otherwise.

mod names;
mod types;

use std::fmt::Write;
use std::path::Path;

use wit_parser::{
    Docs, Function, FunctionKind, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldId,
    WorldItem, WorldKey,
};

pub(super) use self::names::{camel, key_name};
use self::names::{is_reserved, pascal};
use self::types::Types;
use crate::{ToolchainError, wit};

/// The module that has the type of what the world exports.
const WORLD: &str = "openskills:skill/world";

/// What there is beside the language itself.
const GLOBALS: &str = include_str!("../../../js/globals.d.ts");

/// The declarations of a world for TypeScript: their file's name, which is the same for all worlds, so that another world
/// takes their place; and its text.
///
/// # Errors
/// If the WIT is not valid or has no such world.
pub fn declarations(wit: &Path, world: &str) -> Result<(String, String), ToolchainError> {
    let (resolve, package) = wit::read(wit)?;
    let id = wit::world(&resolve, package, world)?;
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
        types: Types { resolve, imported: imported.iter().map(|(_, id)| *id).collect(), within: None },
        out: "// Made by `openskills build` of the skill's SKILL.md and WIT: what it may import, and what it exports.\n"
            .to_owned(),
    };
    for (key, id) in &imported {
        let _ = write!(writer.out, "\ndeclare module \"{}\" {{\n", writer.types.resolve.name_world_key(key));
        writer.types.within = Some(*id);
        writer.interface(*id, "  ");
        writer.functions(*id);
        writer.out.push_str("}\n");
    }
    let _ = write!(writer.out, "\ndeclare module \"{WORLD}\" {{\n");
    for (key, id) in &exported {
        // One that is imported, too, has its types there.
        if writer.types.imported.contains(id) {
            continue;
        }
        let _ = writeln!(writer.out, "  export namespace {} {{", pascal(&key_name(resolve, key)));
        writer.types.within = Some(*id);
        writer.interface(*id, "    ");
        writer.out.push_str("  }\n");
    }
    writer.types.within = None;
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

struct Writer<'a> {
    types: Types<'a>,
    out: String,
}

impl Writer<'_> {
    fn interface(&mut self, id: InterfaceId, indent: &str) {
        let Some(interface) = self.types.resolve.interfaces.get(id) else { return };
        for id in interface.types.values() {
            self.definition(*id, indent);
        }
    }

    fn functions(&mut self, id: InterfaceId) {
        let Some(interface) = self.types.resolve.interfaces.get(id) else { return };
        for function in interface.functions.values().filter(|function| is_free(function)) {
            self.docs(&function.docs, "  ");
            let name = camel(function.item_name());
            let signature = self.signature(function, ": ");
            let _ = match is_reserved(&name) {
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
                    let _ = writeln!(self.out, "    {}: {{", camel(&key_name(self.types.resolve, key)));
                    let functions =
                        self.types.resolve.interfaces.get(*id).map(|interface| &interface.functions);
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
                let name = if is_reserved(&name) { format!("{name}_") } else { name };
                format!("{name}: {}", self.types.kind(&parameter.ty))
            })
            .collect();
        let result = function.result.as_ref().map_or("void".to_owned(), |ty| self.types.outcome(ty));
        let result = if function.kind.is_async() { format!("Promise<{result}>") } else { result };
        format!("({}){arrow}{result}", parameters.join(", "))
    }

    fn definition(&mut self, id: TypeId, indent: &str) {
        let Some(def) = self.types.resolve.types.get(id) else { return };
        let Some(name) = def.name.as_deref().map(pascal) else { return };
        self.docs(&def.docs, indent);
        match &def.kind {
            TypeDefKind::Record(record) => {
                let _ = writeln!(self.out, "{indent}export interface {name} {{");
                let inner = format!("{indent}  ");
                for field in &record.fields {
                    self.docs(&field.docs, &inner);
                    // What is absent need not be named.
                    let mark = if self.types.is_option(&field.ty) { "?" } else { "" };
                    let kind = self.types.kind(&field.ty);
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
                let kind = self.types.kind_of_alias(id);
                let _ = writeln!(self.out, "{indent}export type {name} = {kind};");
            }
            kind => {
                let kind = self.types.structure(kind);
                let _ = writeln!(self.out, "{indent}export type {name} = {kind};");
            }
        }
    }

    fn resource(&mut self, id: TypeId, name: &str, indent: &str) {
        let owner = self.types.resolve.types.get(id).map(|def| def.owner);
        let Some(TypeOwner::Interface(interface)) = owner else { return };
        let Some(interface) = self.types.resolve.interfaces.get(interface) else { return };
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

pub(super) fn is_free(function: &Function) -> bool {
    matches!(function.kind, FunctionKind::Freestanding | FunctionKind::AsyncFreestanding)
}
