"""`pantau parse | extract | match`: working on files, without any server."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ops.cli.durations import Durations
from ops.cli.output import json_option, print_json, print_words
from worker.errors import BadInput, BadQuery
from worker.heap import lasting_objects

if TYPE_CHECKING:
    from worker.model import Article, Entry

PARTLY, NOTHING_MATCHED = 3, 4
LEARNT = 100  # articles whose words are counted before the topics are filed
FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
URL = click.option(
    "--url", metavar="URL", default="", help="The address the file came from, to resolve links."
)


@click.command()
@FILES
@URL
@json_option
def parse(files: tuple[Path, ...], url: str, as_json: bool) -> int:
    """Parse feed documents: what Pantau sees in them."""
    from worker.feeds.parse import parse_feed

    def one(path: Path) -> dict[str, Any]:
        found = parse_feed(_read(path), url=url)
        return {
            "file": str(path),
            "format": found.format,
            "title": found.title or None,
            "link": found.link,
            "language": found.language,
            "entries": [_entry(entry) for entry in found.entries],
            "warnings": list(found.warnings),
        }

    return _each(files, one, as_json, _feed_in_words)


def _entry(entry: Entry) -> dict[str, Any]:
    from worker.feeds.texts import content_of, summary_of

    return {
        "id": entry.id,
        "title": entry.title or None,
        "link": entry.link,
        "published": entry.published,
        "updated": entry.updated,
        "summary": summary_of(entry) or None,
        "content": content_of(entry) or None,
        "authors": list(entry.authors),
        "tags": list(entry.tags),
    }


def _feed_in_words(found: Mapping[str, Any]) -> str:
    lines = [
        f"{found['file']}: {found['format']}, {found['title'] or 'without a title'}, {len(found['entries'])} entries"
    ]
    lines += [
        f"  {entry['published'] or 'no date':<25}  {entry['title'] or entry['link']}"
        for entry in found["entries"]
    ]
    return "\n".join([*lines, *(f"  warning: {warning}" for warning in found["warnings"])])


@click.command()
@FILES
@URL
@json_option
def extract(files: tuple[Path, ...], url: str, as_json: bool) -> int:
    """Extract the article from HTML pages: title, text, dates, without the furniture."""
    from worker.match import detect
    from worker.pages.extract import extract_page

    def one(path: Path) -> dict[str, Any]:
        found = extract_page(_read(path), url=url)
        return {
            "file": str(path),
            "title": found.title or None,
            "text": found.text,
            "language": detect(f"{found.title}\n{found.text}", found.language),
            "published": found.published,
            "authors": list(found.authors),
            "canonical": found.canonical,
            "method": found.method,
            "wall": found.wall,
        }

    return _each(files, one, as_json, _article_in_words)


def _article_in_words(found: Mapping[str, Any]) -> str:
    wall = f"[stopped by a wall: {found['wall']}]\n\n" if found["wall"] else ""
    return f"{found['title'] or '(no title)'}\n\n{wall}{found['text']}\n"


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"the file cannot be read: {error.strerror}") from None


def _each(files: Sequence[Path], one: Any, as_json: bool, in_words: Any) -> int:
    """A line for every file; one that cannot be used never stops the others."""
    code = 0
    for path in files:
        try:
            found = one(path)
        except BadInput as error:
            code = PARTLY
            found = {"file": str(path), "error": str(error)}
        if as_json:
            print_json(found)
        elif "error" in found:
            click.echo(f"{found['file']}: {found['error']}", err=True)
        else:
            print_words(in_words(_plain_times(found)))
    return code


def _plain_times(found: dict[str, Any]) -> dict[str, Any]:
    for entry in found.get("entries", ()):
        entry["published"] = f"{entry['published']:%Y-%m-%d %H:%M:%S %Z}" if entry["published"] else None
    return found


@click.command()
@click.option(
    "--topics",
    "topics_file",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="A watchlist, or JSON Lines of name and query.",
)
@click.option(
    "--articles",
    "articles_file",
    metavar="FILE|-",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="JSON Lines of articles; - for standard input.",
)
@json_option
@click.option("--stats", is_flag=True, help="Print counts and times on standard error.")
def match(topics_file: Path, articles_file: Path, as_json: bool, stats: bool) -> int:
    """Match articles against topics: which topic, and where."""
    articles = _articles(articles_file)
    first = list(islice(articles, LEARNT))
    began = time.perf_counter()
    with lasting_objects():
        index, names, wrong = _load_topics(topics_file, [a[1] for _, a in first if not isinstance(a, str)])
    load_s = time.perf_counter() - began
    for line in wrong:
        _complain(line, as_json)
    times, found, bad = Durations(), 0, 0
    for number, article in chain(first, articles):
        if isinstance(article, str):
            bad += 1
            _complain({"error": article, "line": number}, as_json)
            continue
        key, value = article
        start = time.perf_counter()
        matches = index.match(value)
        times.add(time.perf_counter() - start)
        for hit in matches:
            found += 1
            _print_match(key, names[hit.topic], hit.hits, as_json)
    if stats:
        print(json.dumps(_stats(len(names), times, found, load_s)), file=sys.stderr)  # noqa: T201
    if wrong or bad:
        return PARTLY
    return 0 if found else NOTHING_MATCHED


def _load_topics(path: Path, recent: Sequence[Article]) -> tuple[Any, dict[int, str], list[dict[str, Any]]]:
    """The index, the topics' names, and what is wrong; the words of `recent` articles decide where a topic is filed."""
    from worker.match import TopicIndex
    from worker.model import Topic, TopicId

    index, names, wrong = TopicIndex(), {}, []
    for article in recent:
        index.learn(article)
    for number, (name, query) in enumerate(_topic_lines(path), start=1):
        try:
            if not isinstance(name, str) or not isinstance(query, str):
                raise BadInput("a topic needs a name and a query, both texts")
            index.add(Topic(TopicId(number), name, query))
            names[number] = name
        except BadQuery as error:
            wrong.append({"error": str(error), "name": name, "column": error.column})
        except BadInput as error:
            wrong.append({"error": str(error), "name": name, "column": None})
    return index, names, wrong


