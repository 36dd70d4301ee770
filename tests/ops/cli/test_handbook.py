"""Every command that docs/operate.md gives to an operator does what it is given for, in the order of the page."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from aiohttp import web

from ops.__main__ import COMMANDS, Commands
from ops.newsroom import SlackSink, running
from worker.settings import _PLAIN, _SECRETS

TEXT = (Path(__file__).parents[3] / "docs/operate.md").read_text()
NOW = datetime.now(UTC)
FEED, ARTICLE = "https://news.example.id/rss", "https://news.example.id/gempa"

FOUND, NOTHING, UNAVAILABLE = 1, 4, 69
ENDS = {"audit": {0, FOUND}, "doctor": {0, FOUND}, "health": {UNAVAILABLE}, "articles": {0, NOTHING}}
"""How those end that say by their code what they found: nothing runs in this test. All others end with 0."""
PROCESSES = ("up", "upgrade-database", "compile")
NAMED = ["users", "export", "release", "feeds add"]
"""Commands that a sentence mentions without having anybody type them."""


def commands() -> list[list[str]]:
    """What the page has an operator type: each once, in its order."""
    written: list[list[str]] = []
    for piece in re.findall(r"(?ms)^```sh\n.*?^```$|`[^`\n]+`", TEXT):
        lines = piece.splitlines()[1:-1] if piece.startswith("```") else [piece.strip("`")]
        written += [shlex.split(line, comments=True) for line in lines if line.startswith("pantau ")]
    typed = [words[1:] for words in written]
    return [words for n, words in enumerate(typed) if words not in typed[:n]]


TYPED = commands()


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that these words call, and what is left for it."""
    assert words[0] in COMMANDS, words
    command = Commands().get_command(click.Context(click.Command("pantau")), words[0])
    rest = words[1:]
    while isinstance(command, click.Group) and rest:
        command = command.commands[rest.pop(0)]
    assert command is not None
    return command, rest


@pytest.mark.parametrize("words", [words for words in TYPED if words[0] in PROCESSES], ids=" ".join)
def test_what_starts_processes_takes_what_it_is_given(words: list[str], tmp_path: Path) -> None:
    command, rest = command_of(words)
    (tmp_path / "watchlist.toml").touch()
    rest = [str(tmp_path / each) if each.endswith(".toml") else each for each in rest]
    # as within `pantau`: the command remembers for good how its help is asked for
    assert command.make_context(words[0], rest, help_option_names=["-h", "--help"])


@pytest.mark.parametrize("name", NAMED)
def test_what_is_only_mentioned_is_there(name: str) -> None:
    assert command_of(name.split())


def test_every_setting_stands_on_the_page() -> None:
    told = set(re.findall(r"PANTAU_[A-Z_]+", TEXT[TEXT.index("## Settings") :]))
    assert told == {*_SECRETS, *_PLAIN}


@pytest.fixture
def sites() -> Iterator[str]:
    """The site that the page's commands ask, and the hook behind the channel."""

    async def feed(request: web.Request) -> web.Response:
        link = str(request.url.with_path("/gempa"))
        item = f"<item><title>Gempa</title><link>{link}</link><guid>{link}</guid></item>"
        return web.Response(
            text=f"<rss version='2.0'><channel><title>Harian</title>{item}</channel></rss>",
            content_type="application/rss+xml",
        )

    async def article(_: web.Request) -> web.Response:
        words = "<p>NATO dan pakta pertahanan itu menggelar latihan bersama di laut.</p>" * 9
        return web.Response(
            text=f"<html><body><article><h1>Gempa</h1>{words}</article>", content_type="text/html"
        )

    app = web.Application()
    app.add_routes([web.get("/rss", feed), web.get("/gempa", article)])
    with running(app) as site:
        yield site


@pytest.fixture
def desk(installation: None, rows: Any, sites: str) -> Iterator[dict[str, str]]:
    """An installation that has told somebody of one article and failed with another; where things are in this test."""
    with running(SlackSink().app()) as hooks:
        feed = rows.feed(url=f"{sites}/rss", name="Harian", state="ok", last_ok_at=NOW)
        channel = rows.channel("desk", to=f"{hooks}/services/T0/B0/desk")
        topic = rows.topic("NATO", '@nato OR "pakta pertahanan"')
        subscription = rows.subscription(["NATO"], ["desk"])
        for number, state in enumerate(("failed", "sent"), 1):
            address = f"{sites}/gempa" if state == "sent" else f"{sites}/{number}"
            facts = {"url": address, "identity": address, "seen_at": NOW - timedelta(minutes=number)}
            article = rows.article(feed, read_at=NOW, body="NATO latihan bersama.", **facts)
            match = rows.match(topic, article, state="planned")
            delivery = rows.delivery(channel, subscription, state=state, ended_at=NOW, attempts=1)
            rows.slot(delivery, article, channel, state == "sent")
            rows.alert(match, subscription, channel, delivery, reason="at_once")
        yield {FEED: f"{sites}/rss", ARTICLE: f"{sites}/gempa"}


@pytest.mark.servers
def test_each_command_of_the_page_does_its_work(
    pantau: Any, rows: Any, desk: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a password of the test\n" * 3))
    watchlist = tmp_path / "watchlist.toml"
    watchlist.write_text('[[topic]]\nname = "NATO"\nquery = "@nato"\n')
    pantau("users", "add", "admin", "--role", "admin")
    for words in TYPED:
        if words[0] in PROCESSES or " ".join(words) in NAMED:
            continue
        here = [_placed(word, words, desk, tmp_path) for word in words]
        if words[0] == "release":  # the feeds were polled once since the restore, as the page says
            rows.change("UPDATE feeds SET last_polled_at = now() + interval '1 second'")
        answer = pantau(*here)
        assert answer.code in ENDS.get(words[0], {0}), (words, answer)


def _placed(word: str, words: list[str], where: dict[str, str], tmp_path: Path) -> str:
    """What stands for a word of the page in this test."""
    if word == "URL":
        return where[FEED if words[0] == "feeds" else ARTICLE]
    if word.startswith("/backups/"):
        return str(tmp_path / Path(word).name)
    return str(tmp_path / word) if word.endswith(".toml") else where.get(word, word)
