//! Path resolution under both file doors: ask for the name as written, open its parent without following anything,
//! substitute links and ask again, then act on one name that is never followed.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::gate::{Gate, Request};
use super::guest_path::{GuestPath, Location, PathFault};
use super::mounts::{Mount, Mounts, open_directory};
use super::quota::Quota;
use super::scratch::Scratch;
use crate::audit::{Action, Refusal};
use crate::capability::{Decision, Denial, FileUse, Reason, Remedy};

/// Links that are followed in one path, as Linux has it.
const MAX_LINKS: usize = 40;

/// Entries that are looked through when a directory is renamed.
const MAX_SUBTREE: usize = 10_000;

/// Why a file operation did not happen.
#[derive(Clone, Debug)]
pub(crate) enum FileFault {
    /// It is refused, and recorded.
    Denied(Refusal),
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

/// A name in an open directory, decided upon: acting on it, never following it, is within the grant.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) parent: Arc<OwnedFd>,
    pub(crate) name: String,
    location: Location,
}

/// How to open a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OpenOptions {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) append: bool,
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
    pub(crate) directory: bool,
    pub(crate) follow: bool,
}

/// What was opened.
#[derive(Debug)]
pub(crate) enum Opened {
    File(File),
    Directory(File),
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

    /// Whether `path` may be used so by the rules alone, without asking anyone and without a record.
    pub(crate) fn is_allowed(&self, path: &GuestPath, usage: FileUse, directory: bool) -> bool {
        let location = self.mounts.locate(path, &self.gate.capabilities);
        matches!(self.decide(&location, usage, directory), Decision::Allow)
    }

    /// Resolves `path` for one use of it, links followed up to the last name, and that too if `follow`.
    pub(crate) async fn place(
        &self,
        path: &GuestPath,
        usage: FileUse,
        follow: bool,
    ) -> Result<Placed, FileFault> {
        let mut location = self.mounts.locate(path, &self.gate.capabilities);
        let writes = matches!(usage, FileUse::Write | FileUse::MakeDirectory);
        for _ in 0..MAX_LINKS {
            self.ask(&location, usage, path.directory).await?;
            let Some((mount, below)) = self.directory(&location)? else {
                // Asked and allowed, and in no mount: the root itself.
                let parent = Arc::clone(&self.mounts.root);
                return Ok(Placed { parent, name: ".".to_owned(), location });
            };
            if below.is_empty() {
                let parent = Arc::clone(&mount.dir);
                return Ok(Placed { parent, name: ".".to_owned(), location });
            }
            let (directory, name) = GuestPath::split(below);
            let link = match open_directory(&mount.dir, directory) {
                Ok(parent) => match read_link(&parent, name, follow)? {
                    None => {
                        let shared = !matches!(location, Location::Scratch(_));
                        if writes
                            && shared
                            && let Some(way) = self.mounts.protected.on_the_way(mount, below, &parent)
                        {
                            return Err(self.denied(
                                usage,
                                &self.shown(&location),
                                Reason::Protected(way),
                                Remedy::None,
                            ));
                        }
                        return Ok(Placed { parent, name: name.to_owned(), location });
                    }
                    Some(target) => Some((directory.to_owned(), target, String::new())),
                },
                Err(Errno::LOOP) => first_link(&mount.dir, directory)?.map(|(before, target, after)| {
                    let after = if after.is_empty() { name.to_owned() } else { format!("{after}/{name}") };
                    (before, target, after)
                }),
                Err(error) => return Err(error.into()),
            };
            // No link is found where the kernel saw one: it was swapped meanwhile. Once more.
            if let Some((before, target, after)) = link {
                location = self.substitute(&location, usage, &before, &target, &after)?;
            }
        }
        Err(Errno::LOOP.into())
    }

    /// Opens a file or directory, after asking for every right that the options need.
    pub(crate) async fn open(&self, path: &GuestPath, options: OpenOptions) -> Result<Opened, FileFault> {
        let writes = options.write || options.create || options.truncate || options.append;
        if writes && path.directory {
            return Err(Errno::ISDIR.into());
        }
        let follow = options.follow && !options.exclusive;
        let directory = options.directory || (path.directory && !writes);
        let read_use = if directory { FileUse::List } else { FileUse::Read };
        let placed = match (writes, options.read) {
            (true, false) => self.place(path, FileUse::Write, follow).await?,
            (true, true) => {
                self.place(path, FileUse::Read, follow).await?;
                self.place(path, FileUse::Write, follow).await?
            }
            (false, _) if directory || self.is_allowed(path, FileUse::Read, false) => {
                self.place(path, read_use, follow).await?
            }
            // A directory on the way to something granted may be opened without saying that it is one.
            (false, _) => {
                match self.is_allowed(path, FileUse::Look, false) && self.is_directory(path, follow).await? {
                    true => self.place(path, FileUse::List, follow).await?,
                    false => self.place(path, FileUse::Read, follow).await?,
                }
            }
        };
        self.open_placed(&placed, options, directory, writes)
    }

