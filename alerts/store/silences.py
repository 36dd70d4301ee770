"""Silences as rows: made, ended, looked up by planning and before sending."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from alerts.model import ChannelId, SilenceId
from alerts.silences import Scope, Silence, What
from alerts.store.schema import silences
from worker.errors import BadInput

_COLUMN: dict[Scope, str] = {"topic": "topic_id", "story": "story_id", "source": "source"}
_UNENDED = silences.c.ended_at.is_(None)
LONGEST_COMMENT = 500


def add(
    connection: Connection,
    *,
    scope: Scope,
    what: What = None,
    channel: ChannelId | None = None,
    since: datetime | None = None,
    until: datetime,
    by: str,
    comment: str = "",
) -> SilenceId:
    """Makes a silence that begins at `since`, or now. `what` is the topic's or the story's number, or what a source
    answers to; `channel` None is every channel. Raises BadInput for one that is over before it begins."""
    begin = since or connection.execute(select(func.clock_timestamp())).scalar_one()
    if until <= begin:
        raise BadInput(
            f"the silence would end at {until:%Y-%m-%d %H:%M} UTC, before it begins; give a later end"
        )
    facts = {"from_at": begin, "until_at": until, "made_by": by, "comment": comment[:LONGEST_COMMENT]}
    about = {_COLUMN[scope]: what} if scope in _COLUMN else {}
    made = insert(silences).values(scope=scope, channel_id=channel, **about, **facts)
    return SilenceId(connection.execute(made.returning(silences.c.id)).scalar_one())


def end(connection: Connection, silence: SilenceId) -> bool:
    """Ends a silence before its time; False where there is none with this number that is still to end."""
    open_still = (silences.c.id == silence) & _UNENDED & (silences.c.until_at > func.clock_timestamp())
    ended = connection.execute(update(silences).where(open_still).values(ended_at=func.clock_timestamp()))
    return ended.rowcount == 1


def in_force(connection: Connection, now: datetime) -> list[Silence]:
    """The silences that hold at this moment, the oldest first."""
    holding = _UNENDED & (silences.c.from_at <= now) & (silences.c.until_at > now)
    rows = connection.execute(select(silences).where(holding).order_by(silences.c.id))
    return [
        Silence(
            id=SilenceId(row.id),
            scope=row.scope,
            what=row._mapping[_COLUMN[row.scope]] if row.scope in _COLUMN else None,
            since=row.from_at,
            until=row.until_at,
            channel=None if row.channel_id is None else ChannelId(row.channel_id),
        )
        for row in rows
    ]
