"""`parse`, `extract` and `match` on files, to the letter of what scripts rely on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main
from ops.cli.durations import Durations

REPOSITORY = Path(__file__).resolve().parents[3]

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harian</title><link>https://a.example/</link>
<language>id</language>
<item><title>Satu</title><link>/1</link><guid>g1</guid><pubDate>Mon, 23 Nov 2026 07:00:00 +0700</pubDate>
<description>&lt;p&gt;Ringkasan &amp;amp; isi&lt;/p&gt;</description><category>war</category></item>
<item><title>Dua</title></item></channel></rss>"""
WORDS = "Perundingan di Jenewa berlangsung hingga larut malam tanpa hasil yang diumumkan kepada wartawan. "
PAGE = f"""<html lang="id"><head><title>Judul</title><meta name="author" content="Sari Utami">
<link rel="canonical" href="https://a.example/satu"></head><body><nav>Menu NATO</nav>
<article><h1>Judul</h1><p>{WORDS}</p><p>{WORDS}</p><p>{WORDS}</p></article></body></html>""".encode()


@dataclass(frozen=True)
class Told:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]


@pytest.fixture
def pantau(capfdbinary, monkeypatch):
    """Runs `pantau ARGUMENTS` with this standard input."""

    def run(*arguments: object, stdin: bytes = b"") -> Told:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        out, err = capfdbinary.readouterr()
        return Told(code, out.decode(), err.decode("utf-8", "replace"))

    return run


