"""How many feeds that answered lately fail, and what most of them have in common."""

from __future__ import annotations

from sqlalchemy import Connection, text

from ops.fallen import LATELY, Fallen, unusual

# One walk over the feeds that a table of some thousand has, only where so many fail that it may matter.
_COUNTED = text("""
    SELECT count(*) FILTER (WHERE state = 'failing') AS n, count(*) AS of,
           max(last_ok_at) FILTER (WHERE state = 'failing') AS since
    FROM feeds
    WHERE removed_at IS NULL AND state <> 'paused' AND last_ok_at > statement_timestamp() - CAST(:lately AS interval)
""")

_FAILING = """
    FROM feeds WHERE removed_at IS NULL AND state = 'failing'
      AND last_ok_at > statement_timestamp() - CAST(:lately AS interval)
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1
"""
_REASON = text("SELECT split_part(coalesce(last_error, ''), ':', 1) AS what, count(*) AS n" + _FAILING)
# whoever hosts many sites has them below one domain, as far as two names tell
_HOST = text(
    r"SELECT coalesce(substring(split_part(site, ':', 1) FROM '[^.]+\.[^.]+$'), site, '') AS what, count(*) AS n"  # noqa: S608
    + _FAILING
)


def fallen(connection: Connection) -> Fallen | None:
    """What there is to say of feeds that fail in numbers; None where no more fail than usually do."""
    asked = {"lately": LATELY}
    counted = connection.execute(_COUNTED, asked).one()
    if not unusual(counted.n, counted.of):
        return None
    reason, host = (connection.execute(query, asked).one() for query in (_REASON, _HOST))
    return Fallen(counted.n, counted.of, counted.since, reason.what, reason.n, host.what, host.n)
