"""Machines read how Pantau does, from the database, if they may; and hear the same as people do."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from ops.dashboard import make_app
from ops.dashboard.gate import may_read_figures
from ops.standing import status_json
from ops.store import measuring, overview
from tests.ops.dashboard.conftest import the_time
from worker.secrets import Secret
from worker.settings import from_env

TOKEN = "pnt_a-long-token"
Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(page: str) -> Figures:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def of(read: Figures, name: str, **labels: str) -> float | None:
    return read.get((name, tuple(sorted(labels.items()))))


@pytest.mark.parametrize(
    ("access", "peer", "headers", "may"),
    [
        ("local", "127.0.0.1", {"host": "127.0.0.1:8484"}, True),
        ("local", "::1", {"host": "[::1]:8484"}, True),
        ("local", "::ffff:127.0.0.1", {"host": "localhost"}, True),
        ("local", "10.1.2.3", {"host": "127.0.0.1"}, False),
        ("local", None, {"host": "localhost"}, False),
        ("local", "127.0.0.1", {"host": "evil.example"}, False),
        ("local", "127.0.0.1", {"host": "[::1"}, False),
        ("local", "127.0.0.1", {}, False),
        ("local", "127.0.0.1", {"host": "localhost", "x-forwarded-for": "203.0.113.9"}, False),
        ("local", "127.0.0.1", {"host": "localhost", "via": "1.1 proxy"}, False),
        ("local", "10.1.2.3", {"authorization": f"Bearer {TOKEN}"}, True),
        ("token", "127.0.0.1", {"host": "localhost"}, False),
        ("token", "127.0.0.1", {"authorization": f"bearer {TOKEN}"}, True),
        ("token", "127.0.0.1", {"authorization": f"Bearer {TOKEN}x"}, False),
        ("token", "127.0.0.1", {"authorization": f"Basic {TOKEN}"}, False),
        ("token", "127.0.0.1", {"authorization": "Bearer "}, False),
        ("token", "127.0.0.1", {"authorization": "Bearer päntau"}, False),
        ("open", "203.0.113.9", {}, True),
    ],
)
def test_who_may_read(access: Any, peer: str | None, headers: dict[str, str], may: bool) -> None:
    assert may_read_figures(access, TOKEN, peer, headers) is may


@pytest.mark.parametrize("told", ["Bearer ", "Bearer None", "Bearer"])
def test_without_a_token_set_no_token_opens(told: str) -> None:
    assert not may_read_figures("token", None, "127.0.0.1", {"authorization": told})


def test_a_refusal_says_what_to_do(site) -> None:
    answer = site.visitor().get("/metrics", x_forwarded_for="203.0.113.9")
    assert answer.status == 401
    assert "PANTAU_API_TOKEN" in answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "7.8.9" not in answer.text


def test_the_database_that_is_gone_is_a_figure(make_site) -> None:
    answer = make_site().visitor().get("/metrics")
    assert answer.status == 200
    assert of(figures(answer.text), "pantau_database_up") == 0
    assert "pantau_feeds" not in answer.text


def test_an_empty_installation_is_measured(site) -> None:
    read = figures(site.visitor().get("/metrics").text)
    assert of(read, "pantau_database_up") == 1
    assert of(read, "pantau_build_info", version="7.8.9") == 1
    assert of(read, "pantau_beat_age_seconds") == float("inf")
    assert of(read, "pantau_verdict", level="bad") == 1
    assert of(read, "pantau_feeds", state="failing") == 0
    assert of(read, "pantau_queue_waiting", desk="send") == 0
    assert of(read, "pantau_articles_read_total", news="news", text="page") == 0
    assert of(read, "pantau_seen_to_sent_seconds_count") == 0
    assert of(read, "pantau_alerts_lost") == 0


@pytest.fixture
def busy(site, world):
    """An installation with something of everything."""
    with world() as w:
        w.tick(age_s=3)
        w.feed("Failing", state="failing")
        w.story("Satu", age_s=200)
        article = w.article(w.feed(), "Dua", url="https://secret.example/title-in-url")
        match = w.match(article, [], {})
        closed = w.channel("closed")
        w.circuit(f"channel:{closed}", "no_service: https://hooks.example/SECRET")
        held = w.delivery(article, match, closed, "held", held_by=f"channel:{closed}")
        w.attempt(held, 1, "blocked", "404 no_service")
        w.connection.execute(text("UPDATE attempts SET reason = 'no_service' WHERE verdict = 'blocked'"))
        w.connection.execute(text("UPDATE attempts SET reason = 'remoteid42' WHERE verdict = 'sent'"))
        failed = w.article(w.feed(), "Tiga")
        w.delivery(failed, w.match(failed, [], {}), w.channel("old"), "failed")
    # what this world put there happened a minute ago, and is settled
    site.meter.counted.until = the_time() - timedelta(minutes=10)
    with world() as w:
        w.connection.execute(text("UPDATE attempts SET ended_at = ended_at - interval '1 minute'"))
        w.connection.execute(text("UPDATE alerts SET created_at = created_at - interval '1 minute'"))
    return site


def test_everything_that_happened_is_counted_once(busy) -> None:
    for _ in range(3):
        read = figures(busy.visitor().get("/metrics").text)
        busy.steady.seconds += 60
        assert of(read, "pantau_articles_read_total", news="news", text="page") == 3
        assert of(read, "pantau_matches_total") == 3
        assert of(read, "pantau_alerts_decided_total", outcome="told", reason="at_once") == 3
        ended = {"channel_kind": "slack_webhook", "kind": "article"}
        assert of(read, "pantau_deliveries_ended_total", state="sent", **ended) == 1
        assert of(read, "pantau_deliveries_ended_total", state="failed", **ended) == 1
        tried = {"channel_kind": "slack_webhook", "verdict": "blocked", "reason": "no_service"}
        assert of(read, "pantau_attempts_total", **tried) == 1
        tried |= {"verdict": "sent", "reason": "accepted"}
        assert of(read, "pantau_attempts_total", **tried) == 1
        # seen 200 s ago, sent 50 s ago
        assert of(read, "pantau_seen_to_sent_seconds_count") == 1
        assert of(read, "pantau_seen_to_sent_seconds_sum") == pytest.approx(150, abs=1)
        assert of(read, "pantau_seen_to_sent_seconds_bucket", le="120.0") == 0
        assert of(read, "pantau_seen_to_sent_seconds_bucket", le="300.0") == 1


def test_what_is_not_settled_yet_is_counted_at_a_later_look(busy, world) -> None:
    name, labels = "pantau_articles_read_total", {"news": "news", "text": "page"}
    with world() as w:
        w.connection.execute(text("UPDATE articles SET read_at = clock_timestamp() WHERE title = 'Dua'"))
    assert of(figures(busy.visitor().get("/metrics").text), name, **labels) == 2
    settled = {"at": busy.meter.counted.until + timedelta(milliseconds=1)}
    with world() as w:
        w.connection.execute(text("UPDATE articles SET read_at = :at WHERE title = 'Dua'"), settled)
    busy.steady.seconds += 60
    assert of(figures(busy.visitor().get("/metrics").text), name, **labels) == 3


def test_counters_do_not_go_back_when_the_past_is_deleted(busy, world) -> None:
    before = figures(busy.visitor().get("/metrics").text)
    with world() as w:
        w.connection.execute(text("DELETE FROM attempts"))
    busy.steady.seconds += 60
    after = figures(busy.visitor().get("/metrics").text)
    counted = {key for key in before if key[0].startswith("pantau_") and key[0].endswith("_total")}
    assert {key: after[key] for key in counted} == {key: before[key] for key in counted}


def test_status_and_metrics_tell_the_same(busy, engine) -> None:
    read = figures(busy.visitor().get("/metrics").text)
    with engine.connect() as connection:
        told = status_json(overview.overview(connection))
    assert {state: of(read, "pantau_feeds", state=state) for state in told["feeds"]} == told["feeds"]
    for desk, queue in told["desks"].items():
        assert of(read, "pantau_queue_waiting", desk=desk) == queue.waiting
        assert of(read, "pantau_queue_oldest_seconds", desk=desk) == pytest.approx(queue.oldest_s, abs=30)
    for name, lag in told["latency"].items():
        assert of(read, f"pantau_{name}_last_day_seconds", share="0.5") == lag.p50
        assert of(read, f"pantau_{name}_last_day_seconds", share="0.95") == lag.p95
    assert of(read, "pantau_verdict", level=told["level"]) == 1
    assert of(read, "pantau_deliveries_held") == told["deliveries"]["held"] == 1
    assert of(read, "pantau_deliveries", channel_kind="slack_webhook", state="held") == 1
    assert of(read, "pantau_deliveries", channel_kind="slack_webhook", state="failed") == 1
    assert of(read, "pantau_deliveries_in_doubt") == told["deliveries"]["in_doubt"]
    assert of(read, "pantau_articles_last_day") == told["articles_24h"]
    assert of(read, "pantau_deliveries_sent_last_day") == told["sent_24h"]
    assert of(read, "pantau_beat_age_seconds") == pytest.approx(told["tick_age_s"], abs=30)
    assert of(read, "pantau_circuits_open", channel_kind="slack_webhook", reason="no_service") == 1


def test_neither_titles_nor_names_nor_secrets_are_told(busy) -> None:
    page = busy.visitor().get("/metrics").text
    for hush in ("SECRET", "secret", "Dua", "Failing", "NATO", "hooks", "example", "https"):
        assert hush not in page


def test_who_asks_again_soon_costs_the_database_nothing(busy, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []
    real: Callable[..., Any] = measuring.standing
    monkeypatch.setattr(measuring, "standing", lambda connection: looks.append(1) or real(connection))
    for _ in range(3):
        busy.visitor().get("/metrics")
    assert len(looks) == 1
    busy.steady.seconds += 6
    busy.visitor().get("/metrics")
    assert len(looks) == 2


def test_a_token_opens_from_anywhere_and_open_tells_no_version(make_site, database, urls) -> None:
    closed = make_site(database, Secret(urls.redis), metrics_for="token", api_token=Secret(TOKEN))
    assert closed.visitor().get("/metrics").status == 401
    assert closed.visitor().get("/metrics", authorization=f"Bearer {TOKEN}").status == 200
    assert closed.visitor().get("/metrics", authorization="Bearer wrong").status == 401
    everybody = make_site(database, Secret(urls.redis), metrics_for="open")
    answer = everybody.visitor().get("/metrics", x_forwarded_for="203.0.113.9")
    assert answer.status == 200
    assert "7.8.9" not in answer.text


def test_the_settings_say_who_may_read(database, urls, tmp_path) -> None:
    told = {"PANTAU_DATA_DIR": str(tmp_path), "PANTAU_METRICS": "token", "PANTAU_API_TOKEN": TOKEN}
    servers = {"PANTAU_DATABASE_URL": database.reveal(), "PANTAU_REDIS_URL": urls.redis}
    meter = make_app(from_env({**told, **servers})).state.meter
    assert (meter.access, meter.token) == ("token", Secret(TOKEN))


def test_openmetrics_for_who_asks_for_it(site) -> None:
    answer = site.visitor().get(
        "/metrics", accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    )
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_figures_are_read_and_never_sent(site) -> None:
    parts = urlsplit(site.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    connection.request("POST", "/metrics", b"")
    assert connection.getresponse().status == 405
    connection.close()
