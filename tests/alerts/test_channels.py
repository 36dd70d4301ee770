"""What every channel promises, the ones to come included: these tests run over the registry."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from alerts.channel import Blocked, Channel, Composed, Later, MailReply, Push, Sent, Unsure
from alerts.channels import channels, collect
from worker.wire import Failure, Reply, Request

Make = Callable[..., Any]


def example_of_the_guide() -> ModuleType:
    """The file that docs/how-to/add-a-channel.md has its readers write."""
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-channel.md"
    (source,) = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    module = ModuleType("alerts.channels.ntfy")
    exec(compile(source, str(guide), "exec"), module.__dict__)
    return module


KINDS: dict[str, Channel] = {**collect([example_of_the_guide()]), **channels()}
EVERY = sorted(KINDS)
OVER_HTTP = [kind for kind in EVERY if KINDS[kind].credential != "smtp"]
# A kind with a credential of its own posts to the operator's address, which no channel's owner can mend.
SCOPE = {kind: "sender" if KINDS[kind].credential else "channel" for kind in OVER_HTTP}
ACCEPTANCE = {"slack_bot": (b'{"ok":true,"ts":"1795417260.000100"}', "1795417260.000100")}
HOSTILE = {
    "mentions": "<!channel> <@U1> <https://evil.example|bank> *x* _y_ `z` :boom: &amp; &lt;",
    "encoded word": "=?utf-8?q?a=0ABcc:_x=40y.org?= tail",
    "long": "panjang " * 12_500,
    "ampersands": "&" * 5000,
    "lone surrogate": "abc \ud800 def",
    "right to left": "\u202egnp.exe \u2067 \u200f عنوان",
    "line breaks": "a\r\nBcc: x@y.org\u2028b\x0bc\x85d",
    "nul": "a\0b",
    "markup": "<script>alert(1)</script><img src=x onerror=y>\"'",
    "nothing": "",
    "address": "see https://evil.example/login now",
}
BAD_LINKS = [
    "javascript:alert(1)",
    "data:text/html,<b>",
    "http://user:pw@evil.example/",
    "https://evil.example/\nX: y",
    "https://evil.example/" + "a" * 10_000,
    "",
]


def answered(status: int, body: bytes = b"", **headers: str) -> Reply:
    return Reply(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, body, "https://x.example/"
    )


def words_of(composed: Composed) -> str:
    """Everything a receiver can read in it."""
    if isinstance(composed, Push):
        return f"{composed.title}\n{composed.body}"
    if isinstance(composed, Request):
        body = composed.body.decode()
        is_json = composed.headers["Content-Type"].startswith("application/json")
        return json.dumps(json.loads(body), ensure_ascii=False) if is_json else body
    message = email.message_from_bytes(composed.message, policy=email.policy.default)
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return "\n".join([str(message["Subject"]), *parts])


def compose(kind: str, letter: Any, row: Any) -> Composed:
    return KINDS[kind].compose(letter, row)


def test_the_kinds_are_found_by_their_files() -> None:
    assert {"email", "slack_webhook", "slack_bot", "webhook"} <= set(EVERY)
    for kind, found in channels().items():
        assert found.kind == kind


@pytest.mark.parametrize("offer", [{}, {"channel": None}, {"channel": SimpleNamespace(kind="other")}])
def test_a_module_that_offers_no_channel_is_named_and_refused(offer: dict[str, Any]) -> None:
    module = ModuleType("alerts.channels.pigeon")
    module.__dict__.update(offer)
    with pytest.raises(ImportError, match=r"alerts\.channels\.pigeon offers no channel"):
        collect([module])


@pytest.mark.parametrize("kind", EVERY)
def test_an_ordinary_target_can_be_used(kind: str, row_of: Make) -> None:
    row = row_of(kind)
    assert KINDS[kind].check(row.to.reveal(), row.options) is None


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    "to",
    ["", "x", "javascript:alert(1)", "https://user:hush-hush@x.example/", "a\r\nb@x.example", "\ud800", "@"],
)
def test_a_target_that_cannot_be_used_is_refused_with_a_sentence(kind: str, to: str) -> None:
    complaint = KINDS[kind].check(to, {})
    assert complaint
    assert len(complaint) > 20
    complaint.encode()


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_the_complaint_about_an_address_shows_nothing_of_it(kind: str) -> None:
    complaint = KINDS[kind].check("https://user:hush-hush@x.example/", {})
    assert complaint is not None
    assert "hush" not in complaint


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("simpler", [0, 1, 5])
def test_the_message_names_topic_title_and_link(
    kind: str, simpler: int, letter_of: Make, row_of: Make
) -> None:
    words = words_of(compose(kind, letter_of(simpler=simpler), row_of(kind)))
    for word in ("NATO", "Perundingan pakta pertahanan", "https://news.example.id/a?b=1"):
        assert word in words


@pytest.mark.parametrize("kind", EVERY)
def test_both_topics_of_one_article_are_named(
    kind: str, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    item = item_of(topics=("NATO", "Ukraina"))
    words = words_of(compose(kind, letter_of(item, topics=("NATO", "Ukraina")), row_of(kind)))
    assert "NATO" in words
    assert "Ukraina" in words


@pytest.mark.parametrize("kind", EVERY)
def test_a_possible_repeat_and_a_mere_summary_are_marked(
    kind: str, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    letter = letter_of(item_of(summary_only=True), possible_repeat=True)
    words = words_of(compose(kind, letter, row_of(kind))).lower()
    assert "possible repeat" in words or '"possible_repeat": true' in words
    assert "summary only" in words or '"summary_only": true' in words


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("simpler", [0, 1])
def test_two_hundred_articles_are_all_named_with_their_links(
    kind: str, simpler: int, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    items = [
        item_of(
            article=n,
            title=f"Artikel nomor {n}: " + "judul " * 20,
            url=f"https://news.example.id/{n}/" + "s" * 60,
        )
        for n in range(1, 201)
    ]
    letter = letter_of(*items, kind="backlog", backlog_total=200, simpler=simpler)
    words = words_of(compose(kind, letter, row_of(kind)))
    for n in range(1, 201):
        assert f"Artikel nomor {n}:" in words
        assert f"https://news.example.id/{n}/" in words


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("count", [2, 10, 11, 2000])
@pytest.mark.parametrize("simpler", [0, 1])
def test_any_number_of_articles_of_any_kind_can_be_told(
    kind: str, count: int, simpler: int, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    items = [item_of(article=n, quote="kalimat NATO " * 30) for n in range(count)]
    words = words_of(compose(kind, letter_of(*items, kind="digest", simpler=simpler), row_of(kind)))
    assert words.count("https://news.example.id/a") >= min(count, 200)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("simpler", [0, 1])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_delivered_as_text(
    kind: str, simpler: int, text: str, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    item = item_of(title=text, quote=text, source=text, topics=(text, "NATO"), marks=((0, 3), (2, 900)))
    letter = letter_of(item, topics=(text, "NATO"), subscriptions=(text,), simpler=simpler)
    words = words_of(compose(kind, letter, row_of(kind)))
    assert "NATO" in words
    assert "https://news.example.id/a?b=1" in words
    assert not set(words) & set("\0\u202e\u2067\u200f\ud800")


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("simpler", [0, 1])
@pytest.mark.parametrize("url", BAD_LINKS)
def test_a_bad_link_is_left_out_and_the_article_told_all_the_same(
    kind: str, simpler: int, url: str, letter_of: Make, item_of: Make, row_of: Make
) -> None:
    words = words_of(compose(kind, letter_of(item_of(url=url), simpler=simpler), row_of(kind)))
    assert "Perundingan pakta pertahanan" in words
    for trace in ("javascript:", "data:text", "evil.example"):
        assert trace not in words


@pytest.mark.parametrize("kind", EVERY)
def test_the_same_letter_is_composed_alike_each_time(kind: str, letter_of: Make, row_of: Make) -> None:
    assert compose(kind, letter_of(), row_of(kind)) == compose(kind, letter_of(), row_of(kind))


@pytest.mark.parametrize("kind", EVERY)
def test_no_secret_is_shown_by_a_repr_or_a_verdict(kind: str, row_of: Make) -> None:
    row = row_of(kind, to="https://hooks.example/hush-hush", secret="hush-hush")
    assert "hush" not in repr(row)
    if kind in OVER_HTTP:
        echo = answered(404, b"no such hook: https://hooks.example/hush-hush")
        assert "hush" not in repr(KINDS[kind].judge(echo))
        assert "hush" not in repr(KINDS[kind].judge(Failure("dns", "https://hooks.example/hush-hush")))


@pytest.mark.parametrize("kind", [kind for kind in OVER_HTTP if kind != "apprise"])
def test_a_post_follows_no_redirect_and_reads_little(kind: str, letter_of: Make, row_of: Make) -> None:
    request = compose(kind, letter_of(), row_of(kind))
    assert isinstance(request, Request)
    assert (request.method, request.max_redirects) == ("POST", 0)
    repeats_what_was_sent = 64 * 1024 + 2 * len(request.body)
    assert request.max_bytes <= (repeats_what_was_sent if kind == "slack_bot" else 4096)
    assert request.headers["Content-Type"]


@pytest.mark.parametrize("kind", OVER_HTTP)
def test_acceptance_is_sent(kind: str) -> None:
    body, name = ACCEPTANCE.get(kind, (b"ok", None))
    assert KINDS[kind].judge(answered(200, body)) == Sent(name)


RETRY_AFTER = [
    ({"retry_after": "30"}, timedelta(seconds=30)),
    ({"retry_after": "1.5"}, timedelta(seconds=1.5)),
    ({"retry_after": " 7 "}, timedelta(seconds=7)),
    ({"retry_after": "0"}, timedelta(seconds=1)),
    ({"retry_after": "-1"}, timedelta(seconds=1)),
    ({"retry_after": "99999999"}, timedelta(hours=1)),
    ({"retry_after": "9" * 5000}, timedelta(hours=1)),
    (
        {"retry_after": "Mon, 23 Nov 2026 07:05:00 GMT", "date": "Mon, 23 Nov 2026 07:03:00 GMT"},
        timedelta(minutes=2),
    ),
    (
        {"retry_after": "Mon, 23 Nov 2020 07:05:00 GMT", "date": "Mon, 23 Nov 2026 07:03:00 GMT"},
        timedelta(seconds=1),
    ),
    (
        {"retry_after": "Mon, 23 Nov 2096 07:05:00 GMT", "date": "Mon, 23 Nov 2026 07:03:00 -0000"},
        timedelta(hours=1),
    ),
    ({"retry_after": "Mon, 23 Nov 2026 07:05:00 GMT"}, None),
    ({"retry_after": "soon"}, None),
    ({"retry_after": "nan"}, None),
    ({"retry_after": "٣٠"}, timedelta(seconds=30)),
    ({"retry_after": "Mon, 99 Nov 0000 99:99:99 GMT", "date": "Mon, 23 Nov 2026 07:03:00 GMT"}, None),
    ({}, None),
]


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize(("headers", "pause"), RETRY_AFTER)
def test_too_many_requests_pauses_the_channel_for_as_long_as_asked(
    kind: str, headers: dict[str, str], pause: timedelta | None
) -> None:
    verdict = KINDS[kind].judge(answered(429, b"slow down", **headers))
    assert verdict == Later("http_429", pause, whole_channel=True)


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 403, 404, 405, 410, 501])
def test_a_target_that_is_gone_blocks_who_can_mend_it_and_loses_nothing(kind: str, status: int) -> None:
    verdict = KINDS[kind].judge(answered(status, b"<html>gone</html>"))
    assert verdict == Blocked(f"http_{status}", SCOPE[kind])


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("reason", ["bad_url", "blocked", "redirects"])
def test_an_address_that_may_not_be_reached_blocks_who_can_mend_it(kind: str, reason: Any) -> None:
    assert KINDS[kind].judge(Failure(reason, "")) == Blocked(reason, SCOPE[kind])


@pytest.mark.parametrize("kind", OVER_HTTP)
@pytest.mark.parametrize("reason", ["dns", "refused", "tls", "timeout", "reset"])
def test_what_was_never_written_is_surely_not_delivered(kind: str, reason: Any) -> None:
    assert KINDS[kind].judge(Failure(reason, "", written=False)) == Later(reason)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    "status", [100, 204, 302, 400, 402, 404, 408, 409, 418, 429, 451, 499, 500, 502, 503, 504, 599, 700]
)
def test_every_answer_has_a_meaning_with_a_named_reason(kind: str, status: int) -> None:
    channel: Channel = KINDS[kind]
    answers: list[Any] = (
        [answered(status, body) for body in (b"", b"no_such_word", b"\xff" * 5000)]
        if kind in OVER_HTTP
        else [
            MailReply(phase, status, "x" * 5000)
            for phase in ("connect", "tls", "login", "mail", "rcpt", "data", "body", "dot")
        ]  # type: ignore[arg-type]
    )
    for answer in answers:
        verdict = channel.judge(answer)
        reason = getattr(verdict, "reason", "sent")
        assert 0 < len(reason) < 80


@pytest.mark.parametrize("kind", EVERY)
def test_an_answer_from_the_wrong_kind_of_server_is_a_mistake_of_ours(kind: str) -> None:
    wrong: Any = MailReply("dot", 250, "") if kind in OVER_HTTP else answered(200, b"ok")
    with pytest.raises(TypeError):
        KINDS[kind].judge(wrong)


def test_unsure_and_later_are_never_confused_with_sent() -> None:
    verdicts = {type(KINDS[kind].judge(answered(500))) for kind in OVER_HTTP}
    assert verdicts <= {Later, Unsure}
