"""The proof, from the database alone: every alert is in exactly one state, and none was accepted twice.

One statement, and so one snapshot, accounts for every match x subscription x channel: for each alert there is (first
messages, follow-ups, roll-ups, digests, what quiet hours or a pause keep, what was silenced or unsubscribed), and for
each that there should be. Updates and notices carry no alerts; an alert that hangs on one is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import Connection, text

Row = Mapping[str, Any]
Listed = Literal["lost", "doubled", "failed", "in_doubt", "held", "waiting", "expired", "suppressed", "sent"]
LISTS: tuple[str, ...] = get_args(Listed)

FAULTS = {
    "never_decided": "its match was planned, and nothing was decided for them",
    "no_reason": "it was suppressed without a reason",
    "told_nowhere": "it was suppressed as told already, and no message that the channel may have has the article",
    "elsewhere": "its delivery goes to another channel",
    "carries_none": "its delivery is an update or a notice, which tells of no alert",
    "emptied": "its delivery ended as empty, and it was in there",
    "came_after": "it joined its delivery after that had gone out",
    "no_state": "its delivery is in no state that Pantau knows",
}
"""What can be wrong with an alert, so that it is in no state."""


@dataclass(frozen=True, slots=True)
class Audit:
    """How the alerts ended. `alerts` is the sum of the states; `lost` are alerts in no state (FAULTS), among them
    those that a planned match never became; `doubled` are alerts that their receiver accepted twice. A copy sent
    because an answer was lost counts as a possible repeat. `suppressed_because` counts the reasons."""

    alerts: int
    sent: int
    suppressed: int
    expired: int
    waiting: int
    held: int
    failed: int
    in_doubt: int
    possible_repeats: int
    lost: int
    doubled: int
    suppressed_because: Mapping[str, int] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether the promise holds: nothing lost, nothing doubled."""
        return self.lost == 0 and self.doubled == 0


# `attempts.started_at` and `alerts.created_at` are both the database's own clock, so that no machine's is trusted.
# A planner's alerts bear the time at which its transaction began, which is before any attempt it can have met.
# What can be decided about is put together first: a topic, who subscribes to it, where, and since when. Doubled is
# looked for where it can be: the unique slot leaves a second message of an article only where one gave its slot back.
_ACCOUNTS = """
    WITH accepted AS (
        SELECT delivery_id, count(*) AS times, max(started_at) AS last_at
        FROM attempts WHERE verdict = 'sent' GROUP BY delivery_id
    ), suspects AS (
        SELECT da.channel_id, da.article_id FROM delivery_articles da JOIN deliveries d ON d.id = da.delivery_id
        WHERE NOT da.taken AND d.state = 'sent'
        UNION
        SELECT da.channel_id, da.article_id FROM accepted JOIN delivery_articles da USING (delivery_id)
        WHERE accepted.times > 1
    ), accepted_twice AS (
        SELECT suspects.channel_id, suspects.article_id
        FROM suspects JOIN delivery_articles da USING (channel_id, article_id)
        JOIN deliveries d ON d.id = da.delivery_id AND d.state = 'sent' AND d.kind NOT IN ('update', 'notice')
        LEFT JOIN accepted ON accepted.delivery_id = d.id
        GROUP BY suspects.channel_id, suspects.article_id HAVING sum(coalesce(accepted.times, 1)) > 1
    ), twice AS (
        SELECT m.id AS match_id, accepted_twice.channel_id FROM accepted_twice JOIN matches m USING (article_id)
    ), told_nowhere AS (
        SELECT a.id FROM alerts a JOIN matches m ON m.id = a.match_id
        WHERE a.suppressed = 'already_told' AND NOT EXISTS (
            SELECT FROM delivery_articles da JOIN deliveries d ON d.id = da.delivery_id
            WHERE da.article_id = m.article_id AND da.channel_id = a.channel_id AND d.channel_id = a.channel_id
              AND d.state IN ('sending', 'sent', 'unknown') AND d.kind NOT IN ('update', 'notice'))
    ), decided AS (
        SELECT a.match_id, a.subscription_id, a.channel_id, a.delivery_id,
               coalesce(a.suppressed, d.reason, a.reason) AS reason,
               CASE WHEN a.suppressed IS NOT NULL THEN 'suppressed' ELSE d.state END AS stands,
               CASE
                 WHEN a.suppressed = '' THEN 'no_reason'
                 WHEN told_nowhere.id IS NOT NULL THEN 'told_nowhere'
                 WHEN a.suppressed IS NOT NULL THEN NULL
                 WHEN d.channel_id <> a.channel_id THEN 'elsewhere'
                 WHEN d.kind IN ('update', 'notice') THEN 'carries_none'
                 WHEN d.state = 'suppressed' AND d.reason = 'emptied' THEN 'emptied'
                 WHEN d.state = 'sent' AND a.created_at > d.last_at THEN 'came_after'
                 WHEN d.state NOT IN ('collecting', 'ready', 'waiting', 'sending', 'held', 'unknown', 'sent', 'failed',
                                      'expired', 'suppressed') THEN 'no_state'
               END AS fault
        FROM alerts a
        LEFT JOIN (SELECT deliveries.id, channel_id, kind, state, reason, last_at
                   FROM deliveries LEFT JOIN accepted ON accepted.delivery_id = deliveries.id) AS d
               ON d.id = a.delivery_id
        LEFT JOIN told_nowhere ON told_nowhere.id = a.id
    ), heard AS MATERIALIZED (
        SELECT t.id AS topic_id, s.id AS subscription_id, c.id AS channel_id,
               greatest(s.created_at, s.changed_at, c.created_at) AS since
        FROM topics t
        JOIN subscriptions s ON s.topics && (t.name || ARRAY(SELECT 'tag:' || g FROM unnest(t.tags) g))
        JOIN channels c ON c.name = ANY(s.channels)
        WHERE t.removed_at IS NULL AND s.removed_at IS NULL AND c.removed_at IS NULL
    ), missing AS (
        SELECT m.id AS match_id, m.article_id, heard.*
        FROM matches m JOIN heard USING (topic_id)
        LEFT JOIN alerts a ON a.match_id = m.id AND a.subscription_id = heard.subscription_id
                          AND a.channel_id = heard.channel_id
        WHERE m.state = 'planned' AND a.id IS NULL OFFSET 0
    ), undecided AS (
        SELECT match_id, subscription_id, channel_id, NULL::bigint AS delivery_id, NULL::text AS reason,
               NULL::text AS stands, 'never_decided' AS fault
        FROM missing JOIN articles r ON r.id = missing.article_id AND r.read_at >= missing.since
    ), account AS (
        SELECT each.*, twice.match_id IS NOT NULL AND each.delivery_id IS NOT NULL AS doubled,
               CASE WHEN fault IS NOT NULL THEN 'lost'
                    WHEN stands IN ('collecting', 'ready', 'waiting', 'sending') THEN 'waiting'
                    WHEN stands = 'unknown' THEN 'in_doubt'
                    ELSE stands END AS state
        FROM (SELECT * FROM decided UNION ALL SELECT * FROM undecided) AS each
        LEFT JOIN twice ON twice.match_id = each.match_id AND twice.channel_id = each.channel_id
    )
"""

