"""The last look at what is due, just before it is claimed: silences, pauses and snoozes that came after the planning.

It is taken before the claim and not after it: what is being sent counts as told for the planners, and an article that
left such a message would be lost for whoever comes to want it meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from alerts.model import ChannelId, SilenceId
from alerts.silences import Silence, silencing
from alerts.store import keeping, planning, silences
from alerts.store.alone import plan_alone
from worker.model import MatchId

# What one of them may cover; whether a source answers to its name is for `silencing` to say.
_SILENCED = text("""
    SELECT a.id, a.match_id, a.channel_id
    FROM deliveries d
    JOIN alerts a ON a.delivery_id = d.id
    JOIN matches m ON m.id = a.match_id
    JOIN articles r ON r.id = m.article_id
    WHERE d.state IN ('collecting', 'ready', 'waiting') AND d.due_at <= clock_timestamp() AND d.unsure = 0
      AND EXISTS (SELECT FROM silences s
                  WHERE s.id = ANY(:holding) AND coalesce(s.channel_id, a.channel_id) = a.channel_id
                    AND (s.topic_id = m.topic_id OR s.story_id = r.story_id
                         OR s.scope IN ('source', 'channel', 'everything')))
    ORDER BY a.id
""")

_SUPPRESS = text("""
    UPDATE alerts SET delivery_id = NULL, suppressed = 'silenced', silence_id = :silence WHERE id = ANY(:alerts)
""")

# Articles that nobody hears of through it any more leave a message, and one without articles is over.
_LEAVE = text("""
    DELETE FROM delivery_articles da USING deliveries d
    WHERE d.id = da.delivery_id AND d.state IN ('collecting', 'ready', 'waiting') AND d.due_at <= clock_timestamp()
      AND NOT EXISTS (SELECT FROM alerts a JOIN matches m ON m.id = a.match_id
                      WHERE a.delivery_id = d.id AND m.article_id = da.article_id)
""")

_END = text("""
    UPDATE deliveries SET state = 'suppressed', reason = :reason, ended_at = clock_timestamp(), held_by = NULL
    WHERE state IN ('collecting', 'ready', 'waiting') AND due_at <= clock_timestamp()
      AND kind NOT IN ('update', 'notice')
      AND NOT EXISTS (SELECT FROM delivery_articles da WHERE da.delivery_id = deliveries.id)
""")


def take(connection: Connection, now: datetime) -> None:
    """Suppresses what is due and silenced, and keeps what is due to those who are away; the rest goes on. Waits for
    planners only where there is something to do."""
    holding = silences.in_force(connection, now)
    if not _silenced(connection, holding, now) and not keeping.has_to_keep(connection, now):
        return
    plan_alone(connection)
    silenced = _silenced(connection, holding, now)
    for silence, found in silenced.items():
        connection.execute(_SUPPRESS, {"silence": silence, "alerts": found})
    if silenced:
        _end_empty(connection, "silenced")
    if keeping.keep_due(connection, now):
        _end_empty(connection, "emptied")


def _silenced(
    connection: Connection, holding: Sequence[Silence], now: datetime
) -> dict[SilenceId, list[int]]:
    """The alerts of what is due that a silence keeps, by that silence."""
    found: defaultdict[SilenceId, list[int]] = defaultdict(list)
    if not holding:
        return found
    rows = connection.execute(_SILENCED, {"holding": [silence.id for silence in holding]}).all()
    news = {
        item.match: item for item in planning.news_of(connection, {MatchId(row.match_id) for row in rows})
    }
    for row in rows:
        silence = silencing(holding, news[MatchId(row.match_id)], ChannelId(row.channel_id), now)
        if silence is not None:
            found[silence.id].append(row.id)
    return found


def _end_empty(connection: Connection, reason: str) -> None:
    connection.execute(_LEAVE)
    connection.execute(_END, {"reason": reason})
