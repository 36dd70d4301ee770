"""Inviting mailboxes, blocking them, and taking back what somebody unsubscribed from."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.desks import send as desks
from alerts.store import addresses, consent
from ops.newsroom import MailSink
from ops.outbox import make_outbox
from worker.secrets import KeyRing, Secret
from worker.settings import from_env

pytestmark = pytest.mark.servers

WATCHLIST = """
[[topic]]
name = "NATO"
query = "nato"
[[channel]]
name = "rina"
email = "rina@example.org"
[[subscription]]
name = "desk"
topics = ["NATO"]
channels = ["rina"]
"""


@pytest.fixture
def watched(pantau: Any, installation: None, tmp_path: Path) -> Path:
    """A watchlist that declares Rina's mailbox; applied."""
    file = tmp_path / "watchlist.toml"
    file.write_text(WATCHLIST)
    assert pantau("apply", file).code == 0
    return file


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANTAU_PUBLIC_URL", "https://pantau.example")
    monkeypatch.setenv("PANTAU_SMTP_URL", "smtp://127.0.0.1:9?tls=none")


@pytest.fixture
def decide(rows: Any, keys: KeyRing) -> Callable[..., Any]:
    def act(deed: Callable[..., Any], to: str, *arguments: Any) -> Any:
        with rows.engine.begin() as connection:
            return deed(connection, addresses.address_of(connection, keys, Secret(to)), *arguments)

    return act


