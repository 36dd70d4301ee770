"""What a database holds, table by table: two that are copies of each other answer alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

_PATIENTLY = text("SET LOCAL statement_timeout = '1h'")
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
_SEQUENCES = text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")


@dataclass(frozen=True, slots=True)
class Counted:
    """The rows of each table, and how far each sequence has come (None: it has not begun)."""

    rows: Mapping[str, int]
    sequences: Mapping[str, int | None]

    @property
    def all_rows(self) -> int:
        """The rows of all tables together."""
        return sum(self.rows.values())

    def differing(self, other: Counted) -> list[str]:
        """The tables and sequences that the two do not have alike."""
        ours, theirs = ({**each.rows, **each.sequences} for each in (self, other))
        missing = object()
        return sorted(name for name in ours | theirs if ours.get(name, missing) != theirs.get(name, missing))


def patiently(connection: Connection) -> None:
    """Lets statements of this transaction take an hour: those of a command that goes through a large database while
    somebody waits, and keeps no lock that others want."""
    connection.execute(_PATIENTLY)


def counted(connection: Connection) -> Counted:
    """Counts every row; of a large database that takes minutes."""
    patiently(connection)
    quote = connection.dialect.identifier_preparer.quote
    tables = connection.execute(_TABLES).scalars().all()
    return Counted(
        {
            name: int(connection.execute(text(f"SELECT count(*) FROM public.{quote(name)}")).scalar_one())  # noqa: S608
            for name in tables
        },
        {row.sequencename: row.last_value for row in connection.execute(_SEQUENCES)},
    )
