"""What is remarkable about feeds although they answer: silence, entries that may be missing, hubs that tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, text

Row = Mapping[str, Any]

# A gap is told of for a day; one that turned out to be none is not.
_GAPS = text("""
    SELECT DISTINCT ON (feed_id) feed_id, since, until, at_most, state, recovered, how, reason
    FROM gaps WHERE feed_id = ANY(:feeds) AND until > statement_timestamp() - interval '24 hours'
      AND (state <> 'filled' OR recovered > 0)
    ORDER BY feed_id, state <> 'unfillable', until DESC
""")

_SILENCES = text("""
    SELECT feed_id, silent_since AS since, missing, told_at FROM habits
    WHERE feed_id = ANY(:feeds) AND silent_since IS NOT NULL
""")

_HUBS = text("""
    SELECT feed_id, hub, state, live_until, pinged_at, reason FROM websub WHERE feed_id = ANY(:feeds)
""")

_SUM = text("""
    WITH lasting AS (
        SELECT g.feed_id, greatest(sum(g.at_most - g.recovered), 1) AS missed
        FROM gaps g JOIN feeds f ON f.id = g.feed_id
        WHERE g.state = 'unfillable' AND g.until > statement_timestamp() - interval '24 hours'
          AND f.removed_at IS NULL
        GROUP BY g.feed_id)
    SELECT (SELECT count(*) FROM habits h JOIN feeds f ON f.id = h.feed_id
             WHERE h.silent_since IS NOT NULL AND f.removed_at IS NULL) AS silent,
           (SELECT count(*) FROM lasting) AS gapped,
           (SELECT coalesce(sum(missed), 0)::int FROM lasting) AS missed,
           (SELECT coalesce(sum(recovered), 0)::int FROM gaps
             WHERE until > statement_timestamp() - interval '24 hours') AS recovered,
           (SELECT count(*) FROM websub w JOIN feeds f ON f.id = w.feed_id
             WHERE w.live_until > statement_timestamp() AND f.removed_at IS NULL) AS pushed
""")


def of_feeds(connection: Connection, feeds: Collection[int]) -> dict[int, dict[str, Row]]:
    """What there is to say of each of these feeds: its `gap` of the last day, its `silence`, its `websub`."""
    found: dict[int, dict[str, Row]] = {feed: {} for feed in feeds}
    for name, query in (("gap", _GAPS), ("silence", _SILENCES), ("websub", _HUBS)):
        for row in connection.execute(query, {"feeds": list(feeds)}).mappings():
            found[row["feed_id"]][name] = {key: value for key, value in row.items() if key != "feed_id"}
    return found


def in_all(connection: Connection) -> dict[str, int]:
    """How many feeds are `silent`, how many are `gapped` for good since yesterday, how many entries are `missed`
    at most, how many were `recovered`, and how many feeds are `pushed` by hubs."""
    return dict(connection.execute(_SUM).mappings().one())
