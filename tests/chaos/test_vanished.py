"""How long a process believes in a server that has vanished from the network; `test_many_machines` lets one vanish,
where this machine lets it."""

from __future__ import annotations

import os
import socket

import pytest
from kombu import Connection
from sqlalchemy import make_url

from ops.places import SOCKET_NAME, Urls
from tests.chaos.wire import Wire
from worker.app import TRANSPORT
from worker.secrets import Secret
from worker.store.engine import open_engine

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux alone knows TCP_USER_TIMEOUT"),
]


def patience(descriptor: int) -> dict[str, int]:
    """What the kernel was told of this connection: in seconds, but the last, which is in milliseconds."""
    with socket.socket(fileno=os.dup(descriptor)) as ours:
        names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
        return {name: ours.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in names} | {
            "on": ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        }


TWENTY_FIVE_SECONDS = {
    "TCP_KEEPIDLE": 10,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 3,
    "TCP_USER_TIMEOUT": 25_000,
    "on": 1,
}


def test_neither_is_believed_in_for_longer_than_25_seconds(urls: Urls) -> None:
    postgresql = f"{make_url(urls.database).query['host']}/{SOCKET_NAME}"
    with Wire(postgresql).laid() as wire:
        url = f"postgresql://pantau@{wire.host}:{wire.port}/pantau"
        engine = open_engine(Secret(url), pooled=False)
        with engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            assert driver is not None
            assert patience(driver.fileno()) == TWENTY_FIVE_SECONDS
        engine.dispose()
    with (
        Wire(urls.redis.partition("://")[2]).laid() as wire,
        Connection(f"redis://{wire.host}:{wire.port}", transport_options=TRANSPORT) as broker,
    ):
        pooled = broker.default_channel.client.connection_pool.get_connection()
        assert patience(pooled._sock.fileno()) == TWENTY_FIVE_SECONDS
        pooled.disconnect()
