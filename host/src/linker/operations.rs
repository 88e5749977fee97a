//! What can be done with a path of the guest, the same under both doors: decide, then act on one name.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, Timestamps};
use rustix::io::Errno;

use super::files::{FileFault, Files};
use super::guest_path::{GuestPath, Location};
use super::mounts::open_directory;
use super::place::{Placed, read_link};
use crate::capability::{Decision, FileUse, Reason, Remedy};

/// Entries that are looked through when a directory is renamed.
const MAX_SUBTREE: usize = 10_000;

/// How often an open begins anew because the name has come to stand for something else meanwhile.
const MAX_SWAPS: usize = 16;

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
    /// `O_SYNC` or `O_DSYNC`, or nothing.
    pub(crate) sync: Option<OFlags>,
}

/// What was opened, and where it was found.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) directory: bool,
    pub(crate) location: Location,
    /// The size of the file when it was opened.
    pub(crate) size: u64,
}

/// What a name to remove must stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// A file or link.
    File,
    /// An empty directory.
    Directory,
    /// Either.
    Any,
}

impl Files {
    /// Opens a file or directory, after asking for every right that the options need.
    pub(crate) async fn open(&self, path: &GuestPath, options: OpenOptions) -> Result<Opened, FileFault> {
        let writes = options.write || options.create || options.truncate || options.append;
        let exclusive = options.create && options.exclusive;
        let follow = (options.follow || path.directory) && !exclusive;
        let directory = options.directory || (path.directory && !writes);
        let uses: &[FileUse] = match (writes, options.read) {
            (true, false) => &[FileUse::Write],
            (true, true) => &[FileUse::Read, FileUse::Write],
            (false, _) if directory => &[FileUse::List],
            // A directory on the way to something granted may be opened without saying that it is one.
            (false, _)
                if !self.is_allowed(path, FileUse::Read, false)
                    && self.is_allowed(path, FileUse::Look, false)
                    && self.place(path, &[FileUse::Look], follow).await?.is(FileType::Directory) =>
            {
                &[FileUse::List]
            }
            (false, _) => &[FileUse::Read],
        };
        for _ in 0..MAX_SWAPS {
            let placed = self.place(path, uses, follow).await?;
            if writes && path.directory {
                return Err(Errno::ISDIR.into());
            }
            if let Some(opened) = self.open_placed(placed, options, directory, writes)? {
                return Ok(opened);
            }
        }
        Err(Errno::AGAIN.into())
    }

    /// What the path stands for.
    pub(crate) async fn look(&self, path: &GuestPath, follow: bool) -> Result<Stat, FileFault> {
        let placed = self.place(path, &[FileUse::Look], follow || path.directory).await?;
        Ok(*placed.stat()?)
    }

    /// Makes a directory. Of what is there and may be looked at it says so, as Linux does, whatever may be made:
    /// programs make the folder of every file that they write, and that is no use of a right.
    pub(crate) async fn make_directory(&self, path: &GuestPath) -> Result<(), FileFault> {
        if let Decision::Allow = self.decide(&self.locate(path), FileUse::Look, path.directory)
            && let Ok(placed) = self.place(path, &[FileUse::Look], false).await
            && placed.is(FileType::Directory)
            && self.protection(&placed)?.is_none()
        {
            return Err(Errno::EXIST.into());
        }
        let placed = self.place(path, &[FileUse::MakeDirectory], false).await?;
        if placed.stat.is_some() {
            return Err(Errno::EXIST.into());
        }
        self.quota.take_file()?;
        rustix::fs::mkdirat(&placed.parent, &placed.name, Mode::from_raw_mode(0o777))
            .inspect_err(|_| self.quota.give_back_file())?;
        Ok(())
    }

