//! A toolchain made from Debian's packages, for where rustup cannot download.
//!
//! Debian's security suite carries a recent rustc with the matching source of the standard library, and a libc
//! for WASI. The packages are unpacked in a folder of ours, the standard library is built for the two WASI
//! targets, and the linkers are taken from the toolchain in use. apt's lists are our own as well: no root is
//! needed and nothing of the system is changed.

mod apt;

use std::env::consts::ARCH;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cache::{self, Entry};
use crate::sysroot::{Sysroot, has_std};
use crate::{ToolchainError, WASIP1, WASIP2, process};

/// What is built and how; another text is another folder in the cache.
const RECIPE: &str = "2: rustc-web, wasi-libc, -Zbuild-std=std,panic_abort, -Cembed-bitcode=yes, release";

/// A compiler older than the one our guests are written for does not do.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Two targets on one slow core.
const BUILD_LIMIT: Duration = Duration::from_secs(1_800);

/// Of wasi-libc, all that rustc links to.
const LIBC: [&str; 3] = ["crt1-command.o", "crt1-reactor.o", "libc.a"];

/// Runs the compiler with the libraries next to it. It finds itself by its own path, so the folder can be moved.
const WRAPPER: &str = r#"#!/bin/sh
root=${0%/bin/rustc}
LD_LIBRARY_PATH="$root/usr/lib/@MULTIARCH@${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
exec "$root/usr/bin/rustc" "$@"
"#;

/// The toolchain that was made before, if it still works with the linkers of the toolchain in use.
pub(crate) fn find(cache: &Path, active: &Sysroot) -> Option<(PathBuf, Sysroot)> {
    let folder = entry(cache, active).find()?;
    let made = check(&folder).ok()?;
    Some((folder, made))
}

/// The toolchain, made if it was not yet.
pub(crate) fn make(
    cache: &Path,
    active: &Sysroot,
    progress: &mut dyn FnMut(&str),
) -> Result<(PathBuf, Sysroot), ToolchainError> {
    let entry = entry(cache, active);
    let folder = entry.find_or_make(progress, |folder, progress| fill(folder, active, progress))?;
    let made = check(&folder)?;
    Ok((folder, made))
}

/// Named after the recipe and the toolchain whose linkers it takes.
fn entry(folder: &Path, active: &Sysroot) -> Entry {
    // The same toolchain under two names, as `stable` and by its number, shares one.
    let linkers = active.linkers();
    let linkers = linkers.canonicalize().unwrap_or(linkers);
    let recipe = cache::key(&[RECIPE, WRAPPER, OLDEST, &linkers.to_string_lossy()]);
    Entry::new(folder.join("toolchain"), format!("debian-{}-{recipe:016x}", active.release))
        .tried_by(|folder| check(folder).is_ok())
}

/// That the folder's rustc runs, takes the folder as its sysroot and has both targets.
fn check(folder: &Path) -> Result<Sysroot, ToolchainError> {
    let incomplete = |reason: String| ToolchainError::Incomplete { path: folder.to_owned(), reason };
    let sysroot = Sysroot::of(&folder.join("bin/rustc"))?;
    let (told, ours) = (sysroot.path.canonicalize().ok(), folder.join("usr").canonicalize().ok());
    if told.is_none() || told != ours {
        return Err(incomplete(format!("its rustc looks for libraries in {}", sysroot.path.display())));
    }
    for target in [&sysroot.host, WASIP2, WASIP1] {
        if !has_std(&sysroot.path, target) {
            return Err(incomplete(format!("there is no standard library for {target}")));
        }
    }
    if !sysroot.linkers().join("wasm-component-ld").is_file() {
        return Err(incomplete("the linkers of the toolchain it was made with are gone".into()));
    }
    Ok(sysroot)
}

