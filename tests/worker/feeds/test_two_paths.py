"""The fast path and the tolerant one tell the same of a document; where they do not, a file says why."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from gzip import decompress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.charset import decode
from worker.feeds import NotAFeed
from worker.feeds import parse as parsing
from worker.feeds.fast import read_well_formed
from worker.feeds.parse import parse_feed
from worker.feeds.sniff import find_feed
from worker.feeds.texts import content_of, summary_of
from worker.model import FeedDocument

CORPUS = Path(__file__).parents[2] / "corpus"
RIGHTER = json.loads((CORPUS / "two-paths" / "righter.json").read_text("utf-8"))
# Those that are not well formed, only the tolerant path reads.
DOCUMENTS = sorted(
    path
    for folder in ("feeds", "two-paths")
    for path in (CORPUS / folder).rglob("*")
    if path.is_file() and path.suffix not in (".json", ".md") and parsing._well_formed(path.read_bytes())
)
URL = "https://base.example/a/feed"


def _fast(body: bytes) -> FeedDocument | None:
    return parse_feed(body, URL) if parsing._well_formed(body) else None


def _tolerant(body: bytes, monkeypatch) -> FeedDocument:
    with monkeypatch.context() as patch:
        patch.setattr(parsing, "read_well_formed", lambda *_: None)
        try:
            return parse_feed(body, URL)
        except NotAFeed:
            return FeedDocument(format="")


def _differences(fast: FeedDocument, tolerant: FeedDocument) -> dict[str, tuple[object, object]]:
    """What the two say differently, by feed field or `entries[2].title`."""
    pairs = [("", fast, tolerant)]
    pairs += [
        (f"entries[{i}].", *pair) for i, pair in enumerate(zip(fast.entries, tolerant.entries, strict=False))
    ]
    told = {
        prefix + field.name: (getattr(one, field.name), getattr(other, field.name))
        for prefix, one, other in pairs
        for field in fields(one)
        if field.name not in ("entries", "warnings", "summaries", "contents")
    }
    for prefix, one, other in pairs[1:]:
        told[f"{prefix}summary"] = summary_of(one), summary_of(other)
        told[f"{prefix}content"] = content_of(one), content_of(other)
    told["entries"] = (len(fast.entries), len(tolerant.entries))
    return {name: pair for name, pair in told.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_both_paths_tell_the_same_or_the_file_says_why_not(document, monkeypatch):
    body = document.read_bytes()
    fast = _fast(body)
    assert fast is not None
    found = _differences(fast, _tolerant(body, monkeypatch))
    assert sorted(found) == sorted(RIGHTER.get(document.name, {}).get("fields", [])), found


@pytest.mark.skipif(not os.environ.get("PANTAU_DATA"), reason="PANTAU_DATA names no folder of real feeds")
def test_both_paths_tell_the_same_of_real_feeds(monkeypatch):
    read = 0
    for path in sorted((Path(os.environ["PANTAU_DATA"]) / "feeds").glob("*.gz")):
        body = decompress(path.read_bytes())
        if fast := _fast(body):
            read += 1
            assert _differences(fast, _tolerant(body, monkeypatch)) == {}, path
    assert read > 90


_TEXT = st.text(st.sampled_from("aé漢😀<>&\"' \n;bp/"), max_size=12)
_HTML = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "x", "<b>é</b>", "&amp;", "&nbsp;", "&eacute;", " ", "<br/>", "漢字", "a &lt; b"]
    ),
    max_size=8,
).map("".join)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cdata(text: str) -> str:
    return f"<![CDATA[{text}]]>"


_CONTENT = st.builds(lambda text, how: how(text), _TEXT | _HTML, st.sampled_from([_escaped, _cdata]))
_ELEMENTS = st.lists(
    st.one_of(
        st.builds("<title>{}</title>".format, _CONTENT),
        st.builds("<description>{}</description>".format, _CONTENT),
        st.builds("<content:encoded>{}</content:encoded>".format, _CONTENT),
        st.builds("<category>{}</category>".format, _CONTENT),
        st.builds("<dc:creator>{}</dc:creator>".format, _TEXT.map(_escaped)),
        st.sampled_from(
            [
                "<link>https://x.example/a?b=1&amp;c=2</link>",
                "<link>/relative</link>",
                '<atom:link rel="alternate" href="https://x.example/atom"/>',
                "<guid>https://x.example/guid</guid>",
                '<guid isPermaLink="false">tag:x,1</guid>',
                "<pubDate>Sun, 01 Mar 2026 10:00:00 +0700</pubDate>",
                "<pubDate>1 Maret 2026 10:00 WIB</pubDate>",
                "<dc:date>2026-03-01T10:00:00Z</dc:date>",
                "<media:group><media:description>caption</media:description></media:group>",
                "<!-- <item> -->",
                "<enclosure url='https://x.example/a.mp3'/>",
            ]
        ),
    ),
    max_size=6,
    # a second one of these is read as more content by one parser and replaces the first in the other
    unique_by=lambda element: element[1:5],
).map("".join)


@settings(max_examples=60)
@given(st.lists(_ELEMENTS, min_size=1, max_size=4))
def test_both_paths_tell_the_same_of_any_well_formed_feed(items):
    namespaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"'
    )
    entries = "".join(f"<item>{inside}</item>" for inside in items)
    body = f'<rss version="2.0" {namespaces}><channel><title>T</title>{entries}</channel></rss>'.encode()
    fast = _fast(body)
    assert fast is not None
    with pytest.MonkeyPatch.context() as patch:
        assert _differences(fast, _tolerant(body, patch)) == {}


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"><channel><item><title>&a;</title></item></channel></rss>',
        '<rss version="2.0"><channel><item><title>a</title></item><foo><item/></foo></channel></rss>',
        '<rss version="2.0"><channel><item><description>a <b>b</b></description></item></channel></rss>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="image/png">AAAA</content></entry></feed>',
        '<rss version="2.0"><channel><title>no entry</title></channel></rss>',
        '<rss version="2.0"><channel><item><title>cut',
        "<html><body>no feed</body></html>",
    ],
    ids=["DOCTYPE", "uncounted entry", "markup", "encoded", "no entry", "cut off", "no feed"],
)
def test_the_fast_path_leaves_what_it_doubts_to_the_other(body):
    assert read_well_formed(body.encode(), 2000) is None


@pytest.mark.parametrize(
    "declared", ["", ' encoding="iso-8859-1"', ' encoding="utf-16"', ' encoding="nonsense"']
)
def test_what_is_utf_8_is_read_fast_whatever_it_declares(declared):
    body = f'<?xml version="1.0"{declared}?><rss version="2.0"><channel><item><title>é漢</title></item></channel></rss>'
    assert parsing._well_formed(body.encode()).entries[0].words["title"][0].text == "é漢"


def test_a_document_in_another_charset_is_read_fast_after_decoding():
    body = '<?xml version="1.0" encoding="windows-1251"?><rss version="2.0"><channel><item><title>НАТО</title></item>'
    body += "</channel></rss>"
    found = find_feed(decode(body.encode("cp1251"), "windows-1251").text)
    assert read_well_formed(found.text.encode(), 2000).entries[0].words["title"][0].text == "НАТО"
    assert parse_feed(body.encode("cp1251")).warnings == ()


def test_not_a_feed_is_said_by_the_tolerant_path():
    with pytest.raises(NotAFeed):
        parse_feed(b"<svg xmlns='http://www.w3.org/2000/svg'><item/></svg>")
