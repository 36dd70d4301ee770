"""`pantau keys`: as an operator meets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worker.secrets import KeyRing, Secret

pytestmark = pytest.mark.servers
OTHER = "another key of many characters"


def test_keys_are_listed_by_name_with_what_they_open_and_never_shown(
    pantau: Any, installation: None, rows: Any
) -> None:
    rows.channel(), rows.channel("second")
    answer = pantau("keys", "list")
    assert answer.code == 0
    assert "seals and opens" in answer.out
    assert "a key for the tests of commands" not in answer.out
    (row,) = pantau("keys", "list", "--json").lines
    assert (row["source"], row["seals"], row["secrets"], len(row["key"])) == ("environment", True, 2, 8)


def test_keys_of_the_environment_are_rotated_by_putting_one_before(
    pantau: Any, installation: None, rows: Any, keys: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.channel()
    assert "put a new one before it (NEW,OLD)" in pantau("keys", "rotate").out
    monkeypatch.setenv("PANTAU_SECRET_KEY", f"{OTHER},a key for the tests of commands")
    answer = pantau("keys", "rotate")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "1 secret was sealed anew")
    assert "take the others out and restart" in answer.out
    monkeypatch.setenv("PANTAU_SECRET_KEY", OTHER)
    assert pantau("keys", "list", "--json").lines[0]["secrets"] == 1


def test_the_key_file_is_rotated_in_one_go(
    pantau: Any, installation: None, rows: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PANTAU_SECRET_KEY")
    assert pantau("keys", "list", "--json").lines[0]["source"] == "file"
    before = (tmp_path / "data" / "secret.key").read_text().strip()
    rows.keys = KeyRing.of((before,))
    rows.channel()
    answer = pantau("keys", "rotate")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "a fresh key seals from now on",
        "1 secret was sealed anew",
        "the old key is kept for what runs; run this again in 10 minutes, and it goes",
    ]
    assert before not in answer.out
    assert [row["secrets"] for row in pantau("keys", "list", "--json").lines] == [1, 0]


@pytest.mark.parametrize("command", [["migrate"], ["web", "--port", "0"], ["worker", "--queues", "send"]])
def test_every_start_with_the_wrong_key_ends_with_78_and_a_sentence(
    pantau: Any, installation: None, rows: Any, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    rows.channel()
    monkeypatch.setenv("PANTAU_SECRET_KEY", OTHER)
    if command[0] == "worker":
        import ops.celery
        from ops.installation import settings_of

        monkeypatch.setattr(ops.celery, "settings", settings_of())
        monkeypatch.setattr(ops.celery.logs, "set_up", lambda *_args: None)
    if command[0] == "web":
        from ops import logs

        monkeypatch.setattr(logs, "set_up", lambda *_args: None)
    answer = pantau(*command)
    assert answer.code == 78
    assert "is not the one that sealed them" in answer.err


def test_secrets_of_a_lost_key_are_let_go_of_when_somebody_says_so(
    pantau: Any, installation: None, rows: Any, keys: KeyRing
) -> None:
    rows.channel()
    lost = KeyRing.of((OTHER,))
    rows.channel("lost", target=lost.seal(Secret("x"), "channel:lost:target"))
    url = "https://news.example/rss"
    header = {"X-Key": {"sealed": lost.seal(Secret("x"), f"feed:{url}:header X-Key"), "ref": "env:X"}}
    rows.feed(url=url, password=lost.seal(Secret("x"), f"feed:{url}:password"), headers=header)
    assert pantau("keys", "list").code == 3
    assert pantau("keys", "rotate").code == 3
    assert "3 secrets would be let go of" in pantau("keys", "give-up").out
    assert rows.all("SELECT name FROM channels WHERE removed_at IS NOT NULL") == []
    assert "3 secrets were let go of" in pantau("keys", "give-up", "--yes").out
    assert rows.all("SELECT name FROM channels WHERE removed_at IS NOT NULL") == [("lost",)]
    assert rows.one("SELECT password, headers FROM feeds") == (None, {})
    assert pantau("keys", "give-up").out == "every secret opens\n"
    assert pantau("keys", "list").code == 0
