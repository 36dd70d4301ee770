"""Which addresses are asked, and where a redirect leads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.targets import for_anyone, loses_tls, redirected, same_origin, unusable
from worker.wire import site_of

HERE = "https://news.example/a/b?c=d"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://other.example/x", "https://other.example/x"),
        ("//other.example/x", "https://other.example/x"),
        ("/x", "https://news.example/x"),
        ("x", "https://news.example/a/x"),
        ("../x", "https://news.example/x"),
        ("../../../../x", "https://news.example/x"),
        ("?e=f", "https://news.example/a/b?e=f"),
        ("#only", HERE),  # the same place: a circle
        ("", HERE),
        ("/x#part", "https://news.example/x"),
        (" /x\t", "https://news.example/x"),
        ("/berita terbaru?q=a b", "https://news.example/berita%20terbaru?q=a%20b"),
        ("/новини?q=Київ", "https://news.example/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8?q=%D0%9A%D0%B8%D1%97%D0%B2"),
        ("/caf\udce9", "https://news.example/caf%E9"),  # a Latin-1 byte, as it comes out of the header
        ("https://новини.example/x", "https://новини.example/x"),
        ("/100%?x=%20", "https://news.example/100%?x=%20"),
        ("/a%0d%0aSet-Cookie:%20x", "https://news.example/a%0d%0aSet-Cookie:%20x"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ],
)  # fmt: skip
def test_where_a_redirect_leads(location, target):
    assert redirected(HERE, location) == target


@given(st.text(max_size=60))
def test_whatever_a_redirect_says_ends_at_an_address_or_is_refused(location):
    try:
        target = redirected(HERE, location)
    except ValueError:
        return
    assert unusable(target) or target.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "url",
    [
        "", "example.org", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "data:text/html,x",
        "javascript:alert(1)", "http://", "http:///x", "http://example.org:0/", "http://example.org:99999/",
        "http://example.org:x/", "http://u@example.org/", "http://u:p@example.org/", "http://@example.org/",
        "http://example.org\\@127.0.0.1/", "http:\\\\127.0.0.1/", "http://exa mple.org/", "http://example.org/a b",
        "http://example.org/\n", "http://example.org/\r\nHost: x", "http://example.org/\0", "\thttp://example.org/",
        "http://[::1/", "http://" + "a" * 8200 + "/", "HTTP//example.org",
    ],
)  # fmt: skip
def test_an_address_that_is_not_asked(url):
    assert unusable(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "HTTPS://EXAMPLE.org:8443/x?a=\\b",
        "http://xn--pple-43d.com/",
        "http://новини.example/",
        "http://[2606:4700::1111]/",
    ],
)
def test_an_address_that_is_asked(url):
    assert unusable(url) is None


def test_a_site_is_host_and_port_and_an_origin_the_scheme_too():
    assert site_of("https://News.example/x") == "news.example:443"
    assert same_origin("https://news.example/a", "https://news.example:443/b")
    assert not same_origin("https://news.example/", "http://news.example:443/")
    assert loses_tls("https://news.example/", "http://news.example/")
    assert not loses_tls("http://news.example/", "https://news.example/")


def test_what_another_site_is_told_holds_no_secret():
    own = {
        "Authorization": "x",
        "Cookie": "y",
        "If-None-Match": "z",
        "X-Key": "k",
        "Accept": "a",
        "A-IM": "feed",
    }
    assert for_anyone(own) == {"Accept": "a", "A-IM": "feed"}
