"""Threads that run at their start, on the one thread that there is.

A thread that others wait for runs to its end in `start()`. A daemon, which natively would just be cut off at the end,
runs when somebody waits for it: for a queue that it empties, an event that it sets, or itself. Threads that wait for
one another never end; the call's deadline ends them.
"""

import queue
import threading

_daemons = []


def install():
    """Takes the place of the parts of `threading` that need an operating system."""
    threading.Thread.start = _start
    threading.Thread.join = _join
    threading.Thread.is_alive = _is_alive
    _wait_first(threading.Event, "wait", lambda event: not event.is_set())
    _wait_first(queue.Queue, "join", lambda tasks: tasks.unfinished_tasks > 0)
    _wait_first(queue.Queue, "get", lambda tasks: not tasks._qsize())
    _wait = threading.Condition.wait

    def wait(self, timeout=None):
        if timeout is None and self._is_owned():
            raise RuntimeError("the script waits for another thread, and there is none: in the sandbox a thread runs"
                               " to its end when it is started")
        return _wait(self, timeout)

    threading.Condition.wait = wait
    _pools()


def _start(self):
    if not self._initialized:
        raise RuntimeError("thread.__init__() not called")
    if self._started.is_set():
        raise RuntimeError("threads can only be started once")
    self._ident = threading.get_ident() + id(self)
    self._native_id = self._ident
    self._started.set()
    if self.daemon and not isinstance(self, threading.Timer):
        _daemons.append(self)
        return
    _run(self)


def _run(self):
    self._openskills_runs = True
    me = threading.get_ident()
    before = threading._active.get(me)
    threading._active[me] = self
    try:
        self.run()
    except BaseException:
        # As of a thread's own: said, and no matter of whoever started it.
        self._invoke_excepthook(self)
    finally:
        threading._active[me] = before
        self._openskills_is_done = True


def _is_alive(self):
    return self._started.is_set() and not getattr(self, "_openskills_is_done", False)


def _join(self, timeout=None):
    if not self._initialized:
        raise RuntimeError("Thread.__init__() not called")
    if not self._started.is_set():
        raise RuntimeError("cannot join thread before it is started")
    if self in _daemons:
        _daemons.remove(self)
        _run(self)


def _run_daemons():
    while _daemons:
        _run(_daemons.pop(0))


def _wait_first(kind, name, is_waiting):
    """Lets daemons run before a call that would wait for what they do."""
    wait = getattr(kind, name)

    def waits(self, *arguments, **options):
        if _daemons and is_waiting(self):
            _run_daemons()
        return wait(self, *arguments, **options)

    waits.__doc__, waits.__name__, waits.__qualname__ = wait.__doc__, wait.__name__, wait.__qualname__
    setattr(kind, name, waits)


def finish():
    """Daemons that nobody waited for never run: natively they would be cut off."""
    _daemons.clear()


def _pools():
    import concurrent.futures
    from concurrent.futures import Executor, Future, thread

    class ThreadPoolExecutor(Executor):
        """A pool that runs each task when it is submitted."""

        def __init__(self, max_workers=None, thread_name_prefix="", initializer=None, initargs=(), **_):
            if max_workers is not None and max_workers <= 0:
                raise ValueError("max_workers must be greater than 0")
            self._max_workers = max_workers or 1
            self._shutdown = False
            if initializer is not None:
                initializer(*initargs)

        def submit(self, task, /, *arguments, **options):
            if self._shutdown:
                raise RuntimeError("cannot schedule new futures after shutdown")
            future = Future()
            future.set_running_or_notify_cancel()
            try:
                result = task(*arguments, **options)
            except BaseException as error:
                future.set_exception(error)
                if isinstance(error, (SystemExit, KeyboardInterrupt)):
                    raise
            else:
                future.set_result(result)
            return future

        def shutdown(self, wait=True, *, cancel_futures=False):
            self._shutdown = True

    thread.ThreadPoolExecutor = ThreadPoolExecutor
    concurrent.futures.ThreadPoolExecutor = ThreadPoolExecutor

    class ProcessPoolExecutor(ThreadPoolExecutor):
        """A pool that runs each task when it is submitted, in this process."""

    # Set before anyone asks: the module's own would need processes.
    concurrent.futures.ProcessPoolExecutor = ProcessPoolExecutor
