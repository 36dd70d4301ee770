"""Subscriptions: who hears of what, where and when; made and changed, paused, tried, and read as a feed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.model import SubscriptionId
from ops import feed_addresses, hearing, made_here
from ops.access import Session
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.pages.channels import asked_for, keys_of, settled
from ops.dashboard.shell import gone_on, require, show, taken
from ops.dashboard.views import subscriptions as views
from ops.dashboard.views.forms import NEW_SUBSCRIPTION, Fields, subscription_form, subscription_of
from ops.made_here import Done, Refused
from ops.previews import Preview, examples, previews
from ops.said import Said, said, said_n
from ops.store import sharing
from ops.store.declared import LONGEST_NAME
from ops.store.pages import subscriptions as reads
from worker.store.engine import Connection

SNOOZES: Mapping[str, tuple[Said, timedelta]] = {
    "1h": (said_n("{n} hour", "{n} hours", 1), timedelta(hours=1)),
    "8h": (said_n("{n} hour", "{n} hours", 8), timedelta(hours=8)),
    "1d": (said_n("{n} day", "{n} days", 1), timedelta(days=1)),
    "3d": (said_n("{n} day", "{n} days", 3), timedelta(days=3)),
    "7d": (said_n("{n} day", "{n} days", 7), timedelta(days=7)),
}
DEEDS = {
    "added": said("The subscription is made. It hears of what is read from now on."),
    "changed": said("The subscription is changed; it holds for what is read from now on."),
    "removed": said("The subscription is removed; what waited for it alone is suppressed."),
    "paused": said("Paused: what comes is kept for 7 days, and told in one message once it is resumed."),
    "snoozed": said("It hears nothing until then, and all of it in one message afterwards."),
    "resumed": said("It hears again; what was kept goes out in one message for each channel."),
    "closed": said("Every address at which it was read as a feed is closed."),
}
DOUBTS = {
    "sources": said("No feed has one of the names, tags or hosts among its sources yet."),
    "languages": said("No language has one of its codes."),
    "urgent": said("Nothing holds its urgent topics: there are no quiet hours and no wait to break."),
}
"""What is probably not meant about a subscription, by the key that it is about."""
_LARGEST_FORM = 64 * 1024
"""Bytes: room for a thousand topics by name."""
"""What a message is shown as where no channel of the subscription says otherwise."""


async def show_subscriptions(request: Request, session: Session) -> Response:
    """All subscriptions, 50 at a time; of a topic, of a channel, or those that rest."""
    context = context_of(request)
    topic, channel, after = (asked_for(request, name, LONGEST_NAME) for name in ("topic", "channel", "after"))
    like, resting = asked_for(request, "q"), request.query_params.get("state") == "resting"

    def work(connection: Connection) -> tuple[tuple[views.SubscriptionView, ...], str]:
        rows = reads.subscription_rows(
            connection,
            after=after,
            like=like,
            topic=topic,
            channel=channel,
            resting=resting,
            limit=reads.PAGE + 1,
        )
        shown = rows[: reads.PAGE]
        return _composed(connection, context, shown), shown[-1]["name"] if len(rows) > len(shown) else ""

    found, further = await context.ask(work)
    return await show(
        request,
        session,
        "subscriptions.html",
        here="subscriptions",
        deeds=DEEDS,
        rows=found,
        further=further,
        asked={"q": like, "topic": topic, "channel": channel, "state": "resting" if resting else ""},
        filtered=resting or any((like, topic, channel, after)),
    )


def _composed(
    connection: Connection, context: Context, rows: reads.Rows
) -> tuple[views.SubscriptionView, ...]:
    names = {name for row in rows for name in row["channels"]}
    return views.compose(
        rows,
        reads.channels_named(connection, names),
        reads.collecting(connection, [row["id"] for row in rows]),
        context.clock(),
    )


async def show_subscription(request: Request, session: Session) -> Response:
    """One subscription: what it hears, what goes out next, and how a message looks."""
    return await _shown(request, session)


async def _shown(request: Request, session: Session, addresses: Mapping[str, str] | None = None) -> Response:
    context, number = context_of(request), number_of(request)
    facts = await context.ask(lambda connection: _facts(connection, context, number))
    return await show(
        request,
        session,
        "subscription.html",
        here="subscriptions",
        deeds=DEEDS,
        doubts=[DOUBTS[key] for key in request.query_params.get("doubt", "").split("-") if key in DOUBTS],
        snoozes=[(key, words) for key, (words, _) in SNOOZES.items()],
        addresses=addresses or {},
        **facts,
    )


def _facts(connection: Connection, context: Context, number: int) -> dict[str, Any]:
    row = _row(connection, number)
    now, sender = context.clock(), context.outbox.sender if context.outbox else {}
    channels = reads.channels_named(connection, row["channels"])
    bundles = reads.next_bundles(connection, number)
    first = next(
        (
            each
            for each in bundles
            if each["articles"] <= reads.LARGEST_PREVIEW and each["due_at"].year < 9999
        ),
        None,
    )
    shown: dict[int, tuple[Preview, ...]] = {}
    if first is not None:
        letter = reads.letter_within(connection, first, now)
        shown[first["id"]] = previews(letter, [first["channel_kind"]], sender)
    article = reads.recent_article(connection, row["topics"])
    shared = sharing.addresses(connection, "subscriptions", number)
    return {
        "subscription": views.compose([row], channels, reads.collecting(connection, [number]), now)[0],
        "told_of": views.told_of(row, reads.topics_named(connection, row["topics"])),
        "coming": views.coming(bundles, shown, now),
        "previews": examples(article, row, channels, sender, now) if article else (),
        "article_language": views.language_of(article),
        "shared": len(shared),
    }


def _row(connection: Connection, number: int) -> Mapping[str, Any]:
    rows = reads.subscription_rows(connection, only=number)
    if not rows:
        raise HTTPException(404)
    return rows[0]


async def new_subscription(request: Request, session: Session) -> Response:
    """The form of a new subscription; a topic or a channel in the address is ticked already."""
    require(session, "editor")
    asked = {f"{noun}s": asked_for(request, noun, LONGEST_NAME) for noun in ("topic", "channel")}
    first = {key: name for key, name in asked.items() if name.strip()}
    return await _form(
        request,
        session,
        {**NEW_SUBSCRIPTION, "timezone": session.timezone, **first},
        {},
        "/subscriptions/new",
    )


async def add_subscription(request: Request, session: Session) -> Response:
    """Makes a subscription, or says what is wrong with it."""
    fields = await taken(request, session, largest=_LARGEST_FORM)
    context = context_of(request)
    outcome = await context.ask(
        lambda connection: made_here.add_subscription(
            connection, keys_of(context), subscription_of(fields), session.user
        )
    )
    match outcome:
        case Refused(_, faults):
            return await _form(request, session, fields, faults, "/subscriptions/new")
        case Done(number):
            return gone_on(f"/subscriptions/{number}", did="added", **_doubted(outcome))


async def edit_subscription(request: Request, session: Session) -> Response:
    """The form of a subscription that was made here."""
    require(session, "editor")
    context, number = context_of(request), number_of(request)
    row = await context.ask(lambda connection: _row(connection, number))
    if row["declared"]:
        return gone_on(f"/subscriptions/{number}")
    return await _form(
        request, session, views.as_given(row), {}, f"/subscriptions/{number}/edit", named=row["name"]
    )


async def change_subscription(request: Request, session: Session) -> Response:
    """Changes a subscription, or says what is wrong with it."""
    fields = await taken(request, session, largest=_LARGEST_FORM)
    context, number = context_of(request), number_of(request)

    def work(connection: Connection) -> tuple[str, made_here.Outcome]:
        name = _row(connection, number)["name"]
        given = subscription_of(fields)
        return name, made_here.change_subscription(connection, keys_of(context), name, given, session.user)

    name, outcome = await context.ask(work)
    if not settled(outcome):
        assert isinstance(outcome, Refused)
        return await _form(
            request, session, fields, outcome.faults, f"/subscriptions/{number}/edit", named=name
        )
    assert isinstance(outcome, Done)
    return gone_on(f"/subscriptions/{number}", did="changed", **_doubted(outcome))


def _doubted(outcome: Done) -> dict[str, str]:
    """What the page is to say of doubts, for its address: keys alone, whose sentences it knows."""
    fields = {doubt.field for doubt in outcome.doubts}
    doubted = "-".join(key for key in DOUBTS if key in fields)
    return {"doubt": doubted} if doubted else {}


async def _form(
    request: Request,
    session: Session,
    fields: Fields,
    faults: Mapping[str, str],
    to: str,
    *,
    named: str = "",
) -> Response:
    selectors, channels = await context_of(request).ask(reads.choices)
    return await show(
        request,
        session,
        "subscription-form.html",
        here="subscriptions",
        status=422 if faults else 200,
        form=subscription_form(fields, selectors, channels, faults),
        to=to,
        named=named,
        nothing=not selectors or not channels,
    )


async def remove_subscription(request: Request, session: Session) -> Response:
    """Removes a subscription that was made here."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)

    def work(connection: Connection) -> made_here.Outcome:
        name = _row(connection, number)["name"]
        return made_here.remove_subscription(connection, keys_of(context), name, session.user)

    done = settled(await context.ask(work))
    return gone_on("/subscriptions", did="removed" if done else "")


