"""Threads on the one thread that there is: each runs to its end, sooner or later.

A thread that others wait for runs in `start()`. Some run later, when somebody waits for what they do, which is a
schedule that they could have natively, too: daemons, which would just be cut off at the end; what takes from a queue
that may still be empty; what goes on until it is told to stop. Timers run when they are due and somebody waits.
"""

import dis
import queue
import threading
import time
import types

from . import clock

_later = []
# Threads that waited for ever, with what they waited for: they are begun anew when that has come.
_parked = []
_depth = 0

_DEADLOCK = ("the script waits for another thread, and there is none: in the sandbox a thread runs to its end when it"
             " is started")


class _Parked(BaseException):
    """Ends a thread that waits for what only others can do."""

    def __init__(self, has_come):
        super().__init__(_DEADLOCK)
        self.has_come = has_come


def install():
    """Takes the place of the parts of `threading` and `queue` that need an operating system."""
    threading.Thread.start, threading.Thread.join = _start, _join
    threading.Thread.is_alive = _is_alive
    if not hasattr(threading, "get_native_id"):
        threading.get_native_id = threading.get_ident
    threading.Condition.wait, threading.Event.wait = _wait_for_notice, _wait_for_event
    queue.Queue.get, queue.Queue.put, queue.Queue.join = _get, _put, _join_queue
    queue.SimpleQueue = queue._PySimpleQueue
    clock.meanwhile = _meanwhile
    _pools()


def _code_of(thread):
    task = getattr(thread, "_openskills_task", None) or getattr(thread, "_target", None) or type(thread).run
    task = getattr(task, "func", task)
    return getattr(getattr(task, "__func__", task), "__code__", None)


def _names_of(thread):
    """What its function names, those inside of it included."""
    names, left = set(), [_code_of(thread)]
    while left:
        code = left.pop()
        if isinstance(code, types.CodeType):
            names.update(code.co_names)
            left += code.co_consts
    return names


def _is_told_to_stop(thread):
    """Whether it may look again and again at whether it shall stop: it runs when it has been told."""
    names = _names_of(thread)
    if "is_set" in names or "wait" in names and _loops(thread):
        return True
    return ("sleep" in names or thread.daemon and "get" not in names) and ("cycle" in names or _loops(thread))


def _loops(thread):
    """Whether it goes on for as long as something is so: `while self.running`. A `for` is over by itself."""
    code = _code_of(thread)
    if not isinstance(code, types.CodeType):
        return False
    steps = list(dis.get_instructions(code))
    names = {step.offset: step.opname for step in steps}
    return any(step.opname.startswith("JUMP_BACKWARD") and names.get(step.argval) != "FOR_ITER" for step in steps)


def _start(self):
    if not self._initialized:
        raise RuntimeError("thread.__init__() not called")
    if self._started.is_set():
        raise RuntimeError("threads can only be started once")
    self._ident = threading.get_ident() + id(self)
    self._native_id = self._ident
    self._started.set()
    if _is_timer(self):
        clock.Entry(time.monotonic() + self.interval, lambda: _run_timer(self), self)
    elif self.daemon or isinstance(self, threading.Timer) or _is_told_to_stop(self) or "get" in _names_of(self):
        _later.append(self)
    else:
        _run(self)


def _is_timer(thread):
    """Whether it does one thing at its time; a class of a script may do more."""
    return isinstance(thread, threading.Timer) and type(thread).run is threading.Timer.run


def _run_timer(timer):
    if not timer.finished.is_set():
        timer.finished.wait = lambda timeout=None: timer.finished.is_set()
        _run(timer)


def _is_done(thread):
    return getattr(thread, "_openskills_is_done", False) or _is_timer(thread) and thread.finished.is_set()


def _run(self):
    global _depth
    me = threading.get_ident()
    before = threading._active.get(me)
    threading._active[me] = self
    _depth += 1
    # `run` forgets them at its end.
    task = {name: vars(self)[name] for name in ("_target", "_args", "_kwargs") if name in vars(self)}
    try:
        self.run()
    except _Parked as waits:
        vars(self).update(task)
        _parked.append((self, waits.has_come))
        return
    except BaseException:
        # As of a thread's own: said, and no matter of whoever started it.
        self._invoke_excepthook(self)
    finally:
        _depth -= 1
        threading._active[me] = before
    self._openskills_is_done = True


