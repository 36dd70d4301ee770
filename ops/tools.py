"""The composition root's workshop: makes what the desks work with, once per process, from the settings."""

from __future__ import annotations

from ops.kit import clock, engine, keyring, our_version
from ops.wiring import ring_next
from worker.feeds.websub import callback_base
from worker.http import Web
from worker.kit import Kit
from worker.settings import Settings


def user_agent(settings: Settings) -> str:
    """How we introduce ourselves to sites, with an address to complain to where there is one."""
    about = f" (+{settings.public_url})" if settings.public_url else ""
    return f"Pantau/{our_version()}{about}"


def make_web(settings: Settings) -> Web:
    """The HTTP door with this installation's allow-list and proxy."""
    return Web(
        allow=settings.allow_nets,
        user_agent=user_agent(settings),
        proxy=settings.proxy_url.reveal() if settings.proxy_url else None,
    )


def make_kit(settings: Settings) -> Kit:
    """A process's tools."""
    return Kit(
        engine=engine(settings),
        web=make_web(settings),
        keys=keyring(settings),
        clock=clock,
        settled=ring_next,
        callback_base=callback_base(settings.public_url, settings.allow_nets),
    )
