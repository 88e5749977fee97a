//! The packages: which ones, their download and their unpacking, with lists and caches of our own.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{ToolchainError, process};

/// A package of 50 MB over a slow line.
const LIMIT: Duration = Duration::from_secs(600);

/// apt with its state in a folder of ours, so that neither root nor fresh lists of the system's are needed.
struct Apt {
    config: PathBuf,
}

/// Downloads the compiler, its libraries, its source and WASI's libc and unpacks them into `folder`.
pub(super) fn unpack(
    work: &Path,
    folder: &Path,
    oldest: &str,
    progress: &mut dyn FnMut(&str),
) -> Result<(), ToolchainError> {
    let apt = Apt::new(work)?;
    progress("reading Debian's package lists");
    apt.run("apt-get", &["update", "-qq"], work)?;
    let compiler = apt.show("rustc-web").map_err(|_| {
        ToolchainError::Unsuited(
            "no package `rustc-web`: this is not a Debian with the main and security suites in its sources"
                .into(),
        )
    })?;
    let version = field(&compiler, "Version").unwrap_or("unknown");
    if release(version) < release(oldest) {
        return Err(ToolchainError::Unsuited(format!(
            "Debian's rustc-web is {version}, {oldest} is needed (the security suite has it: is it in the sources?)"
        )));
    }
    let packages = apt.closure(&["rustc-web", "rust-web-src", "wasi-libc"], &["libstd-rust-web-dev"])?;
    progress(&format!("downloading rustc {version} from Debian: {}", packages.join(" ")));
    let downloads = work.join("downloads");
    fs::create_dir_all(&downloads).map_err(ToolchainError::io("create", &downloads))?;
    let mut arguments = vec!["download", "-qq"];
    arguments.extend(packages.iter().map(String::as_str));
    apt.run("apt-get", &arguments, &downloads)?;
    for entry in fs::read_dir(&downloads).map_err(ToolchainError::io("read", &downloads))? {
        let package = entry.map_err(ToolchainError::io("read", &downloads))?.path();
        process::output(Command::new("dpkg").arg("-x").arg(&package).arg(folder), LIMIT)?;
    }
    Ok(())
}

impl Apt {
    fn new(work: &Path) -> Result<Self, ToolchainError> {
        let state = work.join("apt");
        let partial = state.join("lists/partial");
        fs::create_dir_all(&partial).map_err(ToolchainError::io("create", &partial))?;
        let config = state.join("apt.conf");
        let quoted = state.display();
        // As root apt would drop its rights to a user who cannot write here.
        let text = format!(
            "Dir::State::lists \"{quoted}/lists\";\nDir::Cache \"{quoted}/cache\";\nAPT::Sandbox::User \"\";\n\
             APT::Update::Error-Mode \"any\";\nAPT::Get::List-Cleanup \"0\";\nAcquire::Retries \"2\";\nAcquire::http::Timeout \"20\";\n\
             Acquire::Languages \"none\";\n"
        );
        fs::write(&config, text).map_err(ToolchainError::io("write", &config))?;
        Ok(Self { config })
    }

    fn run(&self, program: &str, arguments: &[&str], folder: &Path) -> Result<String, ToolchainError> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).env("APT_CONFIG", &self.config).env("LC_ALL", "C");
        process::output(&mut command, LIMIT)
    }

    /// What apt knows of the version of a package that it would install.
    fn show(&self, package: &str) -> Result<String, ToolchainError> {
        self.run("apt-cache", &["show", "--no-all-versions", package], Path::new("/"))
    }

    /// The packages alone, and those of `roots` with all that they depend on and the system does not have.
    fn closure(&self, alone: &[&str], roots: &[&str]) -> Result<Vec<String>, ToolchainError> {
        let mut all: BTreeSet<String> = alone.iter().map(|&name| name.to_owned()).collect();
        let mut next: VecDeque<String> = roots.iter().map(|&name| name.to_owned()).collect();
        while let Some(package) = next.pop_front() {
            let depends = self.show(&package)?;
            all.insert(package);
            for name in depends_on(&depends) {
                if !all.contains(name) && !next.iter().any(|known| known == name) && !installed(name) {
                    next.push_back(name.to_owned());
                }
            }
        }
        Ok(all.into_iter().collect())
    }
}

fn installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f", "${db:Status-Status}\n", package]);
    process::output(&mut query, LIMIT).is_ok_and(|text| text.lines().any(|line| line == "installed"))
}

/// The first alternative of each dependency.
fn depends_on(description: &str) -> impl Iterator<Item = &str> {
    let entries = field(description, "Depends").unwrap_or("").split(',');
    entries
        .filter_map(|entry| entry.split('|').next()?.split(['(', ':']).next())
        .map(str::trim)
        .filter(|n| !n.is_empty())
}

fn field<'a>(description: &'a str, name: &str) -> Option<&'a str> {
    description.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Major and minor number of a version such as `1.96.0+dfsg1-1~deb12u2`.
fn release(version: &str) -> (u32, u32) {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STD: &str = "\
Package: libstd-rust-web-1.96
Version: 1.96.0+dfsg1-1~deb12u2
Depends: libc6 (>= 2.34), libllvm22, gcc | c-compiler, python3:any (>= 3.1), zlib1g
Description: about
 Depends: not this
";

    #[test]
    fn dependencies_are_read_without_versions_and_alternatives() {
        let names: Vec<_> = depends_on(STD).collect();
        assert_eq!(names, ["libc6", "libllvm22", "gcc", "python3", "zlib1g"]);
        assert_eq!(depends_on("Package: x\n").count(), 0);
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(release("1.96.0+dfsg1-1~deb12u2") > release("1.95"));
        assert!(release("1.9") < release("1.10"));
        assert_eq!(release("garbage"), (0, 0));
    }
}
