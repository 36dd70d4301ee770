"""Channels, subscriptions and silences in words, and forms as what a watchlist would hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.channel import Astray, Blocked, Later, Never, Sent, Simpler, Unsure, Verdict
from alerts.model import Channel, ChannelId, Item
from ops.dashboard.views.channels import compose as compose_channels
from ops.dashboard.views.channels import standing, where
from ops.dashboard.views.forms import (
    MOST_TICKS,
    NEW_SUBSCRIPTION,
    channel_of,
    lines,
    subscription_form,
    subscription_of,
)
from ops.dashboard.views.subscriptions import as_given, compose, limits, rhythm
from ops.made_here import faults_by_key
from ops.previews import letter_of, previews
from ops.trial import Trial, as_noted, as_told, in_words
from ops.watchlist.model import Complaint
from worker.model import ArticleId
from worker.secrets import Secret

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SUBSCRIPTION: dict[str, Any] = {
    "id": 7,
    "name": "desk",
    "topics": ["NATO"],
    "channels": ["desk"],
    "when": ["now"],
    "timezone": "Asia/Jakarta",
    "quiet": None,
    "wait_s": 0.0,
    "group": "story",
    "cap_per_hour": 12,
    "sources": [],
    "languages": [],
    "on_doubt": "resend",
    "urgent": [],
    "declared": False,
    "paused_at": None,
    "snoozed_until": None,
    "last_told_at": None,
}
CHANNEL: dict[str, Any] = {
    "id": 3,
    "blocked_by": None,
    "stopped": None,
    "unconfirmed": False,
    "paused_until": None,
    "departed": [],
}


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("now", "at once"),
        ("hourly", "at every full hour"),
        ("daily 07:00", "daily 07:00 Asia/Jakarta"),
        ("weekly mon,fri 12:00", "Mon, Fri 12:00 Asia/Jakarta"),
        ("weekly sun 12:00", "Sun 12:00 Asia/Jakarta"),
    ],
)
def test_a_time_is_told_in_words(when: str, words: str) -> None:
    assert rhythm(when, "Asia/Jakarta") == words


def test_what_is_as_usual_is_no_limit() -> None:
    assert limits(SUBSCRIPTION) == []
    told = limits(
        {
            **SUBSCRIPTION,
            "quiet": "22:00-06:00",
            "urgent": ["NATO"],
            "wait_s": 90.0,
            "group": "off",
            "cap_per_hour": 1,
            "sources": ["Harian", "-tabloid"],
            "languages": ["id"],
            "on_doubt": "hold",
        }
    )
    assert told == [
        "quiet 22:00-06:00 Asia/Jakarta",
        "urgent even then: NATO",
        "collects for 90 s before telling",
        "each article by itself",
        "at most 1 message an hour",
        "only from Harian",
        "never from tabloid",
        "only in id",
        "never twice: held where an answer was lost",
    ]


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, "open"),
        ({"blocked_by": "recipient"}, "blocked"),
        ({"departed": ["desk"]}, "unsubscribed"),
        ({"departed": ["another"]}, "open"),
        ({"unconfirmed": True}, "waits for its owner's yes"),
        ({"stopped": "no_service"}, "lets nothing through"),
        ({"stopped": "resting"}, "resting"),
        ({"paused_until": NOW}, "paused"),
    ],
)
def test_how_a_channel_of_a_subscription_does(facts: dict[str, Any], word: str) -> None:
    (view,) = compose([SUBSCRIPTION], {"desk": {**CHANNEL, **facts}}, {}, NOW)
    assert view.channels[0].state.word == word


def test_a_digest_comes_at_the_soonest_of_its_times_and_a_channel_may_be_gone() -> None:
    row = {**SUBSCRIPTION, "when": ["now", "daily 07:00", "hourly"]}
    (view,) = compose([row], {}, {7: 4}, NOW)
    assert view.next_due is not None
    assert view.next_due.iso == "2026-11-26T10:00:00+00:00"
    assert view.collecting == "4 articles collected"
    assert view.channels[0].state.word == "gone"
    (at_once,) = compose([SUBSCRIPTION], {}, {}, NOW)
    assert at_once.next_due is None


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, "open"),
        ({"blocked_by": "operator", "circuit": "channel:1"}, "blocked"),
        ({"confirmation": "never"}, "waits for its owner's yes"),
        ({"rests_until": NOW + timedelta(days=2)}, "resting"),
        ({"circuit": "channel:1", "reason": "resting"}, "resting"),
        ({"circuit": "channel:1", "reason": "restored"}, "held"),
        ({"circuit": "sender:smtp", "reason": "login_refused"}, "lets nothing through"),
        ({"takes_nothing_since": NOW, "takes_nothing_why": "tries_again: http_500"}, "takes nothing"),
        ({"paused_until": NOW + timedelta(seconds=30), "asked_from": NOW}, "paused"),
    ],
)
def test_the_state_of_a_channel_is_what_matters_most(facts: dict[str, Any], word: str) -> None:
    usual = dict.fromkeys(
        (
            *("blocked_by", "confirmation", "rests_until", "circuit", "reason", "paused_until", "asked_from"),
            *("takes_nothing_since", "takes_nothing_why"),
        )
    )
    row = {**usual, "opened_at": NOW, "probe_at": NOW, **facts}
    state, _, _ = standing(row, NOW)
    assert state.word == word


@pytest.mark.parametrize(
    ("kind", "target", "shown"),
    [
        ("email", "rina@example.org", "ri…@example.org"),
        ("email", "r@example.org", "…@example.org"),
        ("slack_bot", "C0123456789", "C0123456789"),
        ("slack_webhook", "https://hooks.slack.com/services/T0/B0/hush", "hooks.slack.com/…"),
        ("webhook", "https://user:hush@risk.example:8443/hush?k=hush", "risk.example:8443/…"),
        ("webhook", "https://risk.example:99999/hush", "/…"),
        ("webhook", "https://[", "/…"),
        ("apprise", "ntfy://hush", "ntfy://…"),
        ("webhook", None, ""),
    ],
)
def test_where_a_channel_leads_is_shown_without_what_is_secret(
    kind: str, target: str | None, shown: str
) -> None:
    assert where(kind, target) == shown


def test_a_form_becomes_what_a_watchlist_would_hold() -> None:
    given = subscription_of(
        {
            "topic-0": "NATO",
            "topic-99": "not a box of ours",
            "topics": " tag:war \r\n\r\nNATO",
            "channels": "desk",
            "when_hourly": "on",
            "when": "daily 07:00",
            "cap_per_hour": " 7 ",
            "languages": "id, en",
            "quiet": " ",
            "csrf": "x",
        }
    )
    assert given == {
        "topics": ["NATO", "tag:war"],
        "channels": ["desk"],
        "when": ["hourly", "daily 07:00"],
        "languages": ["id", "en"],
        "sources": [],
        "urgent": [],
        "cap_per_hour": 7,
    }
    assert subscription_of({"cap_per_hour": "9" * 5000})["cap_per_hour"] == "9" * 5000
    assert channel_of({"name": " desk ", "target_kind": "email", "target": "a@b.example", "secret": "x"}) == {
        "name": "desk",
        "email": "a@b.example",
    }
    assert lines("a\r\n b \n\n") == ["a", "b"]


def test_a_subscription_comes_back_from_its_form_as_it_was() -> None:
    row = {
        **SUBSCRIPTION,
        "topics": ["Trade", "tag:war"],
        "when": ["now", "weekly mon,fri 12:00"],
        "wait_s": 90.0,
        "languages": ["id", "en"],
        "sources": ["-tabloid"],
    }
    form = subscription_form(as_given(row), ["NATO", "Trade"], ["desk"])
    assert [(box.value, box.ticked) for box in form.topics] == [("Trade", True), ("NATO", False)]
    assert form.values["topics"] == "tag:war"
    sent = {**form.values, **{box.field: box.value for box in (*form.topics, *form.channels) if box.ticked}}
    given = subscription_of(sent)
    assert (given["topics"], given["channels"]) == (["Trade", "tag:war"], ["desk"])
    assert (given["when"], given["wait"]) == (["now", "weekly mon,fri 12:00"], "90s")
    assert (given["languages"], given["sources"]) == (["id", "en"], ["-tabloid"])


def test_what_has_no_box_is_written_and_no_form_grows_too_large() -> None:
    names = [f"topic {n}" for n in range(1000)]
    form = subscription_form({**NEW_SUBSCRIPTION, "topics": "\n".join(names[500:530])}, names, names)
    assert len(form.topics) == MOST_TICKS["topic"]
    assert all(box.ticked for box in form.topics)
    assert form.more_topics == 1000 - MOST_TICKS["topic"]
    assert form.values["topics"].splitlines() == names[500 + MOST_TICKS["topic"] : 530]
    boxes = len(form.topics) + len(form.channels)
    assert boxes + len(set(form.values) | {"csrf"}) <= 50


def test_a_complaint_is_told_by_its_key_and_not_as_of_a_file() -> None:
    told = faults_by_key(
        [
            Complaint("", 1, "[[subscription]] cap_per_hour", "no", "a number, without quotes"),
            Complaint("", 1, "[[subscription]] topics", "one"),
            Complaint("", 1, "[[subscription]] topics", "two"),
            Complaint("", 1, "[[channel]]", "has no target"),
        ]
    )
    assert told == {"cap_per_hour": "no; expected a number", "topics": "one. two", "": "has no target"}


@pytest.mark.parametrize(
    "verdict",
    [
        Sent("1"),
        Later("http_503"),
        Later("http_429", timedelta(seconds=30)),
        Unsure("answer_lost"),
        Astray("thread_not_found"),
        Simpler("invalid_blocks"),
        Blocked("no_service", "channel"),
        Never("recipient_refused"),
    ],
)
def test_how_a_test_ended_is_written_down_without_secrets_and_told_from_it(verdict: Verdict) -> None:
    channel = Channel(ChannelId(3), "desk", "webhook", Secret("https://x.example/hush"), {})
    noted = as_noted(channel, Trial(verdict, "200 see https://x.example/hush"))
    assert "hush" not in str(noted)
    assert noted["accepted"] is isinstance(verdict, Sent)
    assert as_told(json.loads(json.dumps(noted))) == in_words(verdict) == noted["verdict"]
    assert as_told({"accepted": False, "verdict": "it is\u202e blocked"}) == "it is blocked"
    assert as_told({}) == ""


@pytest.mark.parametrize(
    ("told", "last_sent", "failed"),
    [
        (None, None, False),
        ({"accepted": True}, None, False),
        ({"accepted": False}, None, True),
        ({"accepted": False}, NOW - timedelta(minutes=10), True),
        ({"accepted": False}, NOW, False),
    ],
)
def test_a_failed_test_is_told_until_a_message_was_taken(
    told: dict[str, Any] | None, last_sent: datetime | None, failed: bool
) -> None:
    row: dict[str, Any] = {
        **dict.fromkeys(
            (
                *("blocked_by", "confirmation", "rests_until", "circuit", "reason", "paused_until"),
                *("asked_from", "language", "takes_nothing_since", "takes_nothing_why"),
            )
        ),
        **{"id": 3, "name": "\u200b", "kind": "webhook", "declared": False, "signed": False, "held": 0},
        **{"target_ref": "stored:1", "print": "abcd", "created_at": NOW, "test": told, "tested_by": "edi"},
        "tested_at": NOW - timedelta(minutes=5),
    }
    (view,) = compose_channels([row], {3: (1, last_sent)}, [], {}, NOW)
    assert view.test_failed is failed
    assert view.name == "(without a visible name)"


def test_a_preview_speaks_the_language_of_its_channel() -> None:
    item = Item(
        ArticleId(1), title="Kabar", url="https://x.example/1", source="Kabar", topics=("NATO",), seen_at=NOW
    )
    english, indonesian = (
        previews(letter_of(item, SUBSCRIPTION, NOW, language), ["email"], {"from": "Pantau <p@example.org>"})[
            0
        ].text
        for language in ("en", "id")
    )
    assert "You get this because" in english
    assert "You get this because" not in indonesian


def test_a_preview_is_text_whatever_stands_in_the_article() -> None:
    item = Item(
        ArticleId(1),
        title="<script>alert(1)</script>\u202e kabar",
        url="javascript:alert(1)",
        source="Kabar & Co",
        topics=("NATO",),
        quote="Kata sekretaris NATO kemarin.",
        marks=((16, 20),),
        seen_at=NOW,
    )
    kinds = ["slack_webhook", "slack_bot", "email", "webhook", "apprise", "pigeon", "email"]
    found = previews(letter_of(item, SUBSCRIPTION, NOW), kinds, {"from": "Pantau <p@example.org>"})
    assert [each.kind for each in found] == ["slack_webhook", "slack_bot", "email", "webhook", "apprise"]
    for each in found:
        assert "\u202e" not in each.text + each.title
        assert "<script>alert(1)" in each.text + each.title
    slack, _, mail, *_ = found
    assert "> Kata sekretaris *NATO* kemarin." in slack.text
    assert "NATO" in mail.title
    assert "javascript:" not in slack.text + mail.text
