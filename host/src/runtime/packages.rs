//! Packages for scripts of a skill: added when a user says so, named where they are missing.

use std::path::Path;

use super::catalogue::Entry;
use super::open_skill_runtime::{Inner, OpenSkillRuntime};
use crate::call::Failure;
use crate::error::OpenSkillError;
use crate::interpreter::{InstallWatcher, PackageLock, Packages, declared, distribution, is_plain};
use crate::linker::{Mount, Mounts};
use crate::skill::resource_read;

impl OpenSkillRuntime {
    /// The packages that were added for a skill's scripts; none if none were.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`]; [`OpenSkillError::Io`] without a cache
    /// folder.
    pub fn packages(&self, skill_id: &str) -> Result<Option<PackageLock>, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        Ok(self.0.kept_packages()?.of_skill(&entry.skill.folder))
    }

    /// The packages that a skill declares: its SKILL.md in `metadata.python-packages` or behind `pip install` in
    /// `compatibility`, and its scripts in their headers (PEP 723). Nothing is fetched.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`].
    pub fn declared_packages(&self, skill_id: &str) -> Result<Vec<String>, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        let manifest = &entry.skill.manifest;
        let listed = manifest.metadata.get("python-packages").map(String::as_str);
        let mut found = declared(listed, manifest.compatibility.as_deref());
        for path in entry.skill.python_files(true) {
            let text = resource_read(&entry.skill.folder, &path).unwrap_or_default();
            for name in in_header(&String::from_utf8_lossy(&text)) {
                if !found.contains(&name) {
                    found.push(name);
                }
            }
        }
        Ok(found)
    }

    /// Fetches packages for a skill's scripts, with all that they depend on, and keeps them by digest: from then on
    /// its scripts can import them. Only wheels of Python alone are taken. Needs `python3` with pip, and a package
    /// index; a run needs neither. What was added before is resolved anew together with it.
    ///
    /// With `for_one_run` they are not the skill's: runs that name them in
    /// [`ScriptOptions::packages`](super::ScriptOptions) have them.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] if they cannot be had, have native code, or are no packages; otherwise those of
    /// [`OpenSkillRuntime::packages`].
    pub fn add_packages(
        &self,
        skill_id: &str,
        requirements: &[String],
        for_one_run: bool,
        watcher: &dyn InstallWatcher,
    ) -> Result<PackageLock, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        let added = self.0.kept_packages()?.add(&entry.skill.folder, requirements, for_one_run, watcher);
        added.map_err(|source| failed("the packages could not be added", source))
    }

    /// Takes packages away from a skill, by name. What is left is resolved anew.
    ///
    /// # Errors
    /// [`OpenSkillError::Io`] if one was not added; otherwise those of [`OpenSkillRuntime::add_packages`].
    pub fn remove_packages(
        &self,
        skill_id: &str,
        names: &[String],
        watcher: &dyn InstallWatcher,
    ) -> Result<Option<PackageLock>, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        let left = self.0.kept_packages()?.remove(&entry.skill.folder, names, watcher);
        left.map_err(|source| failed("the packages could not be removed", source))
    }

    /// Whether a run with these packages beside the skill's own would find them.
    ///
    /// # Errors
    /// Those of [`OpenSkillRuntime::packages`].
    pub fn has_packages(&self, skill_id: &str, requirements: &[String]) -> Result<bool, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        Ok(self.0.kept_packages()?.with(&entry.skill.folder, requirements).is_some())
    }
}

fn failed(context: &str, source: std::io::Error) -> OpenSkillError {
    OpenSkillError::Io { context: context.to_owned(), source, trace: None }
}

impl Inner {
    pub(super) fn kept_packages(&self) -> Result<Packages, OpenSkillError> {
        match &self.settings.cache {
            Some(cache) => Ok(Packages::below(cache)),
            None => Err(failed(
                "packages have no place",
                std::io::Error::other("this runtime has no cache folder"),
            )),
        }
    }

    /// The packages that a run has.
    ///
    /// # Errors
    /// If one that it names was not added.
    pub(super) fn packages_of_run(
        &self,
        entry: &Entry,
        requirements: &[String],
    ) -> Result<Option<PackageLock>, Failure> {
        let folder = &entry.skill.folder;
        let Ok(kept) = self.kept_packages() else { return Ok(None) };
        match requirements {
            [] => Ok(kept.of_skill(folder)),
            _ => match kept.with(folder, requirements) {
                Some(lock) => Ok(Some(lock)),
                None => Err(missing(entry, requirements)),
            },
        }
    }

    /// What to say where a script fails whose header declares packages that the run does not have. The script is run
    /// all the same, as `python3` runs it: it may not need them for what it is asked.
    pub(super) fn lacking(entry: &Entry, script: &str, lock: Option<&PackageLock>) -> Option<String> {
        let text = resource_read(&entry.skill.folder, script).unwrap_or_default();
        let beside = Path::new(script).parent().unwrap_or(Path::new("")).to_owned();
        let lacking: Vec<String> = in_header(&String::from_utf8_lossy(&text))
            .into_iter()
            .filter(|requirement| is_plain(requirement))
            .filter(|requirement| !lock.is_some_and(|lock| lock.has(requirement)))
            .filter(|requirement| !is_carried(entry, &beside, requirement))
            .take(MAX_NAMED)
            .collect();
        (!lacking.is_empty()).then(|| {
            let (names, command) = named(entry, &lacking);
            format!(
                "the header of `{}` declares packages that were not added: {names}; add them once: {command}",
                crate::capability::printable(script)
            )
        })
    }

