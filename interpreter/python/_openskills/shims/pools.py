"""`multiprocessing` in the one process that there is: tasks of a pool run when they are submitted, processes as threads
do. What a process would have copies of is shared here."""

import itertools
import queue
import sys
import threading
import traceback

from .. import stdlib

_numbers = itertools.count(1_000)


class Result:
    """What `apply_async` and the like answer: it is there."""

    def __init__(self, task, callback=None, error_callback=None):
        self._value = self._error = None
        try:
            self._value = task()
        except Exception as error:
            self._error = error
        tell, what = (callback, self._value) if self._error is None else (error_callback, self._error)
        if tell is not None:
            tell(what)

    def get(self, timeout=None):
        if self._error is not None:
            raise self._error
        return self._value

    def wait(self, timeout=None):
        """It has come already."""

    def ready(self):
        return True

    def successful(self):
        return self._error is None


class Pool:
    """A pool that runs each task when it is submitted."""

    def __init__(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, context=None):
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._processes, self._is_open = processes or 1, True
        if initializer is not None:
            initializer(*initargs)

    def _check(self):
        if not self._is_open:
            raise ValueError("Pool not running")

    def apply(self, func, args=(), kwds={}):
        self._check()
        return func(*args, **kwds)

    def map(self, func, iterable, chunksize=None):
        self._check()
        return [func(each) for each in iterable]

    def starmap(self, func, iterable, chunksize=None):
        self._check()
        return [func(*each) for each in iterable]

    def imap(self, func, iterable, chunksize=1):
        self._check()
        return _Iterator(map(func, iterable))

    imap_unordered = imap

    def apply_async(self, func, args=(), kwds={}, callback=None, error_callback=None):
        self._check()
        return Result(lambda: func(*args, **kwds), callback, error_callback)

    def map_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        self._check()
        return Result(lambda: self.map(func, iterable), callback, error_callback)

    def starmap_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        self._check()
        return Result(lambda: self.starmap(func, iterable), callback, error_callback)

    def close(self):
        self._is_open = False

    terminate = close

    def join(self):
        if self._is_open:
            raise ValueError("Pool is still running")

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, *_):
        self.terminate()


class _Iterator:
    def __init__(self, results):
        self._results = results

    def __iter__(self):
        return self

    def next(self, timeout=None):
        return next(self._results)

    __next__ = next


class Queue(queue.Queue):
    """A queue of this process."""

    def close(self):
        """Nothing is held open."""

    join_thread = cancel_join_thread = close


class Value:
    """A value that is shared with nobody."""

    def __init__(self, typecode_or_type, *arguments, lock=True):
        self.value = arguments[0] if arguments else 0
        self._lock = lock if hasattr(lock, "acquire") else threading.RLock()

    def get_lock(self):
        return self._lock

    def get_obj(self):
        return self

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *ended):
        return self._lock.__exit__(*ended)


class Array(list):
    """An array that is shared with nobody."""

    def __init__(self, typecode_or_type, size_or_initializer, *, lock=True):
        given = size_or_initializer
        super().__init__([0.0 if typecode_or_type in ("f", "d") else 0] * given if isinstance(given, int) else given)
        self._lock = lock if hasattr(lock, "acquire") else threading.RLock()

    get_lock, get_obj = Value.get_lock, Value.get_obj
    __enter__, __exit__ = Value.__enter__, Value.__exit__


class Namespace:
    """Attributes."""

    def __init__(self, **values):
        self.__dict__.update(values)


class Manager:
    """Makes objects of this process."""

    dict, list, set, Namespace, Value, Array, Pool = dict, list, set, Namespace, Value, Array, Pool
    Queue = JoinableQueue = Queue
    Lock, RLock, Event, Barrier = threading.Lock, threading.RLock, threading.Event, threading.Barrier
    Semaphore, BoundedSemaphore, Condition = threading.Semaphore, threading.BoundedSemaphore, threading.Condition

    def start(self, *_):
        """There is no server to start."""

    shutdown = start

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()


class _Started:
    """What `multiprocessing.Process` looks at of a process that was started."""

    def __init__(self, process):
        self.pid = self.sentinel = next(_numbers)
        self.returncode = None
        self._process = process
        self._thread = threading.Thread(target=self._run, name=process.name, daemon=process.daemon)
        # By what it does, and not by this, is decided when it runs.
        self._thread._openskills_task = getattr(process, "_target", None) or type(process).run

    def _run(self):
        module = sys.modules["multiprocessing.process"]
        before, module._current_process = module._current_process, self._process
        try:
            self._process.run()
            self.returncode = 0
        except SystemExit as end:
            self.returncode = 0 if end.code is None else end.code if isinstance(end.code, int) else 1
            if not isinstance(end.code, (int, type(None))):
                print(end.code, file=sys.stderr)
        except Exception:
            self.returncode = 1
            print(f"Process {self._process.name}:", file=sys.stderr)
            traceback.print_exc()
        finally:
            module._current_process = before

    def start(self):
        self._thread.start()

    def wait(self, timeout=None):
        self._thread.join(timeout)
        return self.returncode

    def poll(self):
        self._thread.is_alive()
        return self.returncode

    def close(self):
        """Nothing is held open."""

    terminate = kill = interrupt = close


def _start(self):
    assert self._popen is None, "cannot start a process twice"
    self._popen = _Started(self)
    self._sentinel = self._popen.sentinel
    self._popen.start()


def _pipe(duplex=True):
    from multiprocessing.dummy import connection

    return connection.Pipe(duplex)


def _in_this_process(context):
    """`multiprocessing` copies the methods of its default context when it is imported, after this."""
    base, process = context.BaseContext, sys.modules["multiprocessing.process"]

    def makes(kind):
        return lambda self, *arguments, **options: kind(*arguments, **options)

    for name, kind in (
        ("Pool", Pool), ("Manager", Manager), ("Queue", Queue), ("JoinableQueue", Queue), ("SimpleQueue", Queue),
        ("Pipe", _pipe), ("Value", Value), ("RawValue", Value), ("Array", Array),
        ("RawArray", Array), ("Lock", threading.Lock), ("RLock", threading.RLock), ("Event", threading.Event),
        ("Semaphore", threading.Semaphore), ("BoundedSemaphore", threading.BoundedSemaphore),
        ("Condition", threading.Condition), ("Barrier", threading.Barrier),
    ):
        setattr(base, name, makes(kind))
    process.BaseProcess.start = _start


def _pool_of_threads(module):
    module.Pool = module.ThreadPool = Pool


def install():
    """For when a script imports it."""
    stdlib.after_import["multiprocessing.context"] = _in_this_process
    stdlib.after_import["multiprocessing.pool"] = _pool_of_threads
