"""kill -9 of anything in mid-journey: nothing is lost."""

from __future__ import annotations

import time

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

VICTIMS = {
    "the worker that reads": ["--name read"],
    "the worker that sends": ["--name send"],
    "Valkey, with all its queues": ["valkey-server"],
    "PostgreSQL": ["bin/postgres"],
}


@pytest.mark.parametrize("victim", VICTIMS.values(), ids=VICTIMS.keys())
def test_a_kill_in_mid_journey_loses_nothing(victim, world, story, eventually):
    slugs = [f"kabar-{n:02}" for n in range(12)]
    w = world(
        tuple(story(slug, f"Kabar {n} dari Ukraina", "NATO menanggapi.") for n, slug in enumerate(slugs))
    )
    w.machine.start()
    eventually(lambda: w.newsroom.requests["/sentra/rss.xml"] > 0, 90, "the first poll")
    for n, slug in enumerate(slugs):
        w.newsroom.publish(slug)
        time.sleep(0.4)
        if n in (4, 8):
            eventually(lambda: len(w.slack.accepted) > 0, 90, "the journey is under way")
            for words in victim:
                w.machine.kill(words)
    # a lease may have to end first: 60 s for a poll, 30 s for a reading, 45 s for an attempt
    eventually(lambda: all(w.told_everywhere(slug) for slug in slugs), 150, "every article is told")
    eventually(lambda: w.machine.audit().get("waiting") == 0, 60, "nothing waits")
    audit = w.machine.audit()
    assert audit["lost"] == audit["doubled"] == audit["failed"] == 0
    repeats = sum(w.slack_told(slug) + w.mail_told(slug) - 2 for slug in slugs)
    assert repeats <= audit["possible_repeats"]
    assert w.machine.stop() < 15


def test_sigterm_at_any_moment_stops_within_15_seconds_and_loses_nothing(world, story, eventually):
    slugs = [f"warta-{n:02}" for n in range(9)]
    w = world(tuple(story(slug, f"Warta {n}: Ukraina", "NATO menanggapi.") for n, slug in enumerate(slugs)))
    w.machine.start()
    eventually(lambda: w.newsroom.requests["/sentra/rss.xml"] > 0, 90, "the first poll")
    for n, slug in enumerate(slugs):
        w.newsroom.publish(slug)
        if n in (2, 5):
            time.sleep(5.0 + n * 0.1)  # about when the poll, the reading, the sending happen
            assert w.machine.stop() < 15
            w.machine.start()
    eventually(lambda: all(w.told_everywhere(slug) for slug in slugs), 90, "every article is told")
    audit = w.machine.audit()
    assert audit["lost"] == audit["doubled"] == 0
    assert sum(w.slack_told(s) for s in slugs) <= len(slugs) + audit["possible_repeats"]


def test_a_second_up_on_the_same_data_refuses_and_names_the_first(world, story):
    w = world((story("satu", "Satu"),))
    w.machine.start()
    second = w.machine.run("up", "--port", "0", check=False)
    assert second.returncode == 75
    assert str(w.machine.process.pid) in second.stderr
