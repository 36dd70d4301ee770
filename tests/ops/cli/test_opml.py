"""Taking over a list of feeds from another reader, and handing it on."""

from __future__ import annotations

from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("installation")]

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>x</title></head><body>
<outline text="Indonesia">
  <outline type="rss" text="Harian Contoh" xmlUrl="https://news.example.id/rss" language="id"/>
  <outline type="rss" text="Harian Contoh" xmlUrl="https://www.kabar.example/feed"/>
</outline>
<outline type="rss" text="again" xmlUrl="HTTPS://News.Example.id:443/rss"/>
<outline type="rss" text="inside" xmlUrl="http://192.168.1.1/rss"/>
<outline type="rss" text="wrong" xmlUrl="javascript:alert(1)"/>
<outline type="rss" text="secret" xmlUrl="https://rina:geheim@news.example/rss"/>
<outline text="page" htmlUrl="https://page.example/"/>
</body></opml>
"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.opml"
    path.write_text(LIST, "utf-8")
    return path


def test_every_line_says_what_became_of_it(pantau: Any, listed: Path, rows: Any) -> None:
    answer = pantau("feeds", "import", listed, "--json")
    assert answer.code == 3
    assert [(line["line"], line["result"]) for line in answer.lines] == [
        *((4, "added"), (5, "added"), (7, "repeated"), (8, "refused"), (9, "refused"), (10, "refused")),
        (11, "refused"),
    ]
    assert "the same feed as in line 4" in answer.lines[2]["why"]
    assert "private" in answer.lines[3]["why"]
    assert "2 added, 1 repeated, 4 refused, of 7" in answer.err
    assert "geheim" not in answer.out + answer.err
    stored = rows.all("SELECT url, name, tags, language, declared FROM feeds ORDER BY id")
    assert stored == [
        ("https://news.example.id/rss", "Harian Contoh", ["Indonesia"], "id", False),
        ("https://www.kabar.example/feed", "Harian Contoh (www.kabar.example)", ["Indonesia"], None, False),
    ]


def test_a_second_import_changes_nothing(pantau: Any, listed: Path, rows: Any) -> None:
    pantau("feeds", "import", listed)
    answer = pantau("feeds", "import", listed)
    assert "watched already" in answer.out
    assert "0 added, 3 watched already, 4 refused, of 7" in answer.err
    assert rows.one("SELECT count(*) FROM feeds") == 2


def test_a_list_may_come_from_stdin(pantau: Any, rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(LIST.encode())))
    assert pantau("feeds", "import", "-").code == 3
    assert rows.one("SELECT count(*) FROM feeds") == 2


def test_a_dry_run_only_tells(pantau: Any, listed: Path, rows: Any) -> None:
    answer = pantau("feeds", "import", listed, "--dry-run")
    assert answer.code == 3
    assert "would be added" in answer.out
    assert rows.one("SELECT count(*) FROM feeds") == 0


def test_what_is_exported_is_nothing_new_when_it_is_imported(
    pantau: Any, listed: Path, tmp_path: Path
) -> None:
    pantau("feeds", "import", listed)
    pantau("feeds", "add", "https://lain.example/?a=1&b=2", "--tag", "x,y", "--tag", "z")
    exported = tmp_path / "out.opml"
    exported.write_text(pantau("feeds", "export").out, "utf-8")
    answer = pantau("feeds", "import", exported, "--json")
    assert answer.code == 0
    assert [line["result"] for line in answer.lines] == ["watched"] * 3


def test_what_is_exported_makes_the_same_feeds_elsewhere(
    pantau: Any, listed: Path, tmp_path: Path, rows: Any
) -> None:
    pantau("feeds", "import", listed)
    pantau(
        "feeds",
        "add",
        "https://lain.example/?a=1&b=2",
        "--tag",
        "x,y",
        "--tag",
        "z",
        "--name",
        "Kabar & Berita",
    )
    facts = "SELECT url, name, tags, language FROM feeds ORDER BY url"
    before = rows.all(facts)
    exported = tmp_path / "out.opml"
    exported.write_text(pantau("feeds", "export").out, "utf-8")
    rows.change("DELETE FROM feeds")
    assert pantau("feeds", "import", exported).code == 0
    assert rows.all(facts) == before


