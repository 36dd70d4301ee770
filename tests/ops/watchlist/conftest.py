"""What the watchlist's tests share: any valid watchlist, as a strategy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from ops.watchlist import (
    DeclaredChannel,
    DeclaredEntity,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    FromEnv,
    FromFile,
    Given,
    Reference,
    Stored,
    Watchlist,
    default_subscription_name,
)
from worker.secrets import Secret

_LETTERS = "abcÅé中نЩ0'\"\\#=[]{}., →"
_NAMES = st.text(_LETTERS, min_size=1, max_size=6).map(lambda text: text.strip() or "x")
_QUERIES = st.sampled_from(
    [
        "nato",
        '"pakta pertahanan"',
        "nato OR\n  perang\n",
        "війна",
        "'tis",
        'a "b\\c"',
        "\nnato\n",
        "x\r\nnato",
        "a\tb",
        "nato\n'x'",
        "nato\nx''",
    ]
)
_WHEN = st.sampled_from(["now", "hourly", "daily 07:00", "weekly mon,fri 12:00", "weekly sun 23:59"])
_SECONDS = st.one_of(
    st.integers(5, 600_000).map(float),
    st.floats(5, 600_000, allow_nan=False),
    st.sampled_from([60.0, 7200.0, 86400.0]),
)


def _references() -> st.SearchStrategy[Reference]:
    return st.one_of(
        st.sampled_from(["HOOK", "_x9"]).map(FromEnv),
        st.sampled_from(["/run/secrets/risk", "relative/path", "/odd 'name\"#"]).map(FromFile),
        st.integers(1, 9999).map(lambda number: Stored(str(number))),
    )


def _in_the_clear(*values: str) -> st.SearchStrategy[Reference]:
    return st.sampled_from(values).map(lambda value: Given(Secret(value)))


def _tags() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(_NAMES, max_size=2, unique=True).map(tuple)


def _paces() -> st.SearchStrategy[tuple[tuple[str, float], ...]]:
    keys = {"connections": st.integers(1, 16), "per_second": st.integers(4, 40_000).map(lambda n: n / 400)}
    keys["burst"] = st.integers(1, 200)
    pairs = st.fixed_dictionaries({}, optional=keys)
    return pairs.map(lambda pace: tuple((key, pace[key]) for key in keys if key in pace))


def _feeds() -> st.SearchStrategy[DeclaredFeed]:
    return _fixed_or_adaptive().flatmap(_feeds_with)


def _fixed_or_adaptive() -> st.SearchStrategy[dict[str, Any]]:
    ranges = st.tuples(st.integers(5, 60), st.integers(61, 86400)).map(lambda pair: tuple(map(float, pair)))
    return st.fixed_dictionaries({"every_s": st.none() | _SECONDS}) | st.fixed_dictionaries(
        {"within_s": ranges}
    )


def _feeds_with(every: dict[str, Any]) -> st.SearchStrategy[DeclaredFeed]:
    headers = st.dictionaries(st.sampled_from(["X-Api-Key", "x.odd", "Cookie"]), _references(), max_size=2)
    return st.builds(
        DeclaredFeed,
        url=st.integers(0, 10**6).map(lambda number: f"https://host{number}.example/rss?a=%C3%A9&b='x'"),
        name=st.just("") | _NAMES,
        **{key: st.just(value) for key, value in every.items()},
        pace=_paces(),
        full_text=st.booleans(),
        tags=_tags(),
        language=st.none() | st.sampled_from(["id", "uk", "fil"]),
        user=st.sampled_from(["pantau", "rina \\ x"]),
        password=st.none() | _references(),
        headers=headers.map(lambda pairs: tuple(pairs.items())),
    )


@st.composite
def _entities(draw: st.DrawFn) -> DeclaredEntity:
    said = {"key": draw(st.sampled_from(["contoh", "x-1", "nato", "a_b"])), "title": draw(_NAMES)}
    words = st.lists(_NAMES.filter(lambda text: any(map(str.isalnum, text))), min_size=1, max_size=3)
    classes = st.dictionaries(st.sampled_from(["name", "acronym", "any"]), words, min_size=1)
    said |= {"names": draw(st.dictionaries(st.sampled_from(["id", "uk", "fil"]), classes, min_size=1))}
    said |= draw(st.fixed_dictionaries({}, optional={"kind": st.just("place"), "stop": words}))
    said |= draw(
        st.fixed_dictionaries(
            {}, optional={"also_words": st.dictionaries(_NAMES, st.just(["en", "id"]), min_size=1)}
        )
    )
    return DeclaredEntity(said["key"], said)


def _channels() -> st.SearchStrategy[DeclaredChannel]:
    languages = st.sampled_from(["en", "id"])
    return st.builds(lambda channel, language: replace(channel, language=language), _targets(), languages)


def _targets() -> st.SearchStrategy[DeclaredChannel]:
    return st.one_of(
        st.builds(DeclaredChannel, _NAMES, st.sampled_from(["slack_webhook", "apprise"]), _references()),
        st.builds(
            DeclaredChannel, _NAMES, st.just("slack_bot"), _in_the_clear("C0123456789") | _references()
        ),
        st.builds(
            DeclaredChannel, _NAMES, st.just("email"), _in_the_clear("rina@example.org", "a.b@x.example")
        ),
        st.builds(DeclaredChannel, _NAMES, st.just("webhook"), _references(), st.none() | _references()),
    )


@st.composite
def _subscriptions(draw: st.DrawFn, topics: list[str], channels: list[str]) -> DeclaredSubscription:
    heard = tuple(draw(st.lists(st.sampled_from(topics), min_size=1, max_size=3, unique=True)))
    told = tuple(draw(st.lists(st.sampled_from(channels), min_size=1, max_size=3, unique=True)))
    urgent = tuple(draw(st.lists(st.sampled_from(heard), max_size=2, unique=True)))
    return DeclaredSubscription(
        name=draw(st.just(default_subscription_name(heard, told)) | _NAMES),
        topics=heard,
        channels=told,
        when=tuple(draw(st.lists(_WHEN, min_size=1, max_size=3, unique=True))),
        timezone=draw(st.sampled_from(["UTC", "Asia/Jakarta", "Europe/Kyiv"])),
        quiet=draw(st.none() | st.sampled_from(["22:00-06:00", "00:00-23:59"])),
        wait_s=draw(st.just(0.0) | _SECONDS),
        group=draw(st.sampled_from(["story", "text", "off"])),
        cap_per_hour=draw(st.integers(1, 1000)),
        sources=draw(_tags()),
        languages=tuple(draw(st.lists(st.sampled_from(["id", "uk"]), unique=True))),
        on_doubt=draw(st.sampled_from(["resend", "hold"])),
        urgent=urgent,
    )


@st.composite
def _watchlists(draw: st.DrawFn) -> Watchlist:
    feeds = draw(st.lists(_feeds(), max_size=2, unique_by=(lambda f: f.url, lambda f: f.name or f.url)))
    topics = draw(
        st.lists(st.builds(DeclaredTopic, _NAMES, _QUERIES, _tags()), max_size=3, unique_by=lambda t: t.name)
    )
    channels = draw(st.lists(_channels(), max_size=4, unique_by=lambda c: c.name))
    heard = [topic.name for topic in topics] + [f"tag:{tag}" for topic in topics for tag in topic.tags]
    told = [channel.name for channel in channels]
    subscriptions: list[DeclaredSubscription] = []
    if heard and told:
        subscriptions = draw(st.lists(_subscriptions(heard, told), max_size=3, unique_by=lambda s: s.name))
    entities = draw(st.lists(_entities(), max_size=2, unique_by=lambda e: e.key))
    return Watchlist(tuple(feeds), tuple(topics), tuple(channels), tuple(subscriptions), tuple(entities))


@pytest.fixture(scope="session")
def watchlists() -> st.SearchStrategy[Watchlist]:
    """Any watchlist that a file could declare, without a secret in the clear."""
    return _watchlists()
