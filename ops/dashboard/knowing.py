"""The entities that a query may name, kept in the web process until something changes.

Where users have entities of their own, making the catalogue anew for each letter that somebody types, and looking
for the name that was probably meant in a fresh one, would take seconds.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Thread

from worker.errors import Unavailable
from worker.match.closely import Closely
from worker.match.entities import Catalogue
from worker.match.sieve import Sieve
from worker.model import Article
from worker.store.engine import Connection, Engine, reaching_database
from worker.store.topics import catalogue, last_change

_QUERY = ("pantau",)


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

    def learn(self, engine: Engine) -> None:
        """Learns what the first trial of a query would have to wait for, a second and a half. A silent database is no
        fault here; whoever asks next will be told."""
        with suppress(Unavailable):
            with reaching_database(), engine.connect() as connection:
                known = self.now(connection)
            Sieve(_QUERY, known).through((b"",))
            Closely(_QUERY, known).read(Article(title="", body="pantau " * 100, language=None))
