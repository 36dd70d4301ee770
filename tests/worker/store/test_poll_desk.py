"""What the poll desk does with many feeds at once, and with sites that want to be left alone."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from worker.desks.poll import poll
from worker.wire import Failure, Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
HOME = "https://news.example/"


def rss(*titles):
    items = "".join(f"<item><title>{t}</title><link>https://news.example/{t}</link></item>" for t in titles)
    return f"<rss version='2.0'><channel><title>Harian</title>{items}</channel></rss>".encode()


class Web:
    """Answers by address; remembers what it was asked."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def ask(self, request):
        self.asked.append(request)
        answer = self.answers[request.url]
        return Reply(200, {}, answer, request.url) if isinstance(answer, bytes) else answer


@pytest.fixture
def run(kit):
    """Lets the desk work once against these answers, which stand below one site unless they are addresses."""

    def once(answers):
        full = {path if "://" in path else HOME + path: answer for path, answer in answers.items()}
        kit.web = Web(full)
        return asyncio.run(poll(kit, seconds=2))

    return once


def due_again(rows):
    rows.change("UPDATE feeds SET next_poll_at = now() - interval '1 s'")
    rows.change("UPDATE hosts SET due_at = 'epoch'")


def test_many_feeds_are_settled_together_each_with_its_own_outcome(rows, run):
    kinds = {
        "ok": rss("a"),
        "same": rss("b"),
        "not": Reply(304, {"etag": '"2"'}, b"", ""),
        "bad": Reply(500, {}, b"", ""),
    }
    ids = {f"https://{kind}{n}.example/": kind for kind in kinds for n in range(5)}
    for url in ids:
        rows.feed(url=url, etag='"1"')
    assert run({url: kinds[kind] for url, kind in ids.items()}) == 20
    found = rows.all("SELECT url, state, etag, failures, title FROM feeds")
    for url, state, etag, failures, title in found:
        assert (state, etag, failures, title) == {
            "ok": ("ok", None, 0, "Harian"),
            "same": ("ok", None, 0, "Harian"),
            "not": ("ok", '"2"', 0, None),
            "bad": ("failing", '"1"', 1, None),
        }[ids[url]]
    assert rows.one("SELECT count(*) FROM entries") == 10
    assert rows.one("SELECT count(*) FROM feeds WHERE lease_until > now()") == 0


def test_all_turns_are_given_back_and_the_sites_remember_that_they_answered(rows, run):
    for n in range(3):
        rows.feed(url=f"{HOME}{n}")
    run({str(n): rss("a") for n in range(3)})
    assert rows.one("SELECT cardinality(leases), ok_at > now() - interval '1 minute' FROM hosts") == (0, True)


def test_a_feed_that_was_polled_by_another_meanwhile_takes_nobody_with_it(kit, rows):
    for name in ("mine", "lost"):
        rows.feed(url=f"https://{name}.example/")

    class Slow(Web):
        async def ask(self, request):
            rows.change("UPDATE feeds SET lease_token = lease_token + 1 WHERE url LIKE '%lost%'")
            return await super().ask(request)

    kit.web = Slow({f"https://{name}.example/": rss(name) for name in ("mine", "lost")})
    asyncio.run(poll(kit, seconds=0.1))
    assert rows.all("SELECT title FROM entries") == [("mine",)]
    assert rows.all("SELECT state FROM feeds ORDER BY id") == [("ok",), ("new",)]


def test_what_the_database_refuses_makes_one_feed_fail_and_no_other(rows, run):
    rows.feed(url=f"{HOME}good")
    rows.feed(url=f"{HOME}bad")
    item = {"id": "1", "title": "half of a pair: \ud83d", "url": "https://news.example/x"}
    bad = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}).encode()
    assert run({"good": rss("a"), "bad": bad}) == 2
    (good, bad) = rows.all("SELECT state, last_error FROM feeds ORDER BY id")
    assert good == ("ok", None)
    assert bad[0] == "failing" or rows.one("SELECT count(*) FROM entries") == 2
    assert rows.one("SELECT count(*) FROM feeds WHERE lease_until > now()") == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_that_names_a_time_is_left_alone_with_all_its_feeds(rows, run, status):
    for n in range(4):
        rows.feed(url=f"{HOME}{n}", next_poll_at=NOW - timedelta(minutes=9 - n))
    rows.feed(url="https://other.example/")
    busy = Reply(status, {"retry-after": "900"}, b"", "")
    answers = {str(n): busy for n in range(4)} | {"https://other.example/": rss("a")}
    assert run(answers) == 3, "the two that were asked at once, and the other site's"
    until, why = rows.one(
        "SELECT extract(epoch FROM paused_until - now())::float, paused_why FROM hosts WHERE site LIKE 'news%'"
    )
    assert 890 < until <= 900
    assert str(status) in why
    assert run(answers) == 0, "nobody asks before its time"


