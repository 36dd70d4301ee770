"""Channels: where people are told, whether anything gets through, and a message to try it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.model import Channel, ChannelId
from alerts.store.people import load_channel
from ops import made_here
from ops.access import Session
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.shell import gone_on, require, show, taken
from ops.dashboard.views import channels as views
from ops.dashboard.views.forms import channel_faults, channel_of, offered
from ops.made_here import Done, Refused, Ways
from ops.releasing import Released, TooEarly, release
from ops.said import said
from ops.store import restored
from ops.store.declared import LONGEST_NAME
from ops.store.pages import channels as reads
from ops.trial import try_channel, unwanted, write_down
from ops.watchlist.model import TARGET_KEYS
from worker.errors import BadConfiguration
from worker.secrets import KeyRing
from worker.store.engine import Connection

DEEDS = {
    "added": said("The channel is made. Send it a test message to see what its receiver says."),
    "asked": said("The channel is made. A mail asks its owner; nothing else is sent before they say yes."),
    "asked_again": said("A mail asks its owner once more."),
    "not_asked": said("No mail asks its owner: one is on its way, or they have answered."),
    "often": said("Its owner was asked several times today; ask again tomorrow."),
    "changed": said("The channel is changed. A test message shows what its receiver says."),
    "asked_anew": said(
        "The channel is changed. A mail asks the owner of the address; nothing else is sent before they say yes."
    ),
    "removed": said("The channel is removed; what was waiting for it is suppressed."),
    "tested": said("The test has ended. What the receiver said stands under “Last test”."),
    "opened": said("The receiver accepted the test, and what was held goes out now."),
    "released": said("Sending goes on."),
    "early": said("Some feeds were not polled since the restore. Wait a minute, or tick the box."),
    "nothing": said("Nothing waits for that word any more."),
}
_LONGEST_SEARCH = 100


async def show_channels(request: Request, session: Session) -> Response:
    """All channels, 50 at a time."""
    context, asked = context_of(request), request.query_params
    like, after = asked_for(request, "q"), asked_for(request, "after", LONGEST_NAME)
    kind = TARGET_KEYS.get(asked.get("kind", ""), "")
    found = await context.ask(lambda connection: _list(connection, context, after, like, kind))
    return await show(
        request,
        session,
        "channels.html",
        here="channels",
        deeds=DEEDS,
        view=found,
        asked={"q": like, "kind": asked.get("kind", "") if kind else ""},
        kinds=_kinds(TARGET_KEYS),
    )


def _list(connection: Connection, context: Context, after: str, like: str, kind: str) -> views.ChannelList:
    rows = reads.channel_rows(connection, after=after, like=like, kind=kind, limit=reads.PAGE + 1)
    shown = rows[: reads.PAGE]
    held = restored.held(connection) if restored.waits(connection) else None
    return views.ChannelList(
        rows=_composed(connection, context, shown),
        further=shown[-1]["name"] if len(rows) > len(shown) else "",
        filtered=bool(like or kind or after),
        release=views.release_of(held),
    )


async def show_channel(request: Request, session: Session) -> Response:
    """One channel, with what can be done with it."""
    context, number = context_of(request), number_of(request)
    found, waiting = await context.ask(lambda connection: one_channel(connection, context, number))
    return await show(
        request,
        session,
        "channel.html",
        here="channels",
        deeds=DEEDS,
        channel=found,
        waiting=waiting,
        can_ask=can_ask(context),
    )


def one_channel(connection: Connection, context: Context, number: int) -> tuple[views.ChannelView, int]:
    """The channel, and how many messages wait for it. Raises HTTPException where there is none."""
    rows = reads.channel_rows(connection, only=number)
    if not rows:
        raise HTTPException(404)
    (view,) = _composed(connection, context, rows)
    return view, reads.waiting(connection, number)


def _composed(
    connection: Connection, context: Context, rows: Sequence[Mapping[str, Any]]
) -> tuple[views.ChannelView, ...]:
    numbers = [row["id"] for row in rows]
    return views.compose(
        rows,
        reads.sent_of_late(connection, numbers),
        reads.heard_through(connection, numbers),
        {row["id"]: _target(context.keys, row) for row in rows},
        context.clock(),
    )


def _target(keys: KeyRing | None, row: Mapping[str, Any]) -> str | None:
    """Where the channel leads, for the view to mask; None where no key opens it."""
    if keys is not None:
        with suppress(BadConfiguration):
            return keys.open(row["target"], f"channel:{row['name']}:target").reveal()
    return None


async def new_channel(request: Request, session: Session) -> Response:
    """The form of a new channel."""
    require(session, "editor")
    kind = request.query_params.get("kind", "")
    usual = "email" if can_ask(context_of(request)) else "slack"
    first = kind if kind in offered(made_here.offered_kinds()) else usual
    return await _form(request, session, {"target_kind": first, "language": "en"}, {})


async def add_channel(request: Request, session: Session) -> Response:
    """Makes a channel, or says what is wrong with it."""
    fields, context = await taken(request, session), context_of(request)
    if fields.get("target_kind") not in offered(made_here.offered_kinds()):
        return await _form(
            request, session, fields, {"target_kind": said("Choose what kind of channel it is.")}
        )
    outcome = await context.ask(
        lambda connection: made_here.add_channel(
            connection, keys_of(context), channel_of(fields), ways_of(context), session.user
        )
    )
    match outcome:
        case Refused(_, faults):
            return await _form(request, session, fields, channel_faults(faults))
        case Done(number, asks=asks):
            return gone_on(f"/channels/{number}", did="asked" if asks else "added")


async def _form(
    request: Request, session: Session, fields: Mapping[str, str], faults: Mapping[str, str]
) -> Response:
    """The form; what is secret is never sent back, and has to be typed again."""
    context = context_of(request)
    usual = {"name": "", "target": "", "target_kind": "", "language": "en"}
    open_target = TARGET_KEYS.get(fields.get("target_kind", "")) in ("email", "slack_bot")
    kept = {key: fields.get(key, usual[key]) for key in usual if key != "target" or open_target}
    return await show(
        request,
        session,
        "channel-form.html",
        here="channels",
        status=422 if faults else 200,
        values={**usual, **kept},
        faults=faults,
        kinds=_kinds(offered(made_here.offered_kinds())),
        can_ask=can_ask(context),
        has_slack=context.outbox is not None and "slack" in context.outbox.credentials,
        retype=bool(faults) and not open_target,
    )


async def remove_channel(request: Request, session: Session) -> Response:
    """Removes a channel that was made here."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)

    def work(connection: Connection) -> made_here.Outcome:
        rows = reads.channel_rows(connection, only=number)
        if not rows:
            raise HTTPException(404)
        return made_here.remove_channel(connection, keys_of(context), rows[0]["name"], session.user)

    return gone_on("/channels", did="removed") if settled(await context.ask(work)) else gone_on("/channels")


