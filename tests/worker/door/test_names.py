"""Looking up names."""

from __future__ import annotations

import asyncio
import socket
import threading

from worker.names import SystemNames
from worker.wire import Failure, Reply, Request


def test_the_system_knows_this_machine(door, server):
    async def test() -> None:
        async with server().running() as site, door() as web:
            assert isinstance(await web.ask(Request(f"http://localhost:{site.port}/")), Reply)

    asyncio.run(test())


def test_a_name_that_nobody_has_is_a_failure_of_names(door):
    async def test() -> None:
        async with door() as web:
            answer = await web.ask(Request("http://nobody.invalid/"))
            assert isinstance(answer, Failure)
            assert (answer.reason, answer.written) == ("dns", False)

    asyncio.run(test())


def test_a_name_server_that_says_nothing_leaves_the_desks_their_threads(monkeypatch):
    silent = threading.Event()

    def wait(*_):
        silent.wait(20)
        raise socket.gaierror("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", wait)

    async def test() -> None:
        names = SystemNames()
        waiting = [asyncio.create_task(names.resolve(f"a{n}.example", 80)) for n in range(50)]
        await asyncio.sleep(0)
        try:
            assert await asyncio.wait_for(asyncio.to_thread(lambda: "at once"), 10) == "at once"
        finally:
            silent.set()
            await asyncio.gather(*waiting, return_exceptions=True)
            await names.close()

    asyncio.run(test())
