from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.letter import (
    coverage,
    facts,
    footer,
    further,
    heading,
    headline,
    preface,
    section_heading,
    sentences,
    subject,
    title,
    topics,
    why,
)
from alerts.model import Coverage, Letter, Thread
from alerts.moments import local_time, moment, speed
from alerts.sections import Section

Make = Callable[..., Any]
NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "kind", "count", "said"),
    [
        ("en", "article", 1, "[NATO] Perundingan pakta pertahanan"),
        ("en", "digest", 1, "Digest: 1 article on NATO"),
        ("en", "digest", 3, "Digest: 3 articles on NATO"),
        ("en", "quiet", 2, "From your quiet hours: 2 articles on NATO"),
        ("en", "rollup", 5, "5 more articles on NATO"),
        ("en", "backlog", 23, "23 articles that were already in the feeds you added"),
        ("id", "article", 1, "[NATO] Perundingan pakta pertahanan"),
        ("id", "digest", 3, "Ringkasan: 3 artikel tentang NATO"),
        ("id", "backlog", 1, "1 artikel yang sudah ada di umpan yang Anda tambahkan"),
    ],
)
def test_the_subject_says_what_came(
    letter_of: Make, item_of: Make, language: Any, kind: Any, count: int, said: str
) -> None:
    letter = letter_of(*[item_of()] * count, kind=kind, language=language)
    assert subject(letter) == said


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [("en", 3, "3 older articles on NATO"), ("id", 1, "1 artikel lama tentang NATO")],
)
def test_older_articles_that_somebody_asked_for_are_not_called_those_of_new_feeds(
    letter_of: Make, item_of: Make, language: Any, count: int, said: str
) -> None:
    assert subject(letter_of(*[item_of()] * count, kind="backlog", older=True, language=language)) == said


def test_a_possible_repeat_says_so_first(letter_of: Make) -> None:
    assert subject(letter_of(possible_repeat=True)).startswith("Possible repeat: [NATO]")
    assert subject(letter_of(possible_repeat=True, language="id")).startswith(
        "Mungkin terkirim ulang: [NATO]"
    )


def test_the_backlog_counts_all_its_articles_also_those_the_letter_does_not_hold(letter_of: Make) -> None:
    assert heading(letter_of(kind="backlog", backlog_total=400)).startswith("400 articles")


def test_the_reason_names_subscription_and_topics(letter_of: Make) -> None:
    assert why(letter_of()) == "You get this because “desk, at once” follows NATO."
    assert why(letter_of(subscriptions=())) == "You get this because you follow NATO."
    assert why(letter_of(subscriptions=(), topics=(), language="id")) == (
        "Anda menerima ini karena Anda mengikuti NATO."
    )


def at(clock: str, day: int = 23) -> datetime:
    """A time in the reader's zone on the letter's day, or another of its month."""
    hour, minute, *second = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, *second, tzinfo=ZoneInfo("Asia/Jakarta"))


TIMES = {
    "as usual": (at("14:02:18"), at("14:02:50"), "14:02", "42 s after publication"),
    "minutes": (at("13:40"), at("13:42"), "13:40", "23 min after publication"),
    "late in the feed": (
        at("11:02"),
        at("14:02:48"),
        "11:02",
        "3 h after publication, 12 s after it was seen",
    ),
    "days late": (
        at("11:02", 20),
        at("14:02:48"),
        "20 Nov 11:02",
        "3 days after publication, 12 s after it was seen",
    ),
    "no hour known": (None, at("14:02:48"), "seen 14:02", "12 s after it was seen"),
    "only a date": (datetime(2026, 11, 23, tzinfo=UTC), at("14:02:48"), "23 Nov", "12 s after it was seen"),
    "only a date, here": (at("00:00"), at("14:02:48"), "23 Nov", "12 s after it was seen"),
    "only a date, last year": (datetime(2025, 11, 23, tzinfo=UTC), None, "23 Nov 2025", ""),
    "a clock that is ahead": (
        at("15:00"),
        at("14:02:48"),
        "dated 15:00, seen 14:02",
        "12 s after it was seen",
    ),
    "a clock a little ahead": (at("14:02:55"), at("14:02:48"), "14:02", "12 s after it was seen"),
    "never seen": (at("14:02:18"), None, "14:02", "42 s after publication"),
    "nothing known": (None, None, "", ""),
}


@pytest.mark.parametrize(("published", "seen", "when", "took"), TIMES.values(), ids=TIMES)
def test_it_is_said_honestly_when_an_article_came_out_and_how_long_the_news_took(
    letter_of: Make, item_of: Make, published: Any, seen: Any, when: str, took: str
) -> None:
    item = item_of(published_at=published, seen_at=seen)
    letter = letter_of(item)
    assert (moment(item, letter), speed(item, letter)) == (when, took)


