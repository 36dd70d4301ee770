"""Reading a page now, without storing anything: what would be made of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from ops.newsroom import running

TEXT = "Gempa bumi mengguncang laut Banda pada hari Kamis, kata badan meteorologi di Jakarta. "
PARAGRAPHS = "".join(f"<p>Pada pukul {n} {TEXT.lower() * 3}</p>" for n in range(5))
PAGE = f"""<html lang="id"><head><meta charset="utf-8"><title>Gempa di laut Banda</title>
<meta property="article:published_time" content="2026-11-26T07:00:00+07:00"></head>
<body><nav>Beranda Politik Ekonomi</nav><article><h1>Gempa di laut Banda</h1>{PARAGRAPHS}</article>
<aside>Artikel Terkait: banjir</aside></body></html>"""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    def says(**facts: Any) -> Any:
        async def handler(_: web.Request) -> web.Response:
            return web.Response(**facts)

        return handler

    app = web.Application()
    app.router.add_get("/gempa", says(text=PAGE, content_type="text/html"))
    app.router.add_get("/private", says(text=PAGE, content_type="text/html"))
    app.router.add_get("/picture", says(body=b"\x89PNG", content_type="image/png"))
    app.router.add_get("/robots.txt", says(text="User-agent: pantau\nDisallow: /private\n"))
    with running(app) as url:
        yield url


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_page_is_read_step_by_step_where_nothing_runs(pantau: Any, site: str) -> None:
    answer = pantau("why", f"{site}/gempa", "--fetch")
    assert answer.code == 0
    for told in (
        "robots.txt pages may be read\n",
        f"asked      {site}/gempa\n",
        "answered   200, ",
        f"document   200 from {site}/gempa in ",
        "decoded    utf-8; the header says utf-8, the document says utf-8\n",
        "extracted  2",
        "article    Gempa di laut Banda\n",
        f"           {site}/gempa\n",
        "           language id, the page says id\n",
        "           published 2026-11-26 00:00:00 UTC\n",
        "           > Pada pukul 0 gempa bumi mengguncang",
    ):
        assert told in answer.out
    assert flat(answer.out).endswith(
        "It can be read. Which topics match nobody knows here: no installation runs."
    )
    assert "banjir" not in answer.out


@pytest.mark.servers
def test_the_topics_of_the_installation_are_asked_and_nothing_is_stored(
    pantau: Any, installation: None, rows: Any, site: str
) -> None:
    rows.topic("Gempa", "gempa")
    rows.topic("Banjir", "banjir")
    rows.subscription(["Gempa"], ["#desk"], name="desk, at once")
    answer = pantau("why", f"{site}/gempa", "--fetch")
    assert answer.code == 0
    assert "topic      Gempa matches\n           + gempa: Gempa" in answer.out
    assert answer.out.splitlines()[-1] == "It would match Gempa, of which desk, at once would hear."
    named = pantau("why", f"{site}/gempa", "--fetch", "--topic", "Banjir")
    assert flat(named.out).endswith(
        "The topic Banjir would not match: it needs banjir, and it is not in title or body."
    )
    (found,) = pantau("why", f"{site}/gempa", "--fetch", "--json").lines
    assert (found["topics"][0]["name"], found["topics"][0]["changed_since"], found["silent"]) == (
        "Gempa",
        False,
        1,
    )
    assert (found["robots"]["allowed"], found["fetched"]["status"], found["words"] > 200) == (True, 200, True)
    assert found["article"]["article"]["title"] == "Gempa di laut Banda"
    for table in ("articles", "entries", "matches"):
        assert rows.one(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("/private", "robots.txt: Disallow: /private"),
        ("/nothing", "the server answered 404"),
        ("/picture", "not a web page: image/png"),
    ],
)
def test_a_page_that_cannot_be_read_ends_with_1_and_says_why(
    pantau: Any, site: str, place: str, why: str
) -> None:
    answer = pantau("why", f"{site}{place}", "--fetch")
    assert answer.code == 1
    assert f"extracted  nothing: {why}\n" in answer.out
    assert f"It cannot be read: {why}. Of such an entry Pantau reads the feed's own words" in flat(answer.out)
    (found,) = pantau("why", f"{site}{place}", "--fetch", "--json").lines
    assert (found["problem"], found["topics"]) == (why, None)


def test_a_page_inside_is_not_asked(pantau: Any) -> None:
    answer = pantau("why", "http://10.0.0.1/", "--fetch")
    assert answer.code == 1
    assert "asked      http://10.0.0.1/: not at all\n" in answer.out
    assert "robots.txt" not in answer.out


def test_where_robots_txt_does_not_count_it_forbids_nothing_here_either(
    pantau: Any, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PANTAU_ROBOTS", "off")
    assert pantau("why", f"{site}/private", "--fetch").code == 0
