"""The entities that a query may name, kept in the web process until something changes.

Where users have entities of their own, making the catalogue anew for each letter that somebody types, and looking
for the name that was probably meant in a fresh one, would take seconds.
"""

from __future__ import annotations

from threading import Thread

from worker.match.entities import Catalogue
from worker.store.engine import Connection
from worker.store.topics import catalogue, last_change


class Knowing:
    """The catalogue of this moment, read again only after a change of topics or entities."""

    def __init__(self) -> None:
        self._known: tuple[int, Catalogue] | None = None

    def now(self, connection: Connection) -> Catalogue:
        """Every entity that a query may name now."""
        number = last_change(connection)
        known = self._known
        if known is None or known[0] != number:
            known = self._known = number, catalogue(connection)
            # what an unknown name may mean takes seconds to find the first time: not while somebody waits for it
            Thread(target=known[1].nearest, args=("nobody",), daemon=True).start()
        return known[1]