    /// The folders of a call with those packages.
    pub(super) fn mounts_with(&self, mounts: &Mounts, lock: &PackageLock) -> Result<Mounts, Failure> {
        let site = self.kept_packages().map(|kept| kept.site(lock));
        let mount = site
            .map_err(|error| error.to_string())
            .and_then(|site| Mount::open(&site, false).map_err(|error| error.to_string()));
        match mount {
            Ok(mount) => Ok(mounts.with_packages(mount)),
            Err(message) => Err(Failure::Io { context: "the packages cannot be read".to_owned(), message }),
        }
    }
}

/// Packages that are named where a script lacks them.
const MAX_NAMED: usize = 20;

/// The modules of packages whose names differ from theirs.
const MODULES: [(&str, &str); 6] = [
    ("pyyaml", "yaml"),
    ("beautifulsoup4", "bs4"),
    ("python-dotenv", "dotenv"),
    ("python-dateutil", "dateutil"),
    ("python-docx", "docx"),
    ("pillow", "PIL"),
];

/// Whether the skill has the package's module beside the script, or in its own folder.
fn is_carried(entry: &Entry, beside: &Path, requirement: &str) -> bool {
    let name = distribution(requirement).to_lowercase();
    let known = MODULES.iter().find(|(package, _)| *package == name).map(|(_, module)| (*module).to_owned());
    let module = known.unwrap_or_else(|| name.replace(['-', '.'], "_"));
    let files = [format!("{module}.py"), format!("{module}/__init__.py")];
    let folders = [beside, Path::new("")];
    folders.iter().any(|folder| {
        let there =
            |file: &String| resource_read(&entry.skill.folder, &folder.join(file).to_string_lossy()).is_ok();
        files.iter().any(there)
    })
}

fn missing(entry: &Entry, requirements: &[String]) -> Failure {
    let (names, command) = named(entry, requirements);
    Failure::Io {
        context: format!("this run names packages that were not added: {names}"),
        message: format!("add them once: {command}"),
    }
}

/// Requirements as they are shown, and the command that adds them.
fn named(entry: &Entry, requirements: &[String]) -> (String, String) {
    let named: Vec<String> = requirements.iter().map(|text| crate::capability::printable(text)).collect();
    let quoted: Vec<String> = named.iter().map(|text| format!("'{}'", text.replace('\'', ""))).collect();
    let skill = &entry.skill.manifest.name;
    (format!("`{}`", named.join("`, `")), format!("`openskills packages add {skill} {}`", quoted.join(" ")))
}

/// The dependencies that a script's header (PEP 723) declares; nothing where it cannot be understood.
fn in_header(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| line.trim_end() != "# /// script").skip(1);
    let body: Vec<&str> = lines
        .take_while(|line| line.starts_with('#') && line.trim_end() != "# ///")
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    let body = body.join("\n");
    let Some((_, list)) =
        body.split_once("dependencies").filter(|(before, _)| before.is_empty() || before.ends_with('\n'))
    else {
        return Vec::new();
    };
    let Some(list) =
        list.trim_start().strip_prefix('=').map(str::trim_start).and_then(|list| list.strip_prefix('['))
    else {
        return Vec::new();
    };
    strings(list)
}

/// The strings of a TOML list, up to its end; each without escapes, as requirements are.
fn strings(list: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = list;
    while let Some(at) = rest.find(['"', '\'', ']', '#']) {
        let (_, from) = rest.split_at(at);
        let mut chars = from.chars();
        match chars.next() {
            Some(quote @ ('"' | '\'')) => {
                let Some((text, after)) = chars.as_str().split_once(quote) else { break };
                found.push(text.to_owned());
                rest = after;
            }
            // A comment; the list may go on below.
            Some('#') => rest = from.split_once('\n').map_or("", |(_, after)| after),
            _ => break,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::in_header;

    #[test]
    fn the_header_of_a_script_names_what_it_depends_on() {
        let text = "#!/usr/bin/env python3\n# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\n#   \
                    \"requests<3\", # [for] http\n#   'rich',\n#   \"x; python_version < '3'\"\n# ]\n# ///\nimport x\n";
        assert_eq!(in_header(text), ["requests<3", "rich", "x; python_version < '3'"]);
        assert_eq!(in_header("# /// script\n# dependencies = []\n# ///"), [""; 0]);
    }

    #[test]
    fn what_is_no_header_names_nothing() {
        for text in [
            "",
            "dependencies = ['x']",
            "# /// script\n",
            "# /// script\n# dependencies\n# ///",
            "# /// script\n# dependencies = ['x\n# ///",
            "# /// script\n# no-dependencies = ['x']\n# ///",
            "# /// script\n# ///\n# dependencies = ['x']",
        ] {
            assert_eq!(in_header(text), [""; 0], "{text}");
        }
    }
}
