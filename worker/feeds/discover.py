"""From a site's page to its feeds: what the page itself declares (`<link rel="alternate">`), in its order.

https://www.rssboard.org/rss-autodiscovery, https://blog.whatwg.org/feed-autodiscovery
"""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from worker.links import web_link

_KINDS = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
}
_MOST_BYTES = 1024 * 1024  # links of this kind stand in the head
_COMMENTS = ("/comments/", "comments/feed", "feed/comments")


def find_feeds(page: bytes, url: str) -> list[str]:
    """The addresses of the feeds that an HTML page declares; comment feeds come last."""
    found: dict[str, None] = {}
    for node in LexborHTMLParser(page[:_MOST_BYTES]).css("link[rel][href]"):
        attributes = node.attributes
        kind = (attributes.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in (attributes.get("rel") or "").lower().split() and kind in _KINDS:
            address = web_link(attributes.get("href"), url)
            if address:
                found[address] = None
    return sorted(found, key=lambda address: any(part in address for part in _COMMENTS))
