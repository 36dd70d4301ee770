"""Stored articles: found, looked at one by one, and read again; and why somebody heard of one or did not."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.letter import plain_text
from ops import badly_read
from ops.access import Session
from ops.asking import hold_against
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.views import article as one
from ops.dashboard.views import articles as listed
from ops.dashboard.views import reading as again
from ops.said import Said, said
from ops.store import audit_log, slack
from ops.store.pages import articles as reads
from ops.store.storied import story_of
from ops.store.tracing import Trail, feeds_named, trail_of
from ops.store.unread import entries_of
from ops.store.watched import topics_named
from ops.tracing import Trace, name_of_site, names_of
from worker.model import Topic
from worker.store.engine import Connection
from worker.store.rereading import try_now

PATH = "/articles"
LONGEST_ADDRESS = 3_000
DEEDS = {
    "relevant": said("Noted: relevant."),
    "not-relevant": said("Noted: not relevant."),
    "reported": said(
        "Noted what is wrong with the text. Articles of which that was said are listed under Reported."
    ),
    "due": said("Its page is tried again within seconds."),
    "not-due": said("It was read in full, or is about to be read: there is nothing to try again."),
    "no-reading": said("The page could not be read in time. Try again in a minute."),
    "not-kept": said("That reading is not kept any more. Read the page again to see it."),
}


async def articles(request: Request, session: Session) -> Response:
    """The list of stored articles."""
    context = context_of(request)
    wanted = listed.sought(request.query_params)

    def read(connection: Connection) -> listed.View:
        return listed.compose(
            wanted,
            reads.find(connection, wanted),
            reads.languages(connection),
            reads.topic_names(connection),
            context.clock(),
        )

    return await show(request, session, "articles.html", here="articles", view=await context.ask(read))


async def article(request: Request, session: Session) -> Response:
    """One article with all that is known of it."""
    return await _show_article(request, session)


async def _show_article(
    request: Request, session: Session, *, status: int = 200, typed: str = "", wrong: Said | str = ""
) -> Response:
    context, number = context_of(request), number_of(request)
    named = plain_text(request.query_params.get("topic", ""), 120)
    every = request.query_params.get("hold") == "all"

    def read(connection: Connection) -> one.View | None:
        facts = _facts(connection, number, session.user, named, every)
        return None if facts is None else one.compose(facts, context.clock())

    view = await context.ask(read)
    if view is None:
        raise HTTPException(404, "No article has this number.")
    return await show(
        request,
        session,
        "article.html",
        here="articles",
        status=status,
        deeds=DEEDS,
        view=view,
        typed=typed,
        wrong=wrong,
        ledger="/deliveries" in context.offered,
    )


def _facts(connection: Connection, number: int, user: str, named: str, every: bool) -> one.Facts | None:
    """What is known of the article; None where there is none of this number."""
    identity = reads.identity_of(connection, number)
    if identity is None:
        return None
    trail = trail_of(connection, (identity,), ())
    chosen = None if every else _chosen(connection, trail, named)
    asked, silent = hold_against(connection, trail.read, trail.topic_set, chosen)
    known = named in {each.topic.name for each in asked}
    return one.Facts(
        number=number,
        trace=Trace(identity, trail, asked, silent, named if known else None),
        story=story_of(connection, number),
        said=reads.said_of(connection, number),
        reports=reads.reports_of(connection, number),
        user=user,
        named=named,
        unknown=bool(named) and not known,
    )


def _chosen(connection: Connection, trail: Trail, named: str) -> list[Topic]:
    """The standing topics that matched when it was read, and the one that was asked for: to hold all of them against
    it takes a second where there are a thousand."""
    names = [match["topic"] for match in trail.matches]
    found = topics_named(connection, [*names, *filter(None, [named])])
    return [found[name] for name in dict.fromkeys([*names, named]) if name in found]


async def why(request: Request, session: Session) -> Response:
    """On to the article at an address; or, where nobody read one there, what is known of it."""
    context = context_of(request)
    url = plain_text(request.query_params.get("url", ""), LONGEST_ADDRESS)
    if not url:
        return gone_on(PATH)

    def read(connection: Connection) -> int | one.Unknown:
        trail = trail_of(connection, *names_of(url))
        if trail.article is not None:
            number: int = trail.article["id"]
            return number
        feeds = [] if trail.entries else feeds_named(connection, name_of_site(url))
        return one.unread(Trace(url, trail, (), 0, None), feeds, context.clock())

    found = await context.ask(read)
    if isinstance(found, int):
        return gone_on(f"{PATH}/{found}")
    return await show(request, session, "why.html", here="articles", view=found)


async def take_word(request: Request, session: Session) -> Response:
    """Keeps what somebody says of an article that a channel was told of."""
    fields, number = await taken(request, session), number_of(request)
    relevant = fields.get("relevant") == "yes"

    def keep(connection: Connection) -> bool:
        told = slack.told_there(connection, _key(fields), number)
        if told is None:
            return False
        slack.say(connection, told, one.said_by(session.user), relevant=relevant)
        word = {"relevant": relevant, "delivery": fields.get("delivery")}
        audit_log.note(
            connection, session.user, "judged", "article", badly_read.name_of(connection, number), None, word
        )
        return True

    if not await context_of(request).ask(keep):
        raise HTTPException(404, "That message does not tell of this article.")
    return gone_on(f"{PATH}/{number}", did="relevant" if relevant else "not-relevant")


async def take_report(request: Request, session: Session) -> Response:
    """Keeps what somebody says is wrong with an article's text."""
    fields, number = await taken(request, session), number_of(request)
    said_of_it = " ".join(fields.get("said", "").split())
    if wrong := badly_read.wrong_report(said_of_it):
        return await _show_article(request, session, status=422, typed=fields.get("said", ""), wrong=wrong)

    kept = await context_of(request).ask(
        lambda connection: badly_read.report(connection, number, session.user, said_of_it, session.user)
    )
    if not kept:
        raise HTTPException(404, "No article has this number.")
    return gone_on(f"{PATH}/{number}", did="reported")


