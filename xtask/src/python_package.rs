//! The Python package: packed as a wheel, installed into an empty environment and tested there; its types checked.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::checkout::{Checkout, show_and_run};
use crate::{python_types, wheels};

/// What builds, tests and checks it.
pub(crate) const REQUIREMENTS: &str = include_str!("../python/bindings.txt");

const CARGO_OF_WORKSPACE: &str = include_str!("cargo_of_workspace.sh");

const FOLDER: &str = "bindings/python";

/// Builds the wheel, installs it and nothing else, and runs the tests; checks that the source archive is whole.
pub(crate) fn test(checkout: &Checkout) -> Result<()> {
    let tools = wheels::python("bindings", REQUIREMENTS)?;
    let out = emptied(checkout.target().join("python"))?;
    let wheel = build(checkout, &tools, &out, "dev")?;
    let python = install("python3".as_ref(), &wheel, &out.join("environment"))?;
    let mut tests = Command::new(&python);
    tests.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]);
    show_and_run(of_tests(checkout, &mut tests, &packages(&tools)?))?;
    python_types::check(checkout, &tools, &packages(&python)?)?;
    archive(checkout, &tools, &out)
}

/// Measures calls from Python beside the same calls from Rust, optimised.
pub(crate) fn bench(checkout: &Checkout, arguments: &[OsString]) -> Result<()> {
    let tools = wheels::python("bindings", REQUIREMENTS)?;
    let out = emptied(checkout.target().join("python-bench"))?;
    let wheel = build(checkout, &tools, &out, "release")?;
    let python = install("python3".as_ref(), &wheel, &out.join("environment"))?;
    show_and_run(&mut checkout.cargo(&["build", "--release", "--workspace", "--example", "calls"]))?;
    let mut bench = Command::new(&python);
    bench.arg("benches/calls.py").args(arguments);
    bench.env("OPENSKILLS_BENCH_RUST", checkout.target().join("release/examples/calls"));
    show_and_run(of_tests(checkout, &mut bench, &packages(&tools)?))
}

pub(crate) fn emptied(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// The wheel, of what cargo has built for the workspace with that profile.
pub(crate) fn build(checkout: &Checkout, tools: &Path, out: &Path, profile: &str) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let stand_in = out.join("cargo");
    fs::write(&stand_in, CARGO_OF_WORKSPACE)?;
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755))?;
    let wheels = out.join("wheel");
    let mut maturin = maturin(checkout, tools);
    maturin
        .args(["build", "--profile", profile, "--locked", "--compatibility", "linux", "--out"])
        .arg(&wheels);
    maturin.env("OPENSKILLS_PROFILE", profile);
    maturin.env("OPENSKILLS_CARGO", checkout.cargo(&[]).get_program()).env("CARGO", &stand_in);
    show_and_run(&mut maturin)?;
    only(&wheels, "whl")
}

/// Packs the source archive. It has every file of ours that the compiler read, as it is, and its manifests and
/// lockfile fit together. That it builds is not tried: that would build the engine once more.
fn archive(checkout: &Checkout, tools: &Path, out: &Path) -> Result<()> {
    let folder = out.join("archive");
    show_and_run(maturin(checkout, tools).args(["sdist", "--out"]).arg(&folder))?;
    let archive = only(&folder, "gz")?;
    let unpacked = out.join("unpacked");
    show_and_run(Command::new("python3").args(["-m", "tarfile", "-e"]).arg(&archive).arg(&unpacked))?;
    let name =
        archive.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".tar.gz"));
    let root = unpacked.join(name.context("the archive has no name")?);
    let mut metadata = Command::new(checkout.cargo(&[]).get_program());
    metadata.args(["metadata", "--quiet", "--offline", "--format-version", "1", "--manifest-path"]);
    metadata.arg(root.join(FOLDER).join("Cargo.toml"));
    let metadata = metadata.output().context("cargo does not run")?;
    ensure!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    // Without the packages that only others use, and with no version that is not tested.
    let (locked, all) =
        (fs::read_to_string(root.join("Cargo.lock"))?, fs::read_to_string(checkout.path("Cargo.lock"))?);
    let checksums: Vec<_> = locked.lines().filter(|line| line.starts_with("checksum")).collect();
    ensure!(checksums.len() > 100, "the lockfile of the source archive has {} packages", checksums.len());
    let others: Vec<_> = checksums.iter().filter(|line| !all.contains(**line)).collect();
    ensure!(others.is_empty(), "the source archive locks other packages than this checkout: {others:?}");
    let read = read_by_the_compiler(checkout)?;
    let missing: Vec<_> = read
        .iter()
        .filter(|path| fs::read(root.join(path)).ok() != fs::read(checkout.path("").join(path)).ok())
        .collect();
    ensure!(missing.is_empty(), "the source archive has not, or has otherwise: {missing:?}");
    Ok(())
}

/// The files of this checkout that the native half was built from, relative to its root: cargo writes them down.
fn read_by_the_compiler(checkout: &Checkout) -> Result<BTreeSet<PathBuf>> {
    let list = checkout.target().join("debug/libopenskills_python.d");
    let list = fs::read_to_string(&list).with_context(|| list.display().to_string())?;
    let root = checkout.path("");
    let target = checkout.target();
    let files = list.split_whitespace().map(Path::new).filter(|path| !path.starts_with(&target));
    let files: BTreeSet<_> =
        files.filter_map(|path| Some(path.strip_prefix(&root).ok()?.to_owned())).collect();
    ensure!(files.len() > 50, "cargo names {} files that the native half is built from", files.len());
    Ok(files)
}

fn maturin(checkout: &Checkout, tools: &Path) -> Command {
    let mut maturin = Command::new(tools.with_file_name("maturin"));
    maturin.current_dir(checkout.path(FOLDER));
    maturin
}

/// An environment of that interpreter with the wheel and nothing else.
pub(crate) fn install(interpreter: &OsStr, wheel: &Path, environment: &Path) -> Result<PathBuf> {
    let mut venv = Command::new(interpreter);
    show_and_run(venv.args(["-m", "venv", "--without-pip"]).arg(environment))?;
    let python = environment.join("bin/python");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--python"]).arg(&python).args(["install", "--quiet", "--no-index", "--no-deps"]);
    show_and_run(pip.arg(wheel))?;
    Ok(python)
}

/// The tests find pytest beside the environment, not in it.
pub(crate) fn of_tests<'a>(checkout: &Checkout, command: &'a mut Command, beside: &Path) -> &'a mut Command {
    command
        .current_dir(checkout.path(FOLDER))
        .env("PYTHONPATH", beside)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("OPENSKILLS_TEST_REPOSITORY", checkout.path(""))
        .env("OPENSKILLS_TEST_TARGET", checkout.target())
}

/// Where an environment has its packages.
fn packages(python: &Path) -> Result<PathBuf> {
    let mut told = Command::new(python);
    told.args(["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]);
    let told = told.output().with_context(|| format!("`{}` does not run", python.display()))?;
    Ok(String::from_utf8(told.stdout)?.trim().into())
}

/// The one file of that kind in a folder.
fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut found = entries.filter_map(Result::ok).map(|entry| entry.path());
    let found = found.find(|path| path.extension().is_some_and(|it| it == extension));
    match found {
        Some(path) => Ok(path),
        None => bail!("nothing was built in {}", folder.display()),
    }
}
