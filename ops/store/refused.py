"""Messages that a receiver refused in their form: what we compose is ours to get right, so each is a fault of ours."""

from __future__ import annotations

from sqlalchemy import Connection, text

_REFUSED = text("""
    SELECT c.kind, a.reason, count(*), max(a.delivery_id)
    FROM attempts a JOIN deliveries d ON d.id = a.delivery_id JOIN channels c ON c.id = d.channel_id
    WHERE a.verdict = 'simpler' AND a.started_at > now() - make_interval(secs => :seconds)
    GROUP BY c.kind, a.reason ORDER BY c.kind, a.reason
""")


def forms_refused_of_last(connection: Connection, seconds: float) -> list[tuple[str, str, int, int]]:
    """The kinds of channel whose receivers refused a form in the last seconds: kind, their word, how many
    messages, and the latest delivery of them."""
    rows = connection.execute(_REFUSED, {"seconds": seconds})
    return [(row[0], row[1] or "", row[2], row[3]) for row in rows]
