//! Names of WIT as TypeScript spells them.

use heck::{ToLowerCamelCase, ToUpperCamelCase};
use wit_parser::{Resolve, WorldKey};

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

/// Whether a name cannot be that of a function or parameter.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Functions, parameters and fields.
pub(in crate::compiler) fn camel(name: &str) -> String {
    name.to_lower_camel_case()
}

/// Types.
pub(super) fn pascal(name: &str) -> String {
    name.to_upper_camel_case()
}

/// The last name of an interface, or the one that the world gives it.
pub(in crate::compiler) fn key_name(resolve: &Resolve, key: &WorldKey) -> String {
    match key {
        WorldKey::Name(name) => name.clone(),
        WorldKey::Interface(id) => {
            resolve.interfaces.get(*id).and_then(|interface| interface.name.clone()).unwrap_or_default()
        }
    }
}
