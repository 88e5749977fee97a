//! Whether what is kept is as it was when it was made.

use std::fs;

use openskills_runtime::audit::sha256;
use openskills_runtime::compiled_is_whole;
use openskills_toolchain::cache;
use serde::Serialize;

use super::{Kept, Kind};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// It has the digest or the files that it was given when it was made.
    Whole,
    /// It has not. What uses it makes it anew.
    Damaged,
    /// Nothing is known that it could be compared with.
    Unchecked,
}

/// Reads an entry through.
pub(crate) fn verify(kept: &Kept) -> Verdict {
    let Some(first) = kept.paths.first() else { return Verdict::Unchecked };
    let whole = match kept.kind {
        Kind::Compiled if first.extension().is_some_and(|extension| extension == "cwasm") => {
            compiled_is_whole(first).unwrap_or(false)
        }
        Kind::Interpreters => {
            let digest = fs::read_to_string(first.join("python.sha256"));
            let bytes = fs::read(first.join("python.wasm"));
            digest.is_ok_and(|digest| bytes.is_ok_and(|bytes| sha256(&bytes) == digest.trim()))
        }
        _ => match cache::is_whole(first) {
            Some(whole) => whole,
            None => return Verdict::Unchecked,
        },
    };
    if whole { Verdict::Whole } else { Verdict::Damaged }
}
