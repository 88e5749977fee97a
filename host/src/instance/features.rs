//! What a valid component needs that this host has switched off: named, so that its author knows what to leave out.

use wasmparser::{ComponentTypeRef, Parser, Payload, Validator, WasmFeatures};

/// Proposals by what authors call them, and what to do without them. The first are the likeliest.
const SWITCHED_OFF: [(WasmFeatures, &str); 9] = [
    (
        WasmFeatures::CM_ASYNC
            .union(WasmFeatures::CM_ASYNC_STACKFUL)
            .union(WasmFeatures::CM_MORE_ASYNC_BUILTINS)
            .union(WasmFeatures::CM_THREADING),
        "async functions, streams or futures, as WASI 0.3 has them: build it for WASI 0.2 (wasm32-wasip2)",
    ),
    (
        WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS),
        "exceptions of WebAssembly: build it without them (`-fno-exceptions`)",
    ),
    (
        WasmFeatures::THREADS.union(WasmFeatures::SHARED_EVERYTHING_THREADS),
        "threads: build it for wasm32-wasip2",
    ),
    (WasmFeatures::MEMORY64.union(WasmFeatures::CM64), "memories of 64 bits: build it for wasm32-wasip2"),
    (WasmFeatures::CM_MAP, "maps: use a list of tuples"),
    (WasmFeatures::CM_FIXED_LENGTH_LISTS, "lists of a fixed length: use a list or a tuple"),
    (WasmFeatures::CM_ERROR_CONTEXT, "error contexts: use an error of its own"),
    (
        WasmFeatures::GC
            .union(WasmFeatures::CM_GC)
            .union(WasmFeatures::GC_TYPES)
            .union(WasmFeatures::FUNCTION_REFERENCES),
        "garbage collection or references to objects: build it for linear memory (wasm32-wasip2)",
    ),
    (WasmFeatures::CM_IMPLEMENTS, "an interface under another name (`implements`): give it its own"),
];

/// What it needs, in words that follow "it needs". None if it is not valid whatever is switched on.
pub(super) fn needed(component: &[u8]) -> Option<&'static str> {
    let is_valid = |features| Validator::new_with_features(features).validate_all(component).is_ok();
    if !is_valid(WasmFeatures::all()) {
        return None;
    }
    let missing =
        SWITCHED_OFF.iter().find(|(feature, _)| !is_valid(WasmFeatures::all().difference(*feature)));
    Some(missing.map_or("what this engine does not have", |(_, words)| *words))
}

/// The components that a component imports, which no host gives: they are put into it beforehand.
pub(super) fn components(component: &[u8]) -> Vec<&str> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(Payload::ComponentImportSection(section)) if depth == 0 => {
                let imports = section.into_iter().flatten();
                let imports = imports.filter(|import| matches!(import.ty, ComponentTypeRef::Component(_)));
                names.extend(imports.map(|import| import.name.name));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<&'static str> {
        needed(&wat::parse_str(text).unwrap())
    }

    #[test]
    fn what_is_switched_off_is_named() {
        for (text, words) in [
            (r#"(component (import "a" (func async)))"#, "WASI 0.3"),
            ("(component (type (stream u8)))", "streams"),
            ("(component (type (map string u8)))", "maps"),
            ("(component (type (list u8 4)))", "fixed length"),
            ("(component (core module (memory i64 1)))", "64 bits"),
            ("(component (core module (memory 1 1 shared)))", "threads"),
            ("(component (core module (tag)))", "exceptions"),
            ("(component (core module (type (struct))))", "garbage"),
        ] {
            let told = told(text);
            assert!(told.is_some_and(|told| told.contains(words)), "{text}: {told:?}");
        }
        assert_eq!(needed(b"\0asm\x0d\0\x01\0\xff"), None);
    }

    #[test]
    fn imported_components_are_named_and_those_of_components_within_are_not() {
        let text = r#"(component
            (component (import "inner" (component)) (core module))
            (import "a:b/c" (component))
            (import "d" (func)))"#;
        assert_eq!(components(&wat::parse_str(text).unwrap()), ["a:b/c"]);
    }
}