    /// Removes a file or link, or an empty directory.
    pub(crate) async fn remove(&self, path: &GuestPath, what: Removal) -> Result<(), FileFault> {
        let placed = match what {
            Removal::Directory => self.place(&path.as_directory(), &[FileUse::Write], false).await?,
            Removal::File | Removal::Any => self.place(path, &[FileUse::Write], false).await?,
        };
        if placed.is_root() {
            return Err(Errno::BUSY.into());
        }
        let directory = match what {
            Removal::File => false,
            Removal::Directory => true,
            Removal::Any => placed.is(FileType::Directory),
        };
        let flags = if directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        Ok(rustix::fs::unlinkat(&placed.parent, &placed.name, flags)?)
    }

    /// Renames. The source is read and removed, the target written; a directory takes all below it along, so each
    /// entry must be within the grant on both sides. Gives back where it was and where it is.
    pub(crate) async fn rename(
        &self,
        source: &GuestPath,
        target: &GuestPath,
    ) -> Result<(Location, Location), FileFault> {
        let from = self.place(source, &[FileUse::Read, FileUse::Write], false).await?;
        let to = self.place(target, &[FileUse::Write], false).await?;
        if from.is_root() || to.is_root() {
            return Err(Errno::BUSY.into());
        }
        let kind = FileType::from_raw_mode(from.stat()?.st_mode);
        if kind == FileType::Directory {
            let directory = open_directory(&from.parent, &from.name)?;
            self.ask_as_directory(&to.location, &[FileUse::Write]).await?;
            self.ask_subtree(&directory, &from.location, &to.location, &mut MAX_SUBTREE.clone()).await?;
        } else if target.directory {
            return Err(Errno::NOTDIR.into());
        }
        rustix::fs::renameat(&from.parent, &from.name, &to.parent, &to.name)?;
        Ok((from.location, to.location))
    }

    /// The text of a link, if what it leads to may be known to the guest.
    pub(crate) async fn read_link(&self, path: &GuestPath) -> Result<String, FileFault> {
        let placed = self.place(path, &[FileUse::Read], false).await?;
        let target = read_link(&placed.parent, &placed.name)?.ok_or(Errno::INVAL)?;
        if let Some((_, below)) = self.directory(&placed.location)? {
            let (before, _) = GuestPath::split(below);
            let leads_to = self.substitute(&placed.location, &[FileUse::Read], before, &target, "")?;
            self.ask(&leads_to, FileUse::Look, false).await?;
        }
        Ok(target)
    }

