"""Pages that are read again for somebody to look at: one at a time, by the command that does it, kept for minutes.

The reading is a process of its own: a page that is hard to read can neither hold up the pages for people nor outlive
its time, and what is shown is what `pantau why --fetch` says.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

log = structlog.get_logger("web")

LONGEST_S = 45.0
_KEPT = 16
_COMMAND = (sys.executable, "-m", "ops", "why", "--fetch", "--json", "--")

Reading = Mapping[str, Any]
"""What the command says, as JSON."""


@dataclass(slots=True)
class Rereading:
    """The last readings, by article; `read` makes one, or None where none came about in time."""

    read: Callable[[str], Awaitable[Reading | None]] = field(default_factory=lambda: read_now)
    _kept: OrderedDict[int, tuple[datetime, Reading]] = field(default_factory=OrderedDict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def again(self, article: int, url: str, now: datetime) -> bool:
        """Reads the page, and keeps what came of it; False where nothing did."""
        async with self._one_at_a_time:
            reading = await self.read(url)
        if reading is None:
            return False
        self._kept.pop(article, None)
        self._kept[article] = (now, reading)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return True

    @property
    def busy(self) -> bool:
        """Whether somebody waits for a reading now."""
        return self._one_at_a_time.locked()

    def of(self, article: int) -> tuple[datetime, Reading] | None:
        """The last reading of this article's page, and when it was made."""
        return self._kept.get(article)


async def read_now(url: str) -> Reading | None:
    """Reads the page at an address in a process of its own, which ends in time whatever the page does."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*_COMMAND, url, stdout=pipe, stderr=pipe)
    try:
        said, complaint = await asyncio.wait_for(child.communicate(), LONGEST_S)
    except TimeoutError:
        log.warning("reading_again_took_too_long", seconds=LONGEST_S)
        return None
    finally:
        with suppress(ProcessLookupError):
            if child.returncode is None:
                child.kill()
                await child.wait()
    try:
        reading = json.loads(said)
    except ValueError:
        log.warning(
            "reading_again_failed", code=child.returncode, error=complaint.decode("utf-8", "replace")[-500:]
        )
        return None
    return reading if isinstance(reading, dict) else None
