"""Settings, names and entities: which thing a name belongs to, and all its names in all languages."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import show
from ops.dashboard.views.entities import Own, Pack, Whole, own_rows, packs, whole
from ops.dashboard.views.settings import tabs
from ops.named_things import LONGEST_ASKED, Found, candidates, fitting, the_one
from ops.store.pages.entities import MOST_OWN, own_counts, own_entities, topics_with
from worker.match.entities import pack_sizes, shipped
from worker.plain import one_line
from worker.store.engine import Connection
from worker.store.topics import catalogue

HERE = "/settings/entities"


@dataclass(frozen=True, slots=True)
class _Looked:
    own: tuple[Own, ...]
    own_total: int
    packs: tuple[Pack, ...]
    total: int
    found: tuple[Found, ...]
    entity: Whole | None


async def entities(request: Request, session: Session) -> Response:
    """The packs, the users' own entities, and what goes by the name that was asked for."""
    query = request.query_params
    asked = one_line(query.get("name", "")[:LONGEST_ASKED]).strip()
    key = query.get("key", "")[:LONGEST_ASKED]
    looked = await context_of(request).ask(lambda connection: _look(connection, asked, key))
    return await show(
        request,
        session,
        "settings_entities.html",
        here="settings",
        tabs=tabs(session.role),
        tab="entities",
        asked=asked,
        looked=looked,
        more=looked.own_total > MOST_OWN,
    )


def _look(connection: Connection, asked: str, key: str) -> _Looked:
    own, counts = own_entities(connection), own_counts(connection)
    entity: Whole | None = None
    found: tuple[Found, ...] = ()
    if asked or key:
        known = catalogue(connection)
        bare = asked.removeprefix("@")
        if bare:
            found = fitting(bare, (known[each] for each in candidates(bare, own) if each in known))
        key = key or (bare.lower() if bare.lower() in known else the_one(found))
        if key in known:
            entity = whole(known[key], topics_with(connection, key))
    return _Looked(own_rows(own), sum(counts.values()), packs(pack_sizes()), len(shipped()), found, entity)


ROUTES = (Route(HERE, for_people(entities), methods=["GET"]),)
