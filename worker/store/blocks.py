"""Paragraphs that a site repeats: how many of its articles each stood in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from worker.store.engine import without_fsync

MOST_A_SITE = 2_000
"""Paragraphs remembered of one site: what stood in one article only goes first, then what was seen longest ago."""
ONCE_S, LONG_S = 3 * 86_400.0, 60 * 86_400.0
"""How long a paragraph is remembered that stood in one article only, and one that nobody has seen since."""

_COUNTS = text("""
    SELECT print, articles FROM blocks WHERE site = :site AND print = ANY(CAST(:prints AS bytea[]))
""")

# In the order of the prints: two readers of one site that count the same ones wait for each other, never both.
_COUNT_UP = text("""
    INSERT INTO blocks (site, print, last_seen_at)
    SELECT :site, print, :now FROM unnest(CAST(:prints AS bytea[])) AS seen (print) ORDER BY print
    ON CONFLICT (site, print) DO UPDATE SET articles = blocks.articles + 1, last_seen_at = excluded.last_seen_at
""")

_FORGET_UNSEEN = text("""
    DELETE FROM blocks WHERE last_seen_at < CAST(:now AS timestamptz) - make_interval(secs => :long)
""")

_FORGET_OF_SITE = text("""
    DELETE FROM blocks b USING (
        SELECT print, row_number() OVER (ORDER BY articles = 1, last_seen_at DESC) AS place
        FROM blocks WHERE site = :site) AS ranked
    WHERE b.site = :site AND b.print = ranked.print
      AND (ranked.place > :most
           OR articles = 1 AND last_seen_at < CAST(:now AS timestamptz) - make_interval(secs => :once))
""")


def counts_of(connection: Connection, site: str, prints: Collection[bytes]) -> dict[bytes, int]:
    """In how many different articles of the site each of these paragraphs stood; unknown ones are left out."""
    if not prints:
        return {}
    rows = connection.execute(_COUNTS, {"site": site, "prints": list(prints)})
    return {bytes(row.print): row.articles for row in rows}


def count_up(connection: Connection, site: str, prints: Sequence[bytes], now: datetime) -> None:
    """One more article of the site held these paragraphs."""
    if prints:
        without_fsync(connection)
        connection.execute(_COUNT_UP, {"site": site, "prints": list(dict.fromkeys(prints)), "now": now})


def forget_old(connection: Connection, site: str, now: datetime) -> None:
    """Drops what no site repeats any more, and of this one what is least telling."""
    without_fsync(connection)
    connection.execute(_FORGET_UNSEEN, {"now": now, "long": LONG_S})
    connection.execute(_FORGET_OF_SITE, {"site": site, "now": now, "once": ONCE_S, "most": MOST_A_SITE})
