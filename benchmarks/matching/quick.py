"""A quick look at Pantau alone, for whoever changes the matcher."""

from __future__ import annotations

import cProfile
import io
import pstats
import time
from collections.abc import Sequence
from itertools import islice

import click

from benchmarks.matching.articles import generated, mixed, real
from benchmarks.matching.measure import Pass, timed
from benchmarks.matching.memory import resident_mb
from benchmarks.matching.pantau import timed_additions
from benchmarks.matching.topics import topics
from benchmarks.matching.workload import ADDED_LATER, RECENT, UNSEEN, Setting
from worker.heap import lasting_objects
from worker.match import TopicIndex
from worker.model import Article, Topic


def look(setting: Setting, count: int, *, profile: bool) -> None:
    """Load `count` topics, match the articles twice and as many new ones once, and print what it took."""
    pages = real(setting.data) if setting.data else []
    articles = mixed(setting.seed, setting.articles, pages)
    made = topics(setting.seed, pages=pages, entities=setting.entities)
    first, later = list(islice(made, count)), list(islice(made, ADDED_LATER))
    unseen = generated(setting.seed, UNSEEN[: setting.articles])
    click.echo(
        f"{count:,} topics, {len(articles):,} articles, {len(set(articles) & set(pages))} of them real pages"
    )
    index = _load(first, generated(setting.seed, RECENT))
    added = timed_additions(index, later)
    click.echo(f"add one {added['p50_us']:8.0f} µs p50, {added['p99_us']:.0f} p99")
    _print("cold", timed(lambda article: len(index.match(article)), articles))
    _print("warm", timed(lambda article: len(index.match(article)), articles))
    _print("unseen", timed(lambda article: len(index.match(article)), unseen))
    if profile:
        _profile(index, articles)


def _load(first: Sequence[Topic], recent: Sequence[Article]) -> TopicIndex:
    before, start, cpu = resident_mb(), time.perf_counter(), time.process_time()
    index = TopicIndex()
    with lasting_objects():  # as the workers do
        for article in recent:
            index.learn(article)
        for topic in first:
            index.add(topic)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    click.echo(f"load    {wall:8.2f} s  ({cpu:.2f} s of processor), {resident_mb() - before:.0f} MB")
    return index


def _print(name: str, run: Pass) -> None:
    said = (
        "{mean_us:8,.0f} µs mean, {p50_us:,.0f} p50, {p99_us:,.0f} p99; of processor {cpu_mean_us:,.0f} mean, "
        "{cpu_p50_us:,.0f} p50, {cpu_p99_us:,.0f} p99; {found_per_article:.1f} matches an article"
    )
    click.echo(f"{name:7} {said.format(**run.as_json())}")


def _profile(index: TopicIndex, articles: Sequence[Article]) -> None:
    with cProfile.Profile() as profiler:
        for article in articles:
            index.match(article)
    report = io.StringIO()
    pstats.Stats(profiler, stream=report).sort_stats("tottime").print_stats(30)
    click.echo(report.getvalue())
