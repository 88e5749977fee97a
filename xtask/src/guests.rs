//! Building what runs inside: the skills, and the guest programs of the tests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use openskills_toolchain::component::{self, Metadata};
use openskills_toolchain::{GuestBuild, GuestToolchain, WASIP1, WASIP2, place};

use crate::checkout::{Checkout, say};
use crate::foreign;

/// The package of the tests' guest programs, a member of the skills' workspace.
const PROGRAMS: &str = "test-programs";

/// A program of them that knows nothing of skills.
const PLAIN: &str = "test-plain";

/// The guest toolchain, its making told on stderr.
pub(crate) fn toolchain() -> Result<GuestToolchain> {
    let toolchain = GuestToolchain::ensure(&mut say)?;
    if !toolchain.has(WASIP2) {
        bail!("{} cannot build for {WASIP2}", toolchain.describe());
    }
    Ok(toolchain)
}

/// Builds the skills and places each at `skills/<name>/wasm/skill.wasm`.
pub(crate) fn skills(checkout: &Checkout) -> Result<()> {
    let folder = checkout.path("skills");
    if !folder.join("Cargo.toml").is_file() {
        bail!("there is no skills/Cargo.toml: the skills are a cargo workspace of their own");
    }
    let mut build = GuestBuild::new(&folder).arg("--workspace");
    if has_programs(checkout) {
        build = build.arg("--exclude").arg(PROGRAMS).arg("--exclude").arg(PLAIN);
    }
    let (mut count, mut placed) = (0, 0);
    for built in build.run(&toolchain()?)?.iter().filter(|built| !built.example) {
        count += 1;
        placed += usize::from(place(&built.wasm, &built.package.join("wasm/skill.wasm"))?);
        if !built.package.join("SKILL.md").is_file() {
            say(&format!("warning: {} has no SKILL.md, so it is no skill yet", built.package.display()));
        }
    }
    say(&format!("{count} skills built, {placed} of them changed"));
    Ok(())
}

/// Builds the guest programs of the tests to `target/guests/<name>.wasm`; nothing to do where there are none.
pub(crate) fn programs(checkout: &Checkout) -> Result<()> {
    if !has_programs(checkout) {
        say("there is no tests/programs: nothing to build");
        return Ok(());
    }
    let build = GuestBuild::new(checkout.path("skills")).arg("--package").arg(PROGRAMS).arg("--examples");
    let folder = checkout.path("target/guests");
    fs::create_dir_all(&folder)?;
    let (mut count, mut placed) = (0, 0);
    for built in build.run(&toolchain()?)?.iter().filter(|built| built.example) {
        count += 1;
        let wit = checkout.path("tests/programs/wit").join(&built.name);
        let wasm = if wit.is_dir() { &documented(&built.wasm, &built.name, &wit)? } else { &built.wasm };
        placed += usize::from(place(wasm, &folder.join(format!("{}.wasm", built.name)))?);
    }
    let toolchain = toolchain()?;
    for (target, name) in [(WASIP2, "plain_wasip2"), (WASIP1, "plain_wasip1")] {
        if !toolchain.has(target) {
            bail!(
                "{} cannot build for {target}, which `rustup target add {target}` adds",
                toolchain.describe()
            );
        }
        let build = GuestBuild::new(checkout.path("skills")).target(target).arg("--package").arg(PLAIN);
        for built in build.run(&toolchain)? {
            count += 1;
            placed += usize::from(place(&built.wasm, &folder.join(format!("{name}.wasm")))?);
        }
    }
    let (foreign, changed) = foreign::build(checkout)?;
    (count, placed) = (count + foreign, placed + changed);
    say(&format!("{count} guest programs built, {placed} of them changed"));
    Ok(())
}

/// The component with what its WIT says of its functions, as `openskills build` leaves it.
fn documented(wasm: &Path, name: &str, wit: &Path) -> Result<PathBuf> {
    let metadata = Metadata { name, docs: component::docs(wit)?, ..Metadata::default() };
    let made = wasm.with_extension("documented.wasm");
    fs::write(&made, component::finish(&fs::read(wasm)?, &metadata)?)?;
    Ok(made)
}

/// Whether the tests' guest programs are there.
pub(crate) fn has_programs(checkout: &Checkout) -> bool {
    checkout.path("tests/programs/Cargo.toml").is_file()
}
