"""PURE. What a search over stored articles found, as an object for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ops.bringing import Share
    from ops.searching import Comparison, Difference, Search, Sighting


def search_json(found: Search) -> dict[str, Any]:
    """What a search found, as one object."""
    return {
        "query": found.query,
        "articles": found.articles,
        "matched": found.matched,
        "share": round(found.share, 6),
        "days": found.days,
        "terms": [_share_json(share, found.matched) for share in found.terms],
        "warnings": found.warnings,
        "newest": [_sighting_json(sighting) for sighting in found.sightings],
    }


def _share_json(share: Share, matched: int) -> dict[str, Any]:
    whole = matched or 1
    return {
        "term": share.term,
        "found": share.found,
        "found_share": round(share.found / whole, 6),
        "alone": share.alone,
        "alone_share": round(share.alone / whole, 6),
    }


def _sighting_json(sighting: Sighting) -> dict[str, Any]:
    article = sighting.stored.article
    return {
        "at": sighting.stored.at,
        "source": article.source,
        "title": article.title,
        "title_marks": sighting.title_marks,
        "url": article.url,
        "language": article.language,
        "words": sighting.words,
        "quote": sighting.quote,
    }


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Two searches and what is between them, as one object."""
    return {
        "saved": search_json(found.saved),
        "new": search_json(found.new),
        "gained": _difference_json(found.gained),
        "lost": _difference_json(found.lost),
    }


def _difference_json(difference: Difference) -> dict[str, Any]:
    newest = [_sighting_json(sighting) for sighting in difference.sightings]
    return {"articles": difference.articles, "newest": newest}
