"""Tidying goes by index: it is done every few minutes, planning waits for it, and the ledger grows for years."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from alerts.store import consent, tidying

pytestmark = pytest.mark.servers

# What gives slots back asks for messages that ended without telling anyone, of which no index tells.
BY_INDEX = [
    each for each in (*tidying._REMOVED, *tidying._ENDED, tidying._REHUNG) if "taken = false" not in str(each)
]
MANY = """
    INSERT INTO deliveries (channel_id, kind, bundle, state, due_at, on_doubt, expires_at, ended_at)
    SELECT :channel, 'article', 'article:' || n, 'sent', now(), 'resend', now(), now()
    FROM generate_series(1, 10000) AS n
"""


def test_no_statement_walks_through_all_messages_there_ever_were(rows, database):
    channel = rows.channel()
    rows.delivery(channel, None)
    with database.connect() as connection:
        connection.execute(text(MANY), {"channel": channel})
        connection.execute(text("ANALYZE deliveries"))
        plans = {
            str(statement): connection.execute(text(f"EXPLAIN {statement}")).scalars().all()
            for statement in (*BY_INDEX, consent._UNCONFIRMED)
        }
        connection.rollback()
    walking = {
        statement: plan
        for statement, plan in plans.items()
        if any("Seq Scan on deliveries" in line for line in plan)
    }
    assert walking == {}
