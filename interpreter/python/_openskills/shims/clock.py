"""What a program does while it waits: timers become due, of signals and of threads.

There is one thread, so nothing happens by itself: who waits looks here for what is due until then.
"""

import time

_sleep = time.sleep
_entries = []


def _nothing():
    """Nobody else is there."""


# What others do while somebody sleeps; set by who knows the threads.
meanwhile = _nothing


class Entry:
    """Something that is to happen at a time of the monotonic clock. A thread may be its owner."""

    def __init__(self, due, act, owner=None):
        self.due, self._act, self.owner = due, act, owner
        _entries.append(self)

    def cancel(self):
        if self in _entries:
            _entries.remove(self)

    def happen(self):
        """Lets it happen now."""
        self.cancel()
        self._act()


def next_due():
    """What is due first, and None if nothing is."""
    return min(_entries, key=lambda entry: entry.due, default=None)


def wait_until(moment):
    """Lets time pass until then, or until something has happened; answers whether it has."""
    entry = next_due()
    if entry is None or entry.due > moment:
        _sleep(max(0.0, moment - time.monotonic()))
        return False
    _sleep(max(0.0, entry.due - time.monotonic()))
    entry.happen()
    return True


def sleep(seconds, /):
    meanwhile()
    if not _entries or not isinstance(seconds, (int, float)) or not seconds >= 0:
        return _sleep(seconds)
    end = time.monotonic() + seconds
    while wait_until(end):
        pass


sleep.__doc__, sleep.__module__ = time.sleep.__doc__, "time"


def install():
    """Takes the place of `time.sleep`."""
    time.sleep = sleep
