"""Looking for the feed behind a site's page, when a site was added instead of a feed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from worker.discovery import Discovered, discover, request_for
from worker.feeds.discover import looks_like_a_feed
from worker.kit import Kit
from worker.model import DueFeed
from worker.polling import ACCEPT, MAX_FEED_BYTES, Failing, Found, Parse, Site
from worker.wire import Failure, Reply

SECONDS = 25.0


async def find_feed(kit: Kit, feed: DueFeed, site: Site, read: Parse) -> Found | Failing:
    """The feed behind a site's page, if one is found in time."""

    async def ask(address: str) -> Reply | Failure:
        return await kit.web.ask(request_for(address, ACCEPT, MAX_FEED_BYTES))

    try:
        async with asyncio.timeout(SECONDS):
            only_declared = looks_like_a_feed(feed.asked_url)
            found = await discover(site.page, site.url, ask, read, only_declared=only_declared)
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
