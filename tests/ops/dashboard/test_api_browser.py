"""The API's documentation in a real browser: readable at any width, in the dark and with a keyboard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ops.dashboard.browsing import LOOKS, check, opened

pytestmark = [pytest.mark.servers, pytest.mark.browser]


def test_the_documentation_reads_well_at_any_width_and_in_the_dark(site: Any, chromium: Any) -> None:
    for width, scheme in LOOKS:
        said: list[str] = []
        page = opened(site, chromium, width, scheme, said, "/api/v1/docs", bypass_csp=True)
        page.wait_for_selector("#listFeeds")
        page.focus("#addSilence summary")
        page.keyboard.press("Enter")
        assert page.is_visible("#addSilence table")
        assert "Idempotency-Key" not in page.inner_text("#addSilence")
        assert "topic_id" in page.inner_text("#addSilence")
        check(page, "api", width, scheme, said)
        page.context.close()


def test_the_documentation_is_in_the_rail_and_only_for_people(site: Any) -> None:
    assert site.visitor().get("/api/v1/docs").status == 303
    visitor = site.known_visitor()
    page = visitor.get("/api/v1/docs")
    assert page.status == 200
    assert "unsafe" not in page.headers["content-security-policy"]
    assert " style=" not in page.text
    assert '<a href="/api/v1/docs" aria-current="page">API</a>' in page.text
    assert "<script" not in page.text.split("<main")[1]
    assert f"{site.address}/api/v1/deliveries" in page.text
    for operation in ("listFeeds", "explainArticle", "retryDelivery", "snoozeSubscription"):
        assert f'id="{operation}"' in page.text
    assert 'id="too_many"' in page.text
    assert 'href="/settings/tokens"' in page.text
    for shape in ("MatchEvent", "AlertEvent", "DeliveryEvent"):
        assert f"<caption>{shape}</caption>" in page.text
