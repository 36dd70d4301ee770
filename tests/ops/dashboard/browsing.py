"""Pages in a real browser as somebody sees them who is logged in, and what is asked of every one of them.

Each page that is examined leaves a picture in `artifacts/pages`, to be looked at; with PANTAU_SHOTS=all in every
width and light, and not only in those that are examined.
"""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"
AXE = files("axe_playwright_python") / "axe.min.js"
LOOKS = ((390, "dark"), (1440, "light"))
ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "artifacts" / "pages"
HEIGHT = 900
PATIENCE_MS = 60_000  # a busy machine is slow


def opened(
    site: Any, chromium: Any, width: int, scheme: str, said: list[str], path: str = "/", **more: Any
) -> Any:
    """A page of somebody who is logged in, at `path`; whatever the browser complains of is written into `said`. Who has
    logged in at a site once is known there."""
    known = getattr(site, "known", None)
    context = chromium.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, storage_state=known, **more
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    if known:
        page.goto(site.address + path)
        return page
    page.goto(f"{site.address}/login?next={path}")
    page.fill("#name", "ratna")
    page.fill("#password", "a long enough password")
    page.click("button[type=submit]")
    page.wait_for_selector("#rail")
    site.known = context.storage_state()
    return page


def check(page: Any, name: str, width: int, scheme: str, said: list[str]) -> None:
    """It fits, has one title, nothing is blocked, and axe finds nothing."""
    picture(page, name, width, scheme)
    assert page.evaluate(WIDE) <= 0, (name, width, scheme)
    assert page.locator("h1").count() == 1, name
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run().then(found => found.violations.map(each => each.id + ' ' + each.nodes.map(n => n.html)))"
    )
    assert found == [], (name, width, scheme)
    assert said == [], (name, width, scheme)


def picture(page: Any, name: str, width: int, scheme: str) -> None:
    """Keeps what is seen."""
    kept(page, f"{name}-{width}-{scheme}")
    if os.environ.get("PANTAU_SHOTS") == "all":
        other = "light" if scheme == "dark" else "dark"
        page.emulate_media(color_scheme=other)
        kept(page, f"{name}-{width}-{other}")
        page.emulate_media(color_scheme=scheme)


def kept(page: Any, name: str) -> None:
    """A picture of the whole page, where that can be written."""
    if os.access(ROOT, os.W_OK):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
