//! What a core WebAssembly module was built as: a program that can be adapted, or what it is instead.

use std::collections::BTreeSet;

use wasmparser::{ExternalKind, FuncType, Imports, Parser, Payload, TypeRef, Validator};

use super::artifact::NotAComponent;

/// The module whose functions a program of WASI's first preview imports.
pub(super) const WASIP1: &str = "wasi_snapshot_preview1";

/// A core module that a component can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CoreModule {
    /// A program: `_start` of WASI's first preview.
    Command,
    /// A module that carries the types of a component, as compilers make it before the last step.
    Typed {
        /// Whether it is a program besides.
        is_command: bool,
    },
}

/// What was read of a module: enough to tell what it was built as.
#[derive(Default)]
struct Outline<'a> {
    types: Vec<Option<FuncType>>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    imports: Vec<(&'a str, &'a str)>,
    exports: Vec<(&'a str, ExternalKind, u32)>,
    is_typed: bool,
    shared_memory: bool,
}

/// What to build instead, for those who have a module that is none of these.
const BUILD: &str = "build a component for wasm32-wasip2 or a program for wasm32-wasip1";

/// Reads a module's outline, after the whole of it was checked.
///
/// # Errors
/// What it is and what to build instead, if no component can be made of it.
pub(super) fn classify(bytes: &[u8]) -> Result<CoreModule, NotAComponent> {
    let outline = outline(bytes)?;
    // Whatever follows reads it with tools that trust it to be valid.
    Validator::new().validate_all(bytes).map_err(|error| damaged(bytes, &error))?;
    outline.classify().map_err(|what| NotAComponent(format!("it is a core WebAssembly module, {what}")))
}

fn damaged(bytes: &[u8], error: &wasmparser::BinaryReaderError) -> NotAComponent {
    let what = match error.message().contains("unexpected end") || error.offset() >= bytes.len() {
        true => format!("it is cut off or damaged ({} bytes)", bytes.len()),
        false => "it is not a valid module".to_owned(),
    };
    NotAComponent(format!("it is a core WebAssembly module, and {what}: {error}"))
}

