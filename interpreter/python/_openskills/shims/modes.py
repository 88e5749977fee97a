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


def _with_permissions(found):
    kind, (visible, hidden) = found.__reduce__()
    mode, inode, device, links, _, _, *rest = visible
    if not mode & 0o7777:
        usual = _USUAL.get(stat.S_IFMT(mode), 0o600)
        mode |= _set.get((device, inode), usual)
    return kind((mode, inode, device, links, USER, USER, *rest), hidden)


def _tells(function):
    def call(*arguments, **options):
        return _with_permissions(function(*arguments, **options))

    return call


def _access(there):
    def access(path, mode, **options):
        if not there(path, mode & os.R_OK, **options):
            return False
        if mode & os.W_OK and not _may_be_written(path):
            return False
        return not mode & os.X_OK or bool(os.stat(path).st_mode & _EXECUTABLE)

    return access


def _may_be_written(path):
    """Whether that could be: the skill's folder and the root never change, and for the rest there are rules."""
    place = os.path.abspath(os.fsdecode(path)) if not isinstance(path, int) else ""
    return place not in ("/", "/skill") and not place.startswith("/skill/")


def _remembers(look):
    def chmod(path, mode, **options):
        found = look(path, **options)
        if not _may_be_written(path):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        _set[found.st_dev, found.st_ino] = mode & 0o7777

    return chmod


def install():
    """After errors have their numbers, before the standard library takes hold of these functions."""
    look, look_at_link, look_at_open = os.stat, os.lstat, os.fstat
    replaced = {
        "stat": _tells(look), "lstat": _tells(look_at_link), "fstat": _tells(look_at_open),
        "access": _access(os.access), "chmod": _remembers(look), "lchmod": _remembers(look_at_link),
        "fchmod": _remembers(look_at_open),
    }
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
