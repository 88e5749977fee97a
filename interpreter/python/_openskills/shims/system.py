"""Users, groups, limits and processes, as far as a sandbox has them."""

import errno
import os
import sys
import time
import types

from .absent import Absent

_began = 0


def _module(name, **members):
    module = types.ModuleType(name, "What the sandbox has of this module.")
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


# One user, who is nobody in particular. `structseq` is not to be had from Python; a tuple with names is what it is.
class struct_passwd(tuple):
    """An entry of the user database."""

    __slots__ = ()
    _names = ("pw_name", "pw_passwd", "pw_uid", "pw_gid", "pw_gecos", "pw_dir", "pw_shell")


class struct_group(tuple):
    """An entry of the group database."""

    __slots__ = ()
    _names = ("gr_name", "gr_passwd", "gr_gid", "gr_mem")


class struct_rusage(tuple):
    """What a process has used."""

    __slots__ = ()
    _names = ("ru_utime", "ru_stime", "ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt", "ru_majflt",
              "ru_nswap", "ru_inblock", "ru_oublock", "ru_msgsnd", "ru_msgrcv", "ru_nsignals", "ru_nvcsw", "ru_nivcsw")


for _kind in (struct_passwd, struct_group, struct_rusage):
    for _place, _name in enumerate(_kind._names):
        setattr(_kind, _name, property(lambda self, place=_place: self[place]))

USER = 1000
_user = struct_passwd(("sandbox", "x", USER, USER, "", "/home/sandbox", "/bin/sh"))
_group = struct_group(("sandbox", "x", USER, []))


def _entry(entry, number, name, what):
    def by_number(wanted):
        if wanted == entry[number]:
            return entry
        raise KeyError(f"{what}: not found: {wanted}")

    def by_name(wanted):
        if wanted == entry[name]:
            return entry
        raise KeyError(f"{what}: name not found: {wanted!r}")

    return by_number, by_name


def _no_limits(*_):
    raise ValueError("the limits of a call are the host's: they cannot be changed from within")


def _usage(who=0):
    return struct_rusage((time.process_time(), 0.0) + (0,) * 14)


def install():
    """Makes the modules that WASI's CPython lacks and the functions that its `os` lacks."""
    getpwuid, getpwnam = _entry(_user, 2, 0, "getpwuid()")
    _module("pwd", getpwuid=getpwuid, getpwnam=getpwnam, getpwall=lambda: [_user], struct_passwd=struct_passwd)
    getgrgid, getgrnam = _entry(_group, 2, 0, "getgrgid()")
    _module("grp", getgrgid=getgrgid, getgrnam=getgrnam, getgrall=lambda: [_group], struct_group=struct_group)
    _module(
        "resource", RLIM_INFINITY=-1, RLIMIT_CPU=0, RLIMIT_FSIZE=1, RLIMIT_DATA=2, RLIMIT_STACK=3, RLIMIT_CORE=4,
        RLIMIT_NOFILE=7, RLIMIT_AS=9, RUSAGE_SELF=0, RUSAGE_CHILDREN=-1, error=OSError, getrlimit=lambda _: (-1, -1),
        setrlimit=_no_limits, getrusage=_usage, getpagesize=lambda: 65536, struct_rusage=struct_rusage,
    )
    number = lambda: USER  # noqa: E731
    for name in ("getuid", "geteuid", "getgid", "getegid"):
        setattr(os, name, number)
    os.getppid = lambda: 1
    os.getpgrp = lambda: os.getpid()
    os.getgroups = lambda: [USER]
    os.getloadavg = lambda: (_ for _ in ()).throw(OSError("the sandbox has no load average"))
    os.nice = lambda increment: 0
    for name in ("chown", "lchown", "fchown"):
        setattr(os, name, _chown)
    _add_to_os()
    if not hasattr(os, "cpu_count") or not os.cpu_count():
        os.cpu_count = lambda: 1


def _no_terminal(*_):
    raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))


def _no_login():
    raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))


def _own_group(process, /):
    if process not in (0, os.getpid()):
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    return os.getpid()


