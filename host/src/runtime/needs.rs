//! What a component can ask for beside what it may have: by its imports, function by function, without running it.

use serde::Serialize;

use crate::audit::Refusal;
use crate::capability::{Capabilities, Kind, Reach, Rule};
use crate::linker::Import;

/// The functions of `openskills:skill/fs` that change something.
const WRITING: [&str; 5] = ["write", "append", "make-dir", "remove", "rename"];

/// The functions of `wasi:filesystem/types` that only look or read. Opening may create, so it is not among them.
const READING: [&str; 13] = [
    "[method]descriptor.read",
    "[method]descriptor.read-via-stream",
    "[method]descriptor.read-directory",
    "[method]descriptor.get-flags",
    "[method]descriptor.get-type",
    "[method]descriptor.stat",
    "[method]descriptor.stat-at",
    "[method]descriptor.readlink-at",
    "[method]descriptor.metadata-hash",
    "[method]descriptor.metadata-hash-at",
    "[method]descriptor.is-same-object",
    "[method]descriptor.advise",
    "[method]directory-entry-stream.read-directory-entry",
];

/// Something that a component imports and will be refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The interface.
    pub import: String,
    /// The functions of it that are refused; empty for all.
    pub functions: Vec<String>,
    /// Why, and when.
    pub message: String,
    /// The line to add.
    pub remedy: String,
}

/// A right that nothing in a component can use, or of which that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excess {
    /// The rule of the skill.
    pub rule: String,
    /// Why it is of no use.
    pub message: String,
    /// The line to drop or to write in its place; empty if it cannot be told.
    pub remedy: String,
}

/// Imports and rights side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// What it needs and may not have.
    pub missing: Vec<Gap>,
    /// What it may have and cannot use.
    pub unused: Vec<Excess>,
    /// What it may have, and whether it uses that cannot be told from its imports.
    pub untold: Vec<Excess>,
}

impl Needs {
    pub(super) fn new(imports: &[Import], capabilities: &Capabilities, refused: &[Refusal]) -> Self {
        let mut needs = Self {
            missing: refused
                .iter()
                .map(|refusal| Gap {
                    import: refusal.target.clone(),
                    functions: Vec::new(),
                    message: format!("refused before any code runs: {}", refusal.reason),
                    remedy: refusal.remedy.clone(),
                })
                .collect(),
            ..Self::default()
        };
        let imports = Imports::new(imports);
        needs.missing.extend(imports.writes_in_vain(capabilities));
        for rule in capabilities.granted() {
            let excess = |message: &str, remedy: String| Excess {
                rule: rule.text().to_owned(),
                message: message.to_owned(),
                remedy,
            };
            let drop = || format!("drop `{rule}` from `allowed-tools`");
            match imports.use_of(rule) {
                Use::Told => {}
                Use::None(message) => needs.unused.push(excess(message, drop())),
                Use::ReadOnly => {
                    let pattern = match rule.reach() {
                        Reach::Write(pattern) if !pattern.is_everything() => {
                            format!("Read({})", pattern.text())
                        }
                        _ => "Read".to_owned(),
                    };
                    let message = "nothing that it imports can write: it can never use more than reading";
                    needs.unused.push(excess(message, format!("write `{pattern}` in place of `{rule}`")));
                }
                Use::Untold(message) => needs.untold.push(excess(message, String::new())),
            }
        }
        needs
    }
}

/// What the imports say about a rule.
enum Use {
    /// They use it.
    Told,
    /// They cannot.
    None(&'static str),
    /// They use its reading half at most.
    ReadOnly,
    /// They are there in every program of their kind.
    Untold(&'static str),
}

struct Imports<'a> {
    fs: Option<&'a Import>,
    wasi_files: Option<&'a Import>,
    http: bool,
    env: bool,
    wasi_env: bool,
}

impl<'a> Imports<'a> {
    fn new(imports: &'a [Import]) -> Self {
        let find = |name: &str| imports.iter().find(|import| import.interface() == name);
        Self {
            fs: find("openskills:skill/fs"),
            wasi_files: find("wasi:filesystem/types"),
            http: imports.iter().any(|import| {
                let name = import.interface();
                name == "openskills:skill/http" || name.starts_with("wasi:http/")
            }),
            env: find("openskills:skill/env").is_some(),
            wasi_env: find("wasi:cli/environment").is_some(),
        }
    }

    /// The functions of `openskills:skill/fs` that write.
    fn writing(&self) -> Vec<String> {
        let functions = self.fs.map(|import| import.functions.as_slice()).unwrap_or_default();
        functions.iter().filter(|name| WRITING.contains(&name.as_str())).cloned().collect()
    }

