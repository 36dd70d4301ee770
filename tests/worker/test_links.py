from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker import links
from worker.links import LONGEST, web_link

BASE = "https://news.example/a/feed.xml"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://x.example/1", "https://x.example/1"),
        (" /read/1\n", "https://news.example/read/1"),
        ("../2?b=1#c", "https://news.example/2?b=1#c"),
        ("//cdn.example/3", "https://cdn.example/3"),
        ("https://x.example/a b", "https://x.example/a%20b"),
        ("HTTP://x.example/новини", "http://x.example/новини"),
        ("https://x.example:8443/?q=a@b", "https://x.example:8443/?q=a@b"),
    ],
)
def test_a_link_becomes_the_address_it_stands_for(written, address):
    assert web_link(written, BASE) == address


NO_LINKS = """
    javascript:alert(1) data:text/html,x mailto:a@b file:///etc/passwd ftp://x.example/ http:///path http://[
    http://user:pw@x.example/ http://user@x.example/ http://x.example\\@127.0.0.1/ http://x.example:99999/
    http://x.example:0/
""".split()


@pytest.mark.parametrize("written", ["", "  ", "https://x.example/a\nb", "https://x.example/\x00", *NO_LINKS])
def test_what_leads_nowhere_a_reader_would_see_is_no_link(written):
    assert web_link(written, BASE) is None


def test_a_relative_link_without_a_base_is_no_link():
    assert web_link("/read/1") is None
    assert web_link(None, BASE) is None


@given(st.text(), st.sampled_from(["", BASE]))
def test_a_link_is_always_http_and_resolves_to_itself(written, base):
    address = web_link(written, base)
    assert address is None or (address.startswith(("http://", "https://")) and web_link(address) == address)


def test_an_endless_link_is_no_link():
    assert web_link("https://x.example/" + "a" * LONGEST) is None


@given(st.from_regex(links._SURELY, fullmatch=True))
def test_what_surely_is_an_address_is_one_by_the_long_way_too(address):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(links, "_SURELY", re.compile("(?!)"))
        assert web_link(address, "http://base.example/a/b") == address
