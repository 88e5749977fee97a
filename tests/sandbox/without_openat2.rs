//! Runs a program as on a kernel without `openat2`, or in a container that forbids it:
//! `without_openat2 ENOSYS|EPERM PROGRAM ARGUMENTS…`.
#![expect(clippy::print_stderr, reason = "a program of the tests")]

use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// The number of the system call, the same on x86-64 and aarch64.
const OPENAT2: i64 = 437;

fn main() -> ExitCode {
    match run() {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("without_openat2: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<std::convert::Infallible, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let errno = match arguments.next().as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("ENOSYS") => Errno::NOSYS,
        Some("EPERM") => Errno::PERM,
        _ => return Err("the first argument is ENOSYS or EPERM".into()),
    };
    let program = arguments.next().ok_or("no program")?;
    let refused = SeccompAction::Errno(errno.raw_os_error().cast_unsigned());
    let rules = [(OPENAT2, Vec::new())].into_iter().collect();
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, refused, std::env::consts::ARCH.try_into()?)?;
    seccompiler::apply_filter(&BpfProgram::try_from(filter)?)?;
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let tried = rustix::fs::openat2(CWD, ".", flags, Mode::empty(), ResolveFlags::empty());
    if tried.err() != Some(errno) {
        return Err("the filter does not hold".into());
    }
    // It stays in force over the exec.
    Err(Command::new(program).args(arguments).env("OPENSKILLS_TEST_WITHOUT_OPENAT2", "1").exec().into())
}
