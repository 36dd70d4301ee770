"""Where the API is, and how it comes to be there: with the first who asks for it.

The frameworks it is made of take a third of the time in which the web process starts, and 20 MB; an installation
whose programs ask nothing need not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Receive, Scope, Send

ROOT = "/api/v1"


class Later:
    """An application (ASGI) that is made when it is first asked for, once, while others are served."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: ASGIApp | None = None
        self._alone = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        async with self._alone:
            if self._made is None:
                self._made = await run_sync(self._make)
        await self._made(scope, receive, send)
