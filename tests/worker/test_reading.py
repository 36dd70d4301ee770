"""From an entry and its page to the article: whose text counts, and which address means it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker import reading
from worker.model import EntryId, FeedId, PageText, UnreadEntry
from worker.reading import LONGEST_IDENTITY, Had, page_problem
from worker.robots import Forbidden
from worker.wire import Failure, Reply

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
BODY = "Sekjen NATO tiba di Kyiv pada hari Senin untuk menghadiri perundingan."


def entry(link="https://news.example/2026/kyiv", **facts):
    usual = {
        "id": EntryId(1),
        "token": 1,
        "attempts": 0,
        "feed_id": FeedId(7),
        "guid": None,
        "link": link,
        "title": "Perundingan",
        "summary": "Ringkasan.",
        "content": "",
        "authors": (),
        "tags": ("war",),
        "published_at": None,
        "seen_at": NOW,
        "backlog": False,
        "full_text": True,
        "source": "Harian",
        "language": None,
    }
    return UnreadEntry(**{**usual, **facts})


def page(**facts):
    return PageText(**{"title": "Page title", "text": BODY, "method": "fast", **facts})


def article_of(given, page, final_url, problem, via=None):
    return reading.article_of(given, Had(page, final_url, problem, via))


def reply(status=200, **headers):
    return Reply(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", "https://x.example/"
    )


PROBLEMS = {
    "there is no link": (None, "no_link"),
    "robots.txt says no": (Forbidden("Disallow: /"), "robots.txt forbids (Disallow: /)"),
    "it did not answer": (Failure("timeout", "no page within 10 s"), "timeout: no page within 10 s"),
    "it is not there": (reply(404), "status 404"),
    "204 has no page": (reply(204), "status 204"),
    "it is a picture": (reply(content_type="image/png"), "not a web page: image/png"),
    "it is a page": (reply(content_type="text/html; charset=utf-8"), None),
    "XHTML is one": (reply(content_type="Application/XHTML+XML"), None),
    "nobody says what it is": (reply(), None),
}


@pytest.mark.parametrize(("answer", "problem"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_why_an_answer_is_no_page(answer, problem):
    assert page_problem(answer) == problem


def test_the_pages_text_counts_and_the_feeds_title():
    read = article_of(entry(), page(), None, None)
    assert (read.article.title, read.article.body) == ("Perundingan", BODY)
    assert (read.summary_only, read.page_problem, read.method) == (False, None, "fast")


def test_a_page_names_an_article_whose_entry_has_no_title():
    assert article_of(entry(title=""), page(), None, None).article.title == "Page title"


@pytest.mark.parametrize("nothing", [None, page(text="")])
def test_without_a_page_the_feeds_own_text_is_matched_and_the_article_says_so(nothing):
    read = article_of(entry(), nothing, None, None)
    assert read.article.body == "Ringkasan."
    assert (read.summary_only, read.method) == (True, "feed")
    assert read.page_problem == "no article on the page"


def test_the_reason_why_there_is_no_page_is_kept():
    assert article_of(entry(), None, None, "status 404").page_problem == "status 404"


def test_a_user_who_wants_no_pages_read_gets_the_feeds_text_without_complaint():
    read = article_of(entry(full_text=False), None, None, None)
    assert (read.summary_only, read.page_problem) == (False, None)


@pytest.mark.parametrize(
    ("content", "body"), [("The whole article.", "The whole article."), ("", "Ringkasan.")]
)
def test_a_feeds_full_content_goes_before_its_summary(content, body):
    assert article_of(entry(content=content), None, None, None).article.body == body


def test_date_and_authors_of_the_entry_go_before_the_pages():
    later = NOW + timedelta(hours=1)
    own = article_of(
        entry(published_at=NOW, authors=("Rina",)), page(published=later, authors=("Sari",)), None, None
    )
    assert (own.published_at, own.authors, own.article.author) == (NOW, ("Rina",), "Rina")
    pages = article_of(entry(), page(published=later, authors=("Sari", "Dewi")), None, None)
    assert (pages.published_at, pages.article.author) == (later, "Sari, Dewi")


def identity(given, page=None, final=None):
    return article_of(given, page, final, None).identity


HERE = "https://news.example/2026/kyiv"
IDENTITIES = {
    "tracking is dropped": (f"{HERE}?utm_source=rss", None, None, HERE),
    "a redirect leads to it": ("https://go.example/kyiv", HERE, None, HERE),
    "a redirect from where nothing tells of it": ("https://t.example/x1", HERE, None, "https://t.example/x1"),
    "a redirect to the front page means it is gone": (HERE, "https://news.example/", None, HERE),
    "its canonical address": (f"{HERE}?page=2", None, HERE, HERE),
    "canonical on the site's twin": (
        "https://m.news.example/2026/kyiv",
        None,
        "https://www.news.example/2026/kyiv",
        "https://www.news.example/2026/kyiv",
    ),
    "canonical on another site is not believed": (HERE, None, "https://evil.example/2026/kyiv", HERE),
    "nor on another port": (HERE, None, "https://news.example:8443/2026/kyiv", HERE),
    "nor the front page": (HERE, None, "https://news.example/", HERE),
    "nor a folder above": (HERE, None, "https://news.example/2026", HERE),
}


@pytest.mark.parametrize(
    ("link", "final", "canonical", "expected"), IDENTITIES.values(), ids=IDENTITIES.keys()
)
def test_the_address_that_means_an_article(link, final, canonical, expected):
    assert identity(entry(link), page(canonical=canonical), final) == expected


def test_entries_without_a_link_are_told_apart_by_guid_title_or_summary():
    bare = {"link": None, "title": "", "guid": None}
    several = [
        entry(**bare, summary="Gempa di Alor."),
        entry(**bare, summary="Banjir di Demak."),
        entry(**{**bare, "title": "Gempa"}),
        entry(**{**bare, "guid": "17"}),
        entry(**{**bare, "guid": "18"}),
        entry(**{**bare, "guid": "18"}, feed_id=FeedId(8)),
    ]
    assert len({identity(each) for each in several}) == len(several)
    assert identity(entry(**bare)) == identity(entry(**bare))


@given(st.text("abcdé/%-?=&", min_size=1, max_size=4000), st.text("abcdé/%-?=&", min_size=1, max_size=4000))
def test_an_identity_fits_an_index_and_two_long_addresses_stay_two(one, other):
    first, second = (identity(entry(f"https://news.example/{'x' * 1990}{path}#")) for path in (one, other))
    assert len(first.encode()) <= LONGEST_IDENTITY
    if "/" not in one + other and "?" not in one + other and "%" not in one + other and one != other:
        assert first != second


HOSTILE = st.sampled_from(
    ["", "http://", "https://[::1", "//x", "javascript:1", "https://a:b@c/", "\x00", "https://x:99999/a"]
)


@given(final=HOSTILE, canonical=HOSTILE)
def test_no_address_a_page_may_give_breaks_the_reading(final, canonical):
    assert identity(entry(), page(canonical=canonical), final or None)


@pytest.mark.parametrize("link", ["https://news.example", "https://news.example/"])
def test_entries_that_all_link_the_front_page_are_articles_of_their_own(link):
    one, other = (article_of(entry(link=link, guid=guid), page(), link, None) for guid in ("1", "2"))
    assert one.identity != other.identity


SWALLOWERS = {
    "a log-in page": ("https://news.example/masuk?next=1", None),
    "the front page": ("https://news.example/", None),
    "a canonical address that every page has": (None, "https://news.example/berita/terkini"),
    "a consent page elsewhere": ("https://consent.example/collect", None),
}


@pytest.mark.parametrize(("final", "canonical"), SWALLOWERS.values(), ids=SWALLOWERS.keys())
def test_articles_that_all_lead_to_one_page_stay_articles_of_their_own(final, canonical):
    links = ("https://news.example/2026/kyiv-bertahan", "https://news.example/2026/banjir-rob")
    one, other = (
        article_of(entry(link=link), page(canonical=canonical), final or link, None) for link in links
    )
    assert one.identity != other.identity


def test_the_same_article_through_two_addresses_of_its_site_is_one():
    plain = article_of(entry(link="https://news.example/2026/kyiv-bertahan"), page(), None, None)
    tracked = article_of(
        entry(link="https://news.example/go/kyiv-bertahan?utm_source=rss"),
        page(canonical="https://news.example/2026/kyiv-bertahan"),
        "https://news.example/2026/kyiv-bertahan",
        None,
    )
    assert plain.identity == tracked.identity


LED = {
    "to the publisher": ("https://news.example/2026/kyiv", "", "https://news.example/2026/kyiv"),
    "to a page without an article": ("https://news.example/login", None, "https://t.co/x1"),
    "to the publisher's front page": ("https://news.example/", "", "https://t.co/x1"),
    "to a page of its own": ("https://consent.t.co/collect?continue=1", "", "https://t.co/x1"),
    "nowhere": (None, None, "https://t.co/x1"),
}


@pytest.mark.parametrize(("final", "text", "expected"), LED.values(), ids=LED.keys())
def test_where_an_aggregators_link_led_is_the_article_or_the_link_stays(final, text, expected):
    shown = page() if text is not None else None
    read = article_of(entry(link="https://t.co/x1"), shown, final, None, via="t.co")
    assert (read.identity, read.article.url, read.via) == (expected, expected, "t.co")


def test_the_amp_twin_of_a_page_may_name_the_page():
    here = "https://news.example/2026/kyiv"
    for twin in (f"{here}/amp", "https://amp.news.example/2026/kyiv", f"{here}?amp=1", f"{here}.amp"):
        assert identity(entry(link=twin), page(canonical=here)) == here


OPENING = "Pembukaan artikel yang lebih panjang dari ringkasan."


@pytest.mark.parametrize(
    ("shown", "body", "method"),
    [("", "Ringkasan.", "feed"), ("Pendek.", "Ringkasan.", "feed"), (OPENING, OPENING, "fast")],
)
def test_what_a_page_shows_before_its_wall_counts_where_its_feed_says_less(shown, body, method):
    read = article_of(entry(), page(text=shown, wall="paywall"), None, None)
    assert (read.article.body, read.method) == (body, method)
    assert (read.summary_only, read.page_problem) == (True, "wall: paywall")
