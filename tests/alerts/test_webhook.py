from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.channel import Blocked, Later, Sent, Simpler
from alerts.channels import webhook
from alerts.channels.webhook import LARGEST_BODY, channel, signing_key
from alerts.model import Coverage, Thread
from worker.wire import Failure, Reply, Request

Make = Callable[..., Any]
KEY = bytes(range(24))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def request(letter: Any, row: Any) -> Request:
    composed = channel.compose(letter, row)
    assert isinstance(composed, Request)
    return composed


def signed(sent: Request, key: bytes) -> str:
    """The signature as a receiver computes it from what it got."""
    content = b".".join(
        [sent.headers["webhook-id"].encode(), sent.headers["webhook-timestamp"].encode(), sent.body]
    )
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def answered(status: int, **headers: str) -> Reply:
    return Reply(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", "https://x.example/"
    )


def test_the_signature_agrees_with_the_published_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks: the vector of the reference libraries' tests
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    content = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body
    digest = hmac.new(signing_key(secret), content, hashlib.sha256).digest()
    assert base64.b64encode(digest).decode() == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_verify_who_sent_it(letter_of: Make, row_of: Make) -> None:
    sent = request(letter_of(), row_of("webhook", secret=SECRET))
    assert sent.headers["webhook-id"] == "0b7c-4d1e"
    assert sent.headers["webhook-timestamp"] == "1795417380"
    assert sent.headers["webhook-signature"] == signed(sent, KEY)


def test_while_a_secret_is_changed_both_sign(letter_of: Make, row_of: Make) -> None:
    sent = request(letter_of(), row_of("webhook", secret=f"{SECRET} a-plain-secret"))
    assert sent.headers["webhook-signature"].split() == [signed(sent, KEY), signed(sent, b"a-plain-secret")]


@pytest.mark.parametrize("secret", ["plain", "whsec_###", "whsec_abc", "whsec_пароль"])
def test_a_secret_that_is_no_base64_signs_as_it_is_written(secret: str) -> None:
    assert signing_key(secret) == secret.encode()


def test_without_a_secret_nothing_is_signed(letter_of: Make, row_of: Make) -> None:
    assert "webhook-signature" not in request(letter_of(), row_of("webhook")).headers


def test_the_body_is_as_documented(letter_of: Make, row_of: Make) -> None:
    assert json.loads(request(letter_of(), row_of("webhook")).body) == {
        "type": "pantau.article",
        "timestamp": "2026-11-23T07:03:00Z",
        "data": {
            "key": "0b7c-4d1e",
            "kind": "article",
            "thread": None,
            "summary": "[NATO] Perundingan pakta pertahanan",
            "topics": ["NATO"],
            "subscriptions": ["desk, at once"],
            "possible_repeat": False,
            "articles": [
                {
                    "title": "Perundingan pakta pertahanan",
                    "url": "https://news.example.id/a?b=1&c=2",
                    "source": "Harian Contoh",
                    "topics": ["NATO"],
                    "quote": "Sekjen NATO-nya tiba di Kyiv.",
                    "marks": [[7, 11]],
                    "published": "2026-11-23T07:01:00Z",
                    "seen": "2026-11-23T07:02:00Z",
                    "language": "id",
                    "summary_only": False,
                    "story": None,
                }
            ],
            "coverage": [],
            "notice": [],
            "more": 0,
        },
    }


def test_the_marks_still_fit_after_foreign_characters_were_dropped(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    item = item_of(quote="\u200bA  B\0 NATO!", marks=((7, 11),))
    (article,) = json.loads(request(letter_of(item), row_of("webhook")).body)["data"]["articles"]
    ((start, end),) = article["marks"]
    assert article["quote"][start:end] == "NATO"


def test_a_story_its_coverage_and_its_first_message_are_told(
    letter_of: Make, item_of: Make, row_of: Make
) -> None:
    letter = letter_of(
        item_of(story=17),
        kind="followup",
        thread=Thread(key="1f0c", title="The \u202efirst", remote_id="17.5"),
        coverage={17: Coverage(articles=9, outlets=7, languages=3)},
    )
    body = json.loads(request(letter, row_of("webhook")).body)
    data = body["data"]
    assert (body["type"], data["kind"]) == ("pantau.followup", "followup")
    assert data["thread"] == {"key": "1f0c", "title": "The first"}
    assert data["coverage"] == [{"story": 17, "articles": 9, "outlets": 7, "languages": 3}]
    assert data["articles"][0]["story"] == 17


def test_a_notice_is_sentences(letter_of: Make, row_of: Make) -> None:
    letter = replace(letter_of(kind="notice", notice=("The hook is gone.", "Mend it.")), items=())
    data = json.loads(request(letter, row_of("webhook")).body)["data"]
    assert (data["notice"], data["articles"]) == (["The hook is gone.", "Mend it."], [])


def test_every_field_is_documented(letter_of: Make, row_of: Make) -> None:
    data = json.loads(request(letter_of(), row_of("webhook")).body)["data"]
    for name in (*data, *data["articles"][0]):
        assert f'"{name}"' in (webhook.__doc__ or ""), name


@pytest.mark.parametrize("count", [1, 60, 300])
@pytest.mark.parametrize("size", [10, 100_000])
def test_the_body_never_grows_past_its_limit_and_counts_what_is_left_out(
    letter_of: Make, item_of: Make, row_of: Make, count: int, size: int
) -> None:
    long = "ж" * size
    items = [item_of(title=long, quote=long, source=long, topics=(long,) * 50)] * count
    letter = letter_of(*items, kind="digest", topics=(long,) * 50, subscriptions=(long,) * 50)
    body = request(letter, row_of("webhook")).body
    assert len(body) <= LARGEST_BODY
    data = json.loads(body)["data"]
    assert len(data["articles"]) + data["more"] == count
    assert data["articles"]


def test_the_plainer_form_has_no_quotes(letter_of: Make, row_of: Make) -> None:
    (article,) = json.loads(request(letter_of(simpler=1), row_of("webhook")).body)["data"]["articles"]
    assert (article["quote"], article["marks"]) == ("", [])


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (answered(200), Sent()),
        (answered(202), Sent()),
        (answered(204), Sent()),
        (answered(410), Blocked("http_410", "channel")),
        (answered(503), Later("http_503")),
        (answered(503, retry_after="9"), Later("http_503", timedelta(seconds=9), whole_channel=True)),
        (answered(408), Later("http_408")),
        (answered(400), Simpler("http_400")),
        (answered(413), Simpler("http_413")),
        (answered(422), Simpler("http_422")),
        (answered(500), Later("http_500")),
        (answered(502), Later("http_502")),
        (answered(100), Later("http_100")),
    ],
)
def test_a_programs_answers_are_understood(reply: Reply, verdict: object) -> None:
    assert channel.judge(reply) == verdict


@pytest.mark.parametrize("reason", ["timeout", "reset", "protocol", "too_large"])
def test_a_lost_answer_is_tried_again_because_the_id_tells_the_repeat(reason: Any) -> None:
    assert channel.judge(Failure(reason, "", written=True)) == Later(reason)
