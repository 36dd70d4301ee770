"""PostgreSQL percolating: each topic a row with a `tsquery`, each article a `tsvector` asked of all rows."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from benchmarks.matching.measure import Pass
from benchmarks.matching.workload import Workload
from ops.servers import bundled
from worker.match import parse_query
from worker.match.nodes import And, Filter, Named, Near, Node, Not, Or, Phrase, Scoped, Word
from worker.model import Article, Topic

_ASK = """
    WITH article AS MATERIALIZED (
        SELECT setweight(to_tsvector('simple', %s), 'A') || setweight(to_tsvector('simple', %s), 'B') AS words
    )
    SELECT topic FROM topics, article WHERE article.words @@ topics.query
"""


_Row = tuple[int, str]


class Beyond(Exception):
    """What a tsquery cannot say; the message names it."""


class Percolating:
    """The bundled server with its own settings, on a directory that is thrown away, asked by one client."""

    def __init__(self) -> None:
        self._beyond: Counter[str] = Counter()
        self._megabytes = 0.0
        self._open = ExitStack()
        place = Path(tempfile.mkdtemp(prefix="pantau-benchmark-"))
        place.chmod(0o711)  # as root, the servers run as another account
        self._open.callback(shutil.rmtree, place, ignore_errors=True)
        urls = self._open.enter_context(bundled(place / "data", log=lambda _name, _line: None, forget=True))
        address = make_url(urls.database).set(drivername="postgresql").render_as_string(hide_password=False)
        self._server = self._open.enter_context(psycopg.connect(address, autocommit=True))
        # One core for everybody.
        self._server.execute("SET max_parallel_workers_per_gather = 0")
        self._server.execute("CREATE TABLE topics (topic int, query tsquery)")

    def learn(self, recent: Sequence[Article]) -> None:
        """Of no use here."""

    def translated(self, topics: Sequence[Topic]) -> list[_Row]:
        """The id and query of those topics that a tsquery can express."""
        rows: list[_Row] = []
        for topic in topics:
            try:
                rows.append((topic.id, tsquery(parse_query(topic.query))))
            except Beyond as missing:
                self._beyond[str(missing)] += 1
        return rows

    def add(self, topics: Sequence[_Row]) -> None:
        """Write them into the table."""
        with self._server.cursor() as cursor:
            cursor.executemany("INSERT INTO topics VALUES (%s, to_tsquery('simple', %s))", topics)

    def ready(self) -> None:
        """Let the planner know the table."""
        self._server.execute("VACUUM ANALYZE topics")
        row = self._server.execute("SELECT pg_total_relation_size('topics')").fetchone()
        self._megabytes = row[0] / 1e6 if row else 0.0

    def match(self, article: Article) -> int:
        """The number of topics found."""
        return len(self.found(article))

    def found(self, article: Article) -> list[int]:
        """The topics found."""
        return [topic for (topic,) in self._server.execute(_ASK, (article.title, article.body))]

    def more(self, workload: Workload, first: Pass) -> dict[str, Any]:
        """What it cannot do, and how much of what Pantau found it finds too: it knows no particles, folds no
        accents, and its words end elsewhere."""
        remarks = [f"{count:,} topics left out: {what}" for what, count in self._beyond.most_common()]
        ours = theirs = both = 0
        for article, matches in zip(
            workload.articles()[: len(first.wall_us)], workload.found(), strict=False
        ):
            mine, yours = set(map(int, matches)), set(self.found(article))
            ours, theirs, both = ours + len(mine), theirs + len(yours), both + len(mine & yours)
        if ours:
            remarks.append(f"finds {both:,} of Pantau's {ours:,} matches, and {theirs - both:,} others")
        remarks.append("memory: size of the table; processor: not known, it works in the server")
        times = {name: figure for name, figure in first.as_json().items() if not name.startswith("cpu")}
        return {"first": times, "memory_mb": self._megabytes, "remarks": remarks}

    def close(self) -> None:
        """Stop the server and remove its files."""
        self._open.close()


def tsquery(query: Node, weight: str = "") -> str:
    """The query for `to_tsquery`; `weight` is A in titles, B in bodies, nothing in both. Raises Beyond."""
    match query:
        case Word(text, prefix):
            return _lexeme(text, weight + ("*" if prefix else ""))
        case Phrase(words, 0) if not any(word.prefix for word in words):
            return _lexeme(" ".join(word.text for word in words), weight)
        case And(parts):
            return " & ".join(f"({tsquery(part, weight)})" for part in parts)
        case Or(parts):
            return " | ".join(f"({tsquery(part, weight)})" for part in parts)
        case Not(inner):
            return f"!({tsquery(inner, weight)})"
        case Scoped(field, inner):
            return tsquery(inner, "A" if field == "title" else "B")
        case Near():
            raise Beyond("NEAR")
        case Named():
            raise Beyond("entities")
        case Filter():
            raise Beyond("filters")
        case _:
            raise Beyond(type(query).__name__)


def _lexeme(text: str, marks: str) -> str:
    quoted = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':{marks}" if marks else f"'{quoted}'"
