"""A Slack of our own answers as Slack does, and misbehaves as told."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from ops.newsroom import running
from ops.newsroom.script import Accept, Complain, Garble, HangUp, Refuse, RefuseAtEnd, Script
from ops.newsroom.slack_api import SlackApi
from ops.newsroom.tally import doubled

if TYPE_CHECKING:
    from conftest import Ask

AT = datetime(2026, 11, 23, 7, 2, tzinfo=UTC)
Call = Callable[..., Any]


class Watch:
    """A clock that goes on a second with each look, so that no two messages share their time."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def api(request: pytest.FixtureRequest) -> SlackApi:
    return SlackApi(clock=Watch(), **getattr(request, "param", {}))


@pytest.fixture
def call(api: SlackApi, ask: Ask) -> Iterator[Call]:
    """Calls a method; the answer's content."""
    with running(api.app()) as url:

        def exchange(method: str, *, raw: bool = False, token: str | None = None, **asked: Any) -> Any:
            reading = not method.startswith("chat.")
            body = urlencode(asked) if reading else json.dumps(asked)
            form = "application/x-www-form-urlencoded" if reading else "application/json"
            bearer = {"Authorization": f"Bearer {api.token if token is None else token}"}
            got = ask(
                f"{url}/api/{method}", body.encode(), Content_Type=form, **(bearer if token != "" else {})
            )
            return got if raw else json.loads(got.body)

        yield exchange


def post(call: Call, text: str = "x", channel: str = "C1", **facts: Any) -> Any:
    return call("chat.postMessage", channel=channel, text=text, **facts)


def test_a_post_is_answered_with_its_time_and_its_words(call: Call, api: SlackApi) -> None:
    answer = post(call, "Halo")
    assert (answer["ok"], answer["channel"], answer["message"]["text"]) == (True, "C1", "Halo")
    assert [(message.ts, message.text) for message in api.standing("C1")] == [(answer["ts"], "Halo")]


def test_who_may_not_call_is_told_so(call: Call, api: SlackApi) -> None:
    assert call("auth.test", token="")["error"] == "not_authed"
    assert call("auth.test", token="xoxb-old")["error"] == "invalid_auth"
    assert call("chat.delete")["error"] == "unknown_method"
    assert call("auth.test")["team"] == "Newsroom"
    got = call("auth.test", raw=True)
    assert got.headers["x-oauth-scopes"] == "chat:write,channels:history,groups:history"


@pytest.mark.parametrize("api", [{"scopes": ("chat:write",)}], indirect=True)
def test_without_the_scope_nothing_can_be_read(call: Call) -> None:
    assert post(call)["ok"]
    assert call("conversations.history", channel="C1")["error"] == "missing_scope"


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"channel": "#desk", "text": "x"}, "channel_not_found"),
        ({"channel": "C1"}, "no_text"),
        ({"channel": "C1", "blocks": [{"type": "marquee"}]}, "invalid_blocks"),
        ({"channel": "C1", "text": "x", "metadata": "d"}, "invalid_metadata_format"),
        ({"channel": "C1", "text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
    ],
)
def test_a_message_that_slack_would_not_take_is_refused(
    call: Call, api: SlackApi, asked: dict[str, Any], word: str
) -> None:
    assert call("chat.postMessage", **asked)["error"] == word
    assert api.receipts == ()


@pytest.mark.parametrize("api", [{"rooms": {"C1": "archived", "C2": "not_in", "C3": "gone"}}], indirect=True)
def test_a_channel_that_is_closed_says_why_until_it_is_mended(call: Call, api: SlackApi) -> None:
    words = [post(call, channel=channel)["error"] for channel in ("C1", "C2", "C3")]
    assert words == ["is_archived", "not_in_channel", "channel_not_found"]
    api.rooms["C1"] = "open"
    assert post(call)["ok"]


