"""A refused sender is tried at once where somebody has started again."""

from __future__ import annotations

import pytest

from alerts.store import senders

pytestmark = pytest.mark.servers


def test_refused_senders_are_probed_now_and_channels_in_their_own_time(rows):
    for name, wait in (
        ("sender:slack", "50 minutes"),
        ("sender:smtp", "-1 minute"),
        ("channel:1", "50 minutes"),
    ):
        rows.change(
            "INSERT INTO circuits (name, reason, probe_at)"
            " VALUES (:name, 'invalid_auth', now() + cast(:wait AS interval))",
            name=name,
            wait=wait,
        )
    with rows.engine.begin() as connection:
        assert senders.try_again(connection) == 1
    due = rows.all("SELECT name FROM circuits WHERE probe_at <= clock_timestamp() ORDER BY name")
    assert due == [("sender:slack",), ("sender:smtp",)]