async def ask_again(request: Request, session: Session) -> Response:
    """Asks the owner of a mailbox once more."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)
    keys = keys_of(context)

    def work(connection: Connection) -> made_here.Outcome:
        channel = _opened(connection, number, keys)
        return made_here.ask_again(connection, keys, channel, ways_of(context), session.user)

    match await context.ask(work):
        case Done(asks=asks):
            did = "asked_again" if asks else "not_asked"
        case Refused(why):
            did = "often" if why == "asked_too_often" else "not_asked"
    return gone_on(f"/channels/{number}", did=did)


async def test_channel(request: Request, session: Session) -> Response:
    """Sends one message past the ledger, and keeps what the receiver said to it."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)
    if context.outbox is None:
        raise HTTPException(404)
    keys = keys_of(context)
    channel, refused = await context.ask(lambda connection: _tried(connection, number, keys))
    trial = None if refused else await try_channel(context.outbox, channel, context.clock())
    opened = await context.ask(
        lambda connection: write_down(connection, channel, trial, refused or "", session.user)
    )
    return gone_on(f"/channels/{number}", did="opened" if opened else "tested")


def _tried(connection: Connection, number: int, keys: KeyRing) -> tuple[Channel, str | None]:
    channel = _opened(connection, number, keys)
    return channel, unwanted(connection, keys, channel)


def _opened(connection: Connection, number: int, keys: KeyRing) -> Channel:
    rows = reads.channel_rows(connection, only=number)
    if not rows:
        raise HTTPException(404)
    try:
        return load_channel(connection, ChannelId(number), keys)
    except BadConfiguration:
        raise HTTPException(
            400, "The channel's secret does not open with this installation's key (PANTAU_SECRET_KEY)."
        ) from None


async def release_all(request: Request, session: Session) -> Response:
    """After a restore: lets sending go on."""
    fields, context = await taken(request, session, "admin"), context_of(request)
    if fields.get("what") not in ("send", "drop"):
        raise HTTPException(400)
    outcome = await context.ask(
        lambda connection: release(
            connection, drop=fields["what"] == "drop", now=bool(fields.get("now")), who=session.user
        )
    )
    match outcome:
        case Released():
            return gone_on("/channels", did="released")
        case TooEarly():
            return gone_on("/channels", did="early")
    return gone_on("/channels", did="nothing")


def asked_for(request: Request, name: str, longest: int = _LONGEST_SEARCH) -> str:
    """What the address asks for under this name, as the database can take it."""
    return request.query_params.get(name, "").replace("\0", "")[:longest]


def keys_of(context: Context) -> KeyRing:
    """The keys that seal what is given here. Raises HTTPException where this process has none."""
    if context.keys is None:
        raise HTTPException(404)
    return context.keys


def ways_of(context: Context) -> Ways:
    """How the owner of an address could be asked by this installation."""
    return Ways(context.public_url, mails=context.outbox is not None and context.outbox.mail is not None)


def can_ask(context: Context) -> bool:
    """Whether this installation can ask the owner of an address."""
    ways = ways_of(context)
    return ways.mails and (ways.public_url or "").startswith("https://")


def settled(outcome: made_here.Outcome) -> bool:
    """Whether it was done. Raises HTTPException where the page should not have offered it."""
    if isinstance(outcome, Refused) and outcome.why == "declared":
        raise HTTPException(403, "A watchlist declares this: it is changed there, and by `pantau apply`.")
    return isinstance(outcome, Done)


def _kinds(keys: Mapping[str, Any] | Sequence[str]) -> list[tuple[str, str]]:
    return [(key, views.KINDS[TARGET_KEYS[key]]) for key in keys]


ROUTES = (
    Route("/channels", for_people(show_channels), methods=["GET"]),
    Route("/channels/new", for_people(new_channel), methods=["GET"]),
    Route("/channels/new", for_people(add_channel), methods=["POST"]),
    Route("/channels/release", for_people(release_all), methods=["POST"]),
    Route("/channels/{number:row}", for_people(show_channel), methods=["GET"]),
    Route("/channels/{number:row}/test", for_people(test_channel), methods=["POST"]),
    Route("/channels/{number:row}/ask", for_people(ask_again), methods=["POST"]),
    Route("/channels/{number:row}/remove", for_people(remove_channel), methods=["POST"]),
)
