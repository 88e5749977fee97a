"""Numbers and texts of errors: WASI has its own, and scripts know those of Linux.

The module `errno` gets Linux's numbers, and what the functions of `os` and `open` raise is mended on its way out. C
code inside of CPython goes on with WASI's numbers, and chooses the class of an exception by them.
"""

import errno
import functools
import gc
import io
import os

_LINUX = {
    name: number for number, names in {
        1: "EPERM", 2: "ENOENT", 3: "ESRCH", 4: "EINTR", 5: "EIO", 6: "ENXIO", 7: "E2BIG", 8: "ENOEXEC", 9: "EBADF",
        10: "ECHILD", 11: "EAGAIN EWOULDBLOCK", 12: "ENOMEM", 13: "EACCES", 14: "EFAULT", 15: "ENOTBLK", 16: "EBUSY",
        17: "EEXIST", 18: "EXDEV", 19: "ENODEV", 20: "ENOTDIR", 21: "EISDIR", 22: "EINVAL", 23: "ENFILE", 24: "EMFILE",
        25: "ENOTTY", 26: "ETXTBSY", 27: "EFBIG", 28: "ENOSPC", 29: "ESPIPE", 30: "EROFS", 31: "EMLINK", 32: "EPIPE",
        33: "EDOM", 34: "ERANGE", 35: "EDEADLK", 36: "ENAMETOOLONG", 37: "ENOLCK", 38: "ENOSYS", 39: "ENOTEMPTY",
        40: "ELOOP", 42: "ENOMSG", 43: "EIDRM", 60: "ENOSTR", 61: "ENODATA", 62: "ETIME", 67: "ENOLINK", 71: "EPROTO",
        72: "EMULTIHOP", 74: "EBADMSG", 75: "EOVERFLOW", 84: "EILSEQ", 87: "EUSERS", 88: "ENOTSOCK",
        89: "EDESTADDRREQ", 90: "EMSGSIZE", 91: "EPROTOTYPE", 92: "ENOPROTOOPT", 93: "EPROTONOSUPPORT",
        94: "ESOCKTNOSUPPORT", 95: "EOPNOTSUPP ENOTSUP", 96: "EPFNOSUPPORT", 97: "EAFNOSUPPORT", 98: "EADDRINUSE",
        99: "EADDRNOTAVAIL", 100: "ENETDOWN", 101: "ENETUNREACH", 102: "ENETRESET", 103: "ECONNABORTED",
        104: "ECONNRESET", 105: "ENOBUFS", 106: "EISCONN", 107: "ENOTCONN", 108: "ESHUTDOWN", 110: "ETIMEDOUT",
        111: "ECONNREFUSED", 112: "EHOSTDOWN", 113: "EHOSTUNREACH", 114: "EALREADY", 115: "EINPROGRESS", 116: "ESTALE",
        122: "EDQUOT", 125: "ECANCELED", 130: "EOWNERDEAD", 131: "ENOTRECOVERABLE",
    }.items() for name in names.split()
}

# As the C library of Debian has them.
_TEXTS = {
    "EPERM": "Operation not permitted", "ENOENT": "No such file or directory", "ESRCH": "No such process",
    "EINTR": "Interrupted system call", "EIO": "Input/output error", "ENXIO": "No such device or address",
    "E2BIG": "Argument list too long", "ENOEXEC": "Exec format error", "EBADF": "Bad file descriptor",
    "ECHILD": "No child processes", "EAGAIN": "Resource temporarily unavailable",
    "EWOULDBLOCK": "Resource temporarily unavailable", "ENOMEM": "Cannot allocate memory",
    "EACCES": "Permission denied", "EFAULT": "Bad address", "ENOTBLK": "Block device required",
    "EBUSY": "Device or resource busy", "EEXIST": "File exists", "EXDEV": "Invalid cross-device link",
    "ENODEV": "No such device", "ENOTDIR": "Not a directory", "EISDIR": "Is a directory", "EINVAL": "Invalid argument",
    "ENFILE": "Too many open files in system", "EMFILE": "Too many open files",
    "ENOTTY": "Inappropriate ioctl for device", "ETXTBSY": "Text file busy", "EFBIG": "File too large",
    "ENOSPC": "No space left on device", "ESPIPE": "Illegal seek", "EROFS": "Read-only file system",
    "EMLINK": "Too many links", "EPIPE": "Broken pipe", "EDOM": "Numerical argument out of domain",
    "ERANGE": "Numerical result out of range", "EDEADLK": "Resource deadlock avoided",
    "ENAMETOOLONG": "File name too long", "ENOLCK": "No locks available", "ENOSYS": "Function not implemented",
    "ENOTEMPTY": "Directory not empty", "ELOOP": "Too many levels of symbolic links",
    "ENOMSG": "No message of desired type", "EIDRM": "Identifier removed", "ENOSTR": "Device not a stream",
    "ENODATA": "No data available", "ETIME": "Timer expired", "ENOLINK": "Link has been severed",
    "EPROTO": "Protocol error", "EMULTIHOP": "Multihop attempted", "EBADMSG": "Bad message",
    "EOVERFLOW": "Value too large for defined data type",
    "EILSEQ": "Invalid or incomplete multibyte or wide character", "EUSERS": "Too many users",
    "ENOTSOCK": "Socket operation on non-socket", "EDESTADDRREQ": "Destination address required",
    "EMSGSIZE": "Message too long", "EPROTOTYPE": "Protocol wrong type for socket",
    "ENOPROTOOPT": "Protocol not available", "EPROTONOSUPPORT": "Protocol not supported",
    "ESOCKTNOSUPPORT": "Socket type not supported", "EOPNOTSUPP": "Operation not supported",
    "ENOTSUP": "Operation not supported", "EPFNOSUPPORT": "Protocol family not supported",
    "EAFNOSUPPORT": "Address family not supported by protocol", "EADDRINUSE": "Address already in use",
    "EADDRNOTAVAIL": "Cannot assign requested address", "ENETDOWN": "Network is down",
    "ENETUNREACH": "Network is unreachable", "ENETRESET": "Network dropped connection on reset",
    "ECONNABORTED": "Software caused connection abort", "ECONNRESET": "Connection reset by peer",
    "ENOBUFS": "No buffer space available", "EISCONN": "Transport endpoint is already connected",
    "ENOTCONN": "Transport endpoint is not connected", "ESHUTDOWN": "Cannot send after transport endpoint shutdown",
    "ETIMEDOUT": "Connection timed out", "ECONNREFUSED": "Connection refused", "EHOSTDOWN": "Host is down",
    "EHOSTUNREACH": "No route to host", "EALREADY": "Operation already in progress",
    "EINPROGRESS": "Operation now in progress", "ESTALE": "Stale file handle", "EDQUOT": "Disk quota exceeded",
    "ECANCELED": "Operation canceled", "EOWNERDEAD": "Owner died", "ENOTRECOVERABLE": "State not recoverable",
}

