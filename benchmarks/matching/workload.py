"""The topics and articles of one measurement in a directory, where every process reads the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.matching.articles import generated, mixed, real
from benchmarks.matching.topics import topics
from worker.model import Article, Match, Topic, TopicId

ADDED_LATER = 1_000
UNSEEN = range(1_000_000, 1_000_300)
"""Numbers of articles that no topic has a phrase from."""
RECENT = range(3_000_000, 3_000_100)
"""Numbers of articles that were read before the topics came."""
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Setting:
    """The same setting makes the same articles and topics."""

    seed: int = 7
    articles: int = 1_000
    entities: bool = False
    data: Path | None = None
    """Where real pages are, to be mixed in."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What lies in the directory."""

    directory: Path

    def topics(self) -> Iterator[list[Topic]]:
        """The topics, some thousands at a time, so that nobody has to hold all of them."""
        yield from _topics(self.directory / "topics.jsonl")

    def later(self) -> list[Topic]:
        """Topics to be added when all others are there."""
        return [topic for chunk in _topics(self.directory / "later.jsonl") for topic in chunk]

    def articles(self) -> list[Article]:
        """The articles to be matched."""
        return _articles(self.directory / "articles.jsonl")

    def recent(self) -> list[Article]:
        """Articles that were read before the topics came; none of them is matched."""
        return _articles(self.directory / "recent.jsonl")

    def unseen(self) -> list[Article]:
        """Articles as new to the topics as tomorrow's."""
        return _articles(self.directory / "unseen.jsonl")

    def keep_found(self, found: Iterable[list[Match]]) -> None:
        """Write down what Pantau's index found in each article, in order."""
        _write(self.directory / "found.jsonl", (list(plainly(matches).items()) for matches in found))

    def found(self) -> Iterator[Found]:
        """What it found in each article, in order."""
        with (self.directory / "found.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                yield dict(json.loads(line))


Found = dict[TopicId, list[list[Any]]]
"""Topics and, for each hit, its field, start, end and text: what JSON can hold."""


def plainly(matches: Iterable[Match]) -> Found:
    """Matches as `Workload.found` gives them."""
    return {match.topic: [list(hit) for hit in match.hits] for match in matches}


def prepare(directory: Path, setting: Setting, count: int) -> tuple[Workload, int]:
    """Make `count` topics and the articles; also how many of these are real pages."""
    pages = real(setting.data) if setting.data else []
    made = topics(setting.seed, pages=pages, entities=setting.entities)
    articles = mixed(setting.seed, setting.articles, pages)
    _write(directory / "topics.jsonl", ([topic.id, topic.query] for topic in islice(made, count)))
    _write(directory / "later.jsonl", ([topic.id, topic.query] for topic in islice(made, ADDED_LATER)))
    _write(directory / "articles.jsonl", map(_row, articles))
    _write(directory / "unseen.jsonl", map(_row, generated(setting.seed, UNSEEN[: setting.articles])))
    others = [page for page in pages if page not in set(articles)]
    recent = [*others[: len(RECENT) // 2], *generated(setting.seed, RECENT)][: len(RECENT)]
    _write(directory / "recent.jsonl", map(_row, recent))
    return Workload(directory), len(set(articles) & set(pages))


def _row(article: Article) -> list[str | None]:
    return [article.title, article.body, article.language]


def _write(path: Path, rows: Iterable[object]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _topics(path: Path) -> Iterator[list[Topic]]:
    with path.open(encoding="utf-8") as lines:
        while chunk := [json.loads(line) for line in islice(lines, _CHUNK)]:
            yield [Topic(TopicId(number), f"topic {number}", query) for number, query in chunk]


def _articles(path: Path) -> list[Article]:
    with path.open(encoding="utf-8") as lines:
        return [Article(title, body, language) for title, body, language in map(json.loads, lines)]
