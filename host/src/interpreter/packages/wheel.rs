//! A wheel unpacked: an archive from elsewhere, of which nothing is believed.
#![expect(clippy::disallowed_methods, reason = "writes the files of a package to a folder of the cache")]

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};

/// Files in one wheel.
const MAX_FILES: usize = 20_000;

/// Names one below the other.
const MAX_DEPTH: usize = 32;

/// A wheel's name, version and tags, as its file is called.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WheelName<'a> {
    pub(super) distribution: &'a str,
    pub(super) version: &'a str,
    /// Whether it says that it is Python alone, for every system.
    pub(super) is_pure: bool,
}

impl<'a> WheelName<'a> {
    pub(super) fn parse(file: &'a str) -> Option<Self> {
        let parts: Vec<&str> = file.strip_suffix(".whl")?.split('-').collect();
        let [distribution, version, .., abi, platform] = parts.as_slice() else { return None };
        let fits = matches!(parts.len(), 5 | 6) && !distribution.is_empty() && !version.is_empty();
        fits.then_some(Self { distribution, version, is_pure: *abi == "none" && *platform == "any" })
    }
}

/// What is left for the packages of one set.
pub(super) struct Room {
    pub(super) bytes: u64,
}

/// Unpacks the archive's files below `site` and gives the modules that it has at its top. `native` files are an error,
/// or are left out if the package can do without.
///
/// # Errors
/// In words, if it is no archive, is too large, or has a file that does not belong there.
pub(super) fn unpack(
    bytes: &[u8],
    site: &Path,
    room: &mut Room,
    leaves_native_out: bool,
) -> Result<BTreeSet<String>, String> {
    let archive = ZipArchive::from_slice(bytes).map_err(|error| format!("it is no wheel: {error}"))?;
    let mut entries = archive.entries();
    let mut modules = BTreeSet::new();
    let mut count = 0;
    while let Some(entry) = entries.next_entry().map_err(|error| format!("it is no wheel: {error}"))? {
        count += 1;
        if count > MAX_FILES {
            return Err(format!("it has more than {MAX_FILES} files"));
        }
        let name = entry.file_path();
        let name =
            std::str::from_utf8(name.as_bytes()).map_err(|_| "a file of it has no name that is a text")?;
        let shown = crate::capability::printable(name);
        let path =
            place(name).ok_or_else(|| format!("its file `{shown}` would lie outside of its folder"))?;
        // The kind that Unix has for it, if the archive was made there.
        if !matches!(entry.external_attributes() >> 16 & 0o170_000, 0 | 0o100_000 | 0o040_000) {
            return Err(format!("its file `{shown}` is a link, or no file at all"));
        }
        let Some(path) = of_python(&path).filter(|_| !name.ends_with('/')) else { continue };
        if is_native(&path) {
            match leaves_native_out {
                true => continue,
                false => {
                    return Err(format!("it has native code, `{shown}`, which the sandbox does not run"));
                }
            }
        }
        modules.extend(module(&path));
        let unreadable =
            |error: &dyn std::fmt::Display| format!("its file `{shown}` cannot be read: {error}");
        let packed = archive.get_entry(entry.wayfinder()).map_err(|error| unreadable(&error))?;
        let mut text = Vec::new();
        // What the archive says of its sizes counts for nothing until it was read, and no more is read than fits.
        let most = room.bytes.saturating_add(1);
        let read = match entry.compression_method() {
            CompressionMethod::STORE => {
                packed.verifying_reader(packed.data()).take(most).read_to_end(&mut text)
            }
            CompressionMethod::DEFLATE => {
                let inflated = DeflateDecoder::new(packed.data());
                packed.verifying_reader(inflated).take(most).read_to_end(&mut text)
            }
            _ => Err(io::Error::other("it is packed in a way that wheels are not")),
        };
        read.map_err(|error| unreadable(&error))?;
        let left = room.bytes.checked_sub(text.len() as u64);
        room.bytes = left.ok_or("unpacked, it and its dependencies are larger than packages may be")?;
        write(&site.join(&path), &text)
            .map_err(|error| format!("its file `{shown}` cannot be written: {error}"))?;
    }
    Ok(modules)
}

