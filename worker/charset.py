"""Bytes to text, whatever the document claims about itself.

The order is by how often each witness is right, not by the standards: a byte order mark, then UTF-8 if the
bytes are UTF-8 (text in another charset is never so by accident), then what was declared, then a guess.
Labels mean what browsers take them to mean (https://encoding.spec.whatwg.org/#names-and-labels).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# Only charsets of documents: Python's registry also holds codecs such as punycode, which is quadratic.
_KNOWN = re.compile(
    r"(windows-?125\d|windows-874|cp(125\d|866|874|9(32|36|49|50))|(iso-?)?8859-?\d{1,2}|iso-?8859|latin-?\d{1,2}|"
    r"koi8-[rut]|gb2312|gbk|gb18030|big5(-?hkscs)?|euc-?(jp|kr|cn)|ks_c_5601-1987|s(hift)?[_-]?jis|iso-2022-(jp|kr)|"
    r"tis-620|macintosh|x-mac-cyrillic|us-ascii|ascii|utf-?8|utf-?16([lb]e)?)"
)
_MEANT = {
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc-cn": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "big5": "big5hkscs",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
}
_SEVEN_BIT = ("iso2022_jp", "iso2022_kr")
_WESTERN = "cp1252"
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_SAMPLE = 65_536


@dataclass(frozen=True, slots=True)
class Decoded:
    """A document as text, the charset it was in, and a complaint where the declared one was not it."""

    text: str
    charset: str
    warning: str | None = None


def decode(body: bytes, *declared: str | None) -> Decoded:
    """Read `body`; `declared` are the labels found around it, most trusted first. Never fails."""
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return Decoded(_drop_mark(body.decode(charset, "replace")), charset)
    for start, charset in _UNMARKED:
        if body.startswith(start):
            return Decoded(body.decode(charset, "replace"), charset)
    labels = [meant for label in declared if label and (meant := _meaning(label))]
    return _shifted(body, labels) or _utf8(body, labels) or _declared(body, labels) or _guess(body, labels)


def charset_of(content_type: str) -> str | None:
    """The charset parameter of a Content-Type header, or None. Source: RFC 9110, 8.3.2."""
    found = re.search(r"charset\s*=\s*[\"']?\s*([^\s;\"']{1,40})", content_type, re.IGNORECASE)
    return found[1] if found else None


def _meaning(label: str) -> str | None:
    name = label.strip().lower()
    if not _KNOWN.fullmatch(name):
        return None
    try:
        return codecs.lookup(_MEANT.get(name, name)).name
    except LookupError:
        return None


def _shifted(body: bytes, labels: list[str]) -> Decoded | None:
    """Charsets made of ASCII bytes and escape sequences would pass as UTF-8."""
    for label in labels:
        if label in _SEVEN_BIT and b"\x1b" in body:
            return Decoded(body.decode(label, "replace"), label)
    return None


def _utf8(body: bytes, labels: list[str]) -> Decoded | None:
    """UTF-8 with more sound characters than broken ones: cut bodies and single slips stay UTF-8."""
    try:
        return Decoded(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    sample = text[: 4 * _SAMPLE]
    broken = sample.count("\ufffd")
    sound = sum(character > "\x7f" for character in sample) - broken
    if sound > broken or ("utf-8" in labels and broken <= 1):
        return Decoded(text, "utf-8", "some bytes are not UTF-8 and were replaced")
    return None


def _declared(body: bytes, labels: list[str]) -> Decoded | None:
    for label in labels:
        if label in ("utf-8", "utf-16", "utf-16-le", "utf-16-be") or (label == _WESTERN and _cyrillic(body)):
            continue
        single_byte = label.startswith(("cp125", "cp87", "iso8859", "koi8", "mac", "cp866"))
        try:
            return Decoded(body.decode(label, "replace" if single_byte else "strict"), label)
        except UnicodeDecodeError:
            continue
    return None


def _guess(body: bytes, labels: list[str]) -> Decoded:
    charset = _cyrillic(body) or _lenient(labels) or _WESTERN
    claimed = f"declared as {labels[0]}, which it is not; " if labels else "no charset declared; "
    return Decoded(body.decode(charset, "replace"), charset, f"{claimed}read as {charset}")


def _lenient(labels: list[str]) -> str | None:
    """A declared multi-byte charset with a broken byte somewhere is still that charset."""
    return next((label for label in labels if not label.startswith("utf")), None)


def _cyrillic(body: bytes) -> str | None:
    """The Cyrillic charset these bytes are most likely in, or None.

    Cyrillic words are runs of high bytes (about five long), Western ones have single accents. Most letters
    are small ones: 0xE0-0xFF in windows-1251, 0xC0-0xDF in KOI8-R. In Chinese, Japanese and Korean charsets
    a good part of the bytes is below 0xC0.
    """
    runs = _HIGH_RUN.findall(body[:_SAMPLE])
    high = b"".join(runs)
    if len(high) < 8 or len(high) < 2.5 * len(runs):
        return None
    upper, lower = sum(0xC0 <= byte < 0xE0 for byte in high), sum(byte >= 0xE0 for byte in high)
    if upper + lower < 0.85 * len(high):
        return None
    if lower > 2 * upper:
        return "cp1251"
    return "koi8-r" if upper > 2 * lower else None


def _drop_mark(text: str) -> str:
    return text.removeprefix("\ufeff")
