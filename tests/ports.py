"""Ports of this machine that stay what a test took them for, whatever else the machine opens meanwhile.

A port that was asked for and given back may be another process's by the time it is used: a test that was to be
refused met another test's mail server there.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller

LOOPBACK = "127.0.0.1"


@contextmanager
def refusing() -> Iterator[int]:
    """A port that refuses every connection while the block lasts: it is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        yield taken.getsockname()[1]


class MailServer(Controller):
    """aiosmtpd on a port that is its own from the beginning; `port` says which."""

    def __init__(self, handler: Any, **options: Any) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        super().__init__(handler, hostname=LOOPBACK, port=self._listener.getsockname()[1], **options)

    def _create_server(self) -> Awaitable[Any]:
        return self.loop.create_server(self._factory_invoker, sock=self._listener, ssl=self.ssl_context)
