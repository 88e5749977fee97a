"""Signals: nobody outside sends any, and what a script sends to itself arrives at once.

Alarms ring while the script waits, and else between two of its instructions, as natively. A signal that nobody handles
ends the script with the status that a shell tells of it.
"""

import errno
import math
import os
import signal
import sys
import time

from . import clock

_NOTHING = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
_STOP = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
_UNHANDLED = {signal.SIGKILL, signal.SIGSTOP}
_OF_TIMERS = {0: signal.SIGALRM, 1: signal.SIGVTALRM, 2: signal.SIGPROF}
_LAST = 64
# One of the tools that `sys.monitoring` keeps room for.
_TOOL = 4

_end = None
_blocked, _pending = set(), set()
# By number of the timer: what is in the clock, and its interval.
_timers = {}
_signal, _getsignal = signal.signal, signal.getsignal


def deliver(number, frame=None):
    """What a signal does that has been sent to this program."""
    handler = getsignal(number)
    if number in _blocked and number not in _UNHANDLED:
        _pending.add(number)
    elif callable(handler):
        handler(int(number), frame)
    elif handler == signal.SIG_DFL and number not in _NOTHING:
        if number in _STOP:
            raise OSError(errno.ENOTSUP, f"{signal.Signals(number).name}: the sandbox is one process, and nobody could"
                                         " let it go on")
        _end(128 + number)


def _checked(number):
    if not isinstance(number, int):
        raise TypeError(f"an integer is required (got type {type(number).__name__})")
    if not 0 < number <= _LAST:
        raise ValueError(f"signal number out of range [1; {_LAST}]")
    return int(number)


def set_handler(signalnum, handler):
    if _checked(signalnum) in _UNHANDLED:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return _signal(signalnum, handler)


def getsignal(signalnum):
    return signal.SIG_DFL if _checked(signalnum) in _UNHANDLED else _getsignal(signalnum)


def raise_signal(signum, /):
    deliver(_checked(signum), sys._getframe(1))


def _is_this(process):
    return process in (0, os.getpid(), -os.getpid())


def kill(pid, signal, /):
    from . import processes

    if not _is_this(pid):
        # What waits to be run could be told; what has run is not there any more.
        if processes.is_waiting(pid):
            return
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    if not isinstance(signal, int) or not 0 <= signal <= _LAST:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    if signal:
        deliver(signal, sys._getframe(1))


def abort():
    _end(128 + signal.SIGABRT)


# Timers.

def _ring(which):
    _, interval = _timers.pop(which)
    if interval:
        _start(which, interval, interval)
    _watch()
    deliver(_OF_TIMERS[which], sys._getframe(1))


def _start(which, seconds, interval):
    _timers[which] = clock.Entry(time.monotonic() + seconds, lambda: _ring(which)), interval


def _due():
    """The alarm that rings now."""
    entry = min((entry for entry, _ in _timers.values()), key=lambda entry: entry.due, default=None)
    return entry if entry is not None and time.monotonic() >= entry.due else None


def _at_start(code, offset):
    if (entry := _due()) is not None:
        entry.happen()


def _at_jump(code, offset, destination):
    # What is raised at a jump is not caught by the function that jumps; at the next instruction it is.
    if _due() is not None:
        sys.monitoring.set_local_events(_TOOL, code, sys.monitoring.events.INSTRUCTION)


def _at_instruction(code, offset):
    sys.monitoring.set_local_events(_TOOL, code, 0)
    _at_start(code, offset)


def _watch():
    """Looks at the time where a script could go on for long, as long as there is an alarm."""
    monitoring, events = sys.monitoring, sys.monitoring.events
    if _timers and monitoring.get_tool(_TOOL) is None:
        monitoring.use_tool_id(_TOOL, "alarm")
        monitoring.register_callback(_TOOL, events.PY_START, _at_start)
        monitoring.register_callback(_TOOL, events.JUMP, _at_jump)
        monitoring.register_callback(_TOOL, events.INSTRUCTION, _at_instruction)
        monitoring.set_events(_TOOL, events.PY_START | events.JUMP)
    elif not _timers and monitoring.get_tool(_TOOL) is not None:
        monitoring.set_events(_TOOL, 0)
        monitoring.free_tool_id(_TOOL)


def getitimer(which, /):
    if which not in _OF_TIMERS:
        raise signal.ItimerError(errno.EINVAL, os.strerror(errno.EINVAL))
    if which not in _timers:
        return 0.0, 0.0
    entry, interval = _timers[which]
    return max(entry.due - time.monotonic(), 1e-6), interval


def setitimer(which, seconds, interval=0.0, /):
    before = getitimer(which)
    if seconds < 0 or interval < 0:
        raise signal.ItimerError(errno.EINVAL, os.strerror(errno.EINVAL))
    if which in _timers:
        _timers.pop(which)[0].cancel()
    if seconds:
        _start(which, float(seconds), float(interval))
    _watch()
    return before


def alarm(seconds, /):
    return math.ceil(setitimer(0, int(seconds))[0])


def pause():
    entry = clock.next_due()
    if entry is None:
        raise RuntimeError("signal.pause: no signal can come: nobody outside of the sandbox sends any, and no alarm is"
                           " set")
    clock.wait_until(math.inf)


# Masks.

def pthread_sigmask(how, mask, /):
    before = {signal.Signals(number) for number in _blocked}
    numbers = {_checked(number) for number in mask}
    if how == signal.SIG_BLOCK:
        _blocked.update(numbers)
    elif how == signal.SIG_UNBLOCK:
        _blocked.difference_update(numbers)
    elif how == signal.SIG_SETMASK:
        _blocked.clear()
        _blocked.update(numbers)
    else:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    for number in sorted(_pending - _blocked):
        _pending.discard(number)
        deliver(number, sys._getframe(1))
    return before


def valid_signals():
    return set(signal.Signals)


def finish():
    """At a program's end no alarm rings any more."""
    for entry, _ in _timers.values():
        entry.cancel()
    _timers.clear()
    _watch()


def install(leave):
    """Adds what WASI's `signal` lacks. `leave` ends the program with a status."""
    global _end
    _end = leave
    # `python3` begins so.
    _signal(signal.SIGPIPE, signal.SIG_IGN)
    for name, value in (("ITIMER_REAL", 0), ("ITIMER_VIRTUAL", 1), ("ITIMER_PROF", 2), ("SIG_BLOCK", 0),
                        ("SIG_UNBLOCK", 1), ("SIG_SETMASK", 2), ("ItimerError", OSError)):
        setattr(signal, name, value)
    functions = {
        "signal": set_handler, "getsignal": getsignal, "raise_signal": raise_signal, "alarm": alarm,
        "setitimer": setitimer, "getitimer": getitimer, "pause": pause, "pthread_sigmask": pthread_sigmask,
        "valid_signals": valid_signals, "sigpending": lambda: {signal.Signals(number) for number in _pending},
        "siginterrupt": lambda number, flag, /: None,
        "pthread_kill": lambda thread, number, /: number and deliver(_checked(number), sys._getframe(1)),
    }
    for name, function in functions.items():
        function.__module__, function.__name__, function.__qualname__ = "signal", name, name
        setattr(signal, name, function)
    for name, function in (("kill", kill), ("abort", abort)):
        function.__module__ = "os"
        setattr(os, name, function)

    def killpg(pgid, number, /):
        kill(pgid, number)

    killpg.__module__ = "os"
    os.killpg = killpg
