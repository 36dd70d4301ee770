"""How fast and how well Pantau takes the article out of a page, next to others, all in one run.

Pages per second of processor time, one process, one thread, the best of several rounds in which the engines take
turns; F1 over four-word shingles of the whole page, averaged by page. The hostile pages are read by each engine in a
process of its own, which is ended after 20 s.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import re
import resource
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import click

from worker.match import TopicIndex
from worker.model import Topic, TopicId
from worker.pages.extract import extract_page
from worker.pages.page import open_page
from worker.pages.screen import whole_page

OWN_PAGES = Path(__file__).parents[2] / "tests" / "corpus" / "pages"
# None of them touches a page of the annotated set; each is looked for nevertheless.
TOPICS = (
    '@nato AND "pakta pertahanan"',
    "zirconium NEAR/5 smelter",
    "title:kabaddi",
    "=OPCW AND =Idlib",
    "tsunam* AND Palu",
)
PATIENCE_S = 20

Engine = Callable[[bytes], str]


class AnnotatedPage(NamedTuple):
    """A page and the article that a person saw on it."""

    html: bytes
    article: str


class Score(NamedTuple):
    """What an engine made of the pages; `seconds` are of processor time, the least of all rounds."""

    seconds: float
    f1: float
    refused: int


def annotated() -> list[AnnotatedPage]:
    """The pages that PANTAU_DATA names, else the few that come with the tests."""
    data = os.environ.get("PANTAU_DATA")
    if data is None:
        rows = (
            (path, json.loads(path.with_suffix(".json").read_text("utf-8")))
            for path in sorted(OWN_PAGES.glob("*.html"))
        )
        return [
            AnnotatedPage(path.read_bytes(), "\n".join(row["text"])) for path, row in rows if row.get("text")
        ]
    truth = json.loads((Path(data) / "extraction" / "ground-truth.json").read_text("utf-8"))
    pages = Path(data) / "extraction" / "html"
    return [
        AnnotatedPage(gzip.decompress((pages / f"{stem}.html.gz").read_bytes()), row["articleBody"])
        for stem, row in truth.items()
    ]


def engines() -> dict[str, Engine]:
    """Pantau and those of the others that are installed (`uv sync --group bench`)."""
    found: dict[str, Engine] = {
        "Pantau": lambda page: extract_page(page).text,
        "Pantau, untouched": _screened(),
    }
    for name, make in {
        "trafilatura": _trafilatura,
        "readability-lxml": _readability,
        "newspaper4k": _newspaper,
    }.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[name] = make()
        except ImportError:
            click.echo(f"{name} is not installed and left out", err=True)
    return found


def _screened() -> Engine:
    """What a page costs that no topic touches: its facts, and its words asked for."""
    index = TopicIndex()
    for number, query in enumerate(TOPICS):
        index.add(Topic(TopicId(number), query, query))

    def look(page: bytes) -> str:
        whole = whole_page(open_page(page))
        index.touches(whole)
        return whole.body

    return look


def _trafilatura() -> Engine:
    from trafilatura import extract  # noqa: PLC0415

    return lambda page: extract(page, include_comments=False) or ""


def _readability() -> Engine:
    from lxml import html  # noqa: PLC0415
    from readability import Document  # noqa: PLC0415

    def read(page: bytes) -> str:
        return str(html.fromstring(Document(page.decode("utf-8", "replace")).summary()).text_content())

    return read


def _newspaper() -> Engine:
    import newspaper  # noqa: PLC0415

    def read(page: bytes) -> str:
        article = newspaper.Article("https://news.example/", fetch_images=False)
        article.download(input_html=page.decode("utf-8", "replace"))
        article.parse()
        return str(article.text)

    return read


def scored(engine: Engine, pages: Sequence[AnnotatedPage]) -> Score:
    """One round over all pages. A page that an engine refuses counts as empty."""
    texts, refused, began = [], 0, time.process_time()
    for page in pages:
        try:
            texts.append(engine(page.html))
        except Exception:  # noqa: BLE001 - what an engine of somebody else raises is not known
            texts.append("")
            refused += 1
    seconds = time.process_time() - began
    f1 = sum(_f1(page.article, text) for page, text in zip(pages, texts, strict=True)) / len(pages)
    return Score(seconds, f1, refused)


def _f1(wanted: str, found: str) -> float:
    ours, theirs = _shingles(found), _shingles(wanted)
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values()) or 1)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(len(words) - 3, 1))) if words else Counter()


def hostile() -> Mapping[str, bytes]:
    """Pages made to cost their reader time or memory."""

    def page(body: str) -> bytes:
        return f"<html><head><title>T</title></head><body>{body}</body></html>".encode()

    words = "some words of a paragraph"
    return {
        "100,000 nested blocks": page("<div>" * 100_000 + "x"),
        "boxes in boxes": page("<div class=related><p>x</p>" * 20_000),
        "30,000 nested tables": page("<table><tr><td>x" * 30_000),
        "100,000 attributes": page("<div " + " ".join(f"a{at}=1" for at in range(100_000)) + ">x</div>"),
        "60,000 paragraphs": page(f"<p>{words}. " * 60_000),
        "40,000 links": page(f"<p>Baca juga</p><div><a href=x>{words}</a></div>" * 20_000),
        "a word of 3 MB": page("<p>" + "a" * 3_000_000),
    }  # fmt: skip


def cost(engine: Engine, page: bytes) -> tuple[float, float] | None:
    """Seconds of processor time and MB that a page takes; None where it did not end in time."""
    processes = multiprocessing.get_context("fork")
    here, there = processes.Pipe(duplex=False)
    child = processes.Process(target=_spend, args=(engine, page, there))
    child.start()
    there.close()
    try:
        spent: tuple[float, float] | None = here.recv() if here.poll(PATIENCE_S) else None
    except EOFError:
        spent = None
    child.kill()
    child.join()
    return spent


def _spend(engine: Engine, page: bytes, answer: multiprocessing.connection.Connection) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with suppress(Exception):  # to refuse is an answer too, and it costs what it costs
        engine(page)
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answer.send((time.process_time() - began, growth / 1024))


@click.command("pages")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="The best round counts.")
@click.option(
    "--hostile/--no-hostile", "with_hostile", default=True, show_default=True, help="Read hostile pages too."
)
def pages(rounds: int, with_hostile: bool) -> None:
    """Take the articles out of pages, with Pantau and by other means, and print what it took.

    PANTAU_DATA may name a directory with annotated pages (extraction/ground-truth.json).
    """
    read, reading = annotated(), engines()
    click.echo(
        f"{len(read)} pages, {sum(len(page.html) for page in read) / len(read) / 1024:.0f} KB on average"
    )
    for engine in reading.values():
        scored(engine, read[:10])
    taken: dict[str, list[Score]] = {name: [] for name in reading}
    for _ in range(rounds):
        for name, engine in reading.items():
            taken[name].append(scored(engine, read))
    _print(taken, len(read))
    if with_hostile:
        _print_hostile(reading)


def _print(taken: Mapping[str, Sequence[Score]], pages: int) -> None:
    own = min(score.seconds for score in taken["Pantau"])
    click.echo(f"{'':<20}{'pages/s':>9}{'× Pantau':>10}{'F1':>8}{'refused':>9}")
    for name, scores in taken.items():
        best = min(score.seconds for score in scores)
        f1 = "–" if "untouched" in name else f"{scores[0].f1:.4f}"
        click.echo(f"{name:<20}{pages / best:>9.0f}{best / own:>10.2f}{f1:>8}{scores[0].refused:>9}")


def _print_hostile(reading: Mapping[str, Engine]) -> None:
    click.echo(f"\n{'hostile pages':<24}" + "".join(f"{name:>22}" for name in reading))
    for called, page in hostile().items():
        spent = (cost(engine, page) for engine in reading.values())
        cells = (f"{one[0]:.2f} s {one[1]:>5.0f} MB" if one else f"over {PATIENCE_S} s" for one in spent)
        click.echo(f"{called:<24}" + "".join(f"{cell:>22}" for cell in cells))


if __name__ == "__main__":
    pages()
