"""Looking for the feed behind a site's page, when a site was added instead of a feed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from worker.desks.documents import asking, read_feed
from worker.discovery import Discovered, discover
from worker.feeds.discover import looks_like_a_feed
from worker.kit import Kit
from worker.model import DueFeed
from worker.polling import Failing, Found, Site

SECONDS = 25.0


async def find_feed(kit: Kit, feed: DueFeed, site: Site) -> Found | Failing:
    """The feed behind a site's page, if one is found in time."""
    try:
        async with asyncio.timeout(SECONDS):
            only_declared = looks_like_a_feed(feed.asked_url)
            found = await discover(
                site.page, site.url, asking(kit.web), read_feed, only_declared=only_declared
            )
    except TimeoutError:
        return replace(site.failing, reason=f"{site.failing.reason}; its feed was not found in time")
    if isinstance(found, Discovered):
        return _taken(feed, found, site)
    looked = f"; no feed at {len(found.tried)} places where one may be" if found.tried else ""
    return replace(site.failing, reason=site.failing.reason + looked)


def _taken(feed: DueFeed, found: Discovered, site: Site) -> Found | Failing:
    """The found feed; not on another host, where what the user gave for this one is to be sent along."""
    secret = feed.username or feed.headers
    if secret and urlsplit(found.address).hostname != urlsplit(feed.asked_url).hostname:
        told = f"its feed is {found.address}, on another host, which is not given the user or headers of this one"
        return replace(site.failing, reason=f"{told}; add that address itself")
    return Found(found.address)
