"""What `pantau doctor` finds about Slack, each with its remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

from ops.slack.access import LOOKS, POSTS, Access, understood, who_are_we
from ops.tools import make_web
from ops.verdict import cause
from worker.secrets import Secret
from worker.settings import Settings

Remark = tuple[Literal["ok", "warn", "bad"], str, str]
_AGAIN = "what is held goes out by itself"
_NEW_TOKEN = f"copy the app's Bot User OAuth Token (xoxb-…) into PANTAU_SLACK_TOKEN and start again; {_AGAIN}"
_REMEDIES = {
    "slack_not_configured": f"set PANTAU_SLACK_TOKEN (docs/how-to/slack-app.md) and start again; {_AGAIN}",
    "not_in_channel": f"write /invite @pantau in that channel, then `pantau channels test NAME`: {_AGAIN}",
    "channel_not_found": "private channel: /invite @pantau there; deleted: change its ID in the watchlist and apply it",
    "is_archived": f"unarchive it in Slack, or change its ID in the watchlist and apply it; {_AGAIN}",
    "missing_scope": f"give the app the scopes of `pantau channels manifest` and install it again; {_AGAIN}",
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"), _NEW_TOKEN
    ),
}


def slack_remedy(reason: str) -> str:
    """What to do about a reason of the ledger that is Slack's; "" for any other."""
    return next((_REMEDIES[word] for word in reason.split(": ") if word in _REMEDIES), "")


def examine_slack(settings: Settings, token: Secret) -> Iterator[Remark]:
    """Asks Slack who we are there."""
    found = asyncio.run(_asked(settings, token))
    if isinstance(found, str):
        network = "check the network, and PANTAU_SLACK_API if it is set"
        yield "bad", f"the bot token does not let us in: {cause(found)}", slack_remedy(found) or network
        return
    yield from _judged(found)


async def _asked(settings: Settings, token: Secret) -> Access | str:
    async with make_web(settings) as web:
        return understood(await web.ask(who_are_we(settings.slack_api, token)))


def _judged(found: Access) -> Iterator[Remark]:
    anew = "add {} to the app's bot scopes, or take the manifest of `pantau channels manifest`, and install it again"
    if not found.is_bot:
        yield "bad", "the token is a person's: all messages would be hers", _NEW_TOKEN
    if found.lacks(POSTS):
        yield "bad", f"the app may not post: its token lacks {POSTS}", anew.format(POSTS)
    if missing := found.lacks(*LOOKS):
        names = " and ".join(missing)
        says = f"after a lost answer nobody can look whether a message arrived: the token lacks {names}"
        yield "warn", says, anew.format(names)
    if found.is_bot and not found.lacks(POSTS, *LOOKS):
        may = "may post, and look what arrived" if found.scopes else "says nothing of its permissions"
        yield "ok", f"the token lets us in as {found.user} of {found.team}, and {may}", ""