async def take_retry(request: Request, session: Session) -> Response:
    """Has the read desk try an article's page once more, as `pantau articles retry` does."""
    await taken(request, session)
    number = number_of(request)

    def retry(connection: Connection) -> int | None:
        identity = reads.identity_of(connection, number)
        if identity is None:
            return None
        due = try_now(connection, entries_of(connection, (identity,), ()))
        if due:
            audit_log.note(
                connection, session.user, "retried", "article", badly_read.name_of(connection, number)
            )
        return due

    due = await context_of(request).ask(retry)
    if due is None:
        raise HTTPException(404, "No article has this number.")
    return gone_on(f"{PATH}/{number}", did="due" if due else "not-due")


async def take_reading(request: Request, session: Session) -> Response:
    """Reads an article's page again, to be looked at; nothing of it is stored."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)
    link = await context.ask(lambda connection: badly_read.page_to_read(connection, number, session.user))
    if link is None:
        raise HTTPException(404, "This article has no page that could be read.")
    if not await context.rereading.again(number, link, context.clock()):
        return gone_on(f"{PATH}/{number}", did="no-reading")
    return gone_on(f"{PATH}/{number}/reading")


async def reading(request: Request, session: Session) -> Response:
    """What came of reading an article's page again."""
    context, number = context_of(request), number_of(request)
    found = context.rereading.of(number)
    if found is None:
        return gone_on(f"{PATH}/{number}", did="not-kept")
    at, told = found
    view = again.compose(number, told, at, context.clock())
    return await show(request, session, "reading.html", here="articles", view=view)


def _key(fields: Mapping[str, str]) -> str:
    """A delivery's public id; "" for what is none."""
    with suppress(ValueError):
        return str(UUID(fields.get("delivery", "")))
    return ""


ROUTES = (
    Route(PATH, for_people(articles), methods=["GET"]),
    Route("/why", for_people(why), methods=["GET"]),
    Route(f"{PATH}/{{number:row}}", for_people(article), methods=["GET"]),
    Route(f"{PATH}/{{number:row}}/word", for_people(take_word), methods=["POST"]),
    Route(f"{PATH}/{{number:row}}/report", for_people(take_report), methods=["POST"]),
    Route(f"{PATH}/{{number:row}}/retry", for_people(take_retry), methods=["POST"]),
    Route(f"{PATH}/{{number:row}}/read-again", for_people(take_reading), methods=["POST"]),
    Route(f"{PATH}/{{number:row}}/reading", for_people(reading), methods=["GET"]),
)
