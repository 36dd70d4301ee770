"""Where a reader of a mail gets out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.model import Letter
from alerts.words import say


@dataclass(frozen=True, slots=True)
class Links:
    """Where a reader stops this mail (`leave`), and where everything that comes to this address can be seen and
    changed (`manage`); None where there is no safe public address."""

    leave: str | None = None
    manage: str | None = None


def ways_out(links: Links, letter: Letter) -> Iterator[tuple[str, str]]:
    """The words and the address of each link that is there."""
    for key, link in (("unsubscribe", links.leave), ("manage", links.manage)):
        if link:
            yield say(letter, key), link
