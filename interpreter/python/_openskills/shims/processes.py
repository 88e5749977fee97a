"""Other programs: there are none, and whoever starts one is told so in the way in which a missing program is told."""

import errno
import os
import shutil
import subprocess
import sys

from .. import stdlib

REASON = "the sandbox starts no other programs; use Python's standard library for it, or run this script outside"


def refusal(program):
    """The error: of the kind that scripts expect where a program is not installed."""
    return FileNotFoundError(errno.ENOENT, f"No such program: {REASON}", program)


def _program(arguments, options):
    if options.get("shell"):
        return "/bin/sh"
    if isinstance(arguments, (str, bytes, os.PathLike)):
        return os.fsdecode(arguments)
    arguments = list(arguments)
    return os.fsdecode(arguments[0]) if arguments else ""


def _init(self, args, *positional, **options):
    # What `__del__` looks at, also of an object that was never made.
    self.returncode, self._child_created, self.stdin, self.stdout, self.stderr = None, False, None, None, None
    raise refusal(options.get("executable") or _program(args, options))


def _no_processes(context):
    """Pools and processes of `multiprocessing`: its queues and locks would be of no use either."""

    def refuse(name):
        def fails(self, *_, **__):
            raise OSError(errno.ENOTSUP, f"multiprocessing.{name}: the sandbox is one process and starts no other;"
                                         " concurrent.futures runs tasks here, one after the other")

        return fails

    for name in ("Pool", "Manager", "Queue", "SimpleQueue", "JoinableQueue", "Pipe"):
        setattr(context.BaseContext, name, refuse(name))
    # `multiprocessing` copies the methods of its default context when it is imported, after this.
    process = sys.modules["multiprocessing.process"]
    process.BaseProcess.start = refuse("Process")


def system(command):
    """What a shell says of a program that is not installed, and its exit status."""
    print(f"sh: {command}: {REASON}", file=sys.stderr)
    return 127 << 8


# So that it is found where it is looked for, by `pickle` for one.
system.__module__ = "os"


def install():
    """Takes the place of everything that starts a program."""
    stdlib.after_import["multiprocessing.context"] = _no_processes
    subprocess.Popen.__init__ = _init
    # There is none to be found, and looking for one would only be refused.
    shutil.which = lambda cmd, mode=os.F_OK | os.X_OK, path=None: None

    os.system = system

    def refuse(what):
        def fails(*_, **__):
            raise OSError(errno.ENOTSUP, f"{what}: the sandbox is one process and starts no other")

        return fails

    for name in ("fork", "forkpty", "kill", "killpg", "wait", "waitpid", "setsid", "posix_spawn", "posix_spawnp"):
        setattr(os, name, refuse(f"os.{name}"))

    def replace(program, *_):
        raise refusal(os.fsdecode(program))

    for name in ("execv", "execve", "execl", "execle", "execlp", "execlpe", "execvp", "execvpe"):
        setattr(os, name, replace)

    def spawn(mode, program, *_):
        raise refusal(os.fsdecode(program))

    for name in ("spawnv", "spawnve", "spawnl", "spawnle", "spawnvp", "spawnvpe", "spawnlp", "spawnlpe"):
        setattr(os, name, spawn)
