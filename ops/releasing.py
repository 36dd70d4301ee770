"""The word that lets sending go on after a backup was restored: the rules of the command and the page."""

from __future__ import annotations

from dataclasses import dataclass

from ops.store import audit_log, restored
from worker.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Released:
    """Sending goes on; so many alerts are suppressed, because they may have been told."""

    dropped: int


@dataclass(frozen=True, slots=True)
class TooEarly:
    """So many feeds were not polled since the restore, and what they bring may have been told as well."""

    unpolled: int


@dataclass(frozen=True, slots=True)
class NothingWaits:
    """This database was not restored, or was released."""


def release(connection: Connection, *, drop: bool, now: bool, who: str) -> Released | TooEarly | NothingWaits:
    """Lets sending go on. With `drop` what may have been told is not told again; with `now` nobody waits for feeds
    that were not polled since."""
    if not restored.waits(connection):
        return NothingWaits()
    held = restored.held(connection)
    if held.unpolled and not now:
        return TooEarly(held.unpolled)
    dropped = restored.release(connection, drop=drop)
    after = {"what may have been told": "dropped" if drop else "sent", "alerts dropped": dropped}
    audit_log.note(connection, who, "released", "restore", "every channel", None, after)
    return Released(dropped)
