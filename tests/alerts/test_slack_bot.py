"""The bot's posts, updates and looks, and what Slack's answers to them mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channel import (
    Absent,
    Astray,
    Blocked,
    Doubt,
    Found,
    Later,
    MailReply,
    More,
    Sent,
    Simpler,
    Unsure,
)
from alerts.channels import _slack_errors
from alerts.channels._slack_history import PAGE, SKEW
from alerts.channels.slack_bot import channel
from alerts.model import Thread
from worker.wire import Failure, Reply, Request

Make = Callable[..., Any]
KEYS = st.sampled_from(
    [
        "ok",
        "error",
        "ts",
        "messages",
        "metadata",
        "event_type",
        "event_payload",
        "d",
        "response_metadata",
        "next_cursor",
    ]
) | st.text(max_size=4)
SINCE = datetime(2026, 11, 23, 7, 2, tzinfo=UTC)
DOUBT = Doubt("0b7c-4d1e", SINCE, SINCE + timedelta(seconds=20))
ROOT = Thread(key="root-key", title="Perundingan", remote_id="1795417260.000100")


@pytest.fixture
def row(row_of: Make) -> Any:
    return row_of("slack_bot", secret="xoxb-hush")


def said(request: Any) -> dict[str, Any]:
    assert isinstance(request, Request)
    content: dict[str, Any] = json.loads(request.body)
    return content


def answered(content: object, status: int = 200, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, named, body, "https://slack.com/api/chat.postMessage")


@pytest.mark.parametrize("to", ["C0123456789", "G01234567", "D01234567AB"])
def test_the_id_of_a_channel_is_taken(to: str) -> None:
    assert channel.check(to, {}) is None


@pytest.mark.parametrize("to", ["#desk", "desk", "@rina", "c0123456789", "U0123456789", "C012 3456789", "C1"])
def test_a_name_is_refused_with_where_to_find_the_id(to: str) -> None:
    complaint = channel.check(to, {})
    assert complaint is not None
    assert "end of the channel's details" in complaint


@pytest.mark.parametrize("to", ["xoxb-12345-hush", "https://hooks.slack.com/services/T/B/hush", "a hush"])
def test_a_secret_in_the_wrong_place_is_not_repeated(to: str) -> None:
    complaint = channel.check(to, {})
    assert complaint is not None
    assert "hush" not in complaint


def test_a_letter_is_posted_with_its_key_as_metadata_and_the_token_as_bearer(
    letter_of: Make, row: Any
) -> None:
    request = channel.compose(letter_of(), row)
    assert isinstance(request, Request)
    assert request.url == "https://slack.com/api/chat.postMessage"
    assert (request.headers["Authorization"], request.vouched) == ("Bearer xoxb-hush", True)
    content = said(request)
    assert content["channel"] == "C0123456789"
    assert content["metadata"] == {"event_type": "pantau_alert", "event_payload": {"d": "0b7c-4d1e"}}
    assert (content["unfurl_links"], content["unfurl_media"]) == (False, False)
    assert "thread_ts" not in content
    assert "hush" not in repr(request)


def test_the_plainest_form_is_text_alone_and_can_still_be_found_again(letter_of: Make, row: Any) -> None:
    content = said(channel.compose(letter_of(simpler=1), row))
    assert "blocks" not in content
    assert content["metadata"]["event_payload"] == {"d": "0b7c-4d1e"}


def test_later_articles_reply_in_the_thread_and_stand_alone_where_there_is_none(
    letter_of: Make, row: Any
) -> None:
    content = said(channel.compose(letter_of(thread=ROOT), row))
    assert content["thread_ts"] == ROOT.remote_id
    assert "reply_broadcast" not in content
    alone = said(channel.compose(letter_of(thread=Thread("root-key", "Perundingan")), row))
    assert "thread_ts" not in alone


def test_an_update_rewrites_the_first_message_and_keeps_its_key(letter_of: Make, row: Any) -> None:
    request = channel.compose(letter_of(kind="update", thread=ROOT, key="the update's"), row)
    assert isinstance(request, Request)
    assert request.url == "https://slack.com/api/chat.update"
    content = said(request)
    assert (content["ts"], content["channel"]) == (ROOT.remote_id, "C0123456789")
    assert content["metadata"]["event_payload"] == {"d": "root-key"}
    assert not {"thread_ts", "unfurl_links", "unfurl_media"} & set(content)
    first = said(channel.compose(letter_of(), row))
    assert content["blocks"] == first["blocks"]


def test_a_plainer_update_takes_the_old_blocks_away(letter_of: Make, row: Any) -> None:
    content = said(channel.compose(letter_of(kind="update", thread=ROOT, simpler=1), row))
    assert content["blocks"] == []
    assert "Perundingan" in content["text"]


def test_an_update_of_nothing_is_a_mistake_of_ours(letter_of: Make, row: Any) -> None:
    with pytest.raises(ValueError, match="which message"):
        channel.compose(letter_of(kind="update", thread=Thread("root-key", "x")), row)


def test_the_operators_own_slack_is_asked_where_he_has_set_one(letter_of: Make, row_of: Make) -> None:
    row = row_of("slack_bot", options={"slack_api": "http://127.0.0.1:9/api"})
    for request in (channel.compose(letter_of(), row), channel.look(DOUBT, row)):
        assert request.url.startswith("http://127.0.0.1:9/api/")


BUTTONS = {
    "relevant": "Relevant",
    "not_relevant": "Not relevant",
    "mute_story": "Mute story",
    "mute_topic": "Mute topic 8 h",
    "why": "Why?",
}


@pytest.mark.parametrize("kind", ["article", "update"])
def test_below_one_article_there_are_buttons_where_clicks_can_be_received(
    kind: str, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    row = row_of("slack_bot", options={"interactive": "yes"})
    thread = ROOT if kind == "update" else None
    content = said(channel.compose(letter_of(item_of(article=7, story=5), kind=kind, thread=thread), row))
    actions = content["blocks"][-1]
    assert actions["block_id"] == ("pantau:root-key" if thread else "pantau:0b7c-4d1e")
    assert {button["action_id"]: button["text"]["text"] for button in actions["elements"]} == BUTTONS
    assert {button["value"] for button in actions["elements"]} == {"7"}


@pytest.mark.parametrize(
    ("facts", "options"),
    [
        ({}, {}),
        ({"simpler": 1}, {"interactive": "yes"}),
        ({"kind": "digest"}, {"interactive": "yes"}),
        ({"twice": True}, {"interactive": "yes"}),
        ({"article": 0}, {"interactive": "yes"}),
    ],
)
def test_elsewhere_there_are_none(
    facts: dict[str, Any], options: dict[str, str], letter_of: Make, item_of: Make, row_of: Make
) -> None:
    items = [item_of(article=facts.pop("article", 1))] * (1 + facts.pop("twice", False))
    request = channel.compose(letter_of(*items, **facts), row_of("slack_bot", options=options))
    assert b'"actions"' not in request.body  # type: ignore[union-attr]


def test_a_first_message_that_collected_its_story_has_the_buttons_of_its_first_article(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    items = [item_of(article=number, story=5) for number in (7, 8, 9)]
    row = row_of("slack_bot", options={"interactive": "yes"})
    actions = said(channel.compose(letter_of(*items), row))["blocks"][-1]
    assert {button["action_id"] for button in actions["elements"]} == BUTTONS.keys()
    assert {button["value"] for button in actions["elements"]} == {"7"}
    assert all(0 < len(button["text"]["text"]) <= 75 for button in actions["elements"])


def test_an_article_of_no_story_has_no_story_to_mute(letter_of: Make, row_of: Make) -> None:
    letter = letter_of(language="id")
    content = said(channel.compose(letter, row_of("slack_bot", options={"interactive": "yes"})))
    words = [button["text"]["text"] for button in content["blocks"][-1]["elements"]]
    assert words == ["Relevan", "Tidak relevan", "Bisukan topik 8 jam", "Mengapa?"]


HTML = b"<html>sign in to the hotel's network</html>"
ANSWERS = [
    (answered({"ok": True, "ts": "1795417260.000100", "channel": "C1"}), Sent("1795417260.000100")),
    (answered({"ok": True}), Unsure("unexpected_answer")),
    (answered({"ok": True, "ts": "now"}), Unsure("unexpected_answer")),
    (answered({"ok": "true", "ts": "1795417260.000100"}), Unsure("unexpected_answer")),
    (answered(HTML), Unsure("unexpected_answer")),
    (answered(b""), Unsure("unexpected_answer")),
    (answered(b"[" * 4000), Unsure("unexpected_answer")),
    (answered([]), Unsure("unexpected_answer")),
    (answered(HTML, 502), Unsure("http_502")),
    (answered({"ok": False, "error": "service_unavailable"}, 503), Later("service_unavailable")),
    (answered({"ok": False, "error": "internal_error"}, 500), Unsure("internal_error")),
    (answered({"ok": False, "error": "fatal_error"}), Unsure("fatal_error")),
    (answered({"ok": False, "error": "request_timeout"}), Unsure("request_timeout")),
    (
        answered({"ok": False, "error": "ratelimited"}, 429, retry_after="30"),
        Later("ratelimited", timedelta(seconds=30), whole_channel=True),
    ),
    (answered({"ok": False, "error": "ratelimited"}), Later("ratelimited", None, whole_channel=True)),
    (answered({"ok": False, "error": "invalid_blocks"}), Simpler("invalid_blocks")),
    (answered({"ok": False, "error": "msg_too_long"}), Simpler("msg_too_long")),
    (answered({"ok": False, "error": "thread_not_found"}), Astray("thread_not_found")),
    (answered({"ok": False, "error": "cant_update_message"}), Astray("cant_update_message")),
    (answered({"ok": False, "error": "channel_not_found"}), Blocked("channel_not_found", "channel")),
    (answered({"ok": False, "error": "is_archived"}), Blocked("is_archived", "channel")),
    (answered({"ok": False, "error": "invalid_auth"}), Blocked("invalid_auth", "sender")),
    (answered({"ok": False, "error": "missing_scope", "needed": "chat:write"}), Blocked("missing_scope", "sender")),
    (answered({"ok": False, "error": "token_expired"}, 401), Blocked("token_expired", "sender")),
    (answered({"ok": False, "error": "channel_not_found"}, 404), Blocked("channel_not_found", "channel")),
    (answered({"ok": False, "error": "brand_new"}), Unsure("unknown_error: brand_new")),
    (answered({"ok": False, "error": "<b>Neu</b>\n\0"}), Unsure("unknown_error: <b>Neu</b>")),
    (answered({"ok": False, "error": 7}), Unsure("unexpected_answer")),
    (answered({"ok": False}), Unsure("unexpected_answer")),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "verdict"), ANSWERS)
def test_slacks_answers_are_understood(answer: Reply, verdict: object) -> None:
    assert channel.judge(answer) == verdict


def test_every_word_belongs_to_one_class() -> None:
    classes = [words for words in vars(_slack_errors).values() if isinstance(words, frozenset)]
    assert len(classes) == 7
    assert sum(map(len, classes)) == len(frozenset().union(*classes))


def test_a_look_asks_for_the_channel_in_the_doubts_time_with_metadata(row: Any) -> None:
    request = channel.look(DOUBT, row)
    assert request.url == "https://slack.com/api/conversations.history"
    asked = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert asked == {
        "channel": "C0123456789",
        "oldest": f"{(SINCE - SKEW).timestamp():.6f}",
        "latest": f"{(SINCE + timedelta(seconds=20) + SKEW).timestamp():.6f}",
        "inclusive": "true",
        "include_all_metadata": "true",
        "limit": str(PAGE),
    }


def test_a_look_into_a_thread_goes_on_where_the_last_one_ended(row: Any) -> None:
    doubt = Doubt("k", SINCE, SINCE, thread=ROOT.remote_id, cursor="bmV4dA==")
    request = channel.look(doubt, row)
    assert request.url == "https://slack.com/api/conversations.replies"
    asked = parse_qs(request.body.decode())
    assert (asked["ts"], asked["cursor"]) == ([ROOT.remote_id], ["bmV4dA=="])


def message(key: object, ts: str = "1.000001", event: str = "pantau_alert") -> dict[str, Any]:
    return {"ts": ts, "text": "x", "metadata": {"event_type": event, "event_payload": {"d": key}}}


FINDINGS = [
    ({"ok": True, "messages": [message("other"), message("0b7c-4d1e", "2.000002")]}, Found("2.000002")),
    ({"ok": True, "messages": [message("other")], "has_more": False}, Absent()),
    ({"ok": True, "messages": []}, Absent()),
    ({"ok": True, "messages": [message("0b7c-4d1e", event="another_app")]}, Absent()),
    ({"ok": True, "messages": ["x", None, {"ts": 1}, {"metadata": 3}, message(None)]}, Absent()),
    ({"ok": True, "messages": [{"ts": "1.000001", "text": "0b7c-4d1e"}]}, Absent()),
    ({"ok": True, "messages": [message("other")], "response_metadata": {"next_cursor": "bmV4"}}, More("bmV4")),
    ({"ok": True, "messages": [message("other")], "response_metadata": {"next_cursor": ""}}, Absent()),
    (
        {"ok": True, "messages": [{"ts": "1.000001", "metadata": {"event_type": "pantau_alert"}}]},
        Blocked("metadata_hidden", "channel"),
    ),
    ({"ok": True, "messages": [message("other")], "has_more": True}, Later("unexpected_answer")),
    ({"ok": True}, Later("unexpected_answer")),
    ({"ok": False, "error": "thread_not_found"}, Absent()),
    ({"ok": False, "error": "invalid_cursor"}, Later("invalid_cursor")),
    ({"ok": False, "error": "missing_scope"}, Blocked("missing_scope", "channel")),
    ({"ok": False, "error": "token_revoked"}, Blocked("token_revoked", "sender")),
    ({"ok": False, "error": "not_in_channel"}, Blocked("not_in_channel", "channel")),
    ({"ok": False, "error": "fatal_error"}, Later("fatal_error")),
    ({"ok": False, "error": "invalid_arguments"}, Later("invalid_arguments")),
    (HTML, Later("unexpected_answer")),
]  # fmt: skip


@pytest.mark.parametrize(("content", "finding"), FINDINGS)
def test_only_the_key_in_the_metadata_counts_as_found(content: object, finding: object) -> None:
    assert channel.find(answered(content), DOUBT) == finding


def test_a_cursor_that_has_expired_begins_the_look_anew() -> None:
    doubt = Doubt("k", SINCE, SINCE, cursor="b2xk")
    assert channel.find(answered({"ok": False, "error": "invalid_cursor"}), doubt) == More("")


def test_a_look_that_is_not_answered_is_made_again() -> None:
    find = channel.find
    for written in (True, False):
        assert find(Failure("timeout", "20 s", written), DOUBT) == Later("timeout")
    assert find(Failure("blocked", "", False), DOUBT) == Blocked("blocked", "sender")
    slow = answered({"ok": False, "error": "ratelimited"}, 429, retry_after="7")
    assert find(slow, DOUBT) == Later("ratelimited", timedelta(seconds=7))
    with pytest.raises(TypeError):
        find(MailReply("dot", 250, ""), DOUBT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.sampled_from([200, 302, 400, 404, 429, 500, 503]), st.text(max_size=12))
def test_any_answer_has_a_meaning_and_a_reason_fit_for_the_ledger(
    content: object, status: int, pause: str
) -> None:
    reply = answered(content, status, retry_after=pause)
    for outcome in (channel.judge(reply), channel.find(reply, DOUBT)):
        reason = getattr(outcome, "reason", "none")
        assert 0 < len(reason) <= 80
        assert reason.isprintable()
    assert not isinstance(channel.judge(reply), Sent) or status == 200


@given(JSON)
def test_what_has_no_key_of_ours_is_never_found(content: object) -> None:
    assert not isinstance(channel.find(answered(content), DOUBT), Found)
