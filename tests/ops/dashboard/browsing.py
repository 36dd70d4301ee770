"""Pages in a real browser as somebody sees them who is logged in, and what is asked of every one of them."""

from __future__ import annotations

import os
from importlib.resources import files
from typing import Any

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SHOTS = os.environ.get("PANTAU_SHOTS")
AXE = files("axe_playwright_python") / "axe.min.js"
LOOKS = ((390, "dark"), (1440, "light"))


def opened(site: Any, chromium: Any, width: int, scheme: str, said: list[str]) -> Any:
    """A page of somebody who is logged in; whatever the browser complains of is written into `said`."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site.address)
    page.fill("#name", "ratna")
    page.fill("#password", "a long enough password")
    page.click("button[type=submit]")
    page.wait_for_selector("#rail")
    return page


def check(page: Any, name: str, width: int, scheme: str, said: list[str]) -> None:
    """It fits, nothing is blocked, and axe finds nothing."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png")
    assert page.evaluate(WIDE) <= 0, (name, width, scheme)
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run().then(found => found.violations.map(each => each.id + ' ' + each.nodes.map(n => n.html)))"
    )
    assert found == [], (name, width, scheme)
    assert said == [], (name, width, scheme)
