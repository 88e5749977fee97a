//! The door of programs written against WASI: `wasi:filesystem`, with our path resolution before every name and the
//! engine's own code behind every open descriptor.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::filesystem::{Descriptor, Dir, File, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, Filesize,
    HostDescriptor, HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult, ReaddirIterator};
use wasmtime_wasi::{FsPerms, OpenMode};

use super::files::{FileFault, Files, OpenOptions, Opened};
use super::guest_path::GuestPath;
use super::quota::Metered;
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
}

#[derive(Clone, Debug)]
struct OpenPath {
    path: String,
    writable: bool,
}

/// What the door needs of a call.
pub(crate) struct FilesystemView<'a> {
    pub(crate) inner: WasiFilesystemCtxView<'a>,
    pub(crate) paths: &'a mut OpenPaths,
    pub(crate) files: &'a Files,
}

type Fd = Resource<Descriptor>;

impl FilesystemView<'_> {
    fn files(&self) -> Files {
        self.files.clone()
    }

    fn opened(&self, fd: &Fd) -> FsResult<OpenPath> {
        self.paths.descriptors.get(&fd.rep()).cloned().ok_or_else(|| ErrorCode::BadDescriptor.into())
    }

    /// The path that `name` means, relative to an open directory.
    fn path(&self, fd: &Fd, name: &str, usage: FileUse) -> FsResult<GuestPath> {
        let base = self.opened(fd)?;
        // WASI's paths are always relative: an absolute one is joined as if it were.
        Ok(self.files().join(&base.path, name.trim_start_matches('/'), usage)?)
    }

    fn push(&mut self, descriptor: Descriptor, path: &str, writable: bool) -> FsResult<Fd> {
        let fd = self.inner.table.push(descriptor)?;
        self.paths.descriptors.insert(fd.rep(), OpenPath { path: path.to_owned(), writable });
        Ok(fd)
    }

    /// Lets the engine's code look at `path` through a descriptor that can do nothing else.
    async fn look(&mut self, fd: &Fd, flags: PathFlags, name: &str) -> FsResult<Fd> {
        let path = self.path(fd, name, FileUse::Look)?;
        let file = self.files().look(&path, flags.contains(PathFlags::SYMLINK_FOLLOW)).await?;
        let file = File::new(file, FsPerms::ReadOnly, OpenMode::READ, true);
        Ok(self.inner.table.push(Descriptor::File(file))?)
    }

    fn meter(&mut self, stream: Resource<DynOutputStream>) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.inner.table.delete(stream)?;
        let metered: DynOutputStream = Box::new(Metered { stream, quota: Arc::clone(&self.files.quota) });
        Ok(self.inner.table.push(metered)?)
    }

    /// Changing through a descriptor needs the right to write its path, however it was opened.
    async fn ask_write(&mut self, fd: &Fd) -> FsResult<()> {
        let opened = self.opened(fd)?;
        if !opened.writable {
            let path = self.files().join("", &format!("/{}", opened.path), FileUse::Write)?;
            self.files().place(&path, FileUse::Write, false).await?;
        }
        Ok(())
    }
}