def test_feeds_are_exported_as_part_of_a_watchlist_and_as_json_too(
    pantau: Any, listed: Path, tmp_path: Path
) -> None:
    pantau("feeds", "import", listed)
    part = tmp_path / "feeds.toml"
    part.write_text(pantau("feeds", "export", "--toml").out, "utf-8")
    assert pantau("check", part).code == 0
    assert pantau("feeds", "export", "--json").lines[0]["url"] == "https://news.example.id/rss"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("<opml><body/></opml>", 65, "the list names no feed"),
        ("<opml><body><outline xmlUrl='http://10.0.0.1/'/></body></opml>", 65, "1 refused, of 1"),
        ("<opml>", 65, "feeds.opml: line 1, column"),
        ("<rss/>", 65, "this is a feed"),
        (None, 65, "cannot be read: No such file"),
    ],
)
def test_a_list_of_which_nothing_can_be_used_ends_with_65(
    pantau: Any, tmp_path: Path, rows: Any, text: str | None, code: int, words: str
) -> None:
    path = tmp_path / "feeds.opml"
    if text is not None:
        path.write_text(text)
    answer = pantau("feeds", "import", path)
    assert (answer.code, words in answer.err) == (code, True), answer.err
    assert rows.one("SELECT count(*) FROM feeds") == 0


def test_an_import_that_fails_halfway_leaves_nothing(
    pantau: Any, listed: Path, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ops.store.declared import Shelf

    insert, stored = Shelf._insert_feeds, []

    def fails(self: Shelf, together: Any) -> None:
        stored.append(together)
        if len(stored) > 1:
            raise KeyboardInterrupt
        insert(self, together)

    monkeypatch.setattr("ops.store.declared._TOGETHER", 1)
    monkeypatch.setattr(Shelf, "_insert_feeds", fails)
    assert pantau("feeds", "import", listed).code == 130
    assert len(stored) == 2
    assert rows.one("SELECT count(*) FROM feeds") == 0


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0x7f.1",
        "localhost",
        "router",
        "nas.local",
        "db.internal",
        "[::1]",
        "[fe80::1]",
        "10.1.2.3",
    ],
)
def test_addresses_inside_of_a_network_are_refused_unless_it_is_opened(host: str) -> None:
    from ops.importing import decide
    from worker.addresses import ipaddress
    from worker.feeds.opml import OpmlDocument, Outline

    document = OpmlDocument((Outline(1, f"http://{host}/rss", "x"),))
    (((line, feed)),) = decide(document, (), ())
    assert (line.result, feed) == ("refused", None)
    opened = (ipaddress.ip_network("10.0.0.0/8"),)
    if host in ("localhost", "10.1.2.3"):
        assert decide(document, (), (), opened)[0][0].result == "added"


def test_every_feed_gets_a_name_of_its_own() -> None:
    from ops.importing import decide
    from worker.feeds.opml import OpmlDocument, Outline

    lines = tuple(
        Outline(n, f"https://a.example/{n}", "- Berita" + " panjang" * 40 * (n % 2)) for n in range(6)
    )
    names = [line.name for line, _ in decide(OpmlDocument(lines), (), {"berita"})]
    assert len({name.casefold() for name in names} | {"berita"}) == 7
    assert all(len(name) <= 200 and not name.startswith("-") for name in names)


def test_feeds_imported_by_the_hundred_are_spread_as_those_of_a_watchlist_are(
    pantau: Any, rows: Any, tmp_path: Path
) -> None:
    outlines = "".join(f'<outline xmlUrl="https://a{n}.example/rss"/>' for n in range(400))
    (tmp_path / "many.opml").write_text(f"<opml><body>{outlines}</body></opml>")
    assert pantau("feeds", "import", str(tmp_path / "many.opml")).code == 0
    latest = "SELECT extract(epoch FROM max(next_poll_at) - max(created_at))::float FROM feeds"
    assert 5 < rows.one(latest) < 12, "fifty a second"
