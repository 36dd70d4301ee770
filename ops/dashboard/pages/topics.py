"""Topics: the list, and what one finds."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.shell import show, taken
from ops.dashboard.views.topics import (
    FOUND,
    PAGE,
    SPANS,
    SPARK_DAYS,
    ListView,
    TopicFacts,
    TopicView,
    first_moment,
    list_view,
    topic_view,
)
from ops.dashboard.views.written import forms_of
from ops.row_number import number_in
from ops.said import said
from ops.store import audit_log, slack
from ops.store import topics as rows
from ops.store.pages import topics as reads
from ops.store.topics import Standing
from worker.store.engine import Connection

LONGEST_WORDS = 100
NO_TOPIC = "This topic is not watched any more, or never was."

DEEDS = {
    "added": said(
        "The topic is saved. It is matched from now on; nobody hears of it before a subscription names it."
    ),
    "saved": said("The topic is saved. What is read from now on is matched by it."),
    "same": said("The topic stands as it was; there was nothing to save."),
    "removed": said("The topic is removed. What it found stays."),
    "judged": said("Noted. Thank you."),
}


async def topics(request: Request, session: Session) -> Response:
    """The list of topics."""
    asked = request.query_params
    words, after = asked.get("q", "").strip()[:LONGEST_WORDS].replace("\0", ""), asked.get("after", "")
    view = await context_of(request).ask(lambda connection: _list(connection, request, words, after))
    return await show(request, session, "topics.html", here="topics", deeds=DEEDS, view=view)


def _list(connection: Connection, request: Request, words: str, after: str) -> ListView:
    now = context_of(request).clock()
    found = reads.topics_listed(connection, words, after[:500].replace("\0", ""), PAGE + 1)
    days = reads.matches_by_day(connection, [row["id"] for row in found], first_moment(now, SPARK_DAYS))
    hearing, total = reads.hearers(connection, found), reads.topics_in_all(connection)
    return list_view(found, days, hearing, total, words, now)


async def topic(request: Request, session: Session) -> Response:
    """One topic: what it looks for, what it found, who hears of it."""
    span, before = span_of(request), number_in(request.query_params.get("before"))
    view = await context_of(request).ask(lambda connection: _one(connection, request, session, span, before))
    return await show(
        request, session, "topic.html", here="topics", deeds=DEEDS, view=view, span=span, before=before
    )


def _one(
    connection: Connection, request: Request, session: Session, span: int, before: int | None
) -> TopicView:
    now, here = context_of(request).clock(), standing(connection, request)
    since = first_moment(now, span)
    found = reads.matches_of(connection, here.id, FOUND + 1, before)
    facts = TopicFacts(
        topic=here,
        version=rows.versions(connection, here.id, 1)[0],
        heard=rows.heard_by(connection, here.topic),
        days=reads.matches_by_day(connection, [here.id], since).get(here.id, {}),
        places=reads.places_of(connection, here.id, since),
        together=reads.seen_with(connection, here.id, since),
        found=found,
        judged=reads.judged(connection, found, _by(session)),
        forms=forms_of(here.topic.query, context_of(request).knowing.now(connection)),
    )
    return topic_view(facts, span, now)


async def take_judgement(request: Request, session: Session) -> Response:
    """Notes what somebody says of an article that was told: the same word as behind the buttons in Slack."""
    fields = await taken(request, session, "viewer")
    article, key = number_in(fields.get("article")), _key(fields.get("delivery", ""))
    relevant = fields.get("relevant") == "yes"

    def note(connection: Connection) -> None:
        here = standing(connection, request)
        told = slack.told_there(connection, key, article or 0)
        if told is None:
            raise HTTPException(404, "No message of Pantau has told of this article.")
        slack.say(connection, told, _by(session), relevant=relevant)
        what = {"topic": here.topic.name, "relevant": relevant}
        audit_log.note(connection, session.user, "judged", "article", str(told.article), after=what)

    await context_of(request).ask(note)
    back = {name: fields[name] for name in ("days", "before") if fields.get(name, "").isdecimal()}
    place = number_in(fields.get("match")) or 0
    here = f"/topics/{number_of(request)}?{urlencode({**back, 'did': 'judged'})}"
    return RedirectResponse(f"{here}#m{place}", 303)


def standing(connection: Connection, request: Request) -> Standing:
    """The topic in the address. Raises HTTPException where there is none."""
    found = rows.standing(connection, number_of(request))
    if found is None:
        raise HTTPException(404, NO_TOPIC)
    return found


def span_of(request: Request) -> int:
    """How many days the picture has."""
    days = number_in(request.query_params.get("days"))
    return days if days in SPANS else SPANS[0]


def _by(session: Session) -> str:
    """As a channel's people are written: by where they said it."""
    return f"page:{session.user}"


def _key(written: str) -> str:
    try:
        return str(UUID(written))
    except ValueError:
        return ""


ROUTES = (
    Route("/topics", for_people(topics), methods=["GET"]),
    Route("/topics/{number:row}", for_people(topic), methods=["GET"]),
    Route("/topics/{number:row}/judge", for_people(take_judgement), methods=["POST"]),
)