    fn use_of(&self, rule: &Rule) -> Use {
        let wasi_writes = self
            .wasi_files
            .is_some_and(|import| import.functions.iter().any(|name| !READING.contains(&name.as_str())));
        match (rule.reach(), rule.kind()) {
            (_, Kind::Files) if self.fs.is_none() && self.wasi_files.is_none() => {
                Use::None("it imports no interface for files")
            }
            (Reach::Write(_), _) if !self.writing().is_empty() => Use::Told,
            (Reach::Write(_), _) if wasi_writes => Use::Untold(
                "it imports `wasi:filesystem`, which comes whole with its language's library: whether it writes cannot be told",
            ),
            (Reach::Write(_), _) => Use::ReadOnly,
            (Reach::Read(_), _) if self.fs.is_some() => Use::Told,
            (Reach::Read(_), _) => Use::Untold(
                "it imports `wasi:filesystem`, which comes whole with its language's library: whether it reads files cannot be told",
            ),
            (Reach::Http(_), _) if self.http => Use::Told,
            (Reach::Http(_), _) => Use::None("it imports no interface for http"),
            (Reach::Env(_), _) if self.env => Use::Told,
            (Reach::Env(_), _) if self.wasi_env => Use::Untold(
                "it imports `wasi:cli/environment`, as nearly every program does: whether it reads variables cannot be told",
            ),
            (Reach::Env(_), _) => Use::None("it imports no interface for environment variables"),
        }
    }

    /// Functions that write, where files are granted and writing is not.
    fn writes_in_vain(&self, capabilities: &Capabilities) -> Option<Gap> {
        let (fs, functions) = (self.fs?, self.writing());
        let writes = |rule: &&Rule| matches!(rule.reach(), Reach::Write(_));
        if functions.is_empty() || !capabilities.links(Kind::Files) || capabilities.writes() {
            return None;
        }
        let denied = capabilities.requested().iter().find(writes);
        let (message, remedy) = match denied {
            None => (
                "each call of these is refused: no entry of `allowed-tools` requests writing".to_owned(),
                "add to SKILL.md: `allowed-tools: Edit(…)`, with the pattern of what it writes".to_owned(),
            ),
            Some(rule) => {
                let told = capabilities.explain().into_iter().find(|told| told.rule == rule.text());
                let part = told.and_then(|told| told.parts.into_iter().next());
                part.map_or_else(Default::default, |part| {
                    (format!("each call of these is refused: {}", part.because), part.change)
                })
            }
        };
        Some(Gap { import: fs.name.clone(), functions, message, remedy })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::capability::{Policy, grant};
    use crate::manifest::parse_entries;

    fn import(name: &str, functions: &[&str]) -> Import {
        Import {
            name: format!("{name}@0.1.0"),
            functions: functions.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn needs(imports: &[Import], allowed: &str, policy: Policy) -> Needs {
        let granted = grant(&parse_entries(allowed), &[], Arc::new(policy));
        Needs::new(imports, &granted.capabilities, &[])
    }

    #[test]
    fn what_nothing_can_use_is_to_be_dropped() {
        let reader = [import("openskills:skill/fs", &["read", "stat"])];
        let found = needs(&reader, "Edit(notes/**), WebFetch, Env(A)", Policy::default());
        let told: Vec<(&str, &str)> =
            found.unused.iter().map(|excess| (excess.rule.as_str(), excess.remedy.as_str())).collect();
        assert_eq!(
            told,
            [
                ("Edit(notes/**)", "write `Read(notes/**)` in place of `Edit(notes/**)`"),
                ("WebFetch", "drop `WebFetch` from `allowed-tools`"),
                ("Env(A)", "drop `Env(A)` from `allowed-tools`"),
            ]
        );
        assert_eq!(needs(&[], "Read", Policy::default()).unused.len(), 1);
        assert!(needs(&reader, "Read(a)", Policy::default()) == Needs::default());
        // What the policy takes away is not had.
        assert!(needs(&reader, "WebFetch", Policy::default().deny("WebFetch").unwrap()).unused.is_empty());
    }

    #[test]
    fn what_is_needed_and_not_had_names_the_line_to_add() {
        let writer = [import("openskills:skill/fs", &["read", "write", "remove"])];
        let found = needs(&writer, "Read", Policy::default());
        assert_eq!(found.missing[0].functions, ["write", "remove"]);
        assert!(found.missing[0].remedy.contains("allowed-tools: Edit"), "{found:?}");
        let found = needs(&writer, "Read, Edit(a)", Policy::default().deny("Edit").unwrap());
        assert!(found.missing[0].remedy.contains("remove the deny rule `Edit`"), "{found:?}");
        assert!(needs(&writer, "Read, Edit(a)", Policy::default()).missing.is_empty());
    }

    #[test]
    fn what_comes_whole_with_a_language_cannot_be_told() {
        let std = [
            import("wasi:filesystem/types", &["[method]descriptor.open-at", "[method]descriptor.stat"]),
            import("wasi:cli/environment", &["get-environment"]),
        ];
        let found = needs(&std, "Read, Edit(a), Env(A)", Policy::default());
        assert_eq!((found.untold.len(), found.unused.len(), found.missing.len()), (3, 0, 0));
        // One that cannot even open can be told.
        let looks = [import("wasi:filesystem/types", &["[method]descriptor.stat"])];
        assert_eq!(needs(&looks, "Edit(a)", Policy::default()).unused.len(), 1);
    }
}
