"""Whether Slack lets our token in, and what it may do there. https://docs.slack.dev/reference/methods/auth.test"""

from __future__ import annotations

import json
from dataclasses import dataclass

from worker.secrets import Secret
from worker.wire import Failure, Reply, Request

POSTS = "chat:write"
LOOKS = ("channels:history", "groups:history")


@dataclass(frozen=True, slots=True)
class Access:
    """Who we are in Slack. `scopes` are the permissions that Slack names, None where it names none."""

    team: str
    team_id: str
    user: str
    is_bot: bool
    scopes: frozenset[str] | None

    def lacks(self, *needed: str) -> tuple[str, ...]:
        """Those of the scopes that the token does not have; none where nobody knows."""
        return tuple(scope for scope in needed if self.scopes is not None and scope not in self.scopes)


def who_are_we(api: str, token: Secret) -> Request:
    """The question to Slack."""
    headers = {"Authorization": f"Bearer {token.reveal()}"}
    return Request(
        f"{api}/auth.test", "POST", headers, deadline_s=10, max_bytes=64 * 1024, max_redirects=0, vouched=True
    )


def understood(answer: Reply | Failure) -> Access | str:
    """What Slack says of us; else why there is no such answer, as the ledger writes reasons."""
    if isinstance(answer, Failure):
        return answer.reason
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        content = None
    match content:
        case {"ok": True, "team": str(team), "team_id": str(team_id), "user": str(user)}:
            named = answer.headers.get("x-oauth-scopes")
            scopes = None if named is None else frozenset(part.strip() for part in named.split(","))
            return Access(team, team_id, user, "bot_id" in content, scopes)
        case {"ok": False, "error": str(word)}:
            return word
    return "unexpected_answer" if answer.status == 200 else f"http_{answer.status}"