    /// Sets the times of what a path stands for.
    pub(crate) async fn set_times(
        &self,
        path: &GuestPath,
        follow: bool,
        times: &Timestamps,
    ) -> Result<(), FileFault> {
        let placed = self.place(path, &[FileUse::Write], follow || path.directory).await?;
        placed.stat()?;
        Ok(rustix::fs::utimensat(&placed.parent, &placed.name, times, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Sets the times of an open file, if its path may be written and still stands for it.
    pub(crate) async fn set_times_of(
        &self,
        path: &GuestPath,
        file: &File,
        times: &Timestamps,
    ) -> Result<(), FileFault> {
        let placed = self.place(path, &[FileUse::Write], false).await?;
        if identity(placed.stat()?) != identity(&rustix::fs::fstat(file)?) {
            return Err(self.never(FileUse::Write, path, "the name stands for another file now"));
        }
        Ok(rustix::fs::futimens(file, times)?)
    }

    /// Opens what was decided. None if the name stands for something else by now.
    fn open_placed(
        &self,
        placed: Placed,
        options: OpenOptions,
        directory: bool,
        writes: bool,
    ) -> Result<Option<Opened>, FileFault> {
        // Devices, pipes and sockets are not even opened: for some, being opened is an event.
        let kind = placed.stat.as_ref().map(|stat| FileType::from_raw_mode(stat.st_mode));
        match kind {
            Some(_) if options.create && options.exclusive => return Err(Errno::EXIST.into()),
            Some(FileType::RegularFile | FileType::Directory) => {}
            Some(FileType::Symlink) => return Err(Errno::LOOP.into()),
            Some(_) => return Err(self.special(&placed, writes)),
            None if options.create => {}
            None => return Err(Errno::NOENT.into()),
        }
        // Never following or blocking, if the name has changed; never truncating before it is known for what.
        let mut flags = OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        flags |= match (writes, options.read) {
            (true, true) => OFlags::RDWR,
            (true, false) => OFlags::WRONLY,
            (false, _) => OFlags::RDONLY,
        };
        flags |= options.sync.unwrap_or(OFlags::empty());
        if options.append {
            flags |= OFlags::APPEND;
        }
        if directory {
            flags |= OFlags::DIRECTORY;
        }
        let creates = placed.stat.is_none();
        if creates {
            flags |= OFlags::CREATE | OFlags::EXCL;
            self.quota.take_file()?;
        }
        let opened = rustix::fs::openat(&placed.parent, &placed.name, flags, Mode::from_raw_mode(0o666));
        let file = match opened {
            Ok(file) => File::from(file),
            Err(error) => {
                if creates {
                    self.quota.give_back_file();
                }
                return match (creates, error) {
                    (true, Errno::EXIST) if options.exclusive => Err(error.into()),
                    (true, Errno::EXIST) | (false, Errno::NOENT | Errno::LOOP | Errno::NXIO) => Ok(None),
                    _ => Err(error.into()),
                };
            }
        };
        let stat = rustix::fs::fstat(&file)?;
        // What was decided upon is what was opened.
        if placed.stat.as_ref().is_some_and(|before| identity(before) != identity(&stat)) {
            return Ok(None);
        }
        // It may have been put there after the way was found free.
        if writes && self.mounts.protected.holds(&stat) {
            let shown = self.shown(&placed.location);
            let reason = Reason::Protected(placed.name.clone());
            return Err(self.denied(FileUse::Write, &shown, reason, Remedy::None));
        }
        let is_directory = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => false,
            FileType::Directory => true,
            _ => return Err(self.special(&placed, writes)),
        };
        if options.truncate && !is_directory && stat.st_size > 0 {
            rustix::fs::ftruncate(&file, 0)?;
        }
        let size = if options.truncate { 0 } else { u64::try_from(stat.st_size).unwrap_or(0) };
        Ok(Some(Opened { file, directory: is_directory, location: placed.location, size }))
    }

    fn special(&self, placed: &Placed, writes: bool) -> FileFault {
        let usage = if writes { FileUse::Write } else { FileUse::Read };
        let why = Reason::Never("only files and directories are opened, no devices or pipes");
        self.denied(usage, &self.shown(&placed.location), why, Remedy::None)
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
        for entry in rustix::fs::Dir::new(readable)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else {
                return Err(Errno::ILSEQ.into());
            };
            if matches!(name, "." | "..") {
                continue;
            }
            *left = left.checked_sub(1).ok_or(FileFault::System(Errno::TOOBIG))?;
            let (from, to) = (from.below(name), to.below(name));
            if to.depth() > GuestPath::MAX_DEPTH {
                return Err(Errno::NAMETOOLONG.into());
            }
            let is_directory = entry.file_type() == FileType::Directory;
            self.ask(&from, FileUse::Read, is_directory).await?;
            self.ask(&from, FileUse::Write, is_directory).await?;
            self.ask(&to, FileUse::Write, is_directory).await?;
            if let Some((mount, path)) = self.directory(&from)?
                && !matches!(from, Location::Scratch(_))
                && let Some(way) = self.mounts.protected.on_the_way(mount, path, directory)
            {
                let shown = self.shown(&from);
                return Err(self.denied(FileUse::Write, &shown, Reason::Protected(way), Remedy::None));
            }
            if is_directory {
                let next = open_directory(directory, name)?;
                Box::pin(self.ask_subtree(&next, &from, &to, left)).await?;
            }
        }
        Ok(())
    }
}

/// What a file is, whatever its name.
fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}
