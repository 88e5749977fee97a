"""Users, groups, locks and limits, as far as a sandbox has them."""

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


def _no_locks(*_):
    raise OSError(errno.ENOLCK, "the sandbox has no file locks: nothing would keep another process out")


def _no_control(*_):
    raise OSError(errno.ENOTSUP, "the sandbox has no control of descriptors")


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
        "fcntl", LOCK_SH=1, LOCK_EX=2, LOCK_NB=4, LOCK_UN=8, F_GETFD=1, F_SETFD=2, F_GETFL=3, F_SETFL=4, FD_CLOEXEC=1,
        flock=_no_locks, lockf=_no_locks, fcntl=_no_control, ioctl=_no_control,
    )
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
    os.umask = lambda mask: 0o022
    os.getloadavg = lambda: (_ for _ in ()).throw(OSError("the sandbox has no load average"))
    os.nice = lambda increment: 0
    for name in ("chown", "lchown"):
        setattr(os, name, _chown)
    if not hasattr(os, "cpu_count") or not os.cpu_count():
        os.cpu_count = lambda: 1


def _chown(path, uid, gid, **_):
    raise PermissionError(errno.EPERM, "the sandbox does not change owners", path)


def install_after_imports():
    """What the standard library would ask of programs that are not there, or of a system that does not tell."""
    import shutil
    import uuid

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
