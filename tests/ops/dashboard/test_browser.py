"""A real browser: it logs in, sees the verdict, and nothing breaks the policy or the frame."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ops.dashboard.browsing import GROUND, WIDE, opened

pytestmark = [pytest.mark.servers, pytest.mark.browser]


def test_the_overview_works_in_a_browser_at_any_width_and_in_the_dark(
    site: Any, world: Any, chromium: Any
) -> None:
    with world() as news:
        news.tick()
        news.story("Rusia gempur " + "Kievskajaoblastnaja" * 12)
        news.feed("A feed with a very long name " * 3, "failing", last_error="dns")
    grounds = set()
    for width, scheme in ((390, "light"), (390, "dark"), (760, "light"), (1024, "dark"), (1920, "light")):
        said: list[str] = []
        page = opened(site, chromium, width, scheme, said)
        page.wait_for_selector("#verdict .sentence")
        assert page.inner_text("#verdict .sentence").startswith("1 failing of 2 feeds")
        assert page.evaluate(WIDE) <= 0, width
        assert said == []
        grounds.add((scheme, page.evaluate(GROUND)))
        page.context.close()
    assert len(grounds) == 2
    assert len({ground for _, ground in grounds}) == 2


def test_the_page_keeps_itself_fresh_and_leaves_alone_what_is_in_use(
    site: Any, world: Any, chromium: Any
) -> None:
    with world() as news:
        news.tick()
        delivery = news.story()
    page = opened(site, chromium, 1440, "light", [])
    page.click(f"#d{delivery} summary")
    page.focus("#alerts .headline a")
    page.mouse.move(2, 2)
    with world() as news:
        news.story("Berita baru")
    page.wait_for_selector("#deliveries li:nth-child(2) details", timeout=60_000)
    assert page.get_attribute(f"#d{delivery}", "open") is not None
    assert "Berita baru" not in page.inner_text("#alerts")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_selector("#alerts >> text=Berita", timeout=60_000)


def test_whoever_is_logged_out_meanwhile_is_sent_to_the_log_in(site: Any, engine: Any, chromium: Any) -> None:
    from sqlalchemy import text

    page = opened(site, chromium, 1440, "light", [])
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM sessions"))
    page.wait_for_url("**/login?next=%2F", timeout=60_000)
