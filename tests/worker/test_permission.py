"""Asking sites what they let us fetch: once a day, and sensibly where they do not answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

import worker.permission
from worker.permission import AGAIN_S, DAY_S, GRACE_S, Permission
from worker.robots import Allowed, Forbidden
from worker.wire import Failure, Reply, Request

PAGE = "https://news.example/berita/1"
RULES = b"User-agent: *\nDisallow: /private\nCrawl-delay: 3\nSitemap: /news.xml"


@dataclass
class Site:
    """A site that answers with this, and remembers what it was asked; a clock to move."""

    answer: Reply | Failure = field(default_factory=lambda: reply(200, RULES))
    asked: list[str] = field(default_factory=list)
    now: float = 1000.0
    request: Request | None = None

    async def ask(self, request: Request) -> Reply | Failure:
        self.asked.append(request.url)
        self.request = request
        await asyncio.sleep(0)
        return self.answer

    def permission(self) -> Permission:
        return Permission(self, clock=lambda: self.now)


def reply(status, body=b""):
    return Reply(status, {}, body, "https://news.example/robots.txt")


def may(permission, url=PAGE):
    return asyncio.run(permission.may_fetch(url))


def test_a_site_says_what_may_be_fetched_and_how_fast():
    site = Site()
    permission = site.permission()
    assert may(permission) == Allowed(3.0)
    assert may(permission, "https://news.example/private/x") == Forbidden("Disallow: /private")
    assert asyncio.run(permission.sitemaps(PAGE)) == ("https://news.example/news.xml",)
    assert site.asked == ["https://news.example/robots.txt"]
    assert (site.request.cut, site.request.max_bytes) == (True, 500 * 1024)


def test_it_is_asked_again_after_a_day_and_not_before():
    site = Site()
    permission = site.permission()
    for now, asked in ((0, 1), (DAY_S - 1, 1), (DAY_S + 1, 2)):
        site.now = 1000 + now
        may(permission)
        assert len(site.asked) == asked


def test_every_host_port_and_scheme_is_a_site_of_its_own():
    site = Site()
    permission = site.permission()
    for url in (
        "https://a.example/1",
        "https://A.example:443/2",
        "http://a.example/",
        "https://a.example:8443/",
    ):
        may(permission, url)
    assert site.asked == [
        "https://a.example/robots.txt",
        "http://a.example/robots.txt",
        "https://a.example:8443/robots.txt",
    ]


def test_those_who_ask_at_once_ask_once():
    site = Site()
    permission = site.permission()

    async def test() -> None:
        first = asyncio.create_task(permission.may_fetch(PAGE))
        await asyncio.sleep(0)
        others = asyncio.gather(*(permission.may_fetch(PAGE) for _ in range(20)))
        first.cancel()  # who asked first need not wait for it
        assert set(await others) == {Allowed(3.0)}

    asyncio.run(test())
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_site_without_the_file_allows_everything_for_a_day(status):
    site = Site(reply(status, b"User-agent: *\nDisallow: /"))
    permission = site.permission()
    assert may(permission) == Allowed()
    site.now += DAY_S - 1
    may(permission)
    assert len(site.asked) == 1


TROUBLE = [
    reply(500), reply(503), reply(429), Failure("timeout", "no answer within 5 s"), Failure("reset", "closed"),
    Failure("protocol", "not HTTP"),
]  # fmt: skip


@pytest.mark.parametrize("answer", TROUBLE, ids=str)
def test_a_site_that_cannot_say_is_left_alone_for_ten_minutes_and_then_counts_as_one_without_the_file(answer):
    site = Site(answer)
    permission = site.permission()
    refused = may(permission)
    assert isinstance(refused, Forbidden)
    assert refused.for_now
    assert refused.rule.startswith("robots.txt cannot be had: ")
    may(permission)
    assert len(site.asked) == 1  # not for every page
    site.now += AGAIN_S
    assert may(permission) == refused
    assert len(site.asked) == 2
    site.now += GRACE_S
    assert may(permission) == Allowed()
    site.answer = reply(200, b"User-agent: *\nDisallow: /")
    site.now += GRACE_S
    assert may(permission) == Forbidden("Disallow: /")
    site.answer, site.now = answer, site.now + DAY_S
    assert may(permission) == refused  # the ten minutes begin anew


@pytest.mark.parametrize("reason", ["blocked", "dns", "refused", "tls", "bad_url", "redirects"])
def test_what_the_page_itself_will_meet_is_left_to_the_page(reason):
    assert may(Site(Failure(reason, "x")).permission()) == Allowed()


def test_what_many_sites_said_is_bounded(monkeypatch):
    monkeypatch.setattr(worker.permission, "MOST_KEPT_RULES", 1000)
    rules = b"User-agent: *\n" + b"".join(b"Disallow: /%d\n" % n for n in range(90))
    site = Site(reply(200, rules))
    permission = site.permission()
    for n in range(30):
        may(permission, f"https://a{n}.example/")
    assert len(permission._known) == 10
    assert permission._kept == 1000
    may(permission, "https://a29.example/")
    assert len(site.asked) == 30
    may(permission, "https://a0.example/")
    assert len(site.asked) == 31


@pytest.mark.parametrize(
    "url", ["", "news", "http://[::1/", "http://a:b/", "file:///etc/passwd", "http://u:p@a/", "http://"]
)
def test_of_what_is_no_address_nobody_is_asked(url):
    site = Site()
    permission = site.permission()
    assert may(permission, url) == Allowed()
    assert asyncio.run(permission.sitemaps(url)) == ()
    assert site.asked == []


def test_who_wants_to_know_hears_how_long_a_site_wants_to_be_left_alone():
    site, told = Site(), []

    async def heard(name, seconds):
        told.append((name, seconds))

    permission = Permission(site, heard, clock=lambda: site.now)
    assert asyncio.run(permission.forbids(PAGE)) is None
    assert asyncio.run(permission.forbids("https://news.example/private/")) == Forbidden("Disallow: /private")
    assert told == [("news.example:443", 3.0)]
    site.answer = reply(404)
    may(permission, "http://other.example/")
    assert told[1] == ("other.example:80", None)
    site.answer = reply(503)
    may(permission, "http://third.example/")
    assert len(told) == 2
