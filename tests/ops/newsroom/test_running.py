from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from ops.newsroom.running import beside, running


def test_an_application_answers_inside_the_block_and_its_port_is_free_after_it() -> None:
    with running(web.Application()) as url:
        port = int(urlsplit(url).port or 0)
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_taken_port_is_told_to_the_caller_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with running(web.Application()) as url, pytest.raises(OSError, match="in use"):
        with running(web.Application(), port=int(urlsplit(url).port or 0)):
            pass
    assert threading.active_count() == before


def test_an_error_of_the_block_comes_out_and_the_room_is_left() -> None:
    left: list[bool] = []

    @asynccontextmanager
    async def room() -> AsyncIterator[str]:
        yield "inside"
        left.append(True)

    def fail_inside() -> None:
        with beside(room()) as value:
            raise LookupError(value)

    with pytest.raises(LookupError, match="inside"):
        fail_inside()
    assert left == [True]


def test_what_goes_wrong_on_leaving_is_raised_at_the_end_of_the_block() -> None:
    @asynccontextmanager
    async def room() -> AsyncIterator[None]:
        yield
        raise RuntimeError("the door is stuck")

    with pytest.raises(RuntimeError, match="stuck"), beside(room()):
        pass


def test_the_room_lives_in_a_loop_and_a_thread_of_its_own() -> None:
    @asynccontextmanager
    async def room() -> AsyncIterator[tuple[int, asyncio.AbstractEventLoop]]:
        yield threading.get_ident(), asyncio.get_running_loop()

    with beside(room()) as (thread, loop):
        assert thread != threading.get_ident()
        assert loop.is_running()
    assert loop.is_closed()
