//! Finding the guest toolchain, making it where there is none, and running its cargo.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sysroot::Sysroot;
use crate::{Attempt, ToolchainError, WASIP1, WASIP2, cache, debian, rustup};

/// Where a guest toolchain may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The toolchain in use has the target.
    Active,
    /// rustup adds the target to the toolchain in use.
    Rustup,
    /// One is made from Debian's packages in the user's cache folder.
    Debian,
}

/// A Rust toolchain that builds for `wasm32-wasip2`.
#[derive(Clone, Debug)]
pub struct GuestToolchain {
    source: Source,
    cargo: PathBuf,
    sysroot: Sysroot,
    /// The folder of a toolchain of ours; none for the toolchain in use.
    own: Option<PathBuf>,
}

impl GuestToolchain {
    /// The toolchain, if there is one already; downloads and makes nothing.
    ///
    /// # Errors
    /// If there is no Rust compiler at all.
    pub fn locate() -> Result<Option<Self>, ToolchainError> {
        let active = Sysroot::active()?;
        if active.has(WASIP2) {
            return Ok(Some(Self::active(active, Source::Active)));
        }
        let made = cache::folder().ok().and_then(|cache| debian::find(&cache, &active));
        Ok(made.map(|(folder, sysroot)| Self::own(&active, folder, sysroot)))
    }

    /// The toolchain, from wherever it can be had. `progress` is told what takes long.
    ///
    /// # Errors
    /// If there is none and none can be made: what was tried, and why it failed.
    pub fn ensure(progress: &mut dyn FnMut(&str)) -> Result<Self, ToolchainError> {
        Self::ensure_from(&[Source::Active, Source::Rustup, Source::Debian], progress)
    }

    /// Like [`ensure`](Self::ensure), from these sources alone, in this order. A toolchain made before from
    /// Debian's packages is taken before rustup is asked.
    ///
    /// # Errors
    /// If none of the sources has one: what was tried, and why it failed.
    pub fn ensure_from(sources: &[Source], progress: &mut dyn FnMut(&str)) -> Result<Self, ToolchainError> {
        let active = Sysroot::active()?;
        if sources.contains(&Source::Active) && active.has(WASIP2) {
            return Ok(Self::active(active, Source::Active));
        }
        let cache = cache::folder();
        if sources.contains(&Source::Debian)
            && let Ok(cache) = &cache
            && let Some((folder, sysroot)) = debian::find(cache, &active)
        {
            return Ok(Self::own(&active, folder, sysroot));
        }
        let mut attempts = Vec::new();
        for source in sources {
            let tried = match source {
                Source::Active => Err((
                    "the toolchain in use".to_owned(),
                    format!("{} has no standard library for {WASIP2}", active.path.display()),
                )),
                Source::Rustup => {
                    progress(rustup::COMMAND);
                    match rustup::add_targets() {
                        Ok(()) if active.has(WASIP2) => Ok(Self::active(active.clone(), Source::Rustup)),
                        Ok(()) => Err((
                            rustup::COMMAND.to_owned(),
                            format!(
                                "rustup did not add it to the toolchain in use, {}",
                                active.path.display()
                            ),
                        )),
                        Err(error) => Err((rustup::COMMAND.to_owned(), error.to_string())),
                    }
                }
                Source::Debian => match &cache {
                    Ok(cache) => debian::make(cache, &active, progress)
                        .map(|(folder, sysroot)| Self::own(&active, folder, sysroot))
                        .map_err(|error| ("Debian's packages".to_owned(), error.to_string())),
                    Err(error) => Err(("Debian's packages".to_owned(), error.to_string())),
                },
            };
            match tried {
                Ok(toolchain) => return Ok(toolchain),
                Err((tried, reason)) => {
                    progress(&format!("{tried}: did not work"));
                    attempts.push(Attempt { tried, reason });
                }
            }
        }
        Err(ToolchainError::Unavailable(attempts))
    }

