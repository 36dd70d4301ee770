"""What the pages of feeds are asked, and what they say, by table."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.adding import read_feed
from ops.checking import NotHad
from ops.dashboard.imports import KEPT, LASTS_S, Imports
from ops.dashboard.tongues import tongue
from ops.dashboard.views.feed_forms import (
    complaints,
    import_in_words,
    look_in_words,
    table_of,
    typed_of,
    url_typed,
)
from ops.dashboard.views.feeds import (
    PAGE,
    TABS,
    FeedsAsked,
    compose,
    compose_one,
    feed_line,
    feeds_asked,
    heart,
)
from ops.importing import Imported, Line
from ops.inspection import why_failed
from ops.looking import Looked
from ops.said import spoken
from ops.store.pages.feeds import RANKS
from ops.watchlist import DeclaredFeed, Given
from worker.polling import LETTERS_KEPT
from worker.secrets import Secret
from worker.wire import Failure, Reply

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
HOSTILE = "<b>\u202eevil</b>\x1b"


def row(**facts: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "url": "https://news.example/rss?key=geheim",
        "found_url": None,
        "site": "news.example:443",
        "name": "Kabar Selatan",
        "state": "ok",
        "rank": 5,
        "every_s": None,
        "every_least_s": None,
        "every_most_s": None,
        "full_text": True,
        "next_poll_at": NOW + timedelta(minutes=4),
        "next_poll_why": "news",
        "notice": None,
        "cooling_until": None,
        "cooling_why": None,
        "last_polled_at": NOW - timedelta(minutes=2),
        "last_ok_at": NOW - timedelta(minutes=2),
        "last_status": 304,
        "last_error": None,
        "failures": 0,
        "polls": "nuuun",
        "rhythm": {"interval_s": 240.0, "gap_s": 1900.0},
        "tags": ["indonesia"],
        "language": "id",
        "declared": False,
        "created_at": NOW - timedelta(days=40),
        "pushed_until": None,
        "last_entry_at": NOW - timedelta(hours=1),
        "gap": None,
        "silence": None,
        "websub": None,
        "days": [0] * 7 + [3, 4, 0, 2, 5, 1, 2],
        "quality": (18, 20),
        **facts,
    }


def whole(**facts: Any) -> dict[str, Any]:
    return row(
        own_name="Kabar Selatan",
        title="Kabar",
        pace=None,
        logs_in=False,
        header_names=[],
        crawl_delay_s=None,
        refusals=0,
        set_aside=0,
        on_site=1,
        entries=[],
        gaps=[],
        notes=[],
        **facts,
    )


def entry(**facts: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "title": "Rusia gempur Kiev",
        "link": "https://news.example/a",
        "published_at": NOW,
        "seen_at": NOW,
        "backlog": False,
        "state": "read",
        "reason": None,
        "page_due_at": None,
        "article_id": 12,
        "language": "id",
        "summary_only": False,
        "page_problem": None,
        "known_elsewhere": False,
        "topics": [],
        **facts,
    }


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({}, FeedsAsked()),
        ({"state": "trouble", "tag": " x\0 ", "words": "kyiv"}, FeedsAsked("trouble", "x", "kyiv")),
        ({"state": "'; DROP", "after": "9.1"}, FeedsAsked()),
        ({"after": "0.4711"}, FeedsAsked(after=(0, 4711))),
        ({"after": "-1.2"}, FeedsAsked()),
        ({"after": "1"}, FeedsAsked()),
        ({"after": "1." + "9" * 19}, FeedsAsked()),
        ({"after": "\u0661.\u0662"}, FeedsAsked()),
    ],
)
def test_an_address_asks_for_what_there_is_and_for_nothing_else(
    query: dict[str, str], asked: FeedsAsked
) -> None:
    assert feeds_asked(query) == asked


def test_a_view_can_be_sent_to_a_colleague() -> None:
    asked = FeedsAsked("trouble", "a & b", "kyiv", (0, 12))
    address = asked.address(after=(0, 12))
    assert address == "/feeds?state=trouble&tag=a+%26+b&words=kyiv&after=0.12"
    assert asked.address(tab="") == "/feeds?tag=a+%26+b&words=kyiv"


def test_the_list_counts_its_tabs_and_goes_on_after_the_last_that_is_shown() -> None:
    found = [row(id=n, rank=0, state="failing") for n in range(PAGE + 1)]
    view = compose(FeedsAsked(), found, {"failing": 60, "gone": 2, "ok": 9000}, ["x"], NOW)
    assert [str(word) for word, _, _ in view.tabs] == [
        *("All", "In trouble 62", "Silent", "Entries missed", "New", "Paused", "Well 9,000")
    ]
    assert (len(view.feeds), view.further, view.total) == (PAGE, f"/feeds?after=0.{PAGE - 1}", 9062)
    assert compose(FeedsAsked(), found[:PAGE], {}, [], NOW).further == ""


@pytest.mark.parametrize(
    ("facts", "shape", "word", "error", "then"),
    [
        ({}, "ok", "ok", "", "as often as it brings news"),
        (
            {"state": "failing", "last_error": "http_503", "next_poll_why": "failing"},
            *("bad", "failing", "it answers 503", "fails, so ever more seldom"),
        ),
        (
            {"state": "gone", "last_error": "http_410"},
            *("bad", "gone", "it is gone for good (410)", "not polled any more"),
        ),
        (
            {"silence": {"since": NOW - timedelta(hours=7), "missing": 14, "told_at": None}},
            *("slow", "silent"),
            "normally 14 entries by now, none since 02:00 UTC although it answers (HTTP 304)",
            "as often as it brings news",
        ),
        (
            {
                "gap": {
                    **{"since": NOW - timedelta(hours=2), "until": NOW - timedelta(hours=1), "at_most": 12},
                    **{"state": "unfillable", "recovered": 3, "how": "page 2", "reason": None},
                }
            },
            *("slow", "entries missed"),
            "up to 12 entries may have been missed between 07:00 and 08:00 UTC; 3 recovered from page 2",
            "as often as it brings news",
        ),
        (
            {"cooling_until": NOW + timedelta(minutes=9), "cooling_why": "http_429"},
            *("ok", "ok", "", "its site wants to be left alone"),
        ),
        ({"state": "new", "last_polled_at": None, "next_poll_why": None}, "off", "new", "", ""),
    ],
)  # fmt: skip
def test_a_feed_is_told_by_its_state_its_trouble_and_why_it_is_polled_when(
    facts: dict[str, Any], shape: str, word: str, error: str, then: str
) -> None:
    line = feed_line(row(**facts), NOW)
    assert (line.state.shape, str(line.state.word), str(line.error), str(line.why_then)) == (
        *(shape, word, error, then),
    )


def test_the_last_polls_are_drawn_each_in_a_form_of_its_own_and_told_in_words() -> None:
    beats = heart("nuec")
    assert [kind for kind, _ in beats.paths] == ["none", "news", "same", "failed", "cooling"]
    moved = re.compile(r"M\d+ ")
    assert len({moved.sub("M", path)[:40] for kind, path in beats.paths if kind != "none"}) == 4
    assert (
        beats.alt
        == "The last 4 polls: 1 with news, 1 with nothing new, 1 failed, 1 put off by its site"
    )  # fmt: skip
    assert heart("n").alt == "The last poll: 1 with news"
    assert heart("").alt == "Not polled yet"
    assert heart("u" * 90).alt == f"The last {LETTERS_KEPT} polls: {LETTERS_KEPT} with nothing new"


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ([0] * 14, "nothing in 7 days"),
        ([9] + [0] * 12 + [1], "1 entry in 7 days"),
        ([0] * 7 + [2] * 7, "2 entries a day"),
        ([0] * 7 + [1200] * 7, "1,200 entries a day"),
    ],
)
def test_how_much_it_brings_is_said_of_the_last_week(days: list[int], told: str) -> None:
    assert feed_line(row(days=days), NOW).per_day == told


@pytest.mark.parametrize(
    ("quality", "share", "told"),
    [
        (None, None, ""),
        ((20, 20), 1.0, "all in full"),
        ((0, 20), 0.0, "summaries only"),
        ((17, 20), 0.85, "85 % in full"),
    ],
)
def test_how_well_it_is_read_is_a_share_and_a_word(quality: Any, share: Any, told: str) -> None:
    line = feed_line(row(quality=quality), NOW)
    assert (line.quality, line.quality_words) == (share, told)


@pytest.mark.parametrize(
    ("facts", "shape", "word", "because"),
    [
        ({}, "ok", "read", ""),
        ({"state": "new", "article_id": None}, "off", "waits to be read", ""),
        (
            {"state": "failed", "article_id": None, "reason": "http_404"},
            *("bad", "set aside", "there is nothing at this address (404)"),
        ),
        ({"known_elsewhere": True}, "off", "another feed brought it first", ""),
        (
            {"summary_only": True, "page_problem": "timeout", "page_due_at": NOW},
            *("slow", "summary only", "it did not answer in time"),
        ),
    ],
)
def test_each_entry_says_what_became_of_it(
    facts: dict[str, Any], shape: str, word: str, because: str
) -> None:
    (shown,) = compose_one({**whole(), "entries": [entry(**facts)]}, "/articles/", NOW).entries
    assert (shown.state.shape, str(shown.state.word), str(shown.because)) == (shape, word, because)


def test_strangers_words_are_bounded_and_harmless() -> None:
    facts = {"name": HOSTILE * 50, "tags": [HOSTILE], "notice": HOSTILE, "last_error": HOSTILE}
    found = entry(title=HOSTILE * 99, link="javascript:alert(1)")
    view = compose_one({**whole(), **facts, "state": "failing", "entries": [found]}, "", NOW)
    for text in (view.line.name, *view.line.tags, view.notice, view.line.error, str(view.entries[0].title)):
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert len(text) <= 301
    assert view.entries[0].link is None
    assert view.entries[0].path == ""


@pytest.mark.parametrize(
    ("facts", "rhythm"),
    [
        ({}, "as its news comes"),
        ({"every_s": 120.0}, "every 2 min, as set"),
        ({"every_least_s": 30.0, "every_most_s": 600.0}, "as its news comes, within 30s-10m, as set"),
    ],
)
def test_its_rhythm_is_what_the_user_set_or_what_its_news_asks_for(
    facts: dict[str, Any], rhythm: str
) -> None:
    assert compose_one({**whole(), **facts}, "", NOW).rhythm == rhythm


def test_what_is_typed_becomes_what_a_watchlist_would_declare_and_comes_back() -> None:
    typed = {
        **{"name": " Kabar ", "every": "2m", "tags": "a, b,,", "language": "id", "full_text": "on"},
        **{"user": "rina", "password": "geheim", "pace.burst": "5", "pace.per_second": "0,5"},
        **{"pace.connections": "many", "csrf": "x"},
    }
    assert table_of(typed, "https://x.example/") == {
        **{"url": "https://x.example/", "full_text": True, "name": "Kabar", "every": "2m"},
        **{"language": "id", "user": "rina", "tags": ["a", "b"], "password": "geheim"},
        "pace": {"connections": "many", "per_second": 0.5, "burst": 5},
    }
    feed = DeclaredFeed(
        "https://x.example/", "Kabar", every_s=120.0, tags=("a", "b"), user="rina", pace=(("burst", 5),),
        password=Given(Secret("geheim")),
    )  # fmt: skip
    shown = typed_of(feed)
    assert "geheim" not in str(shown)
    assert (shown["every"], shown["tags"], shown["pace.burst"], shown["full_text"]) == (
        "2m",
        "a, b",
        "5",
        "on",
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [("news.example", "https://news.example"), (" http://a.example/ ", "http://a.example/"), ("", "")],
)
def test_an_address_without_a_scheme_is_a_secure_one(written: str, meant: str) -> None:
    assert url_typed(written) == meant


def test_a_reference_to_the_servers_own_secrets_is_refused_and_a_password_is_not() -> None:
    url = "https://kabar.example/rss"
    for reference in ("env:PANTAU_SECRET_KEY", "file:/etc/shadow", "stored:12"):
        refused = read_feed(table_of({"user": "x", "password": reference}, url))
        assert not isinstance(refused, DeclaredFeed), reference
        assert "are for watchlist files" in refused["password"]
        refused = read_feed({"url": url, "headers": {"X-Key": reference}})
        assert not isinstance(refused, DeclaredFeed), reference
        assert "are for watchlist files" in refused["headers.X-Key"]
    assert isinstance(read_feed(table_of({"user": "x", "password": "geheim"}, url)), DeclaredFeed)
    assert isinstance(read_feed(table_of({"token": "geheim"}, url)), DeclaredFeed)


def test_a_complaint_stands_at_its_field_and_one_without_a_field_at_the_address() -> None:
    found = complaints({"pace.burst": "a", "pace": "b", "headers.X": "c", "tags": "d"})
    assert (found["pace.burst"], found["tags"], found["url"], found["token"]) == ("a", "d", "b", "c")
    assert found["name"] == ""


def test_of_an_import_the_refused_lines_come_first_and_no_more_than_a_page_holds() -> None:
    imports = Imports()
    begun = imports.begin("feeds.opml", 0.0)
    assert begun is not None
    assert (import_in_words(begun).over, import_in_words(begun).progress) == (
        False,
        "The list is being read.",
    )
    lines = tuple(
        Line(n, f"https://{n}.example/", f"https://{n}.example/", (), "added") for n in range(1, 1003)
    )
    begun.result = Imported((*lines, Line(2000, "javascript:x", "", (), "refused", HOSTILE)))
    view = import_in_words(begun)
    assert [(n, str(word)) for n, word in view.counts] == [(1002, "added"), (1, "refused")]
    assert (view.lines[0].line, view.lines[1].line, len(view.lines)) == (2000, 1, 1000)
    assert (view.lines[1].name, view.more) == ("", "and 3 more lines")
    assert "\u202e" not in view.lines[0].why


def test_an_import_that_failed_says_that_nothing_was_stored() -> None:
    begun = Imports().begin("x", 0.0)
    assert begun is not None
    begun.wrong = "line 3: not well-formed"
    view = import_in_words(begun)
    assert (view.over, view.wrong) == (True, "line 3: not well-formed")


def test_imports_are_forgotten_when_they_are_old_and_never_while_they_are_under_way() -> None:
    imports = Imports()
    begun = [imports.begin("x", 0.0) for _ in range(KEPT)]
    assert imports.begin("one more", 1.0) is None
    first = begun[0]
    assert first is not None
    first.wrong = "over"
    assert imports.begin("one more", 1.0) is not None
    assert imports.get(first.id) is None
    for each in begun:
        if each is not None:
            each.wrong = "over"
    later = imports.begin("later", LASTS_S + 1)
    assert later is not None
    assert [imports.get(each.id) for each in begun if each] == [None] * KEPT


def test_who_changed_it_is_told_by_what_differs_and_yes_and_no() -> None:
    common = {"id": 1, "at": NOW, "who": "edi"}
    added = {
        **common,
        "what": "added",
        "before": None,
        "after": {"name": "Kabar", "tags": [], "full_text": True},
    }
    changed = {
        **{**common, "what": "changed", "before": {"full_text": True, "pace": {}, "language": ""}},
        "after": {"full_text": False, "pace": {"burst": 5}, "language": None},
    }
    first, second = compose_one({**whole(), "notes": [added, changed]}, "/articles/", NOW).notes
    assert first.changes == (("name", "", "Kabar"), ("full_text", "", "yes"))
    assert second.changes == (("full_text", "yes", "–"), ("pace", "–", "burst 5"))


def test_its_articles_are_found_by_the_name_that_their_page_knows() -> None:
    assert compose_one(whole(name="A & B"), "/articles/", NOW).articles == "/articles?feed=A+%26+B"
    assert compose_one(whole(name=None), "/articles/", NOW).articles == "/articles?feed=news.example"
    assert compose_one(whole(), "", NOW).articles == ""


@pytest.mark.parametrize(
    ("answer", "why", "advice"),
    [
        (
            Failure("dns", "no such\x1b[31m host"),
            "namanya tidak dikenal (DNS) (no such[31m host)",
            "Periksa apakah namanya salah ketik",
        ),
        (
            Reply(429, {"retry-after": "\u202e90"}, b"", "https://news.example/"),
            "server menjawab 429 dan minta ditunggu (90)",
            "Ia terlalu sering ditanya",
        ),
    ],
    ids=["no answer", "asks to wait"],
)
def test_what_a_look_at_an_address_says_is_said_in_the_readers_language(
    answer: Failure | Reply, why: str, advice: str
) -> None:
    seen = look_in_words(Looked(NotHad(*why_failed(answer))), {}, NOW)
    assert spoken(seen.why, tongue("id")) == why
    assert str(spoken(seen.advice, tongue("id"))).startswith(advice)


def test_every_rank_is_in_a_tab() -> None:
    assert {rank for _, ranks in TABS.values() for rank in ranks} == set(RANKS)
