"""What strangers wrote leaves as plain text in pieces; what happened leaves as words."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.dashboard.views.rows import AlertRow, alert_row, attempt_row, delivery_row, feed_row
from ops.dashboard.words import ago, delivery_state, due_stamp, language_tag, stamp

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def sending(**facts: object) -> dict[str, object]:
    usual = {
        "id": 1,
        "kind": "article",
        "state": "sent",
        "reason": "accepted",
        "due_at": NOW,
        "channel": "desk",
    }
    return {**usual, "ended_at": NOW, "possible_repeat": False, "waited_s": 0.0, **facts}


def told(**facts: object) -> AlertRow:
    quote = {"field": "body", "text": "Kata NATO kemarin.", "marks": [[5, 9]]}
    evidence = [{"topic": "NATO", "hits": [["title", 0, 5, "Rusia"], ["body", 5, 9, "NATO"]], "quote": quote}]
    usual = {
        "id": 1,
        "title": "Rusia gempur Kiev",
        "url": "https://kabar.example/1",
        "source": "Kabar",
        "language": "id",
        "published_at": NOW - timedelta(seconds=41),
        "seen_at": NOW - timedelta(seconds=4),
        "summary_only": False,
        "evidence": evidence,
        "sendings": [sending()],
    }
    return alert_row({**usual, **facts}, NOW)


def test_matched_words_are_marked_in_the_title_and_told_of_with_their_place() -> None:
    row = told()
    assert row.title == (("Rusia", True), (" gempur Kiev", False))
    assert row.places == (("Rusia", "in the title"), ("NATO", "in the text"))
    assert row.topics == ("NATO",)


def test_the_sentence_shows_why_where_the_title_does_not() -> None:
    quote = {"field": "body", "text": "Kata NATO kemarin.", "marks": [[5, 9]]}
    row = told(evidence=[{"topic": "NATO", "hits": [["body", 5, 9, "NATO"]], "quote": quote}])
    assert row.quote == (("Kata ", False), ("NATO", True), (" kemarin.", False))
    assert row.title == (("Rusia gempur Kiev", False),)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "http://user:pw@bank.example/", "ftp://x/", "//x", ""]
)
def test_only_plain_web_addresses_become_links(url: str) -> None:
    assert told(url=url).link is None


def test_tricks_of_writing_direction_do_not_reach_the_page() -> None:
    row = told(title="Bank \u202egnp.exe\u202c \u2066x", evidence=[])
    assert "".join(piece for piece, _ in row.title) == "Bank gnp.exe x"


def test_an_article_without_a_title_can_still_be_clicked() -> None:
    row = told(title="\u200b ", evidence=[])
    assert "".join(piece for piece, _ in row.title).strip() == "(without a title)"


@given(
    st.text(max_size=400),
    st.lists(st.tuples(st.integers(-5, 500), st.integers(-5, 500)), max_size=8),
)
def test_whatever_is_in_a_title_what_is_shown_is_visible_text(
    title: str, spans: list[tuple[int, int]]
) -> None:
    quote = {"field": "title", "text": title, "marks": []}
    hits = [["title", start, end, "x"] for start, end in spans]
    row = told(title=title, evidence=[{"topic": "T", "hits": hits, "quote": quote}])
    shown = "".join(piece for piece, _ in row.title)
    assert len(shown) <= 260
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in shown)


def test_the_lag_counts_from_publication_to_the_first_channel() -> None:
    late = sending(channel="rina", ended_at=NOW + timedelta(minutes=9))
    row = told(sendings=[late, sending()])
    assert (row.lag, row.lag_of, row.slow) == ("41 s", "since it was published", False)


def test_a_lag_of_our_own_making_is_pointed_out_and_a_wanted_wait_is_not() -> None:
    seen = NOW - timedelta(minutes=5)
    assert told(seen_at=seen).slow
    assert not told(seen_at=seen, sendings=[sending(waited_s=290.0)]).slow
    assert not told(seen_at=seen, sendings=[sending(kind="digest")]).slow


def test_an_alert_that_nobody_has_yet_has_no_lag() -> None:
    row = told(sendings=[sending(state="waiting", ended_at=None, due_at=NOW + timedelta(seconds=40))])
    assert row.lag == "–"
    assert row.sendings[0].state.word == "tries again in 40 s"


@pytest.mark.parametrize(
    ("state", "shape", "word"),
    [
        ("collecting", "off", "due in 40 s"),
        ("ready", "off", "due in 40 s"),
        ("sending", "off", "being sent"),
        ("waiting", "slow", "tries again in 40 s"),
        ("held", "bad", "held: the Slack hook was removed"),
        ("sent", "ok", "sent"),
        ("failed", "bad", "failed"),
        ("expired", "bad", "expired before it could be sent"),
        ("unknown", "slow", "in doubt: the answer was lost"),
        ("suppressed", "off", "suppressed"),
    ],
)
def test_every_state_of_a_delivery_has_a_shape_and_a_word(state: str, shape: str, word: str) -> None:
    found = delivery_state(state, "channel_blocked: no_service", NOW + timedelta(seconds=40), NOW)
    assert (found.shape, found.word) == (shape, word)


def test_what_a_pause_keeps_is_due_when_it_is_resumed() -> None:
    assert (
        delivery_state("collecting", None, datetime(9999, 1, 1, tzinfo=UTC), NOW).word == "kept until resumed"
    )


MESSAGE = {
    "id": 3,
    "key": "k",
    "kind": "article",
    "state": "sent",
    "reason": None,
    "possible_repeat": False,
    "due_at": NOW,
    "created_at": NOW,
    "channel": "desk",
    "articles": 1,
    "title": "Kiev",
    "language": "en",
    "topics": ["NATO", "War"],
}


def test_a_delivery_shows_its_attempts_and_what_else_it_carries() -> None:
    attempt = {
        "n": 1,
        "started_at": NOW,
        "verdict": "later",
        "reason": "http_429",
        "answer": "",
        "elapsed_s": 0.21,
    }
    shown = delivery_row({**MESSAGE, "kind": "followup", "articles": 3}, [attempt], NOW)
    assert (shown.title, shown.language) == ("Kiev", "en")
    assert shown.about == "follow-up · and 2 more articles · NATO, War"
    assert shown.attempts[0].answer == "it asks us to slow down (429)"
    assert (shown.attempts[0].state.word, shown.attempts[0].took) == ("not now", "0.2 s")


@pytest.mark.parametrize(
    ("facts", "title", "about"),
    [
        ({}, "Kiev", "NATO, War"),
        ({"title": "\u200b"}, "(without a title)", "NATO, War"),
        (
            {"kind": "rollup", "articles": 12},
            "Summary of 12 articles",
            "roll-up · the newest: Kiev · NATO, War",
        ),
        ({"kind": "digest"}, "Summary of 1 article", "digest · the newest: Kiev · NATO, War"),
        ({"kind": "digest", "articles": 0, "title": None, "topics": None}, "No article yet", "digest"),
        ({"kind": "update", "articles": 0, "topics": None}, "Update: Kiev", ""),
        (
            {"kind": "update", "articles": 0, "title": None, "topics": None},
            "Update of an earlier message",
            "",
        ),
        ({"kind": "notice", "articles": 0, "title": None, "topics": None}, "Notice about Pantau itself", ""),
    ],
)
def test_a_message_says_what_it_is(facts: dict[str, object], title: str, about: str) -> None:
    shown = delivery_row({**MESSAGE, **facts}, [], NOW)
    assert (shown.title, shown.about) == (title, about)
    assert shown.language == (None if shown.title.startswith(("Summary", "No article")) else "en")


def test_a_receivers_answer_is_shown_as_one_harmless_line() -> None:
    answer = "500 <script>alert(1)</script>\r\n\x1b[31mred\u202e"
    row = attempt_row(
        {"n": 1, "started_at": NOW, "verdict": None, "reason": None, "answer": answer, "elapsed_s": None}, NOW
    )
    assert row.answer == "500 <script>alert(1)</script> [31mred"


def feed(**facts: object) -> dict[str, object]:
    usual = {
        "id": 1,
        "url": "https://key@news.example/feed?token=abc",
        "name": None,
        "state": "ok",
        "next_poll_at": NOW,
    }
    facts = {"next_poll_why": "backing_off", "last_ok_at": None, "last_error": "dns", "entries": 1, **facts}
    return {**usual, "last_entry_at": None, **facts}


def test_a_feeds_address_is_shown_without_what_may_be_a_key() -> None:
    row = feed_row(feed(), NOW)
    assert (row.name, row.site) == ("news.example", "news.example")


def test_an_error_is_shown_only_while_it_lasts() -> None:
    assert feed_row(feed(), NOW).error == ""
    assert feed_row(feed(state="failing"), NOW).error == "its name is not known (DNS)"


def test_a_feed_that_is_gone_is_not_said_to_be_polled() -> None:
    row = feed_row(feed(state="gone"), NOW)
    assert (row.next_poll, row.why_then) == (None, "not polled any more")


def test_a_feed_that_answers_and_brings_nothing_is_silent_and_says_since_when() -> None:
    row = feed_row(feed(silence={"since": NOW - timedelta(hours=1), "missing": 14}, last_status=200), NOW)
    assert (row.state.shape, row.state.word) == ("slow", "silent")
    assert row.error.startswith("normally 14 entries by now")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "just now"),
        (12, "12 s ago"),
        (-40, "in 40 s"),
        (240, "4 min ago"),
        (7200, "2 h ago"),
        (-864000, "in 10 days"),
    ],
)
def test_moments_are_told_from_now(seconds: float, shown: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == shown


def test_a_moment_keeps_its_whole_date_in_universal_time() -> None:
    jakarta = datetime.fromisoformat("2026-11-23T07:59:00+07:00")
    shown = stamp(jakarta, NOW)
    assert (shown.iso, shown.full) == ("2026-11-23T00:59:00+00:00", "Mon 23 Nov 2026, 00:59:00 UTC")
    assert due_stamp(jakarta, NOW).shown == "due"


@pytest.mark.parametrize("language", [None, "", 'id" onclick="x', "id_ID", "x", "a" * 50])
def test_only_a_language_becomes_a_language_tag(language: str | None) -> None:
    assert language_tag(language) is None


@pytest.mark.parametrize("language", ["id", "zh-Hant", "pt-BR"])
def test_languages_are_passed_on(language: str) -> None:
    assert language_tag(language) == language