impl From<FileFault> for FsError {
    fn from(fault: FileFault) -> Self {
        match fault {
            FileFault::Denied(_) => ErrorCode::Access.into(),
            FileFault::System(error) => ErrorCode::from(&std::io::Error::from(error)).into(),
        }
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
        types::Host::filesystem_error_code(&mut self.inner, error)
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
        };
        let writable = write || options.create || options.truncate;
        let usage = if writable { FileUse::Write } else { FileUse::Read };
        let path = self.path(&fd, &name, usage)?;
        let mut mode = OpenMode::empty();
        mode.set(OpenMode::READ, options.read);
        mode.set(OpenMode::WRITE, writable);
        let (descriptor, writable) = match self.files().open(&path, options).await? {
            Opened::File(file) => {
                let perms = if writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
                (Descriptor::File(File::new(file, perms, mode, true)), writable)
            }
            Opened::Directory(file) => {
                (Descriptor::Dir(Dir::new(file, FsPerms::ReadOnly, OpenMode::READ, true)), false)
            }
        };
        self.push(descriptor, path.text(), writable)
    }

    async fn stat_at(&mut self, fd: Fd, flags: PathFlags, name: String) -> FsResult<DescriptorStat> {
        let looked = self.look(&fd, flags, &name).await?;
        let stat = self.inner.stat(Resource::new_own(looked.rep())).await;
        self.inner.table.delete(looked)?;
        stat
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Fd,
        flags: PathFlags,
        name: String,
    ) -> FsResult<MetadataHashValue> {
        let looked = self.look(&fd, flags, &name).await?;
        let hash = self.inner.metadata_hash(Resource::new_own(looked.rep())).await;
        self.inner.table.delete(looked)?;
        hash
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
        let placed = self.files().place(&path, FileUse::Write, follow).await?;
        let times = rustix::fs::Timestamps {
            last_access: timespec(accessed)?,
            last_modification: timespec(modified)?,
        };
        let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::utimensat(&placed.parent, &placed.name, &times, flags).map_err(FileFault::from)?;
        Ok(())
    }

    async fn create_directory_at(&mut self, fd: Fd, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::MakeDirectory)?;
        Ok(self.files().make_directory(&path).await?)
    }

    async fn remove_directory_at(&mut self, fd: Fd, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        Ok(self.files().remove(&path, true).await?)
    }

    async fn unlink_file_at(&mut self, fd: Fd, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        Ok(self.files().remove(&path, false).await?)
    }

    async fn rename_at(&mut self, fd: Fd, old: String, new_fd: Fd, new: String) -> FsResult<()> {
        let source = self.path(&fd, &old, FileUse::Write)?;
        let target = self.path(&new_fd, &new, FileUse::Write)?;
        self.files().rename(&source, &target).await?;
        // What is open below the old name is now below the new one.
        let below = format!("{}/", source.text());
        for opened in self.paths.descriptors.values_mut() {
            let rest = opened.path.strip_prefix(&below).map(str::to_owned);
            if let Some(rest) = rest {
                opened.path = format!("{}/{rest}", target.text());
            } else if opened.path == source.text() {
                target.text().clone_into(&mut opened.path);
            }
        }
        Ok(())
    }

    async fn readlink_at(&mut self, fd: Fd, name: String) -> FsResult<String> {
        let path = self.path(&fd, &name, FileUse::Read)?;
        Ok(self.files().read_link(&path).await?)
    }

    async fn link_at(&mut self, _: Fd, _: PathFlags, _: String, fd: Fd, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        Err(self.files().never(FileUse::Write, &path, "hard links are not made by skills").into())
    }

    async fn symlink_at(&mut self, fd: Fd, _: String, name: String) -> FsResult<()> {
        let path = self.path(&fd, &name, FileUse::Write)?;
        Err(self.files().never(FileUse::Write, &path, "symbolic links are not made by skills").into())
    }

    // Open descriptors: what may be done was decided when they were opened.

    async fn set_size(&mut self, fd: Fd, size: Filesize) -> FsResult<()> {
        self.ask_write(&fd).await?;
        let grown = size.saturating_sub(self.inner.stat(Resource::new_own(fd.rep())).await?.size);
        self.files.quota.take_bytes(grown).map_err(FileFault::from)?;
        self.inner.set_size(fd, size).await
    }

    async fn set_times(&mut self, fd: Fd, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        self.ask_write(&fd).await?;
        self.inner.set_times(fd, accessed, modified).await
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
        self.inner.stat(fd).await
    }

    async fn read(&mut self, fd: Fd, length: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        self.inner.read(fd, length, offset).await
    }

    async fn write(&mut self, fd: Fd, bytes: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        self.files.quota.take_bytes(bytes.len() as u64).map_err(FileFault::from)?;
        self.inner.write(fd, bytes, offset).await
    }

    fn read_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        self.inner.read_via_stream(fd, offset)
    }

    fn write_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.inner.write_via_stream(fd, offset)?;
        self.meter(stream)
    }

    fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.inner.append_via_stream(fd)?;
        self.meter(stream)
    }

    async fn is_same_object(&mut self, one: Fd, other: Fd) -> wasmtime::Result<bool> {
        self.inner.is_same_object(one, other).await
    }

    async fn metadata_hash(&mut self, fd: Fd) -> FsResult<MetadataHashValue> {
        self.inner.metadata_hash(fd).await
    }

    async fn read_directory(&mut self, fd: Fd) -> FsResult<Resource<ReaddirIterator>> {
        let opened = self.opened(&fd)?;
        let listing = self.inner.read_directory(fd).await?;
        self.paths.listings.insert(listing.rep(), opened.path);
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
            if self.files().is_allowed(&path, FileUse::Look, entry.type_ == DescriptorType::Directory) {
                return Ok(Some(entry));
            }
        }
    }

    fn drop(&mut self, listing: Resource<ReaddirIterator>) -> wasmtime::Result<()> {
        self.paths.listings.remove(&listing.rep());
        HostDirectoryEntryStream::drop(&mut self.inner, listing)
    }
}

fn timespec(time: NewTimestamp) -> FsResult<rustix::fs::Timespec> {
    Ok(match time {
        NewTimestamp::NoChange => rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        NewTimestamp::Now => rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
        NewTimestamp::Timestamp(time) => rustix::fs::Timespec {
            tv_sec: i64::try_from(time.seconds).map_err(|_| ErrorCode::Overflow)?,
            tv_nsec: i64::from(time.nanoseconds.min(999_999_999)),
        },
    })
}