def test_a_site_that_answered_well_and_now_refuses_several_is_throttling_and_its_feeds_do_not_fail(rows, run):
    for n in range(6):
        rows.feed(url=f"{HOME}{n}", last_ok_at=NOW)
    run({str(n): rss("a") for n in range(6)})
    due_again(rows)
    run({str(n): Reply(403, {}, b"", "") for n in range(6)})
    states = rows.all("SELECT state, next_poll_why, failures FROM feeds WHERE last_status = 403")
    assert ("ok", "host_cooling", 0) in states
    assert sum(failures for _, _, failures in states) <= 1
    assert rows.one("SELECT paused_until > now() FROM hosts")
    assert rows.one("SELECT count(*) FROM feeds WHERE last_status = 200") > 0, "the others were spared"


def test_a_site_that_always_refused_is_failing_as_ever(rows, run):
    for n in range(4):
        rows.feed(url=f"{HOME}{n}")
    run({str(n): Reply(403, {}, b"", "") for n in range(4)})
    assert rows.all("SELECT DISTINCT state, next_poll_why FROM feeds") == [("failing", "failing")]
    assert not rows.one("SELECT paused_until > now() FROM hosts")


def seen_moving(rows, to):
    ago = (NOW - timedelta(days=2)).timestamp()
    rhythm = {"move": {"to": to, "times": 2, "since": ago}, "full_at": ago}
    return rows.feed(url=f"{HOME}old", rhythm=rhythm, body_hash=b"x", last_ok_at=NOW)


def test_a_feed_that_moved_for_good_is_polled_at_its_new_place(kit, rows, run):
    there = "https://new.example/rss"
    rows.entry(seen_moving(rows, there))
    rows.change("INSERT INTO entry_keys SELECT feed_id, 'x', id FROM entries")
    answer = Reply(304, {}, b"", there, permanent_url=there)
    run({"old": answer})
    assert rows.one("SELECT url, found_url, site, notice FROM feeds") == (
        f"{HOME}old",
        there,
        "new.example:443",
        f"moved to {there}",
    )
    due_again(rows)
    run({there: rss("a")})
    assert kit.web.asked[0].url == there


def test_a_feed_that_moved_onto_one_that_is_watched_stays_and_says_so(rows, run):
    there = "https://new.example/rss"
    rows.feed(url=there, next_poll_at=NOW + timedelta(hours=1))
    seen_moving(rows, there)
    run({"old": Reply(304, {}, b"", there, permanent_url=there)})
    found, notice = rows.one("SELECT found_url, notice FROM feeds WHERE url LIKE '%old'")
    assert found is None
    assert "watched already" in notice


def test_a_site_without_an_answer_holds_no_connection_afterwards(rows, run):
    rows.feed(url=f"{HOME}x")
    run({"x": Failure("timeout", "no answer within 20 s")})
    assert rows.one("SELECT cardinality(leases) FROM hosts") == 0


def test_polls_that_clash_with_an_application_are_settled_one_by_one(kit, rows, run, monkeypatch):
    from worker.desks import poll as desk

    settle, tried = desk._settle, []

    def clashing(kit, connection, polled, now):
        tried.append(len(polled))
        if len(polled) > 1:
            raise OperationalError("UPDATE", {}, DeadlockDetected())
        return settle(kit, connection, polled, now)

    monkeypatch.setattr(desk, "_settle", clashing)
    for n in range(2):
        rows.feed(url=f"{HOME}{n}")
    run({str(n): rss("a") for n in range(2)})
    assert tried == [2, 1, 1]
    assert rows.all("SELECT DISTINCT state FROM feeds") == [("ok",)]
