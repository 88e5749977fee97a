"""Other programs: further scripts run in an instance beside this one, and there are no others.

Whoever starts another one is told so in the way in which a missing program is told. A program runs to its end when it
is started, or, if its input or output goes to whoever started it, when somebody waits for it or reads what it wrote.
"""

import errno
import functools
import io
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys

REASON = ("the sandbox starts no other programs, but further Python scripts; use Python's standard library for it, or"
          " run this script outside")

_PYTHON = re.compile(r"python(3(\.\d+)?)?$")
_SHEBANG = re.compile(rb"#!\s*\S*?python[\d.]*\s|#!\s*\S*/env\s+(-S\s+)?python[\d.]*\s")
# Options of `python3` that change nothing here, with and without a value of their own.
_PLAIN = set("bBdEiIOPqRsSuvx")
_VALUED = set("WX")
# What a shell would do more with than to start one program.
_SHELL = frozenset("|&;<>()$`\\*?[]#~{}!\n")
# What it takes as it is.
_QUOTED = re.compile(r"""'[^']*'|"[^"$`\\!]*\"""")

_numbers = itertools.count(43)
# Started, and not run yet.
_waiting = []
# Whether whoever starts a program waits for it at once, and says then for how long.
_is_awaited = False


def begin():
    """Before a program of a call."""
    _waiting.clear()


def finish():
    """At its end: what was started and nobody waited for runs now."""
    while _waiting:
        _waiting[0]._openskills.run(None)


def is_waiting(number):
    """Whether a program of this number has been started and not run yet."""
    return any(popen.pid == number for popen in _waiting)


def refusal(program):
    """The error: of the kind that scripts expect where a program is not installed."""
    return FileNotFoundError(errno.ENOENT, f"No such program: {REASON}", program)


def _name(arguments, options):
    if options.get("shell"):
        return "/bin/sh"
    if isinstance(arguments, (str, bytes, os.PathLike)):
        return os.fsdecode(arguments)
    arguments = list(arguments)
    return os.fsdecode(arguments[0]) if arguments else ""


def python_of(arguments, executable=None, shell=False, cwd=None):
    """The kind, name and arguments of the Python program that is meant; none if it is none."""
    if isinstance(arguments, (str, bytes, os.PathLike)):
        words = [os.fsdecode(arguments)]
    else:
        words = [os.fsdecode(word) for word in arguments]
    if shell:
        if not words or executable is not None or set(_QUOTED.sub("", words[0])) & _SHELL:
            return None
        try:
            words = shlex.split(words[0])
        except ValueError:
            return None
    if not words:
        return None
    program = os.fsdecode(executable) if executable is not None else words[0]
    if program != sys.executable and not _PYTHON.match(os.path.basename(program)):
        return ("script", program, words[1:]) if _is_script(program, cwd) else None
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        if word in ("-V", "--version", "-VV"):
            return "code", "import platform; print('Python', platform.python_version())", []
        if not word.startswith("-"):
            return "script", word, rest
        if word == "-":
            return "stdin", "-", rest
        for place, letter in enumerate(word[1:], 1):
            if letter in "mc":
                name = word[place + 1:] or (rest.pop(0) if rest else None)
                return None if name is None else ("module" if letter == "m" else "code", name, rest)
            if letter in _VALUED:
                if not word[place + 1:] and rest:
                    rest.pop(0)
                break
            if letter not in _PLAIN:
                return None
    return "stdin", "", []


def _is_script(program, cwd):
    """Whether it is a file that a system would give to Python."""
    if "/" not in program:
        return False
    try:
        with io.open(os.path.join(cwd or "", program), "rb") as file:
            return bool(_SHEBANG.match(file.read(200)))
    except OSError:
        return False


