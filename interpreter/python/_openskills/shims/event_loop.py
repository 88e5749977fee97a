"""An event loop with timers and nothing to wait for but time."""

import asyncio
import collections
import time
import signal
import subprocess
from asyncio import base_events, events, unix_events

from . import threads


class _Timers:
    """A selector with no files: it waits for the next timer."""

    def select(self, timeout=None):
        if timeout is None:
            if threads.can_go_on():
                return ()
            raise RuntimeError("asyncio waits for something that cannot happen in the sandbox: every task waits,"
                               " and there is no timer, thread, process or socket that could wake one")
        if timeout > 0:
            time.sleep(timeout)
        return ()

    def get_map(self):
        return {}

    def close(self):
        pass


class _Pipe(asyncio.WriteTransport):
    """An end of a program's stream."""

    def __init__(self, program, number):
        super().__init__()
        self._program, self._number, self._is_closed, self.written = program, number, False, bytearray()

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self._is_closed

    def close(self):
        if not self._is_closed:
            self._is_closed = True
            if self._number == 0:
                self._program.run()

    write_eof = abort = close

    def can_write_eof(self):
        return True

    def _nothing(self, *_):
        """It is read at once, and nothing waits."""

    pause_reading = resume_reading = set_write_buffer_limits = _nothing


class _Program(asyncio.SubprocessTransport):
    """A Python program, which runs to its end when its input is closed, or when somebody waits for it."""

    def __init__(self, protocol, popen):
        super().__init__()
        self._protocol, self._popen, self._is_done = protocol, popen, False
        streams = (popen.stdin, popen.stdout, popen.stderr)
        self._pipes = [stream and _Pipe(self, number) for number, stream in enumerate(streams)]

    def begin(self):
        self._protocol.connection_made(self)
        if self._pipes[0] is None:
            self.run()

    def run(self):
        if self._is_done:
            return
        self._is_done = True
        given = bytes(self._pipes[0].written) if self._pipes[0] else None
        for number, data in enumerate(self._popen.communicate(given), 1):
            if self._pipes[number]:
                self._protocol.pipe_data_received(number, data)
                self._protocol.pipe_connection_lost(number, None)
        if self._pipes[0]:
            self._protocol.pipe_connection_lost(0, None)
        self._protocol.process_exited()

    async def _wait(self):
        self.run()
        return self._popen.returncode

    def get_protocol(self):
        return self._protocol

    def get_pid(self):
        return self._popen.pid

    def get_returncode(self):
        return self._popen.returncode

    def get_pipe_transport(self, fd):
        return self._pipes[fd]

    def is_closing(self):
        return self._is_done

    def close(self):
        """There is nothing to close."""

    def _nothing(self, *_):
        """There is nobody any more who could get a signal."""

    send_signal = terminate = kill = _nothing


class EventLoop(base_events.BaseEventLoop):
    """The loop that `asyncio.run` makes."""

    def __init__(self, selector=None):
        super().__init__()
        self._selector = _Timers()
        self._signals = set()

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
        self._check_closed()
        if asyncio.iscoroutine(callback) or asyncio.iscoroutinefunction(callback):
            raise TypeError("coroutines cannot be used with add_signal_handler()")
        handle = events.Handle(callback, arguments, self, None)
        signal.signal(sig, lambda *_: self._add_callback(handle))
        self._signals.add(sig)

    def remove_signal_handler(self, sig):
        if sig not in self._signals:
            return False
        self._signals.discard(sig)
        signal.signal(sig, signal.default_int_handler if sig == signal.SIGINT else signal.SIG_DFL)
        return True

    def _unsupported(self, *_, **__):
        raise NotImplementedError("the sandbox has no sockets or files that an event loop could wait for")

    add_reader = remove_reader = add_writer = remove_writer = _unsupported

    async def subprocess_exec(self, protocol_factory, program, *arguments, **options):
        return self._subprocess(protocol_factory, [program, *arguments], options)

    async def subprocess_shell(self, protocol_factory, cmd, **options):
        return self._subprocess(protocol_factory, cmd, options | {"shell": True})

    def _subprocess(self, protocol_factory, program, options):
        transport = _Program(protocol_factory(), subprocess.Popen(program, **options))
        transport.begin()
        return transport, transport.get_protocol()

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
