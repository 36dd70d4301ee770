"""The audit log as rows: who changed what, before and after. Nothing in it is ever changed or taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, insert, select, text

from ops.store.schema import audit_log

COMMAND_LINE = "command line"


def note(
    connection: Connection,
    who: str,
    what: str,
    kind: str,
    name: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Writes down, in the transaction of the change itself, what somebody did. `what` is a verb in the past ("changed",
    "added", "removed", "paused", "retried"), `kind` the word for the thing ("topic"). Secrets must not stand in it."""
    row = {"who": who, "what": what, "kind": kind, "name": name, "before": before, "after": after}
    connection.execute(insert(audit_log).values(row))


def noted(
    connection: Connection,
    *,
    limit: int,
    before_id: int | None = None,
    kind: str | None = None,
    name: str | None = None,
    who: str | None = None,
) -> Sequence[dict[str, Any]]:
    """The newest notes first; those older than `before_id` for the next page."""
    wanted = [
        audit_log.c.id < before_id if before_id is not None else None,
        audit_log.c.kind == kind if kind else None,
        audit_log.c.name == name if name else None,
        audit_log.c.kind.in_(kinds(connection)) if name and not kind else None,  # names are indexed by kind
        audit_log.c.who == who if who else None,
    ]
    chosen = select(audit_log).where(and_(True, *(each for each in wanted if each is not None)))
    rows = connection.execute(chosen.order_by(audit_log.c.id.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]


# Walks from kind to kind through the index, however many notes there are of each.
_KINDS = text("""
    WITH RECURSIVE kinds AS (
        SELECT min(kind) AS kind FROM audit_log
        UNION ALL
        SELECT (SELECT min(l.kind) FROM audit_log l WHERE l.kind > kinds.kind) FROM kinds WHERE kinds.kind IS NOT NULL)
    SELECT kind FROM kinds WHERE kind IS NOT NULL
""")


def kinds(connection: Connection) -> Sequence[str]:
    """The kinds of things that were changed so far."""
    return list(connection.execute(_KINDS).scalars())


def note_many(connection: Connection, who: str, notes: Sequence[Mapping[str, Any]]) -> None:
    """The same as `note`, for many things at once; each with what, kind, name, and before and after where they are
    known."""
    if notes:
        rows = [{"who": who, "before": None, "after": None, **each} for each in notes]
        connection.execute(insert(audit_log), rows)
