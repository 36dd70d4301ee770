"""What commands change stands in the audit log: once each, by the command line, without secrets."""

from __future__ import annotations

import io
from typing import Any

import pytest

pytestmark = pytest.mark.servers

FILE = """
[[feed]]
url = "https://news.example.id/rss?key=hush"
name = "Harian"
[[topic]]
name = "NATO"
query = "@nato"
[[channel]]
name = "desk"
email = "rina@example.org"
[[subscription]]
name = "pagi"
topics = ["NATO"]
channels = ["desk"]
"""
OPML = """<opml version="2.0"><body><outline text="Warta" xmlUrl="https://warta.example/rss?key=hush"/></body></opml>"""


def test_each_change_stands_there_once_with_who_made_it(
    pantau: Any, installation: None, rows: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, opml = tmp_path / "watchlist.toml", tmp_path / "feeds.opml"
    file.write_text(FILE)
    opml.write_text(OPML)
    steps: list[tuple[list[object], list[tuple[str, str, str]]]] = [
        (["users", "add", "Sari", "--role", "admin"], [("added", "account", "Sari")]),
        (["users", "reset-password", "sari"], [("reset the password of", "account", "Sari")]),
        (["users", "add", "Budi", "--role", "admin"], [("added", "account", "Budi")]),
        (["users", "remove", "budi"], [("removed", "account", "Budi")]),
        (["users", "remove", "sari"], []),  # the last admin stays
        (["apply", file, "--dry-run"], []),
        (
            ["apply", file],
            [
                ("added", "channel", "desk"),
                ("added", "feed", "Harian"),
                ("added", "subscription", "pagi"),
                ("added", "topic", "NATO"),
                ("applied", "watchlist", str(file)),
            ],
        ),
        (["feeds", "import", opml], [("imported", "feed", "list of feeds")]),
        (["feeds", "pause", "Harian"], [("paused", "feed", "Harian")]),
        (["feeds", "pause", "Harian"], []),  # it is so already
        (["feeds", "resume", "https://news.example.id/rss?key=hush"], [("resumed", "feed", "Harian")]),
        (["topics", "feed", "NATO"], [("shared", "topic", "NATO")]),
        (["topics", "apply-back", "NATO", "--since", "1d", "--silent", "--yes"], []),
        (["subscriptions", "pause", "pagi"], [("paused", "subscription", "pagi")]),
        (["subscriptions", "resume", "pagi"], [("resumed", "subscription", "pagi")]),
        (["subscriptions", "snooze", "pagi", "8h"], [("snoozed", "subscription", "pagi")]),
        (["silences", "add", "--topic", "NATO", "--for", "8h"], [("added", "silence", "1")]),
        (["silences", "end", "1"], [("ended", "silence", "1")]),
        (["channels", "unsubscribe", "desk"], [("unsubscribed", "channel", "desk")]),
        (["channels", "resubscribe", "desk"], [("resubscribed", "channel", "desk")]),
        (["channels", "block", "other@example.org"], [("blocked", "mailbox", "…")]),
        (["channels", "unblock", "other@example.org"], [("unblocked", "mailbox", "…")]),
        (["keys", "rotate"], []),
    ]
    seen = 0
    for words, expected in steps:
        monkeypatch.setattr("sys.stdin", io.StringIO("a password of its own\n"))
        answer = pantau(*words)
        found = rows.all(
            "SELECT who, what, kind, name FROM audit_log WHERE id > :seen ORDER BY id", seen=seen
        )
        assert {row[0] for row in found} <= {"command line"}, words
        told = [(what, kind, "…" if kind == "mailbox" else name) for _, what, kind, name in found]
        assert sorted(told) == expected, (words, answer)
        seen = rows.one("SELECT coalesce(max(id), 0) FROM audit_log")
    written = str(rows.all("SELECT * FROM audit_log"))
    for secret in ("key=hush", "rina@", "other@", "a password of its own"):
        assert secret not in written
