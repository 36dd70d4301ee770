"""The ledger in a real browser: at any width, in the dark, with a keyboard; and it keeps itself fresh."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from alerts.store.schema import deliveries
from tests.ops.dashboard.browsing import LOOKS, check, opened

pytestmark = [pytest.mark.servers, pytest.mark.browser]

LONG = "Kievskajaoblastnaja" * 6


def told(news: Any, title: str, state: str, channel: int, **facts: Any) -> int:
    article = news.article(news.feed(), title)
    quote = {"field": "body", "text": f"Kata NATO kemarin di {LONG}.", "marks": [[5, 9]]}
    match = news.match(article, [["body", 5, 9, "NATO"]], quote)
    delivery = int(news.delivery(article, match, channel, state, **facts))
    news.attempt(delivery, 1, "later", f"503 {LONG}")
    return delivery


def test_the_ledger_fits_at_any_width_and_in_the_dark(site: Any, world: Any, chromium: Any) -> None:
    with world() as news:
        channel = news.channel(f"desk of {LONG}")
        news.circuit(f"channel:{channel}", "http_410")
        for state, reason in (
            ("sent", None),
            ("waiting", "http_429"),
            ("held", "http_410"),
            ("unknown", "timeout"),
        ):
            told(news, f"Rusia gempur {LONG}", state, channel, reason=reason, possible_repeat=state == "sent")
        failed = told(
            news, "Rusia gempur Kiev", "failed", channel, reason="http_404", last_answer=f"404 {LONG}"
        )
    paths = {
        "deliveries": "/deliveries",
        "deliveries-failed": "/deliveries?state=failed",
        "deliveries-none": "/deliveries?state=waiting&kind=digest",
        "delivery": f"/deliveries/{failed}",
    }
    for width, scheme in LOOKS:
        said: list[str] = []
        page = opened(site, chromium, width, scheme, said)
        for name, path in paths.items():
            page.goto(site.address + path)
            check(page, name, width, scheme, said)
        page.context.close()


def test_what_failed_is_sent_again_with_the_keyboard_and_the_list_keeps_itself_fresh(
    site: Any, world: Any, chromium: Any, engine: Any
) -> None:
    with world() as news:
        failed = told(news, "Rusia gempur Kiev", "failed", news.channel(), reason="http_404")
    said: list[str] = []
    page = opened(site, chromium, 1440, "light", said)
    page.goto(f"{site.address}/deliveries?state=failed")
    page.focus(".ledger .headline a")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Send it again")
    page.focus(".deeds button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".done")
    with engine.begin() as connection:
        assert connection.execute(select(deliveries.c.state)).scalar_one() == "waiting"
    page.goto(f"{site.address}/deliveries")
    page.wait_for_selector("#ledger .state.slow")
    with engine.begin() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == failed).values(state="sent"))
    with world() as news:
        told(news, "Berita baru", "sent", news.channel("risk"))
    page.mouse.move(2, 2)
    page.wait_for_selector("#ledger >> text=Berita baru")
    assert page.locator("#ledger .state.ok").count() == 2
    assert said == []
