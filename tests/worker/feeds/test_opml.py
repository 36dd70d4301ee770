"""Lists of feeds, as other readers write them and as hostile hands do."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import BadInput
from worker.feeds.opml import FEEDS_MOST, Outline, read_opml, write_opml

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)


def opml(*lines, head=""):
    return "\n".join(
        [f"{head}<opml version='2.0'><head><title>T</title></head><body>", *lines, "</body></opml>"]
    ).encode()


def feeds(*lines, **facts):
    return read_opml(opml(*lines, **facts)).outlines


FORMS = {
    "as OPML 2.0 has it": '<outline type="rss" text="Harian" xmlUrl="https://a.example/rss"/>',
    "with title and text": '<outline text="Harian" title="Other" xmlUrl="https://a.example/rss" htmlUrl="https://a.example/"/>',
    "with a title alone": '<outline title="Harian" xmlUrl="https://a.example/rss"/>',
    "names in small letters": '<outline text="Harian" xmlurl="https://a.example/rss"/>',
    "names in capitals": '<OUTLINE TEXT="Harian" XMLURL="https://a.example/rss"/>',
    "as OPML 1.0 of some has it": '<outline type="rss" text="Harian" url="https://a.example/rss"/>',
    "with the scheme of old": '<outline text="Harian" xmlUrl="feed:https://a.example/rss"/>',
    "with both schemes": '<outline text="Harian" xmlUrl="feed://https://a.example/rss"/>',
    "with blanks around": '<outline text=" Harian " xmlUrl="\n  https://a.example/rss "/>',
    "with an end tag": '<outline text="Harian" xmlUrl="https://a.example/rss"></outline>',
}


@pytest.mark.parametrize("line", FORMS.values(), ids=FORMS.keys())
def test_a_feed_is_read_whoever_wrote_the_list(line):
    (found,) = feeds(line)
    assert (found.address, found.name, found.tags) == ("https://a.example/rss", "Harian", ())


def test_a_feeds_scheme_without_another_means_http():
    (found,) = feeds('<outline xmlUrl="feed://a.example/rss"/>')
    assert found.address == "http://a.example/rss"


def test_folders_become_tags_and_so_do_categories_each_once():
    (first, second, third) = feeds(
        "<outline text='Dunia'><outline text='Eropa'>",
        "<outline text='a' xmlUrl='https://a.example/' category='/Dunia/Ukraina,/perang'/>",
        "</outline>",
        "<outline text='b' xmlUrl='https://b.example/'/></outline>",
        "<outline text='c' xmlUrl='https://c.example/'/>",
    )
    assert (first.tags, second.tags, third.tags) == (("Dunia", "Eropa", "Ukraina", "perang"), ("Dunia",), ())


def test_a_feed_that_holds_others_is_no_folder():
    outer, inner = feeds(
        "<outline text='a' xmlUrl='https://a.example/'><outline xmlUrl='https://b.example/'/></outline>"
    )
    assert (outer.address, inner.tags) == ("https://a.example/", ())


def test_every_feed_knows_its_line():
    found = feeds("<outline xmlUrl='https://a.example/'/>", "", "<outline", "xmlUrl='https://b.example/'/>")
    assert [feed.line for feed in found] == [2, 4]


def test_lines_without_a_feed_are_told_and_empty_folders_are_not():
    found = read_opml(
        opml(
            "<outline text='page' htmlUrl='https://a.example/'/>",
            "<outline text='empty'/>",
            "<outline type='rss' text='x'/>",
        )
    )
    assert [line.name for line in found.without_feed] == ["page", "x"]
    assert found.outlines == ()


def test_a_list_that_is_included_is_not_fetched_and_it_says_so():
    found = read_opml(opml("<outline type='include' text='x' url='https://a.example/more.opml'/>"))
    assert found.outlines == ()
    assert "not fetched" in found.warnings[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1251", "utf-8-sig"])
def test_a_list_is_read_in_its_charset(encoding):
    text = "<outline text='Новини' xmlUrl='https://a.example/'/>"
    declared = f"<?xml version='1.0' encoding='{encoding.removesuffix('-sig')}'?>\n"
    body = declared + opml(text).decode()
    (found,) = read_opml(body.encode(encoding)).outlines
    assert (found.name, found.line) == ("Новини", 3)


def test_bare_ampersands_and_controls_are_mended_and_told():
    found = read_opml(opml("<outline text='R&D \x07' xmlUrl='https://a.example/?a=1&b=2'/>"))
    assert (found.outlines[0].address, found.outlines[0].name) == ("https://a.example/?a=1&b=2", "R&D")
    assert found.warnings


BROKEN = {
    "nothing": (b"", "the file is empty"),
    "no XML": (b"just text", "line 1, column 1: this is not well-formed XML"),
    "never closed": (b"<opml><body>\n<outline>", "line 2"),
    "a feed": (b"<rss version='2.0'><channel/></rss>", "this is a feed"),
    "an Atom feed": (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "this is a feed"),
    "a page": (b"<html><body/></html>", "this is an HTML page"),
    "other XML": (b"<svg/>", "no OPML list"),
    "entities that multiply": (
        opml(
            "<outline text='&b;' xmlUrl='https://a.example/'/>",
            head='<!DOCTYPE opml [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>',
        ),
        "declares entities",
    ),
    "an entity from a file": (
        opml("<outline text='&x;'/>", head='<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "declares entities",
    ),
    "an unknown entity": (opml("<outline text='&nbsp;' xmlUrl='https://a.example/'/><x"), "not well-formed"),
    "folders ten thousand deep": (opml("<outline text='x'>" * 10_000), "folders lie more than 100 deep"),
    "a million outlines": (opml("<outline/>" * 200_000), "more than 100,000 outlines"),
    "too many feeds": (
        opml("<outline xmlUrl='https://a.example/'/>" * (FEEDS_MOST + 1)),
        "more than 10,000 feeds",
    ),
    "too large": (opml(" " * 11 * 2**20), "larger than 10 MiB"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("body", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_list_is_refused_in_words(body, told):
    with pytest.raises(BadInput, match=told):
        read_opml(body)


def test_a_doctype_without_entities_is_harmless():
    head = '<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/opml.dtd">'
    assert len(feeds("<outline xmlUrl='https://a.example/'/>", head=head)) == 1


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: opml(f"<outline text={text!r}/>")))
def test_any_bytes_are_a_list_or_bad_input(body):
    with suppress(BadInput):
        assert read_opml(body).outlines is not None


words = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Cn", "Co", "Cf", "Zl", "Zp"]), min_size=1, max_size=20
).map(lambda text: " ".join(text.split()))
outlines = st.builds(
    Outline,
    st.just(0),
    st.sampled_from(["https://a.example/?a=1&b=2", "https://b.example/рсс", "http://c.example/'\"<>"]),
    words,
    st.lists(words.filter(bool), max_size=4, unique=True).map(tuple),
    st.sampled_from(["", "id"]),
)


@given(st.lists(outlines, max_size=6))
def test_what_was_written_is_read_back(written):
    found = read_opml(write_opml("R&D <x>", written, NOW).encode()).outlines
    facts = sorted(
        (feed.address, feed.name or feed.address, sorted(tag for tag in feed.tags), feed.language)
        for feed in written
    )
    assert sorted((feed.address, feed.name, sorted(feed.tags), feed.language) for feed in found) == facts