fn fill(folder: &Path, active: &Sysroot, progress: &mut dyn FnMut(&str)) -> Result<(), ToolchainError> {
    let multiarch = match ARCH {
        "x86_64" => "x86_64-linux-gnu",
        "aarch64" => "aarch64-linux-gnu",
        other => return Err(ToolchainError::Unsuited(format!("the recipe is not for {other}"))),
    };
    let linkers = active.linkers();
    for linker in ["rust-lld", "wasm-component-ld"] {
        if !linkers.join(linker).is_file() {
            return Err(ToolchainError::Unsuited(format!(
                "the toolchain in use ({}) does not ship {linker}; one installed by rustup does",
                active.path.display()
            )));
        }
    }
    let work = folder.join("work");
    apt::unpack(&work, folder, OLDEST, progress)?;

    let lib = folder.join("usr/lib/rustlib");
    let bin = lib.join(&active.host).join("bin");
    // Reached through the link, not copied: they find their libraries by their own place.
    symlink(&linkers, &bin).map_err(ToolchainError::io("link", &bin))?;
    let wrapper = folder.join("bin/rustc");
    write(&wrapper, &WRAPPER.replace("@MULTIARCH@", multiarch))?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))
        .map_err(ToolchainError::io("make executable", &wrapper))?;

    progress("building the standard library for wasm32-wasip2 and wasm32-wasip1 (about 100 CPU seconds)");
    let built = build_std(&work, &wrapper, active)?;
    for target in [WASIP2, WASIP1] {
        let into = lib.join(target).join("lib");
        install_std(&built.join(target).join("release/deps"), &into)?;
        for file in LIBC {
            let from = folder.join("usr/lib/wasm32-wasi").join(file);
            copy(&from, &into.join("self-contained").join(file))?;
        }
    }
    for done in [work, folder.join("usr/src"), folder.join("usr/share"), folder.join("usr/lib/wasm32-wasi")] {
        fs::remove_dir_all(&done).map_err(ToolchainError::io("remove", &done))?;
    }
    let source = lib.join("src");
    fs::remove_dir_all(&source).map_err(ToolchainError::io("remove", &source))?;
    check(folder).map(drop)
}

/// Builds an empty crate and, with it, the standard library; returns the target folder.
fn build_std(work: &Path, rustc: &Path, active: &Sysroot) -> Result<PathBuf, ToolchainError> {
    let seed = work.join("seed");
    write(
        &seed.join("Cargo.toml"),
        "[package]\nname = \"seed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"seed.rs\"\n\n[workspace]\n",
    )?;
    write(&seed.join("seed.rs"), "")?;
    let target = work.join("target");
    let mut cargo = Command::new(active.cargo());
    cargo
        .current_dir(&seed)
        .args(["build", "--release", "-Zbuild-std=std,panic_abort", "--target", WASIP2, "--target", WASIP1])
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTC", rustc)
        // The compiler is a release; std is built with features that only itself may use.
        .env("RUSTC_BOOTSTRAP", "1")
        // Without bitcode in the standard library guests cannot use LTO.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes");
    for variable in
        ["CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"]
    {
        cargo.env_remove(variable);
    }
    process::output(&mut cargo, BUILD_LIMIT)?;
    Ok(target)
}

fn install_std(from: &Path, into: &Path) -> Result<(), ToolchainError> {
    for entry in fs::read_dir(from).map_err(ToolchainError::io("read", from))? {
        let path = entry.map_err(ToolchainError::io("read", from))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".rlib") && !name.starts_with("libseed-") {
            copy(&path, &into.join(name))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), ToolchainError> {
    make_parent(to)?;
    fs::copy(from, to).map(drop).map_err(ToolchainError::io("copy", from))
}

fn write(path: &Path, text: &str) -> Result<(), ToolchainError> {
    make_parent(path)?;
    fs::write(path, text).map_err(ToolchainError::io("write", path))
}

fn make_parent(path: &Path) -> Result<(), ToolchainError> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent).map_err(ToolchainError::io("create", parent)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_key_follows_the_recipe_and_the_toolchain_in_use() {
        let active = |path: &str, release: &str| Sysroot {
            path: path.into(),
            host: "x86_64-unknown-linux-gnu".into(),
            release: release.into(),
        };
        let key = |path, release| entry(Path::new("/cache"), &active(path, release)).path();
        assert_eq!(key("/a", "1.95.0"), key("/a", "1.95.0"));
        assert_ne!(key("/a", "1.95.0"), key("/b", "1.95.0"));
        assert_ne!(key("/a", "1.95.0"), key("/a", "1.96.0"));
        assert!(key("/a", "1.95.0").to_str().unwrap().starts_with("/cache/toolchain/debian-1.95.0-"));
    }

    #[test]
    fn a_folder_that_is_no_toolchain_does_not_pass() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(check(folder.path()), Err(ToolchainError::NotStarted { .. })));
        // A rustc that runs but is that of another sysroot.
        let wrapper = folder.path().join("bin/rustc");
        write(&wrapper, "#!/bin/sh\nexec rustc \"$@\"\n").unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        let error = check(folder.path()).unwrap_err();
        assert!(matches!(error, ToolchainError::Incomplete { .. }), "{error}");
        assert!(error.to_string().contains("looks for libraries in"), "{error}");
    }

    #[test]
    fn a_toolchain_without_linkers_is_refused_before_anything_is_downloaded() {
        let folder = tempfile::tempdir().unwrap();
        let active = Sysroot {
            path: folder.path().join("none"),
            host: "x86_64-unknown-linux-gnu".into(),
            release: "1.95.0".into(),
        };
        let error = fill(folder.path(), &active, &mut |_| ()).unwrap_err();
        assert!(error.to_string().contains("does not ship rust-lld"), "{error}");
    }
}
