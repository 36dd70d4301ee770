"""The API's documentation in a real browser: readable at any width, in the dark and with a keyboard."""

from __future__ import annotations

import os
from importlib.resources import files
from typing import Any

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.browser]

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHOTS = os.environ.get("PANTAU_SHOTS")
AXE = files("axe_playwright_python") / "axe.min.js"


def test_the_documentation_reads_well_at_any_width_and_in_the_dark(site: Any, chromium: Any) -> None:
    for width, scheme in ((390, "dark"), (1440, "light")):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
        )
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.goto(site.address + "/api/v1/docs")
        page.fill("#name", "ratna")
        page.fill("#password", "a long enough password")
        page.click("button[type=submit]")
        page.wait_for_selector("#listFeeds")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/docs-{width}-{scheme}.png")
        page.focus("#addSilence summary")
        page.keyboard.press("Enter")
        assert page.is_visible("#addSilence table")
        assert "Idempotency-Key" not in page.inner_text("#addSilence")
        assert "topic_id" in page.inner_text("#addSilence")
        assert page.evaluate(WIDE) <= 0, (width, scheme)
        if SHOTS:
            page.locator("#addSilence").scroll_into_view_if_needed()
            page.screenshot(path=f"{SHOTS}/docs-open-{width}-{scheme}.png")
        page.evaluate(AXE.read_text())
        found = page.evaluate(
            "axe.run().then(found => found.violations.map(each => each.id + ' ' + each.nodes.map(n => n.html)))"
        )
        assert found == []
        assert said == []
        context.close()


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
