"""Bytes to text, whatever the document claims about itself.

The order is by how often each witness is right, not by the standards: a byte order mark, then UTF-8 if the
bytes are UTF-8 (text in another charset is never so by accident), then what was declared, then the language that the
document says it is in, then the words that the bytes make in some charset.
Labels mean what browsers take them to mean (https://encoding.spec.whatwg.org/#names-and-labels).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (re.compile(rb"(?:[ \t\r\n]\0\0\0)*+[<{]\0\0\0"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0[ \t\r\n])*+\0\0\0[<{]"), "utf-32-be"),
    (re.compile(rb"(?:[ \t\r\n]\0)*+[<{]\0"), "utf-16-le"),
    (re.compile(rb"(?:\0[ \t\r\n])*+\0[<{]"), "utf-16-be"),
)
# Only charsets of documents: Python's registry also holds codecs such as punycode, which is quadratic.
_KNOWN = re.compile(
    r"(windows-?125\d|windows-874|cp(125\d|866|874|9(32|36|49|50))|(iso-?)?8859-?\d{1,2}|iso-?8859|latin-?\d{1,2}|"
    r"koi8-?[rut]|gb2312|gbk|gb18030|big5(-?hkscs)?|euc-?(jp|kr|cn)|ks-?c-?5601-1987|shift-?jis|sjis|(cs)?iso-?2022-?(jp|kr)|"
    r"ms932|ms949|uhc|tis-?620|macintosh|mac-cyrillic|us-ascii|ascii|utf-?8|utf-?16([lb]e)?)"
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
    "ks-c-5601-1987": "cp949",
    "ksc5601-1987": "cp949",
    "uhc": "cp949",
    "ms949": "cp949",
    "shift-jis": "cp932",
    "shiftjis": "cp932",
    "ms932": "cp932",
    "csiso2022jp": "iso2022_jp",
    "csiso2022kr": "iso2022_kr",
    "sjis": "cp932",
    "big5": "big5hkscs",
    "macintosh": "mac_roman",
    "mac-cyrillic": "mac_cyrillic",
}
_SEVEN_BIT = ("iso2022_jp", "iso2022_kr")
_ESCAPES = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"))
_WESTERN = "cp1252"
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_HIGH_PIECE = re.compile(rb"[\x80-\xff][^<>]*+")
_SAMPLE = 65_536
_PIECES_MOST = 100_000
_GUESSED = 8192  # bytes that tell a charset; more of them only take longer
# For languages whose charsets differ from others only in a few letters.
_OF_LANGUAGE = {
    **dict.fromkeys(("pl", "cs", "sk", "hu", "ro", "hr", "sl", "sq", "bs"), "cp1250"),
    **dict.fromkeys(("lt", "lv", "et"), "cp1257"),
    **dict.fromkeys(("ar", "fa", "ur"), "cp1256"),
    **{
        "tr": "cp1254",
        "az": "cp1254",
        "el": "cp1253",
        "he": "cp1255",
        "iw": "cp1255",
        "th": "cp874",
        "vi": "cp1258",
    },
}
_LANGUAGE = re.compile(rb"<(?:dc:)?language>\s*([a-zA-Z]{2})\b|xml:lang\s*=\s*[\"']([a-zA-Z]{2})\b")
_BELIEVED = frozenset(
    re.findall(
        r"\S+",
        """
        cp1251 koi8_r koi8_u iso8859_5 cp866 cp1125 mac_cyrillic cp1253 iso8859_7 cp1255 cp1256 iso8859_6 cp874 tis_620
        gb18030 gbk gb2312 big5 big5hkscs cp950 cp932 shift_jis shift_jis_2004 euc_jp euc_jis_2004 euc_kr cp949 johab
        """,
    )
)


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
        if start.match(body):
            return Decoded(body.decode(charset, "replace"), charset)
    labels = [meant for label in declared if label and (meant := _meaning(label))]
    labels.sort(key=lambda label: label == _WESTERN)  # servers that know nothing say so
    return _shifted(body, labels) or _utf8(body, labels) or _declared(body, labels) or _guess(body, labels)


def charset_of(content_type: str) -> str | None:
    """The charset parameter of a Content-Type header, or None. Source: RFC 9110, 8.3.2."""
    found = re.search(r"charset\s*=\s*[\"']?\s*([^\s;\"']{1,40})", content_type, re.IGNORECASE)
    return found[1] if found else None


def _meaning(label: str) -> str | None:
    name = label.strip().lower().replace("_", "-").removeprefix("x-").removeprefix("x-")
    if not _KNOWN.fullmatch(name):
        return None
    try:
        return codecs.lookup(_MEANT.get(name, name)).name
    except LookupError:
        return None


def _shifted(body: bytes, labels: list[str]) -> Decoded | None:
    """Charsets made of ASCII bytes and escape sequences would pass as UTF-8."""
    if b"\x1b" not in body:
        return None
    charset = next((label for label in labels if label in _SEVEN_BIT), None)
    charset = charset or next((name for escape, name in _ESCAPES if escape in body), None)
    return Decoded(body.decode(charset, "replace"), charset) if charset else None


def _utf8(body: bytes, labels: list[str]) -> Decoded | None:
    """UTF-8, and UTF-8 with slips: cut inside of a character, single broken bytes, pieces in another charset."""
    try:
        return Decoded(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as fault:
        if fault.reason == "unexpected end of data":
            return Decoded(body[: fault.start].decode("utf-8"), "utf-8", "the last character is cut")
    return _piecewise(body, labels)


def _piecewise(body: bytes, labels: list[str]) -> Decoded | None:
    """A document of which some pieces between tags are UTF-8 and others are not, as aggregators make them; None
    where no piece with more than ASCII is UTF-8."""
    pieces = body.split(b"<") if body.count(b"<") <= _PIECES_MOST else [body]
    texts = [_as_utf8(piece) for piece in pieces]
    if all(text is None or text.isascii() for text in texts):
        return None
    foreign = [piece for piece, text in zip(pieces, texts, strict=True) if text is None]
    charset = _guess(b" ".join(foreign), [label for label in labels if label != "utf-8"]).charset
    read = [
        piece.decode(charset, "replace") if text is None else text
        for piece, text in zip(pieces, texts, strict=True)
    ]
    parts = f"; some parts were read as {charset}" if foreign else ""
    return Decoded("<".join(read), "utf-8", f"some bytes are not UTF-8 and were replaced{parts}")


def _as_utf8(piece: bytes) -> str | None:
    """The text, if there are more sound characters beyond ASCII than broken ones."""
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        text = piece.decode("utf-8", "replace")
    sample = text[: 4 * _SAMPLE]
    broken = sample.count("\ufffd")
    beyond = len(sample) - len(sample.encode("ascii", "ignore"))
    return text if beyond > 2 * broken else None


def _declared(body: bytes, labels: list[str]) -> Decoded | None:
    for label in labels:
        if label in ("utf-8", "utf-16", "utf-16-le", "utf-16-be") or (label == _WESTERN and _in_words(body)):
            continue
        single_byte = label.startswith(("cp125", "cp87", "iso8859", "koi8", "mac", "cp866"))
        try:
            return Decoded(body.decode(label, "replace" if single_byte else "strict"), label)
        except UnicodeDecodeError:
            continue
    return None


def _guess(body: bytes, labels: list[str]) -> Decoded:
    charset = _by_language(body) or _by_letters(body) or _lenient(labels) or _WESTERN
    claimed = f"declared as {labels[0]}, which it is not; " if labels else "no charset declared; "
    return Decoded(body.decode(charset, "replace"), charset, f"{claimed}read as {charset}")


def _lenient(labels: list[str]) -> str | None:
    """A declared multi-byte charset with a broken byte somewhere is still that charset."""
    return next((label for label in labels if not label.startswith("utf")), None)


def _by_language(body: bytes) -> str | None:
    """The charset in which the press of the language wrote, that the document says it is in."""
    found = _LANGUAGE.search(body, 0, _SAMPLE)
    return _OF_LANGUAGE.get((found[1] or found[2]).decode().lower()) if found else None


def _by_letters(body: bytes) -> str | None:
    """The charset in which these bytes make words; None where they are a few accents, which tell nothing."""
    if not _in_words(body):
        return None
    sample = b" ".join(_HIGH_PIECE.findall(body[:_SAMPLE]))[:_GUESSED]
    best = from_bytes(sample).best()
    return best.encoding if best and best.encoding in _BELIEVED else _cyrillic(body)


def _in_words(body: bytes) -> bool:
    """Whether there are runs of high bytes, as in scripts other than Latin, and not single accents."""
    runs = _HIGH_RUN.findall(body[:_SAMPLE])
    high = sum(map(len, runs))
    return high >= 8 and high >= 2 * len(runs)


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
    return "koi8-u" if upper > 2 * lower else None


def _drop_mark(text: str) -> str:
    return text.removeprefix("\ufeff")
