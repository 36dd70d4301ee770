"""What the ledger's pages are asked, and what they say, by table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.times import UNTIL_RESUMED
from ops.dashboard.views.deliveries import TABS, Asked, asked_of, compose, compose_one, ledger_row
from ops.store.ledger import Standing

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def row(**facts: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "key": "9d6c9ec2-0000-4000-8000-000000000007",
        "kind": "article",
        "state": "sent",
        "reason": None,
        "possible_repeat": False,
        "attempts": 1,
        "due_at": NOW,
        "created_at": NOW - timedelta(minutes=3),
        "ended_at": NOW,
        "last_answer": "200 ok",
        "channel": "desk",
        "channel_kind": "slack_webhook",
        "articles": 1,
        "title": "Rusia gempur Kiev",
        "language": "id",
        "topics": ["NATO"],
        **facts,
    }


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({}, Asked()),
        ({"state": "failed", "kind": "digest", "since": "7d"}, Asked("failed", "digest", since="7d")),
        ({"state": "'; DROP", "kind": "x", "since": "9000y", "before": "-1"}, Asked()),
        ({"channel": " de\0sk "}, Asked(channel="desk")),
        ({"before": "123"}, Asked(before=123)),
        ({"before": "9" * 30}, Asked()),
        ({"before": "\u0663"}, Asked()),
    ],
)
def test_an_address_asks_for_what_there_is_and_for_nothing_else(query: dict[str, str], asked: Asked) -> None:
    assert asked_of(query) == asked


def test_an_address_says_what_is_chosen_and_a_change_begins_at_the_newest() -> None:
    asked = Asked("failed", channel="desk & co", before=50)
    assert asked.address(before=9) == "/deliveries?state=failed&channel=desk+%26+co&before=9"
    assert asked.address(tab="") == "/deliveries?channel=desk+%26+co"
    assert asked_of({"state": "failed", "channel": "desk & co", "before": "50"}) == asked


def test_every_state_has_a_tab_or_is_over_and_nothing() -> None:
    listed = {state for _, states in TABS.values() for state in states}
    assert listed == {
        *("collecting", "ready", "waiting", "sending", "held", "unknown", "failed", "expired", "sent")
    }


@pytest.mark.parametrize(
    ("facts", "shape", "word", "because"),
    [
        ({}, "ok", "sent", ""),
        ({"state": "held", "reason": "no_service"}, "bad", "held", "the Slack hook was removed"),
        (
            {"state": "failed", "reason": "http_404"},
            "bad",
            "failed",
            "there is nothing at this address (404)",
        ),
        ({"state": "unknown"}, "slow", "in doubt: the answer was lost", ""),
        ({"state": "unknown", "ended_at": None}, "slow", "in doubt, its receiver is asked", ""),
        ({"state": "collecting", "due_at": UNTIL_RESUMED}, "off", "kept until resumed", ""),
        ({"state": "waiting", "due_at": NOW + timedelta(seconds=40)}, "slow", "tries again in 40 s", ""),
        ({"state": "suppressed", "reason": "emptied"}, "off", "not sent: nobody wants it any more", ""),
    ],
)
def test_a_state_is_a_shape_a_word_and_a_reason(
    facts: dict[str, Any], shape: str, word: str, because: str
) -> None:
    shown = ledger_row(row(**facts), NOW)
    assert (shown.state.shape, shown.state.word, shown.because) == (shape, word, because)


def test_a_bundle_says_how_much_more_it_tells_and_a_notice_what_it_is() -> None:
    assert ledger_row(row(articles=12, kind="digest"), NOW).rest == "and 11 more articles"
    assert ledger_row(row(articles=0, kind="notice", title=None), NOW).title == "notice about Pantau"
    assert ledger_row(row(title=" \u202e "), NOW).title == "(without a title)"


def test_the_page_ends_after_fifty_and_goes_on_behind_its_last_row() -> None:
    counts = {"waiting": 0, "held": 0, "doubt": 0, "failed": 3, "any": True}
    names: dict[str, list[str]] = {"channel": [], "subscription": [], "topic": []}
    found = [row(id=1000 - n) for n in range(51)]
    ledger = compose(Asked("failed"), found, counts, [], names, "", NOW)
    assert len(ledger.rows) == 50
    assert ledger.older == "/deliveries?state=failed&before=951"
    assert [str(word) for word, _, _ in ledger.tabs] == [
        *("All", "Waiting", "Held", "In doubt", "Failed 3", "Sent")
    ]
    assert compose(Asked(), found[:50], counts, [], names, "", NOW).older == ""


def whole(**facts: Any) -> dict[str, Any]:
    article = {
        "id": 3,
        "title": "Rusia gempur Kiev",
        "url": "javascript:alert(1)",
        "source": "Kabar",
        "language": "id",
        "published_at": None,
        "seen_at": NOW,
    }
    alert = {
        "article_id": 3,
        "topic": "NATO",
        "subscription": "desk, at once",
        "reason": "over_cap",
        "quote": "Kata NATO.",
        "timezone": "Asia/Jakarta",
        "cap": 12,
    }
    return {
        **row(),
        "subscription": "desk, at once",
        "held_by": None,
        "remote_id": None,
        "story": None,
        "thread_of": None,
        "thread_key": None,
        "thread_state": None,
        "thread_ended_at": None,
        "followups": 0,
        "expires_at": NOW + timedelta(days=1),
        "article_count": 1,
        "articles": [article],
        "alerts": [alert],
        "attempts": [],
        **facts,
    }


def test_one_delivery_says_whom_why_and_whether_it_may_go_again() -> None:
    standing = Standing("failed", "http_404", NOW, "desk", channel_removed=False, wanted=True)
    found = compose_one(whole(state="failed", reason="http_404"), standing, "/articles/", NOW)
    (article,) = found.articles
    assert (article.link, article.path) == (None, "/articles/3")
    assert article.alerts[0].placed == (
        "over the cap of 12 an hour, in the roll-up of 2026-11-26 16:00 Asia/Jakarta"
    )
    assert found.refused == ""
    sent = Standing("sent", None, NOW, "desk", channel_removed=False, wanted=True)
    assert "would tell people twice" in compose_one(whole(), sent, "", NOW).refused


def test_who_sends_a_doubt_again_is_warned() -> None:
    standing = Standing("unknown", "answer_lost", NOW, "desk", channel_removed=False, wanted=True)
    found = compose_one(whole(state="unknown", reason="answer_lost"), standing, "", NOW)
    assert "twice" in found.warned
    assert "Look whether it arrived" in found.meaning
