"""PURE. Silences as their page shows them: what nobody hears of, where, until when, and by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.letter import plain_text
from alerts.silences import Scope
from ops.dashboard.words import Stamp, State, stamp
from ops.said import Said, said, said_n
from ops.store.pages.silences import MOST_COUNTED

Row = Mapping[str, Any]
Names = tuple[Sequence[str], Sequence[str]]
"""Topics and channels, to choose from."""

SCOPES: Mapping[Scope, Said] = {
    "topic": said("a topic"),
    "story": said("a story"),
    "source": said("a source"),
    "channel": said("a channel"),
    "everything": said("everything"),
}
_NAME, _COMMENT = 120, 500


@dataclass(frozen=True, slots=True)
class SilenceView:
    """A silence; `what` is empty where the scope says it all."""

    id: int
    scope: Said
    what: str
    channel: str
    state: State
    begin: Stamp
    end: Stamp
    suppressed: Said
    by: str
    comment: str
    open: bool


def compose(rows: Sequence[Row], now: datetime) -> tuple[SilenceView, ...]:
    """Silences in their order."""
    return tuple(_silence(row, now) for row in rows)


def _silence(row: Row, now: datetime) -> SilenceView:
    name = row["what"] if row["what"] is not None or row["scope"] != "story" else f"#{row['story']}"
    return SilenceView(
        id=row["id"],
        scope=SCOPES[row["scope"]],
        what=plain_text(name or "", _NAME),
        channel=plain_text(row["channel"] or "", _NAME),
        state=_state(row["state"], ended=row["ended_at"] is not None),
        begin=stamp(row["from_at"], now),
        end=stamp(row["ended_at"] or row["until_at"], now),
        suppressed=_suppressed(row["suppressed"]),
        by=plain_text(row["made_by"], _NAME),
        comment=plain_text(row["comment"], _COMMENT),
        open=row["state"] != "over",
    )


def _state(state: str, *, ended: bool) -> State:
    match state:
        case "holds":
            return State("slow", said("holds"))
        case "to come":
            return State("off", said("to come"))
    return State("off", said("ended by hand")) if ended else State("off", said("over"))


def _suppressed(n: int) -> Said:
    if n >= MOST_COUNTED:
        return said("more than {n} alerts", n=f"{MOST_COUNTED:,}")
    return said_n("{n} alert", "{n} alerts", n)
