"""An event loop with timers and nothing to wait for but time."""

import asyncio
import collections
import time
from asyncio import base_events, events, unix_events


class _Timers:
    """A selector with no files: it waits for the next timer."""

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("asyncio waits for something that cannot happen in the sandbox: every task waits,"
                               " and there is no timer, thread, process or socket that could wake one")
        if timeout > 0:
            time.sleep(timeout)
        return ()

    def get_map(self):
        return {}

    def close(self):
        pass


class EventLoop(base_events.BaseEventLoop):
    """The loop that `asyncio.run` makes."""

    def __init__(self, selector=None):
        super().__init__()
        self._selector = _Timers()

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass

    def run_in_executor(self, executor, func, *arguments):
        self._check_closed()
        future = self.create_future()
        try:
            future.set_result(func(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def add_signal_handler(self, sig, callback, *arguments):
        raise NotImplementedError("the sandbox sends no signals")

    def remove_signal_handler(self, sig):
        return False

    def _unsupported(self, *_, **__):
        raise NotImplementedError("the sandbox has no sockets or files that an event loop could wait for")

    add_reader = remove_reader = add_writer = remove_writer = _unsupported

    async def subprocess_exec(self, protocol_factory, program, *arguments, **options):
        from . import processes

        raise processes.refusal(program)

    async def subprocess_shell(self, protocol_factory, cmd, **options):
        from . import processes

        raise processes.refusal("/bin/sh")

    async def create_connection(self, *_, **__):
        raise OSError("the sandbox opens no sockets: use `urllib.request`, in a thread if need be")

    async def create_server(self, *_, **__):
        raise OSError("the sandbox has no server sockets")

    async def shutdown_default_executor(self, timeout=None):
        pass


def install():
    """Makes it the loop of everyone."""
    unix_events._UnixSelectorEventLoop.__init__ = EventLoop.__init__
    asyncio.SelectorEventLoop = asyncio.EventLoop = EventLoop
    unix_events.SelectorEventLoop = unix_events.EventLoop = EventLoop
    unix_events._UnixSelectorEventLoop = EventLoop
    unix_events._UnixDefaultEventLoopPolicy._loop_factory = EventLoop
    assert events and collections
