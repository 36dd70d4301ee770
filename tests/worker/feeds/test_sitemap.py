"""Sitemaps as feeds, and lists of them as hints."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds import NotAFeed
from worker.feeds.dates import parse_date
from worker.feeds.parse import BYTES_MOST, parse_feed, unpacked
from worker.feeds.sitemap import ListOfSitemaps, child_sitemaps

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)
NEWS = (
    HEAD
    + "<url><loc>https://x.example/nato</loc><news:news><news:publication><news:name>Harian Contoh</news:name>"
    "<news:language>id</news:language></news:publication>"
    "<news:publication_date>2026-03-01T10:00:00+07:00</news:publication_date>"
    "<news:title>NATO &amp; mitra</news:title><news:keywords>nato, eropa ,</news:keywords></news:news>"
    "<image:image><image:loc>https://x.example/p.jpg</image:loc><image:title>Foto</image:title></image:image></url>"
    "<url><loc>https://x.example/lain</loc><lastmod>2026-03-01T01:00:00Z</lastmod></url></urlset>"
).encode()


def test_a_news_sitemap_is_a_feed_with_titles_and_dates():
    feed = parse_feed(NEWS, "https://x.example/sitemap-news.xml")
    assert (feed.format, feed.title, feed.language) == ("news-sitemap", "Harian Contoh", "id")
    first, second = feed.entries
    assert first.link == first.id == "https://x.example/nato"
    assert first.title == "NATO & mitra"
    assert first.published == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert first.tags == ("nato", "eropa")
    assert (second.title, second.updated) == ("", datetime(2026, 3, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "body",
    [
        NEWS.replace(b"sitemap-news/0.9", b"sitemap-news/1.0"),
        NEWS.replace(b"news:", b"n:").replace(b"xmlns:news", b"xmlns:n"),
        NEWS.decode().encode("utf-16"),
        gzip.compress(NEWS),
        gzip.compress(NEWS[:200]) + gzip.compress(NEWS[200:]),
        b"\n" + NEWS + b"<!-- made by a cache -->",
        NEWS.removesuffix(b"</url></urlset>"),
    ],
    ids=[
        "another version",
        "another prefix",
        "UTF-16",
        "gzip",
        "gzip in two parts",
        "with a comment",
        "cut off",
    ],
)
def test_a_news_sitemap_is_read_however_it_comes(body):
    feed = parse_feed(body)
    assert [entry.title for entry in feed.entries][:1] == ["NATO & mitra"]


def _plain(*pages: tuple[str, str]) -> bytes:
    urls = "".join(
        f"<url><loc>{address}</loc>{f'<lastmod>{date}</lastmod>' if date else ''}</url>"
        for address, date in pages
    )
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'.encode()


def test_of_a_large_plain_sitemap_the_latest_pages_are_the_entries():
    pages = [(f"https://x.example/{i}", f"2026-01-{1 + i % 28:02}T00:00:00Z") for i in range(5000)]
    feed = parse_feed(_plain(*pages))
    assert feed.format == "sitemap"
    assert len(feed.entries) == 2000
    assert min(entry.updated for entry in feed.entries) >= datetime(2026, 1, 17, tzinfo=UTC)
    assert feed.warnings == ("only the latest 2000 addresses were read",)


def test_a_small_sitemap_keeps_its_order():
    feed = parse_feed(_plain(("https://x.example/a", "2026-01-01"), ("https://x.example/b", "2026-02-01")))
    assert [entry.link for entry in feed.entries] == ["https://x.example/a", "https://x.example/b"]


def test_a_sitemap_without_dates_is_no_feed():
    with pytest.raises(NotAFeed, match="does not say when its pages appeared"):
        parse_feed(_plain(("https://x.example/a", "")))


INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>/posts-1.xml</loc><lastmod>2026-01-01</lastmod></sitemap>
<sitemap><loc>https://x.example/posts-2.xml</loc><lastmod>2026-02-01</lastmod></sitemap>
<sitemap><loc>https://x.example/news.xml.gz</loc></sitemap></sitemapindex>"""


def test_a_list_of_sitemaps_names_the_one_to_take():
    with pytest.raises(
        ListOfSitemaps, match=r"one of the 3 it names, such as https://x\.example/news\.xml\.gz"
    ) as told:
        parse_feed(INDEX, "https://x.example/sitemap.xml")
    assert [child.address for child in told.value.children] == [
        "https://x.example/news.xml.gz",
        "https://x.example/posts-2.xml",
        "https://x.example/posts-1.xml",
    ]


def test_a_list_of_one_sitemap_is_said_to_be_one():
    with pytest.raises(ListOfSitemaps, match="the address of the one it names, https"):
        parse_feed(b"<sitemapindex><sitemap><loc>https://x.example/news.xml</loc></sitemap></sitemapindex>")


def test_a_broken_list_of_sitemaps_still_names_those_it_has():
    assert len(child_sitemaps(INDEX[:-60], "https://x.example/")) >= 2


def test_what_a_gzip_file_holds_is_made_up_to_the_cap_and_no_further():
    assert len(unpacked(gzip.compress(bytes(BYTES_MOST * 2)))) == BYTES_MOST + 1


def test_a_broken_gzip_file_is_said_to_be_one():
    with pytest.raises(NotAFeed, match="broken gzip"):
        parse_feed(b"\x1f\x8b\x08\x00" + b"x" * 40)


@given(st.dates() | st.from_regex(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}", fullmatch=True))
def test_a_day_alone_is_what_the_reader_of_all_dates_says(day):
    index = f"<sitemapindex><sitemap><loc>https://x.example/s.xml</loc><lastmod>{day}</lastmod></sitemap></sitemapindex>"
    (child,) = child_sitemaps(index.encode(), "https://x.example/")
    assert child.changed == parse_date(str(day))
