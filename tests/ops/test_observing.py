"""Traces and reports of errors: off unless asked for, whole where they are, and without anything secret."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from ops import observing
from tests.collector import Collector, collecting, facts
from worker import spans
from worker.errors import BadConfiguration

SEEN = datetime(2026, 11, 26, 8, 30, 1, 123457, tzinfo=UTC)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "watch"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, False),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
            True,
        ),
    ],
)
def test_traces_are_drawn_where_the_standard_variables_ask_for_them(
    environ: dict[str, str], wanted: bool
) -> None:
    assert observing.traces_wanted(environ) is wanted


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        (
            {"OTEL_TRACES_EXPORTER": "zipkin"},
            'OTEL_TRACES_EXPORTER "zipkin" is not known; expected otlp or none',
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            'OTEL_EXPORTER_OTLP_PROTOCOL "grpc" is not spoken here; expected http/protobuf',
        ),
    ],
)
def test_what_is_not_spoken_ends_the_start_with_a_sentence(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadConfiguration, match=sentence):
        observing.begin("worker", environ)


def test_nothing_is_loaded_where_nobody_asks() -> None:
    loaded = (
        "import sys; from ops import observing; observing.begin('web'); observing.draw();"
        "from worker import spans; assert not spans.recording() and spans.carried() is None;"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'sentry_sdk'))])"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "SENTRY_"))}
    ran = subprocess.run(
        [sys.executable, "-c", loaded], env=environ, capture_output=True, text=True, timeout=60
    )
    assert ran.stdout.strip() == "[]", ran.stderr


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """This process's traces, collected when it puts them away."""
    with collecting() as (collector, address):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setattr(observing, "_drawn_by", None)
        observing.draw()
        try:
            yield collector
        finally:
            observing.put_away()
            spans.record_with(None)


def fail_along(ways: tuple[spans.Way, ...]) -> None:
    with spans.span("send", "inside", {"delivery": 4}, ways) as told:
        told.note({"verdict": "sent", "nothing": None})
        raise ZeroDivisionError("the key of the hook is T0/B0/xyz")


def test_an_article_has_one_trace_whoever_takes_its_steps(drawn: Collector) -> None:
    poll, article, other = (
        spans.Way("poll", 3, SEEN),
        spans.Way("article", 8, SEEN),
        spans.Way("article", 9, SEEN),
    )
    spans.step("poll", poll, 0.2, {"feed": 3, "new": 1}, first=True)
    with observing.run("read", {}):
        bell = spans.carried()
        spans.step("read", article, 0.5, {"article": 8}, first=True, after=poll)
    with observing.run("send", bell or {}):
        with pytest.raises(ZeroDivisionError):
            fail_along((article, other))
    observing.put_away()
    by_name = {span.name: span for span in drawn.spans}
    read, sent, first = by_name["read"], by_name["send"], by_name["poll"]
    assert sent.trace_id == read.trace_id
    assert sent.parent_span_id == read.span_id
    assert not read.parent_span_id
    assert {link.span_id for link in read.links} == {first.span_id, by_name["run read"].span_id}
    assert len(sent.links) == 2
    assert by_name["run send"].span_id in {link.span_id for link in sent.links}
    assert by_name["run send"].parent_span_id == by_name["run read"].span_id
    assert facts(sent) == {"pantau.delivery": 4, "pantau.verdict": "sent", "error.type": "ZeroDivisionError"}
    assert 0.19e9 < first.end_time_unix_nano - first.start_time_unix_nano < 0.21e9
    assert drawn.services == {"pantau"}
    assert b"xyz" not in drawn.raw


