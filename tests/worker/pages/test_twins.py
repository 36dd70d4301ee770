"""Further pages, whole pages, twins and redirectors: by the addresses, not by what links call themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.pages.page import open_page
from worker.pages.twins import Elsewhere, elsewhere, joined

HERE = "https://news.example/read/123/peace-talks"


def _links(markup: str, url: str = HERE, first: str = "", number: int = 2) -> Elsewhere:
    return elsewhere(open_page(f"<html><body>{markup}</body></html>".encode(), url).tree, url, first, number)


@pytest.mark.parametrize(
    ("url", "href"),
    [
        (HERE, "?page=2"),
        (HERE, "/read/123/peace-talks?page=2"),
        (HERE, "peace-talks/2"),
        (HERE, "/read/123/peace-talks/2/"),
        (HERE, "/read/123/peace-talks/page/2"),
        (HERE, "/read/123/peace-talks/page-2"),
        (HERE, "/read/123/peace-talks-2"),
        (HERE + "/", "/read/123/peace-talks/2"),
        (HERE, "?halaman=2"),
        ("https://news.example/a.html", "/a_2.html"),
        ("https://news.example/a.html", "/a-2.html"),
        ("https://news.example/a,1234.html", "/a,1234,2.html"),
        ("https://news.example/a.html", "/a.html?seite=2"),
        ("https://news.example/?id=7", "/?id=7&page=2"),
        ("https://news.example/a.shtml", "https://news.example/a/page/2.shtml"),
    ],
)
def test_the_second_page_of_an_article(url, href):
    found = _links(f"<link rel=next href='{href}'><a href='{href}'>Selanjutnya</a>", url).next
    assert found is not None
    assert found.startswith("https://news.example/")


@pytest.mark.parametrize(
    ("url", "href"),
    [
        (HERE, "/read/124/another-article"),
        ("https://news.example/story-7", "/story-8"),
        ("https://news.example/story/7", "/story/8"),
        (HERE, "?page=3"),
        (HERE, "?page=1"),
        (HERE, "https://other.example/read/123/peace-talks?page=2"),
        (HERE, "?page=2#comments"),
        (HERE, "/read/123/peace-talks/comment-page-2"),
        (HERE, "/read/123?page=2"),
        (HERE, "?share=2"),
        (HERE, "#2"),
        (HERE, "?page=2&other=1"),
        (HERE, "javascript:next(2)"),
        ("https://news.example/?id=7", "/?id=8&page=2"),
        ("https://news.example/", "/tag/2"),
    ],
)
def test_what_is_no_second_page(url, href):
    assert _links(f"<link rel=next href='{href}'><a rel=next href='{href}'>Next</a>", url).next is None


def test_the_third_page_is_looked_for_from_the_first():
    pager = "<a href='peace-talks/2'>2</a><a href='/read/123/peace-talks/3'>3</a>"
    assert _links(pager, HERE + "/2", HERE, 3).next == HERE + "/3"
    assert _links("<a href='?page=7'>7</a>", HERE, HERE, 7).next is None


@pytest.mark.parametrize(
    "href",
    [
        "?page=all",
        "?single=1",
        "?view=all",
        "?showall=true",
        "/read/123/peace-talks/all",
        "?full",
        "?halaman=semua",
    ],
)
def test_the_whole_article_on_one_page(href):
    assert _links(f"<a href='?page=2'>2</a><a href='{href}'>Tampilkan semua</a>").whole is not None


@pytest.mark.parametrize("href", ["?page=2", "?page=1", "/all", "?sort=all", "/read/all", HERE, "?all=9&x=1"])
def test_what_is_no_whole_article(href):
    assert _links(f"<a href='{href}'>All</a>").whole is None


def test_the_amp_twin():
    assert _links("<link rel=amphtml href='/amp/read/123'>").amp == "https://news.example/amp/read/123"
    assert _links("<link rel=amphtml href='javascript:x'>").amp is None


@pytest.mark.parametrize(
    "markup",
    [
        "<meta http-equiv=refresh content='0; url=https://paper.example/1'>",
        "<meta http-equiv='Refresh' content=\"0;URL='https://paper.example/1'\">",
        "<noscript><meta http-equiv='refresh' content='1;https://paper.example/1'></noscript>",
        "<script>window.location.replace('https:\\/\\/paper.example\\/1')</script>",
        '<script>location.href = "https://paper.example/1";</script>',
        "<script>window.location='https://paper.example/1'</script><p>Opening the article …</p>",
        '<script>document.location.assign ( "https\\x3a//paper.example/1" )</script>',
        "<script>var to = 'https://paper.example/1'; top.location = to;</script>",
        "<script>if (a == b) { location.href === 'x' }; location.href='https:\\u002f/paper.example/1'</script>",
    ],
)
def test_a_redirectors_page_leads_on(markup):
    page = f"<html><head><title>Redirecting</title>{markup}</head><body></body></html>"
    assert open_page(page.encode(), "https://t.example/x").forward == "https://paper.example/1"


@pytest.mark.parametrize(
    "markup",
    [
        "<meta http-equiv=refresh content='300'>",
        "<meta http-equiv=refresh content='300; url=https://paper.example/1'>",
        "<meta http-equiv=refresh content='0; url=#top'>",
        "<meta http-equiv=refresh content='0; url=javascript:x()'>",
        "<meta name=refresh content='0; url=https://paper.example/1'>",
        "<meta http-equiv=refresh content='0; url=https://paper.example/1'><p>" + "A long article. " * 40,
        "<script>mylocation = 'https://paper.example/1'; a.location_x = 'https://paper.example/1'</script>",
        "<script>if (location.href == 'https://paper.example/1') x()</script>",
        "<script>location.href = somewhere;</script>",
    ],
)
def test_what_is_no_redirector(markup):
    page = f"<html><head>{markup}</head><body></body></html>"
    assert open_page(page.encode(), "https://t.example/x").forward is None


def test_google_news_names_the_article_in_its_page():
    page = b"<html><body><c-wiz data-n-au='https://paper.example/1'><p>x</p></c-wiz></body></html>"
    assert open_page(page, "https://news.google.com/rss/articles/CBMi").forward == "https://paper.example/1"
    assert open_page(page, "https://other.example/").forward is None


def test_pages_are_joined_without_what_they_repeat():
    pages = ["Lead.\n\nOne.\n\nBy A. B.", "Lead.\n\nTwo.\n\nBy A. B.", "", "Lead.\n\nThree."]
    assert joined(pages) == "Lead.\n\nOne.\n\nBy A. B.\n\nTwo.\n\nThree."
    assert joined([]) == ""


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_link_is_read_without_a_fault(href, url):
    markup = f"<a href='{href}'>2</a>"
    assert elsewhere(open_page(f"<html>{markup}</html>".encode("utf-8", "replace")).tree, url).amp is None
