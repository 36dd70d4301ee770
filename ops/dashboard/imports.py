"""Lists of feeds that are being taken over: how far each is, and what became of its lines.

They are kept by the process that took the file, the last few of them and for an hour: what lasts is in the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ops.importing import Imported
from ops.watchlist import DeclaredFeed

KEPT = 16
LASTS_S = 3600.0


@dataclass(slots=True)
class Import:
    """One list. `result` is there when all is stored; `wrong` says why nothing was."""

    id: str
    file: str
    began: float
    total: int = 0
    stored: int = 0
    result: Imported | None = None
    wrong: str = ""

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.result is not None or bool(self.wrong)

    def follow(self, found: Sequence[DeclaredFeed]) -> Iterator[DeclaredFeed]:
        """Counts the feeds as they are stored."""
        self.total = len(found)
        for feed in found:
            yield feed
            self.stored += 1


@dataclass(slots=True)
class Imports:
    """The imports that this process remembers."""

    _by_id: dict[str, Import] = field(default_factory=dict)

    def begin(self, file: str, now: float) -> Import | None:
        """A new one; None where as many as are kept are under way."""
        for old in [each for each in self._by_id.values() if each.over and now - each.began > LASTS_S]:
            del self._by_id[old.id]
        if len(self._by_id) >= KEPT:
            done = next((each for each in self._by_id.values() if each.over), None)
            if done is None:
                return None
            del self._by_id[done.id]
        begun = Import(secrets.token_urlsafe(12), file, now)
        self._by_id[begun.id] = begun
        return begun

    def get(self, identity: str) -> Import | None:
        """The import of this address."""
        return self._by_id.get(identity)
