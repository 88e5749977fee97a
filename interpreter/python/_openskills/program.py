"""Runs a script as `python3 script.py …` does."""

import atexit
import builtins
import gc
import importlib.machinery
import inspect
import io
import os
import runpy
import sys
import threading
import time
import traceback
import types

from . import packages, stdlib
from .shims import processes, signals, system, threads

# Where this package and the exports lie while the component is built.
_OWN = "/0/"

# How often each generation had been collected when the program began.
_before = None

# What no permission would have changed.
_OF_THE_CODE = (ImportError, SyntaxError, NameError, NotImplementedError, RecursionError)


def prepare():
    """What can be said at build."""
    sys.dont_write_bytecode = True
    sys.executable = "/usr/bin/python3"
    # To place its carets, a traceback parses lines as files; for the message of a failure, which nobody sees, CPython
    # then looks for a file named `<unknown>`. An expression is parsed without.
    anchors = traceback._extract_caret_anchors_from_line_segment

    def anchors_of_expressions(segment):
        try:
            compile(f"(\n{segment}\n)", "<unknown>", "eval", 0x400)
        except (SyntaxError, ValueError):
            return None
        return anchors(segment)

    traceback._extract_caret_anchors_from_line_segment = anchors_of_expressions
    # Likewise of the whole line, which may be the head of a statement only; one that is typed in is parsed without.
    show_carets = traceback.StackSummary._should_show_carets

    def shows_carets(self, start, end, lines, anchors):
        try:
            compile("\n".join(lines) + "\n\n", "<unknown>", "single", 0x400)
        except (SyntaxError, ValueError):
            return bool(anchors or lines[0][:start].lstrip() or lines[-1][end:].rstrip())
        return show_carets(self, start, end, lines, anchors)

    traceback.StackSummary._should_show_carets = shows_carets
    # What a script prints of an exception that it caught shows its own frames, too.
    walk = traceback._walk_tb_with_full_positions

    def walk_of_script(trace):
        return ((frame, place) for frame, place in walk(trace) if not frame.f_code.co_filename.startswith(_OWN))

    traceback._walk_tb_with_full_positions = walk_of_script
    # And of where it is.
    walk_stack, outer = traceback.walk_stack, inspect.getouterframes

    def walk_stack_of_script(frame):
        for found, line in walk_stack(frame or sys._getframe(1)):
            if not found.f_code.co_filename.startswith(_OWN):
                yield found, line

    def outer_frames_of_script(frame, context=1):
        return [found for found in outer(frame, context) if not found.filename.startswith(_OWN)]

    traceback.walk_stack, inspect.getouterframes = walk_stack_of_script, outer_frames_of_script


def run(kind, name, path, folder, arguments, directory):
    """Runs it. Answers its exit status, and whether a refusal ended it."""
    global _before
    _before = _collections()
    _streams()
    system.begin()
    processes.begin()
    kind = kind.name
    sys.argv = [name if kind != "CODE" else "-c", *arguments]
    sys.orig_argv = ["python3", *sys.argv]
    _enter(directory)
    if path is None:
        path = os.path.dirname(os.path.abspath(name)) if kind == "SCRIPT" else ""
    sys.path[:] = [path] if folder is None else [path, packages.found_in(folder)]
    stdlib.make_room_for(path or os.getcwd())
    status, refused = 0, None
    try:
        if kind == "MODULE":
            sys.orig_argv[1:2] = ["-m", name]
            runpy._run_module_as_main(name)
        elif kind == "SCRIPT":
            _run_script(os.path.abspath(name))
        else:
            sys.orig_argv[1:2] = ["-c", name]
            _run_code(name)
    except BaseException as error:
        status, refused = _end_of(error, os.path.abspath(name) if kind == "SCRIPT" else None), _is_refusal(error)
    return _finish(status), refused


def _is_refusal(error):
    """Whether it says, or comes from one that says, that something is not permitted. None if it does not tell."""
    if isinstance(error, _OF_THE_CODE):
        return False
    for _ in range(16):
        if error is None or isinstance(error, SystemExit):
            return None
        if isinstance(error, PermissionError) or isinstance(getattr(error, "reason", None), PermissionError):
            return True
        error = error.__cause__ or error.__context__
    return None


