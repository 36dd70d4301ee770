"""The pages of feeds on real servers: what they list, who may change what, and that strangers' words stay words."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from aiohttp import web
from sqlalchemy import Engine, insert, text

from ops import access, looking
from ops.dashboard import context as context_module
from ops.dashboard.pages import feeds as pages
from ops.newsroom import running
from ops.places import Urls
from ops.store import accounts
from ops.watchlist import parse_watchlist
from worker.secrets import KeyRing, Secret
from worker.settings import Settings, from_env
from worker.store.schema import entries, gaps, habits, hosts

pytestmark = pytest.mark.servers

PASSWORD = "a long enough password"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
FEED = f"""<rss version="2.0"><channel><title>Sentra {HOSTILE.replace("<", "&lt;")}</title><language>id</language>
<item><title>Pertama</title><link>/a</link><pubDate>Mon, 23 Nov 2026 07:00:00 +0700</pubDate></item>
<item><title>Kedua &lt;b&gt;</title><link>/b</link></item><item><title>Ketiga</title><link>/c</link></item>
<item><title>Keempat</title><link>/d</link></item></channel></rss>"""
PAGE = """<html><head><link rel="alternate" type="application/rss+xml" href="/rss">
<link rel="alternate" type="application/rss+xml" href="/sport"></head><body>x</body></html>"""


@pytest.fixture
def settings(urls: Urls, tmp_path: Path) -> Settings:
    return from_env(
        {
            "PANTAU_DATABASE_URL": urls.database,
            "PANTAU_REDIS_URL": urls.redis,
            "PANTAU_DATA_DIR": str(tmp_path),
            "PANTAU_SECRET_KEY": "a key for the tests of feeds",
            "PANTAU_ALLOW_NETS": "127.0.0.0/8",
        }
    )


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing.of(("a key for the tests of feeds",))


@pytest.fixture
def site(
    make_site: Any, database: Secret, urls: Urls, settings: Settings, engine: Engine, keys: KeyRing
) -> Any:
    """The web process as `pantau web` starts it, with an account of each role."""
    with engine.begin() as connection:
        for name, role in (("vera", "viewer"), ("edi", "editor")):
            if accounts.find_user(connection, name) is None:
                accounts.add_user(connection, name, access.hash_password(PASSWORD), role)
    return make_site(database, Secret(urls.redis), settings=settings, keys=keys)


@pytest.fixture(scope="module")
def outlet() -> Iterator[str]:
    """A site with two feeds, and an address that is broken."""

    def says(**facts: Any) -> Any:
        async def handler(_: web.Request) -> web.Response:
            return web.Response(**facts)

        return handler

    app = web.Application()
    app.router.add_get("/", says(text=PAGE, content_type="text/html"))
    app.router.add_get("/rss", says(text=FEED, content_type="application/rss+xml"))
    sport = FEED.replace("Sentra", "Olahraga").replace("Pertama", "Bola")
    app.router.add_get("/sport", says(text=sport, content_type="application/rss+xml"))
    app.router.add_get("/broken", says(status=500))
    with running(app) as url:
        yield url


@pytest.fixture(scope="module")
def mute() -> Iterator[str]:
    """A site without any feed."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<html><body>x</body></html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    with running(app) as url:
        yield url


def known(site: Any, name: str = "edi") -> Any:
    someone = site.visitor()
    assert someone.log_in(name, PASSWORD).status == 303
    return someone


def send(someone: Any, path: str, form: str = "", **fields: str) -> Any:
    """Sends a form with the token that a page carries."""
    return someone.post(path, {"csrf": someone.get(form or path).csrf, **fields})


def rows(engine: Engine, query: str, **asked: Any) -> list[Any]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query), asked).mappings()]


def notes(engine: Engine) -> list[tuple[str, ...]]:
    found = rows(engine, "SELECT who, what, kind, name FROM audit_log ORDER BY id")
    return [(row["who"], row["what"], row["kind"], row["name"]) for row in found]


