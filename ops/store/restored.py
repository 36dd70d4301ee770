"""A database put back from a backup: what was there makes way, and nothing is sent before somebody says so.

Between the backup and now messages may have gone out that the copy knows nothing of. So every channel's circuit is
open with the reason `restored`, which no probe closes; and what feeds have brought meanwhile is taken in as backlog,
told as one summary, and not as news.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select, text

from alerts.store.alone import hold_planning
from alerts.store.circuits import BY_HAND
from ops.store.schema import heartbeats

REASON = BY_HAND
_BEFORE = "pantau_before_restore"
_PART = "restored"

_BUSY = text("""
    SELECT to_regclass('public.heartbeats') IS NOT NULL
""")
_TICKED = text("""
    SELECT EXISTS (SELECT FROM heartbeats WHERE part = 'tick' AND at > clock_timestamp() - interval '5 seconds')
""")
_HOLDS = text("SELECT to_regclass('public.feeds') IS NOT NULL")
_ROWS = text("SELECT EXISTS (SELECT FROM feeds) OR EXISTS (SELECT FROM channels)")

_HOLD = text("""
    INSERT INTO circuits (name, reason, probe_at)
    SELECT 'channel:' || id, :reason, 'infinity' FROM channels WHERE removed_at IS NULL
    ON CONFLICT (name) DO UPDATE SET reason = excluded.reason, probe_at = excluded.probe_at
""")
_MARK_FEEDS = text("UPDATE feeds SET resumed_at = clock_timestamp() WHERE removed_at IS NULL")
_MARK = text("""
    INSERT INTO heartbeats (part, at) VALUES (:part, clock_timestamp())
    ON CONFLICT (part) DO UPDATE SET at = excluded.at
""")
_OPEN = ["collecting", "ready", "waiting", "sending", "held", "unknown"]
_HELD = text("""
    SELECT (SELECT count(*) FROM channels WHERE removed_at IS NULL) AS channels,
           (SELECT count(*) FROM deliveries WHERE state = ANY(:open)) AS deliveries,
           (SELECT count(*) FROM feeds WHERE removed_at IS NULL AND state <> 'gone' AND state <> 'paused'
              AND resumed_at IS NOT NULL
              AND (last_polled_at IS NULL OR last_polled_at < resumed_at)) AS unpolled
""")

# What was unsent when the copy was made, and what stood in the feeds when it was put back, may have been told.
_LOCK_OPEN = text("SELECT id FROM deliveries WHERE state = ANY(:open) ORDER BY id FOR UPDATE")
_DROP = text("""
    UPDATE alerts SET delivery_id = NULL, suppressed = :reason FROM deliveries d
    WHERE d.id = alerts.delivery_id AND d.state = ANY(:open)
      AND (d.kind = 'backlog' OR d.created_at < (SELECT at FROM heartbeats WHERE part = :part))
""")
# What was not told because one of these was going out.
_DROP_TOLD = text("""
    UPDATE alerts SET suppressed = :reason, told_in = NULL FROM deliveries d
    WHERE d.id = alerts.told_in AND alerts.suppressed = 'already_told'
      AND d.state = ANY(:open) AND d.created_at < (SELECT at FROM heartbeats WHERE part = :part)
""")
_DROP_QUESTIONS = text("""
    UPDATE confirmations SET state = 'unknown', reason = :reason
    WHERE state IN ('due', 'sending') AND created_at < (SELECT at FROM heartbeats WHERE part = :part)
""")
_END_EMPTIED = text("""
    UPDATE deliveries SET state = 'suppressed', reason = :reason, ended_at = clock_timestamp(), held_by = NULL
    WHERE state = ANY(:open) AND created_at < (SELECT at FROM heartbeats WHERE part = :part)
      AND NOT EXISTS (SELECT FROM alerts a WHERE a.delivery_id = deliveries.id)
""")
_RELEASE = text("DELETE FROM circuits WHERE reason = :reason")


@dataclass(frozen=True, slots=True)
class Held:
    """What waits for a word: deliveries to so many channels, and feeds that were not polled since."""

    channels: int
    deliveries: int
    unpolled: int


def address(connection: Connection) -> dict[str, str]:
    """How this database is reached, in libpq's words."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    told: dict[str, str] = driver.info.get_parameters()
    ours = ("options", "connect_timeout", "application_name")
    where = {name: value for name, value in told.items() if name not in ours}
    password = driver.info.password
    return where | ({"password": password} if password else {})


def busy(connection: Connection) -> bool:
    """Whether a beat ticks on this database."""
    return bool(connection.execute(_BUSY).scalar()) and bool(connection.execute(_TICKED).scalar())


def holds_something(connection: Connection) -> bool:
    """Whether the database is an installation with something to watch or to tell."""
    return bool(connection.execute(_HOLDS).scalar()) and bool(connection.execute(_ROWS).scalar())


def set_aside(engine: Engine) -> None:
    """Puts what is there out of the way until the backup is in its place."""
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {_BEFORE} CASCADE"))
        connection.execute(text(f"ALTER SCHEMA public RENAME TO {_BEFORE}"))
        connection.execute(text("CREATE SCHEMA public"))


def put_back(engine: Engine) -> None:
    """The backup could not be put in its place: what was there is there again."""
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text(f"ALTER SCHEMA {_BEFORE} RENAME TO public"))


def forget_before(engine: Engine) -> None:
    """The backup stands: what was there before is gone."""
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {_BEFORE} CASCADE"))


def hold_everything(connection: Connection) -> Held:
    """Nothing goes out of this database until `release`."""
    connection.execute(_HOLD, {"reason": REASON})
    connection.execute(_MARK_FEEDS)
    connection.execute(_MARK, {"part": _PART})
    return held(connection)


def held(connection: Connection) -> Held:
    """What waits for a word."""
    return Held(**connection.execute(_HELD, {"open": _OPEN}).mappings().one())


def waits(connection: Connection) -> bool:
    """Whether a restored database waits for somebody's word."""
    open_still = text("SELECT EXISTS (SELECT FROM circuits WHERE reason = :reason)")
    return bool(connection.execute(open_still, {"reason": REASON}).scalar())


def release(connection: Connection, *, drop: bool) -> int:
    """Lets sending go on; with `drop` what may have been told before is suppressed instead, with the reason
    `restored`. Returns how many alerts were."""
    asked = {"reason": REASON, "part": _PART, "open": _OPEN}
    dropped = 0
    if drop:
        hold_planning(connection)
        connection.execute(_LOCK_OPEN, asked)
        dropped = connection.execute(_DROP, asked).rowcount
        for statement in (_DROP_TOLD, _END_EMPTIED, _DROP_QUESTIONS):
            connection.execute(statement, asked)
    connection.execute(_RELEASE, {"reason": REASON})
    return dropped


def since(connection: Connection) -> object:
    """When the database was put back; None where it never was."""
    return connection.execute(select(func.max(heartbeats.c.at)).where(heartbeats.c.part == _PART)).scalar()
