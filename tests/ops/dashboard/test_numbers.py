"""Numbers of rows in addresses: what can be none leads nowhere, and comes to no database."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route

from ops.dashboard.numbers import number_of
from ops.row_number import number_in


async def _told(request: Request) -> Response:
    return PlainTextResponse(str(number_of(request)))


ROUTE = Route("/feeds/{number:row}", _told)


@pytest.mark.parametrize("written", ["1", "42", "9" * 18])
def test_a_number_of_a_row_is_one(written: str) -> None:
    match, found = ROUTE.matches({"type": "http", "method": "GET", "path": f"/feeds/{written}"})
    assert (match, found["path_params"]) == (Match.FULL, {"number": int(written)})
    assert number_in(written) == int(written)


@pytest.mark.parametrize("written", ["0", "01", "-1", "9" * 19, "1e3", "\u0661", "", "add"])
def test_what_no_row_can_have_leads_nowhere(written: str) -> None:
    assert ROUTE.matches({"type": "http", "method": "GET", "path": f"/feeds/{written}"})[0] is Match.NONE


@pytest.mark.parametrize("written", [None, "", "-1", "9" * 19, "1e3", "\u0661", " 1"])
def test_what_is_no_number_is_none(written: str | None) -> None:
    assert number_in(written) is None
