"""The troubles of this moment, which of them the operator has heard of, and the notice as a delivery."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from alerts.model import ChannelId
from alerts.store.schema import channels, deliveries
from ops.store.schema import heartbeats, troubles

# The operator's own channel cannot be told that it is closed: that stands on the dashboard and in `status`.
_NOW = text("""
    SELECT 'circuit' AS kind, k.name AS subject, coalesce(c.name, regexp_replace(k.name, '^sender:', '')) AS name,
           k.opened_at AS since, k.reason,
           (SELECT count(*) FROM deliveries d WHERE d.held_by = k.name AND d.state = 'held') AS n
    FROM circuits k LEFT JOIN channels c ON 'channel:' || c.id = k.name
    WHERE k.name NOT IN (SELECT 'channel:' || id FROM channels WHERE id = :own
                         UNION SELECT 'sender:' || credential FROM channels WHERE id = :own AND credential IS NOT NULL)
    UNION ALL
    SELECT 'failed', d.channel_id || ' ' || to_char(max(d.ended_at), 'YYYY-MM-DD'), c.name, min(d.ended_at),
           (array_agg(d.reason ORDER BY d.ended_at DESC))[1], count(*)
    FROM deliveries d JOIN channels c ON c.id = d.channel_id
    WHERE d.state = 'failed' AND d.ended_at > clock_timestamp() - interval '24 hours' AND d.kind <> 'notice'
    GROUP BY d.channel_id, c.name
    UNION ALL
    SELECT CASE f.state WHEN 'gone' THEN 'gone' ELSE 'failing' END, f.id::text, coalesce(f.name, f.title, f.url),
           coalesce(f.last_ok_at, f.created_at), f.last_error, 0
    FROM feeds f WHERE f.removed_at IS NULL AND f.state IN ('gone', 'failing')
    UNION ALL
    SELECT 'silent', f.id::text, coalesce(f.name, f.title, f.url), h.silent_since, '', 0
    FROM habits h JOIN feeds f ON f.id = h.feed_id
    WHERE h.silent_since IS NOT NULL AND f.removed_at IS NULL
    ORDER BY 4, 1, 2
""")


def turn(connection: Connection, part: str, every: timedelta) -> bool:
    """Whether it is this caller's turn to do what is done once in `every`, by whichever process comes first."""
    alive = {"at": func.clock_timestamp()}
    mine = (
        upsert(heartbeats)
        .values(part=part, **alive)
        .on_conflict_do_update(
            index_elements=["part"], set_=alive, where=heartbeats.c.at <= func.clock_timestamp() - every
        )
        .returning(heartbeats.c.part)
    )
    return connection.execute(mine).first() is not None


def troubles_now(connection: Connection, own: ChannelId) -> Sequence[dict[str, object]]:
    """What is wrong and does not mend itself, but for what concerns the operator's own channel."""
    return [dict(row) for row in connection.execute(_NOW, {"own": own}).mappings()]


def told_of(connection: Connection) -> dict[str, str]:
    """The troubles that were told of and are not over, with the words."""
    return {row.key: row.said for row in connection.execute(select(troubles.c.key, troubles.c.said))}


def last_notice(connection: Connection, channel: ChannelId) -> datetime | None:
    """When the last notice was made."""
    made = select(func.max(deliveries.c.created_at))
    own = (deliveries.c.channel_id == channel) & (deliveries.c.kind == "notice")
    return connection.execute(made.where(own)).scalar()


def standing_channel(connection: Connection, name: str) -> ChannelId | None:
    """The channel of this name, if there is one."""
    standing = channels.c.removed_at.is_(None) & (channels.c.name == name)
    found = connection.execute(select(channels.c.id).where(standing)).scalar()
    return None if found is None else ChannelId(found)


def tell(
    connection: Connection,
    channel: ChannelId,
    lines: Sequence[str],
    told: Collection[tuple[str, str]],
    over: Collection[str],
    now: datetime,
) -> None:
    """Puts a notice into the outbox, and remembers what it tells of."""
    connection.execute(
        insert(deliveries).values(
            channel_id=channel,
            kind="notice",
            bundle=f"notice:{now.isoformat()}",
            state="ready",
            due_at=now,
            on_doubt="resend",
            expires_at=now + timedelta(days=1),
            notice=list(lines),
        )
    )
    if told:
        rows = [{"key": key, "said": said} for key, said in told]
        connection.execute(upsert(troubles).on_conflict_do_nothing(), rows)
    connection.execute(delete(troubles).where(troubles.c.key.in_(over)))