def test_replies_stand_in_their_thread_and_nowhere_else(call: Call, api: SlackApi) -> None:
    root = post(call, "root")["ts"]
    for text in ("one", "two"):
        post(call, text, thread_ts=root)
    history = call("conversations.history", channel="C1")["messages"]
    assert [(said["text"], said["reply_count"], said["thread_ts"]) for said in history] == [("root", 2, root)]
    replies = call("conversations.replies", channel="C1", ts=root)["messages"]
    assert [said["text"] for said in replies] == ["root", "one", "two"]
    assert ([said.text for said in api.roots], [said.text for said in api.replies]) == (
        ["root"],
        ["one", "two"],
    )
    assert call("conversations.replies", channel="C1", ts="1.000000")["error"] == "thread_not_found"


def test_an_update_tells_nobody_anew_and_keeps_what_it_does_not_say(call: Call, api: SlackApi) -> None:
    metadata = {"event_type": "pantau_alert", "event_payload": {"d": "7"}}
    ts = post(call, "before", metadata=metadata)["ts"]
    assert call("chat.update", channel="C1", ts=ts, text="after")["ts"] == ts
    (shown,) = call("conversations.history", channel="C1", include_all_metadata="true")["messages"]
    assert (shown["text"], shown["metadata"], "edited" in shown) == ("after", metadata, True)
    assert [receipt.identity for receipt in api.receipts] == ["d=7"]
    assert [message.text for message in api.updates] == ["after"]
    assert call("chat.update", channel="C1", ts="1.000000", text="x")["error"] == "message_not_found"


def test_what_somebody_deletes_is_gone_with_its_thread(call: Call, api: SlackApi) -> None:
    root = post(call)["ts"]
    post(call, thread_ts=root)
    api.remove("C1", root)
    assert call("conversations.history", channel="C1")["messages"] == []
    assert post(call, thread_ts=root)["error"] == "thread_not_found"


def test_history_is_looked_through_by_time_in_pages_newest_first(call: Call) -> None:
    stamps = [post(call, str(n))["ts"] for n in range(7)]
    window = {"oldest": stamps[1], "latest": stamps[5], "inclusive": "true", "limit": 2}
    texts, cursor = [], ""
    for _ in range(3):
        page = call("conversations.history", channel="C1", **window, cursor=cursor)
        texts += [said["text"] for said in page["messages"]]
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
    assert (texts, page["has_more"], cursor) == (["5", "4", "3", "2", "1"], False, "")
    outside = call("conversations.history", channel="C1", oldest=stamps[1], latest=stamps[5])
    assert [said["text"] for said in outside["messages"]] == ["4", "3", "2"]


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"limit": 1000}, "invalid_limit"),
        ({"limit": "many"}, "invalid_limit"),
        ({"cursor": "no cursor"}, "invalid_cursor"),
        ({"cursor": "bmV4dA=="}, "invalid_cursor"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "1.2.3"}, "invalid_ts_latest"),
    ],
)
def test_a_look_that_makes_no_sense_is_refused(call: Call, asked: dict[str, Any], word: str) -> None:
    assert call("conversations.history", channel="C1", **asked)["error"] == word


def test_metadata_is_shown_only_when_it_is_asked_for(call: Call) -> None:
    post(call, metadata={"event_type": "pantau_alert", "event_payload": {"d": "7"}})
    (plain,) = call("conversations.history", channel="C1")["messages"]
    assert plain["metadata"] == {"event_type": "pantau_alert"}


@pytest.mark.parametrize("api", [{"lag_s": 3.5}], indirect=True)
def test_history_trails_behind(call: Call) -> None:
    post(call)
    seen = [len(call("conversations.history", channel="C1")["messages"]) for _ in range(3)]
    assert seen == [0, 1, 1]


@pytest.mark.parametrize(
    ("body", "word"), [(b"{", "invalid_json"), (b"[]", "json_not_object"), (b"{}", "channel_not_found")]
)
def test_what_is_no_request_is_refused(ask: Ask, api: SlackApi, body: bytes, word: str) -> None:
    headers = {"Content_Type": "application/json", "Authorization": f"Bearer {api.token}"}
    with running(api.app()) as url:
        for method in ("chat.postMessage", "conversations.history"):
            assert json.loads(ask(f"{url}/api/{method}", body, **headers).body)["error"] == word


