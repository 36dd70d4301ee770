"""Paragraphs that a site repeats: in how many of its articles each stood.

The print 0 stands for the site itself, and counts its articles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from worker.store.engine import without_fsync

MOST_A_SITE = 2_000
"""Paragraphs remembered of one site: what stood in one article only goes first, then what was seen longest ago."""
ONCE_S, LONG_S = 3 * 86_400.0, 60 * 86_400.0
"""How long a paragraph is remembered that stood in one article only, and one that nobody has seen since."""

MOST_ARTICLES = 400
"""Of a site with more counted articles all counts are halved, so that what it repeats of late is noticed soon."""

_SITE = 0

_COUNTS = text("""
    SELECT print, articles FROM blocks WHERE site = :site AND print = ANY(CAST(:prints AS bigint[]))
""")

# In the order of the prints: two readers of one site that count the same ones wait for each other, never both.
_COUNT_UP = text("""
    INSERT INTO blocks (site, print, last_seen_at)
    SELECT :site, print, :now FROM unnest(CAST(:prints AS bigint[])) AS seen (print) ORDER BY print
    ON CONFLICT (site, print) DO UPDATE SET articles = blocks.articles + 1, last_seen_at = excluded.last_seen_at
""")

_FORGET_UNSEEN = text("""
    DELETE FROM blocks WHERE last_seen_at < CAST(:now AS timestamptz) - make_interval(secs => :long)
""")

_HALVE = text("""
    UPDATE blocks SET articles = articles / 2
    WHERE site = :site AND (SELECT articles FROM blocks WHERE site = :site AND print = 0) > :most
""")

_FORGET_OF_SITE = text("""
    DELETE FROM blocks b USING (
        SELECT print, row_number() OVER (ORDER BY articles <= 1, last_seen_at DESC) AS place
        FROM blocks WHERE site = :site AND print <> 0) AS ranked
    WHERE b.site = :site AND b.print = ranked.print
      AND (ranked.place > :most
           OR articles <= 1 AND last_seen_at < CAST(:now AS timestamptz) - make_interval(secs => :once))
""")


@dataclass(frozen=True, slots=True)
class Repeats:
    """In how many different articles of a site paragraphs stood (`counts`; unknown ones are left out), and in how many
    articles of it was looked."""

    articles: int
    counts: Mapping[int, int]


def repeats_of(connection: Connection, site: str, prints: Collection[int]) -> Repeats:
    """What is known of these paragraphs of a site."""
    rows = connection.execute(_COUNTS, {"site": site, "prints": [_SITE, *prints]})
    counts = {row.print: row.articles for row in rows}
    return Repeats(counts.pop(_SITE, 0), counts)


def count_up(connection: Connection, site: str, prints: Collection[int], now: datetime) -> None:
    """One more article of the site held these paragraphs. Readers of the same site wait for one another from here to
    the end of the transaction."""
    seen = [_SITE, *dict.fromkeys(prints)]
    connection.execute(_COUNT_UP, {"site": site, "prints": seen, "now": now})


def forget_old(connection: Connection, site: str, now: datetime) -> None:
    """Drops what no site repeats any more, and of this one what is least telling."""
    without_fsync(connection)
    connection.execute(_FORGET_UNSEEN, {"now": now, "long": LONG_S})
    connection.execute(_HALVE, {"site": site, "most": MOST_ARTICLES})
    connection.execute(_FORGET_OF_SITE, {"site": site, "now": now, "once": ONCE_S, "most": MOST_A_SITE})
