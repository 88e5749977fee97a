//! `place`: path resolution under both file doors. Ask for the name as written, open its parent without following
//! anything, substitute links and ask again, until one name in one open directory is left.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Stat};
use rustix::io::Errno;

use super::files::{FileFault, Files};
use super::guest_path::{GuestPath, Location, PathFault};
use super::mounts::open_directory;
use crate::capability::{Decision, FileUse, Reason, Remedy};

/// Links that are followed in one path, as Linux has it.
const MAX_LINKS: usize = 40;

/// A name in an open directory, decided upon: acting on it, never following it, is within the grant.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(super) parent: Arc<OwnedFd>,
    pub(super) name: String,
    pub(super) location: Location,
    /// What the name stood for when it was decided; none if it was not there.
    pub(super) stat: Option<Stat>,
}

impl Placed {
    /// What the name stands for.
    pub(crate) fn stat(&self) -> Result<&Stat, Errno> {
        self.stat.as_ref().ok_or(Errno::NOENT)
    }

    /// Whether the name stands for something of this kind.
    pub(super) fn is(&self, kind: FileType) -> bool {
        self.stat.as_ref().is_some_and(|stat| FileType::from_raw_mode(stat.st_mode) == kind)
    }

    /// Whether the name is the root of a mount, or the root of all, which can be neither removed nor renamed.
    pub(super) fn is_root(&self) -> bool {
        self.name == "."
    }
}

impl Files {
    /// Resolves `path` for these uses of it, links followed up to the last name, and that too if `follow`.
    ///
    /// A path that is written as a directory and stands for something else is an error, but for what makes one.
    pub(crate) async fn place(
        &self,
        path: &GuestPath,
        uses: &[FileUse],
        follow: bool,
    ) -> Result<Placed, FileFault> {
        let mut location = self.locate(path);
        for _ in 0..MAX_LINKS {
            for &usage in uses {
                self.ask(&location, usage, path.directory).await?;
            }
            let (base, below) = match self.directory(&location)? {
                Some((mount, below)) => (&mount.dir, below),
                // Asked and allowed, and in no mount: the root itself.
                None => (&self.mounts.root, ""),
            };
            if below.is_empty() {
                let (parent, name) = (Arc::clone(base), ".".to_owned());
                let stat = Some(rustix::fs::fstat(&parent)?);
                return Ok(Placed { parent, name, location, stat });
            }
            let (directory, name) = GuestPath::split(below);
            let link = match open_directory(base, directory) {
                Ok(parent) => {
                    let stat = match rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
                        Ok(stat) => Some(stat),
                        Err(Errno::NOENT) => None,
                        Err(error) => return Err(error.into()),
                    };
                    let name = name.to_owned();
                    let placed = Placed { parent, name, location: location.clone(), stat };
                    match (follow && placed.is(FileType::Symlink))
                        .then(|| read_link(&placed.parent, &placed.name))
                    {
                        None => return self.settle(placed, path.directory, uses).await,
                        Some(target) => target?.map(|target| (directory.to_owned(), target, String::new())),
                    }
                }
                Err(Errno::LOOP) => first_link(base, directory)?.map(|(before, target, after)| {
                    let after = if after.is_empty() { name.to_owned() } else { format!("{after}/{name}") };
                    (before, target, after)
                }),
                Err(error) => return Err(error.into()),
            };
            // No link is found where the kernel saw one: it was swapped meanwhile. Once more.
            if let Some((before, target, after)) = link {
                location = self.substitute(&location, uses, &before, &target, &after)?;
            }
        }
        Err(Errno::LOOP.into())
    }

    /// The last questions about a name, now that it is known what it stands for.
    async fn settle(&self, placed: Placed, directory: bool, uses: &[FileUse]) -> Result<Placed, FileFault> {
        let is_directory = placed.is(FileType::Directory);
        // A rule for directories only, `data/`, could not be held against a name alone.
        if is_directory && !directory {
            self.ask_as_directory(&placed.location, uses).await?;
        }
        let writes = uses.iter().any(|usage| matches!(usage, FileUse::Write | FileUse::MakeDirectory));
        if writes && let Some(way) = self.protection(&placed)? {
            let shown = self.shown(&placed.location);
            return Err(self.denied(FileUse::Write, &shown, Reason::Protected(way), Remedy::None));
        }
        let makes = uses.contains(&FileUse::MakeDirectory);
        if directory && !makes && placed.stat.is_some() && !is_directory {
            return Err(Errno::NOTDIR.into());
        }
        Ok(placed)
    }

    /// What of a name, or of the way to it, no skill may write.
    pub(super) fn protection(&self, placed: &Placed) -> Result<Option<String>, FileFault> {
        let shared = !matches!(placed.location, Location::Scratch(_));
        Ok(self
            .directory(&placed.location)?
            .filter(|_| shared)
            .and_then(|(mount, below)| self.mounts.protected.on_the_way(mount, below, &placed.parent)))
    }

    /// Asks again, where it makes a difference that the location is a directory.
    pub(super) async fn ask_as_directory(
        &self,
        location: &Location,
        uses: &[FileUse],
    ) -> Result<(), FileFault> {
        for &usage in uses {
            if !matches!(self.decide(location, usage, true), Decision::Allow) {
                self.ask(location, usage, true).await?;
            }
        }
        Ok(())
    }

    /// The location that a link leads to: relative to where the link is, and never out of its mount.
    pub(super) fn substitute(
        &self,
        location: &Location,
        uses: &[FileUse],
        before: &str,
        target: &str,
        after: &str,
    ) -> Result<Location, FileFault> {
        let usage = uses.first().copied().unwrap_or(FileUse::Look);
        let outside = || self.denied(usage, &self.shown(location), Reason::Outside, Remedy::None);
        if target.starts_with('/') {
            return Err(outside());
        }
        let written = if after.is_empty() { target.to_owned() } else { format!("{target}/{after}") };
        let path = match GuestPath::join(before, &written) {
            Ok(path) => path.text().to_owned(),
            Err(PathFault::Climbs) => return Err(outside()),
            Err(PathFault::Invalid) => return Err(Errno::NOENT.into()),
            Err(PathFault::TooLong) => return Err(Errno::NAMETOOLONG.into()),
        };
        Ok(match location {
            Location::Workspace(_) => Location::Workspace(path),
            Location::Skill(_) => Location::Skill(path),
            Location::Packages(_) => Location::Packages(path),
            Location::Scratch(_) => Location::Scratch(path),
            Location::Mount(position, _) => Location::Mount(*position, path),
            Location::Root | Location::Outside(_) => return Err(outside()),
        })
    }
}

/// The text of the link `name`; none if it is none.
pub(super) fn read_link(parent: &OwnedFd, name: &str) -> Result<Option<String>, Errno> {
    match rustix::fs::readlinkat(parent, name, Vec::new()) {
        Ok(target) => target.into_string().map(Some).map_err(|_| Errno::ILSEQ),
        Err(Errno::INVAL | Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The first link on the way `path`: what is before it, its text, what is after it.
fn first_link(base: &Arc<OwnedFd>, path: &str) -> Result<Option<(String, String, String)>, Errno> {
    let mut before = String::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('/').unwrap_or((rest, ""));
        let parent = open_directory(base, &before)?;
        if let Some(target) = read_link(&parent, name)? {
            return Ok(Some((before, target, after.to_owned())));
        }
        if !before.is_empty() {
            before.push('/');
        }
        before.push_str(name);
        rest = after;
    }
    Ok(None)
}