def test_a_sampler_keeps_or_drops_a_whole_article(drawn: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    monkeypatch.setattr(observing, "_drawn_by", None)
    observing.draw()
    for number in range(60):
        way = spans.Way("article", number, SEEN)
        spans.step("read", way, 0.1, {}, first=True)
        with spans.span("send", "inside", {}, (way,)):
            pass
    observing.put_away()
    read = {span.trace_id for span in drawn.spans if span.name == "read"}
    sent = {span.trace_id for span in drawn.spans if span.name == "send"}
    assert read == sent
    assert 10 < len(read) < 50


def test_requests_are_drawn_without_their_addresses(
    drawn: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker.http import Web
    from worker.wire import Request

    async def ask(address: str) -> None:
        async with Web(allow=_loopback()) as door:
            await door.ask(Request(f"{address}/v1/traces?key=abcd1234", method="POST", body=b""))

    with collecting() as (_, address):
        asyncio.run(ask(address))
    observing.put_away()
    (span,) = [span for span in drawn.spans if span.name == "POST"]
    assert facts(span) == {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        "http.response.status_code": 200,
    }
    assert b"abcd1234" not in drawn.raw


def _loopback() -> Any:
    from ipaddress import ip_network

    return (ip_network("127.0.0.0/8"),)


FAILS = """
import logging, os
from ops import logs, observing
logs.set_up("json", "info")
observing.begin("worker")
logs.set_up("json", "info")
observing.begin("worker")
import structlog
log = structlog.get_logger("worker")

def post(hook):
    raise RuntimeError(f"cannot post to {hook} for Ratna <ratna@desk.example>")

try:
    post("https://hooks.slack.com/services/T0/B0/verysecretkey")
except RuntimeError:
    log.exception("sending_failed", token="xoxb-123456", channel="meja", of="rina@risk.example",
                  database="postgresql://pantau:hunter22@db/pantau", push="ntfys://secrettopic/x")
log.warning("not_told", detail="only a warning")
observing.put_away()
"""


def test_an_error_is_told_to_sentry_without_what_is_secret_or_somebodys() -> None:
    with collecting() as (collector, address):
        environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
        environ["SENTRY_DSN"] = address.replace("http://", "http://public@") + "/7"
        ran = subprocess.run(
            [sys.executable, "-c", FAILS], env=environ, capture_output=True, text=True, timeout=60
        )
    assert ran.returncode == 0, ran.stderr
    (event,) = collector.events
    (error,) = event["exception"]["values"]
    assert error["type"] == "RuntimeError"
    assert error["value"] == "cannot post to https://hooks.slack.com/*** for Ratna <***@***>"
    assert [frame["function"] for frame in error["stacktrace"]["frames"]] == ["<module>", "post"]
    assert (event["message"], event["logger"], event["tags"]["part"]) == (
        "sending_failed",
        "worker",
        "worker",
    )
    assert event["extra"]["channel"] == "meja"
    told = json.dumps(event)
    for secret in (
        "verysecretkey",
        "xoxb",
        "hunter22",
        "secrettopic",
        "ratna@",
        "rina@",
        "@desk",
        "not_told",
    ):
        assert secret not in told, secret


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://ratna:pw@hook.example:8443/a/b?c=d", "https://hook.example:8443/***"),
        ("duplicate key\nDETAIL:  Key (email)=(a@b.example) already exists.", "duplicate key\n…"),
        ("(psycopg.Error) no\n[SQL: INSERT …]\n[parameters: {'body': 'x'}]", "(psycopg.Error) no\n…"),
        ("tgram://123456:key/chat", "tgram://***/***"),
        ("a" * 5000, "a" * 2000),
    ],
)
def test_words_are_told_without_keys_people_and_rows(said: str, shown: str) -> None:
    from ops.sentry import clean_text

    assert clean_text(said) == shown


def test_an_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "find_spec", lambda _module: None)
    said: list[dict[str, Any]] = []

    class Log:
        def warning(self, event: str, **facts: str) -> None:
            said.append({event: facts})

    monkeypatch.setattr(observing.structlog, "get_logger", lambda _name: Log())
    observing.begin("web", {"SENTRY_DSN": "http://a@127.0.0.1/7", "OTEL_TRACES_EXPORTER": "otlp"})
    assert said == [
        {"extra_not_installed": {"remedy": "pip install 'pantau[otel]'"}},
        {"extra_not_installed": {"remedy": "pip install 'pantau[sentry]'"}},
    ]