HTML = "<html>sign in</html>"
MISHAPS = [
    (Complain("fatal_error", stored=True), 200, "fatal_error", 1),
    (Complain("fatal_error"), 200, "fatal_error", 0),
    (Refuse(429, "ratelimited", 30), 429, "ratelimited", 0),
    (Refuse(503, "service_unavailable"), 503, "service_unavailable", 0),
    (Garble(200, HTML), 200, HTML, 0),
    (Garble(200, HTML, stored=True), 200, HTML, 1),
    (Garble(429, HTML, {"Retry-After": "Mon, 23 Nov 2026 07:05:00 GMT"}), 429, HTML, 0),
]


@pytest.mark.parametrize(("mishap", "status", "words", "stored"), MISHAPS)
def test_a_mishap_comes_once_and_says_what_the_script_says(
    ask: Ask, mishap: Any, status: int, words: str, stored: int
) -> None:
    api = SlackApi(Script([mishap]))
    with running(api.app()) as url:
        headers = {"Content_Type": "application/json", "Authorization": f"Bearer {api.token}"}
        got = ask(f"{url}/api/chat.postMessage", b'{"channel":"C1","text":"x"}', **headers)
        assert (got.status, words in got.text, len(api.standing("C1"))) == (status, True, stored)
        if status == 429:
            assert got.headers["retry-after"]
        ask(f"{url}/api/chat.postMessage", b'{"channel":"C1","text":"x"}', **headers)
    assert len(api.roots) == stored + 1


@pytest.mark.parametrize("accepted", [True, False])
def test_a_hang_up_gives_no_answer_whether_the_message_stands_or_not(ask: Ask, accepted: bool) -> None:
    api = SlackApi(Script(receivers={"C1": [HangUp(accepted)]}), looks=Script([Complain("internal_error")]))
    with running(api.app()) as url:
        headers = {"Authorization": f"Bearer {api.token}"}
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask(f"{url}/api/chat.postMessage", b"channel=C1&text=x", **headers, Content_Type=FORM)
        assert len(api.standing("C1")) == accepted
        got = [
            ask(f"{url}/api/conversations.history", b"channel=C1", **headers, Content_Type=FORM)
            for _ in range(2)
        ]
    assert [json.loads(answer.body).get("error") for answer in got] == ["internal_error", None]
    assert [call.word for call in api.calls] == ["hung up", "internal_error", "ok"]


FORM = "application/x-www-form-urlencoded"


def test_an_answer_that_only_mail_knows_is_a_mistake_of_the_script(ask: Ask) -> None:
    api = SlackApi(Script([RefuseAtEnd(552), Accept()]))
    with running(api.app()) as url:
        headers = {"Authorization": f"Bearer {api.token}", "Content_Type": FORM}
        assert ask(f"{url}/api/chat.postMessage", b"channel=C1&text=x", **headers).status == 500
    assert api.standing("C1") == ()


def test_what_comes_twice_is_counted(call: Call, api: SlackApi) -> None:
    for channel in ("C1", "C1", "C2"):
        post(call, channel=channel, metadata={"event_type": "pantau_alert", "event_payload": {"d": "7"}})
    assert doubled(api.receipts) == {("C1", "d=7"): 2}


def test_slacks_own_client_finds_what_it_expects(api: SlackApi) -> None:
    metadata = {"event_type": "pantau_alert", "event_payload": {"d": "7"}}
    with running(api.app()) as url:
        client = WebClient(token=api.token, base_url=f"{url}/api/", retry_handlers=[])
        assert client.auth_test()["user"] == "pantau"
        root = client.chat_postMessage(channel="C1", text="root", metadata=metadata)["ts"]
        client.chat_postMessage(channel="C1", text="reply", thread_ts=root)
        client.chat_update(channel="C1", ts=root, text="changed")
        pages = list(client.conversations_history(channel="C1", limit=1, include_all_metadata=True))
        assert [said["metadata"] for page in pages for said in page["messages"]] == [metadata]
        replies = client.conversations_replies(channel="C1", ts=root)["messages"]
        assert [said["text"] for said in replies] == ["changed", "reply"]
        with pytest.raises(SlackApiError, match="channel_not_found"):
            client.chat_postMessage(channel="#desk", text="x")
