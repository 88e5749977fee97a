//! Where policy files are, and reading them within bounds.
#![expect(clippy::disallowed_methods, reason = "finds and reads policy files")]

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::capability::{Authority, MAX_POLICY_BYTES, Policy, PolicyFileError};

/// A project's policy, below the project's folder.
const PROJECT_FILE: &str = ".openskills/policy.yaml";

/// Why a policy file could not be added.
#[derive(Debug, thiserror::Error)]
pub enum PolicyLoadError {
    /// It could not be read. A policy that is there and not read would fail open.
    #[error("the policy `{}` cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not valid.
    #[error("the policy is not valid: {error}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Its text, so that the places of the faults can be shown.
        text: String,
        /// What is wrong with it.
        error: PolicyFileError,
    },
}

/// The user's own policy file, whether it exists or not: `$XDG_CONFIG_HOME/openskills/policy.yaml`, or
/// `~/.config/openskills/policy.yaml`.
#[must_use]
pub fn user_policy_path() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("openskills/policy.yaml"))
}

/// The policy files of the project that `folder` lies in: `.openskills/policy.yaml` in it and in each folder above it up
/// to the root of the repository, which is the folder with a `.git`; without a repository only in `folder` itself. The
/// outermost comes first.
#[must_use]
pub fn project_policy_paths(folder: &Path) -> Vec<PathBuf> {
    let Ok(folder) = folder.canonicalize() else { return Vec::new() };
    let is_root = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
    let levels = folder.ancestors().position(|folder| is_root(&folder)).unwrap_or(0);
    let mut found: Vec<PathBuf> = folder
        .ancestors()
        .take(levels + 1)
        .map(|folder| folder.join(PROJECT_FILE))
        // One that is there and cannot be read is an error later, and not passed over.
        .filter(|path| path.symlink_metadata().is_ok())
        .collect();
    found.reverse();
    found
}

/// Adds one file to a policy.
pub(super) fn add(policy: Policy, authority: Authority, path: &Path) -> Result<Policy, PolicyLoadError> {
    let text = read(path).map_err(|source| PolicyLoadError::Io { path: path.to_owned(), source })?;
    let added = policy.with_file(authority, &shown(path), &text);
    added.map_err(|error| PolicyLoadError::Invalid { path: path.to_owned(), text, error })
}

/// The text of a file, if it is one and not too long.
fn read(path: &Path) -> io::Result<String> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_POLICY_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// The file as people know it: below `~` where it is.
fn shown(path: &Path) -> String {
    let below =
        std::env::home_dir().and_then(|home| Some(path.strip_prefix(home).ok()?.display().to_string()));
    below.map_or_else(|| path.display().to_string(), |below| format!("~/{below}"))
}

/// Whether `pin`, which is absolute or below `~/`, names `folder`, whatever links are on the way.
pub(super) fn is_folder(pin: &str, folder: &Path) -> bool {
    let path = match (pin.strip_prefix("~/"), std::env::home_dir()) {
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(pin),
    };
    matches!((path.canonicalize(), folder.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projects_files_are_found_up_to_its_root_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for place in ["", "repo", "repo/inner", "repo/inner/deep"] {
            std::fs::create_dir_all(root.join(place).join(".openskills")).unwrap();
            std::fs::write(root.join(place).join(PROJECT_FILE), "").unwrap();
        }
        let inner = root.join("repo/inner");
        assert_eq!(project_policy_paths(&inner), [inner.join(PROJECT_FILE)]);
        std::fs::create_dir(root.join("repo/.git")).unwrap();
        assert_eq!(
            project_policy_paths(&inner),
            [root.join("repo").join(PROJECT_FILE), inner.join(PROJECT_FILE)]
        );
    }

    #[test]
    fn what_is_no_file_or_too_long_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.yaml");
        assert!(matches!(add(Policy::default(), Authority::User, &path), Err(PolicyLoadError::Io { .. })));
        assert!(matches!(
            add(Policy::default(), Authority::User, folder.path()),
            Err(PolicyLoadError::Io { .. })
        ));
        std::fs::write(&path, "#".repeat(MAX_POLICY_BYTES + 10)).unwrap();
        assert!(matches!(
            add(Policy::default(), Authority::User, &path),
            Err(PolicyLoadError::Invalid { .. })
        ));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(matches!(add(Policy::default(), Authority::User, &path), Err(PolicyLoadError::Io { .. })));
    }
}
