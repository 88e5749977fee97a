//! The scripts that come with a skill.

use serde::Serialize;

use super::Skill;
use super::resource;
use crate::manifest::ToolEntry;

/// A Python script of a skill's `scripts` folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Script {
    /// Its path within the skill's folder.
    pub path: String,
    /// Whether the skill offers it to agents: entries such as `Bash(python3 scripts/x.py *)` in its `allowed-tools`
    /// name those that it offers; without any, it offers all.
    pub offered: bool,
    /// How it is used, as far as that is known: see [`ScriptHelp`]. Of the first 100 scripts of a skill.
    pub help: Option<ScriptHelp>,
}

/// What a script says of how it is used. It is the skill's text: fit for a terminal, and no more to be believed than
/// the rest of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScriptHelp {
    /// The text, its lines free of control and invisible characters; at most 16 KiB.
    pub text: String,
    /// Whether the script printed it when it was asked with `--help`. Otherwise it is the docstring at its top.
    pub is_printed: bool,
    /// The module as which it answered, as `python3 -m` runs it, if it did not as a file.
    pub module: Option<String>,
}

impl Skill {
    /// Its Python files, those of `scripts` or all, sorted by path.
    pub(crate) fn python_files(&self, all: bool) -> Vec<String> {
        resource::list(&self.folder)
            .into_iter()
            .map(|resource| resource.path)
            .filter(|path| path.ends_with(".py") && (all || path.starts_with("scripts/")))
            .collect()
    }

    /// The scripts of its `scripts` folder, and those that its `allowed-tools` names elsewhere.
    pub(crate) fn scripts(&self) -> Vec<Script> {
        let named: Vec<&str> = self.manifest.allowed_tools.iter().filter_map(named_script).collect();
        self.python_files(true)
            .into_iter()
            .filter(|path| path.starts_with("scripts/") || named.contains(&path.as_str()))
            .map(|path| Script {
                offered: named.is_empty() || named.iter().any(|name| covers(name, &path)),
                path,
                help: None,
            })
            .collect()
    }
}

/// The script that an entry such as `Bash(python3 ${CLAUDE_SKILL_DIR}/scripts/x.py:*)` names.
fn named_script(entry: &ToolEntry) -> Option<&str> {
    let specifier = entry.specifier.as_deref().filter(|_| entry.tool == "Bash" && entry.is_valid())?;
    let mut words = specifier.split_whitespace();
    let first = words.next()?;
    let python = matches!(first.rsplit('/').next()?, "python" | "python3" | "uv");
    let word = match python {
        true => words.find(|word| word.contains(".py") || word.contains('*'))?,
        false => first,
    };
    let word = word.strip_suffix(":*").unwrap_or(word).trim_matches(['"', '\'']);
    let word = ["${CLAUDE_SKILL_DIR}/", "${SKILL_DIR}/", "./"]
        .into_iter()
        .find_map(|prefix| word.strip_prefix(prefix))
        .unwrap_or(word);
    (word.ends_with(".py") || word.ends_with("/*")).then_some(word)
}

fn covers(name: &str, path: &str) -> bool {
    match name.strip_suffix('*') {
        Some(folder) => path.starts_with(folder),
        None => name == path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<String> {
        named_script(&ToolEntry::parse(text).unwrap()).map(str::to_owned)
    }

    #[test]
    fn entries_name_scripts() {
        for (entry, expected) in [
            ("Bash(python3 scripts/x.py *)", Some("scripts/x.py")),
            ("Bash(python scripts/x.py:*)", Some("scripts/x.py")),
            ("Bash(python3 ${CLAUDE_SKILL_DIR}/scripts/x.py:*)", Some("scripts/x.py")),
            ("Bash(uv run scripts/x.py --all)", Some("scripts/x.py")),
            ("Bash(./scripts/x.py *)", Some("scripts/x.py")),
            ("Bash(python3 scripts/*)", Some("scripts/*")),
            ("Bash(python3 -c *)", None),
            ("Bash(python3:*)", None),
            ("Bash(git log)", None),
            ("Bash", None),
            ("Read(scripts/x.py)", None),
        ] {
            assert_eq!(named(entry).as_deref(), expected, "{entry}");
        }
    }

    #[test]
    fn a_pattern_covers_its_folder_alone() {
        assert!(covers("scripts/*", "scripts/a.py"));
        assert!(!covers("scripts/*", "other/a.py"));
        assert!(!covers("scripts/a.py", "scripts/b.py"));
    }
}
