"""Links that are one article's, and the keys that entries are known by."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.feeds.identity import canonical_url, document_keys, entry_keys, folded_twin
from worker.feeds.quirks import Quirks
from worker.model import Entry, Words

FEED = "https://news.example.id/rss"
LINKS = Path(__file__).parents[2] / "corpus" / "identity" / "links.jsonl"
PAIRS = [tuple(json.loads(line).values()) for line in LINKS.read_text("utf-8").splitlines()]
TOLD = datetime(2024, 5, 1, 9, 17, 31, tzinfo=UTC)


@pytest.mark.parametrize(("same", "one", "other", "about"), PAIRS, ids=[pair[3] for pair in PAIRS])
def test_links_of_one_article_become_one_and_those_of_two_stay_apart(same, one, other, about):
    assert (folded_twin(one) == folded_twin(other)) is same


@pytest.mark.parametrize(("one", "other"), [(one, other) for same, one, other, _ in PAIRS if not same])
def test_what_is_two_articles_is_two_documents_as_well(one, other):
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/a?utm_source=rss&b=2&a=1#x", "https://news.example/a?a=1&b=2"),
        ("HTTPS://News.Example:443/a/../b", "https://news.example/b"),
        ("https://news.example/a;jsessionid=1", "https://news.example/a"),
    ],
)
def test_two_addresses_of_one_document_become_one(one, other):
    assert canonical_url(one) == canonical_url(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://m.news.example/a", "https://news.example/a"),
        ("https://news.example/a/", "https://news.example/a"),
        ("http://news.example/a", "https://news.example/a"),
        ("https://news.example/a/amp", "https://news.example/a"),
    ],
)
def test_twins_are_other_documents_of_the_same_article(one, other):
    assert canonical_url(one) != canonical_url(other)
    assert folded_twin(one) == folded_twin(other)


@pytest.mark.parametrize(
    "text", ["", "no address", "mailto:a@b.example", "http://user@host/", "http://[::1", "javascript:x"]
)
def test_what_is_no_web_address_stays_as_it_is(text):
    assert canonical_url(text) == folded_twin(text) == text


_HOSTS = st.sampled_from(
    [
        "news.example",
        "www.m.news.example",
        "m.co.id",
        "NEWS.example:443",
        "bücher.example",
        "[::1]:81",
        "a.b.",
        "127.0.0.1",
    ]
)


@given(_HOSTS, st.text(max_size=30), st.text(max_size=30), st.text(max_size=10))
@example("news.example", "/%2e%2E/..//.", "a=%&%zz=+&utm_x", "!x")
def test_canonical_is_final(host, path, query, fragment):
    address = f"https://{host}/{path}?{query}#{fragment}"
    assert canonical_url(canonical_url(address)) == canonical_url(address)
    assert folded_twin(folded_twin(address)) == folded_twin(address) == folded_twin(canonical_url(address))


_TWIN_PIECES = "/ amp amp/ .amp .html index.html /c/s/ www. m. news.example ?amp=1 ?m=1 &x=1 / .".split()
_BEFORE = ["", "www.", "m.", "x.cdn.ampproject.org/c/s/", "www.google.com/amp/s/"]


@given(st.lists(st.sampled_from(_TWIN_PIECES), max_size=8), st.sampled_from(_BEFORE))
def test_folding_is_final(pieces, before):
    once = folded_twin(f"https://{before}news.example/" + "".join(pieces))
    assert folded_twin(once) == once


@given(st.text())
def test_no_text_raises(text):
    assert canonical_url(text) is not None
    assert folded_twin(text) is not None


def _entry(**facts: object) -> Entry:
    return replace(Entry(id="7", link="https://news.example.id/read/7", title="Title"), **facts)


def _known(one: Entry, other: Entry) -> bool:
    return not set(entry_keys(one, FEED)).isdisjoint(entry_keys(other, FEED))


@pytest.mark.parametrize(
    "later",
    [
        {"id": "regenerated"},
        {"link": "http://news.example.id/read/7?utm_source=x"},
        {"link": "https://moved.example/7"},
        {
            "title": "Corrected title",
            "summaries": (Words("s"),),
            "contents": (Words("c"),),
            "published": datetime(2024, 1, 1, tzinfo=UTC),
        },
        {"id": "https://news.example.id/read/7", "link": None},
        {
            "id": "https://news.example.id/read/7#xtor=RSS-1",
            "link": "https://news.example.id/read/7#xtor=RSS-1",
        },
    ],
)
def test_an_entry_is_known_again_after_its_feed_changed_it(later):
    assert _known(_entry(), _entry(**later))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": "1", "link": None}, {"id": "2", "link": None}),
        ({"id": None, "link": "https://a.example/1"}, {"id": None, "link": "https://a.example/2"}),
        ({"id": "1", "link": "https://news.example.id/"}, {"id": "2", "link": "https://news.example.id/"}),
        ({"id": "1", "link": FEED}, {"id": "2", "link": FEED}),
        (
            {"id": "live-1", "link": "https://a.example/l#live-1"},
            {"id": "live-2", "link": "https://a.example/l#live-2"},
        ),
        ({"id": "https://a.example/l#1", "link": None}, {"id": "https://a.example/l#2", "link": None}),
        ({"id": None, "link": None, "title": "A"}, {"id": None, "link": None, "title": "B"}),
        (
            {"id": None, "link": None, "title": "", "summaries": (Words("A"),)},
            {"id": None, "link": None, "title": "", "summaries": (Words("B"),)},
        ),
    ],
)
def test_different_entries_share_no_key(one, other):
    assert not _known(_entry(**one), _entry(**other))


def _told(title="Perundingan di Jenewa berlanjut", **facts):
    return Entry(**{"id": None, "link": None, "title": title, "published": TOLD, **facts})


@pytest.mark.parametrize(
    ("same", "one", "other"),
    [
        (True, _told(id="1", link="https://a.example/1?t=x"), _told(id="2", link="https://a.example/1?t=y")),
        (True, _told(id="1"), _told(id="2")),
        (True, _told(id="1", link="https://old.example/1"), _told(id="2", link="https://new.example/1")),
        (True, _told("PERUNDINGAN di Jenewa berlanjut", id="1"), _told(id="2")),
        (True, _told(published=None, updated=TOLD, id="1"), _told(published=None, updated=TOLD, id="2")),
        (False, _told(id="1"), _told(id="2", published=TOLD + timedelta(seconds=1))),
        (False, _told("Kurs", id="1"), _told("Kurs", id="2")),
        (False, _told("第一面", id="1"), _told("第一面", id="2")),
        (False, _told(id="1", published=None), _told(id="2", published=None)),
        (False, _told("Foto hari ini: Jakarta", id="1"), _told("Foto hari ini: Bandung", id="2")),
    ],
)
def test_title_and_date_together_make_an_entry_known(same, one, other):
    assert _known(one, other) is same


MIDNIGHT = datetime(2024, 4, 30, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("same", "one", "other"),
    [
        (False, "https://a.example/kurs-1", "https://a.example/kurs-2"),
        (True, "https://a.example/kurs?token=1", "https://www.a.example/kurs?token=2"),
    ],
)
def test_of_a_date_that_may_be_the_day_alone_the_link_has_to_agree_too(same, one, other):
    here, there = (
        _told("Kurs rupiah hari ini", id=link, link=link, published=MIDNIGHT) for link in (one, other)
    )
    assert _known(here, there) is same


def test_what_a_feed_makes_up_at_each_fetch_is_no_key():
    entry = _told(id="a1", link="https://a.example/1?id=5&t=9")
    assert len(entry_keys(entry, FEED)) == 3
    assert entry_keys(entry, FEED, Quirks(frozenset({"t"})))[1] == "link:a.example/1?id=5"
    assert entry_keys(entry, FEED, Quirks(new_guids=3)) == entry_keys(entry, FEED)[1:]
    assert entry_keys(entry, FEED, Quirks(new_guids=3, new_links=3)) == entry_keys(entry, FEED)[2:]
    assert entry_keys(replace(entry, published=None), FEED, Quirks(new_guids=3, new_links=3))


def _kept(*entries):
    return [bool(keys) for keys in document_keys(entries, FEED)]


def _two(**differ):
    usual = {
        "id": ("1", "2"),
        "link": ("https://a.example/1", "https://a.example/2"),
        "title": ("One", "Two"),
    }
    both = {**usual, **differ}
    return [Entry(**{name: values[n] for name, values in both.items()}) for n in (0, 1)]


SAME_LINK, SAME_GUID = ("https://a.example/1", "https://a.example/1"), ("1", "1")
NONE, SAME_TITLE = (None, None), ("One and the same", "One and the same")


@pytest.mark.parametrize(
    ("repeats", "entries"),
    [
        (True, _two(id=SAME_GUID, link=SAME_LINK)),
        (True, _two(id=SAME_GUID, link=SAME_LINK, title=SAME_TITLE)),
        (True, _two(link=SAME_LINK, title=SAME_TITLE)),
        (True, _two(id=SAME_GUID, title=SAME_TITLE)),
        (True, _two(id=NONE, link=SAME_LINK)),
        (True, _two(id=SAME_GUID, link=NONE)),
        (True, _two(id=NONE, link=NONE, title=SAME_TITLE)),
        (False, _two()),
        (False, _two(id=SAME_GUID)),
        (False, _two(link=SAME_LINK)),
        (False, _two(title=SAME_TITLE, published=(TOLD, TOLD))),
        (False, _two(id=NONE, link=NONE)),
    ],
)
def test_an_entry_repeats_another_only_where_all_that_tells_agrees(repeats, entries):
    assert _kept(*entries) == [True, not repeats]


def test_a_guid_that_all_entries_share_is_no_key_of_any():
    entries = [Entry(id="0", link=f"https://a.example/{n}", title=f"Title {n}") for n in range(5)]
    keys = document_keys(entries, FEED)
    assert [own for own in keys if "guid:0" in own] == []
    assert len(set(keys)) == 5


def test_entries_that_agree_in_parts_only_are_still_told_apart():
    entries = [
        Entry(id=guid, link=f"https://a.example/{link}", title=f"{guid}{link}")
        for guid in "ab"
        for link in "cd"
    ]
    assert all(_kept(*entries))


texts = st.text(max_size=200)
entries = st.builds(Entry, id=st.none() | texts, link=st.none() | st.just("https://a.example/1"), title=texts)


@given(entries, texts)
def test_keys_are_short_and_the_text_never_enters(entry, body):
    keys = entry_keys(entry, FEED)
    assert keys == entry_keys(replace(entry, contents=(Words(body),)), FEED)
    if entry.id or entry.link or entry.title:
        assert keys == entry_keys(replace(entry, summaries=(Words(body),)), FEED)
    assert keys
    assert all(0 < len(key) <= 64 and "\x00" not in key for key in keys)


few = st.sampled_from(["a", "b", "c"])
documents = st.lists(
    st.builds(
        Entry,
        id=st.none() | few,
        link=st.none() | few.map(lambda name: f"https://a.example/{name}"),
        title=few.map(lambda name: f"A long title about {name}"),
        published=st.none() | st.just(TOLD),
    ),
    max_size=8,
)


@given(documents)
def test_no_two_entries_of_a_document_share_a_key_and_each_different_link_is_kept_or_repeated(document):
    keys = document_keys(document, FEED)
    offered = [key for own in keys for key in own]
    assert len(offered) == len(set(offered))
    for own, entry in zip(keys, document, strict=True):
        if not own:  # left out: then another has its guid, its link, or its title and date
            assert any(
                (entry.id and entry.id == other.id)
                or (entry.link and entry.link == other.link)
                or entry.title == other.title
                for other in document
                if other is not entry
            )


@given(documents)
def test_a_document_of_one_goes_by_the_keys_of_its_entry(document):
    for entry in document:
        assert document_keys([entry], FEED) == [entry_keys(entry, FEED)]
