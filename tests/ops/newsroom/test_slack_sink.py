from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from ops.newsroom import Accept, HangUp, Refuse, RefuseAtEnd, Script, SlackMessage, SlackSink, running
from ops.newsroom.slack_sink import once_each
from ops.newsroom.tally import doubled

if TYPE_CHECKING:
    from conftest import Ask, Got

HOOK = "/services/T1/B1/secret"


class Desk:
    """A sender without manners: posts, and tells what came back."""

    def __init__(self, ask: Ask, url: str) -> None:
        self._ask, self._url = ask, url

    def post(self, payload: Any, hook: str = HOOK) -> Got:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self._ask(self._url + hook, body, Content_Type="application/json")


@pytest.fixture
def sink(request: pytest.FixtureRequest) -> SlackSink:
    return SlackSink(getattr(request, "param", None))


@pytest.fixture
def desk(sink: SlackSink, ask: Ask) -> Iterator[Desk]:
    with running(sink.app()) as url:
        yield Desk(ask, url)


def test_a_good_message_is_answered_ok_and_kept(desk: Desk, sink: SlackSink) -> None:
    got = desk.post({"text": "Halo <http://x/y|dunia>"})
    assert (got.status, got.text) == (200, "ok")
    (message,) = sink.accepted
    assert (message.hook, message.text) == (HOOK, "Halo dunia")
    assert message.at.tzinfo is not None
    assert not sink.rejected


@pytest.mark.parametrize(
    ("payload", "status", "word"),
    [
        (b"not json", 400, "invalid_payload"),
        (b"\xff\xfe\x00", 400, "invalid_payload"),
        (b"", 400, "invalid_payload"),
        ([1], 400, "invalid_payload"),
        ({}, 400, "no_text"),
        ({"blocks": [{"type": "divider"}] * 51}, 400, "invalid_blocks"),
        ({"blocks": [{"type": "marquee"}]}, 400, "invalid_blocks"),
    ],
)
def test_a_bad_message_is_refused_with_slacks_word(
    desk: Desk, sink: SlackSink, payload: Any, status: int, word: str
) -> None:
    got = desk.post(payload)
    assert (got.status, got.text) == (status, word)
    assert not sink.accepted
    assert [(refusal.status, refusal.word) for refusal in sink.rejected] == [(status, word)]


def test_a_hook_that_does_not_exist_is_no_service(desk: Desk) -> None:
    got = desk.post({"text": "x"}, "/services/T1")
    assert (got.status, got.text) == (404, "no_service")


@pytest.mark.parametrize("sink", [once_each()], indirect=True)
def test_the_demos_mishaps_are_one_429_with_retry_after_and_one_500(desk: Desk, sink: SlackSink) -> None:
    got = [desk.post({"text": str(n)}) for n in range(8)]
    assert [reply.status for reply in got] == [200, 429, 200, 500, 200, 200, 200, 200]
    assert got[1].headers["retry-after"] == "2"
    assert [message.text for message in sink.accepted] == ["0", "2", "4", "5", "6", "7"]


@pytest.mark.parametrize("sink", [Script([Refuse(429)])], indirect=True)
def test_a_bad_message_does_not_use_up_the_script(desk: Desk) -> None:
    assert desk.post({}).status == 400
    assert desk.post({"text": "x"}).status == 429


@pytest.mark.parametrize(
    ("sink", "kept"),
    [(Script([HangUp(accepted=True)]), 1), (Script([HangUp(accepted=False)]), 0)],
    indirect=["sink"],
)
def test_a_hang_up_gives_no_answer_whether_the_message_was_taken_or_not(
    desk: Desk, sink: SlackSink, kept: int
) -> None:
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        desk.post({"text": "x"})
    assert len(sink.accepted) == kept
    assert desk.post({"text": "y"}).status == 200


@pytest.mark.parametrize(
    "sink", [Script([Accept()], receivers={"/services/T/B/two": [Refuse(404, "no_service")]})], indirect=True
)
def test_each_hook_may_have_a_script_of_its_own(desk: Desk) -> None:
    assert desk.post({"text": "x"}).status == 200
    assert desk.post({"text": "x"}, "/services/T/B/two").status == 404
    assert desk.post({"text": "x"}, "/services/T/B/two").status == 200


@pytest.mark.parametrize("sink", [Script([RefuseAtEnd(552)])], indirect=True)
def test_an_answer_that_only_mail_knows_is_a_mistake_of_the_script(desk: Desk, sink: SlackSink) -> None:
    assert desk.post({"text": "x"}).status == 500
    assert not sink.accepted


def test_a_delivery_that_comes_twice_is_counted(desk: Desk, sink: SlackSink) -> None:
    message = {"text": "x", "metadata": {"event_type": "alert", "event_payload": {"d": "7"}}}
    for hook in (HOOK, HOOK, "/services/T1/B1/other"):
        desk.post(message, hook)
    assert doubled(sink.receipts) == {(HOOK, "d=7"): 2}


def test_whoever_listens_hears_each_accepted_message(ask: Ask) -> None:
    heard: list[SlackMessage] = []
    sink = SlackSink(Script([Refuse(500)]), heard=heard.append)
    with running(sink.app()) as url:
        for text in ("one", "two"):
            ask(url + HOOK, json.dumps({"text": text}).encode())
    assert [message.text for message in heard] == ["two"]
    assert tuple(heard) == sink.accepted
