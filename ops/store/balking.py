"""Channels that take nothing, as a part of SQL."""

from __future__ import annotations

IN_VAIN = """(
    SELECT c.nothing_since AS takes_nothing_since, count(*) AS in_vain,
           (array_agg(d.reason ORDER BY d.id DESC))[1] AS takes_nothing_why
    FROM deliveries d
    WHERE d.channel_id = c.id AND d.state = 'waiting' AND c.nothing_since IS NOT NULL
      AND (c.asked_from IS NULL OR c.pause_until <= statement_timestamp())
    HAVING count(*) > 0)"""
"""What is tried again and again on the channel `c`: since when, how many messages, and the latest answer. No row where
it takes what it gets, or has asked for a pause."""
