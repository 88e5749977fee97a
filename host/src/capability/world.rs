//! The WIT world that the rights of a skill entitle it to: the contract in `wit/`, without what would not be linked.

use std::sync::Arc;

use super::capabilities::Capabilities;
use super::grant::grant;
use super::policy::Policy;
use super::rule::Kind;
use crate::manifest::ToolEntry;

/// One file of the package `openskills:skill`: its name, its text, and the right it takes to have it.
struct Part {
    name: &'static str,
    text: &'static str,
    kind: Option<Kind>,
}

const PARTS: [Part; 6] = [
    Part { name: "types.wit", text: include_str!("../../../wit/types.wit"), kind: None },
    Part { name: "fs.wit", text: include_str!("../../../wit/fs.wit"), kind: Some(Kind::Files) },
    Part { name: "http.wit", text: include_str!("../../../wit/http.wit"), kind: Some(Kind::Http) },
    Part { name: "env.wit", text: include_str!("../../../wit/env.wit"), kind: Some(Kind::Env) },
    Part { name: "log.wit", text: include_str!("../../../wit/log.wit"), kind: None },
    Part { name: WORLD, text: include_str!("../../../wit/world.wit"), kind: None },
];

/// The file with the worlds.
const WORLD: &str = "world.wit";

/// How every file of the package begins.
const PACKAGE: &str = "package openskills:skill@0.1.0;\n";

/// What a component may import by the front matter of its skill, as a WIT package.
///
/// Each interface is there if and only if a rule of its kind is requested and not taken away again by
/// `disallowed-tools`; `log` always is. A policy cannot add to it, and may take from it when the skill is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    kinds: Vec<Kind>,
}

/// A file of a WIT package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitFile {
    /// Its name, such as `fs.wit`.
    pub name: &'static str,
    /// Its whole text.
    pub text: String,
}

impl World {
    /// The world that these entries of `allowed-tools` and `disallowed-tools` entitle to.
    #[must_use]
    pub fn entitled(allowed: &[ToolEntry], disallowed: &[ToolEntry]) -> Self {
        let policy = Arc::new(Policy::trust_skills());
        Self::of(&grant(allowed, disallowed, policy).capabilities)
    }

    fn of(capabilities: &Capabilities) -> Self {
        let kinds = [Kind::Files, Kind::Http, Kind::Env];
        Self { kinds: kinds.into_iter().filter(|kind| capabilities.links(*kind)).collect() }
    }

    /// The imports that take a right and that this world has.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Whether the import of that kind is in it.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The package as files of one folder.
    #[must_use]
    pub fn files(&self) -> Vec<WitFile> {
        let there = PARTS.iter().filter(|part| self.holds(part));
        there.map(|part| WitFile { name: part.name, text: self.text_of(part) }).collect()
    }

    /// The names of all files that the package can have.
    pub fn file_names() -> impl Iterator<Item = &'static str> {
        PARTS.iter().map(|part| part.name)
    }

    /// The package as one file.
    #[must_use]
    pub fn text(&self) -> String {
        let bodies = self.files().into_iter().map(|file| match file.text.strip_prefix(PACKAGE) {
            Some(body) => body.to_owned(),
            None => file.text,
        });
        format!("{PACKAGE}{}", bodies.collect::<String>())
    }

    fn holds(&self, part: &Part) -> bool {
        part.kind.is_none_or(|kind| self.has(kind))
    }

    fn text_of(&self, part: &Part) -> String {
        if part.name != WORLD {
            return part.text.to_owned();
        }
        let missing: Vec<String> = PARTS
            .iter()
            .filter(|part| !self.holds(part))
            .filter_map(|part| part.name.strip_suffix(".wit"))
            .map(|interface| format!("import {interface};"))
            .collect();
        let kept = part.text.lines().filter(|line| !missing.iter().any(|import| line.trim() == import));
        kept.map(|line| format!("{line}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::parse_entries;

    fn world(allowed: &str) -> World {
        World::entitled(&parse_entries(allowed), &[])
    }

    fn names(world: &World) -> Vec<&'static str> {
        world.files().iter().map(|file| file.name).collect()
    }

    #[test]
    fn an_interface_is_there_with_a_rule_of_its_kind_and_not_without() {
        for (allowed, kinds, interface) in [
            ("Read(data/**)", [Kind::Files], "fs"),
            ("Edit(notes/**)", [Kind::Files], "fs"),
            ("WebFetch(domain:example.com)", [Kind::Http], "http"),
            ("Env(LANG)", [Kind::Env], "env"),
        ] {
            let with = world(allowed);
            assert_eq!(with.kinds(), kinds, "{allowed}");
            let import = format!("import {interface};");
            assert!(with.text().contains(&format!("interface {interface} {{")), "{allowed}");
            assert!(with.text().contains(&import), "{allowed}");
            let without = world("Bash, WebSearch");
            assert!(!without.text().contains(&format!("interface {interface} {{")), "{interface}");
            assert!(!without.text().contains(&import), "{interface}");
        }
    }

    #[test]
    fn what_grants_nothing_entitles_to_nothing() {
        for allowed in ["", "Env", "Env(*)", "read", "WebFetch(example.com", "Read(!x)", "*", "Bash(cat:*)"] {
            assert_eq!(world(allowed).kinds(), [], "{allowed}");
        }
        assert_eq!(names(&world("")), ["types.wit", "log.wit", "world.wit"]);
        let all = World::entitled(&parse_entries("Read, WebFetch, Env(A)"), &parse_entries("WebFetch"));
        assert_eq!(all.kinds(), [Kind::Files, Kind::Env]);
    }

    #[test]
    fn everything_requested_is_the_contract_itself() {
        let all = world("Read, WebFetch, Env(A)");
        assert_eq!(names(&all), World::file_names().collect::<Vec<_>>());
        for (file, part) in all.files().iter().zip(&PARTS) {
            assert_eq!(file.text, part.text);
            assert!(file.text.starts_with(PACKAGE), "{}", file.name);
        }
        assert_eq!(all.text().matches(PACKAGE).count(), 1);
    }
}