def test_less_than_a_second_is_said_as_such(letter_of: Make, item_of: Make) -> None:
    item = item_of(published_at=NOW - timedelta(milliseconds=300), seen_at=NOW)
    assert speed(item, letter_of(item)) == "less than 1 s after publication"
    assert speed(item, letter_of(item, language="id")) == "kurang dari 1 dtk setelah terbit"


@pytest.mark.parametrize("kind", ["digest", "quiet", "rollup", "backlog"])
def test_what_is_told_at_a_time_of_its_own_does_not_say_how_long_it_took(letter_of: Make, kind: Any) -> None:
    letter = letter_of(kind=kind)
    assert speed(letter.items[0], letter) == ""


def test_an_update_says_how_long_the_first_telling_took(letter_of: Make, item_of: Make) -> None:
    told = NOW - timedelta(hours=2)
    item = item_of(published_at=told - timedelta(seconds=42), seen_at=told)
    assert speed(item, letter_of(item, kind="update", told_at=told)) == "42 s after publication"


COVERED = {
    (1, 1, 1): "",
    (2, 1, 1): "2 articles",
    (2, 2, 1): "2 outlets",
    (9, 7, 3): "7 outlets, 3 languages",
    (3, 2, 0): "2 outlets",
}


@pytest.mark.parametrize(("counts", "said"), COVERED.items())
def test_how_widely_a_story_is_told_stands_beside_its_first_article(
    letter_of: Make, item_of: Make, counts: Any, said: str
) -> None:
    first, second, other = item_of(story=17), item_of(article=2, story=17), item_of(article=3)
    letter = letter_of(first, second, other, coverage={17: Coverage(*counts)})
    assert [coverage(item, letter) for item in letter.items] == [said, "", ""]


def test_a_further_article_names_the_topics_that_the_first_does_not_touch(
    letter_of: Make, item_of: Make
) -> None:
    first, second = item_of(), item_of(article=2, topics=("NATO", "Kyiv"))
    letter = letter_of(first, second)
    assert further(second, first, letter) == ["14:01", "Kyiv"]
    assert further(first, second, letter) == ["14:01"]


def test_many_topics_are_counted(letter_of: Make, item_of: Make) -> None:
    item = item_of(topics=tuple("ABCDEFG"))
    assert topics(letter_of(item, topics=tuple("GABCDEF"))) == "G, A, B, C, D and 2 more"


def test_topics_that_no_article_touches_are_not_promised(letter_of: Make, item_of: Make) -> None:
    assert (
        heading(letter_of(item_of(), kind="digest", topics=("Kyiv", "NATO"))) == "Digest: 1 article on NATO"
    )


def test_a_bundle_says_from_when_to_when(letter_of: Make, item_of: Make) -> None:
    items = [item_of(article=n, seen_at=at("14:00", 22 + n)) for n in (0, 1)]
    assert preface(letter_of(*items, kind="digest")) == ["Seen from 22 Nov 14:00 to 23 Nov 14:00."]
    assert preface(letter_of(items[0], kind="digest")) == []
    assert preface(letter_of(*items, kind="rollup"))[0].startswith("Held back by your limit")


def test_a_section_counts_its_articles_and_stories(letter_of: Make, item_of: Make) -> None:
    letter = letter_of()
    alone, told = (item_of(),), (item_of(article=2), item_of(article=3))
    assert section_heading(Section("NATO", (alone,)), letter) == "NATO: 1 article"
    assert section_heading(Section("NATO", (alone, told)), letter) == "NATO: 3 articles in 2 stories"
    assert section_heading(Section("NATO", (told,)), letter) == "NATO: 2 articles of one story"
    assert section_heading(Section("", (alone, alone)), letter) == "Other topics: 2 articles"


def test_a_follow_up_names_its_story_and_without_one_its_topics(letter_of: Make, item_of: Make) -> None:
    three = [item_of(article=n) for n in range(3)]
    thread = Thread(key="1", title="Perundingan\n damai")
    assert subject(letter_of(*three, kind="followup", thread=thread)) == "3 more on “Perundingan damai”"
    assert subject(letter_of(*three, kind="followup")) == "3 more articles on NATO"
    assert subject(letter_of(*three, kind="followup", thread=replace(thread, title=""), language="id")) == (
        "3 artikel lagi tentang “(tanpa judul)”"
    )


