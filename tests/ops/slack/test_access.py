"""What Slack says of a token, and what that means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.slack.access import LOOKS, Access, understood, who_are_we
from ops.slack.examination import _judged, slack_remedy
from worker.secrets import Secret
from worker.wire import Failure, Reply

OURS = {"ok": True, "team": "Newsroom", "team_id": "T0", "user": "pantau", "bot_id": "B0"}
ALL = frozenset(("chat:write", *LOOKS))


def answered(content: Any, status: int = 200, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, "u")


def test_the_question_shows_the_token_to_slack_alone() -> None:
    request = who_are_we("https://slack.com/api", Secret("xoxb-hush"))
    assert (request.url, request.vouched) == ("https://slack.com/api/auth.test", True)
    assert request.headers["Authorization"] == "Bearer xoxb-hush"
    assert "hush" not in repr(request)


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        (
            answered(OURS, x_oauth_scopes="chat:write, channels:history"),
            Access("Newsroom", "T0", "pantau", True, frozenset(("chat:write", "channels:history"))),
        ),
        (answered(OURS), Access("Newsroom", "T0", "pantau", True, None)),
        (answered({**OURS, "ok": False, "error": "token_revoked"}), "token_revoked"),
        (answered({"ok": True}), "unexpected_answer"),
        (answered(b"<html>sign in</html>"), "unexpected_answer"),
        (answered(b"[" * 5000), "unexpected_answer"),
        (answered(b"", 502), "http_502"),
        (Failure("dns", "no such host"), "dns"),
    ],
)
def test_slacks_answer_is_understood(answer: Any, meant: object) -> None:
    assert understood(answer) == meant


@pytest.mark.parametrize(
    ("scopes", "is_bot", "levels", "word"),
    [
        (ALL, True, ["ok"], "pantau of Newsroom"),
        (None, True, ["ok"], "says nothing of its permissions"),
        (ALL - {"groups:history"}, True, ["warn"], "lacks groups:history"),
        (ALL - set(LOOKS), True, ["warn"], "channels:history and groups:history"),
        (ALL - {"chat:write"}, True, ["bad"], "may not post"),
        (frozenset(), True, ["bad", "warn"], "may not post"),
        (ALL, False, ["bad"], "a person's"),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(
    scopes: frozenset[str] | None, is_bot: bool, levels: list[str], word: str
) -> None:
    remarks = list(_judged(Access("Newsroom", "T0", "pantau", is_bot, scopes)))
    assert [level for level, _, _ in remarks] == levels
    assert word in remarks[0][1]
    assert all(bool(remedy) == (level != "ok") for level, _, remedy in remarks)


def test_a_reason_of_the_ledger_has_its_remedy() -> None:
    assert "PANTAU_SLACK_TOKEN" in slack_remedy("slack_not_configured")
    assert "/invite" in slack_remedy("channel_blocked: not_in_channel")
    assert slack_remedy("smtp_not_configured") == ""
