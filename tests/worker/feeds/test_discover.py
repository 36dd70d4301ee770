"""Where the feeds of a site may be, in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.discover import find_feeds, is_page, looks_like_a_feed, places

SITE = "https://news.example/"


def page(*head, body=""):
    return f"<html><head>{''.join(head)}</head><body>{body}</body></html>".encode()


ATOM, JSON, RDF = "application/atom+xml", "application/feed+json", "application/rdf+xml"
FEED_PATHS = """
    feed feed/ rss.xml a/atom.xml index.rdf x.rss ?feed=rss2 rss2.php all-rss.xml blog-feed.xml ?format=rss feed.json
    feeds/posts/default
"""
OTHER_PATHS = "ekonomi feedback rssi sitemap.xml press/ a/feeding-the-world index.html"


def link(href, title="", kind="application/rss+xml", rel="alternate"):
    return f'<link rel="{rel}" type="{kind}" title="{title}" href="{href}">'


DECLARED = {
    "in the page's order": ([link("/a.xml"), link("/b.xml")], ["/a.xml", "/b.xml"]),
    "each once": ([link("/a.xml"), link("/a.xml")], ["/a.xml"]),
    "Atom, RDF and JSON Feed too": (
        [
            link("/a", kind=ATOM),
            link("/j", kind=JSON),
            link("/r", kind=RDF),
        ],
        ["/a", "/j", "/r"],
    ),
    "with parameters and in any case": ([link("/a", kind="Application/RSS+XML; charset=utf-8")], ["/a"]),
    "comments last": (
        [link("/comments/feed/", "Site » Comments Feed"), link("/feed/", "Site » Feed")],
        ["/feed/", "/comments/feed/"],
    ),
    "comments told by their title": (
        [link("/k.xml", "Komentar"), link("/f.xml", "Berita")],
        ["/f.xml", "/k.xml"],
    ),
    "podcasts and tags after the news": (
        [link("/podcast.xml"), link("/tag/nato/feed"), link("/all.xml")],
        ["/all.xml", "/podcast.xml", "/tag/nato/feed"],
    ),
    "other hosts after the own": (
        [link("https://feeds.other.example/x"), link("/own.xml")],
        ["/own.xml", "https://feeds.other.example/x"],
    ),
    "a host of the same house is the own": (
        [link("https://rss.news.example/x"), link("/own.xml")],
        ["https://rss.news.example/x", "/own.xml"],
    ),
    "plain XML where the address looks like a feed": (
        [link("/rss.xml", kind="text/xml"), link("/data", kind="text/xml")],
        ["/rss.xml"],
    ),
    "rel feed": ([link("/feed/", kind="", rel="feed")], ["/feed/"]),
    "an API is no feed": ([link("/wp-json/wp/v2/posts", kind="application/json")], []),
    "oEmbed is no feed": ([link("/oembed?url=x", kind="application/json+oembed")], []),
    "another language is no feed": (['<link rel="alternate" hreflang="uk" href="/uk/">'], []),
    "a style sheet is no feed": ([link("/rss.css", rel="stylesheet", kind="text/css")], []),
    "a base is obeyed": (['<base href="https://news.example/id/">', link("rss.xml")], ["/id/rss.xml"]),
    "what is no address is left out": ([link("javascript:alert(1)"), link("http://u:p@news.example/f")], []),
}


@pytest.mark.parametrize(("head", "feeds"), DECLARED.values(), ids=DECLARED.keys())
def test_a_page_declares_its_feeds(head, feeds):
    wanted = [each if "://" in each else f"https://news.example{each}" for each in feeds]
    assert find_feeds(page(*head), SITE) == wanted


def test_on_a_sections_page_the_sections_feed_comes_first():
    head = link("/feed/", "All"), link("/ekonomi/feed/", "Ekonomi")
    assert find_feeds(page(*head), SITE + "ekonomi/")[0] == "https://news.example/ekonomi/feed/"


def test_on_an_articles_page_the_articles_own_feed_comes_last():
    article = SITE + "2024/05/01/perundingan-di-jenewa-dimulai/"
    head = link(article + "feed/", "Perundingan"), link("/feed/", "Semua")
    assert find_feeds(page(*head), article)[0] == "https://news.example/feed/"


def paths(body, url=SITE, why=None):
    return [
        place.address.removeprefix("https://news.example")
        for place in places(body, url)
        if why is None or place.why == why
    ]


LINKED = {
    "a feed by name": ('<a href="/rss.xml">RSS</a>', ["/rss.xml"]),
    "a page of feeds": ('<a href="/rss/">RSS</a>', ["/rss/"]),
    "a host of feeds": (
        '<a href="https://feeds.feedburner.com/contoh">x</a>',
        ["https://feeds.feedburner.com/contoh"],
    ),
    "by its type": ('<a type="application/rss+xml" href="/x">x</a>', ["/x"]),
    "another site's feed is not meant": ('<a href="https://other.example/rss.xml">RSS</a>', []),
    "an article about feeds is none": ('<a href="/news/livestock-feed-prices-rise-again">x</a>', []),
    "feedback is none": ('<a href="/feedback">x</a><a href="/feedback/form.html">y</a>', []),
    "at most six": (
        "".join(f'<a href="/rss/{n}.rss">x</a>' for n in range(20)),
        [f"/rss/{n}.rss" for n in range(6)],
    ),
}


@pytest.mark.parametrize(("body", "found"), LINKED.values(), ids=LINKED.keys())
def test_a_page_links_its_feeds_without_declaring_them(body, found):
    assert paths(page(body=body), why="linked") == found


@pytest.mark.parametrize(
    ("head", "first"),
    [
        ('<meta name="generator" content="WordPress 6.7">', "/feed/"),
        ('<link rel="https://api.w.org/" href="/wp-json/">', "/feed/"),
        ('<script src="/wp-content/x.js"></script>', "/feed/"),
        ('<meta name="Generator" content="Ghost 5">', "/rss/"),
        ('<meta name="generator" content="Hugo 0.140">', "/index.xml"),
        ('<meta name="generator" content="Blogger">', "/feeds/posts/default"),
        ('<meta name="generator" content="Drupal 10">', "/rss.xml"),
        ('<meta name="generator" content="Discourse 3">', "/latest.rss"),
    ],
)
def test_the_sites_software_says_where_its_feed_is(head, first):
    assert paths(page(head))[0] == first


def test_all_places_are_tried_in_the_order_of_their_likelihood_and_each_once():
    head = link("/feed"), '<meta name="generator" content="WordPress">'
    found = places(page(*head, body='<a href="/rss">RSS</a>'), SITE + "ekonomi/")
    assert [place.why for place in found] == sorted(
        (place.why for place in found), key=["declared", "linked", "software", "usual", "sitemap"].index
    )
    assert len({place.address for place in found}) == len(found)
    assert "https://news.example/ekonomi/feed" in [place.address for place in found]


def test_for_an_articles_page_only_the_sites_places_are_usual():
    assert "/2024/05/x/feed" not in paths(page(), SITE + "2024/05/x")
    assert "/feed" in paths(page(), SITE + "2024/05/x")


def test_a_page_is_never_tried_itself():
    assert SITE + "rss" not in [place.address for place in places(page(), SITE + "rss")]


@pytest.mark.parametrize(
    ("path", "does"),
    [*((path, True) for path in FEED_PATHS.split()), *((path, False) for path in OTHER_PATHS.split())],
)
def test_some_addresses_say_that_they_are_feeds(path, does):
    assert looks_like_a_feed(SITE + path) is does


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><p>x", b"  <HTML lang=id>", b"<?xml version='1.0'?><html>"]
)
def test_a_page_is_known_by_its_marks(body):
    assert is_page(body)
    assert not any(is_page(other) for other in (b"<rss/>", b"", b'{"a": 1}', b"<headline>"))


@given(st.binary(max_size=300), st.sampled_from([SITE, "https://news.example/a/b?c", "http://[::1]:8/"]))
def test_no_page_raises(body, url):
    assert all(place.address.startswith("http") for place in places(b"<html>" + body, url))


UNITS = "<link rel=alternate type=application/rss+xml href=/f%s>|<a href=/rss/%s.rss>|<base href=x%s>|a-%s"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", UNITS.split("|"))
def test_a_hostile_page_is_looked_through_once(unit):
    body = b"<html>" + b"".join((unit % n).encode() for n in range(50_000))
    assert len(places(body, SITE + "a-" * 500)) < 60_000
