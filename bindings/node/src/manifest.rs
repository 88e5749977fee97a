//! What needs no runtime: `SKILL.md` files checked for their authors, places, estimates.
#![allow(
    clippy::needless_pass_by_value,
    unsafe_code,
    unreachable_pub,
    reason = "made, or called, by what the macros of napi make"
)]

use std::path::{Path, PathBuf};

use napi::Result;
use napi_derive::napi;
use openskills_runtime::{OpenSkillError, check_manifests, find_manifests};
use serde_json::{Value, json};

use crate::calls::Calls;
use crate::camel;
use crate::failure::Failure;
use crate::workers;

/// Checks the files.
#[napi]
pub fn check(calls: &Calls, id: u32, files: Vec<String>) -> Result<()> {
    let promise = calls.shared.begin(id);
    workers::spawn_blocking(move || {
        let files: Vec<PathBuf> = files.into_iter().map(PathBuf::from).collect();
        promise.settle(checked(&files));
    })
}

fn checked(files: &[PathBuf]) -> std::result::Result<String, Failure> {
    let mut all = Vec::new();
    for file in check_manifests(files) {
        all.push(json!({
            "path": file.path,
            "valid": file.parsed.valid,
            "load": camel::value(&file.parsed.load)?,
            "faults": camel::value(&file.parsed.faults)?,
        }));
    }
    Ok(Value::Array(all).to_string())
}

/// Finds the files in and below a folder.
#[napi]
pub fn find(calls: &Calls, id: u32, folder: String) -> Result<()> {
    let promise = calls.shared.begin(id);
    workers::spawn_blocking(move || {
        let found = find_manifests(Path::new(&folder)).map_err(|source| {
            let context = format!("the folder `{folder}` cannot be read");
            Failure::from(OpenSkillError::Io { context, source, trace: None })
        });
        promise.settle(found.and_then(|(files, faults)| {
            Ok(json!({ "files": files, "faults": camel::value(&faults)? }).to_string())
        }));
    })
}

/// Tokens of a text, estimated.
#[napi]
pub fn estimate_tokens(text: String) -> f64 {
    f64::from(u32::try_from(openskills_runtime::estimate_tokens(&text)).unwrap_or(u32::MAX))
}
