"""Servers that run beside synchronous code: each in a thread and an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from threading import Thread
from typing import TypeVar

from aiohttp import web

LOOPBACK = "127.0.0.1"
# asyncio loses the socket of a connection accepted in the turn in which the server closes (Python 3.11:
# Server._attach fails); this pause lets in whoever had connected before the closing.
LAST_GUESTS_S = 0.02
T = TypeVar("T")


@contextmanager
def running(app: web.Application, port: int = 0) -> Iterator[str]:
    """Serve an application on loopback while the block lasts; the value is its address, `http://127.0.0.1:PORT`.

    Port 0 takes a free one. Raises `OSError` when the port is taken.
    """
    with beside(_served(app, port)) as url:
        yield url


@asynccontextmanager
async def _served(app: web.Application, port: int) -> AsyncIterator[str]:
    # One second for handlers under way: a slow outlet may be in the middle of its three seconds.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        await asyncio.sleep(LAST_GUESTS_S)
    finally:
        await runner.cleanup()


@contextmanager
def beside(room: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """Keep an asynchronous context open in its own thread while the block lasts; the value is its value.

    What goes wrong on entering is raised here, what goes wrong on leaving at the end of the block.
    """
    opened: Future[tuple[T, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    closed: Future[None] = Future()
    thread = Thread(target=_occupy, args=(room, opened, closed), name="beside", daemon=True)
    thread.start()
    try:
        value, loop, leave = opened.result()
        try:
            yield value
        finally:
            loop.call_soon_threadsafe(leave.set)
            closed.result()
    finally:
        thread.join()


def _occupy(
    room: AbstractAsyncContextManager[T],
    opened: Future[tuple[T, asyncio.AbstractEventLoop, asyncio.Event]],
    closed: Future[None],
) -> None:
    async def stay() -> None:
        leave = asyncio.Event()
        async with room as value:
            opened.set_result((value, asyncio.get_running_loop(), leave))
            await leave.wait()

    try:
        asyncio.run(stay())
    except BaseException as error:  # noqa: BLE001  handed over to the thread that waits
        (closed if opened.done() else opened).set_exception(error)
    else:
        closed.set_result(None)
