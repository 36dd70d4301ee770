"""A topic applied to articles that were read before it was as it is: looked at first, and then done.

Both take as long as there are articles, so they are trials: the form begins one, and the page that it leads to asks
for itself again until there is an answer.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.model import Asked
from ops.access import Session
from ops.applying_back import Applied, apply_to_last_days
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import for_people
from ops.dashboard.pages.topic_editing import BUSY, PATIENCE_S
from ops.dashboard.pages.topics import standing
from ops.dashboard.shell import gone_on, require, show, taken
from ops.dashboard.trials import Trial, Work
from ops.dashboard.views.topic_applying import SPANS, ApplyView, apply_view
from ops.dashboard.views.topic_editor import running_view
from ops.said import Said, said
from ops.store.pages.topics import applied_back
from ops.store.topics import Standing
from worker.model import Topic, TopicId
from worker.store.engine import Connection

_AGAIN_S = "1"
_EARLIER = 5

FAILED = said(
    "It failed; what was decided until then stands. It is in the log of the web process. Try again."
)
FORGOTTEN = said("What came of it is not known here any more; what was done stands below. Look again.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: articles of so many days, told of or kept in silence, only looked at or done."""

    since: int
    asked: Asked
    real: bool

    def key(self, topic: Standing) -> Hashable:
        """What makes two wishes the same work."""
        return "applied back", topic.id, topic.topic, self.since, self.asked, self.real


async def look(request: Request, session: Session) -> Response:
    """What can be done, what would come of it, or what was done."""
    require(session, "editor")
    asked, context = request.query_params, context_of(request)
    see = asked.get("see", "")
    wish = _wish(asked, real=see == "done")
    here = await context.ask(lambda connection: standing(connection, request))
    trial = context.trials.known(wish.key(here)) if see in ("look", "done") else None
    if trial is not None and not trial.ended:
        answer = await _page(request, session, here, wish, running=trial)
        answer.headers["refresh"] = _AGAIN_S
        return answer
    if trial is None:
        stopped: Said | str = FORGOTTEN if see in ("look", "done") else ""
        return await _page(request, session, here, wish, stopped=stopped)
    applied = await trial.within(0)
    return await _page(
        request, session, here, wish, applied=applied, stopped=FAILED if applied is None else ""
    )


async def take(request: Request, session: Session) -> Response:
    """Begins to look at what would be done, or to do it."""
    fields = await taken(request, session)
    context = context_of(request)
    here = await context.ask(lambda connection: standing(connection, request))
    wish = _wish(fields, real=fields.get("do") == "apply")
    work = _work(context, here, wish, session.user)
    trial = context.trials.ask(wish.key(here), work, lasting=wish.real, anew=True)
    if trial is None:
        return await _page(request, session, here, wish, stopped=BUSY, status=503)
    await trial.within(PATIENCE_S)
    see = "done" if wish.real else "look"
    return gone_on(f"/topics/{here.id}/apply-back", since=str(wish.since), asked=wish.asked, see=see)


def _wish(fields: Mapping[str, str], *, real: bool) -> Wish:
    since = next((days for days in SPANS if str(days) == fields.get("since")), 7)
    asked: Asked = "silent" if fields.get("asked") == "silent" else "catch_up"
    return Wish(since, asked, real)


def _work(context: Context, here: Standing, wish: Wish, who: str) -> Work:
    """Does it, or everything but keeping it; what was done is written down even where it is given up half-way."""

    def work(trial: Trial) -> Applied:
        topic = Topic(TopicId(here.id), here.topic.name, here.topic.query)
        return apply_to_last_days(
            context.engine,
            topic,
            wish.since,
            wish.asked,
            context.clock,
            who,
            trial.counted,
            dry_run=not wish.real,
        )

    return work


async def _page(
    request: Request,
    session: Session,
    here: Standing,
    wish: Wish,
    *,
    running: Trial | None = None,
    applied: Applied | None = None,
    stopped: Said | str = "",
    status: int = 200,
) -> Response:
    context = context_of(request)

    def view_of(connection: Connection) -> ApplyView:
        return apply_view(
            here,
            wish.since,
            wish.asked,
            applied_back(connection, here.topic.name, _EARLIER),
            context.clock(),
            running=None if running is None else running_view(running.done, running.total),
            look=None if wish.real else applied,
            done=applied if wish.real else None,
            stopped=stopped,
        )

    view = await context.ask(view_of)
    return await show(request, session, "topic-apply-back.html", here="topics", status=status, view=view)


ROUTES = (
    Route("/topics/{number:row}/apply-back", for_people(look), methods=["GET"]),
    Route("/topics/{number:row}/apply-back", for_people(take), methods=["POST"]),
)