    /// A descriptor that can be asked for metadata and nothing else.
    pub(crate) async fn look(&self, path: &GuestPath, follow: bool) -> Result<File, FileFault> {
        let placed = self.place(path, FileUse::Look, follow).await?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&placed.parent, &placed.name, flags, Mode::empty())?;
        Ok(file.into())
    }

    pub(crate) async fn make_directory(&self, path: &GuestPath) -> Result<(), FileFault> {
        let placed = self.place(path, FileUse::MakeDirectory, false).await?;
        if placed.name == "." {
            return Err(Errno::EXIST.into());
        }
        self.quota.take_file()?;
        Ok(rustix::fs::mkdirat(&placed.parent, &placed.name, Mode::from_raw_mode(0o777))?)
    }

    /// Removes a file or link, or an empty directory.
    pub(crate) async fn remove(&self, path: &GuestPath, directory: bool) -> Result<(), FileFault> {
        let path = if directory { path.as_directory() } else { path.clone() };
        let placed = self.place(&path, FileUse::Write, false).await?;
        if placed.name == "." {
            return Err(Errno::BUSY.into());
        }
        let flags = if directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        Ok(rustix::fs::unlinkat(&placed.parent, &placed.name, flags)?)
    }

    /// Renames. The source is read and removed, the target written; a directory takes all below it along, so each
    /// entry must be within the grant on both sides.
    pub(crate) async fn rename(&self, source: &GuestPath, target: &GuestPath) -> Result<(), FileFault> {
        self.place(source, FileUse::Read, false).await?;
        let from = self.place(source, FileUse::Write, false).await?;
        let to = self.place(target, FileUse::Write, false).await?;
        if from.name == "." || to.name == "." {
            return Err(Errno::BUSY.into());
        }
        let kind = rustix::fs::statat(&from.parent, &from.name, AtFlags::SYMLINK_NOFOLLOW)
            .map(|stat| FileType::from_raw_mode(stat.st_mode))?;
        if kind == FileType::Directory {
            let mut left = MAX_SUBTREE;
            let directory = open_directory(&from.parent, &from.name)?;
            self.ask_subtree(&directory, &from.location, &to.location, &mut left).await?;
        }
        Ok(rustix::fs::renameat(&from.parent, &from.name, &to.parent, &to.name)?)
    }

    /// The text of a link.
    pub(crate) async fn read_link(&self, path: &GuestPath) -> Result<String, FileFault> {
        let placed = self.place(path, FileUse::Read, false).await?;
        read_link(&placed.parent, &placed.name, true)?.ok_or(FileFault::System(Errno::INVAL))
    }

    /// Records and refuses what no grant opens.
    pub(crate) fn never(&self, usage: FileUse, path: &GuestPath, why: &'static str) -> FileFault {
        let location = self.mounts.locate(path, &self.gate.capabilities);
        let request = Request { action: action(usage), target: &self.shown(&location) };
        FileFault::Denied(self.gate.refuse_always(request, why))
    }

    async fn is_directory(&self, path: &GuestPath, follow: bool) -> Result<bool, FileFault> {
        let placed = self.place(path, FileUse::Look, follow).await?;
        let stat = rustix::fs::statat(&placed.parent, &placed.name, AtFlags::SYMLINK_NOFOLLOW);
        Ok(stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory))
    }

    fn open_placed(
        &self,
        placed: &Placed,
        options: OpenOptions,
        directory: bool,
        writes: bool,
    ) -> Result<Opened, FileFault> {
        // Never blocking on a pipe, and never truncating before it is known to be a plain file.
        let mut flags = OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        flags |= match (writes, options.read) {
            (true, true) => OFlags::RDWR,
            (true, false) => OFlags::WRONLY,
            (false, _) => OFlags::RDONLY,
        };
        for (wanted, flag) in [
            (options.create, OFlags::CREATE),
            (options.exclusive, OFlags::EXCL),
            (options.append, OFlags::APPEND),
            (directory, OFlags::DIRECTORY),
        ] {
            if wanted {
                flags |= flag;
            }
        }
        if options.create {
            self.quota.take_file()?;
        }
        let opened = rustix::fs::openat(&placed.parent, &placed.name, flags, Mode::from_raw_mode(0o666));
        let file = match opened {
            // A pipe or device that cannot be opened so at all.
            Err(Errno::NXIO | Errno::NODEV) => return Err(self.special(placed, writes)),
            other => File::from(other?),
        };
        let stat = rustix::fs::fstat(&file)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                if options.truncate {
                    rustix::fs::ftruncate(&file, 0)?;
                }
                Ok(Opened::File(file))
            }
            FileType::Directory => Ok(Opened::Directory(file)),
            _ => Err(self.special(placed, writes)),
        }
    }

    fn special(&self, placed: &Placed, writes: bool) -> FileFault {
        let action = if writes { Action::Write } else { Action::Read };
        let request = Request { action, target: &self.shown(&placed.location) };
        FileFault::Denied(
            self.gate.refuse_always(request, "only files and directories are opened, no devices or pipes"),
        )
    }

    fn decide(&self, location: &Location, usage: FileUse, directory: bool) -> Decision {
        let reads = matches!(usage, FileUse::Look | FileUse::Read | FileUse::List);
        let deny = |reason, remedy| Decision::Deny(Denial { reason, remedy });
        let rules = |path: &str| self.gate.capabilities.decide_file(path, usage, directory);
        match location {
            Location::Root if matches!(usage, FileUse::Look | FileUse::List) => Decision::Allow,
            Location::Root | Location::Outside(_) => deny(Reason::Outside, Remedy::None),
            Location::Skill(_) if reads => Decision::Allow,
            Location::Scratch(_) => Decision::Allow,
            Location::Skill(_) => deny(Reason::SkillReadOnly, Remedy::None),
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

    async fn ask(&self, location: &Location, usage: FileUse, directory: bool) -> Result<(), FileFault> {
        let decision = self.decide(location, usage, directory);
        // Looks are frequent and only counted: no text is made for them.
        let target = match (&decision, usage) {
            (Decision::Allow, FileUse::Look) => String::new(),
            _ => self.shown(location),
        };
        let request = Request { action: action(usage), target: &target };
        self.gate.ask(request, decision).await.map_err(FileFault::Denied)
    }

    /// The location that a link leads to: relative to where the link is, and never out of its mount.
    fn substitute(
        &self,
        location: &Location,
        usage: FileUse,
        before: &str,
        target: &str,
        after: &str,
    ) -> Result<Location, FileFault> {
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
            Location::Scratch(_) => Location::Scratch(path),
            Location::Mount(position, _) => Location::Mount(*position, path),
            Location::Root | Location::Outside(_) => return Err(outside()),
        })
    }

    async fn ask_subtree(
        &self,
        directory: &Arc<OwnedFd>,
        from: &Location,
        to: &Location,
        left: &mut usize,
    ) -> Result<(), FileFault> {
        // Anew: the directory was opened as a place only, which cannot be read.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let readable = rustix::fs::openat(directory, ".", flags, Mode::empty())?;
        let entries = rustix::fs::Dir::new(readable)?.collect::<Result<Vec<_>, _>>()?;
        for entry in entries {
            let Ok(name) = entry.file_name().to_str() else {
                return Err(Errno::ILSEQ.into());
            };
            if matches!(name, "." | "..") {
                continue;
            }
            *left = left.checked_sub(1).ok_or(FileFault::System(Errno::TOOBIG))?;
            let (from, to) = (below(from, name), below(to, name));
            let is_directory = entry.file_type() == FileType::Directory;
            self.ask(&from, FileUse::Read, is_directory).await?;
            self.ask(&from, FileUse::Write, is_directory).await?;
            self.ask(&to, FileUse::Write, is_directory).await?;
            if let Some((mount, path)) = self.directory(&from)?
                && let Some(way) = self.mounts.protected.on_the_way(mount, path, directory)
            {
                return Err(self.denied(
                    FileUse::Write,
                    &self.shown(&from),
                    Reason::Protected(way),
                    Remedy::None,
                ));
            }
            if is_directory {
                let next = open_directory(directory, name)?;
                Box::pin(self.ask_subtree(&next, &from, &to, left)).await?;
            }
        }
        Ok(())
    }

    /// A location as rules and records show it: relative for the workspace, absolute for the rest.
    fn shown(&self, location: &Location) -> String {
        match location {
            Location::Root => "/".to_owned(),
            Location::Skill(path) => format!("/skill/{path}"),
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

    /// The directory that a location lies in, and the path below it; none for the root and for nowhere.
    fn directory<'a>(&'a self, location: &'a Location) -> Result<Option<(&'a Mount, &'a str)>, FileFault> {
        Ok(match location {
            Location::Root | Location::Outside(_) => None,
            Location::Skill(path) => Some((&self.mounts.skill, path)),
            Location::Scratch(path) => Some((self.scratch.mount()?, path)),
            Location::Workspace(path) => self.mounts.workspace.as_ref().map(|mount| (mount, path.as_str())),
            Location::Mount(position, path) => {
                self.mounts.further.get(*position).map(|(_, mount)| (mount, path.as_str()))
            }
        })
    }

    fn denied(&self, usage: FileUse, target: &str, reason: Reason, remedy: Remedy) -> FileFault {
        let request = Request { action: action(usage), target };
        FileFault::Denied(self.gate.refuse(request, &Denial { reason, remedy }))
    }
}

fn below(location: &Location, name: &str) -> Location {
    let join = |path: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    match location {
        Location::Skill(path) => Location::Skill(join(path)),
        Location::Scratch(path) => Location::Scratch(join(path)),
        Location::Workspace(path) => Location::Workspace(join(path)),
        Location::Mount(position, path) => Location::Mount(*position, join(path)),
        Location::Root | Location::Outside(_) => location.clone(),
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

/// The text of the link `name`; none if it is no link, or if nobody wants to follow it.
fn read_link(parent: &OwnedFd, name: &str, follow: bool) -> Result<Option<String>, Errno> {
    if !follow {
        return Ok(None);
    }
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
        if let Some(target) = read_link(&parent, name, true)? {
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
