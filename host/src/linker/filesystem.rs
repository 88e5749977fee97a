//! The door of programs written against WASI: `wasi:filesystem`, with our path resolution before every name, our
//! streams, and the engine's own code behind the rest of what an open descriptor can do.

use std::collections::HashMap;
use std::fs::File as SystemFile;
use std::hash::BuildHasher;
use std::sync::Arc;

use rustix::fs::{FileType, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::filesystem::{Descriptor, Dir, File, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, Datetime, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode,
    Filesize, HostDescriptor, HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags,
    PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult, ReaddirIterator};
use wasmtime_wasi::{FsPerms, OpenMode};

use super::file_stream::{FileReader, FileWriter};
use super::files::{FileFault, Files};
use super::guest_path::GuestPath;
use super::operations::{OpenOptions, Removal};
use crate::capability::FileUse;

/// Marks this implementation of `wasi:filesystem` for the linker.
pub(crate) struct FilesystemDoor;

impl HasData for FilesystemDoor {
    type Data<'a> = FilesystemView<'a>;
}

/// The guest paths behind the descriptors and directory streams of one call, by resource number. Numbers are used
/// again after a drop, so both maps follow every drop.
#[derive(Debug, Default)]
pub(crate) struct OpenPaths {
    descriptors: HashMap<u32, OpenPath>,
    listings: HashMap<u32, String>,
    /// Makes the numbers by which guests tell files apart say nothing else about them.
    hasher: std::hash::RandomState,
}

#[derive(Debug)]
struct OpenPath {
    /// Where it was found, links substituted.
    path: String,
    writable: bool,
}

/// Listings that are open at once: as many as a path can be deep. Each holds the names of a whole directory.
const MAX_LISTINGS: usize = GuestPath::MAX_DEPTH;

/// What the door needs of a call.
pub(crate) struct FilesystemView<'a> {
    pub(crate) inner: WasiFilesystemCtxView<'a>,
    pub(crate) paths: &'a mut OpenPaths,
    pub(crate) files: &'a Files,
}

type Fd = Resource<Descriptor>;

impl FilesystemView<'_> {
    fn opened(&self, fd: &Fd) -> FsResult<&OpenPath> {
        self.paths.descriptors.get(&fd.rep()).ok_or_else(|| ErrorCode::BadDescriptor.into())
    }

    /// The path that `name` means, relative to an open directory; an absolute one begins at the root.
    fn path(&self, fd: &Fd, name: &str, usage: FileUse) -> FsResult<GuestPath> {
        let base = self.opened(fd)?;
        Ok(self.files.join(&base.path, name, usage)?)
    }

    fn push(&mut self, descriptor: Descriptor, path: String, writable: bool) -> FsResult<Fd> {
        let fd = self.inner.table.push(descriptor)?;
        self.paths.descriptors.insert(fd.rep(), OpenPath { path, writable });
        Ok(fd)
    }

    /// What `name` stands for.
    async fn look(&mut self, fd: &Fd, flags: PathFlags, name: &str) -> FsResult<Stat> {
        let path = self.path(fd, name, FileUse::Look)?;
        Ok(self.files.look(&path, flags.contains(PathFlags::SYMLINK_FOLLOW)).await?)
    }

    /// The open file or directory behind a descriptor.
    fn system_file(&self, fd: &Fd) -> FsResult<Arc<SystemFile>> {
        Ok(match self.inner.table.get(fd)? {
            Descriptor::File(file) => Arc::clone(&file.file),
            Descriptor::Dir(directory) => Arc::clone(&directory.dir),
        })
    }

    fn fstat(&self, fd: &Fd) -> FsResult<Stat> {
        Ok(rustix::fs::fstat(self.system_file(fd)?).map_err(FileFault::from)?)
    }

    /// The file behind a descriptor that was opened to write.
    fn writable(&self, fd: &Fd) -> FsResult<Arc<SystemFile>> {
        match self.inner.table.get(fd)? {
            Descriptor::File(_) if !self.opened(fd)?.writable => Err(ErrorCode::NotPermitted.into()),
            Descriptor::File(file) => Ok(Arc::clone(&file.file)),
            Descriptor::Dir(_) => Err(ErrorCode::BadDescriptor.into()),
        }
    }

    fn writer(&mut self, fd: &Fd, position: Option<u64>) -> FsResult<Resource<DynOutputStream>> {
        let writer = FileWriter::new(self.writable(fd)?, position, Arc::clone(&self.files.quota));
        let stream: DynOutputStream = Box::new(writer.map_err(FileFault::from)?);
        Ok(self.inner.table.push(stream)?)
    }

    fn hash(&self, stat: &Stat) -> MetadataHashValue {
        let hash = |salt: u8| self.paths.hasher.hash_one((salt, stat.st_dev, stat.st_ino));
        MetadataHashValue { lower: hash(0), upper: hash(1) }
    }
}