def test_an_invited_mailbox_is_asked_and_told_after_its_yes(
    pantau: Any, watched: Path, rows: Any, kit: Any, keys: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = MailSink()
    with sink.listening() as relay:
        monkeypatch.setenv("PANTAU_PUBLIC_URL", "https://pantau.example")
        monkeypatch.setenv("PANTAU_SMTP_URL", relay.url)
        answer = pantau("channels", "invite", "budi@example.org", "--topics", "NATO", "--when", "daily 07:00")
        assert (answer.code, answer.err) == (0, "")
        assert answer.out == (
            "channel budi, subscription NATO → budi: a mail asks its owner, who has 48 hours; "
            "until the answer is yes everything is held\n"
        )
        kit.keys = keys
        settings = from_env(
            {"HOME": "/", "PANTAU_SMTP_URL": relay.url, "PANTAU_PUBLIC_URL": "https://pantau.example"}
        )
        outbox = make_outbox(settings, kit)
        asyncio.run(desks.send(outbox, seconds=0.1))
        assert outbox.mail is not None
        outbox.mail.close()
        (mail,) = sink.accepted
        assert mail.envelope.recipients == ("budi@example.org",)
        assert re.search(r"https://pantau\.example/confirm/[\w-]{40,}\s", mail.text)
        assert re.search(r"https://pantau\.example/manage/[\w-]{30,}\s", mail.text)
    listed = {row["name"]: row for row in pantau("channels", "list", "--json").lines}
    assert listed["budi"]["confirmation"] == "sent: accepted"
    assert listed["rina"]["confirmation"] is None
    assert (
        "invited, not confirmed yet (the mail that asks: the receiver has accepted it)"
        in pantau("channels", "list").out
    )
    row = rows.one("SELECT topics, channels, \"when\", declared FROM subscriptions WHERE name LIKE 'NATO →%'")
    assert row == (["NATO"], ["budi"], ["daily 07:00"], False)


def test_inviting_again_asks_again_only_when_told_to_and_not_for_ever(
    pantau: Any, watched: Path, reachable: None, rows: Any
) -> None:
    def invite(*more: str) -> Any:
        return pantau("channels", "invite", "budi@example.org", "--topics", "NATO", *more)

    assert "a mail asks" in invite().out
    assert "was asked before" in invite().out
    assert [invite("--again").code for _ in range(3)] == [0, 0, 75]
    assert rows.one("SELECT count(*) FROM confirmations") == 3
    assert rows.one("SELECT count(*) FROM channels WHERE name LIKE 'budi%'") == 1


def test_whoever_is_vouched_for_is_not_asked(pantau: Any, watched: Path, reachable: None, rows: Any) -> None:
    answer = pantau("channels", "invite", "Rina@example.org", "--topics", "NATO")
    assert answer.out == (
        "channel rina, subscription NATO → rina: its owner is known to want it, and hears from now on\n"
    )
    assert rows.one("SELECT count(*) FROM confirmations") == 0


REFUSED = {
    "no address": (["rina"], 65, "is no e-mail address"),
    "two addresses": (["a@e.org,b@e.org"], 65, "is no e-mail address"),
    "unknown topic": (
        ["a@example.org", "--topics", "Nata"],
        65,
        "there is no topic Nata",
    ),
    "unknown tag": (["a@example.org", "--topics", "tag:x"], 65, "there is no topic tag:x"),
    "time": (["a@example.org", "--when", "sometimes"], 65, "sometimes"),
    "zone": (["a@example.org", "--timezone", "WIB"], 65, "WIB"),
    "name": (["a@example.org", "--name", "rina"], 65, "there is a channel rina already"),
}


@pytest.mark.parametrize(("words", "code", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_invited_is_refused_and_leaves_nothing(
    pantau: Any, watched: Path, reachable: None, rows: Any, words: list[str], code: int, hint: str
) -> None:
    answer = pantau("channels", "invite", "--topics", "NATO", *words)
    assert answer.code == code
    assert hint in answer.err
    assert rows.one("SELECT count(*) FROM channels") == rows.one("SELECT count(*) FROM subscriptions") == 1


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("PANTAU_PUBLIC_URL", "", "nobody can confirm without an https address"),
        ("PANTAU_PUBLIC_URL", "http://pantau.example", "nobody can confirm without an https address"),
        ("PANTAU_SMTP_URL", "", "PANTAU_SMTP_URL"),
    ],
)
def test_without_a_way_to_ask_nobody_is_invited(
    pantau: Any,
    watched: Path,
    reachable: None,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    hint: str,
) -> None:
    monkeypatch.setenv(name, value)
    answer = pantau("channels", "invite", "budi@example.org", "--topics", "NATO")
    assert (answer.code, hint in answer.err) == (78, True)


def test_a_blocked_mailbox_is_neither_invited_nor_tested_and_apply_warns(
    pantau: Any, watched: Path, reachable: None
) -> None:
    assert pantau("channels", "blocked").out == "no mailbox is blocked\n"
    assert pantau("channels", "block", "RINA@example.org").code == 0
    assert "by" in pantau("channels", "blocked").out
    (row,) = pantau("channels", "blocked", "--json").lines
    assert (row["blocked_by"], row["channels"]) == ("operator", ["rina"])
    assert "rina@" not in str(row)
    answer = pantau("channels", "invite", "rina@example.org", "--topics", "NATO")
    assert (answer.code, "is blocked" in answer.err) == (1, True)
    answer = pantau("channels", "test", "rina")
    assert (answer.code, "nothing is written there" in answer.err) == (1, True)
    assert "blocked: nothing is written there" in pantau("channels", "list").out
    answer = pantau("apply", watched)
    assert answer.code == 0
    assert f'{watched}:7: [[channel]] email: "rina": the address is blocked' in answer.err
    assert pantau("channels", "unblock", "rina@example.org").code == 0
    assert pantau("channels", "unblock", "rina@example.org").code == 65
    assert "blocked" not in pantau("apply", watched).err


def test_what_its_owner_blocked_is_unblocked_only_for_them(pantau: Any, watched: Path, decide: Any) -> None:
    decide(consent.block, "rina@example.org", "recipient")
    answer = pantau("channels", "unblock", "rina@example.org")
    assert (answer.code, "asked never to be written to" in answer.err) == (1, True)
    assert pantau("channels", "unblock", "rina@example.org", "--asked-for").code == 0


def test_applying_the_same_file_brings_nobody_back_who_unsubscribed(
    pantau: Any, watched: Path, decide: Any, rows: Any
) -> None:
    decide(consent.leave, "rina@example.org", ["desk"], "one_click")
    for words in (["apply", watched], ["apply", watched, "--prune"], ["apply", watched, "--dry-run"]):
        answer = pantau(*words)
        assert answer.code == 0
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        assert f'[[subscription]] channels: "rina" unsubscribed from "desk" on {today}' in answer.err
    assert "rina (unsubscribed)" in pantau("subscriptions", "list").out
    assert pantau("subscriptions", "list", "--json").lines[0]["unsubscribed"] == ["rina"]
    answer = pantau("channels", "resubscribe", "rina", "--subscription", "other")
    assert (answer.code, rows.one("SELECT count(*) FROM departures")) == (65, 1)
    answer = pantau("channels", "resubscribe", "rina")
    assert answer.out == "rina hears again, from now on, of desk\n"
    assert rows.one("SELECT count(*) FROM departures") == 0
    assert "unsubscribed" not in pantau("apply", watched).err
    assert pantau("channels", "resubscribe", "rina").code == 65
    assert pantau("channels", "resubscribe", "nobody").code == 65


def test_another_address_under_the_same_name_has_left_nothing(
    pantau: Any, watched: Path, decide: Any, rows: Any
) -> None:
    decide(consent.leave, "rina@example.org", ["desk"], "page")
    watched.write_text(WATCHLIST.replace("rina@example.org", "budi@example.org"))
    answer = pantau("apply", watched)
    assert (answer.code, "unsubscribed" in answer.err) == (0, False)
    assert rows.one("SELECT count(*) FROM channels c JOIN departures d ON d.address = c.address") == 0


def test_an_unconfirmed_mailbox_is_not_tested(pantau: Any, watched: Path, reachable: None) -> None:
    pantau("channels", "invite", "budi@example.org", "--topics", "NATO")
    answer = pantau("channels", "test", "budi")
    assert (answer.code, "has not confirmed yet" in answer.err) == (1, True)


def test_whoever_asks_the_operator_is_taken_off_and_stays_off(pantau: Any, watched: Path, rows: Any) -> None:
    assert pantau("channels", "unsubscribe", "rina", "--subscription", "other").code == 65
    answer = pantau("channels", "unsubscribe", "rina")
    assert answer.out == "rina hears nothing more of desk\n"
    assert rows.all("SELECT subscription, via FROM departures") == [("desk", "operator")]
    assert pantau("channels", "unsubscribe", "rina").code == 65
    assert pantau("channels", "unsubscribe", "nobody").code == 65
    assert "unsubscribed" in pantau("apply", watched).err


def test_an_invited_mailbox_can_be_removed_and_a_declared_one_not(
    pantau: Any, watched: Path, reachable: None, rows: Any
) -> None:
    pantau("channels", "invite", "budi@example.org", "--topics", "NATO")
    assert pantau("channels", "remove", "budi").code == 0
    assert rows.all("SELECT name FROM channels WHERE removed_at IS NULL") == [("rina",)]
    assert rows.all("SELECT name FROM subscriptions WHERE removed_at IS NULL") == [("desk",)]
    answer = pantau("channels", "remove", "rina")
    assert (answer.code, "declared by a watchlist" in answer.err) == (1, True)
    assert pantau("channels", "remove", "budi").code == 65
    assert pantau("channels", "invite", "budi@example.org", "--topics", "NATO", "--again").code == 0


def test_a_file_that_declares_an_unconfirmed_mailbox_vouches_for_it_and_is_told_so(
    pantau: Any, watched: Path, reachable: None, tmp_path: Path
) -> None:
    pantau("channels", "invite", "budi@example.org", "--topics", "NATO")
    exported = tmp_path / "exported.toml"
    exported.write_text(pantau("export").out)
    assert "vouches" not in pantau("apply", watched).err
    answer = pantau("apply", exported)
    assert (answer.code, '"budi": its owner was asked and has not confirmed' in answer.err) == (0, True)
    assert "vouches" not in pantau("apply", exported).err