def shown(page: str) -> list[str]:
    """The names of the feeds in the list, in their order."""
    return re.findall(r'class="name" href="/feeds/\d+"><bdi>([^<]*)</bdi>', page)


def upload(someone: Any, body: bytes, name: str = "feeds.opml", csrf: str | None = None) -> Any:
    token = someone.get("/feeds/import").csrf if csrf is None else csrf
    parts = (
        b'--edge\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n' + token.encode() + b"\r\n",
        f'--edge\r\ncontent-disposition: form-data; name="list"; filename="{name}"\r\n\r\n'.encode(),
        body + b"\r\n--edge--\r\n",
    )
    sent = {"content-type": "multipart/form-data; boundary=edge"}
    return someone.ask("POST", "/feeds/import", b"".join(parts), sent)


def ended(someone: Any, path: str) -> Any:
    """The page of an import once it is over."""
    deadline = time.monotonic() + 60
    while True:
        page = someone.get(path)
        if "refresh" not in page.headers:
            return page
        assert time.monotonic() < deadline, page.text
        time.sleep(0.1)


def opml(*lines: str) -> bytes:
    return f'<opml version="2.0"><body>{"".join(lines)}</body></opml>'.encode()


def test_without_a_feed_it_says_what_to_do_first(site: Any) -> None:
    page = known(site).get("/feeds").text
    assert "No feed is watched yet" in page
    assert 'href="/feeds/add"' in page
    assert 'href="/feeds/add"' not in known(site, "vera").get("/feeds").text.split("<main")[1]


