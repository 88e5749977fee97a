"""Permissions and owners of files: WASI tells neither, and what scripts pack into archives has both.

A file has what one has that was made under the usual mask, and belongs to the one user that there is. What a script
sets is remembered until it ends. Whether something may be opened is decided when it is.
"""

import errno
import os
import stat

from .system import USER

_USUAL = {stat.S_IFREG: 0o644, stat.S_IFDIR: 0o755, stat.S_IFLNK: 0o777}
_EXECUTABLE = 0o111

# By device and inode: what was set. A program has an instance of its own, and so begins with none.
_set = {}


# The permissions that a script does not give to what it makes.
_mask = 0o022
# Paths of what was opened by number.
_opened = {}
_BLOCK = 4096


def _umask(mask, /):
    global _mask
    before, _mask = _mask, mask & 0o777
    return before


def _with_permissions(found):
    kind, (visible, hidden) = found.__reduce__()
    if not hidden.get("st_blocks"):
        # As a file takes them whose blocks all are there.
        hidden |= {"st_blocks": -(-visible[6] // _BLOCK) * (_BLOCK // 512), "st_blksize": _BLOCK}
    mode, inode, device, links, _, _, *rest = visible
    if not mode & 0o7777:
        usual = _USUAL.get(stat.S_IFMT(mode), 0o600)
        mode |= _set.get((device, inode), usual)
    return kind((mode, inode, device, links, USER, USER, *rest), hidden)


def _tells(function):
    def call(*arguments, **options):
        return _with_permissions(function(*arguments, **options))

    return call


def _access(there, look):
    def access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True):
        options = {} if dir_fd is None else {"dir_fd": dir_fd}
        if path in ("", b""):
            return False
        if follow_symlinks:
            if not there(path, mode & os.R_OK, **options):
                return False
        else:
            options["follow_symlinks"] = False
        try:
            found = look(path, **options)
        except OSError:
            return False
        if mode & os.W_OK and not _may_be_written(path, dir_fd):
            return False
        return not mode & os.X_OK or bool(_with_permissions(found).st_mode & _EXECUTABLE)

    return access


def _may_be_written(path, folder=None):
    """Whether that could be: the skill's folder and the root never change, and for the rest there are rules."""
    if isinstance(path, int):
        place = _opened.get(path, "")
    else:
        place = os.path.abspath(os.path.join(_opened.get(folder, ""), os.fsdecode(path)))
    return place not in ("/", "/skill") and not place.startswith("/skill/")


def _opens(open_, look_at_open):
    def open(path, flags, mode=0o777, *, dir_fd=None):
        permissions = mode & ~_mask
        options = {} if dir_fd is None else {"dir_fd": dir_fd}
        number, is_new = None, False
        if flags & os.O_CREAT and permissions != _USUAL[stat.S_IFREG]:
            try:
                number, is_new = open_(path, flags | os.O_EXCL, mode, **options), True
            except FileExistsError:
                if flags & os.O_EXCL:
                    raise
        if number is None:
            number = open_(path, flags, mode, **options)
        if is_new:
            _keep(look_at_open(number), permissions)
        _opened[number] = os.path.abspath(os.path.join(_opened.get(dir_fd, ""), os.fsdecode(path)))
        return number

    return open


def _makes_folder(mkdir_, look):
    def mkdir(path, mode=0o777, *, dir_fd=None):
        options = {} if dir_fd is None else {"dir_fd": dir_fd}
        mkdir_(path, mode, **options)
        if mode & ~_mask != _USUAL[stat.S_IFDIR]:
            _keep(look(path, **options), mode & ~_mask)

    return mkdir


def _keep(found, permissions):
    _set[found.st_dev, found.st_ino] = permissions & 0o7777


def _forgets(function, look_at_link, place):
    """What takes the `place`-th of its paths away: its number may be another file's then."""

    def call(*arguments, **options):
        gone = None
        if _set and len(arguments) > place and not options:
            try:
                gone = look_at_link(arguments[place])
            except OSError:
                pass
        result = function(*arguments, **options)
        if gone is not None and gone.st_nlink <= 1:
            _set.pop((gone.st_dev, gone.st_ino), None)
        return result

    return call


def _remembers(look):
    def chmod(path, mode, **options):
        found = look(path, **options)
        if not _may_be_written(path, options.get("dir_fd")):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        _keep(found, mode)

    return chmod


def install():
    """After errors have their numbers, before the standard library takes hold of these functions."""
    look, look_at_link, look_at_open = os.stat, os.lstat, os.fstat
    replaced = {
        "stat": _tells(look), "lstat": _tells(look_at_link), "fstat": _tells(look_at_open),
        "access": _access(os.access, look), "chmod": _remembers(look), "lchmod": _remembers(look_at_link),
        "fchmod": _remembers(look_at_open), "umask": _umask, "open": _opens(os.open, look_at_open),
        "mkdir": _makes_folder(os.mkdir, look),
    }
    for name, place in (("remove", 0), ("unlink", 0), ("rmdir", 0), ("rename", 1), ("replace", 1)):
        replaced[name] = _forgets(getattr(os, name), look_at_link, place)
    for name, function in replaced.items():
        former = getattr(os, name, None)
        function.__name__ = function.__qualname__ = name
        function.__module__, function.__doc__ = "os", getattr(former, "__doc__", None)
        setattr(os, name, function)
        for able in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
            if former in able:
                able.add(function)
    os.supports_follow_symlinks.add(os.chmod)
    os.supports_fd.add(os.chmod)
