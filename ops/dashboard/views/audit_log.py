"""PURE. What people and programs changed, line by line, with what differs before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from alerts.letter import plain_text
from ops.dashboard.words import Stamp, stamp
from ops.said import Said, said

Row = Mapping[str, Any]

PAGE = 50
_NAME, _VALUE = 120, 300
_MOST_FIELDS = 20
HERE = "/audit-log"


WHAT: Mapping[str, Said] = {
    each: each
    for each in (
        said("added"),
        said("applied"),
        said("blocked"),
        said("gave up"),
        said("resubscribed"),
        said("unblocked"),
        said("unsubscribed"),
        said("asked"),
        said("changed"),
        said("changed the password of"),
        said("ended"),
        said("ended sessions of"),
        said("imported"),
        said("invited"),
        said("judged"),
        said("made"),
        said("merged"),
        said("paused"),
        said("polled"),
        said("read again"),
        said("released"),
        said("removed"),
        said("reported"),
        said("reset the password of"),
        said("resumed"),
        said("retried"),
        said("revoked"),
        said("rotated"),
        said("shared"),
        said("snoozed"),
        said("split"),
        said("tested"),
        said("unshared"),
    )
}
"""What can be done to a thing."""

KINDS: Mapping[str, Said] = {
    each: each
    for each in (
        said("account"),
        said("article"),
        said("channel"),
        said("delivery"),
        said("entries"),
        said("mailbox"),
        said("feed"),
        said("keys"),
        said("restore"),
        said("silence"),
        said("story"),
        said("subscription"),
        said("token"),
        said("topic"),
        said("watchlist"),
    )
}
"""What things are called."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is another one now; None where there was, or is, no such field."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A note: who did what to which thing. The `_query` addresses show all of that person, kind or thing."""

    id: str
    at: Stamp
    who: str
    what: Said | str
    kind: Said | str
    name: str
    differences: tuple[Difference, ...]
    more: int
    by_who: str
    by_thing: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; empty texts ask for everything."""

    who: str = ""
    kind: str = ""
    name: str = ""

    def address(self, path: str = HERE, **more: str) -> str:
        """Where the same is looked for."""
        asked = {"who": self.who, "kind": self.kind, "name": self.name, **more}
        said = {key: value for key, value in asked.items() if value}
        return f"{path}?{urlencode(said)}" if said else path


@dataclass(frozen=True, slots=True)
class View:
    """A page of the audit log."""

    asked: Asked
    lines: tuple[Line, ...]
    older: str
    sheet: str


def compose(rows: Sequence[Row], asked: Asked, now: datetime) -> View:
    """The newest of these notes; one row beyond the page says that there are older ones."""
    shown = rows[:PAGE]
    older = asked.address(before=str(shown[-1]["id"])) if len(rows) > PAGE else ""
    return View(asked, tuple(line(row, now) for row in shown), older, asked.address(f"{HERE}.csv"))


def line(row: Row, now: datetime) -> Line:
    """A note as it is shown. Names and values may be anything that somebody once wrote."""
    found = list(differences(row["before"], row["after"]))
    return Line(
        id=str(row["id"]),
        at=stamp(row["at"], now),
        who=plain_text(row["who"], _NAME),
        what=WHAT.get(row["what"]) or plain_text(row["what"], _NAME),
        kind=KINDS.get(row["kind"]) or plain_text(row["kind"], _NAME),
        name=plain_text(row["name"], _NAME),
        differences=tuple(found[:_MOST_FIELDS]),
        more=max(len(found) - _MOST_FIELDS, 0),
        by_who=Asked(who=row["who"]).address(),
        by_thing=Asked(kind=row["kind"], name=row["name"]).address(),
    )


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Iterator[Difference]:
    """The fields that differ, in the order in which they were written down."""
    old, new = before or {}, after or {}
    for field in dict.fromkeys((*old, *new)):
        if old.get(field) == new.get(field):
            continue
        yield Difference(plain_text(field, _NAME), _shown(old, field), _shown(new, field))


def _shown(values: Mapping[str, Any], field: str) -> str | None:
    if field not in values or values[field] is None:
        return None
    value = values[field]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return plain_text(", ".join(value), _VALUE)
    return plain_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _VALUE)
