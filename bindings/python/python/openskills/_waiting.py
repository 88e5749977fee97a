"""Calls that asyncio waits for."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

from openskills import _native

Done = Callable[[Any, Any], None]


async def wait_for(start: Callable[[Done], _native.Task]) -> Any:
    """Begins a call and waits for its result. Cancelling the wait stops the guest, and ends when it has stopped."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def done(result: Any, error: BaseException | None) -> None:
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            pass

    task = start(done)
    try:
        # The future outlives a cancelled wait: it tells when the guest has stopped.
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        task.cancel()
        if not future.done():
            await asyncio.wait([future])
        if not future.cancelled():
            # What it ended with is of no use to anybody; asyncio would say that nobody looked at it.
            future.exception()
        raise