fn outline(bytes: &[u8]) -> Result<Outline<'_>, NotAComponent> {
    let mut outline = Outline::default();
    let fault = |error: wasmparser::BinaryReaderError| damaged(bytes, &error);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(fault)? {
            Payload::TypeSection(types) => {
                for group in types {
                    for kind in group.map_err(fault)?.into_types() {
                        outline.types.push(match kind.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(function) => Some(function),
                            _ => None,
                        });
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for imports in imports {
                    // The compact forms are of a proposal that the check after this refuses.
                    let Imports::Single(_, import) = imports.map_err(fault)? else { continue };
                    outline.imports.push((import.module, import.name));
                    match import.ty {
                        TypeRef::Func(kind) | TypeRef::FuncExact(kind) => outline.functions.push(kind),
                        TypeRef::Memory(memory) => outline.shared_memory |= memory.shared,
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for kind in functions {
                    outline.functions.push(kind.map_err(fault)?);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    outline.shared_memory |= memory.map_err(fault)?.shared;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(fault)?;
                    outline.exports.push((export.name, export.kind, export.index));
                }
            }
            Payload::CustomSection(section) if section.name().starts_with("component-type") => {
                outline.is_typed = true;
            }
            _ => {}
        }
    }
    Ok(outline)
}

impl Outline<'_> {
    fn classify(&self) -> Result<CoreModule, String> {
        let modules: BTreeSet<&str> = self.imports.iter().map(|(module, _)| *module).collect();
        if let Some(what) = self.other_platform(&modules) {
            return Err(what);
        }
        let is_command = self.takes_nothing("_start");
        if self.is_typed {
            return Ok(CoreModule::Typed { is_command });
        }
        let unknown: Vec<&(&str, &str)> =
            self.imports.iter().filter(|(module, _)| *module != WASIP1).take(4).collect();
        if let [first, rest @ ..] = unknown.as_slice() {
            let more = if rest.is_empty() { "" } else { " and others" };
            return Err(format!(
                "and it imports {}{more}, which is not of WASI's first preview: {BUILD}",
                named(first)
            ));
        }
        if !is_command {
            return Err(self.no_program(modules.contains(WASIP1)));
        }
        match self.exports(ExternalKind::Memory, "memory") {
            true => Ok(CoreModule::Command),
            false => {
                Err("and it exports no `memory`, without which no program can be given anything".to_owned())
            }
        }
    }

    /// What was built for something else than WASI's first preview.
    fn other_platform(&self, modules: &BTreeSet<&str>) -> Option<String> {
        let has = |names: &[&str]| names.iter().any(|name| modules.contains(name));
        let from_env = |start: &str| {
            self.imports.iter().any(|(module, name)| *module == "env" && name.starts_with(start))
        };
        if has(&["wasi_unstable"]) {
            return Some(format!("for WASI before its first preview (`wasi_unstable`): {BUILD}"));
        }
        if modules.iter().any(|module| module.starts_with("wasix")) {
            return Some(format!("for WASIX, which this host is not: {BUILD}"));
        }
        if has(&["wbg", "__wbindgen_placeholder__", "__wbindgen_externref_xform__"]) {
            return Some(format!("made by wasm-bindgen for a JavaScript host: {BUILD}"));
        }
        if has(&["go", "gojs"]) {
            return Some("made by Go for a JavaScript host: build with `GOOS=wasip1 GOARCH=wasm`".to_owned());
        }
        if ["emscripten_", "_emscripten_", "__syscall_", "invoke_", "__cxa_"]
            .iter()
            .any(|start| from_env(start))
        {
            return Some(format!(
                "made by Emscripten for a JavaScript host: {BUILD}, with wasi-sdk or `zig cc -target wasm32-wasi`"
            ));
        }
        if modules.iter().any(|module| module.starts_with("extism:")) {
            return Some(format!("a plug-in of Extism, whose functions this host has not: {BUILD}"));
        }
        if from_env("proxy_") {
            return Some(format!(
                "a filter for web proxies (proxy-wasm), whose functions this host has not: {BUILD}"
            ));
        }
        if from_env("abort") {
            return Some(format!(
                "which imports what AssemblyScript takes of a JavaScript host (`env.abort`): compile it with \
                 `@assemblyscript/wasi-shim`, or {BUILD}"
            ));
        }
        if self.shared_memory || modules.contains("wasi") {
            return Some(
                "built for threads (`wasm32-wasip1-threads`), which no skill has here: build it for wasm32-wasip1"
                    .to_owned(),
            );
        }
        None
    }

    /// A module that exports no program.
    fn no_program(&self, is_wasi: bool) -> String {
        if self.exports(ExternalKind::Func, "execute") {
            return "whose `execute` takes addresses in its memory, an interface that is no longer run: export the \
                    world `openskills:skill/base` of a component (with the SDK, and for wasm32-wasip2), or give the \
                    program a `main` that reads JSON from stdin"
                .to_owned();
        }
        if self.exports(ExternalKind::Func, "_start") {
            return "and its `_start` is not a function without parameters and results".to_owned();
        }
        match is_wasi {
            true => format!(
                "a library of wasm32-wasip1 (a reactor) without the types of a component: give it a `main`, or {BUILD}"
            ),
            false => format!(
                "a library without WASI (such as wasm32-unknown-unknown makes) and without the types of a component: \
                 {BUILD}"
            ),
        }
    }

    fn exports(&self, kind: ExternalKind, name: &str) -> bool {
        self.exports.iter().any(|(exported, of, _)| *exported == name && *of == kind)
    }

    /// Whether it exports a function of that name without parameters and results.
    fn takes_nothing(&self, name: &str) -> bool {
        let export =
            self.exports.iter().find(|(exported, kind, _)| *exported == name && *kind == ExternalKind::Func);
        let kind = export.and_then(|(_, _, index)| self.functions.get(*index as usize));
        let kind = kind.and_then(|kind| self.types.get(*kind as usize)).and_then(Option::as_ref);
        kind.is_some_and(|kind| kind.params().is_empty() && kind.results().is_empty())
    }
}