impl From<FileFault> for FsError {
    fn from(fault: FileFault) -> Self {
        match fault {
            FileFault::Denied(_) => ErrorCode::Access.into(),
            FileFault::System(error) => code(error).into(),
        }
    }
}

fn code(error: Errno) -> ErrorCode {
    match error {
        // What the engine calls no more than input and output.
        Errno::DQUOT => ErrorCode::Quota,
        Errno::MFILE => ErrorCode::InsufficientMemory,
        error => ErrorCode::from(&std::io::Error::from(error)),
    }
}

impl preopens::Host for FilesystemView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Fd, String)>> {
        let root = self.files.mounts.root.try_clone()?.into();
        let root = Descriptor::Dir(Dir::new(root, FsPerms::ReadOnly, OpenMode::READ, true));
        let fd = self.inner.table.push(root)?;
        self.paths.descriptors.insert(fd.rep(), OpenPath { path: String::new(), writable: false });
        Ok(vec![(fd, "/".to_owned())])
    }
}

impl types::Host for FilesystemView<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        types::Host::convert_error_code(&mut self.inner, error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        match self.inner.table.get(&error)?.downcast_ref::<Errno>() {
            Some(error) => Ok(Some(code(*error))),
            None => types::Host::filesystem_error_code(&mut self.inner, error),
        }
    }
}

