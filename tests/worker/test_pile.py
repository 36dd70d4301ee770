"""Which page on the read desk is next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from worker.desks.pile import Pile, Sheet
from worker.model import Article, ArticleId, EarlierReading, EntryId, FeedId, UnreadEntry
from worker.wire import Reply

ENTRY = UnreadEntry(
    **{
        "id": EntryId(0),
        "token": 1,
        "attempts": 0,
        "feed_id": FeedId(1),
        "guid": None,
        "link": None,
        "title": "",
    },
    **{"summary": "", "content": "", "authors": (), "tags": (), "published_at": None, "backlog": False},
    **{"seen_at": datetime(2026, 11, 23, tzinfo=UTC), "full_text": True, "source": "", "language": None},
)
EARLIER = EarlierReading(ArticleId(1), Article("", ""), True, None)
KINDS = {"news": {}, "backlog": {"backlog": True}, "again": {"earlier": EARLIER}}


def sheet(number, look="unseen", kind="news", size=10):
    made = Sheet(replace(ENTRY, id=EntryId(number), **KINDS[kind]), 0.0, look=look)
    made.answer = Reply(200, {}, b"x" * size, "https://x.example/")
    return made


def order(*sheets):
    pile = Pile()
    for each in sheets:
        pile.add(each)
    return [pile.take().entry.id for _ in sheets]


def test_what_may_have_to_be_told_goes_first_and_news_before_the_rest():
    assert order(
        sheet(1, "untouched", "backlog"),
        sheet(2, "untouched"),
        sheet(3, "unseen", "backlog"),
        sheet(4, "touched", "again"),
        sheet(5, "unseen"),
        sheet(6, "touched"),
    ) == [6, 5, 4, 3, 2, 1]


SHEETS = st.lists(
    st.tuples(
        st.sampled_from(["unseen", "touched", "untouched"]), st.sampled_from(list(KINDS)), st.integers(0, 9)
    )
)


@given(SHEETS, st.data())
def test_every_page_leaves_the_pile_once_and_none_untouched_before_one_that_may_matter(kinds, data):
    pile, waiting, left = Pile(), [], []
    for number, kind in enumerate(kinds):
        pile.add(made := sheet(number, *kind))
        waiting.append(made)
        if data.draw(st.booleans()):
            left.append(taken := pile.take())
            waiting.remove(taken)
            assert taken.look != "untouched" or all(each.look == "untouched" for each in waiting)
        assert pile.size == sum(each.size for each in waiting)
    left += [pile.take() for _ in range(len(pile))]
    assert sorted(each.entry.id for each in left) == list(range(len(kinds)))
    assert (len(pile), pile.size) == (0, 0)


@given(st.lists(st.integers(0, 99), unique=True))
def test_pages_of_one_kind_are_read_in_the_order_in_which_they_came(numbers):
    assert order(*(sheet(number) for number in numbers)) == numbers
