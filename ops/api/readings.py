"""PURE. A page that was read again, as programs are told it: what `pantau why --fetch` says of it, bounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ops.api.shapes.articles import Reading

PARAGRAPHS, TOPICS = 500, 200


def read_now(told: Mapping[str, Any], at: datetime) -> Reading:
    """What a reading that was made at that moment says."""
    read = told.get("article") or {}
    article, page, fetched = read.get("article") or {}, told.get("page") or {}, told.get("fetched") or {}
    seen = told.get("seen") or ()
    return Reading.model_validate(
        {
            "at": at,
            "url": told.get("url"),
            "sentence": told.get("sentence") or "",
            "status": fetched.get("status"),
            "problem": told.get("problem"),
            "method": page.get("method"),
            "words": told.get("words") or 0,
            "page_words": told.get("page_words") or 0,
            "title": article.get("title") or "",
            "language": article.get("language") or None,
            "authors": read.get("authors") or [],
            "paragraphs": [{"text": text, "kept": bool(kept)} for text, kept in seen[:PARAGRAPHS]],
            "more": max(0, len(seen) - PARAGRAPHS),
            "topics": [
                {"name": each["name"], "matches": bool(each["matches"])}
                for each in (told.get("topics") or ())[:TOPICS]
            ],
        }
    )