_COUNTS = text(  # every word of both is ours
    _ACCOUNTS  # noqa: S608
    + """
    SELECT state, CASE WHEN state = 'suppressed' THEN reason END AS reason, count(*) AS n,
           count(*) FILTER (WHERE doubled) AS doubled,
           (SELECT count(*) FROM deliveries
             WHERE possible_repeat AND state = 'sent' AND kind NOT IN ('update', 'notice')) AS repeats
    FROM account GROUP BY 1, 2
    UNION ALL
    SELECT NULL, NULL, 0, 0, (SELECT count(*) FROM deliveries
             WHERE possible_repeat AND state = 'sent' AND kind NOT IN ('update', 'notice'))
    """
)

_LIST = text(
    _ACCOUNTS  # noqa: S608
    + """
    SELECT account.state, account.doubled, account.fault, account.reason, account.delivery_id AS delivery,
           t.name AS topic, s.name AS subscription, c.name AS channel, r.title, r.url, r.source, r.read_at,
           account.match_id AS match
    FROM account
    JOIN matches m ON m.id = account.match_id
    JOIN topics t ON t.id = m.topic_id JOIN articles r ON r.id = m.article_id
    JOIN subscriptions s ON s.id = account.subscription_id JOIN channels c ON c.id = account.channel_id
    WHERE CASE WHEN :wanted = 'doubled' THEN account.doubled ELSE account.state = :wanted END
    ORDER BY account.match_id DESC, account.subscription_id, account.channel_id LIMIT :limit
    """
)

_STATES = ("sent", "suppressed", "expired", "waiting", "held", "failed", "in_doubt")


def audit(connection: Connection) -> Audit:
    """Counts everything in one snapshot of the database."""
    rows = connection.execute(_COUNTS).all()
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + row.n
    return Audit(
        alerts=sum(counts.get(state, 0) for state in _STATES),
        **{state: counts.get(state, 0) for state in _STATES},
        possible_repeats=rows[0].repeats,
        lost=counts.get("lost", 0),
        doubled=sum(row.doubled for row in rows),
        suppressed_because={row.reason: row.n for row in rows if row.state == "suppressed" and row.reason},
    )


def accounts(connection: Connection, wanted: str, limit: int) -> Sequence[Row]:
    """The alerts that the audit counts as `wanted` (LISTS), the newest first: whose, of what, where, and the fault
    (FAULTS) of those that are lost."""
    rows = connection.execute(_LIST, {"wanted": wanted, "limit": limit}).mappings()
    return [dict(row) for row in rows]
