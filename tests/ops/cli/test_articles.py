"""What was not read in full, and reading it once more, as a person sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
URL = "https://news.example.id/gempa"
SET_ASIDE = {"state": "failed", "reason": "reading its page failed 3 times"}


@pytest.fixture
def desk(installation: None, rows: Any) -> Any:
    rows.feed_id = rows.feed(url="https://news.example.id/rss", name="Harian Contoh", state="ok")
    return rows


def bring(rows: Any, url: str = URL, **facts: Any) -> int:
    from worker.feeds.identity import entry_keys
    from worker.model import Entry

    entry: int = rows.entry(rows.feed_id, link=url, title="Gempa di laut", **facts)
    for key in entry_keys(Entry(None, url, ""), ""):
        rows.change(
            "INSERT INTO entry_keys (feed_id, key, entry_id) VALUES (:f, :k, :e)",
            f=rows.feed_id,
            k=key,
            e=entry,
        )
    return entry


def short(rows: Any, **facts: Any) -> int:
    """An entry that was matched with its feed's own words."""
    article = rows.article(
        rows.feed_id, url=URL, identity=URL, summary_only=True, page_problem="status 503", method="feed"
    )
    return bring(rows, state="read", article_id=article, page_tries=2, **facts)


def test_where_everything_was_read_there_is_nothing_to_list(pantau: Any, desk: Any) -> None:
    assert pantau("articles", "unread").out == "everything was read in full\n"
    assert pantau("articles", "unread", "--json").out == ""
    assert "entries " not in pantau("status").out.split("desk")[0]


def test_what_was_not_read_in_full_is_listed_with_its_reason(pantau: Any, desk: Any) -> None:
    bring(desk, "https://news.example.id/\x1b[31mbad", **SET_ASIDE)
    short(desk, page_due_at=NOW + timedelta(minutes=5))
    answer = pantau("articles", "unread")
    for words in (
        "set aside",
        "reading its page failed 3 times",
        "tried again",
        "status 503",
        "Harian Contoh",
        URL,
    ):
        assert words in answer.out
    assert "\x1b" not in answer.out
    newest, oldest = pantau("articles", "unread", "--json").lines
    assert (newest["state"], newest["page_tries"], newest["matched"]) == ("tried again", 2, True)
    assert (oldest["state"], oldest["matched"]) == ("set aside", False)
    status = pantau("status", "--json").lines[0]
    assert status["entries"] == {"set_aside": 1, "pages_due_again": 1}
    assert "1 set aside, 1 pages tried again later" in pantau("status").out
    assert "1 entries set aside" in pantau("feeds", "list").out
    assert pantau("feeds", "list", "--json").lines[0]["set_aside"] == 1


def test_an_entry_that_was_set_aside_is_read_again_from_the_beginning(pantau: Any, desk: Any) -> None:
    bring(desk, attempts=4, **SET_ASIDE)
    answer = pantau("articles", "retry", URL)
    assert (answer.code, answer.out) == (0, "1 entry is read again within seconds\n")
    assert desk.one("SELECT state, reason, attempts FROM entries") == ("new", None, 0)


def test_a_page_that_was_let_be_is_tried_now(pantau: Any, desk: Any) -> None:
    short(desk)
    assert pantau("articles", "retry", URL, "--json").lines == [{"entries": 1, "due": 1}]
    assert desk.one("SELECT page_due_at <= now(), page_tries, state FROM entries") == (True, 0, "read")


def test_all_that_was_set_aside_is_read_again_at_once(pantau: Any, desk: Any) -> None:
    for n in range(3):
        bring(desk, f"{URL}/{n}", **SET_ASIDE)
    short(desk)
    assert pantau("articles", "retry", "--set-aside").out == "3 entries are read again within seconds\n"
    assert pantau("articles", "retry", "--set-aside").code == 4
    assert desk.one("SELECT count(*) FROM entries WHERE page_due_at IS NOT NULL") == 0


def test_there_may_be_nothing_to_read_again(pantau: Any, desk: Any) -> None:
    unknown = pantau("articles", "retry", URL)
    assert (unknown.code, unknown.out) == (4, f"no feed has brought {URL}\n")
    bring(desk, state="read", article_id=desk.article(desk.feed_id, identity=URL))
    whole = pantau("articles", "retry", URL)
    assert whole.code == 4
    assert "it was read in full" in whole.out
    assert pantau("articles", "retry").code == pantau("articles", "retry", URL, "--set-aside").code == 2


@pytest.fixture
def archive(installation, rows):
    feed = rows.feed()
    for n, body in enumerate(["Kapal tiba di Surabaya.", "NATO menggelar rapat.", "Rapat kapal ditunda."]):
        rows.article(feed, title=f"Berita {n}", body=body, read_at=NOW - timedelta(hours=n))
    return rows


def titles(answer):
    return [row["title"] for row in answer.lines]


@pytest.mark.servers
def test_articles_with_all_words_are_found_the_newest_first(pantau, archive):
    assert titles(pantau("articles", "search", "kapal", "--json")) == ["Berita 0", "Berita 2"]
    assert titles(pantau("articles", "search", "rapat", "kapal", "--json")) == ["Berita 2"]
    assert titles(pantau("articles", "search", "@nato OR surabaya", "--json")) == ["Berita 0", "Berita 1"]
    assert titles(pantau("articles", "search", "kapal", "--limit", 1, "--json")) == ["Berita 0"]
    assert titles(pantau("articles", "search", "kapal", "--since", "90m", "--json")) == ["Berita 0"]
    assert "> NATO menggelar rapat." in pantau("articles", "search", "nato").out


@pytest.mark.servers
def test_nothing_found_and_what_is_no_query_have_their_own_ends(pantau, archive):
    assert pantau("articles", "search", "gajah").code == 4
    assert pantau("articles", "search", "(kapal").code == 65
    assert pantau("articles", "search").code == 2


@pytest.mark.servers
def test_found_articles_go_into_a_sheet_as_texts(pantau, archive):
    archive.change("UPDATE articles SET title = '=1+1'")
    assert pantau("articles", "search", "surabaya", "--csv").out.splitlines()[1].count('"\'=1+1"') == 1
