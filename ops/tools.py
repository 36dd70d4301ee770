"""The composition root's workshop: makes what the desks work with, once per process, from the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_network

from ops.kit import clock, engine, keyring, our_version
from ops.wiring import ring_next
from worker import self_test
from worker.feeds.websub import callback_base
from worker.http import Web
from worker.kit import Kit, TopicWatch
from worker.pace import Turns
from worker.permission import Permission
from worker.process import stopping
from worker.settings import Settings
from worker.store import hosts
from worker.store.engine import Engine
from worker.turns import SharedTurns

_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def user_agent(settings: Settings) -> str:
    """How we introduce ourselves to sites, with an address to complain to where there is one."""
    about = f" (+{settings.public_url})" if settings.public_url else ""
    return f"Pantau/{our_version()}{about}"


def make_web(settings: Settings, turns: Turns | None = None, *, anywhere: bool = False) -> Web:
    """The HTTP door with this installation's allow-list and proxy. Without shared turns it keeps the pace alone.
    `anywhere`: for addresses that the operator has set, which no guard keeps from leading inside."""
    return Web(
        allow=_EVERYWHERE if anywhere else settings.allow_nets,
        user_agent=user_agent(settings),
        proxy=settings.proxy_url.reveal() if settings.proxy_url else None,
        turns=turns,
        vouched=(settings.slack_api,),
        own={self_test.HOST: self_test.answer} if settings.self_test_s else {},
    )


def make_kit(settings: Settings, topics: TopicWatch | None = None, database: Engine | None = None) -> Kit:
    """A process's tools. `topics` is what its parent has read of them already, `database` what it has open already."""
    database = database or engine(settings)
    web = make_web(settings, SharedTurns(database))
    return Kit(
        engine=database,
        web=web,
        keys=keyring(settings),
        clock=clock,
        settled=ring_next,
        forbids=Permission(web, _slower(database)).forbids if settings.robots else None,
        callback_base=callback_base(settings.public_url, settings.allow_nets),
        stopping=stopping,
        topics=topics or TopicWatch(),
    )


def _slower(database: Engine) -> Callable[[str, float | None], Awaitable[object]]:
    """Tells all workers how far apart a site wants its requests (Crawl-delay)."""

    def slow_down(site: str, seconds: float | None) -> None:
        with database.begin() as connection:
            hosts.slow_down(connection, site, seconds)

    return lambda site, seconds: asyncio.to_thread(slow_down, site, seconds)
