"""Somebody new, with a browser and nothing else: from the log-in to an alert of their own, why it came, what to do
where one was refused, and quiet. Once in English at a desk; once in Indonesian, on a phone, without script.

What they see at each step is kept as a strip of pictures in `artifacts/newcomer-…`, to be looked at. The first of them
is watched from outside too: traces and errors are collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import pytest

from ops.newsroom import Accept, Refuse, SlackSink
from ops.newsroom.script import Answer, Script
from tests.collector import Collector, collecting, facts
from tests.journeys.newcomer import ARTIFACTS, Film, Newcomer

pytestmark = [pytest.mark.servers, pytest.mark.browser]

HOOK = "/services/T0/B0/journey"
DESK: Mapping[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: Mapping[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "java_script_enabled": False,
    "color_scheme": "dark",
}

LESSON = (
    "Tiga siswa kelas sebelas sekolah menengah di Kupang memenangi lomba melukis telur dengan pola bunga.",
    "Mereka mempelajari cara melukis telur dari Ukraina melalui buku perpustakaan yang dipinjam gurunya.",
    "Hadiahnya berupa satu kotak cat air, sepasang kuas halus, dan perjalanan sehari ke kebun raya.",
    "Orang tua murid menjahit taplak meja untuk pameran yang dibuka di aula sekolah sampai Sabtu sore.",
    "Pengunjung boleh mencoba sendiri; telur, lilin, dan pewarna disediakan tanpa bayaran oleh panitia.",
)
"""Another event, in words that no other article has: it is a message of its own."""


@dataclass
class Moody:
    """A hook that refuses whatever it is told while `refuses` is set."""

    refuses: Event = field(default_factory=Event)

    def sink(self) -> SlackSink:
        return SlackSink(Script(receivers={HOOK: self._answers()}))

    def _answers(self) -> Iterator[Answer]:
        while True:
            yield Refuse(400, "invalid_payload") if self.refuses.is_set() else Accept()


@pytest.mark.timeout(420)
@pytest.mark.parametrize(
    ("language", "browser", "watched"), [("en", DESK, True), ("id", PHONE, False)], ids=["en", "id"]
)
def test_a_newcomer_does_it_all_in_the_browser_alone(
    world: Any,
    story: Any,
    eventually: Any,
    chromium: Any,
    language: str,
    browser: Mapping[str, Any],
    watched: bool,
) -> None:
    hook = Moody()
    with ExitStack() as stack:
        collector, more = stack.enter_context(collected()) if watched else (None, {})
        w = world(
            (
                story("lama", "Kapal gandum Ukraina tiba di Surabaya"),
                story("baru", "NATO bahas keamanan pelabuhan", "Sekretaris jenderal NATO tiba kemarin."),
                replace(story("kelas", "Siswa Kupang juarai lomba melukis telur Ukraina"), paragraphs=LESSON),
            ),
            slack=hook.sink(),
            more=more,
        )
        w.machine.watchlist.unlink()
        w.machine.start()
        w.newsroom.publish("lama")
        page = chromium.new_page(**browser)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        film = Film(page, ARTIFACTS / f"newcomer-{language}")
        newcomer = Newcomer(page, w.machine.address, film, browser.get("java_script_enabled", True))

        newcomer.logs_in(language)
        newcomer.adds_a_feed(w.site)
        newcomer.writes_a_topic("NATO", wrong="@nato OR (ukraina", right="@nato OR ukraina")
        newcomer.names_a_channel("meja", w.hook)
        newcomer.subscribes("NATO", "meja")
        ready = film.seconds
        w.newsroom.publish("baru")
        eventually(lambda: w.slack_told("baru") == 1, 90, "the first alert")
        told = film.seconds
        newcomer.reads_of_it("pelabuhan")
        newcomer.asks_why(_link_of(w, "baru"), channel="meja")

        hook.refuses.set()
        w.newsroom.publish("kelas")
        eventually(lambda: w.machine.audit()["failed"] == 1, 90, "a message that is refused for good")
        hook.refuses.clear()
        newcomer.sends_again("Kupang")
        eventually(lambda: w.slack_told("kelas") == 1, 90, "the message that was sent again")

        newcomer.mutes_the_story("pelabuhan")
        newcomer.snoozes()
        assert said == []
        assert told < 180, f"ready after {ready:.0f} s, told after {told:.0f} s"
        assert w.machine.audit()["doubled"] == 0
        if collector is not None:
            w.machine.stop()
            _was_drawn(collector, w.hook)


@contextmanager
def collected() -> Iterator[tuple[Collector, dict[str, str]]]:
    """A collector and a Sentry, and what has an installation send to them."""
    with collecting() as (collector, address):
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_BSP_SCHEDULE_DELAY": "500",
            "SENTRY_DSN": address.replace("http://", "http://public@") + "/7",
        }
        yield collector, settings


def _link_of(w: Any, slug: str) -> str:
    links = (link for message in w.slack.accepted for link in message.receipt.links)
    return next(link for link in links if f"/{slug}" in link)


def _was_drawn(collector: Collector, hook: str) -> None:
    """The article that was told has one trace over four processes, reached from the poll that brought it."""
    sent = [
        span for span in collector.spans if span.name == "send" and facts(span)["pantau.verdict"] == "sent"
    ]
    way = [span for span in collector.spans if span.trace_id == sent[-1].trace_id]
    assert {"read", "match", "plan", "send"} <= {span.name for span in way}
    (read,) = (span for span in way if span.name == "read")
    linked = {link.span_id for link in read.links}
    assert {span.name for span in collector.spans if span.span_id in linked} == {"poll", "run read"}
    (bell,) = (span for span in collector.spans if span.span_id in linked and span.name == "run read")
    above = [span.name for span in collector.spans if span.span_id == bell.parent_span_id]
    assert above in (["run poll"], [])  # [] where the tick rang before the poll's own bell was heard
    asked = [
        span for span in collector.spans if span.name == "POST" and span.parent_span_id == sent[-1].span_id
    ]
    assert [facts(span)["http.response.status_code"] for span in asked] == [200]
    assert any(str(facts(span).get("http.route")).startswith("/articles/{") for span in collector.spans)
    key = hook.rpartition("/")[2].encode()
    assert any(event.get("message") == "form_refused" for event in collector.events)
    assert b"/services/T0/B0/" + key not in collector.raw