impl HostDescriptor for FilesystemView<'_> {
    // Names: resolved by us.

    async fn open_at(
        &mut self,
        fd: Fd,
        path_flags: PathFlags,
        name: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Fd> {
        let write = flags.contains(DescriptorFlags::WRITE);
        let options = OpenOptions {
            read: flags.contains(DescriptorFlags::READ) || !write,
            write,
            append: false,
            create: open_flags.contains(OpenFlags::CREATE),
            exclusive: open_flags.contains(OpenFlags::EXCLUSIVE),
            truncate: open_flags.contains(OpenFlags::TRUNCATE),
            directory: open_flags.contains(OpenFlags::DIRECTORY),
            follow: path_flags.contains(PathFlags::SYMLINK_FOLLOW),
            sync: sync(flags),
        };
        if options.directory && (options.create || options.exclusive || options.truncate) {
            return Err(ErrorCode::Invalid.into());
        }
        let writable = write || options.create || options.truncate;
        let usage = if writable { FileUse::Write } else { FileUse::Read };
        let path = self.path(&fd, &name, usage)?;
        let mut mode = OpenMode::empty();
        mode.set(OpenMode::READ, options.read);
        mode.set(OpenMode::WRITE, writable);
        let opened = self.files.open(&path, options).await?;
        let path = self.files.guest_path(&opened.location);
        let (descriptor, writable) = if opened.directory {
            (Descriptor::Dir(Dir::new(opened.file, FsPerms::ReadOnly, OpenMode::READ, true)), false)
        } else {
            let perms = if writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
            (Descriptor::File(File::new(opened.file, perms, mode, true)), writable)
        };
        self.push(descriptor, path, writable)
    }

    async fn stat_at(&mut self, fd: Fd, flags: PathFlags, name: String) -> FsResult<DescriptorStat> {
        Ok(described(&self.look(&fd, flags, &name).await?))
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        name: String,
    ) -> FsResult<MetadataHashValue> {
        let stat = self.look(&fd, flags, &name).await?;
        Ok(self.hash(&stat))
    }

    async fn set_times_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        name: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        let follow = flags.contains(PathFlags::SYMLINK_FOLLOW);
        Ok(self.files.set_times(&path, follow, &times(accessed, modified)?).await?)
    }

    async fn create_directory_at(&mut self, fd: Fd, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::MakeDirectory)?;
        Ok(self.files.make_directory(&path).await?)
    }

    async fn remove_directory_at(&mut self, fd: Fd, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        Ok(self.files.remove(&path, Removal::Directory).await?)
    }

    async fn unlink_file_at(&mut self, fd: Fd, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        Ok(self.files.remove(&path, Removal::File).await?)
    }

    async fn rename_at(&mut self, fd: Fd, old: String, new_fd: Fd, new: String) -> FsResult<()> {
        let source = self.path(&fd, &old, FileUse::Write)?;
        let target = self.path(&new_fd, &new, FileUse::Write)?;
        let (from, to) = self.files.rename(&source, &target).await?;
        let (from, to) = (self.files.guest_path(&from), self.files.guest_path(&to));
        // What is open below the old name is now below the new one.
        for opened in self.paths.descriptors.values_mut() {
            let rest = opened.path.strip_prefix(&from);
            if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                opened.path = format!("{to}{rest}");
            }
        }
        Ok(())
    }

    async fn readlink_at(&mut self, fd: Fd, name: String) -> FsResult<String> {
        let path = self.path(&fd, &name, FileUse::Read)?;
        Ok(self.files.read_link(&path).await?)
    }

    async fn link_at(&mut self, _: Fd, _: PathFlags, _: String, fd: Fd, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        Err(self.files.never(FileUse::Write, &path, "hard links are not made by skills").into())
    }

    async fn symlink_at(&mut self, fd: Fd, _: String, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        Err(self.files.never(FileUse::Write, &path, "symbolic links are not made by skills").into())
    }

    // Open descriptors: what may be done was decided when they were opened.

    async fn set_size(&mut self, fd: Fd, size: Filesize) -> FsResult<()> {
        if !self.opened(&fd)?.writable {
            let path = self.path(&fd, ".", FileUse::Write)?.as_file();
            self.files.place(&path, &[FileUse::Write], false).await?;
        }
        let file = self.writable(&fd)?;
        let before = u64::try_from(self.fstat(&fd)?.st_size).unwrap_or(0);
        self.files.quota.take_bytes(size.saturating_sub(before)).map_err(FileFault::from)?;
        Ok(rustix::fs::ftruncate(&file, size).map_err(FileFault::from)?)
    }

    /// Times can be set through a descriptor that was opened to read, so its path is decided upon anew.
    async fn set_times(&mut self, fd: Fd, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        let file = self.system_file(&fd)?;
        let times = times(accessed, modified)?;
        let opened = self.opened(&fd)?;
        if opened.writable {
            return Ok(rustix::fs::futimens(&file, &times).map_err(FileFault::from)?);
        }
        let path = self.path(&fd, ".", FileUse::Write)?.as_file();
        Ok(self.files.set_times_of(&path, &file, &times).await?)
    }

    async fn advise(&mut self, fd: Fd, offset: Filesize, length: Filesize, advice: Advice) -> FsResult<()> {
        self.inner.advise(fd, offset, length, advice).await
    }

    async fn sync_data(&mut self, fd: Fd) -> FsResult<()> {
        self.inner.sync_data(fd).await
    }

    async fn sync(&mut self, fd: Fd) -> FsResult<()> {
        self.inner.sync(fd).await
    }

    async fn get_flags(&mut self, fd: Fd) -> FsResult<DescriptorFlags> {
        self.inner.get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Fd) -> FsResult<DescriptorType> {
        self.inner.get_type(fd).await
    }

    async fn stat(&mut self, fd: Fd) -> FsResult<DescriptorStat> {
        Ok(described(&self.fstat(&fd)?))
    }

    async fn read(&mut self, fd: Fd, length: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        self.inner.read(fd, length, offset).await
    }

    async fn write(&mut self, fd: Fd, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        self.writable(&fd)?;
        let size = u64::try_from(self.fstat(&fd)?.st_size).unwrap_or(0);
        self.files.quota.take_write(size, offset, bytes.len() as u64).map_err(FileFault::from)?;
        self.inner.write(fd, bytes, offset).await
    }

    fn read_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let Descriptor::File(file) = self.inner.table.get(&fd)? else {
            return Err(ErrorCode::IsDirectory.into());
        };
        let reader: DynInputStream = Box::new(FileReader { file: Arc::clone(&file.file), position: offset });
        Ok(self.inner.table.push(reader)?)
    }

    fn write_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        self.writer(&fd, Some(offset))
    }

    fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
        self.writer(&fd, None)
    }

    async fn is_same_object(&mut self, one: Fd, other: Fd) -> wasmtime::Result<bool> {
        self.inner.is_same_object(one, other).await
    }

    async fn metadata_hash(&mut self, fd: Fd) -> FsResult<MetadataHashValue> {
        Ok(self.hash(&self.fstat(&fd)?))
    }

    async fn read_directory(&mut self, fd: Fd) -> FsResult<Resource<ReaddirIterator>> {
        let path = self.opened(&fd)?.path.clone();
        if self.paths.listings.len() >= MAX_LISTINGS {
            return Err(FileFault::System(Errno::MFILE).into());
        }
        let listing = self.inner.read_directory(fd).await?;
        self.paths.listings.insert(listing.rep(), path);
        Ok(listing)
    }

    fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
        self.paths.descriptors.remove(&fd.rep());
        HostDescriptor::drop(&mut self.inner, fd)
    }
}