def _exit_status(status, /):
    return status >> 8 & 0xFF


def _ended_by(status, /):
    return status & 0x7F


def _exit_code(status, /):
    return -_ended_by(status) if _ended_by(status) else _exit_status(status)


def _allocate(fd, offset, len, /):
    if offset + len > os.fstat(fd).st_size:
        os.ftruncate(fd, offset + len)


def _add_to_os():
    """What `os` has on Linux and scripts ask for, with the answer of a system with one process and no terminal."""

    def absent(name, why):
        return Absent(f"os.{name}", why, OSError)

    no_pipes = "the sandbox is one process: `subprocess` connects the Python programs that it starts"
    names = {
        "get_terminal_size": _no_terminal, "ttyname": _no_terminal, "tcgetpgrp": _no_terminal,
        "ctermid": lambda: "/dev/tty", "getlogin": _no_login, "getpgid": _own_group, "getsid": _own_group,
        "getresuid": lambda: (USER,) * 3, "getresgid": lambda: (USER,) * 3, "getpriority": lambda which, who: 0,
        "getgrouplist": lambda user, group: [group], "sched_getaffinity": lambda process, /: {0},
        "sched_yield": lambda: None, "sync": lambda: None,
        "getrandom": lambda size, flags=0: os.urandom(size), "posix_fallocate": _allocate,
        "major": lambda device, /: device >> 8 & 0xFFF, "minor": lambda device, /: device & 0xFF,
        "makedev": lambda major, minor, /: major << 8 | minor, "WIFEXITED": lambda status: not _ended_by(status),
        "WEXITSTATUS": _exit_status, "WIFSIGNALED": lambda status: bool(_ended_by(status)), "WTERMSIG": _ended_by,
        "WIFSTOPPED": lambda status: False, "WIFCONTINUED": lambda status: False, "WCOREDUMP": lambda status: False,
        "waitstatus_to_exitcode": _exit_code, "WNOHANG": 1, "WUNTRACED": 2, "P_WAIT": 0, "P_NOWAIT": 1, "P_NOWAITO": 1,
        "pipe": absent("pipe", no_pipes), "pipe2": absent("pipe2", no_pipes), "openpty": absent("openpty", no_pipes),
        "mkfifo": absent("mkfifo", no_pipes), "mknod": absent("mknod", no_pipes),
        "dup2": absent("dup2", "the sandbox does not redirect descriptors: give `sys.stdout` another value, or use"
                               " `contextlib.redirect_stdout`"),
    }
    for name, value in names.items():
        if not hasattr(os, name):
            if hasattr(value, "__qualname__"):
                value.__module__, value.__name__, value.__qualname__ = "os", name, name
            setattr(os, name, value)


def _chown(path, uid, gid, **_):
    raise PermissionError(errno.EPERM, "the sandbox does not change owners", path)


def install_after_imports():
    """What the standard library would ask of programs that are not there, or of a system that does not tell."""
    import faulthandler
    import shutil
    import uuid

    # They would tell what a process does that hangs, or that another one asks.
    for name in ("dump_traceback_later", "cancel_dump_traceback_later", "register", "unregister"):
        setattr(faulthandler, name, lambda *_, **__: None)

    uuid._OS_GETTERS = uuid._GETTERS = []
    no_room = "the sandbox does not tell how much room there is: writing fails when there is none"
    os.statvfs = Absent("os.statvfs", no_room, OSError)
    shutil.disk_usage = Absent("shutil.disk_usage", no_room, OSError)
    time.process_time_ns = time.thread_time_ns = lambda: time.monotonic_ns() - _began
    time.process_time = time.thread_time = lambda: (time.monotonic_ns() - _began) / 1e9


def begin():
    """Before a program of a call: its time begins. WASI's clock of a process began when the component was built."""
    global _began
    _began = time.monotonic_ns()


def exit_at_once(leave):
    """Gives `os._exit` the host's function, which knows all exit statuses."""

    def _exit(status):
        leave(status & 0xFF)

    os._exit = _exit
