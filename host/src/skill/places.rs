//! Where skills are looked for when nobody says where.

use std::path::{Path, PathBuf};

/// Folders for skills within a project, in their order.
pub(super) const PROJECT: [&str; 3] = [".openskills/skills", ".agents/skills", ".claude/skills"];

/// The standard places, those that exist, in their order: the project's, from `directory` up to the root of its
/// repository; the folders of `OPENSKILLS_PATH`; the user's, below `home`.
#[must_use]
pub fn standard_places(directory: &Path, path_variable: Option<&str>, home: Option<&Path>) -> Vec<PathBuf> {
    let mut places = Vec::new();
    for folder in directory.ancestors() {
        // The home directory's own places are the user's, not a project's.
        if home == Some(folder) {
            break;
        }
        places.extend(PROJECT.into_iter().map(|place| folder.join(place)));
        if folder.join(".git").exists() {
            break;
        }
    }
    places.extend(path_variable.into_iter().flat_map(|path| std::env::split_paths(path).collect::<Vec<_>>()));
    if let Some(home) = home {
        places.push(home.join(".config/openskills/skills"));
        places.extend(PROJECT.into_iter().map(|place| home.join(place)));
    }
    places.retain(|place| place.is_dir());
    places
}

/// Whether a folder is too much to be a workspace: the root, the home directory, or one that the home directory lies
/// in.
#[must_use]
pub fn is_broad(folder: &Path, home: Option<&Path>) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let home = home.and_then(|home| home.canonicalize().ok());
    folder.parent().is_none() || home.is_some_and(|home| home.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_and_the_home_directory_are_too_much() {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("home/me");
        std::fs::create_dir_all(home.join("project")).unwrap();
        assert!(is_broad(Path::new("/"), Some(&home)));
        assert!(is_broad(&home, Some(&home)));
        assert!(is_broad(&root.path().join("home"), Some(&home)));
        assert!(!is_broad(&home.join("project"), Some(&home)));
    }

    #[test]
    fn a_projects_places_come_before_the_users_and_stop_at_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let (home, outer) = (root.path().join("home"), root.path().join("outer"));
        for folder in [
            home.join(".claude/skills"),
            outer.join(".claude/skills"),
            outer.join("repo/.git"),
            outer.join("repo/.agents/skills"),
            outer.join("repo/sub/.openskills/skills"),
        ] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let places = standard_places(&outer.join("repo/sub"), None, Some(&home));
        assert_eq!(
            places,
            [
                outer.join("repo/sub/.openskills/skills"),
                outer.join("repo/.agents/skills"),
                home.join(".claude/skills"),
            ]
        );
    }
}
