"""Which entries are new to their feed, and what a feed makes up anew at each fetch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.identity import entry_keys
from worker.feeds.quirks import Quirks, recall_quirks, volatile_parameters
from worker.feeds.recognise import keyed_entries, quirks_after, sift, told_again
from worker.model import DueFeed, Entry, EntryId, FeedDocument, FeedId, KnownKey, NewEntry

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ADDED = NOW - timedelta(hours=1)
FEED = DueFeed(
    *(
        FeedId(1),
        1,
        "https://a.example/rss",
        "https://a.example/rss",
        "Harian",
        (),
        None,
        None,
        None,
        None,
        None,
    ),
    *({}, 0, None, None, {}),
    first_poll=True,
    created_at=ADDED,
)
A, B = EntryId(7), EntryId(9)


def entries(*titles, **facts):
    return tuple(Entry(id=title, link=f"https://a.example/{title}", title=title, **facts) for title in titles)


BACKLOG = {
    "published before it was added": (True, ADDED - timedelta(seconds=1), None, True),
    "published since": (True, ADDED + timedelta(seconds=1), None, False),
    "without a date": (True, None, None, True),
    "only updated, before": (True, None, ADDED - timedelta(days=1), True),
    "old, but in a later poll": (False, ADDED - timedelta(days=9), None, False),
}


@pytest.mark.parametrize(("first", "published", "updated", "backlog"), BACKLOG.values(), ids=BACKLOG.keys())
def test_backlog_is_what_the_first_poll_finds_from_before_the_feed_was_added(
    first, published, updated, backlog
):
    document = FeedDocument("rss", entries=entries("a", published=published, updated=updated))
    (keyed,) = keyed_entries(replace(FEED, first_poll=first), document, NOW)
    assert keyed.backlog is backlog


def test_an_entry_that_repeats_another_is_left_out():
    twice = (*entries("a", "b"), Entry(id="other", link="https://a.example/a", title="a"))
    keyed = keyed_entries(FEED, FeedDocument("rss", entries=twice), NOW)
    assert [each.entry.title for each in keyed] == ["a", "b"]


def test_a_date_far_ahead_is_no_date_but_the_entry_stays():
    ahead = entries("a", published=NOW + timedelta(days=3))
    (keyed,) = keyed_entries(FEED, FeedDocument("rss", entries=ahead), NOW)
    assert keyed.entry.published is None


def known(*keys, entry=A, **facts):
    return {key: KnownKey(entry, date(2026, 11, 1), **facts) for key in keys}


def new(*keys, **facts):
    return NewEntry(Entry(**{"id": None, "link": None, "title": "t", **facts}), keys, False)


def test_an_entry_with_any_known_key_is_known_and_its_other_keys_are_learned():
    sifted = sift([new("guid:2", "link:1"), new("guid:3")], known("link:1"))
    assert [each.keys for each in sifted.new] == [("guid:3",)]
    assert sifted.learned == [("guid:2", A)]


def test_an_entry_that_was_forgotten_is_known_and_so_are_the_keys_it_comes_back_with():
    sifted = sift([new("guid:1", "link:9")], known("guid:1", entry=None))
    assert sifted.new == []
    assert sifted.learned == [("link:9", None)]


KEYS = st.sampled_from("abcdefgh")


@given(
    documents=st.lists(st.sets(KEYS, min_size=1, max_size=3), max_size=6),
    stored=st.dictionaries(KEYS, st.sampled_from([A, B, None])),
)
def test_an_entry_is_new_exactly_if_none_of_its_keys_is_known(documents, stored):
    keyed = [new(*sorted(keys), title=str(n)) for n, keys in enumerate(documents)]
    there = {key: KnownKey(owner, NOW.date()) for key, owner in stored.items()}
    sifted = sift(keyed, there)
    assert sifted.new == [each for each in keyed if stored.keys().isdisjoint(each.keys)]
    assert all(key not in stored and owner in stored.values() for key, owner in sifted.learned)
    told = {key for each in keyed if each not in sifted.new for key in each.keys}
    assert told == {key for key, _ in sifted.learned} | {key for key in told if key in stored}


def test_keys_go_to_the_entry_that_is_still_there():
    sifted = sift([new("guid:1", "link:1", "told#1")], known("guid:1", entry=None) | known("link:1"))
    assert sifted.learned == [("told#1", A)]


def test_an_entry_whose_guid_another_one_took_over_stays_itself():
    stored = known("guid:0", entry=B) | known("link:1", entry=A)
    entry = new("guid:0", "link:1", "told#1")
    assert sift([entry], stored).learned == [("told#1", A)]
    assert told_again([entry], stored) == {A: entry.entry}
    assert told_again([entry], stored | known("told#1", entry=B)) == {B: entry.entry}


OLD = {
    "title": "Menteri mengundurkan diri",
    "link": "https://a.example/menteri-mundur",
    "published": NOW - timedelta(days=2),
}
OTHER = {
    "title": "Harga beras naik di Jawa",
    "link": "https://a.example/harga-beras",
    "published": NOW - timedelta(hours=1),
}
REUSED = {
    "another article": (True, OTHER),
    "corrected title, new link": (False, {**OTHER, "title": "Menteri itu mengundurkan diri"}),
    "another title, the same link": (
        False,
        {**OTHER, "link": "https://www.a.example/menteri-mundur/?utm_source=x"},
    ),
    "another title and link, the same date": (False, {**OTHER, "published": OLD["published"]}),
    "no link": (False, {**OTHER, "link": None}),
    "no date": (True, {**OTHER, "published": None}),
}


@pytest.mark.parametrize(("is_new", "facts"), REUSED.values(), ids=REUSED.keys())
def test_a_guid_given_to_another_article_does_not_swallow_it(is_new, facts):
    sifted = sift([new("guid:1", "link:x", id="1", **facts)], known("guid:1", **OLD))
    assert bool(sifted.new) is is_new


def test_a_number_that_both_links_have_says_that_it_is_the_same_article():
    stored = known("guid:1", **{**OLD, "link": "https://a.example/read/184233/menteri-mundur"})
    sifted = sift([new("guid:1", id="1", **{**OTHER, "link": "https://a.example/news/184233/x"})], stored)
    assert sifted.new == []


def test_of_a_forgotten_entry_nothing_is_left_to_compare_so_its_guid_counts():
    assert sift([new("guid:1", "link:x", id="1", **OTHER)], known("guid:1", entry=None)).new == []


class Memory:
    """What a store would know of one feed."""

    def __init__(self):
        self.keys, self.feed = {}, replace(FEED, first_poll=False)

    def fetch(self, document):
        keyed = keyed_entries(self.feed, FeedDocument("rss", entries=tuple(document)), NOW)
        known = {key: self.keys[key] for each in keyed for key in each.keys if key in self.keys}
        found, learned = sift(keyed, known)
        self.feed = replace(
            self.feed, quirks=quirks_after(recall_quirks(self.feed.quirks), keyed, known).remembered()
        )
        for key, owner in learned:
            self.keys[key] = KnownKey(owner, NOW.date())
        for each in found:
            told = (each.entry.title, each.entry.link, each.entry.published)
            number = EntryId(len(self.keys))
            self.keys |= {key: KnownKey(number, NOW.date(), *told) for key in each.keys}
        return {each.entry.title for each in found}


# Of each entry what changed since the last fetch; of guid, link and date one always stays. Four fetches, because after
# three changes in a row of all guids the feed's guids no longer count.
changes = st.sampled_from(["", "guid", "link", "date", "guid link", "guid date", "link date"])
fetches = st.lists(st.dictionaries(st.integers(0, 5), changes, max_size=6), max_size=4)


@given(fetches)
def test_whatever_a_feed_changes_of_an_entry_it_is_new_once_as_long_as_one_key_stays(history):
    memory, facts, seen = Memory(), {}, set()
    for document in history:
        told = []
        for number, changed in document.items():
            versions = facts.setdefault(number, {"guid": 0, "link": 0, "date": 0})
            for name in changed.split() if number in seen else ():
                versions[name] += 1
            told.append(
                Entry(
                    id=f"{number}-{versions['guid']}",
                    link=f"https://a.example/{number}/{versions['link']}",
                    title=f"A headline of article {number}",
                    published=NOW - timedelta(days=1, hours=number, seconds=1 + versions["date"]),
                )
            )
        wanted = {f"A headline of article {number}" for number in document if number not in seen}
        assert memory.fetch(told) == wanted
        seen |= set(document)


def test_what_a_feed_says_now_of_the_entries_it_had_is_told_under_their_numbers():
    stored = known("guid:1") | known("guid:2", entry=None) | known("guid:3", entry=B, **OLD)
    documents = [
        new("guid:1", title="now"),
        new("guid:2"),
        new("guid:9"),
        new("guid:3", "link:x", id="3", **OTHER),
    ]
    assert {owner: entry.title for owner, entry in told_again(documents, stored).items()} == {A: "now"}


def fetch(quirks, *pairs):
    """A fetch with one known entry for each pair: is its guid known, and its link?"""
    found, there = [], known("told#0")
    for n, (guid, link) in enumerate(pairs):
        found.append(new(f"guid:{n}", f"link:{n}", f"told#{n}"))
        there |= known(f"told#{n}", *([f"guid:{n}"] if guid else []), *([f"link:{n}"] if link else []))
    return quirks_after(quirks, found, there)


def test_guids_that_are_new_at_three_fetches_in_a_row_no_longer_tell():
    quirks = Quirks()
    for _ in range(3):
        assert quirks.guids_tell
        quirks = fetch(quirks, (False, True), (False, True))
    assert not quirks.guids_tell
    assert quirks.links_tell
    assert fetch(quirks, (False, True)) == quirks


def test_a_site_that_moves_once_keeps_its_guids_and_links():
    quirks = fetch(fetch(Quirks(), (False, False)), (False, False))
    assert fetch(quirks, (True, True)) == Quirks()


def test_one_entry_that_kept_its_guid_shows_that_guids_tell():
    assert fetch(Quirks(new_guids=2), (False, True), (True, True)) == Quirks()


def test_a_fetch_of_new_entries_alone_teaches_nothing():
    assert quirks_after(Quirks(new_guids=2), [new("guid:8")], {}) == Quirks(new_guids=2)


@given(st.sets(st.text(max_size=5)), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_quirks_are_remembered_as_they_were(names, guids, links, dates):
    quirks = Quirks(frozenset(names), guids, links, dates)
    assert recall_quirks(quirks.remembered()) == quirks


@pytest.mark.parametrize(
    "stored", [{}, {"parameters": 5, "new_guids": "x", "new_links": -1}, {"parameters": [1]}]
)
def test_what_is_not_understood_of_stored_quirks_is_learned_afresh(stored):
    assert recall_quirks(stored) == Quirks()


def linked(*links, titles="ABCDEFGH"):
    return [Entry(id=None, link=f"https://a.example/{link}", title=titles[n]) for n, link in enumerate(links)]


CHANGED = {
    "a token": (["r?id=1&t=a", "r?id=2&t=b"], ["r?id=1&t=c", "r?id=2&t=d"], {"t"}),
    "a token in the other order": (["r?t=a&id=1", "r?id=2&t=b"], ["r?id=1&t=c", "r?t=d&id=2"], {"t"}),
    "two tokens": (["1?t=a&s=1", "2?t=b&s=2"], ["1?t=c&s=3", "2?t=d&s=4"], {"t", "s"}),
    "a session for the whole document": (["r?id=1&s=a", "r?id=2&s=a"], ["r?id=1&s=b", "r?id=2&s=b"], {"s"}),
    "among new entries": (["1?t=a", "2?t=b"], ["1?t=c", "2?t=d", "3?t=e"], {"t"}),
    "one pair proves nothing": (["1?t=a"], ["1?t=b"], set()),
    "rubrics under the same titles": (["r?id=1", "r?id=2"], ["r?id=3", "r?id=4"], set()),
    "one of three kept it": (["1?t=a", "2?t=b", "3?t=c"], ["1?t=d", "2?t=e", "3?t=c"], set()),
    "nothing changed": (["1?t=a", "2?t=b"], ["1?t=a", "2?t=b"], set()),
    "another path": (["1?t=a", "2?t=b"], ["3?t=c", "4?t=d"], set()),
    "another set of names": (["1?t=a", "2?t=b"], ["1?u=c", "2?u=d"], set()),
    "known tracking": (["1?utm_x=a", "2?utm_x=b"], ["1?utm_x=c", "2?utm_x=d"], set()),
}


@pytest.mark.parametrize(("before", "after", "names"), CHANGED.values(), ids=CHANGED.keys())
def test_a_parameter_is_volatile_where_only_its_values_differ_between_two_fetches(before, after, names):
    assert volatile_parameters(linked(*before), linked(*after)) == names


def test_titles_that_come_twice_tell_nothing():
    titles = "AABB"
    one, other = linked("1?t=a", "2?t=b", "3?t=c", "4?t=d"), linked("1?t=e", "2?t=f", "3?t=g", "4?t=h")
    one = [replace(entry, title=titles[n]) for n, entry in enumerate(one)]
    other = [replace(entry, title=titles[n]) for n, entry in enumerate(other)]
    assert volatile_parameters(one, other) == frozenset()


links = st.lists(st.tuples(st.integers(1, 4), st.sampled_from("ts"), st.integers(1, 4)), max_size=6)


@given(links, links)
def test_no_volatile_parameter_ever_makes_two_links_of_a_document_one(before, after):
    one, other = (
        linked(*(f"r?id={i}&{name}={value}" for i, name, value in each)) for each in (before, after)
    )
    quirks = Quirks(volatile_parameters(one, other))
    distinct = {entry_keys(replace(entry, title=""), FEED.url) for entry in other}
    assert len({entry_keys(replace(entry, title=""), FEED.url, quirks) for entry in other}) == len(distinct)
