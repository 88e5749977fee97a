//! The file tree of one call: which rules hold for a place in it, and what is asked and recorded.

use std::sync::Arc;

use rustix::io::Errno;

use super::gate::{Gate, Request};
use super::guest_path::{GuestPath, Location, PathFault};
use super::mounts::{Mount, Mounts};
use super::quota::Quota;
use super::scratch::Scratch;
use crate::audit::{Action, Refusal};
use crate::capability::{Decision, Denial, FileUse, Reason, Remedy};

/// Why a file operation did not happen.
#[derive(Clone, Debug)]
pub(crate) enum FileFault {
    /// It is refused, and recorded. The text is for the guest.
    Denied(String),
    /// The host's system said so.
    System(Errno),
}

impl From<Errno> for FileFault {
    fn from(error: Errno) -> Self {
        Self::System(error)
    }
}

impl From<std::io::Error> for FileFault {
    fn from(error: std::io::Error) -> Self {
        Self::System(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

/// The file tree of one call.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) mounts: Arc<Mounts>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) scratch: Arc<Scratch>,
    pub(crate) quota: Arc<Quota>,
}

impl Files {
    /// Joins what the guest wrote to the directory it is relative to. A path that climbs above the root is recorded.
    pub(crate) fn join(&self, base: &str, written: &str, usage: FileUse) -> Result<GuestPath, FileFault> {
        GuestPath::join(base, written).map_err(|fault| match fault {
            PathFault::Invalid => FileFault::System(Errno::INVAL),
            PathFault::TooLong => FileFault::System(Errno::NAMETOOLONG),
            PathFault::Climbs => {
                self.denied(usage, &format!("{base}/{written}"), Reason::Outside, Remedy::None)
            }
        })
    }

    /// Where a path leads.
    pub(super) fn locate(&self, path: &GuestPath) -> Location {
        self.mounts.locate(path, &self.gate.capabilities)
    }

    /// Whether `path` may be used so by the rules alone, without asking anyone and without a record.
    pub(crate) fn is_allowed(&self, path: &GuestPath, usage: FileUse, directory: bool) -> bool {
        matches!(self.decide(&self.locate(path), usage, directory), Decision::Allow)
    }

    /// Records and refuses what no grant opens.
    pub(crate) fn never(&self, usage: FileUse, path: &GuestPath, why: &'static str) -> FileFault {
        self.denied(usage, &self.shown(&self.locate(path)), Reason::Never(why), Remedy::None)
    }

    pub(super) fn decide(&self, location: &Location, usage: FileUse, directory: bool) -> Decision {
        let reads = matches!(usage, FileUse::Look | FileUse::Read | FileUse::List);
        let deny = |reason, remedy| Decision::Deny(Denial { reason, remedy });
        let rules = |path: &str| self.gate.capabilities.decide_file(path, usage, directory);
        match location {
            Location::Root if matches!(usage, FileUse::Look | FileUse::List) => Decision::Allow,
            Location::Root | Location::Outside(_) => deny(Reason::Outside, Remedy::None),
            Location::Skill(_) | Location::Packages(_) if reads => Decision::Allow,
            Location::Scratch(_) => Decision::Allow,
            Location::Skill(_) => deny(Reason::SkillReadOnly, Remedy::None),
            Location::Packages(_) => deny(Reason::Never("packages are read-only"), Remedy::None),
            Location::Workspace(_) if self.mounts.workspace.is_none() => deny(
                Reason::NoWorkspace,
                Remedy::Advice("give the call a workspace: `--workspace DIR`".to_owned()),
            ),
            Location::Workspace(path) => rules(path),
            Location::Mount(position, path) => match self.mounts.further.get(*position) {
                Some((_, mount)) if !reads && !mount.writable => deny(
                    Reason::Never("the mount is read-only"),
                    Remedy::Advice("mount it with `:rw`".to_owned()),
                ),
                Some((name, _)) if path.is_empty() => rules(name),
                Some((name, _)) => rules(&format!("{name}/{path}")),
                None => deny(Reason::Outside, Remedy::None),
            },
        }
    }

    pub(super) async fn ask(
        &self,
        location: &Location,
        usage: FileUse,
        directory: bool,
    ) -> Result<(), FileFault> {
        let decision = self.decide(location, usage, directory);
        // Looks are frequent and only counted: no text is made for them.
        let target = match (&decision, usage) {
            (Decision::Allow, FileUse::Look) => String::new(),
            _ => self.shown(location),
        };
        let request = Request { action: action(usage), target: &target };
        self.gate
            .ask(request, decision)
            .await
            .map_err(|refusal| FileFault::Denied(self.told(location, usage, directory, &refusal)))
    }

    /// What the guest is told of a refusal. A path outside is told as what it would be inside, where the rules do not
    /// let the guest know: otherwise the words would tell which names there are in the workspace.
    fn told(&self, location: &Location, usage: FileUse, directory: bool, refusal: &Refusal) -> String {
        let Location::Outside(shown) = location else { return refusal.explained() };
        let path = shown.trim_start_matches('/');
        match self.decide(&Location::Workspace(path.to_owned()), usage, directory) {
            Decision::Deny(denial) => Refusal::new(action(usage), path, &denial).explained(),
            Decision::Allow | Decision::Ask { .. } => refusal.explained(),
        }
    }

    /// A location as rules and records show it: relative for the workspace, absolute for the rest.
    pub(super) fn shown(&self, location: &Location) -> String {
        match location {
            Location::Root => "/".to_owned(),
            Location::Skill(path) => format!("/skill/{path}"),
            Location::Packages(path) => format!("/packages/{path}"),
            Location::Scratch(path) => format!("/tmp/{path}"),
            Location::Workspace(path) if path.is_empty() => ".".to_owned(),
            Location::Workspace(path) | Location::Outside(path) => path.clone(),
            Location::Mount(position, path) => match self.mounts.further.get(*position) {
                Some((name, _)) if path.is_empty() => name.clone(),
                Some((name, _)) => format!("{name}/{path}"),
                None => path.clone(),
            },
        }
    }

    /// A location as a path of the guest, from the root.
    pub(super) fn guest_path(&self, location: &Location) -> String {
        match location {
            Location::Root => String::new(),
            Location::Workspace(path) => GuestPath::below("workspace", path),
            Location::Skill(path) => GuestPath::below("skill", path),
            Location::Packages(path) => GuestPath::below("packages", path),
            Location::Scratch(path) => GuestPath::below("tmp", path),
            Location::Mount(position, path) => {
                let name = self.mounts.further.get(*position).map_or("", |(name, _)| name);
                GuestPath::below(name, path)
            }
            Location::Outside(shown) => shown.trim_start_matches('/').to_owned(),
        }
    }

    /// The directory that a location lies in, and the path below it; none for the root and for nowhere.
    pub(super) fn directory<'a>(
        &'a self,
        location: &'a Location,
    ) -> Result<Option<(&'a Mount, &'a str)>, FileFault> {
        Ok(match location {
            Location::Root | Location::Outside(_) => None,
            Location::Skill(path) => Some((&self.mounts.skill, path)),
            Location::Packages(path) => self.mounts.packages.as_ref().map(|mount| (mount, path.as_str())),
            Location::Scratch(path) => Some((self.scratch.mount()?, path)),
            Location::Workspace(path) => self.mounts.workspace.as_ref().map(|mount| (mount, path.as_str())),
            Location::Mount(position, path) => {
                self.mounts.further.get(*position).map(|(_, mount)| (mount, path.as_str()))
            }
        })
    }

    pub(super) fn denied(&self, usage: FileUse, target: &str, reason: Reason, remedy: Remedy) -> FileFault {
        let request = Request { action: action(usage), target };
        FileFault::Denied(self.gate.refuse(request, &Denial { reason, remedy }).explained())
    }
}

fn action(usage: FileUse) -> Action {
    match usage {
        FileUse::Look => Action::Look,
        FileUse::Read => Action::Read,
        FileUse::List => Action::List,
        FileUse::Write | FileUse::MakeDirectory => Action::Write,
    }
}
