"""What became of an alert, in one sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.decision import Reason
from alerts.times import UNTIL_RESUMED
from ops.outcome import PLACED, SUPPRESSED, outcome

AT = datetime(2026, 11, 26, 10, 2, 11, tzinfo=UTC)


def alert(**facts):
    usual = {"topic": "NATO", "subscription": "pagi", "channel": "desk", "delivery": 12, "state": "sent"}
    usual |= {"reason": "accepted", "decided_for": "at_once", "due_at": AT, "ended_at": AT, "attempts": 1}
    usual |= {"possible_repeat": False, "thread_of": None, "thread_title": None, "cap": 12, "language": "uk"}
    usual |= {"source": "Harian", "seen_at": AT - timedelta(seconds=3.1), "read_at": AT, "subscribed_at": AT}
    usual |= {
        "sources": [],
        "languages": ["id", "en"],
        "timezone": "Asia/Jakarta",
        "told_in": 9,
        "told_state": "sent",
    }
    return {**usual, "told_at": AT, **facts}


def placed(decided, /, **facts):
    return outcome(alert(decided_for=decided, **facts))


def suppressed(reason, /, **facts):
    return outcome(alert(state="suppressed", reason=reason, decided_for=reason, **facts))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_planning_has_its_words(reason):
    assert reason in PLACED or reason in SUPPRESSED


@pytest.mark.parametrize("reason", sorted({*PLACED, *SUPPRESSED}))
def test_no_words_need_what_may_not_be_known(reason):
    bare = dict.fromkeys(("due_at", "told_in", "told_at", "told_state", "thread_title", "language"))
    for state in ("ready", "held", "failed", "unknown", "sending"):
        assert placed(reason, state=state, **{**bare, "due_at": AT})
    assert suppressed(reason, **bare)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (placed("at_once"), "told in desk at 2026-11-26 10:02:11, 3.1 s after it was seen"),
        (
            placed("at_once", possible_repeat=True),
            "told in desk at 2026-11-26 10:02:11, 3.1 s after it was seen, perhaps twice",
        ),
        (
            placed("quiet_hours", state="collecting", due_at=AT + timedelta(hours=13), attempts=0),
            "kept for quiet hours until 2026-11-27 06:02 Asia/Jakarta: on its way to desk, "
            "due at 2026-11-26 23:02:11",
        ),
        (
            placed("digest", state="sending"),
            "in the digest of 2026-11-26 17:02 Asia/Jakarta: being sent to desk",
        ),
        (
            placed("digest", state="sending", timezone="Mars/Olympus"),
            "in the digest of 2026-11-26 10:02 UTC: being sent to desk",
        ),
        (
            placed("joined", state="held", reason="no_service"),
            "in the message that tells desk of it anyhow: held: the Slack hook was removed",
        ),
        (
            placed("paused", state="collecting", attempts=2),
            "kept while the subscription is paused: on its way to desk, due at 2026-11-26 10:02:11 after 2 tries",
        ),
        (
            placed("paused", state="collecting", due_at=UNTIL_RESUMED, attempts=0),
            "kept while the subscription is paused: for desk, until it is resumed",
        ),
        (placed("a_new_one", state="sending"), "a new one: being sent to desk"),
        (
            placed("at_once", state="unknown", reason="answer_lost_twice: reset"),
            "in doubt whether desk has it: the connection broke",
        ),
        (
            placed("at_once", state="expired", reason="too_late: dns"),
            "not told in desk, the delivery expired: its name is not known (DNS)",
        ),
        (
            suppressed("already_told", told_state="unknown"),
            "suppressed: the same article was sent to desk before, and may have arrived (delivery 9)",
        ),
        (
            suppressed("already_told", told_state="failed"),
            "suppressed: the same article was on its way to desk already, and that delivery failed (9)",
        ),
        (
            suppressed("already_told", told_state=None),
            "suppressed: the same article was told in desk already",
        ),
        (
            suppressed("source_filter", sources=["-Gosip", "Kompas"]),
            "suppressed: source filter: the subscription hears of only Kompas and never Gosip, and this is from Harian",
        ),
        (
            suppressed("language_filter"),
            "suppressed: language filter: the subscription hears of id, en, and this is uk",
        ),
        (
            suppressed("silenced", silenced_by="rina", silenced_until=AT),
            "suppressed: silenced by rina until 2026-11-26 17:02 Asia/Jakarta",
        ),
        (suppressed("channel_removed"), "suppressed: the channel desk was removed before it went out"),
    ],
)
def test_the_sentence_has_names_and_times(said, words):
    assert said == words
