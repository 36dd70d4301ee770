"""The scale benchmark's pure parts: its sizes, what the server's log comes to, what the newsroom prints, its table."""

from __future__ import annotations

import asyncio
import random

import pytest

from benchmarks.reading.hosts import Asked
from benchmarks.scale import paper
from benchmarks.scale.newsroom import Newsroom
from benchmarks.scale.setting import Size, sizes
from benchmarks.scale.statements import costs, logged
from benchmarks.scale.table import beyond_idle, per_article, per_poll, rendered
from worker.feeds.parse import parse_feed

WORDS = paper.Words(
    paragraphs=(("One paragraph & more.", "Another one."), ("Satu paragraf.",)),
    titles=(("A title", "Another title"), ("Judul",)),
    languages=("en", "id"),
)


def test_sizes_are_feeds_and_seconds_and_must_grow():
    assert sizes("10000@300, 180000@3600") == (Size(10_000, 300), Size(180_000, 3600))
    assert Size(180_000, 3600).polls_per_s == 50
    assert [str(size) for size in sizes("10000@300,20000@90")] == ["10,000 every 5 min", "20,000 every 90 s"]
    for wrong in ("10000", "10000@", "0@300", "10@0", "", "ten@5"):
        with pytest.raises(ValueError, match="is no size"):
            sizes(wrong)
    with pytest.raises(ValueError, match="must grow"):
        sizes("20000@300,10000@300")


def test_a_message_of_the_server_goes_over_several_lines():
    lines = [
        "\ta line whose beginning was not seen",
        "LOG:  duration: 1.5 ms  execute <unnamed>: ",
        "\t    SELECT 1",
        "\tFROM feeds",
        "LOG:  duration: 0.5 ms  bind _pg3_1: SELECT 2",
    ]
    assert list(logged(lines)) == [
        "LOG:  duration: 1.5 ms  execute <unnamed>: \n    SELECT 1\nFROM feeds",
        "LOG:  duration: 0.5 ms  bind _pg3_1: SELECT 2",
    ]


def test_what_was_sampled_stands_for_many_and_what_was_slow_for_itself():
    messages = [
        "LOG:  duration: 1.0 ms  parse <unnamed>: SELECT 1",
        "LOG:  duration: 2.0 ms  bind <unnamed>: SELECT 1",
        "LOG:  duration: 3.0 ms  execute <unnamed>: SELECT 1",
        "LOG:  duration: 500.0 ms  execute _pg3_4: SELECT 1",
        "LOG:  duration: 100.0 ms  statement: COMMIT",
        "LOG:  checkpoint starting: time",
        "ERROR:  duration: 7 ms  execute x: SELECT 3",
    ]
    commit, one = costs(messages, rate=0.1, always_ms=250)
    assert (commit.statement, commit.total_ms, commit.asked) == ("COMMIT", 1000, 10)
    assert (one.total_ms, one.most_ms, one.asked) == (560, 500, 11)
    assert one.mean_ms == pytest.approx(560 / 11)
    assert commit.only_waits
    assert not one.only_waits


def test_a_feed_has_its_entries_no_two_alike():
    document = paper.document(WORDS, 2, paper.ENTRIES + 1, "http://127.1.0.3:8", at=1_790_000_000.0)
    entries = parse_feed(document).entries
    assert len({entry.link for entry in entries}) == len({entry.title for entry in entries}) == paper.ENTRIES
    assert entries[0].link == paper.link("http://127.1.0.3:8", 2, paper.ENTRIES + 1)
    assert entries[0].published.timestamp() == 1_790_000_000
    assert entries[-1].published == paper.published(2)


def test_the_newsroom_has_news_with_its_chance_and_answers_304_otherwise():
    def asked(room, path, *headers):
        head = "\r\n".join([f"GET {path} HTTP/1.1", *headers, "", ""])
        return asyncio.run(room.answer(Asked(head)))

    room = Newsroom(WORDS, hosts=1, dice=random.Random(1), port=80)
    etag = f'If-None-Match: "{paper.ENTRIES}"'
    assert asked(room, "/feed/7", etag).startswith(b"HTTP/1.1 304")
    room.news = 1.0
    assert asked(room, "/feed/7", etag).startswith(b"HTTP/1.1 200")
    room.news = 0.0
    assert asked(room, "/feed/7", f'If-None-Match: "{paper.ENTRIES + 1}"').startswith(b"HTTP/1.1 304")
    assert b"<h1>" in asked(room, f"/page/7/{paper.ENTRIES + 1}")
    assert asked(room, "/robots.txt").startswith(b"HTTP/1.1 404")
    assert asked(room, "/hook/3").endswith(b"ok")
    assert room.counted == {"304": 2, "200": 1, "pages": 1, "elsewhere": 1, "messages": 1}


def found(feeds, poll_ms, polls=1000):
    return {
        "size": str(Size(feeds, 300)),
        "wanted_per_s": feeds / 300,
        "polls": polls,
        "seconds": 10.0,
        "cpu_ms": {"poll": poll_ms * polls + 100, "read": 520.0, "postgres": 1000.0},
        "idle_ms_per_s": {"poll": 10.0, "read": 2.0},
        "late_s": {"p50": 0.1, "p95": 0.25, "most": 3.0},
        "articles": 10,
        "matches": 3,
        "told": 2,
        "told_s": {"p50": 1.0, "p95": 2.0, "most": 2.0},
        "mb": {"read": [440.0, 100.0], "beat": [50.0]},
        "database_bytes": 2.5e9,
        "hit_rate": 0.987,
        "wal": {"wal_bytes": 5e6, "wal_records": 20_000, "wal_fpi": 100, "checkpoints": 0},
        "newsroom_ms": 900.0,
        "load": 1.5,
        "tables": {
            "feeds": {
                "n_tup_upd": 2000, "n_tup_hot_upd": 1000, "mb": 10, "mb_of_indexes": 5, "mb_grown": 1, "dead": 7
            }
        },
        "looks_ms": {"tick": (0.5, "SELECT 1", 0.4)},
        "statements": [],
        "slowest": {"statement": "SELECT 1", "in_short": "SELECT 1", "most_ms": 12.0, "plan": "Result\n  x"},
    }  # fmt: skip


def test_what_an_idle_installation_uses_is_not_a_polls():
    one = found(10_000, 2.0)
    assert beyond_idle(one) == {
        "poll": pytest.approx(2.0),
        "read": pytest.approx(0.5),
        "postgres": pytest.approx(1.0),
    }
    assert per_poll(one) == pytest.approx(3.5)
    assert per_article(one) == pytest.approx(50.0)


def test_the_table_says_whether_a_poll_costs_the_same():
    told = rendered([found(10_000, 2.0), found(180_000, 2.1)])
    lines = told.splitlines()
    assert lines[2].startswith("| 10,000 every 5 min | 33.3 | 100.0 | 0.1 / 0.2 |")
    assert "| 440 (read) | 2.5 | 98.70% | 5.0 |" in lines[2]
    assert "a poll, 10,000 every 5 min to 180,000 every 5 min: +3% of CPU (flat" in told
    assert "not flat" in rendered([found(10_000, 2.0), found(180_000, 3.0)])
    assert "feeds 2000 changes, 50% in place" in told
