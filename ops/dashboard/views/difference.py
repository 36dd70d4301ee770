"""PURE. What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "added", "removed"]
Piece = tuple[str, Kind]

_TOKEN = re.compile(r"\s+|[()]|[^\s()]+")
_MOST = 1500
"""Comparing takes the product of both lengths at the worst."""


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """The later text in pieces, with what was taken out at its place."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) > _MOST or len(new) > _MOST:
        return tuple(_whole(before, after))
    return tuple(_joined(_pieces(old, new)))


def _whole(before: str, after: str) -> Iterator[Piece]:
    if before == after:
        yield after, "same"
    else:
        yield before, "removed"
        yield f"\n{after}", "added"


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield "".join(new[c:d]), "same"
            continue
        yield "".join(old[a:b]), "removed"
        yield "".join(new[c:d]), "added"


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Without the empty ones; what was taken out is parted from what came in its place."""
    last: Kind = "same"
    for piece, kind in pieces:
        if piece:
            yield (
                f" {piece}" if (last, kind) == ("removed", "added") and not piece[0].isspace() else piece,
                kind,
            )
            last = kind