async def pause_subscription(request: Request, session: Session) -> Response:
    """Lets it hear nothing until it is resumed."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)

    def work(connection: Connection) -> None:
        name = _row(connection, number)["name"]
        hearing.pause(connection, SubscriptionId(number), name, context.clock(), session.user)

    await context.ask(work)
    return gone_on(f"/subscriptions/{number}", did="paused")


async def snooze_subscription(request: Request, session: Session) -> Response:
    """Lets it hear nothing for a while."""
    fields = await taken(request, session)
    context, number = context_of(request), number_of(request)
    if fields.get("for") not in SNOOZES:
        raise HTTPException(400)
    _, span = SNOOZES[fields["for"]]

    def work(connection: Connection) -> None:
        name, now = _row(connection, number)["name"], context.clock()
        hearing.snooze(connection, SubscriptionId(number), name, now + span, now, session.user)

    await context.ask(work)
    return gone_on(f"/subscriptions/{number}", did="snoozed")


async def resume_subscription(request: Request, session: Session) -> Response:
    """Lets it hear again."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)

    def work(connection: Connection) -> None:
        name = _row(connection, number)["name"]
        hearing.resume(connection, SubscriptionId(number), name, context.clock(), session.user)

    await context.ask(work)
    return gone_on(f"/subscriptions/{number}", did="resumed")


