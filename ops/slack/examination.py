"""What `pantau doctor` finds about Slack, each with its remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

from ops.causes import cause
from ops.said import Said, said
from ops.slack.access import LOOKS, POSTS, Access, understood, who_are_we
from ops.tools import make_web
from worker.secrets import Secret
from worker.settings import Settings

Remark = tuple[Literal["ok", "warn", "bad"], Said | str, Said | str]
_NEW_TOKEN = said(
    "copy the app's Bot User OAuth Token (xoxb-…) into PANTAU_SLACK_TOKEN and start again; "
    "what is held goes out by itself"
)
_REMEDIES = {
    "slack_not_configured": said(
        "set PANTAU_SLACK_TOKEN (docs/how-to/slack-app.md) and start again; what is held goes out by itself"
    ),
    "not_in_channel": said(
        "write /invite @pantau in that channel, then `pantau channels test NAME`: what is held goes out by itself"
    ),
    "channel_not_found": said(
        "private channel: /invite @pantau there; deleted: change its ID in the watchlist and apply it"
    ),
    "is_archived": said(
        "unarchive it in Slack, or change its ID in the watchlist and apply it; what is held goes out by itself"
    ),
    "missing_scope": said(
        "give the app the scopes of `pantau channels manifest` and install it again; what is held goes out by itself"
    ),
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"), _NEW_TOKEN
    ),
}


def slack_remedy(reason: str) -> Said | str:
    """What to do about a reason of the ledger that is Slack's; "" for any other."""
    return next((_REMEDIES[word] for word in reason.split(": ") if word in _REMEDIES), "")


def examine_slack(settings: Settings, token: Secret) -> Iterator[Remark]:
    """Asks Slack who we are there."""
    found = asyncio.run(_asked(settings, token))
    if isinstance(found, str):
        network = said("check the network, and PANTAU_SLACK_API if it is set")
        yield (
            "bad",
            said("the bot token does not let us in: {cause}", cause=cause(found)),
            slack_remedy(found) or network,
        )
        return
    yield from _judged(found)


async def _asked(settings: Settings, token: Secret) -> Access | str:
    async with make_web(settings) as web:
        return understood(await web.ask(who_are_we(settings.slack_api, token)))


def _judged(found: Access) -> Iterator[Remark]:
    if not found.is_bot:
        yield "bad", said("the token is a person's: all messages would be hers"), _NEW_TOKEN
    if found.lacks(POSTS):
        yield "bad", said("the app may not post: its token lacks {scopes}", scopes=POSTS), _anew(POSTS)
    if missing := found.lacks(*LOOKS):
        names = " and ".join(missing)
        says = said(
            "after a lost answer nobody can look whether a message arrived: the token lacks {scopes}",
            scopes=names,
        )
        yield "warn", says, _anew(names)
    if found.is_bot and not found.lacks(POSTS, *LOOKS):
        who = {"user": found.user, "team": found.team}
        may = said("the token lets us in as {user} of {team}, and may post, and look what arrived", **who)
        unknown = said("the token lets us in as {user} of {team}, and says nothing of its permissions", **who)
        yield "ok", may if found.scopes else unknown, ""


def _anew(scopes: str) -> Said:
    return said(
        "add {scopes} to the app's bot scopes, or take the manifest of `pantau channels manifest`, "
        "and install it again",
        scopes=scopes,
    )