/// An import in words; its names are the module's own.
fn named((module, name): &(&str, &str)) -> String {
    let cut = |text: &str| crate::capability::printable(text).chars().take(60).collect::<String>();
    format!("`{}.{}`", cut(module), cut(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<CoreModule, String> {
        classify(&wat::parse_str(text).unwrap()).map_err(|fault| fault.0)
    }

    #[test]
    fn a_program_is_told_from_a_library() {
        let start = r#"(memory (export "memory") 1) (func (export "_start"))"#;
        let wasi = r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))"#;
        assert_eq!(told(&format!("(module {start})")), Ok(CoreModule::Command));
        assert_eq!(told(&format!("(module {wasi} {start})")), Ok(CoreModule::Command));
        let typed = format!(r#"(module {wasi} {start} (@custom "component-type:x" "\00"))"#);
        assert_eq!(told(&typed), Ok(CoreModule::Typed { is_command: true }));
        for (module, words) in [
            (r#"(func (export "_start"))"#.to_owned(), "exports no `memory`"),
            (r#"(memory (export "memory") 1) (func (export "_start") (param i32))"#.to_owned(), "without parameters"),
            (r#"(memory (export "memory") 1) (global (export "_start") i32 (i32.const 1))"#.to_owned(), "without WASI"),
            (format!("{wasi} (memory (export \"memory\") 1)"), "a reactor"),
            (r#"(func (export "add") (param i32) (result i32) local.get 0)"#.to_owned(), "wasm32-unknown-unknown"),
            (
                r#"(memory (export "memory") 1) (func (export "execute") (param i32 i32) (result i32) local.get 0)"#
                    .to_owned(),
                "`execute` takes addresses",
            ),
            (format!(r#"(import "x" "y" (func)) {start}"#), "imports `x.y`, "),
            (format!(r#"(import "x" "y" (func)) (import "x" "z" (func)) {start}"#), "`x.y` and others"),
            (format!(r#"(import "wasi_unstable" "proc_exit" (func (param i32))) {start}"#), "before its first"),
            (format!(r#"(import "wasix_32v1" "thread_id" (func)) {start}"#), "WASIX"),
            (format!(r#"(import "wbg" "y" (func)) {start}"#), "wasm-bindgen"),
            (format!(r#"(import "gojs" "runtime.wasmExit" (func)) {start}"#), "GOOS=wasip1"),
            (format!(r#"(import "env" "emscripten_memcpy_js" (func)) {start}"#), "Emscripten"),
            (format!(r#"(import "extism:host/env" "alloc" (func)) {start}"#), "Extism"),
            (format!(r#"(import "env" "proxy_log" (func)) {start}"#), "proxy-wasm"),
            (format!(r#"(import "env" "abort" (func)) {start}"#), "AssemblyScript"),
            (
                format!(r#"(import "wasi" "thread-spawn" (func (param i32) (result i32))) {start}"#),
                "wasm32-wasip1-threads",
            ),
        ] {
            let message = told(&format!("(module {module})")).unwrap_err();
            assert!(message.starts_with("it is a core WebAssembly module, ") && message.contains(words), "{message}");
        }
    }

    #[test]
    fn names_of_a_module_cannot_drive_a_terminal() {
        let long = "x".repeat(10_000);
        let message = told(&format!(r#"(module (import "\1b[2J{long}" "\e2\80\ae" (func)))"#)).unwrap_err();
        assert!(
            message.len() < 400 && !message.chars().any(|c| c.is_control() || c == '\u{202e}'),
            "{message}"
        );
    }

    #[test]
    fn a_module_that_is_cut_off_or_not_valid_is_said_to_be() {
        let whole =
            wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "_start") nop))"#).unwrap();
        for length in 9..whole.len() {
            let message = classify(&whole[..length]).unwrap_err().0;
            assert!(message.contains("core WebAssembly module"), "{length}: {message}");
        }
        let mut wrong = whole.clone();
        // A body that leaves a value behind.
        let at = wrong.iter().rposition(|byte| *byte == 0x01).unwrap();
        wrong[at] = 0x50;
        assert!(classify(&wrong).is_err());
    }
}
