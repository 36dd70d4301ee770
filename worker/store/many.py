"""Changing many rows in one statement: a round trip, a plan and a commit for a batch instead of for each row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Column, Connection, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def update_many(
    connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> set[Any]:
    """Gives each row, found by its values of `key`, its other values; all rows name the same columns. Returns the
    first key's values of those that were found."""
    if not rows:
        return set()
    columns = tuple(rows[0])
    values = {name: [_as_sent(table.c[name], row[name]) for row in rows] for name in columns}
    found = connection.exec_driver_sql(_statement(table, tuple(key), columns), values)
    return {row[0] for row in found}


@cache
def _statement(table: Table, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """An array per column goes in; rows come of it by `unnest`."""
    arrays = ", ".join(f"%({name})s::{_sent_type(table.c[name])}[]" for name in columns)
    changed = ", ".join(
        f"{name} = given.{name}::{_type(table.c[name])}" for name in columns if name not in key
    )
    same = " AND ".join(f"{table.name}.{name} = given.{name}" for name in key)
    return (
        f"UPDATE {table.name} SET {changed} "  # noqa: S608  the names are our own columns
        f"FROM unnest({arrays}) AS given ({', '.join(columns)}) WHERE {same} RETURNING {table.name}.{key[0]}"
    )


def _type(column: Column[Any]) -> str:
    return str(column.type.compile(dialect=_DIALECT))


def _sent_type(column: Column[Any]) -> str:
    """How a value travels: an array inside of an array would be flattened by `unnest`, so it goes as text."""
    return "text" if isinstance(column.type, ARRAY | JSONB) else _type(column)


def _as_sent(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, JSONB):
        return json.dumps(value)
    if isinstance(column.type, ARRAY):  # of moments, which need no quotes in an array's text
        return f"{{{','.join(each.isoformat() for each in value)}}}"
    return value
