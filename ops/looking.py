"""Looking at an address that somebody wants to watch: the feed there, and the others that its site names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from ops.checking import Checked, Feed, check_address
from ops.tools import make_web
from worker.http import Web
from worker.settings import Settings

OTHERS = 4
"""So many more feeds of a site are looked into."""
DEADLINE_S = 25.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed that can be watched, and what is in it."""

    address: str
    feed: Feed


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found: the feeds, the best first; where there is none, `checked` says why."""

    checked: Checked | None
    candidates: tuple[Candidate, ...] = ()


def look_at(settings: Settings, url: str, now: datetime) -> Looked:
    """What there is at an address, asked through the guarded door. `checked` is None where it took too long."""

    async def once() -> Looked:
        async with make_web(settings) as web:
            try:
                return await asyncio.wait_for(look(web, url, now), DEADLINE_S)
            except TimeoutError:
                return Looked(None)

    return asyncio.run(once())


async def look(web: Web, url: str, now: datetime) -> Looked:
    """The feed at an address or behind a site's page, and further ones that the page names."""
    checked = await check_address(web, url, now)
    if not isinstance(checked, Feed):
        return Looked(checked)
    others = checked.site.others[:OTHERS] if checked.site else ()
    further = await asyncio.gather(*(check_address(web, other, now) for other in others))
    found = [Candidate(checked.site.feed if checked.site else url, checked)]
    found += [
        Candidate(address, each)
        for address, each in zip(others, further, strict=True)
        if isinstance(each, Feed)
    ]
    return Looked(checked, tuple(found))
