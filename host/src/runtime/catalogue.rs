//! The skills that a runtime has loaded.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::clash::clash;
use super::offered::Described;
use super::policy_files::is_folder;
use super::ready::Ready;
use crate::call::Subject;
use crate::capability::{Capabilities, Note, Pin, Policy, grant};
use crate::error::OpenSkillError;
use crate::linker::Protected;
use crate::skill::{Skill, SkillFault, load_place, open};

/// Bytes of a component that are read to compare its digest with that of a policy's section.
const MAX_PINNED_BYTES: u64 = 256 << 20;

/// A loaded skill, with what its calls share.
pub(super) struct Entry {
    pub(super) skill: Skill,
    pub(super) ready: OnceLock<Ready>,
    /// The same for its scripts, which run in an interpreter of ours.
    pub(super) scripts: OnceLock<Ready>,
    /// What its component says of itself, for agents.
    pub(super) described: OnceLock<Arc<Described>>,
    policy: Arc<Policy>,
    rights: OnceLock<Rights>,
}

/// What a skill may do under the runtime's policy. Made at its first use: of a collection of thousands, whose rules
/// all have to be compiled, a few are ever called.
pub(super) struct Rights {
    pub(super) capabilities: Arc<Capabilities>,
    /// The digest that the component must have for these rights, if a section of the policy names one.
    pub(super) pinned: Option<String>,
    pub(super) notes: Vec<Note>,
    pub(super) subject: Subject,
}

/// All loaded skills by name, and those that could not be.
#[derive(Default)]
pub(super) struct Catalogue {
    pub(super) entries: BTreeMap<String, Arc<Entry>>,
    pub(super) faults: Vec<SkillFault>,
    /// What no skill may write.
    pub(super) protected: Protected,
    pub(super) searched: Vec<PathBuf>,
}

impl Entry {
    pub(super) fn new(skill: Skill, policy: &Arc<Policy>) -> Self {
        Self {
            skill,
            ready: OnceLock::new(),
            scripts: OnceLock::new(),
            described: OnceLock::new(),
            policy: Arc::clone(policy),
            rights: OnceLock::new(),
        }
    }

    pub(super) fn rights(&self) -> &Rights {
        self.rights.get_or_init(|| Rights::new(&self.skill, &self.policy))
    }
}

impl Rights {
    fn new(skill: &Skill, policy: &Arc<Policy>) -> Self {
        let (policy, pinned) = sections(skill, policy);
        let granted = grant(&skill.manifest.allowed_tools, &skill.manifest.disallowed_tools, policy);
        let capabilities = granted.capabilities;
        let subject = Subject {
            skill: skill.manifest.name.clone(),
            version: skill.manifest.version.clone(),
            manifest_digest: skill.manifest_digest.clone(),
            artifact: skill.artifact(),
            requested: capabilities.requested().iter().map(ToString::to_string).collect(),
            granted: capabilities.granted().map(ToString::to_string).collect(),
        };
        let capabilities = Arc::new(capabilities);
        Self { capabilities, pinned, notes: granted.notes, subject }
    }
}

/// The policy for one skill, and the digest that its component must keep for it.
fn sections(skill: &Skill, policy: &Arc<Policy>) -> (Arc<Policy>, Option<String>) {
    let digest = OnceCell::new();
    let used = Cell::new(false);
    let is_pinned = |pin: &Pin| {
        let folder = pin.folder.as_deref().is_none_or(|folder| is_folder(folder, &skill.folder));
        folder
            && pin.sha256.as_ref().is_none_or(|expected| {
                let component =
                    || skill.read_artifact(MAX_PINNED_BYTES).map(|artifact| artifact.digest().to_owned());
                let holds = digest.get_or_init(|| component().ok()).as_ref() == Some(expected);
                used.set(used.get() || holds);
                holds
            })
    };
    match policy.for_skill(&skill.manifest.name, is_pinned) {
        Some(own) => (Arc::new(own), digest.into_inner().flatten().filter(|_| used.get())),
        None => (Arc::clone(policy), None),
    }
}

impl Catalogue {
    /// Reads the skills of all places, in their order: of two with one name the first is kept and the other reported.
    pub(super) fn load(
        places: &[PathBuf],
        protected: &[PathBuf],
        policy: &Arc<Policy>,
    ) -> Result<Self, OpenSkillError> {
        let mut catalogue = Self { searched: places.to_vec(), ..Self::default() };
        for place in places {
            let discovered = load_place(place)?;
            catalogue.protect(place);
            catalogue.faults.extend(discovered.faults);
            for skill in discovered.skills {
                catalogue.protect(&skill.folder);
                catalogue.add(skill, policy);
            }
        }
        for path in protected {
            catalogue.protect(path);
        }
        Ok(catalogue)
    }

    /// Adds the skill in one folder, whatever has its name already.
    pub(super) fn open(&mut self, folder: &Path, policy: &Arc<Policy>) -> Result<Arc<Entry>, OpenSkillError> {
        let (skill, faults) = open(folder)?;
        if !faults.is_empty() {
            self.faults.push(SkillFault { path: skill.manifest_path.clone(), refused: false, faults });
        }
        self.protect(&skill.folder);
        let entry = Arc::new(Entry::new(skill, policy));
        self.entries.insert(entry.skill.manifest.name.clone(), Arc::clone(&entry));
        Ok(entry)
    }

    pub(super) fn protect(&mut self, path: &Path) {
        self.protected.add(path);
    }

    /// The skill of that name, or why there is none.
    pub(super) fn find(&self, id: &str) -> Result<Arc<Entry>, OpenSkillError> {
        if let Some(entry) = self.entries.get(id) {
            return Ok(Arc::clone(entry));
        }
        let of_that_folder = |fault: &&SkillFault| {
            let is_manifest = fault.path.extension().is_some_and(|extension| extension == "md");
            fault.refused
                && is_manifest
                && fault.path.parent().and_then(Path::file_name).is_some_and(|name| name == id)
        };
        if let Some(fault) = self.faults.iter().find(of_that_folder) {
            return Err(OpenSkillError::InvalidManifest {
                path: fault.path.clone(),
                faults: fault.faults.clone(),
            });
        }
        Err(OpenSkillError::SkillNotFound {
            id: id.to_owned(),
            nearest: nearest(id, self.entries.keys()),
            searched: self.searched.clone(),
        })
    }

    fn add(&mut self, skill: Skill, policy: &Arc<Policy>) {
        if let Some(first) = self.entries.get(&skill.manifest.name) {
            // The same folder, reached through another place or link.
            if first.skill.manifest_path == skill.manifest_path {
                return;
            }
            self.faults.push(clash(&skill, &first.skill));
            return;
        }
        let entry = Entry::new(skill, policy);
        self.entries.insert(entry.skill.manifest.name.clone(), Arc::new(entry));
    }
}

/// The names most like `id`: at most three, best first, none that is mostly different.
fn nearest<'a>(id: &str, names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut scored: Vec<(usize, &String)> = names
        .map(|name| (strsim::damerau_levenshtein(id, name), name))
        .filter(|(distance, name)| *distance <= 2.max(name.chars().count() / 3) || name.contains(id))
        .collect();
    scored.sort();
    scored.into_iter().take(3).map(|(_, name)| name.clone()).collect()
}