impl HostDirectoryEntryStream for FilesystemView<'_> {
    async fn read_directory_entry(
        &mut self,
        listing: Resource<ReaddirIterator>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let base = self.paths.listings.get(&listing.rep()).cloned().ok_or(ErrorCode::BadDescriptor)?;
        loop {
            let next = match self.inner.read_directory_entry(Resource::new_own(listing.rep())).await {
                // A name that is no text, which no guest could use; it must not hide the others.
                Err(error) if matches!(error.downcast_ref(), Some(ErrorCode::IllegalByteSequence)) => {
                    continue;
                }
                next => next?,
            };
            let Some(entry) = next else { return Ok(None) };
            let Ok(path) = GuestPath::join(&base, &entry.name) else { continue };
            // What may not be looked at is not listed.
            if self.files.is_allowed(&path, FileUse::Look, entry.type_ == DescriptorType::Directory) {
                return Ok(Some(entry));
            }
        }
    }

    fn drop(&mut self, listing: Resource<ReaddirIterator>) -> wasmtime::Result<()> {
        self.paths.listings.remove(&listing.rep());
        HostDirectoryEntryStream::drop(&mut self.inner, listing)
    }
}

fn sync(flags: DescriptorFlags) -> Option<OFlags> {
    if flags.intersects(DescriptorFlags::FILE_INTEGRITY_SYNC | DescriptorFlags::REQUESTED_WRITE_SYNC) {
        Some(OFlags::SYNC)
    } else if flags.contains(DescriptorFlags::DATA_INTEGRITY_SYNC) {
        Some(OFlags::DSYNC)
    } else {
        None
    }
}

/// What the system knows, in the words of the interface.
fn described(stat: &Stat) -> DescriptorStat {
    let time = |seconds: i64, nanoseconds: u64| {
        let nanoseconds = u32::try_from(nanoseconds).ok()?;
        Some(Datetime { seconds: u64::try_from(seconds).ok()?, nanoseconds })
    };
    DescriptorStat {
        type_: match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => DescriptorType::RegularFile,
            FileType::Directory => DescriptorType::Directory,
            FileType::Symlink => DescriptorType::SymbolicLink,
            FileType::BlockDevice => DescriptorType::BlockDevice,
            FileType::CharacterDevice => DescriptorType::CharacterDevice,
            FileType::Fifo => DescriptorType::Fifo,
            FileType::Socket => DescriptorType::Socket,
            FileType::Unknown => DescriptorType::Unknown,
        },
        link_count: stat.st_nlink as Filesize,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        data_access_timestamp: time(stat.st_atime, stat.st_atime_nsec),
        data_modification_timestamp: time(stat.st_mtime, stat.st_mtime_nsec),
        status_change_timestamp: time(stat.st_ctime, stat.st_ctime_nsec),
    }
}

fn times(accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<Timestamps> {
    Ok(Timestamps { last_access: timespec(accessed)?, last_modification: timespec(modified)? })
}

fn timespec(time: NewTimestamp) -> FsResult<Timespec> {
    Ok(match time {
        NewTimestamp::NoChange => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        NewTimestamp::Now => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
        NewTimestamp::Timestamp(time) => Timespec {
            tv_sec: i64::try_from(time.seconds).map_err(|_| ErrorCode::Overflow)?,
            tv_nsec: i64::from(time.nanoseconds.min(999_999_999)),
        },
    })
}
