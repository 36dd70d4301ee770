"""How much of the processor a feed takes that did not change, one that did, and one that is broken."""

from __future__ import annotations

import gc
import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import click
import feedparser

from benchmarks.reading.corpus import Document, broken, made_feeds, real_feeds
from benchmarks.reading.hostile import HOSTILE
from benchmarks.reading.measure import Meter
from worker.feeds.fast import read_well_formed
from worker.feeds.parse import parse_feed
from worker.feeds.texts import content_of, markup_hash, summary_of

Read = Callable[[bytes], Sequence[Any]]


def _pantau(body: bytes) -> Sequence[Any]:
    return parse_feed(body, "https://feed.example/").entries


def _with_marks(body: bytes) -> Sequence[Any]:
    """And the marks by which the poll desk sees of which known entries the markup is as it was."""
    entries = parse_feed(body, "https://feed.example/").entries
    for entry in entries:
        markup_hash(entry)
    return entries


def _with_texts(body: bytes) -> Sequence[Any]:
    """And every text, as if all entries were new."""
    entries = parse_feed(body, "https://feed.example/").entries
    for entry in entries:
        summary_of(entry), content_of(entry)
    return entries


def _hashed(body: bytes) -> Sequence[Any]:
    """What the poll desk does with a body before it parses any: the same hash means the same document."""
    return [blake2b(body, digest_size=16).digest()]


def _default(body: bytes) -> Sequence[Any]:
    return list(feedparser.parse(io.BytesIO(body)).entries)


def _both_off(body: bytes) -> Sequence[Any]:
    parsed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    return list(parsed.entries)


def _reader() -> Read | None:
    """The parser of the package `reader`, from bytes to its entries; None where it is not installed."""
    try:
        parser = import_module("reader._parser.feedparser").FeedparserParser()
    except ImportError:
        return None
    failure = import_module("reader").ParseError

    def read(body: bytes) -> Sequence[Any]:
        try:
            return list(parser("https://feed.example/", io.BytesIO(body), {})[1])
        except (failure, ValueError):
            return []  # nothing of the feed, or it stumbles over the document's charset

    return read


def peers() -> dict[str, Read]:
    """Who is measured, by name; Pantau first."""
    found: dict[str, Read] = {
        "Pantau": _pantau,
        "Pantau, and marks": _with_marks,
        "Pantau, and all texts": _with_texts,
        "feedparser": _default,
        "feedparser, both off": _both_off,
    }
    if reader := _reader():
        found["reader"] = reader
    return found


def cost_s(read: Read, body: bytes) -> float:
    """Seconds of the processor."""
    begun = time.process_time()
    read(body)
    return time.process_time() - begun


def costs_s(readers: Mapping[str, Read], body: bytes, rounds: int) -> dict[str, float]:
    """Seconds of the processor, the best of so many rounds; all of them by turns, since a machine's pace changes."""
    costs = [{name: cost_s(read, body) for name, read in readers.items()} for _ in range(rounds)]
    return {name: min(each[name] for each in costs) for name in readers}


def measure(documents: list[Document], rounds: int) -> dict[str, Any]:
    """What each peer takes for the documents, and how many entries it finds in each."""
    readers = peers()
    costs = [costs_s(readers, one.body, rounds) for one in documents]
    return {
        "documents": len(documents),
        "bytes": sum(len(one.body) for one in documents),
        "peers": {
            name: {
                "cpu_s": [each[name] for each in costs],
                "entries": [len(read(one.body)) for one in documents],
            }
            for name, read in readers.items()
        },
    }


def unchanged(changed: dict[str, Any], documents: list[Document], rounds: int) -> dict[str, Any]:
    """The same where nothing changed: Pantau sees it by the hash, the peers parse once more."""
    costs = [costs_s({"Pantau": _hashed}, one.body, rounds)["Pantau"] for one in documents]
    own = {"Pantau": {"cpu_s": costs, "entries": [0] * len(documents)}}
    theirs = {name: found for name, found in changed["peers"].items() if not name.startswith("Pantau")}
    return changed | {"peers": own | theirs}


def hostile() -> dict[str, Any]:
    """The worst of the hostile documents, on whichever path takes more."""
    meter = Meter()
    costs = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, make in HOSTILE.items():
            file = Path(folder) / "document"
            file.write_bytes(make())
            costs[name] = [meter.cost(file, tolerant=tolerant) for tolerant in (False, True)]
    dead = [name for name, pair in costs.items() if None in pair]
    seconds, slowest = max((cost.cpu_s, name) for name, pair in costs.items() for cost in pair if cost)
    growth, largest = max((cost.growth_mib, name) for name, pair in costs.items() for cost in pair if cost)
    return {
        "documents": len(costs),
        "cpu_s": seconds,
        "slowest": slowest,
        "growth_mib": growth,
        "largest": largest,
        "died": dead,
    }


@click.command()
@click.option(
    "--rounds", default=3, show_default=True, type=click.IntRange(1), help="The best of so many counts."
)
@click.option("--seed", default=1, show_default=True, help="Of the feeds that are made.")
@click.option("--only", "most", type=click.IntRange(1), help="No more than so many feeds.")
@click.option("--hostile/--no-hostile", "with_hostile", default=True, help="Also the documents made to hurt.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="All figures, as JSON.")
def feeds(rounds: int, seed: int, most: int | None, with_hostile: bool, file: Path | None) -> None:
    """Seconds of the processor per feed: Pantau, feedparser, and the package reader."""
    data = os.environ.get("PANTAU_DATA")
    documents = (real_feeds(Path(data) / "feeds") if data else made_feeds(seed))[:most]
    sound = [one for one in documents if read_well_formed(one.body.strip(), 2000)]
    click.echo(f"{len(documents)} {'real' if data else 'made'} feeds, {len(sound)} of them well formed")
    gc.collect()
    gc.freeze()  # as the workers do
    changed = measure(sound, rounds)
    results = {
        "unchanged": unchanged(changed, sound, rounds),
        "changed": changed,
        "broken": measure(broken(sound), rounds),
    }
    for kind, result in results.items():
        click.echo(rendered(kind, result))
    if with_hostile:
        results["hostile"] = hostile()
        worst = results["hostile"]
        click.echo(
            f"\n{worst['documents']} hostile documents: at most {worst['cpu_s']:.2f} s ({worst['slowest']}) and "
            f"{worst['growth_mib']:.0f} MiB more memory ({worst['largest']}); {len(worst['died'])} ended their process"
        )
    if file:
        file.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


def rendered(kind: str, result: dict[str, Any]) -> str:
    """A table for people."""
    number = max(result["documents"], 1)
    heads = ("ms/feed", "feeds/s", "× Pantau", "median ×", "entries")
    lines = [
        f"\n{kind}: {result['documents']} feeds, {result['bytes'] / number / 1024:.0f} KiB in the mean",
        " " * 22 + "".join(head.rjust(10) for head in heads) + "  feeds with fewer than Pantau",
    ]
    own = result["peers"]["Pantau"]
    for name, found in result["peers"].items():
        each = sum(found["cpu_s"]) / number
        ratios = [cost / ours for cost, ours in zip(found["cpu_s"], own["cpu_s"], strict=True)]
        fewer = sum(theirs < ours for theirs, ours in zip(found["entries"], own["entries"], strict=True))
        lines.append(
            f"{name:22}{each * 1000:10.3f}{1 / each:10,.0f}{sum(found['cpu_s']) / sum(own['cpu_s']):10.1f}"
            f"{median(ratios):10.1f}{sum(found['entries']):10,}  {fewer or ''}"
        )
    return "\n".join(lines)
