"""What is asked in an address: only what the operation knows, since a slip of the pen would ask for something else."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from ops.api.problems import Fault, Problem
from ops.watchlist.words import did_you_mean, shown

_MOST = 20


async def only_what_is_known(request: Request) -> None:
    """Raises Problem for a parameter that the operation does not have."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = tuple(_of(route.dependant))
    faults = [
        Fault(
            f"#/{name[:60].replace('~', '~0').replace('/', '~1')}",
            f"There is no parameter {shown(name)}{did_you_mean(name, list(known))}.",
            "query",
        )
        for name in dict.fromkeys(request.query_params)
        if name not in known
    ]
    if faults:
        raise Problem(422, "invalid", faults[0].detail, faults=faults[:_MOST])


def _of(part: Dependant) -> Iterator[str]:
    yield from (field.alias for field in part.query_params)
    for needed in part.dependencies:
        yield from _of(needed)
