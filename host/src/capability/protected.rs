//! Names that no skill may write below, whatever it requests.

use unicode_normalization::UnicodeNormalization;

/// Directories and files that change what people's tools do next: version control, editors, agents.
const NAMES: [&str; 12] = [
    ".git",
    ".openskills",
    ".claude",
    ".agents",
    ".vscode",
    ".idea",
    ".husky",
    ".mcp.json",
    ".envrc",
    "claude.md",
    "agents.md",
    "skill.md",
];

/// The protected parts of a path of the workspace: what a write must not touch.
///
/// Compared without case and in Unicode's NFC, as file systems that fold names would. `SKILL.md` is protected
/// wherever it would come to be: a skill must not make skills.
pub(super) fn protected(path: &str) -> impl Iterator<Item = &str> {
    let mut parent = String::new();
    path.split('/').filter(move |name| {
        let folded: String = name.nfc().flat_map(char::to_lowercase).collect();
        let found = (folded == "workflows" && parent == ".github") || NAMES.contains(&folded.as_str());
        parent = folded;
        found
    })
}

#[cfg(test)]
mod tests {
    use super::protected;

    #[test]
    fn protected_names_are_found_at_any_depth_and_in_any_case() {
        for path in [
            ".git/config",
            "a/.GIT/hooks/pre-commit",
            ".Claude/settings.json",
            "CLAUDE.md",
            "sub/agents.md",
            ".github/workflows/ci.yml",
            ".GitHub/Workflows/x",
            "new/SKILL.md",
            "new/skill.MD",
            ".envrc",
            ".mcp.json",
        ] {
            assert!(protected(path).next().is_some(), "{path}");
        }
    }

    #[test]
    fn names_that_only_look_alike_are_free() {
        for path in [".github/labels.yml", "workflows/a", ".gitignore", "git/config", "notes/claude.txt", "a"]
        {
            assert_eq!(protected(path).next(), None, "{path}");
        }
    }
}