class _Run:
    """What is behind a `Popen`: the program, and what it wrote once it has run."""

    def __init__(self, popen, found, streams, cwd, env):
        self._popen, self._found, self._streams = popen, found, streams
        self._directory = os.path.abspath(os.fsdecode(cwd)) if cwd is not None else os.getcwd()
        if cwd is not None and not os.path.isdir(self._directory):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(cwd))
        variables = os.environ if env is None else env
        self._variables = [(os.fsdecode(name), os.fsdecode(value)) for name, value in variables.items()]
        self.input = bytearray()
        self.written = [b"", b""]
        self.is_done = False

    def run(self, timeout):
        """Runs it, if that is still to be done."""
        if self.is_done:
            return
        from wit_world.imports import process

        self.is_done = True
        if self._popen in _waiting:
            _waiting.remove(self._popen)
        stdin, stdout, stderr = self._streams
        data = bytes(self.input) if stdin == subprocess.PIPE else _read(stdin)
        kind, name, arguments = self._found
        path = None
        if kind == "stdin":
            kind, name, data, path = "code", data.decode(), b"", self._directory
        elif kind == "module":
            path = self._directory
        kinds = {"script": process.Kind.SCRIPT, "module": process.Kind.MODULE, "code": process.Kind.CODE}
        inherited = process.Stream.INHERITED
        out = inherited if stdout is None else process.Stream.CAPTURED
        err = inherited if stderr is None else process.Stream.CAPTURED
        if stderr == subprocess.STDOUT:
            err = process.Stream.MERGED
        limit = None if timeout is None else max(1, int(timeout * 1000))
        try:
            status, *written = process.run(kinds[kind], name, path, arguments, self._directory, self._variables, data,
                                           out, err, limit)
        except Exception as error:
            text = getattr(error, "value", None)
            if not isinstance(text, str):
                raise
            raise OSError(errno.EAGAIN, f"the program was not started: {text}", name) from None
        for place, (stream, text) in enumerate(zip((stdout, stderr), written)):
            if stream == subprocess.PIPE:
                self.written[place] = text
            elif stream not in (None, subprocess.DEVNULL, subprocess.STDOUT):
                _write(stream, text)
        if status is None:
            self._popen.returncode = -9
            raise subprocess.TimeoutExpired(self._popen.args, timeout, output=self.written[0] or None,
                                            stderr=self.written[1] or None)
        self._popen.returncode = status


def _number(stream):
    return stream if isinstance(stream, int) else stream.fileno()