def _topic_lines(path: Path) -> Iterator[tuple[Any, Any]]:
    """Names and queries of a watchlist, or of JSON Lines; a line that is no JSON is a topic without a query."""
    text = _read(path).decode("utf-8-sig", errors="replace")
    if text.lstrip().startswith("{"):
        for line in text.split("\n"):  # JSON may hold what `splitlines` calls line ends, such as U+2028
            if line.strip():
                yield _named_query(line)
        return
    import tomllib

    try:
        topics = tomllib.loads(text).get("topic", [])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{path} is neither a watchlist nor JSON Lines: {error}") from None
    for topic in topics if isinstance(topics, list) else []:
        yield (topic.get("name"), topic.get("query")) if isinstance(topic, dict) else (None, None)


def _named_query(line: str) -> tuple[Any, Any]:
    try:
        value = _json(line)
    except (ValueError, RecursionError):
        return line[:80], None
    return (value.get("name"), value.get("query")) if isinstance(value, dict) else (line[:80], None)


def _json(line: str | bytes) -> Any:
    """A value of RFC 8259, which knows no NaN."""
    text = line if isinstance(line, str) else line.decode(json.detect_encoding(line), "surrogatepass")
    return _DECODER.decode(text)


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


# Made once: `json.loads` makes one for each line, which was a twentieth of loading 100,000 topics.
_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _articles(path: Path) -> Iterator[tuple[int, tuple[Any, Article] | str]]:
    """Line by line, so that a file of a million articles takes no more memory than one of ten."""
    if str(path) == "-":
        yield from _read_articles(sys.stdin.buffer)
        return
    try:
        with path.open("rb") as lines:
            yield from _read_articles(lines)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None


def _read_articles(lines: Iterable[bytes]) -> Iterator[tuple[int, tuple[Any, Article] | str]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _article(line)


def _article(line: bytes) -> tuple[Any, Article] | str:
    from worker.model import Article

    try:
        value = _json(line)
    except (ValueError, RecursionError) as error:
        return f"the line is not JSON: {error}"
    if not isinstance(value, dict) or "id" not in value:
        return "an article is an object with id, title and body"
    texts = {name: value.get(name) or "" for name in ("title", "body", "url", "source", "author", "language")}
    wrong = [name for name, text in texts.items() if not isinstance(text, str)]
    tags = value.get("tags") or []
    if wrong or not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return f"{', '.join(wrong) or 'tags'} must be text"
    # Where nobody says it, the matcher detects the language if a query or a name makes it matter.
    language = texts.pop("language") or None
    return value["id"], Article(**texts, language=language, tags=tuple(tags))


def _print_match(key: Any, topic: str, hits: Sequence[Any], as_json: bool) -> None:
    if as_json:
        print_json({"id": key, "topic": topic, "hits": hits})
    else:
        words = ", ".join(dict.fromkeys(hit.text for hit in hits))
        print_words(f"{key}\t{topic}\t{words}")


def _complain(line: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(line)
    else:
        click.echo(
            "  ".join(f"{name}: {value}" for name, value in line.items() if value is not None), err=True
        )


def _stats(topics: int, times: Durations, found: int, load_s: float) -> dict[str, Any]:
    return {
        "topics": topics,
        "articles": times.count,
        "matches": found,
        "seconds_to_load": round(load_s, 3),
        "seconds_to_match": round(times.seconds, 3),
        "microseconds_per_article": {
            "mean": times.mean_us,
            "p50": times.at_us(0.5),
            "p99": times.at_us(0.99),
        },
    }
