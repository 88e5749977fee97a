//! Core modules in, components out: the last step of a compiler, done when a skill is loaded.

use std::borrow::Cow;
use std::sync::LazyLock;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as COMMAND, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as REACTOR,
};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{ImportSection, Module, RawSection};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding};
use xxhash_rust::xxh3::Xxh3;

use super::artifact::NotAComponent;
use super::core_module::{CoreModule, WASIP1, classify};

/// The version of the adapter.
pub(crate) const VERSION: &str = "48";

/// Goes up when this file makes other components of the same modules.
const REVISION: u32 = 1;

/// What compiled code of adapted modules is known by beside the module's digest: whatever else may change it.
static KEY: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Xxh3::new();
    for part in [COMMAND, REACTOR, env!("CARGO_PKG_VERSION").as_bytes(), &REVISION.to_le_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    format!("wasip1-{:016x}", hasher.digest())
});

/// Whether bytes begin as a core module does, and not as a component.
pub(crate) fn is_core_module(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm\x01\0\0\0")
}

/// The name under which the compiled form of these bytes is kept: of a module that is adapted, for this adapter alone.
pub(super) fn key<'a>(bytes: &[u8], digest: &'a str) -> Cow<'a, str> {
    match is_core_module(bytes) {
        true => Cow::Owned(format!("{digest}-{}", *KEY)),
        false => Cow::Borrowed(digest),
    }
}

/// Makes a component of a core module. Its imports are those of WASI's second preview, which are refused, gated and
/// recorded like those of any other component; the adapter runs inside it.
///
/// # Errors
/// What the module is and what to build instead.
pub(super) fn adapt(bytes: &[u8]) -> Result<Vec<u8>, NotAComponent> {
    let made = match classify(bytes)? {
        CoreModule::Command => command(bytes),
        CoreModule::Typed { is_command } => encode(bytes, if is_command { COMMAND } else { REACTOR }),
    };
    made.map_err(|error| {
        NotAComponent(format!(
            "it is a core WebAssembly module that cannot be adapted: {}; build it for wasm32-wasip2",
            causes(&*error)
        ))
    })
}

/// What went wrong and why, in the encoder's words, which may repeat the module's.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    let text = causes.take(8).collect::<Vec<_>>().join(": ");
    crate::capability::printable(&text).chars().take(400).collect()
}

type Made = Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>;

/// A program's exit status is more than the adapter passes on: it knows success and failure only. So the program gets
/// WASI's own function that takes a status.
fn command(bytes: &[u8]) -> Made {
    let mut module = with_exit_status(bytes)?;
    // The adapter's own types, so that both mean the same interface.
    let (_, mut types) = wit_component::metadata::decode(COMMAND)?;
    let world = "package openskills:adapted; world program { import wasi:cli/exit@0.2.12; }";
    let package = types.resolve.push_str("program.wit", world)?;
    let world = types.resolve.select_world(&[package], None)?;
    wit_component::embed_component_metadata(&mut module, &types.resolve, world, StringEncoding::UTF8)?;
    encode(&module, COMMAND)
}

fn encode(module: &[u8], adapter: &[u8]) -> Made {
    Ok(ComponentEncoder::default().module(module)?.adapter(WASIP1, adapter)?.encode()?)
}

/// The module with `proc_exit` taken from `wasi:cli/exit`; everything else is copied as it is.
fn with_exit_status(bytes: &[u8]) -> Made {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if let Payload::ImportSection(reader) = payload {
            let mut imports = ImportSection::new();
            ExitStatus.parse_import_section(&mut imports, reader)?;
            module.section(&imports);
        } else if let Some((id, range)) = payload.as_section() {
            let data = bytes.get(range).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}

struct ExitStatus;

impl Reencode for ExitStatus {
    type Error = std::convert::Infallible;

    fn parse_imports(
        &mut self,
        section: &mut ImportSection,
        imports: wasmparser::Imports<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let imports = match imports {
            wasmparser::Imports::Single(at, mut import)
                if import.module == WASIP1 && import.name == "proc_exit" =>
            {
                (import.module, import.name) = ("wasi:cli/exit@0.2.12", "exit-with-code");
                wasmparser::Imports::Single(at, import)
            }
            imports => imports,
        };
        reencode::utils::parse_imports(self, section, imports)
    }
}