@pytest.fixture
def put(tmp_path):
    """Writes a file and gives its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def lines(*objects):
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects)


def test_a_feed_becomes_one_line_with_all_its_entries_in_order(pantau, put):
    file = put("feed.xml", RSS)
    told = pantau("parse", file, "--url", "https://a.example/rss", "--json")
    (found,) = told.lines
    assert told.code == 0
    assert list(found) == ["file", "format", "title", "link", "language", "entries", "warnings"]
    assert (found["file"], found["title"], found["language"]) == (str(file), "Harian", "id")
    first, second = found["entries"]
    assert first == {
        "id": "g1",
        "title": "Satu",
        "link": "https://a.example/1",
        "published": "2026-11-23T00:00:00Z",
        "updated": None,
        "summary": "Ringkasan & isi",
        "content": None,
        "authors": [],
        "tags": ["war"],
    }
    assert {name for name, value in second.items() if value is None} == {
        "id", "link", "published", "updated", "summary", "content",
    }  # fmt: skip


def test_a_page_becomes_one_line_with_the_article_alone(pantau, put):
    told = pantau("extract", put("page.html", PAGE), "--url", "https://a.example/satu?x=1", "--json")
    (found,) = told.lines
    assert list(found) == [
        "file",
        "title",
        "text",
        "language",
        "published",
        "authors",
        "canonical",
        "method",
        "wall",
    ]
    assert (found["title"], found["language"], found["authors"]) == ("Judul", "id", ["Sari Utami"])
    assert found["canonical"] == "https://a.example/satu"
    assert found["text"].startswith(WORDS.strip())
    assert "Menu" not in found["text"]


@pytest.mark.parametrize(("command", "content"), [("parse", RSS), ("extract", PAGE)])
def test_standard_input_is_a_file_too(pantau, command, content):
    told = pantau(command, "-", "--json", stdin=content)
    assert (told.code, told.lines[0]["file"]) == (0, "-")
    assert told.lines[0]["title"]


BAD = {"nothing": b"", "no feed": b"<html>", "noise": bytes(range(256)) * 40}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_file_that_is_no_feed_gives_a_line_with_its_error_and_stops_no_other(pantau, put, tmp_path, bad):
    files = put("bad", bad), tmp_path / "missing", tmp_path, put("good.xml", RSS)
    told = pantau("parse", *files, "--json")
    assert told.code == 3
    assert [line["file"] for line in told.lines] == [str(file) for file in files]
    assert ["error" in line for line in told.lines] == [True, True, True, False]


def test_a_missing_page_gives_a_line_with_its_error_and_stops_no_other(pantau, put, tmp_path):
    told = pantau("extract", tmp_path / "missing.html", put("p.html", PAGE), put("empty", b""), "--json")
    assert told.code == 3
    assert told.lines[0] == {"file": str(tmp_path / "missing.html"), "error": told.lines[0]["error"]}
    assert told.lines[1]["text"]


def test_words_for_people_come_without_json(pantau, put):
    told = pantau("parse", put("feed.xml", RSS), put("bad.xml", b"x"))
    assert "Satu" in told.out
    assert "bad.xml" in told.err
    assert told.code == 3
    assert "Jenewa" in pantau("extract", put("page.html", PAGE)).out


TOPICS = lines({"name": "NATO", "query": "nato"}, {"name": "Kyiv", "query": '"di kyiv" OR kyiv'})
ARTICLES = lines(
    {"id": 1, "title": "NATO di Kyiv", "body": "𝒩𝒜 🇺🇦 Kyiv: NATO."},
    {"id": "b", "title": "Banjir", "body": "Air naik."},
)


def match(pantau, put, topics=TOPICS, articles=ARTICLES, *options):
    return pantau(
        "match",
        "--topics",
        put("topics", topics),
        "--articles",
        put("articles", articles),
        "--json",
        *options,
    )


def test_a_match_is_a_line_with_its_places_counted_in_code_points(pantau, put):
    told = match(pantau, put)
    assert told.code == 0
    by_topic = {line["topic"]: line for line in told.lines}
    assert by_topic["NATO"] == {
        "id": 1,
        "topic": "NATO",
        "hits": [
            {"field": "title", "start": 0, "end": 4, "text": "NATO"},
            {"field": "body", "start": 12, "end": 16, "text": "NATO"},
        ],
    }
    article = json.loads(ARTICLES.splitlines()[0])
    for line in told.lines:
        for hit in line["hits"]:
            assert article[hit["field"]][hit["start"] : hit["end"]] == hit["text"]


def test_articles_may_come_on_standard_input_and_topics_from_a_watchlist(pantau, put):
    watchlist = put(
        "w.toml", "\ufeff[[topic]]\nname = 'NATO'\nquery = 'nato'\n[[feed]]\nurl = 'https://a.example/'\n"
    )
    told = pantau("match", "--topics", watchlist, "--articles", "-", "--json", stdin=ARTICLES.encode())
    assert [(line["id"], line["topic"]) for line in told.lines] == [(1, "NATO")]


def test_nothing_matched_is_exit_4(pantau, put):
    told = match(pantau, put, articles=lines({"id": 1, "title": "Banjir", "body": ""}))
    assert (told.code, told.out) == (4, "")


BAD_ARTICLES = {
    "no JSON": "{",
    "a list": "[1]",
    "no id": '{"title": "NATO"}',
    "a number for a title": '{"id": 1, "title": 5}',
    "tags that are none": '{"id": 1, "tags": "war"}',
    "nested too deep": '{"id": 1, "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "no number": '{"id": NaN, "title": "NATO"}',
}


@pytest.mark.parametrize("bad", BAD_ARTICLES.values(), ids=BAD_ARTICLES.keys())
def test_a_line_that_is_no_article_gives_its_error_and_stops_no_other(pantau, put, bad):
    told = match(pantau, put, articles=f"{bad}\n\n{ARTICLES}")
    assert told.code == 3
    errors = [line for line in told.lines if "error" in line]
    assert [line["line"] for line in errors] == [1]
    assert len(told.lines) == 3


def test_bytes_that_are_no_text_are_an_error_of_their_line(pantau, put):
    told = match(pantau, put, articles=b'{"id": 1, "title": "\xff"}\n' + ARTICLES.encode())
    assert (told.code, told.lines[0]["line"]) == (3, 1)


BAD_TOPICS = {
    "a query that is never closed": ('{"name": "x", "query": "(nato"}', {"name": "x", "column": 1}),
    "no query": ('{"name": "x"}', {"name": "x", "column": None}),
    "no JSON": ("{nonsense", {"name": "{nonsense", "column": None}),
    "nested too deep": ('{"a": ' + "[" * 100_000, {"column": None}),
}


@pytest.mark.parametrize(("bad", "facts"), BAD_TOPICS.values(), ids=BAD_TOPICS.keys())
def test_a_topic_that_cannot_be_used_gives_its_error_and_stops_no_other(pantau, put, bad, facts):
    told = match(pantau, put, topics=f"{TOPICS}{bad}\n")
    assert told.code == 3
    assert facts.items() <= told.lines[0].items()
    assert set(told.lines[0]) == {"error", "name", "column"}
    assert len(told.lines) == 3


def test_exit_3_goes_before_4(pantau, put):
    assert match(pantau, put, articles="{\n").code == 3


def test_signs_that_only_some_call_line_ends_do_not_part_a_topic(pantau, put):
    topic = '{"name": "line\u2028separator\x85next\x0c", "query": "nato"}\n'
    told = match(pantau, put, topics=topic.replace("\x0c", "\\f"))
    assert [line["topic"] for line in told.lines] == ["line\u2028separator\x85next\x0c"]


def test_lone_surrogates_go_out_as_they_came_in(pantau, put):
    told = match(pantau, put, articles='{"id": "\\ud83d", "title": "NATO \\ude00"}\n' + ARTICLES)
    assert told.code == 0
    assert told.lines[0]["id"] == "\ud83d"
    words = pantau(
        "match", "--topics", put("t", TOPICS), "--articles", "-", stdin=b'{"id": "\\ud83d", "title": "NATO"}'
    )
    assert "NATO" in words.out


def test_a_file_name_that_is_no_text_is_told_all_the_same(pantau, tmp_path):
    name = os.fsencode(tmp_path) + b"/feed\xff.xml"
    with open(name, "wb") as file:
        file.write(RSS)
    assert pantau("parse", os.fsdecode(name), "--json").lines[0]["file"] == os.fsdecode(name)
    assert "Satu" in pantau("parse", os.fsdecode(name)).out


@pytest.mark.parametrize("topics", ["[[topic", "just words", "[" * 100_000])
def test_a_topics_file_that_is_neither_kind_is_bad_input(pantau, put, topics):
    told = match(pantau, put, topics=topics)
    assert told.code == 65
    assert "neither a watchlist nor JSON Lines" in told.err


def test_a_missing_file_is_bad_input(pantau, put, tmp_path):
    for topics, articles in ((tmp_path / "no", put("a", ARTICLES)), (put("t", TOPICS), tmp_path / "no")):
        assert pantau("match", "--topics", topics, "--articles", articles, "--json").code == 65


def test_statistics_are_one_object_on_standard_error(pantau, put):
    told = match(pantau, put, TOPICS + '{"name": "x"}\n', ARTICLES, "--stats")
    stats = json.loads(told.err)
    assert (stats["topics"], stats["articles"], stats["matches"]) == (2, 2, 2)
    assert stats["seconds_to_load"] >= 0
    assert stats["seconds_to_match"] >= 0
    assert set(stats["microseconds_per_article"]) == {"mean", "p50", "p99"}
    assert len(told.lines) == 3


def test_statistics_of_nothing_are_no_numbers(pantau, put):
    stats = json.loads(match(pantau, put, TOPICS, "", "--stats").err)
    assert stats["microseconds_per_article"] == {"mean": None, "p50": None, "p99": None}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel tells no peak of memory here")
def test_a_file_of_many_articles_takes_no_more_memory_than_one_of_few(put):
    line = json.dumps({"id": 1, "title": "NATO", "body": "Anggota NATO bertemu. " * 40, "language": "id"})

    def peak_mb(articles: int) -> float:
        file = put(f"articles-{articles}", (line + "\n") * articles)
        # not getrusage: what it tells of a child includes its parent, up to the moment of exec
        peak = "lambda: print(re.search('VmHWM:\\\\s*([0-9]+)', open('/proc/self/status').read())[1], file=sys.stderr)"
        command = f"import atexit, re, sys; atexit.register({peak}); "
        command += "from ops.__main__ import main; main(sys.argv[1:])"
        topics = put("topics", '{"name": "x", "query": "@nato"}\n')
        words = [sys.executable, "-c", command, "match", "--topics", topics, "--articles", file]
        told = subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd=REPOSITORY)
        assert len(told.stdout.splitlines()) == articles
        return float(told.stderr.split()[-1]) / 1024

    few, many = peak_mb(200), peak_mb(20_000)  # the larger file has 18 MB
    assert many < few + 10


def test_percentiles_of_durations_are_right_to_one_in_a_hundred() -> None:
    durations = Durations()
    for number in range(1, 1001):
        durations.add(number / 1e6)
    assert durations.count == 1000
    assert durations.mean_us == 500.5
    assert durations.at_us(0.5) == pytest.approx(501, rel=0.01)
    assert durations.at_us(0.99) == pytest.approx(991, rel=0.01)
    assert durations.at_us(1) == pytest.approx(1000, rel=0.01)
