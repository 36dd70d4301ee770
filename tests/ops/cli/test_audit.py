"""`pantau audit`: figures, the alerts behind them, exit codes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from ops.store.audit import audit

pytestmark = pytest.mark.servers


@pytest.fixture
def desk(installation: None, rows: Any) -> Any:
    feed, topic, channel, subscription = rows.feed(), rows.topic(), rows.channel(), rows.subscription()
    return lambda state="sent", **facts: rows.announced(
        channel, subscription, topic, feed, state=state, **facts
    )


def test_a_sound_ledger_ends_well_and_says_so(pantau: Any, desk: Any) -> None:
    desk("sent"), desk("held"), desk("waiting")
    answer = pantau("audit")
    assert answer.code == 0
    assert "sound: every alert is in exactly one state" in answer.out
    (found,) = pantau("audit", "--json").lines
    assert (found["alerts"], found["sent"], found["held"], found["waiting"]) == (3, 1, 1, 1)
    assert (found["lost"], found["doubled"], found["possible_repeats"]) == (0, 0, 0)


def test_a_large_ledger_may_take_longer_than_statements_usually_may(
    pantau: Any, desk: Any, monkeypatch: Any
) -> None:
    desk("sent")
    allowed = []

    def timed(connection: Any) -> Any:
        allowed.append(connection.execute(text("SHOW statement_timeout")).scalar_one())
        return audit(connection)

    monkeypatch.setattr("ops.store.audit.audit", timed)
    assert pantau("audit").code == 0
    assert allowed == ["1h"]


def test_a_loss_ends_badly_and_is_shown_with_its_names(pantau: Any, desk: Any, rows: Any) -> None:
    desk("sent")
    rows.change("DELETE FROM alerts")
    answer = pantau("audit")
    assert answer.code == 1
    assert "NOT SOUND: see `pantau audit --list lost`" in answer.out
    listed = pantau("audit", "--list", "lost")
    assert listed.code == 1
    assert "its match was planned, and nothing was decided for them" in listed.out
    (row,) = pantau("audit", "--list", "lost", "--json").lines
    assert (row["topic"], row["channel"], row["fault"]) == ("NATO", "desk", "never_decided")


def test_a_list_shows_no_terminal_tricks_and_no_more_than_asked(pantau: Any, desk: Any, rows: Any) -> None:
    for _ in range(3):
        desk("failed", reason="refused: \x1b[31mno")
    rows.change("UPDATE articles SET title = :title", title="Kapal\x1b]0;x\x07 tiba")
    answer = pantau("audit", "--list", "failed", "--limit", 2)
    assert (answer.code, len(answer.out.splitlines())) == (0, 3)
    assert "\x1b" not in answer.out
    assert pantau("audit", "--list", "in_doubt").out == "no alert is in doubt\n"


def test_reasons_of_what_was_suppressed_are_counted(pantau: Any, desk: Any, rows: Any) -> None:
    for _ in range(2):
        desk("sent")
    rows.change("UPDATE alerts SET delivery_id = NULL, suppressed = 'language_filter'")
    assert "suppressed: 2 language_filter" in pantau("audit").out
    assert pantau("audit", "--json").lines[0]["suppressed_because"] == {"language_filter": 2}
