"""The newsroom as a small web site: every outlet below a path of its own, one port, loopback.

/kabar/rss.xml          the feed, with ETag, Last-Modified, 304 and gzip
/kabar/                 the front page, which names the feed
/kabar/pasar/SLUG       a story's page, once it is published; 404 before
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from ops.newsroom.clock import Clock, utc_now
from ops.newsroom.conditional import Document, respond
from ops.newsroom.feeds import feed
from ops.newsroom.model import Manners, Outlet, Printed, Revision, Schedule, Story
from ops.newsroom.pages import article_page, directory_page, front_page, missing_page, photo
from worker.errors import BadInput


class Newsroom:
    """Outlets whose stories appear one after another; what was published when is on record.

    The backlog stands on the site from the start. `publish`, `edit` and the records may be used from any
    thread while the site is being served.
    """

    def __init__(self, schedule: Schedule, clock: Clock = utc_now) -> None:
        self.schedule = schedule
        self._clock = clock
        self._lock = Lock()
        opened = clock()
        self._printed = {story.slug: _backlog(story, opened) for story in schedule.backlog}
        self._answers: Counter[tuple[str, int]] = Counter()
        self._asked: Counter[str] = Counter()
        self._opened = opened

    @property
    def published(self) -> dict[str, datetime]:
        """When each story that stands on the site was published, the backlog included."""
        with self._lock:
            return {slug: piece.published for slug, piece in self._printed.items()}

    @property
    def requests(self) -> Counter[str]:
        """How many requests each path was asked."""
        with self._lock:
            return self._asked.copy()

    @property
    def answers(self) -> Counter[tuple[str, int]]:
        """How many answers of each status each path gave."""
        with self._lock:
            return self._answers.copy()

    def slug_of(self, url: str) -> str | None:
        """The story whose page has this address, whatever its host and query; None when there is none."""
        path = urlsplit(url).path
        return next((story.slug for story in self.schedule.stories if story.path == path), None)

    def publish(self, slug: str) -> datetime:
        """Put a story on the site now; returns when. `BadInput` when it is unknown or already there."""
        story = self.schedule.story(slug)
        with self._lock:
            if slug in self._printed:
                raise BadInput(f"the story {slug!r} is already published")
            now = self._clock()
            self._printed[slug] = Printed(story, published=now, updated=now)
            return now

    def edit(self, slug: str, revision: Revision | None = None) -> datetime:
        """Replace a published story's words, by its planned revision unless one is given; its guid stays."""
        revision = revision or self.schedule.story(slug).revision
        if revision is None:
            raise BadInput(f"the story {slug!r} has no planned revision; give one")
        with self._lock:
            if slug not in self._printed:
                raise BadInput(f"the story {slug!r} is not published yet")
            now = self._clock()
            piece = self._printed[slug]
            self._printed[slug] = replace(piece, story=_revised(piece.story, revision), updated=now)
            return now

    async def run(self, every: float = 1.5) -> None:
        """Publish what is still to come, one story each `every` seconds, then make the planned edits."""
        for story in self.schedule.upcoming:
            if story.slug not in self.published:
                self.publish(story.slug)
                await asyncio.sleep(every)
        for story in self.schedule.stories:
            if story.revision:
                self.edit(story.slug)
                await asyncio.sleep(every)

    def app(self) -> web.Application:
        """The site, to be served by `running`."""
        app = web.Application(middlewares=[self._recorded])
        app.router.add_get("/", self._directory)
        app.router.add_get("/robots.txt", self._robots)
        app.router.add_get("/{outlet}/", self._front)
        app.router.add_get("/{outlet}/photo/{slug}.svg", self._photo)
        app.router.add_get("/{outlet}/{file:(?:rss|atom)[.]xml|feed[.]json}", self._feed)
        app.router.add_get("/{outlet}/{section}/{slug}", self._page)
        return app

    @web.middleware
    async def _recorded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        with self._lock:
            self._asked[request.path] += 1
        try:
            answer = await handler(request)
        except web.HTTPException as refusal:
            answer = _refused(refusal, request.path)
        with self._lock:
            self._answers[request.path, answer.status] += 1
        return answer

    async def _directory(self, _: web.Request) -> web.Response:
        return web.Response(
            body=directory_page(self.schedule.outlets), content_type="text/html", charset="utf-8"
        )

    async def _robots(self, _: web.Request) -> web.Response:
        return web.Response(text="User-agent: *\nAllow: /\n")

    async def _front(self, request: web.Request) -> web.Response:
        outlet = self._outlet(request)
        html = front_page(outlet, self._of(outlet), _site(request))
        return web.Response(body=html, content_type="text/html", charset="utf-8")

    async def _feed(self, request: web.Request) -> web.Response:
        outlet = self._outlet(request)
        if request.path != outlet.feed_path:
            raise web.HTTPNotFound
        await self._endure(outlet.feed_manners, request)
        pieces = self._of(outlet)
        changed = max((piece.updated for piece in pieces), default=self._opened)
        return self._answer(request, feed(outlet, pieces, _site(request), changed))

    async def _page(self, request: web.Request) -> web.Response:
        outlet, piece = self._piece(request)
        if request.path != piece.story.path:
            raise web.HTTPNotFound
        await self._endure(outlet.page_manners, request)
        return self._answer(request, article_page(outlet, piece, _site(request)))

    async def _photo(self, request: web.Request) -> web.Response:
        return self._answer(request, photo(*self._piece(request)))

    async def _endure(self, manners: Manners, request: web.Request) -> None:
        await asyncio.sleep(manners.delay_s)
        if self.requests[request.path] <= manners.failing:
            raise web.HTTPInternalServerError(text="The database is not available.")

    def _answer(self, request: web.Request, document: Document) -> web.Response:
        answer = respond(document, request.headers, self._clock())
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    def _outlet(self, request: web.Request) -> Outlet:
        slug = request.match_info["outlet"]
        for outlet in self.schedule.outlets:
            if outlet.slug == slug:
                return outlet
        raise web.HTTPNotFound

    def _piece(self, request: web.Request) -> tuple[Outlet, Printed]:
        outlet = self._outlet(request)
        with self._lock:
            piece = self._printed.get(request.match_info["slug"])
        if piece is None or piece.story.outlet != outlet.slug:
            raise web.HTTPNotFound
        return outlet, piece

    def _of(self, outlet: Outlet) -> list[Printed]:
        with self._lock:
            return [piece for piece in self._printed.values() if piece.story.outlet == outlet.slug]


def _backlog(story: Story, opened: datetime) -> Printed:
    published = opened - (story.age or timedelta())
    return Printed(story, published=published, updated=published)


def _revised(story: Story, revision: Revision) -> Story:
    return replace(
        story,
        title=revision.title or story.title,
        paragraphs=revision.paragraphs or story.paragraphs,
    )


def _refused(refusal: web.HTTPException, path: str) -> web.Response:
    if refusal.status == 404:
        return web.Response(status=404, body=missing_page(path), content_type="text/html", charset="utf-8")
    return web.Response(status=refusal.status, text=refusal.text)


def _site(request: web.Request) -> str:
    return str(request.url.origin())
