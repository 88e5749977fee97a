//! Where things are on this machine, for embedders that look in the usual places.
#![allow(
    clippy::needless_pass_by_value,
    unsafe_code,
    unreachable_pub,
    reason = "made, or called, by what the macros of napi make"
)]

use std::path::{Path, PathBuf};

use napi::Result;
use napi_derive::napi;
use openskills_runtime::AuditFile;

use crate::audit_log::unwritable;

/// The user's own policy file.
#[napi]
pub fn user_policy_path() -> Option<String> {
    openskills_runtime::user_policy_path().map(|path| text(&path))
}

/// The policy files of a project.
#[napi]
pub fn project_policy_paths(folder: String) -> Vec<String> {
    texts(&openskills_runtime::project_policy_paths(Path::new(&folder)))
}

/// The places where skills are looked for.
#[napi]
pub fn standard_places(
    directory: String,
    path_variable: Option<String>,
    home: Option<String>,
) -> Vec<String> {
    let home = home.as_deref().map(Path::new);
    texts(&openskills_runtime::standard_places(Path::new(&directory), path_variable.as_deref(), home))
}

/// Whether a folder is too broad for a workspace.
#[napi]
pub fn is_broad(folder: String, home: Option<String>) -> bool {
    openskills_runtime::is_broad(Path::new(&folder), home.as_deref().map(Path::new))
}

/// Opens a record file, and makes it if it is missing.
#[napi]
pub fn open_audit_file(path: String) -> Result<()> {
    AuditFile::open(&path).map_err(|source| unwritable(Path::new(&path), source))?;
    Ok(())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn texts(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| text(path)).collect()
}