def _is_alive(self):
    if not self._started.is_set() or _is_done(self):
        return False
    # Who asks again and again waits for it.
    self._openskills_asked = getattr(self, "_openskills_asked", 0) + 1
    if self in _later and (self._openskills_asked > 2 or not _is_told_to_stop(self)):
        _later.remove(self)
        _run(self)
    return not _is_done(self)


def _join(self, timeout=None):
    if not self._initialized:
        raise RuntimeError("Thread.__init__() not called")
    if not self._started.is_set():
        raise RuntimeError("cannot join thread before it is started")
    if self is threading.current_thread():
        raise RuntimeError("cannot join current thread")
    if self in _later:
        if timeout is not None and self.daemon and _is_told_to_stop(self):
            # It may be one that never ends.
            return
        _later.remove(self)
        _run(self)
    if _is_timer(self) or any(self is thread for thread, _ in _parked):
        _wait_until(lambda: _is_done(self), timeout)


def _wait_until(has_come, timeout=None):
    """Lets others do what is waited for. Answers whether it has come; what cannot come any more is an error."""
    deadline = None if timeout is None else time.monotonic() + max(0, timeout)
    while not has_come():
        if _begin_anew() or _run_next(with_those_told=deadline is None):
            continue
        entry = clock.next_due()
        if deadline is None and entry is None:
            raise _Parked(has_come) if _depth else RuntimeError(_DEADLOCK)
        if deadline is not None and time.monotonic() >= deadline:
            return False
        clock.wait_until(min(moment for moment in (deadline, entry and entry.due) if moment is not None))
    return True


def _begin_anew():
    for place, (thread, has_come) in enumerate(_parked):
        if has_come():
            del _parked[place]
            _run(thread)
            return True
    return False


def _run_next(with_those_told):
    """Runs a thread that was put off. One that has to be told to stop goes last: nobody tells it while it runs."""
    thread = next((thread for thread in _later if not _is_told_to_stop(thread)), None)
    if thread is None and with_those_told and _later:
        thread = _later[0]
    if thread is None:
        return False
    _later.remove(thread)
    _run(thread)
    return True


def _meanwhile():
    """What happens while somebody sleeps."""
    while _later and (_begin_anew() or _run_next(with_those_told=False)):
        pass


def can_go_on():
    """Whether something happened that an event loop may have waited for."""
    return _begin_anew() or _run_next(with_those_told=True)


def _wait_for_event(self, timeout=None):
    return _wait_until(self.is_set, timeout)


def _wait_for_notice(self, timeout=None):
    if not self._is_owned():
        raise RuntimeError("cannot wait on un-acquired lock")
    waiter = threading._allocate_lock()
    waiter.acquire()
    self._waiters.append(waiter)
    saved = self._release_save()
    try:
        return _wait_until(lambda: not waiter.locked(), timeout)
    finally:
        self._acquire_restore(saved)
        if waiter in self._waiters:
            self._waiters.remove(waiter)


_get_of_queue, _put_of_queue = queue.Queue.get, queue.Queue.put


def _get(self, block=True, timeout=None):
    if timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
    if block and not self._qsize():
        _wait_until(lambda: self._qsize() or getattr(self, "is_shutdown", False), timeout)
    return _get_of_queue(self, block=False)


def _put(self, item, block=True, timeout=None):
    full = self.maxsize > 0 and self._qsize() >= self.maxsize
    if not (block and full):
        return _put_of_queue(self, item, block=False)
    while self._qsize() >= self.maxsize and (_begin_anew() or _run_next(with_those_told=False)):
        pass
    if self._qsize() < self.maxsize or timeout is not None:
        return _put_of_queue(self, item, block=False)
    # Who empties it can only go on when this thread has come to its end.
    size, self.maxsize = self.maxsize, 0
    try:
        return _put_of_queue(self, item, block=False)
    finally:
        self.maxsize = size


def _join_queue(self):
    _wait_until(lambda: not self.unfinished_tasks)


def finish():
    """At a program's end natively others would go on to theirs; daemons would be cut off."""
    for thread in [thread for thread in _later if not thread.daemon]:
        if thread in _later:
            _later.remove(thread)
            _run(thread)
    _later.clear()
    while (entry := clock.next_due()) is not None:
        if entry.owner is None or entry.owner.daemon or entry.owner.finished.is_set():
            entry.cancel()
        else:
            clock.wait_until(entry.due)


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