def _run_script(path):
    try:
        with io.open_code(path) as file:
            source = file.read()
    except IsADirectoryError:
        return _run_archive(path)
    except OSError as error:
        print(f"python3: can't open file {path!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    if b"PK\3\4" in source[:256]:
        return _run_archive(path)
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    main = _main(__file__=path, __loader__=loader, __cached__=None)
    exec(compile(source, path, "exec", dont_inherit=True), main)


def _run_archive(path):
    """A folder or a zip file with a `__main__.py`."""
    sys.path[0] = path
    runpy._run_module_as_main("__main__", False)


def _run_code(text):
    exec(compile(text, "<string>", "exec", dont_inherit=True), _main(__loader__=importlib.machinery.BuiltinImporter))


def _main(**names):
    main = types.ModuleType("__main__")
    main.__dict__.update(names, __builtins__=builtins)
    sys.modules["__main__"] = main
    return main.__dict__


def _enter(directory):
    try:
        os.chdir(directory)
    except OSError:
        # Without a workspace there is nothing to be in.
        os.chdir("/")


def _streams():
    """The streams as `python3` has them when they are no terminal."""

    def text(raw, buffer, **options):
        stream = io.TextIOWrapper(buffer(raw), encoding="utf-8", newline="\n", **options)
        return stream

    stdin = io.FileIO(0, "r", closefd=False)
    stdin.name = "<stdin>"
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(stdin), encoding="utf-8")
    sys.stdin.mode = "r"
    stdout = io.FileIO(1, "w", closefd=False)
    stdout.name = "<stdout>"
    sys.stdout = sys.__stdout__ = text(stdout, io.BufferedWriter)
    sys.stdout.mode = "w"
    _flush_lines(sys.stdout)
    stderr = io.FileIO(2, "w", closefd=False)
    stderr.name = "<stderr>"
    sys.stderr = sys.__stderr__ = text(stderr, io.BufferedWriter, errors="backslashreplace", line_buffering=True)
    sys.stderr.mode = "w"


def _flush_lines(stream):
    """Hands lines on as they are written, so that a limit does not lose them, unless there are very many of them."""
    write, flush = stream.write, stream.flush
    count, since = 0, time.monotonic()

    def write_lines(text):
        nonlocal count, since
        written = write(text)
        if "\n" in text:
            flush()
            count += 1
            if count == 100:
                now = time.monotonic()
                if now - since < 0.25:
                    del stream.write
                count, since = 0, now
        return written

    stream.write = write_lines


def _end_of(error, script=None):
    """What an exception that nobody caught says, and the exit status that it means."""
    if isinstance(error, SystemExit):
        return _status(error.code)
    seen = set()
    others = [error]
    while others:
        other = others.pop()
        if other is None or id(other) in seen:
            continue
        seen.add(id(other))
        try:
            other.__traceback__ = _of_script(other.__traceback__, first=other is error)
        except Exception:
            # A class that lets nobody change its exceptions.
            pass
        others += [other.__cause__, other.__context__]
        if isinstance(other, BaseExceptionGroup):
            others += other.exceptions
    trace = error.__traceback__
    try:
        sys.stdout.flush()
    except Exception:
        pass
    try:
        sys.excepthook(type(error), error, trace)
    except SystemExit as end:
        return _status(end.code)
    except BaseException as second:
        print("Error in sys.excepthook:", file=sys.stderr)
        sys.__excepthook__(type(second), second, second.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, trace)
    if isinstance(error, ModuleNotFoundError):
        packages.explain(error.name, script)
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def _of_script(trace, first):
    """A traceback without the frames of the interpreter's own files, and without those that start a module."""
    own = (_OWN, "<frozen runpy>") if first else (_OWN,)
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(own):
        trace = trace.tb_next
    step = trace
    while step is not None:
        while step.tb_next is not None and step.tb_next.tb_frame.f_code.co_filename.startswith(_OWN):
            step.tb_next = step.tb_next.tb_next
        step = step.tb_next
    return trace


def _status(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _finish(status):
    """What `python3` does at its end: threads, exit functions, objects, streams."""
    try:
        processes.finish()
        signals.finish()
        threads.finish()
        threading._shutdown()
    except BaseException as error:
        _end_of(error)
    atexit._run_exitfuncs()
    # Files that are open lose what they hold back unless their objects go.
    main = sys.modules.pop("__main__", None)
    sys.last_exc = sys.last_value = sys.last_traceback = None
    for name in stdlib.since_baseline():
        module = sys.modules.get(name)
        if isinstance(module, types.ModuleType) and getattr(module, "__file__", None):
            del sys.modules[name]
            _clear(module)
    if main is not None:
        _clear(main)
    del main
    _collect()
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception:
            status = status or 120
    return status


def _collections():
    return [generation["collections"] for generation in gc.get_stats()]


def _collect():
    """Collects what the program made. What has been through no collection yet is in the young generation, and a whole
    collection would empty lists of what the component was built with, a page each to copy."""
    gc.collect(0 if _collections() == _before else 2)


def _clear(module):
    """First the names with one underscore, then the others, as CPython does it."""
    names = module.__dict__
    for wanted in (True, False):
        for name in list(names):
            private = name.startswith("_") and not name.startswith("__")
            if private == wanted and name != "__builtins__":
                names[name] = None
