"""PURE. The numbers of rows, as people and programs write them."""

from __future__ import annotations

DIGITS = 18
"""What PostgreSQL's bigint surely holds."""


def number_in(written: str | None) -> int | None:
    """A row's number as somebody wrote it; None for what can be none."""
    plain = written is not None and written.isascii() and written.isdecimal() and len(written) <= DIGITS
    return int(written) if plain and written is not None else None
