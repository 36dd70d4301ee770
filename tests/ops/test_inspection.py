"""What there is to say about a feed's document and about an answer that brought none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ops.inspection import charset_facts, contents, has_wall, next_poll, praise, why_failed
from worker.model import Entry, FeedDocument, Words
from worker.wire import Failure, FailureReason, Reply

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
URL = "https://news.example/rss"


def entry(n, **facts):
    usual = {"id": f"g{n}", "link": f"https://news.example/{n}", "title": f"Entry {n}"}
    return Entry(**{**usual, **facts})


def document(*entries, **facts):
    return FeedDocument(format="rss20", entries=entries, **facts)


def reply(status=200, body=b"", **headers):
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, URL)


def test_the_entries_are_counted_by_what_they_lack():
    found = contents(
        document(
            entry(1, published=NOW - timedelta(minutes=10)),
            entry(2, updated=NOW - timedelta(minutes=40)),
            entry(
                3, published=NOW + timedelta(days=3), contents=(Words("x" * 2000),)
            ),  # a date ahead is none
            entry(4, id=None, title="", published=NOW - timedelta(minutes=70)),
            entry(1, link="https://news.example/other", published=NOW),
            entry(5, link=None),
        ),
        URL,
        NOW,
    )
    assert (found.count, found.undated, found.without_id, found.without_link, found.untitled) == (
        6,
        2,
        1,
        1,
        1,
    )
    assert (found.repeated, found.in_full) == (1, 1)
    assert (found.newest, found.oldest, found.gap_s) == (NOW, NOW - timedelta(minutes=70), 1800)


def test_of_nothing_there_is_nothing_to_say():
    found = contents(document(), URL, NOW)
    assert (found.count, found.newest, found.gap_s) == (0, None, None)


@pytest.mark.parametrize(
    ("body", "header", "facts"),
    [
        (b"<rss/>", "text/xml", (None, None, "utf-8")),
        ('<?xml version="1.0" encoding="windows-1251"?><r>Київ</r>'.encode("cp1251"), "text/xml; charset=utf-8",
         ("utf-8", "windows-1251", "cp1251")),
        ("<html><meta charset=koi8-r>Москва</html>".encode("koi8-r"), "text/html", (None, "koi8-r", "koi8-r")),
        ("<r>Київ</r>".encode("utf-16"), "text/xml; charset=iso-8859-1", ("iso-8859-1", None, "utf-16-le")),
    ],
)  # fmt: skip
def test_the_charset_is_told_beside_what_was_declared(body, header, facts):
    found = charset_facts(body, header)
    assert (found.header, found.document, found.used) == facts


def test_the_next_poll_heeds_what_the_server_and_the_feed_want():
    news = document(entry(1, published=NOW))
    assert next_poll(reply(), news, NOW).reason == "news"
    hinted = next_poll(reply(cache_control="max-age=600"), news, NOW)
    assert (hinted.reason, hinted.in_s, hinted.at) == ("server_hint", 600, NOW + timedelta(seconds=600))


@pytest.mark.parametrize("reason", FailureReason.__args__)
def test_every_failure_says_what_to_do(reason):
    why, advice = why_failed(Failure(reason, "some detail"))
    assert why == f"{reason}: some detail"
    assert advice.endswith(".")


@pytest.mark.parametrize(
    "status", [204, 300, 304, 400, 401, 402, 403, 404, 406, 410, 418, 429, 451, 500, 503]
)
def test_every_status_says_what_to_do(status):
    why, advice = why_failed(reply(status))
    assert why.startswith(f"the server answered {status}")
    assert advice.endswith(".")


@pytest.mark.parametrize(
    "answer",
    [
        reply(403, cf_mitigated="challenge"),
        reply(403, x_datadome="protected"),
        reply(503, b"<title>Just a moment...</title>"),
        reply(200, b"Please solve this CAPTCHA"),
        reply(403, server="DDoS-Guard"),
    ],
    ids=str,
)
def test_a_wall_against_programs_is_known(answer):
    assert has_wall(answer)


def test_what_is_no_wall_is_none():
    assert not has_wall(reply(403, b"<h1>Forbidden</h1>", server="cloudflare"))
    assert "wall" not in why_failed(reply(404, b"captcha"))[0]


def test_the_last_word_on_a_feed_tells_how_old_its_news_is():
    def word(*entries):
        return praise(contents(document(*entries), URL, NOW), NOW)

    assert word() == "A feed without entries: sound, and silent so far."
    assert word(entry(1)) == "A feed whose entries have no dates: what is new is told by their ids."
    assert word(entry(1, published=NOW - timedelta(minutes=12))) == "A sound feed: 1 entry, 12 min old."
    assert (
        word(entry(1, published=NOW - timedelta(hours=2)), entry(2))
        == "A sound feed: 2 entries, the newest 2 h old."
    )
    assert "abandoned" in word(entry(1, published=NOW - timedelta(days=90)))
