"""The measurement of feeds runs, and counts the entries of everybody it measures."""

from __future__ import annotations

import json

from click.testing import CliRunner

from benchmarks.reading.__main__ import main
from benchmarks.reading.corpus import broken, made_feeds
from worker.feeds.parse import parse_feed


def test_each_kind_of_feed_is_measured_against_each_peer(tmp_path):
    file = tmp_path / "figures.json"
    arguments = ["feeds", "--only", "2", "--rounds", "1", "--no-hostile", "--json", str(file)]
    done = CliRunner(env={"PANTAU_DATA": None}).invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    figures = json.loads(file.read_text("utf-8"))
    assert list(figures) == ["unchanged", "changed", "broken"]
    changed = figures["changed"]["peers"]
    assert changed["Pantau"]["entries"] == changed["feedparser"]["entries"]
    assert "2 made feeds, 2 of them well formed" in done.output


def test_what_can_be_measured_is_listed():
    assert "feeds" in CliRunner().invoke(main, ["--help"]).output


def test_the_same_seed_makes_the_same_feeds_and_broken_ones_keep_most_entries():
    feeds = made_feeds(7, 4)
    assert feeds == made_feeds(7, 4)
    for sound, spoilt in zip(feeds, broken(feeds), strict=True):
        assert sound.body != spoilt.body
        assert len(parse_feed(spoilt.body).entries) > 0.8 * len(parse_feed(sound.body).entries)