def _read(stream):
    if stream is None or stream == subprocess.DEVNULL:
        return b""
    parts = []
    while part := os.read(_number(stream), 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write(stream, data):
    if getattr(stream, "name", None) == os.devnull:
        return
    number, view = _number(stream), memoryview(data)
    while view:
        view = view[os.write(number, view):]


class _Input(io.RawIOBase):
    """What a program will read; it runs when this is closed, or when somebody waits for it."""

    def __init__(self, run):
        self._run = run

    def writable(self):
        return True

    def write(self, data):
        if self._run.is_done:
            raise BrokenPipeError(errno.EPIPE, "the program has ended")
        self._run.input += data
        return memoryview(data).nbytes


class _Output(io.RawIOBase):
    """What a program wrote; to read it is to let it run."""

    def __init__(self, run, place):
        self._run, self._place, self._at = run, place, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self._run.run(None)
        data = self._run.written[self._place][self._at:self._at + len(buffer)]
        buffer[:len(data)] = data
        self._at += len(data)
        return len(data)


def _init(self, args, bufsize=-1, executable=None, stdin=None, stdout=None, stderr=None, preexec_fn=None,
          close_fds=True, shell=False, cwd=None, env=None, universal_newlines=None, startupinfo=None, creationflags=0,
          restore_signals=True, start_new_session=False, pass_fds=(), *, user=None, group=None, extra_groups=None,
          encoding=None, errors=None, text=None, umask=-1, pipesize=-1, process_group=None):
    # What `__del__` looks at, also of an object that was never made.
    self.returncode, self._child_created, self.stdin, self.stdout, self.stderr = None, False, None, None, None
    self.args, self.encoding, self.errors, self.pipesize = args, encoding, errors, pipesize
    self.text_mode = bool(encoding or errors or text or universal_newlines)
    found = python_of(args, executable, shell, cwd)
    if found is None:
        raise refusal(_name(args, {"shell": shell}) if executable is None else os.fsdecode(executable))
    run = self._openskills = _Run(self, found, (stdin, stdout, stderr), cwd, env)
    self.pid = next(_numbers)

    def stream(buffered):
        return io.TextIOWrapper(buffered, encoding=encoding or "utf-8", errors=errors) if self.text_mode else buffered

    if stdin == subprocess.PIPE:
        self.stdin = stream(io.BufferedWriter(_Input(run)))
        if self.text_mode:
            self.stdin._CHUNK_SIZE = 1
    if stdout == subprocess.PIPE:
        self.stdout = stream(io.BufferedReader(_Output(run, 0)))
    if stderr == subprocess.PIPE:
        self.stderr = stream(io.BufferedReader(_Output(run, 1)))
    if self.stdin or self.stdout or self.stderr or _is_awaited:
        _waiting.append(self)
    else:
        run.run(None)


def _awaits(function):
    @functools.wraps(function)
    def call(*arguments, **options):
        global _is_awaited
        _is_awaited = True
        try:
            return function(*arguments, **options)
        finally:
            _is_awaited = False

    return call


def _close_input(self):
    if self.stdin and not self.stdin.closed:
        try:
            self.stdin.close()
        except BrokenPipeError:
            pass


def _communicate(self, input=None, timeout=None):
    if self.stdin and input:
        try:
            self.stdin.write(input)
        except BrokenPipeError:
            pass
    _close_input(self)
    try:
        self._openskills.run(timeout)
    except subprocess.TimeoutExpired as error:
        raise error from None
    out, err = (stream.read() if stream and not stream.closed else None for stream in (self.stdout, self.stderr))
    for stream in (self.stdout, self.stderr):
        if stream:
            stream.close()
    return out, err


def _wait(self, timeout=None):
    if self.stdin and not self.stdin.closed:
        self.stdin.flush()
    self._openskills.run(timeout)
    return self.returncode


def _poll(self):
    return _wait(self)


def _nothing(self, *_):
    """There is nobody any more who could get a signal."""


def _leave(self, *_):
    for stream in (self.stdout, self.stderr):
        if stream:
            stream.close()
    _close_input(self)
    self.wait()


def system(command):
    """Runs a Python program; else what a shell says of one that is not installed, and its exit status."""
    if python_of(command, shell=True):
        return subprocess.run(command, shell=True).returncode << 8
    print(f"sh: {command}: {REASON}", file=sys.stderr)
    return 127 << 8


# So that it is found where it is looked for, by `pickle` for one.
system.__module__ = "os"


def _which(cmd, mode=os.F_OK | os.X_OK, path=None):
    """Python is there, and nothing else; looking for others would only be refused."""
    return sys.executable if _PYTHON.match(os.fsdecode(cmd)) or cmd == sys.executable else None


def install():
    """Takes the place of everything that starts a program."""
    popen = subprocess.Popen
    popen.__init__, popen.communicate, popen.wait, popen.poll = _init, _communicate, _wait, _poll
    popen.send_signal = popen.terminate = popen.kill = _nothing
    popen.__exit__ = _leave
    popen.__del__ = _nothing
    subprocess.run, subprocess.call = _awaits(subprocess.run), _awaits(subprocess.call)
    shutil.which = _which

    os.system = system

    def refuse(what):
        def fails(*_, **__):
            raise OSError(errno.ENOTSUP, f"{what}: the sandbox is one process and starts no other")

        return fails

    for name in ("fork", "forkpty", "wait", "waitpid", "setsid", "posix_spawn", "posix_spawnp"):
        setattr(os, name, refuse(f"os.{name}"))

    def replace(program, *_):
        raise refusal(os.fsdecode(program))

    for name in ("execv", "execve", "execl", "execle", "execlp", "execlpe", "execvp", "execvpe"):
        setattr(os, name, replace)

    def spawn(mode, program, *_):
        raise refusal(os.fsdecode(program))

    for name in ("spawnv", "spawnve", "spawnl", "spawnle", "spawnvp", "spawnvpe", "spawnlp", "spawnlpe"):
        setattr(os, name, spawn)
