"""Silences: what nobody is to hear of for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.model import SilenceId
from alerts.silences import Scope
from ops import silencing
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.pages.channels import asked_for
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.views import silences as views
from ops.row_number import number_in
from ops.said import Said, said, said_n
from ops.silencing import BadSilence, Wanted
from ops.store.pages import silences as reads
from worker.store.engine import Connection

SPANS: Mapping[str, tuple[Said, timedelta]] = {
    "1h": (said_n("{n} hour", "{n} hours", 1), timedelta(hours=1)),
    "8h": (said_n("{n} hour", "{n} hours", 8), timedelta(hours=8)),
    "1d": (said_n("{n} day", "{n} days", 1), timedelta(days=1)),
    "7d": (said_n("{n} day", "{n} days", 7), timedelta(days=7)),
    "30d": (said_n("{n} day", "{n} days", 30), timedelta(days=30)),
}
DEEDS = {
    "added": said("Silenced. What comes meanwhile is suppressed with that reason, and not told later."),
    "ended": said("The silence is over. What it has suppressed stays so."),
    "over": said("That silence was over already."),
}
_FIELDS = ("scope", "what", "channel", "for", "until", "begin", "comment")
_LONGEST = 500


async def show_silences(request: Request, session: Session) -> Response:
    """What is silenced now and later; or what was, 50 at a time."""
    first = {name: asked_for(request, name, _LONGEST) for name in ("scope", "what", "channel")}
    return await _page(
        request, session, {"scope": "topic", "for": "8h", **{k: v for k, v in first.items() if v}}, {}
    )


async def add_silence(request: Request, session: Session) -> Response:
    """Silences something, or says what is wrong with it."""
    sent, context = await taken(request, session), context_of(request)
    fields = {name: sent.get(name, "").strip()[:_LONGEST] for name in _FIELDS}

    def work(connection: Connection) -> None:
        now = context.clock()
        if fields["scope"] not in views.SCOPES:
            raise BadSilence("what", "choose what is to be silenced")
        begin = _moment("begin", fields["begin"], session.timezone) if fields["begin"] else None
        wanted = Wanted(cast(Scope, fields["scope"]), fields["what"], fields["channel"], fields["comment"])
        end = _end(fields, begin or now, session.timezone)
        silencing.make(connection, wanted, begin=begin, end=end, now=now, who=session.user, by=session.user)

    try:
        await context.ask(work)
    except BadSilence as error:
        return await _page(request, session, fields, {error.field: str(error)})
    return gone_on("/silences", did="added")


def _end(fields: Mapping[str, str], begin: datetime, timezone: str) -> datetime:
    """Until when: the moment that is written, which goes before the length that is chosen."""
    if fields["until"]:
        return _moment("until", fields["until"], timezone)
    if fields["for"] not in SPANS:
        raise BadSilence("until", "until when? a silence has an end")
    try:
        return begin + SPANS[fields["for"]][1]
    except OverflowError:
        raise BadSilence("begin", "no silence can begin so late") from None


def _moment(field: silencing.Field, text: str, timezone: str) -> datetime:
    """A moment as the reader's own clock shows it, unless a zone is written."""
    found = silencing.moment(field, text)
    written = datetime.fromisoformat(text)
    return found if written.tzinfo else written.replace(tzinfo=ZoneInfo(timezone))


async def end_silence(request: Request, session: Session) -> Response:
    """Ends a silence before its time."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)
    ended = await context.ask(lambda connection: silencing.stop(connection, SilenceId(number), session.user))
    return gone_on("/silences", did="ended" if ended else "over")


async def _page(
    request: Request, session: Session, fields: Mapping[str, str], faults: Mapping[str, str]
) -> Response:
    context, asked = context_of(request), request.query_params
    past = asked.get("state") == "over"
    before = number_in(asked.get("before")) or 0

    def work(connection: Connection) -> tuple[tuple[views.SilenceView, ...], int, views.Names]:
        now = context.clock()
        if not past:
            return views.compose(reads.standing(connection), now), 0, reads.names(connection)
        rows = reads.over(connection, before, reads.PAGE + 1)
        shown = rows[: reads.PAGE]
        return views.compose(shown, now), shown[-1]["id"] if len(rows) > len(shown) else 0, ((), ())

    found, further, (topics, channels) = await context.ask(work)
    return await show(
        request,
        session,
        "silences.html",
        here="silences",
        status=422 if faults else 200,
        deeds=DEEDS,
        rows=found,
        past=past,
        further=further,
        values={**dict.fromkeys(_FIELDS, ""), **fields},
        faults=faults,
        topics=topics,
        channels=channels,
        scopes=list(views.SCOPES.items()),
        spans=[(key, words) for key, (words, _) in SPANS.items()],
    )


ROUTES = (
    Route("/silences", for_people(show_silences), methods=["GET"]),
    Route("/silences", for_people(add_silence), methods=["POST"]),
    Route("/silences/{number:row}/end", for_people(end_silence), methods=["POST"]),
)
