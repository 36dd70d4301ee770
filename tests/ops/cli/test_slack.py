"""The commands about Slack, against a Slack of our own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ops.newsroom import running
from ops.newsroom.slack_api import SlackApi

pytestmark = pytest.mark.servers

DESK = "C0DESK00000"


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a Slack whose address and token the commands find in their environment; no network is opened for it."""

    @contextmanager
    def run(api: SlackApi, token: str | None = None) -> Iterator[SlackApi]:
        monkeypatch.setenv("PANTAU_SLACK_TOKEN", api.token if token is None else token)
        monkeypatch.delenv("PANTAU_ALLOW_NETS")
        with running(api.app()) as url:
            monkeypatch.setenv("PANTAU_SLACK_API", f"{url}/api")
            yield api

    return run


def about_slack(pantau: Any) -> list[dict[str, str]]:
    findings = json.loads(pantau("doctor", "--json").out)["findings"]
    return [each for each in findings if each["about"] == "Slack"]


def test_the_doctor_says_who_we_are_in_slack(pantau: Any, installation: None, slack: Any) -> None:
    with slack(SlackApi()):
        (found,) = about_slack(pantau)
    assert found["level"] == "ok"
    assert "pantau of Newsroom" in found["says"]


def test_the_doctor_says_what_the_app_may_not(pantau: Any, installation: None, slack: Any) -> None:
    with slack(SlackApi(scopes=("chat:write",))):
        (found,) = about_slack(pantau)
    assert found["level"] == "warn"
    assert "channels:history" in found["remedy"]


def test_the_doctor_says_that_the_token_is_refused(pantau: Any, installation: None, slack: Any) -> None:
    with slack(SlackApi(), token="xoxb-revoked-hush"):
        (found,) = about_slack(pantau)
    assert (found["level"], "hush" in str(found)) == ("bad", False)
    assert "PANTAU_SLACK_TOKEN" in found["says"]


def test_the_doctor_says_that_slack_cannot_be_reached(
    pantau: Any, installation: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PANTAU_SLACK_TOKEN", "xoxb-1")
    monkeypatch.setenv("PANTAU_SLACK_API", "http://127.0.0.1:9/api")
    (found,) = about_slack(pantau)
    assert found["level"] == "bad"
    assert "PANTAU_SLACK_API" in found["remedy"]


def test_without_a_token_the_doctor_speaks_up_only_where_one_is_needed(
    pantau: Any, installation: None, rows: Any
) -> None:
    assert about_slack(pantau) == []
    rows.channel("newsroom", to=DESK, kind="slack_bot", credential="slack")
    (found,) = about_slack(pantau)
    assert (found["level"], "1 channel" in found["says"]) == ("bad", True)


def test_a_channel_of_the_bot_is_tried_and_what_was_held_goes_out(
    pantau: Any, installation: None, rows: Any, slack: Any
) -> None:
    rows.channel("newsroom", to=DESK, kind="slack_bot", credential="slack")
    tried = pantau("channels", "test", "newsroom")
    assert tried.code == 1
    assert "no Slack token is set" in tried.out
    rows.change(
        "INSERT INTO circuits (name, reason, probe_at) VALUES ('sender:slack', 'invalid_auth', now())"
    )
    with slack(SlackApi()) as api:
        tried = pantau("channels", "test", "newsroom")
    assert (tried.code, "accepted" in tried.out) == (0, True)
    assert "the channel is open again" in tried.out
    (message,) = api.standing(DESK)
    assert "test message to" in message.text


def test_a_channel_where_the_app_is_not_says_what_to_do(
    pantau: Any, installation: None, rows: Any, slack: Any
) -> None:
    rows.channel("newsroom", to=DESK, kind="slack_bot", credential="slack")
    with slack(SlackApi(rooms={DESK: "not_in"})):
        tried = pantau("channels", "test", "newsroom")
    assert tried.code == 1
    assert "/invite" in tried.out


def test_the_manifest_is_printed_and_what_it_lacks_said_beside_it(
    pantau: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = pantau("channels", "manifest")
    assert printed.out.startswith("display_information:")
    assert "https PANTAU_PUBLIC_URL" in printed.err
    monkeypatch.setenv("PANTAU_PUBLIC_URL", "https://pantau.example/")
    printed = pantau("channels", "manifest")
    assert (printed.out.count("https://pantau.example/hooks/slack"), printed.err) == (2, "")


def test_the_doctor_counts_what_was_refused_for_its_form_as_our_fault(
    pantau: Any, installation: None, rows: Any
) -> None:
    desk, subscription = rows.channel(), rows.subscription()
    for verdict, reason in (("simpler", "invalid_blocks"), ("simpler", "invalid_blocks"), ("later", "dns")):
        delivery = rows.delivery(desk, subscription, state="sent")
        rows.change(
            "INSERT INTO attempts (delivery_id, n, started_at, verdict, reason) VALUES (:d, 1, now(), :v, :r)",
            d=delivery,
            v=verdict,
            r=reason,
        )
    findings = json.loads(pantau("doctor", "--json").out)["findings"]
    (found,) = (each for each in findings if "for its form" in each["says"])
    assert (found["level"], found["about"]) == ("warn", "slack_webhook")
    assert "2 messages" in found["says"]
    assert "deliveries show 2" in found["remedy"]
