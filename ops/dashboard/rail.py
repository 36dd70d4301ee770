"""PURE. The rail at the left: where everything is, and what a person must look at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ops.said import Said, said, said_n
from ops.store.accounts import ROLES, Role
from ops.store.pages.rail import Counts

_LETTERS = {
    "overview": "o",
    "live": "l",
    "topics": "t",
    "stories": "s",
    "articles": "a",
    "subscriptions": "u",
    "channels": "c",
    "deliveries": "d",
    "feeds": "f",
    "workers": "w",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A page: its key, address and word; `note` beside it, red where a person must act."""

    key: str
    path: str
    word: Said
    note: Said | str = ""
    bad: bool = False

    @property
    def letter(self) -> str:
        """The key that leads there after a `g`; "" where there is none."""
        return _LETTERS.get(self.key, "")


@dataclass(frozen=True, slots=True)
class Part:
    """Pages that belong together, under a word or none."""

    word: Said | str
    links: tuple[Link, ...]


def may(role: Role, needed: Role) -> bool:
    """Whether this role includes the needed one."""
    return ROLES.index(role) >= ROLES.index(needed)


def rail(counts: Counts, offered: Collection[str], role: Role) -> tuple[Part, ...]:
    """The parts of the rail, with the pages that this process offers and this role may see."""
    failed = said_n("{n} failed", "{n} failed", counts.failed) if counts.failed else ""
    failing = said_n("{n} failing", "{n} failing", counts.failing) if counts.failing else ""
    parts = (
        Part("", (Link("overview", "/", said("Overview")), Link("live", "/live", said("Live")))),
        Part(
            said("Watch"),
            (
                Link("topics", "/topics", said("Topics"), _number(counts.topics)),
                Link("stories", "/stories", said("Stories"), _number(counts.stories)),
                Link("articles", "/articles", said("Articles")),
            ),
        ),
        Part(
            said("Deliver"),
            (
                Link("subscriptions", "/subscriptions", said("Subscriptions"), _number(counts.subscriptions)),
                Link("channels", "/channels", said("Channels")),
                Link("silences", "/silences", said("Silences")),
                Link("deliveries", "/deliveries", said("Deliveries"), failed, bad=bool(failed)),
            ),
        ),
        Part(
            said("Run"),
            (
                Link("feeds", "/feeds", said("Feeds"), failing or _number(counts.feeds), bad=bool(failing)),
                Link("workers", "/workers", said("Workers")),
            ),
        ),
        Part(
            said("Manage"),
            (
                Link("settings", "/settings", said("Settings")),
                Link("api", "/api/v1/docs", said("API")),
                *((Link("audit-log", "/audit-log", said("Audit log")),) if may(role, "admin") else ()),
            ),
        ),
    )
    seen = (Part(part.word, tuple(link for link in part.links if link.path in offered)) for part in parts)
    return tuple(part for part in seen if part.links)


def _number(n: int) -> str:
    return f"{n:,}" if n else ""
