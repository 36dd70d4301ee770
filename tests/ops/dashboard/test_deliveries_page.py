"""The ledger on real servers: what it lists, who may send again, and that strangers' words stay words."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text, update

from alerts.store.schema import channels, deliveries, subscriptions
from ops import access
from ops.dashboard.pages import deliveries as pages
from ops.retrying import retry_failed
from ops.store import accounts
from ops.store.schema import audit_log, users

pytestmark = pytest.mark.servers

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def told(news: Any, title: str = "Rusia gempur Kiev", state: str = "sent", **facts: Any) -> int:
    article = news.article(news.feed(), title)
    quote = {"field": "body", "text": f"Kata NATO kemarin. {HOSTILE}", "marks": [[5, 9]]}
    match = news.match(article, [["body", 5, 9, "NATO"]], quote)
    name = facts.pop("channel", None)
    channel = name if isinstance(name, int) else news.channel(name or f"desk {article}")
    return int(news.delivery(article, match, channel, state, **facts))


@pytest.fixture
def as_role(site: Any, engine: Any) -> Any:
    """Visitors of each role."""

    def visitor(role: str) -> Any:
        with engine.begin() as connection:
            known = connection.execute(select(users.c.id).where(users.c.name == role)).scalar()
            if known is None:
                accounts.add_user(connection, role, access.hash_password("another long password"), role)
        someone = site.visitor()
        assert someone.log_in(role, "another long password").status == 303
        return someone

    return visitor


def test_without_a_delivery_it_says_what_to_do_first(site: Any) -> None:
    page = site.known_visitor().get("/deliveries")
    assert page.status == 200
    assert "pantau channels test NAME" in page.text
    assert 'href="/deliveries"' in page.text


def test_each_tab_lists_its_own_and_counts_what_is_open(site: Any, world: Any) -> None:
    with world() as news:
        for state in ("sent", "failed", "expired", "held", "unknown", "waiting", "suppressed"):
            told(news, f"Berita {state}", state)
    visitor = site.known_visitor()
    shown = {
        tab: {state for state in ("sent", "failed", "expired", "held", "unknown", "waiting", "suppressed")
              if f"Berita {state}" in visitor.get(f"/deliveries?state={tab}").text}
        for tab in ("", "waiting", "held", "doubt", "failed", "sent")
    }  # fmt: skip
    assert shown == {
        "": {"sent", "failed", "expired", "held", "unknown", "waiting", "suppressed"},
        "waiting": {"waiting"},
        "held": {"held"},
        "doubt": {"unknown"},
        "failed": {"failed", "expired"},
        "sent": {"sent"},
    }
    assert "Failed 2" in visitor.get("/deliveries").text


def test_it_is_narrowed_by_channel_subscription_topic_and_time(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        told(news, "Satu", channel="desk")
        told(news, "Dua", channel="risk", created_at=news.now - timedelta(days=3))
    with engine.begin() as connection:
        facts = connection.execute(
            text("""SELECT c.name AS channel, s.name AS subscription, t.name AS topic
                    FROM deliveries d JOIN channels c ON c.id = d.channel_id JOIN alerts a ON a.delivery_id = d.id
                    JOIN subscriptions s ON s.id = a.subscription_id JOIN matches m ON m.id = a.match_id
                    JOIN topics t ON t.id = m.topic_id WHERE c.name = 'desk'""")
        ).one()
    visitor = site.known_visitor()
    for query in (
        "channel=desk",
        f"subscription={facts.subscription.replace(' ', '+')}",
        f"topic={facts.topic.replace(' ', '+')}",
        "since=24h",
    ):
        page = visitor.get(f"/deliveries?{query}").text
        assert ("Satu" in page, "Dua" in page) == (True, False), query
    assert "there never was a channel called &#34;dsek&#34;" in visitor.get("/deliveries?channel=dsek").text
    assert "No delivery is like this" in visitor.get("/deliveries?channel=desk&state=held").text


def test_the_list_goes_on_where_the_page_ended(site: Any, world: Any) -> None:
    with world() as news:
        channel = news.channel("desk")
        for n in range(52):
            told(news, f"Berita nomor {n:02}.", channel=channel)
    visitor = site.known_visitor()
    first = visitor.get("/deliveries?channel=desk").text
    older = first.split('class="further"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    second = visitor.get(older).text
    assert "Berita nomor 51." in first
    assert "Berita nomor 01." not in first
    assert "Berita nomor 01." in second
    assert "Berita nomor 02." not in second
    assert 'class="further"' not in second


def test_one_delivery_shows_its_articles_its_tries_and_its_answers(site: Any, world: Any) -> None:
    with world() as news:
        delivery = told(news, state="failed", reason="http_404")
        news.attempt(delivery, 1, "later", "503 busy")
        news.attempt(delivery, 2, "never", HOSTILE)
    visitor = site.known_visitor()
    page = visitor.get(f"/deliveries/{delivery}").text
    for words in ("Rusia gempur Kiev", "503 busy", "refused for good", "Kata NATO kemarin.", "(404)"):
        assert words in page
    assert "<script>alert" not in page
    assert "onerror=alert(2)>" not in page
    assert 'rel="noopener noreferrer"' in page
    for nobody in ("999999", "no-number", "00000000-0000-4000-8000-000000000000", "9" * 40):
        assert visitor.get(f"/deliveries/{nobody}").status == 404


def test_an_editor_sends_again_and_the_log_says_so(site: Any, world: Any, engine: Any, as_role: Any) -> None:
    with world() as news:
        delivery = told(news, state="failed", reason="http_404")
    editor = as_role("editor")
    page = editor.get(f"/deliveries/{delivery}")
    answer = editor.post(f"/deliveries/{delivery}/retry", {"csrf": page.csrf})
    assert (answer.status, answer.headers["location"]) == (303, f"/deliveries/{delivery}?did=retried")
    assert "It is due again" in editor.get(answer.headers["location"]).text
    with engine.begin() as connection:
        state = connection.execute(select(deliveries.c.state).where(deliveries.c.id == delivery)).scalar()
        noted = connection.execute(select(audit_log)).mappings().one()
    assert state == "waiting"
    assert (noted["who"], noted["what"], noted["kind"], noted["name"]) == (
        *("editor", "retried", "delivery", str(delivery)),
    )
    again = editor.post(f"/deliveries/{delivery}/retry", {"csrf": page.csrf})
    assert again.status == 409
    assert "goes out by itself" in again.text


def test_a_viewer_sees_and_sends_nothing(site: Any, world: Any, engine: Any, as_role: Any) -> None:
    with world() as news:
        delivery = told(news, state="failed", channel="desk")
    viewer = as_role("viewer")
    page = viewer.get(f"/deliveries/{delivery}")
    assert "Send it again" not in page.text
    assert "Send again" not in viewer.get("/deliveries?state=failed").text
    for path, fields in (
        (f"/deliveries/{delivery}/retry", {}),
        ("/deliveries/retry-failed", {"channel": "desk"}),
    ):
        assert viewer.post(path, {"csrf": page.csrf, **fields}).status == 403
        assert site.known_visitor().post(path, {"csrf": "wrong", **fields}).status == 403
    with engine.begin() as connection:
        assert connection.execute(select(deliveries.c.state)).scalar() == "failed"


def test_all_that_failed_on_a_channel_goes_again_and_nothing_of_another(
    site: Any, world: Any, engine: Any
) -> None:
    with world() as news:
        desk = news.channel("desk <b>")
        mine = [told(news, f"Berita {n}", "failed", channel=desk, reason="http_500") for n in range(3)]
        other = told(news, state="failed", channel="risk")
    visitor = site.known_visitor()
    page = visitor.get("/deliveries?state=failed")
    assert "3 messages failed" in page.text
    answer = visitor.post("/deliveries/retry-failed", {"csrf": page.csrf, "channel": "desk <b>"})
    assert answer.headers["location"] == "/deliveries?channel=desk+%3Cb%3E&did=all-retried"
    with engine.begin() as connection:
        states = dict(connection.execute(select(deliveries.c.id, deliveries.c.state)).all())
        connection.execute(update(channels).where(channels.c.id == desk).values(removed_at=text("now()")))
    assert [states[each] for each in mine] == ["waiting"] * 3
    assert states[other] == "failed"


def test_of_very_many_the_oldest_that_somebody_wants_go_first_and_it_says_that_there_are_more(
    site: Any, world: Any, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "retry_failed", partial(retry_failed, most=1))
    with world() as news:
        desk = news.channel("desk")
        unwanted, first, second = (told(news, f"Berita {n}", "failed", channel=desk) for n in range(3))
        gone = select(deliveries.c.subscription_id).where(deliveries.c.id == unwanted).scalar_subquery()
        removed = update(subscriptions).where(subscriptions.c.id == gone)
        news.connection.execute(removed.values(removed_at=news.now))
    visitor = site.known_visitor()
    token = visitor.get("/deliveries?state=failed").csrf
    outcomes = []
    for _ in range(3):
        answer = visitor.post("/deliveries/retry-failed", {"csrf": token, "channel": "desk"})
        outcomes.append(answer.headers["location"].rpartition("did=")[2])
        with engine.begin() as connection:
            states = dict(connection.execute(select(deliveries.c.id, deliveries.c.state)).all())
        outcomes.append([states[each] for each in (unwanted, first, second)])
    assert outcomes == [
        *("some-retried", ["failed", "waiting", "failed"]),
        *("all-retried", ["failed", "waiting", "waiting"]),
        *("none-retried", ["failed", "waiting", "waiting"]),
    ]


def test_the_sheet_holds_what_the_list_shows_and_computes_nothing(site: Any, world: Any) -> None:
    with world() as news:
        told(news, '=HYPERLINK("https://evil.example")', "failed", channel="desk")
        told(news, "Lain", channel="risk")
    answer = site.known_visitor().get("/deliveries.csv?channel=desk")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["x-content-type-options"] == "nosniff"
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert (line["channel"], line["state"]) == ("desk", "failed")
    assert line["title"].startswith("'=HYPERLINK")


def test_strangers_are_sent_to_the_log_in(site: Any) -> None:
    for path in ("/deliveries", "/deliveries/1", "/deliveries.csv"):
        assert site.visitor().get(path).headers["location"].startswith("/login?next=")
