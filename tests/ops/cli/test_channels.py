"""Listing channels, and trying one with a message that counts nowhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.channel import Blocked, Later, MailReply, Never, Sent, Simpler, Unsure, Verdict
from alerts.channels import channels as kinds
from alerts.model import Channel, ChannelId
from ops.newsroom import MailSink, SlackSink, running
from ops.newsroom.script import HangUp, Refuse, Script
from ops.trial import in_words, sample_letter, told
from worker.secrets import Secret
from worker.wire import Failure, Reply

pytestmark = pytest.mark.servers

LATER = datetime.now(UTC) + timedelta(hours=3)
SECRET = "https://hooks.example/services/T0/B0/hush"


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Sent("1"), "accepted"),
        (Later("http_503"), "not now: it answers 503"),
        (Later("http_429", timedelta(seconds=30)), "left alone for 30 s"),
        (Unsure("answer_lost"), "look whether the message has arrived"),
        (Simpler("invalid_blocks"), "does not take a message of this form"),
        (Blocked("no_service", "channel"), "until somebody mends it: the Slack hook was removed"),
        (Never("recipient_refused"), "refused for good"),
    ],
)
def test_each_verdict_is_told_in_words(verdict: Verdict, words: str) -> None:
    assert words in in_words(verdict)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply(404, {}, b"no_service\x1b[2J\n", "u"), "404 no_service[2J"),
        (Failure("dns", "no such host"), "dns: no such host"),
        (MailReply("rcpt", 550, "no such user"), "550 no such user (at rcpt)"),
        (MailReply("connect", 0, "refused"), "refused (at connect)"),
    ],
)
def test_an_answer_is_told_in_the_receivers_words(answer: Any, words: str) -> None:
    assert told(answer) == words


@pytest.mark.parametrize("kind", sorted(kinds()))
@pytest.mark.parametrize(("language", "words"), [("en", "test message to"), ("id", "pesan percobaan untuk")])
def test_every_kind_of_channel_can_carry_the_test_message_which_is_no_news(
    kind: str, language: str, words: str
) -> None:
    to = "rina@example.org" if kind == "email" else "https://hooks.example/x"
    row = Channel(ChannelId(1), "desk", kind, Secret(to), {"language": language})
    message = kinds()[kind].compose(sample_letter(row, LATER), row)
    said = getattr(message, "message", None) or getattr(message, "body", "")
    text = said if isinstance(said, str) else said.decode()
    assert words in text
    assert "test message" not in text or language == "en"
    if kind == "webhook":
        assert json.loads(text)["data"]["articles"] == []


def test_channels_are_listed_without_their_secrets(pantau: Any, installation: None, rows: Any) -> None:
    print_ = "0123456789abcdef"
    desk = rows.channel(
        to=SECRET, fingerprint=print_, secret=rows.keys.seal(Secret("hush"), "channel:desk:secret")
    )
    rows.channel("rina", to="rina@example.org", kind="email", credential="smtp", pause_until=LATER)
    rows.channel("gone", removed_at=LATER)
    for name in (f"channel:{desk}", "sender:smtp"):
        rows.change(
            "INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'http_404', now())", name=name
        )
    rows.delivery(desk, rows.subscription(), state="held", held_by=f"channel:{desk}")
    answer = pantau("channels", "list", "--json")
    listed = {row["name"]: row for row in answer.lines}
    assert list(listed) == ["desk", "rina"]
    assert (listed["desk"]["target"], listed["desk"]["held"]) == ("slack_webhook:01234567…", 1)
    assert listed["desk"]["circuit"]["reason"] == "http_404"
    assert listed["rina"]["circuit"]["name"] == "sender:smtp"
    assert listed["rina"]["paused_until"].startswith(f"{LATER:%Y-%m-%dT%H}")
    table = pantau("channels", "list").out
    assert "lets nothing through: there is nothing at this address (404)" in table
    assert not any("hush" in out or "hooks.example" in out or print_ in out for out in (answer.out, table))


def test_a_channel_that_takes_nothing_is_not_called_ok(pantau: Any, installation: None, rows: Any) -> None:
    since = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
    desk = rows.channel(to=SECRET, nothing_since=since)
    rows.channel("at rest", nothing_since=since)
    rows.delivery(desk, rows.subscription(), state="waiting", reason="tries_again: http_500")
    listed = {row["name"]: row for row in pantau("channels", "list", "--json").lines}
    assert listed["desk"]["takes_nothing"] == {
        "since": "2026-11-23T07:03:00Z",
        "reason": "tries_again: http_500",
    }
    assert listed["at rest"]["takes_nothing"] is None
    table = pantau("channels", "list").out
    assert "has taken nothing since 2026-11-23 07:03:00: it answers 500; tried again" in table


def test_when_a_channel_is_tried_next_is_told_with_its_day(
    pantau: Any, installation: None, rows: Any
) -> None:
    rina, tomorrow = rows.channel("rina", kind="email"), datetime.now(UTC) + timedelta(days=1)
    rows.change(
        "INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'recipient_refused', :at)",
        name=f"channel:{rina}",
        at=tomorrow,
    )
    assert f"next try {tomorrow:%Y-%m-%d %H:%M:%S}" in pantau("channels", "list").out


def test_a_channel_that_works_is_told_so_and_lets_go_what_it_held(
    pantau: Any, installation: None, rows: Any
) -> None:
    sink = SlackSink()
    with running(sink.app()) as url:
        channel = rows.channel(to=f"{url}/services/T0/B0/hush")
        circuit = f"channel:{channel}"
        rows.change(
            "INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'no_service', :at)",
            name=circuit,
            at=LATER,
        )
        held = rows.delivery(channel, rows.subscription(), state="held", held_by=circuit)
        answer = pantau("channels", "test", "desk")
    assert (answer.code, len(sink.accepted)) == (0, 1)
    assert "test message to" in sink.accepted[0].text
    assert "answer   200 ok" in answer.out
    assert "what was held goes out now" in answer.out
    assert rows.all("SELECT name FROM circuits") == []
    assert rows.one("SELECT state, held_by FROM deliveries WHERE id = :id", id=held) == ("waiting", None)
    assert rows.one("SELECT count(*) FROM attempts") == 0
    assert rows.one("SELECT count(*) FROM deliveries") == 1


@pytest.mark.parametrize(
    ("misbehaves", "words"),
    [
        (Refuse(403, "action_prohibited"), ("403 action_prohibited", "until somebody mends it")),
        (Refuse(429, "rate_limited", 7), ("429 rate_limited", "left alone for 7 s")),
        (HangUp(accepted=True), ("reset: ", "look whether the message has arrived")),
    ],
)
def test_a_channel_that_does_not_work_is_told_with_the_receivers_answer(
    pantau: Any, installation: None, rows: Any, misbehaves: Any, words: tuple[str, str]
) -> None:
    with running(SlackSink(Script(anybody=(misbehaves,))).app()) as url:
        channel = rows.channel(to=f"{url}/services/T0/B0/hush")
        rows.change(
            "INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'x', now())",
            name=f"channel:{channel}",
        )
        answer = pantau("channels", "test", "desk")
    assert answer.code == 1
    assert all(each in answer.out for each in words)
    assert "hush" not in answer.out + answer.err
    assert rows.one("SELECT count(*) FROM circuits") == 1


def test_a_mailbox_is_tried_through_the_relay_that_is_set(
    pantau: Any, installation: None, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.channel("rina", to="rina@example.org", kind="email", credential="smtp")
    without = pantau("channels", "test", "rina")
    assert without.code == 1
    assert "PANTAU_SMTP_URL" in without.out
    rows.change("INSERT INTO circuits (name, reason, probe_at) VALUES ('sender:smtp', 'x', now())")
    sink = MailSink()
    with sink.listening() as relay:
        monkeypatch.setenv("PANTAU_SMTP_URL", relay.url)
        assert pantau("channels", "test", "rina").code == 0
    assert "test message to" in sink.accepted[0].message["Subject"]
    assert rows.all("SELECT name FROM circuits") == []


def test_a_kind_that_nobody_serves_here_is_told_so(pantau: Any, installation: None, rows: Any) -> None:
    rows.channel("phones", to="pigeon://roof", kind="pigeon")
    answer = pantau("channels", "test", "phones")
    assert answer.code == 1
    assert "no such kind of channel" in answer.out


def test_apprise_that_is_not_installed_is_told_with_the_way_to_get_it(
    pantau: Any, installation: None, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alerts import push
    from ops.doctor import examine

    rows.channel("phones", to="ntfy://topic", kind="apprise")
    monkeypatch.setattr(push, "_library", lambda: None)
    answer = pantau("channels", "test", "phones")
    assert answer.code == 1
    assert "Apprise is not installed here (pip install 'pantau[apprise]')" in answer.out
    (found,) = [finding for finding in examine() if finding.about == "apprise"]
    assert (found.level, "pip install 'pantau[apprise]'" in found.remedy) == ("bad", True)


def test_an_unknown_channel_is_bad_input(pantau: Any, installation: None) -> None:
    answer = pantau("channels", "test", "nobody")
    assert answer.code == 65
    assert "pantau channels list" in answer.err
