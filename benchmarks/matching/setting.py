"""What one measurement is made with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Setting:
    """The same setting makes the same articles and topics."""

    seed: int = 7
    articles: int = 1_000
    entities: bool = False
    data: Path | None = None
    """Where real pages are, to be mixed in."""
