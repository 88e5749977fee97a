//! What a file is that calls itself `skill.wasm`.

use super::features;
use crate::audit::sha256;
use crate::capability::printable;

/// The bytes of a component file, with their digest, which is taken once.
pub(crate) struct Artifact {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: String,
}

impl Artifact {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { digest: sha256(&bytes), bytes }
    }

    /// SHA-256 of the bytes.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// How many bytes there are.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// How much of the engine's reason is repeated: names in it are the component's own.
const MAX_REASON: usize = 400;

/// Why bytes are not a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotAComponent(pub(crate) String);

/// Checks the first bytes of a file, before anything compiles it.
pub(crate) fn check(bytes: &[u8]) -> Result<(), NotAComponent> {
    let what = match bytes {
        [] => "it is empty".to_owned(),
        // A component, or a core module, which may be one that can be adapted.
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] | [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => return Ok(()),
        [0, b'a', b's', b'm', rest @ ..] if rest.len() < 4 => {
            format!("it is cut off after {} bytes", bytes.len())
        }
        [0, b'a', b's', b'm', version, 0, 1, 0, ..] => {
            format!(
                "it is a component in an older form of the format (version {version:#04x}): build it with current tools"
            )
        }
        [0, b'a', b's', b'm', version @ ..] => {
            let version = version.get(..4).unwrap_or_default();
            format!("it is WebAssembly of an unknown version ({version:02x?})")
        }
        [0x7f, b'E', b'L', b'F', ..] => {
            "it is native code; compiled components are never taken from a skill's folder".to_owned()
        }
        [b'P', b'K', 3, 4, ..] => "it is a zip archive".to_owned(),
        [0x1f, 0x8b, ..] => "it is compressed with gzip".to_owned(),
        bytes if bytes.starts_with(b"version https://git-lfs") => {
            "it is a pointer of Git LFS, not the file itself: run `git lfs pull`".to_owned()
        }
        bytes => match std::str::from_utf8(bytes.get(..256).unwrap_or(bytes)) {
            Ok(text) => format!("it is text (`{}`)", start(text)),
            Err(error) if error.valid_up_to() > 64 => "it is text".to_owned(),
            Err(_) => "it is not WebAssembly".to_owned(),
        },
    };
    Err(NotAComponent(format!("{what}; expected a WebAssembly component or a program for wasm32-wasip1")))
}

fn start(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut start: String = printable(line).chars().take(40).collect();
    if start.len() < text.trim_end().len() {
        start.push('…');
    }
    start
}

/// The component that the bytes hold failed to compile: says what the engine made of it.
pub(crate) fn invalid(bytes: &[u8], error: &wasmtime::Error) -> NotAComponent {
    let reason: String = printable(&error.root_cause().to_string()).chars().take(MAX_REASON).collect();
    let cut = ["unexpected end", "unexpected-eof", "out of bounds"].iter().any(|sign| reason.contains(sign));
    if cut {
        return NotAComponent(format!("it is cut off or damaged ({} bytes): {reason}", bytes.len()));
    }
    let Some(needed) = features::needed(bytes) else {
        return NotAComponent(format!("it is not a valid component: {reason}"));
    };
    NotAComponent(match features::components(bytes).as_slice() {
        [] => format!("it needs {needed} ({reason})"),
        [first, ..] => {
            let first: String = printable(first).chars().take(60).collect();
            format!(
                "it imports components, such as `{first}`, which belong into it before it is run: put them in with `wac plug` or \
                 `wasm-tools compose`"
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_a_file_is_is_said() {
        for (bytes, expected) in [
            (&b""[..], "empty"),
            (b"hello, I am a skill", "text (`hello, I am a skill`)"),
            (b"\0asm", "cut off"),
            (b"\x7fELF....", "native code"),
            (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
            (&[0x80, 0x81, 0x82], "not WebAssembly"),
            (b"\0asm\x0c\0\x01\0", "older form of the format (version 0x0c)"),
            (b"\0asm\x02\0\0\0", "unknown version"),
        ] {
            let message = check(bytes).unwrap_err().0;
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn components_and_core_modules_pass() {
        assert!(check(b"\0asm\x0d\0\x01\0").is_ok());
        assert!(check(b"\0asm\x01\0\0\0").is_ok());
    }
}
