"""The journey's newsroom counts what was told and what was not, and a whole small way is measured with the floor."""

from __future__ import annotations

import json
import smtplib
from email.message import EmailMessage
from http.client import RemoteDisconnected
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from benchmarks.journey import paper
from benchmarks.journey.__main__ import main
from benchmarks.journey.outside import Report, ill_formed, outside
from benchmarks.journey.peers.floor import Floor
from benchmarks.journey.peers.newsboat import Newsboat
from benchmarks.journey.running import Spent
from benchmarks.journey.table import rendered
from benchmarks.journey.way import Setting, cost, journey
from worker.feeds.parse import parse_feed

FEEDS = 8
ILL = 7


@pytest.fixture(scope="module")
def world():
    with outside(FEEDS, slow_s=0.05) as running:
        yield running


def asked(url, **headers):
    try:
        with urlopen(Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.read(), answer.headers
    except HTTPError as error:
        return error.code, b"", error.headers


def hooked(world, *tokens):
    try:
        with urlopen(Request(world.places.hook, json.dumps(tokens).encode()), timeout=60) as answer:
            return answer.status
    except HTTPError as error:
        return error.code
    except RemoteDisconnected:
        return None


def mailed(world, token):
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = f"Кабар {token}", "a@b.example", "c@d.example"
    mail.set_content(f"Ще раз: {token}")
    with smtplib.SMTP("127.0.0.1", world.places.mail_port, timeout=60) as server:
        server.send_message(mail)


def test_a_feed_has_thirty_entries_its_validators_and_pages(world):
    url = world.places.feeds[0]
    status, body, headers = asked(url)
    entries = parse_feed(body).entries
    assert (status, len(entries)) == (200, paper.ENTRIES)
    assert asked(url, **{"If-None-Match": headers["ETag"]})[0] == 304
    assert asked(url, **{"If-Modified-Since": headers["Last-Modified"]})[0] == 304
    assert asked(url, **{"Accept-Encoding": "gzip"})[2]["Content-Encoding"] == "gzip"
    page = asked(entries[0].link)[1]
    assert paper.token(0, paper.ENTRIES).encode() in page
    assert len(page) > 50_000


def test_one_feed_in_a_hundred_is_gone_slow_or_ill_formed_and_the_others_are_well(world):
    kinds = [paper.kind(feed) for feed in range(500)]
    assert [kinds.count(kind) for kind in ("gone", "slow", "ill")] == [5, 5, 5]
    assert len(ill_formed(500)) == 150
    assert asked(world.places.feeds[3])[0] == 404
    ElementTree.fromstring(asked(world.places.feeds[0])[1])
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(asked(world.places.feeds[ILL])[1])
    assert len(parse_feed(asked(world.places.feeds[ILL])[1]).entries) == paper.ENTRIES


def test_only_what_was_accepted_counts_as_told(world):
    tokens = world.publish({0: 3, ILL: 1})
    assert all(token.encode() in asked(world.places.feeds[0])[1] for token in tokens[:3])
    first, second, poison, mailed_one = tokens
    world.receivers(poison=poison)
    assert (hooked(world, first), hooked(world, poison), hooked(world, first)) == (200, 500, 200)
    mailed(world, mailed_one)
    world.receivers(poison=mailed_one)
    with pytest.raises(smtplib.SMTPDataError):
        mailed(world, mailed_one)
    world.receivers(refuse_every=1)
    assert [hooked(world, second) for _ in range(3)] == [429, 500, None]
    with pytest.raises(smtplib.SMTPDataError):
        mailed(world, second)
    world.receivers()
    assert world.state()["told"] == 2
    report = world.report()
    assert report.lost(tokens) == sorted([second, poison])
    assert report.doubled(tokens) == 1
    assert report.refused == 6
    assert all(wait >= 0 for wait in report.waits(tokens, report.published))
    assert set(report.served) == set(tokens[:3])


def test_a_telling_counts_once_and_from_its_first_time():
    report = Report({"a": 1.0, "b": 1.0}, {"a": 2.0}, (("a", 5.0), ("a", 3.0), ("a", 9.0)), {}, 0)
    assert report.doubled(["a", "b"]) == 2
    assert report.lost(["a", "b"]) == ["b"]
    assert report.waits(["a", "b"], report.published) == [2.0]
    assert report.waits(["a", "b"], report.served) == [1.0]


def test_a_new_entry_costs_what_a_round_costs_beyond_its_polls():
    quiet = [Spent(1.0, 0.5, 500, {"poll": 0.5}), Spent(1.0, 0.6, 600, {"poll": 0.6})]
    news = [Spent(2.0, 1.5, 1000, {"poll": 1.2, "read": 0.3})]
    found = cost(news, quiet, tokens=50)
    assert found["cpu_ms_per_poll"] == pytest.approx(1.0)
    assert found["cpu_ms_per_new"] == pytest.approx(10.0)
    assert found["cpu_ms_per_new_by_part"] == pytest.approx({"poll": 4.0, "read": 6.0})


def test_who_is_not_installed_is_said_and_has_no_line(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    found = journey(Newsboat(), Setting(FEEDS, 1, 1, faults=False, patience_s=60, window_s=1))
    assert "newsboat: not installed: apt install newsboat" in rendered([found])


def test_peers_are_named_and_a_wrong_name_is_refused():
    assert "Pantau by webhook" in CliRunner().invoke(main, ["--peers", "list"]).output
    refused = CliRunner().invoke(main, ["--peers", "rss2fax"])
    assert refused.exit_code == 2
    assert "rss2email" in refused.output


def test_the_floor_goes_the_whole_way():
    setting = Setting(FEEDS, news=1, quiet=1, faults=True, patience_s=120, window_s=1, slow_s=0.05)
    found = journey(Floor(parse=True), setting)
    assert "gave_up" not in found
    assert found["ill"] == {"of": 30, "known": 30}
    assert (found["missed"], found["doubled"]) == (0, 0)
    assert found["quiet"][0]["asked"] == FEEDS
    assert [found[step]["lost"] for step in ("kill", "refusals", "poison")] == [0, 0, 0]
    assert found["poison"]["doubled"] == 0
    line = next(line for line in rendered([found]).splitlines() if line.startswith("| floor-feedparser"))
    assert "30 of 30" in line
