"""The few devices that scripts open by name: there are none in the file tree, and these are enough."""

import builtins
import errno
import io
import os

from .errors import mend, missing

_open = io.open
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2, "/dev/fd/0": 0, "/dev/fd/1": 1, "/dev/fd/2": 2}


class _Null(io.RawIOBase):
    """Takes everything and gives nothing."""

    name = "/dev/null"

    def readable(self):
        return True

    def writable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        return 0

    def truncate(self, size=None):
        return 0

    def readinto(self, buffer):
        return 0

    def write(self, data):
        return memoryview(data).nbytes


def _no_device(file):
    # By its number alone, WASI's class of it is another one.
    error = OSError(os.strerror(errno.ENXIO), file)
    error.errno, error.strerror, error.filename = errno.ENXIO, os.strerror(errno.ENXIO), file
    return error


def open(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
    if type(file) is str and file.startswith("/dev/"):
        if file in _STREAMS:
            file, closefd = _STREAMS[file], False
        elif file == "/dev/null":
            binary = io.BufferedRandom(_Null())
            return binary if "b" in mode else io.TextIOWrapper(binary, encoding or "utf-8", errors, newline)
        elif file == "/dev/tty":
            raise _no_device(file)
    if file == "":
        raise missing(file)
    try:
        return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)
    except OSError as error:
        mend(error)
        raise


open.__doc__, open.__module__, open.__qualname__ = _open.__doc__, "io", "open"


def install():
    """Makes this the `open` of everyone."""
    builtins.open = io.open = open
    assert os.devnull == "/dev/null"
