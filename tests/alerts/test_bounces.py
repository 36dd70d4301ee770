"""A mailbox that refuses for days is left alone; one that accepts starts anew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from alerts.bounces import DAYS, PAUSE, Bounces, weigh
from alerts.channel import Blocked, Later, Never, Sent, Simpler, Unsure, Verdict

FULL = Later("mailbox_full", timedelta(hours=1))
POLICY = Never("refused_by_policy")
DAY = date(2026, 11, 26)
SUSPENDED = Blocked("keeps_bouncing", "channel", PAUSE)


def after(*days: tuple[int, Verdict]) -> tuple[Bounces, Verdict | None]:
    bounces, verdict = Bounces(), None
    for day, said in days:
        bounces, verdict = weigh(bounces, said, DAY + timedelta(days=day))
    return bounces, verdict


@pytest.mark.parametrize(
    ("days", "verdict"),
    [
        ([(0, FULL)], FULL),
        ([(0, FULL), (0, FULL), (0, POLICY), (0, FULL)], FULL),
        ([(0, FULL), (1, POLICY)], POLICY),
        ([(0, FULL), (1, POLICY), (2, POLICY)], SUSPENDED),
        ([(0, POLICY), (7, POLICY), (30, FULL)], SUSPENDED),
        ([(0, FULL), (1, FULL), (2, FULL), (3, FULL)], SUSPENDED),
        ([(0, FULL), (1, FULL), (1, Sent("ok")), (2, FULL)], FULL),
        ([(0, FULL), (1, FULL), (2, Later("greylisted"))], Later("greylisted")),
        ([(0, FULL), (1, Unsure("answer_lost")), (2, FULL)], FULL),
    ],
)
def test_the_third_day_suspends(days: list[tuple[int, Verdict]], verdict: Verdict) -> None:
    assert after(*days)[1] == verdict


def test_what_is_accepted_is_forgiven() -> None:
    assert after((0, FULL), (1, FULL), (2, FULL), (3, Sent(None)))[0] == Bounces()


@pytest.mark.parametrize(
    "verdict",
    [Simpler("too_large"), Never("other"), Blocked("relay_denied", "sender"), Later("not_now_at_rcpt")],
)
def test_what_is_not_the_mailboxs_fault_counts_nothing(verdict: Verdict) -> None:
    assert weigh(Bounces(2, DAY), verdict, DAY + timedelta(days=1)) == (Bounces(2, DAY), verdict)


def test_the_count_stays_small() -> None:
    assert after(*((day, FULL) for day in range(60)))[0].days == DAYS
