"""What a site bears: the pace against a plain model of it, and what its answers mean for all its feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.hosts import CRAWL_DELAY_MOST_S, Host, cooling, give_back, hear, open_at, take
from worker.pace import Pace
from worker.wire import site_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SITE = "news.example:443"


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def test_a_burst_goes_at_once_and_then_the_even_pace_is_kept():
    host, granted = Host(SITE, pace=Pace(100, 4.0, 20)), []
    for tenth in range(100):
        turns, host = take(host, later(tenth / 10), 100, 0.05)
        granted.append(len(turns))
    assert granted[0] == 20
    assert sum(granted) == 20 + 39
    assert max(granted[1:]) == 1


def test_no_more_connections_at_once_than_the_site_bears_until_one_is_given_back_or_lapses():
    turns, host = take(Host(SITE), NOW, 5, 40)
    assert len(turns) == 2
    assert len({turn.until for turn in turns}) == 2
    assert take(host, later(1), 1, 40)[0] == ()
    assert open_at(host, later(1)) == turns[0].until
    freed = give_back(host, turns[1].until)
    assert len(take(freed, later(1), 5, 40)[0]) == 1
    assert len(take(host, later(41), 5, 40)[0]) == 2, "a killed worker's connections lapse"
    assert give_back(freed, turns[1].until) == freed, "given back twice is given back once"


@given(
    st.integers(1, 5),
    st.floats(0.1, 50),
    st.integers(1, 30),
    st.none() | st.floats(0.1, CRAWL_DELAY_MOST_S),
    st.lists(st.tuples(st.floats(0, 10), st.integers(0, 8), st.booleans()), max_size=60),
)
def test_whatever_comes_a_site_never_sees_more_than_its_pace(connections, per_second, burst, delay_s, steps):
    host = Host(SITE, pace=Pace(connections, per_second, burst), delay_s=delay_s)
    bears = host.bears
    now, granted, held = NOW, [], []
    for seconds, count, back in steps:
        now += timedelta(seconds=seconds)
        held = [until for until in held if until > now]
        if back and held:
            host = give_back(host, held.pop(0))
        was_open = open_at(host, now) <= now
        turns, host = take(host, now, count, 30)
        assert bool(turns) == (was_open and count > 0)
        held += [turn.until for turn in turns]
        granted += [now] * len(turns)
        assert len(held) <= bears.connections
        assert len(set(host.leases)) == len(host.leases)
    for first in range(len(granted)):
        for last in range(first, len(granted)):
            span = (granted[last] - granted[first]).total_seconds()
            assert last - first + 1 <= bears.burst + span * bears.per_second + 1e-3


def test_a_crawl_delay_goes_before_the_pace_and_never_makes_it_quicker():
    slow = Host(SITE, delay_s=10.0)
    turns, slow = take(slow, NOW, 5, 40)
    assert len(turns) == 1
    slow = give_back(slow, turns[0].until)
    assert open_at(slow, NOW) == later(10)
    assert Host(SITE, delay_s=0.01).bears.per_second == 4.0


def answered(host, *answers, apart_s=30):
    now = NOW
    for status, retry_after in answers:
        host, now = hear(host, status, retry_after, now), now + timedelta(seconds=apart_s)
    return host


GOOD = replace(Host(SITE), ok_at=NOW - timedelta(minutes=10))
CASES = {
    "429 with seconds": (Host(SITE), [(429, "900")], 900),
    "429 with a date": (Host(SITE), [(429, "Mon, 23 Nov 2026 12:15:00 GMT")], 900),
    "503 with seconds": (Host(SITE), [(503, "120")], 120),
    "503 without": (Host(SITE), [(503, None)], None),
    "429 without": (Host(SITE), [(429, None)], 60),
    "a day at most": (Host(SITE), [(429, "9999999")], 86400),
    "the longer pause stays": (Host(SITE), [(429, "900"), (503, "60")], 900),
    "one 403": (GOOD, [(403, None)], None),
    "403 to several, after good answers": (GOOD, [(403, None), (403, None)], 90),
    "403 as ever": (Host(SITE), [(403, None)] * 9, None),
    "403, good, 403": (GOOD, [(403, None), (200, None), (403, None)], None),
    "403 long after the last good one": (replace(GOOD, ok_at=later(-7200)), [(403, None)] * 5, None),
    "no answer": (GOOD, [(None, None)] * 5, None),
    "500": (GOOD, [(500, "900")] * 5, None),
}


@pytest.mark.parametrize(("host", "answers", "seconds"), CASES.values(), ids=CASES.keys())
def test_which_answers_are_about_the_whole_site(host, answers, seconds):
    after = answered(host, *answers)
    assert (after.paused_until > NOW) == (seconds is not None)
    if seconds is not None:
        assert after.paused_until == later(seconds)
        assert after.paused_why
        assert take(after, later(seconds - 1), 1, 1)[0] == ()
        assert take(after, later(seconds), 1, 1)[0]


def test_a_site_that_goes_on_refusing_is_left_alone_for_longer_each_time_up_to_an_hour():
    host, now, pauses = GOOD, NOW, []
    for _ in range(30):
        host = hear(replace(host, ok_at=now), 429, None, now)
        pauses.append((host.paused_until - now).total_seconds())
        now = host.paused_until
    assert pauses[:4] == [60, 120, 240, 480]
    assert pauses[-1] == 3600
    assert hear(host, 200, None, now).refusals == 0


def test_answers_to_what_was_asked_before_a_pause_do_not_lengthen_it():
    once = answered(GOOD, (403, None), (403, None))
    assert hear(once, 403, None, later(35)) == once


def test_a_feed_waits_with_its_site_only_for_answers_that_may_mean_the_site():
    paused = replace(Host(SITE), paused_until=later(60))
    assert cooling(paused, 403, NOW) == cooling(paused, 429, NOW) == later(60)
    assert cooling(paused, 500, NOW) is cooling(paused, None, NOW) is cooling(Host(SITE), 403, NOW) is None


SITES = {
    "http://a.example/rss": "a.example:80",
    "https://A.example": "a.example:443",
    "https://a.example:8443/x?y": "a.example:8443",
    "http://a.example?x=:1": "a.example:80",
    "http://[::1]:8080/x": "::1:8080",
    "http://[::1]/x": "::1:80",
    "https://a.example:/x": "a.example:443",
    "HTTPS://a.example#f": "a.example:443",
}


@pytest.mark.parametrize(("url", "site"), SITES.items(), ids=SITES.keys())
def test_a_site_is_a_host_with_its_port(url, site):
    assert site_of(url) == site