async def share_subscription(request: Request, session: Session) -> Response:
    """Makes an address at which it is read as a feed. It is a key that is shown once, so it must not stand in an
    address of ours: this one form is answered by a page."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)

    def work(connection: Connection) -> str:
        name = _row(connection, number)["name"]
        return feed_addresses.make(connection, "subscriptions", number, name, session.user)

    token = await context.ask(work)
    base = context.public_url or str(request.base_url)
    return await _shown(request, session, feed_addresses.forms(base, "subscriptions", token))


async def unshare_subscription(request: Request, session: Session) -> Response:
    """Closes every address at which it is read as a feed."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)

    def work(connection: Connection) -> None:
        name = _row(connection, number)["name"]
        feed_addresses.close(connection, "subscriptions", number, name, session.user)

    await context.ask(work)
    return gone_on(f"/subscriptions/{number}", did="closed")


_ONE = "/subscriptions/{number:row}"

ROUTES = (
    Route("/subscriptions", for_people(show_subscriptions), methods=["GET"]),
    Route("/subscriptions/new", for_people(new_subscription), methods=["GET"]),
    Route("/subscriptions/new", for_people(add_subscription), methods=["POST"]),
    Route(_ONE, for_people(show_subscription), methods=["GET"]),
    Route(f"{_ONE}/edit", for_people(edit_subscription), methods=["GET"]),
    Route(f"{_ONE}/edit", for_people(change_subscription), methods=["POST"]),
    Route(f"{_ONE}/remove", for_people(remove_subscription), methods=["POST"]),
    Route(f"{_ONE}/pause", for_people(pause_subscription), methods=["POST"]),
    Route(f"{_ONE}/snooze", for_people(snooze_subscription), methods=["POST"]),
    Route(f"{_ONE}/resume", for_people(resume_subscription), methods=["POST"]),
    Route(f"{_ONE}/share", for_people(share_subscription), methods=["POST"]),
    Route(f"{_ONE}/unshare", for_people(unshare_subscription), methods=["POST"]),
)
