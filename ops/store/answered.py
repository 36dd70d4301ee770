"""What programs asked under a key of their own (Idempotency-Key), and what they were answered.

The key is taken in the transaction of the work itself: a second call with it waits for the first to end, and then finds
its answer. If the work fails, the key is free again. Work that no transaction holds (a test message) takes the key
before, and fills in the answer afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, text, update

from ops.store.schema import api_answers
from worker.store.engine import DatabaseTrouble

_FORGET = text("""
    DELETE FROM api_answers WHERE (caller, key) IN (
        SELECT caller, key FROM api_answers WHERE created_at < statement_timestamp() - interval '24 hours'
        ORDER BY created_at LIMIT 100 FOR UPDATE SKIP LOCKED)
""")

# An answer is kept for a day. Whoever took a key and has not answered within two minutes is dead.
_TAKE = text("""
    INSERT INTO api_answers AS known (caller, key, asked, created_at)
    VALUES (:caller, :key, :asked, clock_timestamp())
    ON CONFLICT (caller, key) DO UPDATE
        SET asked = excluded.asked, status = NULL, answer = NULL, location = NULL, created_at = excluded.created_at
        WHERE known.created_at < clock_timestamp() - interval '24 hours'
           OR known.status IS NULL AND known.created_at < clock_timestamp() - interval '2 minutes'
    RETURNING key
""")

_KNOWN = text("SELECT asked, status, answer, location FROM api_answers WHERE caller = :caller AND key = :key")

_LOCK_TIMEOUT = "55P03"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was given."""

    status: int
    answer: Any
    location: str | None = None


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The key was used for something else."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What was asked first is still being done."""


def take(
    connection: Connection, caller: str, key: str, asked: bytes
) -> Answered | OtherRequest | UnderWay | None:
    """Takes the key for this request; None if it is the first with it. What is asked at the same time with the same
    key is waited for up to five seconds."""
    connection.execute(_FORGET)
    named = {"caller": caller, "key": key}
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    try:
        with connection.begin_nested():
            first = connection.execute(_TAKE, {**named, "asked": asked}).first() is not None
    except DatabaseTrouble as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_TIMEOUT:
            raise
        return UnderWay()
    connection.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    if first:
        return None
    known = connection.execute(_KNOWN, named).one()
    if bytes(known.asked) != asked:
        return OtherRequest()
    return UnderWay() if known.status is None else Answered(known.status, known.answer, known.location)


def keep(connection: Connection, caller: str, key: str, answered: Answered) -> None:
    """What is answered to this key from now on."""
    row = {"status": answered.status, "answer": answered.answer, "location": answered.location}
    here = (api_answers.c.caller == caller) & (api_answers.c.key == key)
    connection.execute(update(api_answers).where(here).values(**row))


def give_back(connection: Connection, caller: str, key: str) -> None:
    """The work came to nothing, and may be asked for again."""
    here = (api_answers.c.caller == caller) & (api_answers.c.key == key)
    connection.execute(delete(api_answers).where(here))
