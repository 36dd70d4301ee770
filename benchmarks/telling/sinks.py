"""Receivers in a process of their own: they say yes as fast as they can, and keep nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from aiohttp import web

from ops.newsroom import MailSink


@dataclass(frozen=True)
class Sinks:
    """Where they listen."""

    http: str
    smtp: str

    @property
    def mail_port(self) -> int:
        """The port of the mail server on 127.0.0.1."""
        return int(self.smtp.split("?")[0].rpartition(":")[2])


@contextmanager
def sinks() -> Iterator[Sinks]:
    """Both, while the block lasts."""
    command = [sys.executable, "-m", "benchmarks.telling.sinks"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)  # noqa: S603
    assert child.stdout is not None
    try:
        yield Sinks(**json.loads(child.stdout.readline()))
    finally:
        child.terminate()
        child.wait(10)


async def _main() -> None:
    numbers = count(1)

    async def hook(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="ok")

    async def post(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"ok": True, "channel": "C1", "ts": f"1700000000.{next(numbers):06}"})

    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/api/chat.postMessage", post)
    app.router.add_post("/{rest:.*}", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with MailSink().listening() as mail:
        told = {"http": f"http://127.0.0.1:{runner.addresses[0][1]}", "smtp": mail.url}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
