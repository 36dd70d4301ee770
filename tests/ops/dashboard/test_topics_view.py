"""Topics in words, by table: lists, drafts, trials, versions, what applying back does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alerts.decision import Reason
from ops.applying_back import Applied
from ops.dashboard.views.difference import difference
from ops.dashboard.views.simple_query import Simple, Unusable, as_lists, as_query
from ops.dashboard.views.topic_applying import REASONS, applied_view, earlier_row
from ops.dashboard.views.topic_editor import (
    MOST_TRIED,
    Draft,
    checked,
    conflict_of,
    editor_view,
    outcome_view,
    place_of,
    running_view,
)
from ops.dashboard.views.topic_history import history_view
from ops.dashboard.views.topic_sharing import sharing_view
from ops.dashboard.views.topics import days_of, first_moment, found_row, list_view
from ops.dashboard.views.written import forms_of, summary
from ops.searching import Stored, compare, search
from ops.store.topics import Heard, Standing, Version
from ops.watchlist import DeclaredTopic
from worker.match.entities import shipped
from worker.model import Article, ArticleId

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
KNOWN = shipped()
HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"


def told(pieces: Any) -> str:
    marks = {"same": "{}", "added": "+{}+", "removed": "-{}-"}
    return "".join(marks[kind].format(piece) for piece, kind in pieces)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("nato", "nato", "nato"),
        ("nato OR kyiv", "nato OR warsaw", "nato OR -kyiv-+ warsaw+"),
        ("nato", "nato OR kyiv", "nato+ OR kyiv+"),
        ("(a OR b)", "(a OR b) -c", "(a OR b)+ -c+"),
        ("", "nato", "+nato+"),
    ],
)
def test_what_changed_between_two_queries(before: str, after: str, shown: str) -> None:
    assert told(difference(before, after)) == shown


def test_queries_too_long_to_be_compared_word_by_word_stand_below_each_other() -> None:
    before, after = "a " * 2000, "b " * 2000
    assert [kind for _, kind in difference(before, after)] == ["removed", "added"]


@pytest.mark.parametrize(
    ("lists", "query"),
    [
        (Simple("nato\nkyiv", "", ""), "nato OR kyiv"),
        (Simple("nato", "harga\nnikel", "resep"), "nato AND harga AND nikel AND NOT resep"),
        (
            Simple("pakta pertahanan\n@nato", "", "ayam kiev"),
            '("pakta pertahanan" OR @nato) AND NOT "ayam kiev"',
        ),
        (Simple("", "harga  \n\n harga\n", ""), "harga"),
        (Simple('he said "no', "", ""), '"he said no"'),
    ],
)
def test_lists_make_a_query_that_makes_the_same_lists(lists: Simple, query: str) -> None:
    assert as_query(lists, KNOWN) == query
    back = as_lists(query, KNOWN)
    assert back is not None
    assert as_query(back, KNOWN) == query


@pytest.mark.parametrize(
    ("lists", "where"),
    [
        (Simple("", "", "resep"), "any"),
        (Simple("@nobody_knows_this", "", ""), "any"),
        (Simple("nato", "@nobody_knows_this", ""), "all"),
        (Simple("nato", "", "..."), "none"),
    ],
)
def test_lists_that_make_no_query_say_where(lists: Simple, where: str) -> None:
    answer = as_query(lists, KNOWN)
    assert isinstance(answer, Unusable)
    assert list(answer.wrong) == [where]


@pytest.mark.parametrize(
    "query", ["a NEAR/3 b", "(a OR b) (c OR d)", "title:nato", "a OR (b c)", "atleast/2(a, b, c)"]
)
def test_what_says_more_than_lists_can_has_none(query: str) -> None:
    assert as_lists(query, KNOWN) is None


def test_a_place_is_told_by_line_and_column() -> None:
    assert place_of("nato\n  OR kyiv", 8) == (2, 3)
    assert place_of("nato", 1) == (1, 1)


@pytest.mark.parametrize(
    ("query", "place", "at"),
    [
        ("(@ukraine OR @kyivv)\nAND nato", "line 1, column 14", "@kyivv"),
        ("nato\nOR (kyiv", "line 2, column 4", "("),
        ("nato OR", "line 1, column 6", "OR"),
    ],
)
def test_a_fault_shows_its_place(query: str, place: str, at: str) -> None:
    found = checked(query, KNOWN)
    assert found is not None
    assert found.fault is not None
    assert (str(found.fault.place), found.fault.at) == (place, at)
    assert found.fault.cause


def test_a_query_that_can_be_read_says_what_it_means_and_what_is_doubtful() -> None:
    found = checked("ukraina ukraina @nato", KNOWN)
    assert found is not None
    assert found.fault is None
    assert str(found.meaning).startswith("It can be read: ")
    assert [each.key for each in found.forms] == ["nato"]
    assert checked("  \n ", KNOWN) is None


@pytest.mark.parametrize(
    ("query", "meaning"),
    [
        ("nato", "It can be read: 1 word."),
        ('nato OR "pakta pertahanan"', "It can be read: 1 word, 1 phrase or exact text."),
    ],
)
def test_a_meaning_leaves_out_what_is_not_there(query: str, meaning: str) -> None:
    assert summary(query, KNOWN) == meaning


def test_the_forms_of_a_name_begin_with_those_that_most_readers_know() -> None:
    (nato,) = forms_of("@nato OR title:@nato", KNOWN)
    assert len(nato.first) == 6
    assert "written forms" in nato.count
    assert {"NATO", "НАТО"} <= {name for name, _ in (*nato.first, *nato.rest)}
    assert forms_of("(nato", KNOWN) == ()


def articles(*texts: str) -> list[Stored]:
    return [
        Stored(
            ArticleId(n),
            Article(text, f"{text} body.", "id", url=f"https://kabar.example/{n}", source=HOSTILE),
            NOW - timedelta(hours=n),
            NOW - timedelta(hours=20 * n),
        )
        for n, text in enumerate(texts)
    ]


def test_a_trial_tells_new_lost_and_unchanged_day_by_day() -> None:
    found = compare("nato", "nato -resep OR kyiv", articles("nato", "kyiv", "nato resep", "hujan"))
    outcome = outcome_view(found, 4, 0.83, Draft(tab="new"), NOW)
    assert outcome.matched == "2 articles"
    assert [f"{n} {word}" for n, word in outcome.changes] == ["+1 new", "−1 lost", "1 unchanged"]
    assert [(str(word), chosen) for _, word, chosen in outcome.tabs] == [
        ("All 2", False),
        ("New 1", True),
        ("Lost 1", False),
    ]
    assert [str(row.tag) for row in outcome.shown] == ["new in the draft"]
    assert sum(day.counts[0] + day.counts[1] for day in outcome.days) == 2
    assert sum(day.counts[2] for day in outcome.days) == 1
    assert outcome.looked == "Tried on 4 stored articles in 0.8 s."
    assert "\x1b" not in outcome.shown[0].source
    assert "\u202e" not in outcome.shown[0].source


@pytest.mark.parametrize(
    ("days", "few", "width"),
    [(1, True, 1000 / 7), (6, True, 1000 / 7), (7, False, 1000 / 7), (8, False, 125)],
)
def test_a_day_is_a_bar_however_few_there_are(days: int, few: bool, width: float) -> None:
    at = [NOW - timedelta(days=n) for n in range(days)]
    stored = [Stored(ArticleId(n), Article("nato", ""), when, when) for n, when in enumerate(at)]
    outcome = outcome_view(search("nato", stored), days, 0.1, Draft(), NOW)
    bars = [day.kept for day in outcome.days if day.kept]
    assert outcome.few is few
    assert len(bars) == days
    assert all(bar.width == pytest.approx(0.72 * width, abs=0.01) for bar in bars)
    assert bars[-1].x + bars[-1].width <= 1000


def test_a_trial_without_a_saved_query_compares_nothing() -> None:
    outcome = outcome_view(search("nato", articles("nato", "hujan")), 2, 0.1, Draft(), NOW)
    assert (outcome.compared, outcome.tabs, outcome.changes) == (False, (), ())


def test_a_trial_under_way_shows_what_it_has_and_promises_nothing() -> None:
    outcome = outcome_view(search("nato", articles("nato")), 9, 0.1, Draft(), NOW, whole=False)
    assert (outcome.matched, outcome.a_day, outcome.looked) == ("1 article so far", "", "")


def test_more_articles_than_are_tried_are_told() -> None:
    outcome = outcome_view(search("nato", articles("nato")), MOST_TRIED + 1, 2, Draft(), NOW)
    assert outcome.looked.startswith("Tried on the newest 1 of 100,001 stored articles of 7 days")


def test_how_far_a_trial_is() -> None:
    assert running_view(0, 0).told == "waiting for its turn"
    assert running_view(500, 2000).share == 0.25
    assert running_view(2001, 2000).share == 1.0


def heard(n: int) -> list[Heard]:
    return [Heard(k, f"s{k}", True, False, ("desk",), ("now",)) for k in range(n)]


@pytest.mark.parametrize(
    ("topic", "count", "sentence"),
    [
        (None, 0, "Nobody hears of it before a subscription names it."),
        (7, 0, "No subscription hears of this topic"),
        (7, 1, "Saving changes what 1 subscription receives; articles already sent are not sent again."),
        (7, 5, "Saving changes what 5 subscriptions receive; articles already sent are not sent again."),
    ],
)
def test_the_save_bar_says_what_changes_for_whom(topic: int | None, count: int, sentence: str) -> None:
    view = editor_view(topic, Draft(query="nato", began_from=3), KNOWN, title="x", heard=heard(count))
    assert sentence in view.told
    assert view.save == ("Save the topic" if topic is None else "Save as version 4")


def test_tags_are_parted_by_commas_or_lines() -> None:
    assert Draft(tags=" war,\nasia , ,war").topic().tags == ("war", "asia", "war")


def version(number: int, query: str, **facts: Any) -> Version:
    topic = DeclaredTopic(facts.get("name", "NATO"), query, facts.get("tags", ()))
    return Version(number, topic, facts.get("by", "ratna"), NOW - timedelta(days=9 - number))


def test_a_conflict_shows_both() -> None:
    now = DeclaredTopic("Alliance", "nato kyiv", ("war",))
    found = conflict_of(DeclaredTopic("NATO", "nato warsaw"), now, version(4, "nato kyiv", by="edi"), NOW)
    assert found.sentence == "edi saved version 4 meanwhile."
    assert told(found.pieces) == "nato -kyiv-+ warsaw+"
    assert (found.name, found.tags) == ("Alliance", "war")


def test_each_version_stands_beside_the_one_before_it() -> None:
    topic = Standing(7, DeclaredTopic("NATO", "kyiv"), declared=False, version=3)
    found = [
        version(3, "kyiv", tags=("war",)),
        version(2, "nato", tags=("war",)),
        version(1, "nato", by=None),
    ]
    view = history_view(topic, found, 50, NOW)
    assert [row.number for row in view.versions] == [3, 2, 1]
    assert [told(row.pieces) for row in view.versions] == ["-nato-+ kyiv+", "nato", "nato"]
    assert [row.same_query for row in view.versions] == [False, True, False]
    assert [row.tags for row in view.versions] == ["", "war", ""]
    assert [row.newest for row in view.versions] == [True, False, False]
    assert view.versions[2].by == "not known"
    paged = history_view(topic, found, 2, NOW)
    assert [row.number for row in paged.versions] == [3, 2]
    assert paged.further == "/topics/7/history?before=2"


def listed(name: str, **facts: Any) -> dict[str, Any]:
    return {"id": 1, "name": name, "query": "nato", "tags": [], "declared": False, **facts}


def test_the_list_tells_what_each_found_today_and_who_hears_of_it() -> None:
    days = {1: {date(2026, 11, 26): 3, date(2026, 11, 20): 2}}
    view = list_view([listed(HOSTILE, tags=["war"])], days, {1: 2}, 1, "", NOW)
    (row,) = view.topics
    assert (row.today, row.hears, row.alt) == ("3 matches today", "2 subscriptions", "5 matches in 14 days")
    assert "\x1b" not in row.name
    assert list_view([listed("NATO")], {}, {}, 1, "", NOW).topics[0].hears == "nobody hears of it"


def test_a_long_list_goes_on_after_its_last_name() -> None:
    view = list_view([listed(f"T {n:03}") for n in range(51)], {}, {}, 99, "a&b", NOW)
    assert len(view.topics) == 50
    assert view.more == "/topics?q=a%26b&after=T+049"


def test_days_begin_at_midnight_and_none_is_left_out() -> None:
    assert first_moment(NOW, 14) == datetime(2026, 11, 13, tzinfo=UTC)
    assert [n for _, n in days_of({date(2026, 11, 25): 4}, NOW, 3)] == [0, 4, 0]


def test_a_match_is_marked_and_bounded_whatever_stands_in_it() -> None:
    row = {
        "id": 1,
        "article_id": 2,
        "title": f"NATO {HOSTILE} {'x' * 5000}",
        "url": "javascript:alert(1)",
        "language": '"><script>',
        "hits": [["title", 0, 4, "NATO"], ["body", 5, 9, HOSTILE]],
        "quote": {"field": "body", "text": f"Kata NATO {HOSTILE}", "marks": [[5, 9]]},
        "source": HOSTILE,
        "at": NOW,
        "summary_only": True,
        "delivery": None,
    }
    found = found_row(row, {"relevant": 2, "beside": 1, "mine": True}, NOW)
    assert found.link is None
    assert found.language is None
    assert ("NATO", True) in found.title
    assert sum(len(piece) for piece, _ in found.title) <= 260
    assert ("NATO", True) in found.quote
    assert all("\x1b" not in piece and "\u202e" not in piece for piece, _ in (*found.title, *found.quote))
    assert found.judged == "2 said relevant, 1 not"
    assert found.mine is True


@pytest.mark.parametrize(
    ("applied", "asked", "would", "told"),
    [
        (Applied(9, 3, 3, 4), "catch_up", True, "4 alerts would go out, in one summary"),
        (Applied(9, 3, 3, 1), "catch_up", False, "1 alert goes out, in one summary"),
        (Applied(9, 3, 3, 0), "silent", True, "Nobody would be told."),
        (Applied(9, 3, 0, 0), "catch_up", True, "Nobody hears of them: everything was decided before"),
    ],
)
def test_applying_back_says_who_hears(applied: Applied, asked: Any, would: bool, told: str) -> None:
    assert applied_view(applied, asked, would=would).told.startswith(told)


def test_applying_back_says_why_nobody_hears_of_some() -> None:
    view = applied_view(Applied(9, 3, 3, 1, {"already_told": 2, "odd_reason": 1}), "catch_up", would=True)
    assert [str(each) for each in view.suppressed] == [
        "2 alerts do not go out: the channel was told of the article already",
        "1 alert does not go out: odd reason",
    ]
    assert REASONS.keys() <= {str(reason) for reason in Reason}


def test_notes_of_earlier_times_are_read_whatever_stands_in_them() -> None:
    row = {"at": NOW, "who": HOSTILE, "after": {"since": "7d", "new matches": 3, "told": "many"}}
    found = earlier_row(row, NOW)
    assert found.told == "the last 7d: 3 new matches, 0 alerts"
    assert "\x1b" not in found.who
    assert earlier_row({"at": NOW, "who": "x", "after": None}, NOW).told.startswith("the last ?")


def test_addresses_are_listed_the_newest_first() -> None:
    topic = Standing(7, DeclaredTopic("NATO", "nato"), declared=False, version=1)
    rows = [{"id": n, "created_at": NOW - timedelta(days=60 - n), "asked_at": None} for n in range(60)]
    view = sharing_view(topic, rows, {"atom": "https://x.example/a"}, NOW)
    assert len(view.open) == 50
    assert view.total == "60 addresses are open"
    assert view.more == "the newest 50 of 60"
    assert [(str(word), address) for word, address in view.made] == [
        ("Atom, for feed readers", "https://x.example/a")
    ]
