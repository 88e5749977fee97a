"""Files through Python's own library: a list of operations in, an answer for each out."""

import errno
import glob
import json
import os
import pathlib
import shutil
import tempfile

import wit_world

# What the other guests call these.
KINDS = {
    errno.EACCES: "PermissionDenied",
    errno.EPERM: "NotPermitted",
    errno.ENOENT: "NotFound",
    errno.EEXIST: "AlreadyExists",
    errno.EISDIR: "IsADirectory",
    errno.ENOTDIR: "NotADirectory",
    errno.ENOTEMPTY: "DirectoryNotEmpty",
    errno.ELOOP: "FilesystemLoop",
    errno.EDQUOT: "QuotaExceeded",
    errno.ENAMETOOLONG: "InvalidFilename",
    errno.EILSEQ: "InvalidInput",
    errno.EINVAL: "InvalidInput",
    errno.EXDEV: "CrossesDevices",
    errno.EMFILE: "TooManyOpenFiles",
}


def read(op):
    with open(op["path"], encoding="utf-8", newline="") as file:
        return file.read()


def write(op):
    with open(op["path"], "w", encoding="utf-8") as file:
        file.write(op["text"])


def append(op):
    with open(op["path"], "a", encoding="utf-8") as file:
        file.write(op["text"])


def create_new(op):
    with open(op["path"], "x", encoding="utf-8") as file:
        file.write(op["text"])


def update(op):
    with open(op["path"], "r+", encoding="utf-8") as file:
        file.write(op["text"])


def write_at(op):
    with open(op["path"], "r+b") as file:
        file.seek(op["number"])
        file.write(op["text"].encode())


def stat(op):
    found = os.stat(op["path"])
    directory = os.path.isdir(op["path"])
    return {"kind": "dir" if directory else "file", "size": 0 if directory else found.st_size}


def temporary(op):
    with tempfile.NamedTemporaryFile("w", dir=op["path"] or None, delete=False) as file:
        file.write(op["text"])
    return [os.path.dirname(file.name), pathlib.Path(file.name).read_text()]


def atomic(op):
    """A file written beside the other and put in its place, as editors do."""
    descriptor, name = tempfile.mkstemp(dir=os.path.dirname(op["path"]) or ".")
    with os.fdopen(descriptor, "w") as file:
        file.write(op["text"])
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, op["path"])


def temporary_directory(op):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "in").mkdir()
        pathlib.Path(folder, "in", "a").write_text(op["text"])
        text = pathlib.Path(folder, "in", "a").read_text()
    return [text, os.path.exists(folder)]


OPERATIONS = {
    "read": read,
    "write": write,
    "append": append,
    "create-new": create_new,
    "update": update,
    "write-at": write_at,
    "stat": stat,
    "list": lambda op: sorted(os.listdir(op["path"])),
    "exists": lambda op: pathlib.Path(op["path"]).exists(),
    "is-file": lambda op: os.path.isfile(op["path"]),
    "access": lambda op: os.access(op["path"], os.W_OK),
    "mkdir": lambda op: os.mkdir(op["path"]),
    "mkdir-all": lambda op: os.makedirs(op["path"], exist_ok=True),
    "remove": lambda op: os.remove(op["path"]),
    "rmdir": lambda op: os.rmdir(op["path"]),
    "remove-all": lambda op: shutil.rmtree(op["path"]),
    "rename": lambda op: os.rename(op["path"], op["to"]),
    "replace": lambda op: os.replace(op["path"], op["to"]),
    "move": lambda op: shutil.move(op["path"], op["to"]) and None,
    "copy": lambda op: shutil.copy(op["path"], op["to"]) and None,
    "copy-tree": lambda op: shutil.copytree(op["path"], op["to"]) and None,
    "hard-link": lambda op: os.link(op["path"], op["to"]),
    "symlink": lambda op: os.symlink(op["to"], op["path"]),
    "read-link": lambda op: os.readlink(op["path"]),
    "set-len": lambda op: os.truncate(op["path"], op["number"]),
    "set-times": lambda op: os.utime(op["path"], (op["number"], op["number"])),
    "walk": lambda op: sorted(os.path.join(where, name) for where, _, names in os.walk(op["path"]) for name in names),
    "glob": lambda op: sorted(glob.glob(op["path"], recursive=True)),
    "temporary": temporary,
    "temporary-directory": temporary_directory,
    "atomic": atomic,
}


def answer(op):
    op = {"path": "", "to": "", "text": "", "number": 0, **op}
    try:
        return {"ok": OPERATIONS[op["op"]](op)}
    except OSError as error:
        kind = KINDS.get(error.errno, errno.errorcode.get(error.errno, "Other"))
        return {"error": kind, "class": type(error).__name__, "message": str(error)}
    except ValueError as error:
        return {"error": "InvalidInput", "class": type(error).__name__, "message": str(error)}
    except shutil.Error as error:
        return {"error": "Other", "class": type(error).__name__, "message": str(error)}


class WitWorld(wit_world.WitWorld):
    def execute(self, input: str) -> str:
        return json.dumps([answer(op) for op in json.loads(input)["ops"]])