def test_those_in_trouble_come_first_and_each_tab_lists_its_own(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        news.feed("a well one")
        news.feed("a new one", "new")
        missed, silent = news.feed("missed some"), news.feed("is silent")
        news.feed("went away", "gone", last_error="http_410")
        news.feed("fails", "failing", last_error="http_503")
        news.feed("removed", "failing", removed_at=news.now)
        hour = timedelta(hours=1)
        news.put(gaps, feed_id=missed, since=news.now - hour, until=news.now, at_most=4, state="open")
        facts = {"began_at": news.now, "look_at": news.now, "silent_since": news.now - hour, "missing": 9}
        news.connection.execute(insert(habits).values(feed_id=silent, **facts))
    visitor = known(site)
    every = visitor.get("/feeds").text
    assert shown(every) == ["fails", "went away", "is silent", "missed some", "a new one", "a well one"]
    for words in ("it answers 503", "In trouble 2", "Silent 1", "Entries missed 1", "New 1", "Well 1"):
        assert words in every
    for tab, listed in (
        ("trouble", ["fails", "went away"]),
        ("silent", ["is silent"]),
        ("gaps", ["missed some"]),
        ("new", ["a new one"]),
        ("ok", ["a well one"]),
    ):
        assert shown(visitor.get(f"/feeds?state={tab}").text) == listed


def test_it_is_narrowed_by_tag_and_words_and_goes_on_where_the_page_ended(site: Any, world: Any) -> None:
    with world() as news:
        for n in range(52):
            news.feed(f"Kabar {n:02}", tags=["indonesia"])
        news.feed("100% Kyiv_Daily", tags=["ukraine"])
    visitor = known(site)
    first = visitor.get("/feeds?tag=indonesia").text
    further = re.search(r'class="further"><a class="button" href="([^"]+)"', first)
    assert further
    second = visitor.get(further[1].replace("&amp;", "&")).text
    assert (len(shown(first)), shown(second)) == (50, ["Kabar 50", "Kabar 51"])
    assert 'class="further"' not in second
    assert shown(visitor.get("/feeds?words=kyiv+daily").text) == ["100% Kyiv_Daily"]
    assert shown(visitor.get("/feeds?words=%25").text) == ["100% Kyiv_Daily"]
    assert shown(visitor.get("/feeds?words=_").text) == ["100% Kyiv_Daily"]
    assert "No feed is like this" in visitor.get("/feeds?words=nothing").text
    assert visitor.get("/feeds?after=0.999999999").status == 200


def test_one_feed_shows_what_became_of_its_entries_and_is_no_way_in(site: Any, world: Any) -> None:
    with world() as news:
        facts = {"tags": [HOSTILE[:60]], "polls": "nue", "last_error": HOSTILE, "last_status": 503}
        feed = news.feed(f"Kabar {HOSTILE}", "failing", url="https://kabar.example/rss?key=geheim", **facts)
        read = news.article(feed, "Rusia gempur Kiev")
        common = {
            "summary": "",
            "content": "",
            "authors": [],
            "tags": [],
            "seen_at": news.now,
            "backlog": False,
        }
        news.put(
            entries,
            feed_id=feed,
            title="Rusia",
            link="https://kabar.example/1",
            state="read",
            article_id=read,
            **common,
        )
        news.put(
            entries,
            feed_id=feed,
            title=HOSTILE,
            link="javascript:alert(3)",
            state="failed",
            reason="http_404",
            **common,
        )
        paused = {"paused_until": news.now + timedelta(minutes=5), "paused_why": HOSTILE}
        news.connection.execute(insert(hosts).values(site="kabar.example:443", **paused))
    editor = known(site)
    page = editor.get(f"/feeds/{feed}").text
    for words in (
        "set aside",
        "left alone until",
        "with nothing new, 1 failed",
        f'href="/articles/{read}"',
        "geheim",
    ):
        assert words in page
    for harm in ("<script>alert", "onerror=alert(2)>", "javascript:alert(3)", "<img"):
        assert harm not in page
    looked_at = known(site, "vera").get(f"/feeds/{feed}").text
    assert "geheim" not in looked_at
    assert "/poll" not in looked_at
    for nobody in (str(feed + 1), "x", "9" * 30):
        assert editor.get(f"/feeds/{nobody}").status == 404


def test_a_feed_is_found_behind_a_sites_address_chosen_and_watched(
    site: Any, engine: Any, outlet: str
) -> None:
    editor = known(site)
    found = send(editor, "/feeds/look", "/feeds/add", url=outlet)
    assert found.status == 200
    for words in (
        f'value="{outlet}/rss"',
        f'value="{outlet}/sport"',
        "Pertama",
        "Ketiga",
        "Olahraga",
        "4 entries",
    ):
        assert words in found.text
    assert "Keempat" not in found.text
    assert "<script>alert" not in found.text
    facts = {"url": f"{outlet}/rss", "name": "Sentra", "every": "2m", "tags": "indonesia, kota"}
    added = editor.post("/feeds/add", {"csrf": found.csrf, **facts})
    assert added.status == 303
    assert "It is added and polled within seconds." in editor.get(added.headers["location"]).text
    (stored,) = rows(
        engine, "SELECT url, name, every_s, tags, declared, next_poll_at <= now() AS due FROM feeds"
    )
    assert stored == {
        **{"url": f"{outlet}/rss", "name": "Sentra", "every_s": 120.0, "tags": ["indonesia", "kota"]},
        **{"declared": False, "due": True},
    }
    assert notes(engine) == [("edi", "added", "feed", "Sentra")]
    again = editor.post("/feeds/add", {"csrf": found.csrf, **facts})
    assert again.headers["location"].endswith("did=watched")
    assert "is watched already" in send(editor, "/feeds/look", "/feeds/add", url=outlet).text


def test_where_no_feed_is_it_says_so_as_the_command_does(
    site: Any, engine: Any, outlet: str, mute: str
) -> None:
    editor = known(site)
    for url, words in (
        (mute, "no feed: this is an HTML page"),
        (f"{outlet}/broken", "500"),
        (f"{outlet}/nothing", "404"),
    ):
        answer = send(editor, "/feeds/look", "/feeds/add", url=url)
        assert answer.status == 422
        assert words in answer.text.split('id="wrong-url"')[1].split("</p>")[0]
        assert f'value="{url}"' in answer.text
    assert rows(engine, "SELECT id FROM feeds") == []


@pytest.mark.parametrize(
    "url", ["", "ftp://news.example/", "https://rina:geheim@news.example/", "javascript:alert(1)"]
)
def test_what_is_no_address_is_said_under_the_field(site: Any, url: str) -> None:
    answer = send(known(site), "/feeds/look", "/feeds/add", url=url)
    assert answer.status == 422
    assert 'id="wrong-url"' in answer.text


def test_nobody_looks_into_the_network_behind_it(
    make_site: Any, database: Any, urls: Any, settings: Settings, keys: KeyRing, outlet: str
) -> None:
    closed = make_site(database, Secret(urls.redis), settings=replace(settings, allow_nets=()), keys=keys)
    answer = send(closed.known_visitor(), "/feeds/look", "/feeds/add", url=outlet)
    assert answer.status == 422
    assert "Pertama" not in answer.text
    assert "127.0.0.1" in answer.text


def test_a_look_that_takes_too_long_frees_its_reader(
    site: Any, outlet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleepy(*_: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(looking, "DEADLINE_S", 0.2)
    monkeypatch.setattr(pages, "DEADLINE_S", 0.2)
    monkeypatch.setattr(looking, "look", sleepy)
    answer = send(known(site), "/feeds/look", "/feeds/add", url=outlet)
    assert answer.status == 422
    assert "took longer than" in answer.text


def test_what_is_wrong_with_a_new_feed_stands_under_its_field_and_what_was_typed_stays(
    site: Any, engine: Any, world: Any
) -> None:
    with world() as news:
        news.feed("Taken")
    editor = known(site)
    typed = {"url": "https://kabar.example/rss", "name": "-Kabar", "every": "1s", "tags": "-x"}
    answer = send(editor, "/feeds/add", **typed)
    assert answer.status == 422
    for field in ("name", "every", "tags"):
        assert f'id="wrong-{field}"' in answer.text
        assert f'value="{typed[field]}"' in answer.text
    answer = send(editor, "/feeds/add", url="https://kabar.example/rss", name="Taken")
    assert answer.status == 422
    assert "a feed is called &#34;Taken&#34; already" in answer.text
    assert len(rows(engine, "SELECT id FROM feeds")) == 1
    assert notes(engine) == []


def test_an_editor_changes_a_feed_and_its_password_is_sealed_and_never_shown(
    site: Any, world: Any, engine: Any, keys: KeyRing
) -> None:
    with world() as news:
        feed = news.feed("Kabar", "ok", language="id")
        news.feed("Taken")
    editor, path = known(site), f"/feeds/{feed}/edit"
    typed = {"name": "Kabar Baru", "every": "30s-10m", "tags": "a, b", "language": "uk", "user": "rina"}
    paces = {"pace.connections": "1", "pace.per_second": "0.5"}
    answer = send(editor, path, password="geheim", **typed, **paces)
    assert answer.status == 303
    assert "It is changed and polled anew" in editor.get(answer.headers["location"]).text
    query = "SELECT *, next_poll_at <= now() AS due FROM feeds WHERE id = :id"
    (stored,) = rows(engine, query, id=feed)
    assert (stored["name"], stored["every_least_s"], stored["tags"], stored["full_text"], stored["due"]) == (
        *("Kabar Baru", 30.0, ["a", "b"], False, True),
    )
    assert (stored["pace"], stored["username"]) == ({"connections": 1, "per_second": 0.5}, "rina")
    assert keys.open(stored["password"], f"feed:{stored['url']}:password").reveal() == "geheim"
    (note,) = rows(engine, "SELECT * FROM audit_log")
    assert (note["before"]["name"], note["after"]["name"], note["after"]["log-in"]) == (
        *("Kabar", "Kabar Baru", "changed"),
    )
    for page in (path, f"/feeds/{feed}", "/feeds", "/feeds.toml", "/feeds.opml"):
        assert "geheim" not in editor.get(page).text
    assert "geheim" not in str(note)

    kept = send(editor, path, **{**typed, "name": "Kabar"}, **paces)
    assert kept.status == 303
    assert rows(engine, query, id=feed)[0]["password"] == stored["password"]
    same = send(editor, path, **{**typed, "name": "Kabar"}, **paces)
    assert same.headers["location"].endswith("did=unchanged")
    assert send(editor, path, **typed, **paces, forget="on").status == 303
    assert rows(engine, query, id=feed)[0]["password"] is None
    assert len(notes(engine)) == 3

    for wrong, words in (
        ({"name": "Taken"}, "a feed is called"),
        ({"every": "soon"}, 'id="wrong-every"'),
        ({"pace.burst": "many"}, 'id="wrong-pace.burst"'),
        ({"password": "env:PANTAU_SECRET_KEY", "user": "x"}, "are for watchlist files"),
        ({"password": "x"}, "stands without a user"),
    ):
        refused = send(editor, path, **wrong)
        assert refused.status == 422
        assert words in refused.text
    assert len(notes(engine)) == 3


def test_a_feed_is_polled_now_and_one_that_is_gone_is_taken_up_again(
    site: Any, world: Any, engine: Any
) -> None:
    with world() as news:
        feed = news.feed("Kabar", declared=True)
        gone = news.feed("Pergi", "gone", last_error="http_410")
    editor = known(site)
    assert "Take it up again" in editor.get(f"/feeds/{gone}").text
    for each in (feed, gone):
        answer = send(editor, f"/feeds/{each}/poll", f"/feeds/{each}")
        assert "It is polled as soon as" in editor.get(answer.headers["location"]).text
    query = "SELECT state, next_poll_at <= now() AS due, next_poll_why FROM feeds ORDER BY id"
    assert [(row["state"], row["due"]) for row in rows(engine, query)] == [("ok", True), ("new", True)]
    assert "somebody asked for it" in editor.get(f"/feeds/{feed}").text
    assert notes(engine) == [("edi", "polled", "feed", "Kabar"), ("edi", "polled", "feed", "Pergi")]


def test_a_feed_that_asks_for_a_log_in_is_added_with_it_and_the_token_changed(
    site: Any, engine: Any, keys: KeyRing, outlet: str
) -> None:
    editor = known(site)
    refused = send(editor, "/feeds/look", "/feeds/add", url=f"{outlet}/broken")
    assert refused.status == 422
    assert "Watch it all the same?" in refused.text
    given = {"url": f"{outlet}/broken", "user": "redaksi", "password": "geheim"}
    both = send(editor, "/feeds/add", **given, token="rahasia")
    assert both.status == 422
    assert 'id="wrong-token"' in both.text
    assert "geheim" not in both.text + both.headers.get("location", "")
    assert "rahasia" not in both.text
    assert 'value="redaksi"' in both.text
    added = send(editor, "/feeds/add", **given)
    assert added.status == 303
    (stored,) = rows(engine, "SELECT id, url, username, password, headers FROM feeds")
    assert keys.open(stored["password"], f"feed:{stored['url']}:password").reveal() == "geheim"
    assert (stored["username"], stored["headers"]) == ("redaksi", {})
    way = f"/feeds/{stored['id']}/edit"
    assert send(editor, way, full_text="on", token="rahasia").status == 303
    (now,) = rows(engine, "SELECT username, password, headers FROM feeds")
    sealed = now["headers"]["Authorization"]["sealed"]
    assert keys.open(sealed, f"feed:{stored['url']}:header Authorization").reveal() == "Bearer rahasia"
    assert (now["username"], now["password"]) == (None, None)
    assert send(editor, way, full_text="on", name="Kabar").status == 303
    assert rows(engine, "SELECT headers FROM feeds")[0]["headers"] == now["headers"]
    assert send(editor, way, full_text="on", user="x", password="geheim").status == 303
    assert rows(engine, "SELECT username, headers FROM feeds") == [{"username": "x", "headers": {}}]
    assert send(editor, way, full_text="on", user="x", forget="on").status == 303
    assert rows(engine, "SELECT username, password FROM feeds") == [{"username": None, "password": None}]
    told = str(rows(engine, "SELECT before, after FROM audit_log"))
    assert "geheim" not in told
    assert "rahasia" not in told


def test_a_feed_is_paused_and_resumed_whoever_declared_it(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar", "failing", declared=True, last_error="http_500")
    editor, here = known(site), f"/feeds/{feed}"
    paused = editor.get(send(editor, f"{here}/pause", here).headers["location"])
    assert "It is paused: nobody asks it any more" in paused.text
    assert "paused by edi" in paused.text
    assert "Poll now" not in paused.text
    listed = editor.get("/feeds?state=paused")
    assert shown(listed.text) == ["Kabar"]
    assert "not polled any more" in listed.text
    assert shown(editor.get("/feeds?state=trouble").text) == []
    assert send(editor, f"{here}/pause", here).headers["location"].endswith("did=still")
    assert send(editor, f"{here}/poll", here).headers["location"].endswith("did=not-polled")
    assert rows(engine, "SELECT state, paused_by FROM feeds") == [{"state": "paused", "paused_by": "edi"}]
    looker = known(site, "vera")
    assert "/resume" not in looker.get(here).text
    token = {"csrf": looker.get(here).csrf}
    assert [looker.post(f"{here}/{act}", token).status for act in ("pause", "resume")] == [403, 403]
    again = editor.get(send(editor, f"{here}/resume", here).headers["location"])
    assert "It is polled again." in again.text
    (row,) = rows(engine, "SELECT state, paused_at, next_poll_at <= now() AS due, resumed_at FROM feeds")
    assert (row["state"], row["paused_at"], row["due"]) == ("new", None, True)
    assert send(editor, "/feeds/999/pause", here).status == 404
    assert [what for _, what, _, _ in notes(engine)] == ["paused", "resumed"]


def test_what_is_changed_of_a_paused_feed_does_not_resume_it(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar")
    editor, here = known(site), f"/feeds/{feed}"
    send(editor, f"{here}/pause", here)
    assert send(editor, f"{here}/edit", name="Warta", every="5m", full_text="on").status == 303
    assert rows(engine, "SELECT name, state FROM feeds") == [{"name": "Warta", "state": "paused"}]


def test_a_feed_is_removed_after_it_was_said_who_names_it(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar")
        news.story()
    with engine.begin() as connection:
        connection.execute(text("UPDATE subscriptions SET name = 'desk', sources = '{Kabar}'"))
    editor, path = known(site), f"/feeds/{feed}/remove"
    asked = editor.get(path)
    assert "These subscriptions name it among their sources: desk." in asked.text
    answer = send(editor, path)
    assert answer.headers["location"] == "/feeds?did=removed"
    assert editor.get(f"/feeds/{feed}").status == 404
    assert send(editor, path, "/feeds/add").status == 404
    assert notes(engine) == [("edi", "removed", "feed", "Kabar")]


def test_what_a_file_declares_is_changed_there(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar", declared=True)
    editor = known(site)
    page = editor.get(f"/feeds/{feed}").text
    assert "pantau export" in page
    assert f"/feeds/{feed}/edit" not in page
    assert editor.get(f"/feeds/{feed}/edit").status == 409
    assert send(editor, f"/feeds/{feed}/edit", "/feeds/add", name="x").status == 409
    assert send(editor, f"/feeds/{feed}/remove", "/feeds/add").status == 409
    assert rows(engine, "SELECT name, removed_at FROM feeds") == [{"name": "Kabar", "removed_at": None}]


def test_a_viewer_changes_nothing_and_sees_no_address(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar")
    viewer, editor = known(site, "vera"), known(site)
    token = viewer.get("/feeds").csrf
    for path in (
        "/feeds/add",
        f"/feeds/{feed}/edit",
        f"/feeds/{feed}/remove",
        "/feeds/import",
        "/feeds.opml",
        "/feeds.toml",
    ):
        assert viewer.get(path).status == 403, path
    for path in (
        "/feeds/look",
        "/feeds/add",
        *(f"/feeds/{feed}/{deed}" for deed in ("edit", "poll", "remove")),
    ):
        assert viewer.post(path, {"csrf": token, "url": "https://x.example/"}).status == 403, path
        assert editor.post(path, {"csrf": "wrong", "url": "https://x.example/"}).status == 403, path
    assert upload(viewer, opml(), csrf=token).status == 403
    assert upload(editor, opml(), csrf="wrong").status == 403
    assert rows(engine, "SELECT name FROM feeds") == [{"name": "Kabar"}]
    assert notes(engine) == []
    for path in ("/feeds", "/feeds/add", f"/feeds/{feed}", "/feeds/import", "/feeds.opml"):
        assert site.visitor().get(path).headers["location"].startswith("/login?next=")


def test_a_list_is_taken_over_and_every_line_says_what_became_of_it(site: Any, engine: Any) -> None:
    body = opml(
        '<outline text="Indonesia">',
        '<outline text="Harian" xmlUrl="https://harian.example/rss" language="id"/></outline>',
        '<outline text="again" xmlUrl="HTTPS://Harian.example:443/rss"/>',
        '<outline text="&lt;script>alert(1)&lt;/script>" xmlUrl="javascript:alert(1)"/>',
        '<outline text="inside" xmlUrl="http://192.168.1.1/rss"/>',
        '<outline text="secret" xmlUrl="https://rina:geheim@news.example/rss"/>',
    )
    editor = known(site)
    begun = upload(editor, body, "<b>list.opml")
    assert begun.status == 303
    page = ended(editor, begun.headers["location"]).text
    for words in ("<b>1</b> added", "<b>1</b> repeated", "<b>3</b> refused", "private", "&lt;b&gt;list.opml"):
        assert words in page
    for harm in ("<script>alert", "geheim"):
        assert harm not in page
    (stored,) = rows(engine, "SELECT url, name, tags, language, declared FROM feeds")
    assert stored == {
        **{"url": "https://harian.example/rss", "name": "Harian", "tags": ["Indonesia"]},
        **{"language": "id", "declared": False},
    }
    assert notes(engine) == [("edi", "imported", "feed", "list of feeds")]
    again = upload(editor, body)
    assert "<b>2</b> watched already" in ended(editor, again.headers["location"]).text
    assert known(site, "vera").get(begun.headers["location"]).status == 403
    assert editor.get("/feeds/import/nothing").status == 404


BOMB = """<!DOCTYPE o [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<opml><body><outline text="&b;" xmlUrl="https://x.example/"/></body></opml>"""
OUTSIDE = """<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<opml><body><outline text="&a;" xmlUrl="https://x.example/"/></body></opml>"""


@pytest.mark.parametrize(
    "body",
    [
        BOMB.encode(),
        OUTSIDE.encode(),
        b"no xml at all",
        b"\x00\xff\xfe" * 1000,
        b"<rss version='2.0'><channel/></rss>",
        b"<opml><body>" + b"<outline text='x'>" * 5000,
        b"<opml><body>" + b"<outline text='x'>" * 200 + b"</outline>" * 200 + b"</body></opml>",
    ],
)
def test_a_hostile_list_stores_nothing_and_says_why(site: Any, engine: Any, body: bytes) -> None:
    editor = known(site)
    begun = upload(editor, body)
    page = ended(editor, begun.headers["location"])
    assert page.status == 422
    assert "Nothing was added" in page.text
    assert "root:" not in page.text
    assert rows(engine, "SELECT id FROM feeds") == []
    assert notes(engine) == []


def test_a_file_may_be_five_megabytes_and_no_larger(site: Any, engine: Any) -> None:
    editor = known(site)
    assert upload(editor, b"<" * (5 * 1024 * 1024 + 17 * 1024)).status == 413
    empty = upload(editor, b"")
    assert empty.status == 422
    assert "Choose a file that is not empty." in empty.text
    sent = {"content-type": "multipart/form-data; boundary="}
    assert editor.ask("POST", "/feeds/import", b"--\r\n", sent).status in (400, 403)
    assert editor.post("/feeds/import", {"csrf": editor.get("/feeds/import").csrf}).status == 400


def test_too_many_lists_at_once_wait(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = known(site)
    for _ in range(16):
        assert site.context.imports.begin("under way", 0.0) is not None
    answer = upload(editor, opml())
    assert answer.status == 422
    assert "try again in a minute" in answer.text


def test_how_far_an_import_is_can_be_seen_while_it_runs(site: Any) -> None:
    begun = site.context.imports.begin("big.opml", 0.0)
    begun.total, begun.stored = 1000, 250
    page = known(site).get(f"/feeds/import/{begun.id}")
    assert page.headers["refresh"] == "1"
    assert "250 of 1,000 feeds stored" in page.text
    assert 'width="25.0"' in page.text


def test_the_lists_hold_all_feeds_for_other_readers_and_for_a_watchlist(site: Any, world: Any) -> None:
    with world() as news:
        news.feed(
            'Kabar "<&>', url="https://kabar.example/rss", tags=["indonesia"], language="id", every_s=120.0
        )
        news.feed("Harian", url="https://harian.example/rss", declared=True)
        news.feed("Pergi", url="https://pergi.example/rss", removed_at=news.now)
    editor = known(site)
    listed = editor.get("/feeds.opml")
    assert 'filename="pantau-feeds.opml"' in listed.headers["content-disposition"]
    outlines = [
        each.get("xmlUrl")
        for each in ElementTree.fromstring(listed.text).iter("outline")
        if each.get("xmlUrl")
    ]
    assert sorted(outlines) == ["https://harian.example/rss", "https://kabar.example/rss"]
    found, complaints, _ = parse_watchlist(editor.get("/feeds.toml").text, "feeds.toml")
    assert complaints == []
    assert found is not None
    assert {(feed.name, feed.every_s) for feed in found.feeds} == {('Kabar "<&>', 120.0), ("Harian", None)}


def test_a_secret_that_no_key_opens_is_named_where_the_watchlist_needs_it(site: Any, world: Any) -> None:
    with world() as news:
        news.channel()  # what stands in its row was sealed by nobody
    answer = known(site).get("/settings/export")
    assert answer.status == 409
    assert "channel:desk:target" in answer.text
    assert "PANTAU_SECRET_KEY" in answer.text


def test_without_keys_it_shows_and_changes_nothing(
    make_site: Any, database: Any, urls: Any, world: Any
) -> None:
    with world() as news:
        feed = news.feed("Kabar")
    bare = make_site(database, Secret(urls.redis))
    admin = bare.known_visitor()
    assert admin.get("/feeds").status == 200
    assert send(admin, f"/feeds/{feed}/poll", f"/feeds/{feed}").status == 503
    assert admin.get("/feeds.opml").status == 503


def test_errands_do_not_keep_the_pages_waiting(site: Any) -> None:
    free = threading.Event()
    held = [site.context.errand(free.wait) for _ in range(context_module._ERRAND_THREADS * 2)]
    try:
        assert known(site).get("/feeds").status == 200
    finally:
        free.set()
        for errand in held:
            errand.result(timeout=30)
