//! What can be asked without a runtime: files to check, places to search.

use std::path::{Path, PathBuf};

use openskills_runtime as host;
use pyo3::prelude::*;
use serde_json::json;

use crate::json::to_python;

/// Checks `SKILL.md` files for their authors.
#[pyfunction]
pub(crate) fn check_manifests(py: Python<'_>, files: Vec<PathBuf>) -> PyResult<Py<PyAny>> {
    let checked = py.detach(|| host::check_manifests(&files));
    let checked = checked.iter().map(|checked| {
        let parsed = &checked.parsed;
        json!({
            "path": checked.path, "valid": parsed.valid, "load": parsed.load, "faults": parsed.faults,
            "name": parsed.manifest.as_ref().map(|manifest| &manifest.name),
        })
    });
    to_python(py, &checked.collect())
}

/// Every `SKILL.md` in and below a folder, and what could not be read.
#[pyfunction]
pub(crate) fn find_manifests(py: Python<'_>, folder: PathBuf) -> PyResult<Py<PyAny>> {
    let (found, faults) = py.detach(|| host::find_manifests(&folder))?;
    to_python(py, &json!([found, faults]))
}

/// Where skills are looked for when nobody says where.
#[pyfunction]
#[pyo3(signature = (directory, path_variable=None, home=None))]
pub(crate) fn standard_places(
    directory: PathBuf,
    path_variable: Option<&str>,
    home: Option<PathBuf>,
) -> Vec<String> {
    let places = host::standard_places(&directory, path_variable, home.as_deref());
    places.iter().map(|place| text(place)).collect()
}

/// Whether a folder is too much to be a workspace.
#[pyfunction]
#[pyo3(signature = (folder, home=None))]
pub(crate) fn is_broad(folder: PathBuf, home: Option<PathBuf>) -> bool {
    host::is_broad(&folder, home.as_deref())
}

/// The tokens of a text, estimated.
#[pyfunction]
pub(crate) fn estimate_tokens(text: &str) -> usize {
    host::estimate_tokens(text)
}

/// The user's own policy file.
#[pyfunction]
pub(crate) fn user_policy_path() -> Option<String> {
    host::user_policy_path().as_deref().map(text)
}

/// The policy files of the project that a folder lies in.
#[pyfunction]
pub(crate) fn project_policy_paths(folder: PathBuf) -> Vec<String> {
    host::project_policy_paths(&folder).iter().map(|path| text(path)).collect()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
