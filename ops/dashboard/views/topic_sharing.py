"""PURE. The secret addresses at which a topic is read as a feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.letter import plain_text
from ops.dashboard.words import Stamp, maybe_stamp, stamp
from ops.said import Said, said, said_n
from ops.store.topics import Standing

MOST = 50
_FORMS = {"atom": said("Atom, for feed readers"), "json": said("JSON Feed, for programs")}


@dataclass(frozen=True, slots=True)
class SharingView:
    """The addresses: those just `made` with what they are for, and when each that answers was made and last read."""

    id: int
    name: str
    made: tuple[tuple[Said | str, str], ...]
    open: tuple[tuple[Stamp, Stamp | None], ...]
    total: Said
    more: Said | str


def sharing_view(
    topic: Standing, rows: Sequence[Mapping[str, Any]], made: Mapping[str, str], now: datetime
) -> SharingView:
    """The page; the newest addresses first."""
    newest = list(reversed(rows))
    return SharingView(
        id=topic.id,
        name=plain_text(topic.topic.name, 120),
        made=tuple((_FORMS.get(form, form), address) for form, address in made.items()),
        open=tuple(
            (stamp(row["created_at"], now), maybe_stamp(row["asked_at"], now)) for row in newest[:MOST]
        ),
        total=said_n("{n} address is open", "{n} addresses are open", len(rows)),
        more=said("the newest {n} of {all}", n=MOST, all=f"{len(rows):,}") if len(rows) > MOST else "",
    )