/// The path of an archive's file, if it leads nowhere but below the folder.
fn place(name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains(['\\', '\0', ':']) || name.starts_with('/') {
        return None;
    }
    let path = PathBuf::from(name);
    let parts: Vec<Component<'_>> = path.components().collect();
    let fits = |part: &Component<'_>| matches!(part, Component::Normal(name) if name.len() <= 255);
    // `components` drops `.` within, which no wheel has.
    let plain = !name.split('/').any(|part| part == "." || part == "..");
    (plain && parts.len() <= MAX_DEPTH && parts.iter().all(fits)).then_some(path)
}

/// Where the file goes: what is for the interpreter's library as it is, out of the wheel's `.data` folder too; nothing
/// of programs, headers and compiled files.
fn of_python(path: &Path) -> Option<PathBuf> {
    let mut parts = path.iter();
    let first = parts.next()?.to_str()?;
    let path = match first.strip_suffix(".data") {
        None => path.to_owned(),
        Some(_) => match parts.next()?.to_str()? {
            "purelib" | "platlib" => parts.collect(),
            _ => return None,
        },
    };
    let name = path.file_name()?.to_str()?;
    let is_start = path.components().count() == 1 && name.ends_with(".pth");
    (!is_start && !name.ends_with(".pyc")).then_some(path)
}

fn is_native(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
    [".so", ".pyd", ".dylib", ".dll", ".a", ".o", ".exe"].iter().any(|end| name.ends_with(end))
        || name.contains(".so.")
}

/// The module that a file at the top, or in a folder there, belongs to.
fn module(path: &Path) -> Option<String> {
    let first = path.iter().next()?.to_str()?;
    let name = match path.components().count() {
        1 => first.strip_suffix(".py")?,
        _ => first,
    };
    name.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| name.to_owned())
}