    fn active(sysroot: Sysroot, source: Source) -> Self {
        Self { source, cargo: sysroot.cargo(), sysroot, own: None }
    }

    fn own(active: &Sysroot, folder: PathBuf, sysroot: Sysroot) -> Self {
        Self { source: Source::Debian, cargo: active.cargo(), sysroot, own: Some(folder) }
    }

    /// Where it came from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// Whether it can build for this target; besides `wasm32-wasip2`, `wasm32-wasip1` is usually there.
    #[must_use]
    pub fn has(&self, target: &str) -> bool {
        self.sysroot.has(target)
    }

    /// Its sysroot.
    #[must_use]
    pub fn sysroot(&self) -> &Path {
        &self.sysroot.path
    }

    /// A cargo command that builds guests; the caller adds `build` and so on, and the folder to run in.
    ///
    /// The flags that guests are linked with come from the `.cargo/config.toml` of their workspace. `RUSTFLAGS`
    /// in the environment would silently replace them, so it is not passed on.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        for variable in
            ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_BUILD_RUSTFLAGS"]
        {
            command.env_remove(variable);
        }
        if let Some(folder) = &self.own {
            let bin = folder.join("bin");
            command.env("RUSTC", bin.join("rustc"));
            // `cargo component` asks the `rustc` on PATH for its sysroot.
            command.env("PATH", first_on_path(&bin));
        }
        command
    }

    /// One line for people: which compiler, from where.
    #[must_use]
    pub fn describe(&self) -> String {
        let origin = match self.source {
            Source::Active => "the toolchain in use",
            Source::Rustup => "the toolchain in use, target added by rustup",
            Source::Debian => "made from Debian's packages",
        };
        let targets: Vec<&str> = [WASIP2, WASIP1].into_iter().filter(|target| self.has(target)).collect();
        let place = self.own.as_deref().unwrap_or(&self.sysroot.path);
        format!(
            "rustc {} for {} ({origin}: {})",
            self.sysroot.release,
            targets.join(" and "),
            place.display()
        )
    }
}

fn first_on_path(folder: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [folder.to_owned()].into_iter().chain(env::split_paths(&path));
    // A folder with a colon in its name cannot be on a PATH; then PATH stays as it is.
    env::join_paths(folders).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sysroot(path: &str) -> Sysroot {
        Sysroot { path: path.into(), host: "x86_64-unknown-linux-gnu".into(), release: "1.95.0".into() }
    }

    fn variable(command: &Command, name: &str) -> Option<Option<OsString>> {
        command.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value.map(OsString::from))
    }

    #[test]
    fn flags_of_the_guests_workspace_are_not_replaced() {
        let toolchain = GuestToolchain::active(sysroot("/rust"), Source::Active);
        let cargo = toolchain.cargo();
        assert_eq!(variable(&cargo, "RUSTFLAGS"), Some(None));
        assert_eq!(variable(&cargo, "CARGO_ENCODED_RUSTFLAGS"), Some(None));
        assert_eq!(variable(&cargo, "RUSTC"), None);
    }

    #[test]
    fn an_own_toolchain_is_first_on_path() {
        let toolchain = GuestToolchain::own(&sysroot("/rust"), "/cache/tc".into(), sysroot("/cache/tc/usr"));
        let cargo = toolchain.cargo();
        assert_eq!(variable(&cargo, "RUSTC"), Some(Some("/cache/tc/bin/rustc".into())));
        let path = variable(&cargo, "PATH").flatten().unwrap();
        assert_eq!(env::split_paths(&path).next(), Some("/cache/tc/bin".into()));
        assert!(toolchain.describe().contains("Debian's packages: /cache/tc"), "{}", toolchain.describe());
    }

    #[test]
    fn no_source_is_an_error_that_says_so() {
        let error = GuestToolchain::ensure_from(&[], &mut |_| ()).unwrap_err();
        assert!(matches!(error, ToolchainError::Unavailable(_)));
    }
}
