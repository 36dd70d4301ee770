"""What readers see in a real browser: the pages behind the links, and the mails themselves."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from alerts.channels import channels as kinds
from alerts.invitation import Invitation, compose
from alerts.model import Channel, ChannelId, Item, Letter
from alerts.store import addresses
from alerts.store.schema import channels, subscriptions
from alerts.tokens import confirm_token, leave_token, manage_token
from tests.ops.dashboard.browsing import GROUND, WIDE, kept
from worker.model import ArticleId
from worker.secrets import KeyRing, Secret

pytestmark = [pytest.mark.servers, pytest.mark.browser]

KEYS = KeyRing.of(("the key of the installation, long enough",))
NOW = datetime(2026, 11, 26, 7, 3, tzinfo=UTC)
LONG = "Perundingan" * 20
# Contrast as WCAG 2.1 has it, of every piece of text against white and against the ground of dark mail readers.
FAINT = """(grounds) => {
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * r + .7152 * g + .0722 * b };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05) };
  const behind = (node) => { for (let at = node; at; at = at.parentElement) {
    const own = getComputedStyle(at).backgroundColor.match(/\\d+/g).map(Number);
    if (own.length < 4 || own[3] > 0) return [own.slice(0, 3)]; } return grounds };
  const found = [];
  for (const node of document.querySelectorAll('[style*="color:#"]')) {
    const style = getComputedStyle(node);
    const on = behind(node);
    for (const ground of on) {
      const figure = ratio(style.color.match(/\\d+/g).slice(0, 3).map(Number), ground);
      if (node.innerText.trim() && figure < 4.0) found.push([node.innerText.slice(0, 40), figure]);
    }
  }
  return found;
}"""


@pytest.fixture
def paths(site: Any, engine: Any) -> list[str]:
    """The addresses of every page behind a link, for a reader with subscriptions of long names."""
    site.context.keys, to = KEYS, Secret("rina@example.org")
    with engine.begin() as connection:
        target = KEYS.seal(to, "channel:rina:target")
        facts = {"name": "rina", "kind": "email", "target": target, "target_ref": "x", "fingerprint": "x"}
        connection.execute(insert(channels).values(**facts))
        names = ["desk, at once", f"{LONG} → rina", "الأخبار العاجلة"]
        numbers = [
            connection.execute(
                insert(subscriptions)
                .values(name=name, topics=["NATO", LONG[:60]], channels=["rina"])
                .returning(subscriptions.c.id)
            ).scalar_one()
            for name in names
        ]
        addresses.recognise(connection, KEYS)
        address = addresses.address_of(connection, KEYS, to)
        links = addresses.link_keys(connection, KEYS)
    return [
        f"/u/{leave_token(links, address, numbers)}",
        f"/manage/{manage_token(links, address)}",
        f"/confirm/{confirm_token(links, address, site.context.clock())}",
        "/u/kaput",
    ]


def test_the_pages_fit_any_screen_in_light_and_dark_and_need_no_script(
    site: Any, paths: list[str], chromium: Any
) -> None:
    grounds = set()
    for width, scheme, locale in ((390, "light", "id-ID"), (390, "dark", "en-GB"), (1280, "light", "en-GB")):
        context = chromium.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            locale=locale,
            java_script_enabled=True,
        )
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on(
            "request",
            lambda request, said=said: (
                said.append(request.url) if not request.url.startswith(site.address) else None
            ),
        )
        for path in paths:
            page.goto(site.address + path)
            assert page.evaluate(WIDE) <= 0, (path, width)
            assert page.evaluate("document.scripts.length") == 0
            name = "link-refused" if path == "/u/kaput" else f"link-{path.split('/')[1]}"
            kept(page, f"{name}-{width}-{scheme}")
        assert [line for line in said if "400" not in line] == []
        grounds.add((scheme, page.evaluate(GROUND)))
        context.close()
    assert len({ground for _, ground in grounds}) == 2


def test_a_reader_leaves_comes_back_and_leaves_for_good_without_javascript(
    site: Any, paths: list[str], chromium: Any
) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(site.address + paths[0])
    page.click("text=Unsubscribe >> nth=-1")
    assert page.inner_text("h1") == "You are unsubscribed"
    page.click("text=subscribe me again")
    assert page.inner_text("h1") == "What you hear of"
    assert "You hear of" in page.inner_text(".done")
    page.click("text=Pause for a week")
    assert "You asked for a pause until" in page.inner_text("main")
    kept(page, "link-manage-paused")
    page.click("text=Never write to me again")
    assert "whoever adds it" in page.inner_text("main")
    page.goto(site.address + paths[2])
    assert page.locator("text=Yes, send them to me").count() == 0
    context.close()


def mails() -> Iterator[tuple[str, bytes]]:
    items = tuple(
        Item(
            article=ArticleId(n),
            title=title,
            url=f"https://news.example.id/{n}/{'x' * 300}",
            source="Harian Contoh",
            topics=("NATO", "Ukraina"),
            quote=quote,
            marks=((0, 5),),
            published_at=NOW,
            seen_at=NOW,
            language=language,
        )
        for n, (title, quote, language) in enumerate(
            (
                ("Perundingan cegah invasi", "Sekjen NATO-nya tiba di Kyiv. " * 12, "id"),
                (LONG, LONG * 3, "id"),
                ("قمة حلف شمال الأطلسي", "وصل الأمين العام إلى كييف.", "ar"),
                (
                    "<script>alert(1)</script><img src=https://evil.example/x.png>",
                    "<style>*{width:9999px}</style>",
                    "en",
                ),
            )
        )
    )
    options = {"from": "pantau@example.org", "public_url": "https://pantau.example", "unsubscribe": "u" * 39}
    row = Channel(ChannelId(1), "rina", "email", Secret("rina@example.org"), {**options, "manage": "m" * 38})
    for kind, shown in (("article", items[:1]), ("digest", items)):
        letter = Letter(key="k-1", kind=kind, items=shown, now=NOW, subscriptions=("desk",), topics=("NATO",))  # type: ignore[arg-type]
        yield kind, kinds()["email"].compose(letter, row).message  # type: ignore[union-attr]
    asks = Invitation("rina@example.org", "k-2", ("NATO", LONG), "c" * 45, "m" * 38)
    invitation = compose(asks, options, NOW)
    assert invitation is not None
    yield "invitation", invitation.message


def test_a_mail_fits_a_phone_fetches_nothing_and_can_be_read_in_light_and_dark(chromium: Any) -> None:
    for name, raw in mails():
        message: Any = email.message_from_bytes(raw, policy=email.policy.default)
        html = message.get_body(("html",)).get_content()
        for width, scheme in ((390, "light"), (390, "dark"), (900, "light")):
            context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
            page, asked = context.new_page(), list[str]()
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("dialog", lambda dialog, asked=asked: asked.append(dialog.message))
            page.set_content(html)
            assert page.evaluate(WIDE) <= 0, (name, width)
            assert asked == []
            assert page.evaluate(FAINT, [[255, 255, 255], [18, 18, 18]]) == []
            kept(page, f"mail-{name}-{width}-{scheme}")
            context.close()