/// Writes a file that is not there yet; the same again, of another package, is none.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(bytes),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && fs::read(path)? == bytes => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(files: &[(&str, &[u8], u32)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        for (name, text, mode) in files {
            let path = rawzip::path::EntryPath::verbatim(name.as_bytes());
            let file =
                archive.new_file(path).compression_method(CompressionMethod::DEFLATE).unix_permissions(*mode);
            let (mut entry, config) = file.start().unwrap();
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
            let mut writer = config.wrap(encoder);
            writer.write_all(text).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        archive.finish().unwrap();
        bytes
    }

    fn unpacked(files: &[(&str, &[u8], u32)]) -> (tempfile::TempDir, Result<Vec<String>, String>) {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("deep/site");
        fs::create_dir_all(&site).unwrap();
        let modules = unpack(&wheel(files), &site, &mut Room { bytes: 1_000 }, false);
        (folder, modules.map(|modules| modules.into_iter().collect()))
    }

    #[test]
    fn what_belongs_to_python_is_unpacked() {
        let (folder, modules) = unpacked(&[
            ("pure/__init__.py", b"X = 1", 0o644),
            ("one.py", b"", 0o644),
            ("pure-1.data/purelib/two/x.py", b"", 0o644),
            ("pure-1.data/scripts/run", b"#!python", 0o755),
            ("evil.pth", b"import os", 0o644),
            ("pure-1.dist-info/METADATA", b"Name: pure", 0o644),
        ]);
        assert_eq!(modules.unwrap(), ["one", "pure", "two"]);
        let site = folder.path().join("deep/site");
        assert_eq!(fs::read(site.join("pure/__init__.py")).unwrap(), b"X = 1");
        assert!(site.join("two/x.py").exists() && site.join("pure-1.dist-info/METADATA").exists());
        assert!(!site.join("evil.pth").exists() && !site.join("run").exists());
    }

    #[test]
    fn no_file_lies_outside() {
        for name in [
            "../x.py",
            "a/../../x.py",
            "/tmp/x.py",
            "..\\x.py",
            "C:x.py",
            "a/./x.py",
            "a/..",
            "..",
            "~/../../x",
        ] {
            let (folder, modules) = unpacked(&[(name, b"x", 0o644)]);
            assert!(modules.is_err(), "{name}");
            assert_eq!(fs::read_dir(folder.path().join("deep/site")).unwrap().count(), 0, "{name}");
        }
    }

    #[test]
    fn links_are_not_made_and_not_followed() {
        let (folder, modules) =
            unpacked(&[("pure/link", b"/etc", 0o120_777), ("pure/link/passwd", b"x", 0o644)]);
        assert!(modules.unwrap_err().contains("is a link"));
        assert!(fs::symlink_metadata(folder.path().join("deep/site/pure/link")).is_err());
    }

    #[test]
    fn an_archive_that_grows_without_end_is_stopped() {
        let (_folder, modules) = unpacked(&[("pure.py", &[b'#'; 2_000], 0o644)]);
        assert!(modules.unwrap_err().contains("larger"));
        let (_folder, modules) = unpacked(&[("a.py", &[b'#'; 600], 0o644), ("b.py", &[b'#'; 600], 0o644)]);
        assert!(modules.unwrap_err().contains("larger"), "together");
    }

    #[test]
    fn native_code_is_named_and_refused_or_left_out() {
        for name in ["pure/_x.cpython-314-x86_64-linux-gnu.so", "pure/x.pyd", "pure.libs/libz.so.1.2"] {
            let files: &[(&str, &[u8], u32)] = &[("pure/__init__.py", b"", 0o644), (name, b"\x7fELF", 0o755)];
            let (_folder, modules) = unpacked(files);
            assert!(modules.unwrap_err().contains(name));
            let folder = tempfile::tempdir().unwrap();
            unpack(&wheel(files), folder.path(), &mut Room { bytes: 1_000 }, true).unwrap();
            assert!(!folder.path().join(name).exists());
        }
    }

    #[test]
    fn one_package_does_not_replace_a_file_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let room = &mut Room { bytes: 1_000 };
        let one = wheel(&[("shared/__init__.py", b"1", 0o644)]);
        unpack(&one, folder.path(), room, false).unwrap();
        unpack(&one, folder.path(), room, false).unwrap();
        let other = wheel(&[("shared/__init__.py", b"2", 0o644)]);
        assert!(unpack(&other, folder.path(), room, false).unwrap_err().contains("cannot be written"));
        assert_eq!(fs::read(folder.path().join("shared/__init__.py")).unwrap(), b"1");
    }

    #[test]
    fn a_changed_byte_of_a_file_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = wheel(&[("pure.py", b"X = 1\nY = 2\n", 0o644)]);
        let at = bytes.windows(7).position(|window| window == b"pure.py").unwrap() + 12;
        bytes[at] ^= 0x10;
        assert!(unpack(&bytes, folder.path(), &mut Room { bytes: 1_000 }, false).is_err());
    }

    #[test]
    fn what_is_no_archive_is_said_to_be_none() {
        for bytes in [&b""[..], b"PK\x03\x04", b"text", &[0; 100]] {
            let folder = tempfile::tempdir().unwrap();
            assert!(unpack(bytes, folder.path(), &mut Room { bytes: 1_000 }, false).is_err());
        }
    }

    #[test]
    fn the_name_of_a_wheel_says_what_it_is() {
        let pure = WheelName::parse("requests-2.34.2-py3-none-any.whl").unwrap();
        assert_eq!((pure.distribution, pure.version, pure.is_pure), ("requests", "2.34.2", true));
        let native = WheelName::parse("numpy-2.4.0-1-cp314-cp314-manylinux_2_27_x86_64.whl").unwrap();
        assert!(!native.is_pure);
        for name in ["x.whl", "a-b.whl", "x-1.tar.gz", "-1-py3-none-any.whl", "a-b-c-d-e-f-g.whl"] {
            assert_eq!(WheelName::parse(name), None, "{name}");
        }
    }
}
