"""Documents that somebody made to hurt whoever reads them. Each is generated, so that none has to be stored."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

_MIB = 1024 * 1024


def _rss(items: str, head: str = "", attributes: str = "") -> bytes:
    return f'{head}<rss version="2.0"{attributes}><channel><title>T</title>{items}</channel></rss>'.encode()


def _item(inside: str) -> bytes:
    return _rss(f"<item><title>x</title>{inside}</item>")


def _laughs() -> bytes:
    lines = ['<!ENTITY l0 "ha">', *(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))]
    return _rss("<item><title>&l11;</title></item>", f"<!DOCTYPE rss [{''.join(lines)}]>")


def _one_big_entity() -> bytes:
    return _rss(
        f"<item><title>{'&b;' * 50_000}</title></item>", f'<!DOCTYPE rss [<!ENTITY b "{"b" * 50_000}">]>'
    )


def _file_entity(where: str) -> bytes:
    return _rss("<item><title>x&f;</title></item>", f'<!DOCTYPE rss [<!ENTITY f SYSTEM "{where}">]>')


def _parameter_entity() -> bytes:
    return _rss(
        "<item><title>x</title></item>", '<!DOCTYPE rss [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'
    )


def _html(markup: str) -> bytes:
    return _item(f"<description><![CDATA[{markup}]]></description>")


def _sitemap(urls: int) -> bytes:
    url = "<url><loc>https://x.example/{}</loc><lastmod>2026-01-01</lastmod></url>"
    return f"<urlset>{''.join(url.format(i) for i in range(urls))}</urlset>".encode()


def _zeros() -> bytes:
    packer = zlib.compressobj(wbits=31)
    zeros = bytes(_MIB)
    return b"".join([*(packer.compress(zeros) for _ in range(300)), packer.flush()])


HOSTILE: dict[str, Callable[[], bytes]] = {
    "billion laughs": _laughs,
    "one big entity many times": _one_big_entity,
    "an entity that is a file": lambda: _file_entity("file:///etc/passwd"),
    "an entity that is an address": lambda: _file_entity("http://127.0.0.1:9/"),
    "a parameter entity": _parameter_entity,
    "floods of DOCTYPE": lambda: _item("<!DOCTYPE a [" * 60_000),
    "a DOCTYPE that never ends": lambda: b"<!DOCTYPE rss [" + b"<!ENTITY a 'b'>" * 60_000 + _rss("<item/>"),
    "an author that is one long address": lambda: _item("<author>" + "a@" + "a." * 500_000 + "!</author>"),
    "an author of 320 characters": lambda: _rss(
        "".join(f"<item><author>{'a@' + 'a.' * 155 + '!'}{i}</author></item>" for i in range(2000))
    ),
    "unclosed comments in a description": lambda: _item(
        "<description>" + "&lt;!--" * 150_000 + "</description>"
    ),
    "unclosed comments in XML": lambda: _item("<!--" * 250_000),
    "10,000 attributes": lambda: _rss("<item " + " ".join(f"a{i}='1'" for i in range(10_000)) + "/>"),
    "800,000 attributes": lambda: _rss("<item " + " ".join(f"a{i}='1'" for i in range(800_000)) + "/>"),
    "10,000 namespaces": lambda: _rss(
        "<item " + " ".join(f"xmlns:a{i}='u{i}'" for i in range(10_000)) + "><a9:b/></item>"
    ),
    "10,000 namespaces in use": lambda: _rss(
        "".join(f"<item xmlns:n{i}='u{i}'><n{i}:x/></item>" for i in range(10_000))
    ),
    "40,000 levels": lambda: _item("<a>" * 40_000 + "</a>" * 40_000),
    "a million levels": lambda: _item("<a>" * 1_000_000),
    "the smallest elements": lambda: _item("<a/>" * 2_500_000),
    "floods of <": lambda: _item("<" * 2_000_000),
    "floods of &": lambda: _item("<description>" + "&" * 2_000_000 + "</description>"),
    "floods of &amp;": lambda: _item("<description>" + "&amp;" * 500_000 + "</description>"),
    "entities in entities": lambda: _item("<description>" + "&amp;lt;b&amp;gt;" * 100_000 + "</description>"),
    "a date that never ends": lambda: _item("<pubDate>" + "1:" * 500_000 + "</pubDate>"),
    "dates without sense": lambda: _rss("<item><pubDate>12 de Foo 99 31:99 QQQ</pubDate></item>" * 8_000),
    "8,001 items": lambda: _rss("<item><title>x</title><link>https://x.example/</link></item>" * 8_001),
    "half a million items": lambda: _rss("<item/>" * 500_000),
    "too many tags": lambda: _item("".join(f"<category>{i}</category>" for i in range(100_000))),
    "too many links": lambda: _item("<link href='https://x.example/'/>" * 50_000),
    "one long word": lambda: _item("<title>" + "a" * 9_000_000 + "</title>"),
    "one long word that is not ASCII": lambda: _item("<title>" + "\U0001f600" * 2_000_000 + "</title>"),
    "CDATA that never ends": lambda: _item("<description><![CDATA[" + "x" * 2_000_000),
    "floods of CDATA": lambda: _item("<description>" + "<![CDATA[" * 200_000),
    "many small CDATA": lambda: _item("<description>" + "<![CDATA[x]]>" * 200_000 + "</description>"),
    "numbers that are no characters": lambda: _item("<title>&#xD800; &#99999999999; &#0; & x</title>"),
    "nested div, 500 KB": lambda: _html("<div>" * 100_000),
    "nested div with text": lambda: _html("<div>x" * 80_000),
    "nested and unclosed tables": lambda: _html("<table><tr><td>" * 40_000),
    "unclosed formatting": lambda: _html("<b><i><a href=x>" * 40_000),
    "unclosed attribute values": lambda: _html("<a href='" * 100_000 + '<a href="' * 100_000),
    "half tags": lambda: _html("<a " * 300_000),
    "unclosed scripts": lambda: _html("<script>" * 100_000),
    "unclosed silence": lambda: _html("<svg>" * 100_000 + "x"),
    "a tag with 100,000 attributes": lambda: _html(
        "<p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">x"
    ),
    "XHTML, deep": lambda: _item("<body>" + "<p>" * 30_000 + "</p>" * 30_000 + "</body>"),
    "XHTML, wide": lambda: _item("<body>" + "<p>x</p>" * 60_000 + "</body>"),
    "a sitemap of 100,000 addresses": lambda: _sitemap(100_000),
    "a sitemap index of 100,000": lambda: (
        b"<sitemapindex>"
        + b"<sitemap><loc>https://x.example/s.xml</loc></sitemap>" * 100_000
        + b"</sitemapindex>"
    ),
    "JSON, a million values": lambda: b'{"items":[' + b"{}," * 2_000_000 + b"{}]}",
    "JSON, deep": lambda: b'{"items":' + b"[" * 500_000,
    "JSON, long numbers": lambda: b'{"items":[{"id":' + b"9" * 100_000 + b"}]}",
    "JSON, long strings": lambda: json.dumps(
        {"items": [{"id": "x", "content_html": "<p>" * 1_000_000}]}
    ).encode(),
    "300 MB of zeros in 300 KB": _zeros,
    "gzip in gzip": lambda: gzip.compress(gzip.compress(_rss("<item/>"))),
    "broken gzip": lambda: gzip.compress(_rss("<item/>" * 1000))[:-20] + b"x" * 50,
    "random bytes": lambda: zlib.compress(bytes(range(256)) * 400) * 2000,
    "broken UTF-8 between tags": lambda: _rss("<item/>") + b"<\xff" * 1_000_000,
    "a file's name": lambda: b"/etc/passwd",
    "an address": lambda: b"http://127.0.0.1/",
}
