"""How a well-behaved server answers a GET: validators, 304, gzip. Pure.

RFC 9110, sections 8.8 (validators), 12.5.3 (codings) and 13 (conditions).
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_NEVER = re.compile(r"q=0(\.0*)?")


@dataclass(frozen=True, slots=True)
class Document:
    """A representation to be served; `changed` is when it last became different."""

    body: bytes
    content_type: str
    changed: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body as they go over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def respond(document: Document, asked: Mapping[str, str], now: datetime) -> Answer:
    """Answer a GET with these request headers (names as in the RFC, or a case-insensitive mapping)."""
    headers = _validators(document, now)
    if _unchanged(asked, headers):
        return Answer(304, headers)
    headers["Content-Type"] = document.content_type
    if not accepts_gzip(asked.get("Accept-Encoding", "")):
        return Answer(200, headers, document.body)
    headers["Content-Encoding"] = "gzip"
    return Answer(200, headers, gzip.compress(document.body, mtime=0))


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the client takes gzip: named with a weight above zero."""
    for offer in accept_encoding.lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() in {"gzip", "x-gzip"}:
            return _NEVER.fullmatch(weight.strip()) is None
    return False


def _validators(document: Document, now: datetime) -> dict[str, str]:
    # Weak, because the same tag stands for the plain and the compressed bytes.
    digest = hashlib.blake2b(document.body, digest_size=8).hexdigest()
    headers = {"ETag": f'W/"{digest}"', "Vary": "Accept-Encoding"}
    changed = document.changed.replace(microsecond=0)
    # Within its own second the date could not tell this version from the next one (RFC 9110, 8.8.2.2).
    if changed < now.replace(microsecond=0):
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    return headers


def _unchanged(asked: Mapping[str, str], validators: Mapping[str, str]) -> bool:
    if tags := asked.get("If-None-Match"):
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or validators["ETag"].removeprefix("W/") in known
    since, modified = _date(asked.get("If-Modified-Since")), _date(validators.get("Last-Modified"))
    return since is not None and modified is not None and modified <= since


def _date(text: str | None) -> datetime | None:
    try:
        stamp = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
