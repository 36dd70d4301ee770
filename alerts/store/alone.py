"""Who moves alerts, or plans, does so alone."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

_PLAN_LOCK = 0x504C414E  # "PLAN": one planner at a time, so that two never open the same bundle twice


def hold_planning(connection: Connection) -> None:
    """Until its transaction ends nothing is planned, and the caller alone moves alerts of what waits. Taken before any
    row: who has rows already could wait for a planner that waits for them."""
    connection.execute(select(func.pg_advisory_xact_lock(_PLAN_LOCK)))


def plan_alone(connection: Connection) -> None:
    """Until its transaction ends the caller is the only planner, and no subscription is made or changed."""
    hold_planning(connection)
    connection.execute(text("LOCK TABLE subscriptions IN SHARE MODE"))
