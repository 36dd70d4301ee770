"""A visitor of a real web process, who keeps one connection as a browser does."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from ops import access
from ops.store import accounts
from worker.store.engine import Connection

NAME, PASSWORD = "bench", "a long enough password"


def add_visitor(connection: Connection) -> None:
    """Gives the visitor an account."""
    accounts.add_user(connection, NAME, access.hash_password(PASSWORD), "admin")


class Browser:
    """One logged-in visitor on one connection, as a browser keeps it."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """The answer's state and text."""
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, urlencode(fields) if fields else None, headers)
            answer = self.connection.getresponse()
        except ConnectionError:  # what failed on the server ends the connection too
            self.connection.close()
            return 599, ""
        for cookie in answer.headers.get_all("set-cookie") or ():
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode()

    def log_in(self) -> None:
        """By name and password."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.ask("GET", "/login")[1])
        assert found
        fields = {"csrf": found[1], "next": "/", "name": NAME, "password": PASSWORD}
        status, _ = self.ask("POST", "/login", fields)
        assert status == 303, status


@contextmanager
def web(database: str, redis: str, secret: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The real web process: its port and its pid."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "PANTAU_DATABASE_URL": database,
        "PANTAU_REDIS_URL": redis,
        "PANTAU_SECRET_KEY": secret,
        "PANTAU_DATA_DIR": str(folder),
        "PANTAU_LOG_LEVEL": "warning",
    }
    child = subprocess.Popen([sys.executable, "-m", "ops", "web", "--port", str(port)], env=environ)  # noqa: S603
    try:
        for _ in range(1200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port, child.pid
    finally:
        child.terminate()
        child.wait(20)


def kept_secret(folder: Path) -> str:
    """The key that seals what the kept database holds."""
    kept = folder / "bench-key"
    if not kept.exists():
        kept.write_text(secrets.token_urlsafe(32))
    return kept.read_text()
