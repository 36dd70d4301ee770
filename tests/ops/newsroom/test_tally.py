from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ops.newsroom.tally import Receipt, doubled, first_told, tellings, told_twice

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = "http://127.0.0.1:9/"


def receipt(to: str, identity: str | None, *links: str, second: int = 0) -> Receipt:
    return Receipt(NOON + timedelta(seconds=second), to, identity, frozenset(links))


def test_a_delivery_accepted_twice_by_one_receiver_is_doubled_and_by_two_it_is_not() -> None:
    told = [receipt("rina", "d1"), receipt("rina", "d1"), receipt("budi", "d1"), receipt("rina", "d2")]
    assert doubled(told) == {("rina", "d1"): 2}


def test_messages_without_an_identity_are_never_called_doubled() -> None:
    assert not doubled([receipt("rina", None), receipt("rina", None)])


def test_only_links_of_the_newsroom_count_as_articles() -> None:
    told = [receipt("rina", "d1", SITE + "a", "http://other/why"), receipt("rina", "d2", "http://other/why")]
    assert tellings(told, SITE) == {("rina", SITE + "a"): 1}
    assert not told_twice(told, SITE)


def test_an_article_named_in_two_messages_to_one_receiver_is_told_twice() -> None:
    told = [receipt("rina", "d1", SITE + "a"), receipt("rina", "d2", SITE + "a", SITE + "b")]
    assert told_twice(told, SITE) == {("rina", SITE + "a"): 2}


def test_the_first_telling_counts_whoever_heard_it() -> None:
    told = [receipt("rina", "d1", SITE + "a", second=9), receipt("budi", "d2", SITE + "a", second=3)]
    assert first_told(told, SITE) == {SITE + "a": NOON + timedelta(seconds=3)}


@given(st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("abc"))))
def test_told_twice_is_what_is_left_when_single_tellings_are_taken_away(pairs: list[tuple[str, str]]) -> None:
    told = [receipt(to, None, SITE + article) for to, article in pairs]
    expected = {(to, SITE + article): pairs.count((to, article)) for to, article in pairs}
    assert tellings(told, SITE) == expected
    assert told_twice(told, SITE) == {telling: n for telling, n in expected.items() if n > 1}
