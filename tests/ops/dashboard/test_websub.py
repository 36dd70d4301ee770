"""The whole exchange with a hub that follows the standard, over real sockets: asked, confirmed, pinged, renewed,
taken back; and what strangers, forgers and broken hubs can do to us."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import ssl
import threading
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request as Ask
from urllib.request import urlopen

import pytest
from sqlalchemy import text

from tests.ops.dashboard.conftest import the_time
from worker.desks.poll import poll
from worker.desks.websub import ask_hubs
from worker.feeds.websub import PATH
from worker.http import Web
from worker.kit import Kit
from worker.secrets import KeyRing

pytestmark = pytest.mark.servers

LOOPBACK = ip_network("127.0.0.0/8")
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the usual one takes 50 ms to read its certificates
KEYS = KeyRing.of(("a key for hubs, long enough",))
RSS = (
    "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>Harian</title>"
    "{}</channel></rss>"
)
ITEM = "<item><title>{0}</title><link>https://news.example/{0}</link></item>"


@dataclass
class Hub:
    """A hub, and the site whose feed it tells of."""

    port: int = 0
    article: int = 1
    answer: int = 202
    lease: str = "864000"
    at_once: bool = False  # calls back before it answers
    asked: list[dict[str, str]] = field(default_factory=list)
    confirmed: list[tuple[int, str]] = field(default_factory=list)
    calling: list[threading.Thread] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def topic(self) -> str:
        return f"{self.address}/feed"

    @property
    def callback(self) -> str:
        return self.asked[-1]["hub.callback"]

    def take(self, form: dict[str, str]) -> None:
        self.asked.append(form)
        if self.answer == 202:
            calling = threading.Thread(target=self.verify, args=(form,))
            calling.start()
            calling.join() if self.at_once else self.calling.append(calling)

    def verify(self, form: dict[str, str], **changed: str) -> tuple[int, str]:
        question = {name: form[name] for name in ("hub.mode", "hub.topic")}
        question |= {"hub.challenge": "s3same <b>", "hub.lease_seconds": self.lease}
        question |= {f"hub.{name}": value for name, value in changed.items()}
        got = call("GET", f"{form['hub.callback']}?{urlencode(question)}")
        self.confirmed.append(got)
        return got

    def wait(self) -> None:
        for calling in self.calling:
            calling.join()

    def publish(self, body: bytes = b"<rss/>", method: str = "sha256", **headers: str) -> tuple[int, str]:
        secret = self.asked[-1].get("hub.secret", "").encode()
        signed = hmac.new(secret, body, getattr(hashlib, method)).hexdigest()
        usual = {"X-Hub-Signature": f"{method}={signed}", "Content-Type": "application/rss+xml"}
        return call("POST", self.callback, body, {**usual, **headers})


def call(method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, str]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)) as connection:
        connection.request(method, url.partition(parts.netloc)[2], body or None, headers or {})
        got = connection.getresponse()
        return got.status, got.read().decode()


@pytest.fixture
def hub():
    found = Hub()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Link", f"<{found.address}/hub>; rel=hub")
            self.send_header("Link", f'<{found.topic}>; rel="self"')
            body = RSS.format("".join(map(ITEM.format, range(found.article, 0, -1)))).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path == "/moved":
                self.send_response(308)
                self.send_header("Location", "/hub")
            else:
                found.take({name: values[0] for name, values in parse_qs(body).items()})
                self.send_response(found.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    found.port = server.server_port
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    yield found
    found.wait()
    server.shutdown()
    serving.join()
    server.server_close()


@dataclass
class Watching:
    """An installation that watches one feed."""

    kit: Kit
    hub: Hub
    feed: int

    def run(self, desk, door=Web) -> None:
        async def once():
            async with door(allow=(LOOPBACK,), trust=PLAIN) as web:
                self.kit.web = web
                await desk(self.kit, seconds=0.05)

        asyncio.run(once())
        self.hub.wait()

    def poll(self) -> None:
        self.change("UPDATE feeds SET next_poll_at = now() - interval '1 s'")
        self.run(poll)

    def subscribe(self) -> None:
        self.poll()
        self.run(ask_hubs)

    def change(self, statement: str) -> None:
        with self.kit.engine.begin() as connection:
            connection.execute(text(statement))

    def one(self, query: str):
        with self.kit.engine.begin() as connection:
            row = connection.execute(text(query)).one_or_none()
        return row[0] if row is not None and len(row) == 1 else row and tuple(row)

    @property
    def state(self) -> str | None:
        return self.one("SELECT state FROM websub")

    def is_due(self) -> bool:
        return self.one("SELECT next_poll_at <= now() FROM feeds")


@pytest.fixture
def watching(site, engine, world, hub):
    site.context.keys = KEYS
    with world() as news:
        feed = news.feed("Harian", url=f"{hub.address}/feed")
    nowhere = None
    kit = Kit(engine, nowhere, KEYS, the_time, lambda _desk: None, callback_base=site.address + "/")
    return Watching(kit, hub, feed)


@pytest.fixture
def live(watching):
    watching.subscribe()
    assert watching.state == "live"
    watching.change("UPDATE feeds SET last_polled_at = now() - interval '1 min'")
    return watching


# As it should be


def test_a_feed_that_names_a_hub_is_asked_for_and_confirmed(watching, hub):
    watching.subscribe()
    (asked,) = hub.asked
    assert (asked["hub.mode"], asked["hub.topic"]) == ("subscribe", hub.topic)
    assert len(asked["hub.secret"]) < 200
    assert hub.confirmed == [(200, "s3same <b>")]
    until, state, pending = watching.one(
        "SELECT live_until - now() BETWEEN interval '9 days' AND interval '10 days', state, asked_at FROM websub"
    )
    assert (until, state, pending) == (True, "live", None)


def test_neither_the_callback_nor_the_secret_stands_in_the_clear_in_the_database(watching, hub):
    watching.subscribe()
    row = str(watching.one("SELECT row_to_json(websub)::text FROM websub"))
    assert hub.callback.rpartition("/")[2] not in row
    assert hub.asked[0]["hub.secret"] not in row


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signed_ping_makes_the_feed_due(live, hub, method):
    assert not live.is_due()
    assert hub.publish(method=method)[0] == 202
    assert live.is_due()
    assert live.one("SELECT pushed_until > now() + interval '23 h' FROM feeds") is True


def test_while_its_hub_tells_of_everything_a_feed_is_seldom_polled(live, hub):
    hub.publish()
    hub.article = 2
    live.run(poll)
    assert live.one("SELECT next_poll_why, next_poll_at > now() + interval '25 min' FROM feeds") == (
        "pushed",
        True,
    )
    assert live.one("SELECT count(*) FROM entries") == 2


def test_a_ping_that_is_faster_than_the_sites_cache_is_looked_after_again(live, hub):
    hub.publish()
    live.run(poll)
    assert live.one("SELECT next_poll_why, next_poll_at < now() + interval '31 s' FROM feeds") == (
        "pinged",
        True,
    )


def test_a_hub_that_leaves_news_untold_is_trusted_no_more(live, hub):
    hub.publish()
    live.change("UPDATE feeds SET pinged_at = now() - interval '1 hour'")
    hub.article = 2
    live.run(poll)
    assert live.one("SELECT pushed_until, next_poll_why FROM feeds") == (None, "news")


def test_a_ping_in_the_middle_of_a_poll_is_heeded(live, hub):
    live.change("UPDATE feeds SET pushed_until = now() + interval '1 day', next_poll_at = now()")

    class Midway(Web):
        async def ask(self, request):
            answer = await super().ask(request)
            await asyncio.to_thread(hub.publish)
            return answer

    live.run(poll, Midway)
    assert live.is_due()


def test_a_promise_is_renewed_before_it_runs_out_at_the_same_callback(live, hub):
    due = live.one(
        "SELECT due_at BETWEEN now() + interval '7 days' AND now() + interval '9 days' FROM websub"
    )
    assert due is True
    live.change("UPDATE websub SET due_at = now(), live_until = now() + interval '1 day'")
    live.run(ask_hubs)
    first, second = hub.asked
    assert first["hub.callback"] == second["hub.callback"]
    assert live.one("SELECT live_until > now() + interval '9 days' FROM websub") is True


def test_a_short_promise_is_renewed_sooner(watching, hub):
    hub.lease = "600"
    watching.subscribe()
    assert watching.one("SELECT due_at < now() + interval '9 min' FROM websub") is True


def test_a_hub_that_calls_back_before_it_answers_is_understood(watching, hub):
    hub.at_once = True
    watching.subscribe()
    assert watching.one("SELECT state, tries, lease_until < now() FROM websub") == ("live", 0, True)


def test_a_hub_that_has_moved_is_followed(watching, hub, engine):
    watching.poll()
    watching.change("UPDATE websub SET hub = replace(hub, '/hub', '/moved')")
    watching.run(ask_hubs)
    assert watching.state == "live"
    assert watching.one("SELECT hub FROM websub").endswith("/moved")


def test_a_feed_that_is_removed_is_taken_back(live, hub):
    live.change("UPDATE feeds SET removed_at = now()")
    live.run(ask_hubs)
    assert hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert hub.confirmed[-1] == (200, "s3same <b>")
    assert live.state is None
    assert hub.publish()[0] == 410


def test_an_unsubscription_that_the_hub_never_confirms_ends_by_itself(live, hub):
    hub.answer = 503
    live.change("UPDATE feeds SET removed_at = now()")
    for _ in range(4):
        live.run(ask_hubs)
        live.change("UPDATE websub SET due_at = now()")
    assert live.state is None
    assert len([each for each in hub.asked if each["hub.mode"] == "unsubscribe"]) == 3


def test_a_new_public_address_is_told_to_the_hub(live, hub, site):
    live.kit.callback_base = site.address.replace("127.0.0.1", "localhost")
    live.run(ask_hubs)
    assert hub.callback.startswith("http://localhost:")
    assert live.state == "live"


def test_without_a_public_address_nothing_is_asked_and_the_past_is_forgotten(live, hub):
    live.kit.callback_base = None
    live.run(ask_hubs)
    live.poll()
    assert live.state is None
    assert len(hub.asked) == 1


# Hubs in trouble


@pytest.mark.parametrize(
    ("answer", "state", "within"),
    [(503, "wanted", "2 min"), (429, "wanted", "2 min"), (403, "refused", "25 h")],
)
def test_a_hub_that_does_not_want_to_is_asked_again_later(watching, hub, answer, state, within):
    hub.answer = answer
    watching.subscribe()
    assert watching.state == state
    assert watching.one("SELECT reason FROM websub") == f"the hub answered {answer}"
    assert watching.one(f"SELECT due_at BETWEEN now() AND now() + interval '{within}' FROM websub") is True
    assert watching.one("SELECT state FROM feeds") == "ok"


def test_a_hub_that_never_calls_back_is_asked_ever_more_seldom(watching, hub):
    hub.verify = lambda _form: None
    watching.subscribe()
    waits = []
    for _ in range(3):
        waits.append(watching.one("SELECT round(extract(epoch FROM due_at - now()) / 60) FROM websub"))
        watching.change("UPDATE websub SET due_at = now()")
        watching.run(ask_hubs)
    assert watching.state == "asked"
    assert [int(wait) for wait in waits] == [15, 60, 240]


def test_a_hub_may_say_no_with_its_reason(watching, hub):
    hub.verify = lambda form: call(
        "GET",
        form["hub.callback"]
        + "?"
        + urlencode({"hub.mode": "denied", "hub.topic": hub.topic, "hub.reason": "not a member"}),
    )
    watching.subscribe()
    assert watching.one("SELECT state, reason FROM websub") == ("refused", "the hub refuses: not a member")


# Strangers


def test_a_stranger_without_the_address_finds_nothing(live, hub):
    base = hub.callback.rpartition("/")[0]
    question = {"hub.mode": "subscribe", "hub.topic": hub.topic, "hub.challenge": "x"}
    for token in ("x", "x" * 5000, "%00", "..%2f..%2fetc"):
        assert call("GET", f"{base}/{token}?{urlencode(question)}")[0] == 404
        assert call("POST", f"{base}/{token}", b"<rss/>")[0] in (404, 410)
    assert not live.is_due()


@pytest.mark.parametrize(
    "changed",
    [
        {"topic": "https://evil.example/feed"},
        {"mode": "unsubscribe"},
        {"challenge": ""},
        {"challenge": "x" * 3000},
        {"mode": "publish"},
        {"mode": "denied"},
    ],
)
def test_what_we_have_not_asked_for_is_not_confirmed(live, hub, changed):
    assert hub.verify(hub.asked[-1], **changed)[0] == 404
    assert live.state == "live"


def test_a_confirmation_that_is_played_again_does_not_lengthen_the_promise(live, hub):
    before = live.one("SELECT live_until FROM websub")
    hub.lease = "2592000"
    assert hub.verify(hub.asked[-1])[0] == 200
    assert live.one("SELECT live_until FROM websub") == before


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=" + "0" * 64,
        "sha1=" + "0" * 64,
        "md5=" + "0" * 32,
        "sha256",
        "sha256=" + "é" * 64,
        "sha256=zz",
    ],
)
def test_a_ping_that_is_not_signed_by_the_hub_is_accepted_and_ignored(live, hub, signature):
    assert hub.publish(**{"X-Hub-Signature": signature})[0] == 202
    assert not live.is_due()
    assert live.one("SELECT pinged_at FROM websub") is None


def test_a_ping_with_another_body_than_the_signed_one_is_ignored(live, hub):
    signed = hmac.new(hub.asked[-1]["hub.secret"].encode(), b"one", hashlib.sha256).hexdigest()
    assert hub.publish(b"other", **{"X-Hub-Signature": f"sha256={signed}"})[0] == 202
    assert not live.is_due()


def test_a_ping_that_is_played_again_and_again_polls_no_oftener_than_every_ten_seconds(live, hub):
    live.change("UPDATE feeds SET last_polled_at = now()")
    for _ in range(20):
        hub.publish()
    assert live.one(
        "SELECT next_poll_at BETWEEN now() + interval '5 s' AND now() + interval '10 s' FROM feeds"
    )


def test_a_huge_body_is_refused_and_kept_nowhere(live, hub):
    assert hub.publish(b"x" * (11 * 1024 * 1024))[0] == 413
    assert not live.is_due()


def test_pings_of_a_promise_that_ran_out_are_ignored(live, hub):
    live.change("UPDATE websub SET live_until = now() - interval '1 s'")
    assert hub.publish()[0] == 202
    assert not live.is_due()


def test_a_secret_of_a_key_that_is_gone_makes_no_ping_believed_and_is_replaced(live, hub, site):
    site.context.keys = live.kit.keys = KeyRing.of(("another key, long enough too",))
    assert hub.publish()[0] == 202
    assert not live.is_due()
    live.change("UPDATE websub SET due_at = now()")
    live.run(ask_hubs)
    assert live.state is None
    hub.article = 2
    live.subscribe()
    assert live.state == "live"


def test_calls_need_no_log_in_and_no_origin_of_ours_and_pages_still_do(live, hub):
    assert hub.publish(Origin="https://hub.example", **{"Sec-Fetch-Site": "cross-site"})[0] == 202
    assert live.is_due()
    refused = call(
        "POST", f"{hub.callback.partition(PATH)[0]}/logout", b"x", {"Origin": "https://hub.example"}
    )
    assert refused[0] == 403


def test_a_challenge_is_never_read_as_a_page(live, hub):
    form = hub.asked[-1]
    question = {"hub.mode": "subscribe", "hub.topic": hub.topic, "hub.challenge": "<script>"}
    with urlopen(Ask(f"{form['hub.callback']}?{urlencode(question)}")) as got:
        assert got.headers["content-type"].startswith("text/plain")
        assert got.headers["x-content-type-options"] == "nosniff"


def test_a_promise_stays_while_its_renewal_fails(live, hub):
    hub.answer = 500
    live.change("UPDATE websub SET due_at = now()")
    live.run(ask_hubs)
    assert live.state == "live"
    hub.publish()
    assert live.is_due()
    assert live.kit.clock() - the_time() < timedelta(seconds=1)