# Of `os`: what asks the system for something and can be told no.
_FUNCTIONS = """
access chdir close dup fdatasync fstat fsync ftruncate getcwd link listdir lseek lstat mkdir open pread pwrite read
readlink readv remove rename replace rmdir scandir stat symlink truncate unlink utime write writev
""".split()

# Of these, what looks for a file by its name: an empty name is none.
_OF_PATHS = set("""
chdir link listdir lstat mkdir open readlink remove rename replace rmdir scandir stat symlink truncate unlink utime
""".split())

# Number of WASI: its text, and Linux's number and text.
_mended = {}


def mend(error):
    """Gives an error that comes from the system the number and the text that it has on Linux."""
    known = _mended.get(error.errno)
    # Told by the text: an error that a script or a shim made has Linux's number already.
    if known is not None and error.strerror == known[0]:
        error.errno, error.strerror = known[1:]
        error.args = (*known[1:], *error.args[2:])


def missing(path):
    """The error that there is no such file."""
    return FileNotFoundError(_LINUX["ENOENT"], _TEXTS["ENOENT"], path)


def _mends(function, is_of_paths=False):
    @functools.wraps(function)
    def call(*arguments, **options):
        if is_of_paths and arguments and (arguments[0] == "" or arguments[0] == b""):
            raise missing(arguments[0])
        try:
            return function(*arguments, **options)
        except OSError as error:
            mend(error)
            raise

    return call


def _classes():
    """Scripts make errors with Linux's numbers: the classes that these mean, as far as WASI's own let them."""
    classes = next(found for found in gc.get_objects() if type(found) is dict
                   and found.get(44) is FileNotFoundError and found.get(2) is PermissionError)
    # WASI's numbers that nothing in the sandbox raises, and that mean something else on Linux.
    for number in (7, 12, 14, 15, 27, 71):
        classes.pop(number, None)
    classes.update({
        1: PermissionError, 3: ProcessLookupError, 4: InterruptedError, 11: BlockingIOError, 13: PermissionError,
        17: FileExistsError, 21: IsADirectoryError, 103: ConnectionAbortedError, 104: ConnectionResetError,
        108: BrokenPipeError, 110: TimeoutError, 111: ConnectionRefusedError, 114: BlockingIOError,
        115: BlockingIOError,
    })


def install():
    """Before the standard library is imported, so that its modules see the same."""
    texts = {}
    for name, number in _LINUX.items():
        theirs = getattr(errno, name, None)
        texts.setdefault(number, _TEXTS[name])
        if theirs is not None:
            _mended[theirs] = (os.strerror(theirs), number, texts[number])
    refused = errno.ENOTCAPABLE
    _mended[refused] = (os.strerror(refused), _LINUX["EACCES"], texts[_LINUX["EACCES"]])
    for name in [name for name in vars(errno) if name.startswith("E")]:
        if name not in _LINUX:
            delattr(errno, name)
    vars(errno).update(_LINUX)
    errno.errorcode.clear()
    errno.errorcode.update(sorted((number, name) for name, number in reversed(_LINUX.items())))

    def strerror(number, /):
        return texts.get(number) or f"Unknown error {number}"

    strerror.__module__ = "os"
    os.strerror = strerror
    for name in _FUNCTIONS:
        function = getattr(os, name, None)
        if function is None:
            continue
        mending = _mends(function, name in _OF_PATHS)
        setattr(os, name, mending)
        for able in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
            if function in able:
                able.add(mending)
    io.open_code = _mends(io.open_code)
    _classes()