def test_a_single_follow_up_is_named_where_there_is_one_line_for_it(letter_of: Make) -> None:
    letter = letter_of(kind="followup", thread=Thread(key="1", title="Pertama"))
    assert subject(letter) == "1 more on “Pertama”: Perundingan pakta pertahanan"
    assert heading(letter) == "1 more on “Pertama”"


def test_the_first_message_of_several_articles_says_how_many_more(letter_of: Make, item_of: Make) -> None:
    letter = letter_of(item_of(), item_of(article=2), item_of(article=3))
    assert headline(letter) == "[NATO] Perundingan pakta pertahanan and 2 more articles"
    assert headline(replace(letter, kind="update", language="id")) == (
        "[NATO] Perundingan pakta pertahanan dan 2 artikel lagi"
    )


def test_its_subject_stays_that_of_the_story(letter_of: Make, item_of: Make) -> None:
    assert subject(letter_of(item_of(), item_of(article=2))) == "[NATO] Perundingan pakta pertahanan"


def test_a_notice_says_one_thing_in_its_heading_and_several_in_a_list(letter_of: Make) -> None:
    letter = replace(letter_of(kind="notice", notice=("The hook\0 is gone.",), topics=()), items=())
    assert (subject(letter), sentences(letter)) == ("Pantau: The hook is gone.", [])
    assert footer(letter) == ["This is about Pantau itself, for whoever looks after it."]
    both = replace(letter, notice=("The hook is gone.", "Mend it."))
    assert (subject(both), sentences(both)) == (
        "Pantau: 2 things to look at",
        ["The hook is gone.", "Mend it."],
    )
    assert subject(replace(both, language="id")) == "Pantau: 2 hal yang perlu diperiksa"
    assert sentences(replace(letter, notice=("x" * 400,))) == ["x" * 400]


def test_foreign_words_beside_ours_keep_their_direction_except_in_a_header(
    letter_of: Make, item_of: Make
) -> None:
    item = item_of(title="الناتو NATO", source="الجزيرة", topics=("أوكرانيا",))
    letter = letter_of(item, topics=("أوكرانيا",))
    assert facts(item, letter)[0] == "\u2067الجزيرة\u2069"
    assert headline(letter) == "[\u2067أوكرانيا\u2069] \u2067الناتو NATO\u2069"
    assert subject(letter) == "[أوكرانيا] الناتو NATO"


@pytest.mark.parametrize(
    ("at", "language", "shown"),
    [
        (NOW, "en", "14:03"),
        (NOW - timedelta(hours=15), "en", "22 Nov 23:03"),
        (NOW.replace(month=5), "id", "23 Mei 14:03"),
        (NOW.replace(year=2024, month=10), "id", "23 Okt 2024 14:03"),
    ],
)
def test_another_day_shows_its_date(letter_of: Make, at: datetime, language: Any, shown: str) -> None:
    assert local_time(at, letter_of(language=language)) == shown


def test_a_letter_with_an_unknown_zone_still_goes_out_in_universal_time(letter_of: Make) -> None:
    assert local_time(NOW, letter_of(timezone="WIB")) == "07:03"


def test_an_article_read_from_its_feed_only_says_so(letter_of: Make, item_of: Make) -> None:
    item = item_of(summary_only=True)
    assert facts(item, letter_of(item)) == [
        "Harian Contoh",
        "14:01",
        "NATO",
        "2 min after publication",
        "summary only: the page could not be read in time",
    ]


def test_the_footer_gives_the_reason_and_the_clock(letter_of: Make) -> None:
    assert footer(letter_of()) == [why(letter_of()), "Times are those of Asia/Jakarta."]


def test_an_article_without_a_title_is_still_named(letter_of: Make, item_of: Make) -> None:
    assert title(item_of(title=" \u200b\n"), letter_of()) == "(without a title)"


def test_a_letter_is_said_alike_each_time(letter_of: Make) -> None:
    letter: Letter = letter_of(kind="digest")
    assert subject(letter) == subject(replace(letter))


@pytest.mark.parametrize(
    ("language", "told", "said"),
    [
        ("en", (1, 1, 1), "While you were away: 3 articles of one story on NATO"),
        ("en", (1, 1, 2), "While you were away: 3 articles in 2 stories on NATO"),
        ("en", (1, 2), "While you were away: 2 articles on NATO"),
        ("id", (1, 1, 1), "Selagi Anda pergi: 3 artikel dari 1 peristiwa tentang NATO"),
    ],
)
def test_what_a_pause_kept_is_said_whether_it_is_one_story_or_several(
    letter_of: Make, item_of: Make, language: Any, told: tuple[int, ...], said: str
) -> None:
    items = [item_of(story=story) for story in told]
    assert subject(letter_of(*items, kind="quiet", away=True, language=language)) == said
