"""Locks of files, among what opens them in this program: nobody else is told of them."""

import errno
import os
import types
import sys

LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN = 1, 2, 4, 8
_FD_CLOEXEC = 1

# By file: which descriptors hold a lock of it, and of what kind.
_held = {}
_descriptor_flags = {}


def _number(file):
    number = file if isinstance(file, int) else file.fileno()
    return number, os.fstat(number)


def _is_open(number, key):
    try:
        found = os.fstat(number)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == key


def flock(fd, operation, /):
    number, found = _number(fd)
    key = found.st_dev, found.st_ino
    # What was closed has let go.
    owners = {owner: kind for owner, kind in _held.get(key, {}).items() if _is_open(owner, key)}
    kind = operation & ~LOCK_NB
    if kind not in (LOCK_SH, LOCK_EX, LOCK_UN):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    owners.pop(number, None)
    if kind != LOCK_UN:
        if any(LOCK_EX in (kind, other) for other in owners.values()):
            if operation & LOCK_NB:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            raise OSError(errno.EDEADLK, "the script itself holds a lock of this file, and would wait for it for ever")
        owners[number] = kind
    _held[key] = owners


def lockf(fd, cmd, len=0, start=0, whence=0, /):
    """Locks of this kind belong to a process, and so never keep it out."""
    _number(fd)
    if cmd & ~LOCK_NB not in (LOCK_SH, LOCK_EX, LOCK_UN):
        raise ValueError("unrecognized lockf argument")


def fcntl(fd, cmd, arg=0, /):
    number, _ = _number(fd)
    match cmd:
        case 1:
            return _descriptor_flags.get(number, _FD_CLOEXEC)
        case 2:
            _descriptor_flags[number] = arg & _FD_CLOEXEC
            return 0
        case 3:
            return {0: os.O_RDONLY, 1: os.O_WRONLY, 2: os.O_WRONLY}.get(number, os.O_RDWR)
        case 4:
            # Nothing here blocks that could do otherwise.
            return 0
        case 5 | 6 | 7:
            return arg
    raise OSError(errno.EINVAL, f"fcntl.fcntl: the sandbox has no command {cmd}")


def ioctl(fd, request, arg=0, mutate_flag=True, /):
    _number(fd)
    raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))


def install():
    """Makes the module `fcntl`."""
    module = types.ModuleType("fcntl", __doc__)
    module.__dict__.update(
        LOCK_SH=LOCK_SH, LOCK_EX=LOCK_EX, LOCK_NB=LOCK_NB, LOCK_UN=LOCK_UN, F_DUPFD=0, F_GETFD=1, F_SETFD=2, F_GETFL=3,
        F_SETFL=4, F_GETLK=5, F_SETLK=6, F_SETLKW=7, F_RDLCK=0, F_WRLCK=1, F_UNLCK=2, FD_CLOEXEC=_FD_CLOEXEC,
        flock=flock, lockf=lockf, fcntl=fcntl, ioctl=ioctl,
    )
    for function in (flock, lockf, fcntl, ioctl):
        function.__module__ = "fcntl"
    sys.modules["fcntl"] = module
