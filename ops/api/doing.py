"""Changes that programs make: done once however often they are asked for, and only to what they have seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Header
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ops.api.callers import Caller
from ops.api.frame import tags_in
from ops.api.house import Ask, House
from ops.api.problems import Problem, not_found, unavailable
from ops.api.shapes.values import version
from ops.plain_json import plain
from ops.store import answered
from ops.store.answered import Answered, OtherRequest, UnderWay
from worker.secrets import KeyRing, Secret
from worker.store.engine import Connection

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="A name of your own for this request. Whoever sends it again within 24 hours is answered as the "
        "first time, and nothing is done twice.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r"^[\x20-\x7e]{1,1000}$",
        description='The ETag of what you have seen, or "*" for whatever there is.',
    ),
]

_REUSED = "This Idempotency-Key was sent with another request; each needs its own."
_UNDER_WAY = "The request that was first sent with this Idempotency-Key is still being done."
_NO_CONDITION = (
    "Read it first, and send its ETag as If-Match (or If-Match: *), so that nobody's change is lost."
)
_CHANGED = "It is not what you have seen any more: read it again, and send its new ETag."


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, to be answered; `location` is where what was made is found, `version` that of what was changed,
    for the ETag (`ops.api.shapes.values.version`)."""

    answer: Mapping[str, Any]
    status: int = 200
    location: str | None = None
    version: str | None = None


async def do(
    house: House,
    request: Request,
    caller: Caller,
    key: str | None,
    work: Callable[[Connection], Done],
    ask: Ask | None = None,
) -> Response:
    """Does the work in one transaction together with its key, or answers as the first time; by `ask` where the work is
    none for the threads that all others wait for."""

    def transaction(connection: Connection) -> tuple[Answered, bool]:
        known = _taken(connection, house, request, caller, key)
        if known is not None:
            return known, True
        done = work(connection)
        request.state.version = done.version
        return _kept(connection, caller, key, done), False

    answer, replayed = await (ask or house.ask)(transaction)
    return _response(answer, replayed)


async def do_outside(
    house: House, request: Request, caller: Caller, key: str | None, work: Callable[[], Awaitable[Done]]
) -> Response:
    """The same for work that no transaction holds: its key is taken before, and given back if it fails."""
    known = await house.ask(lambda connection: _taken(connection, house, request, caller, key))
    if known is not None:
        return _response(known, True)
    try:
        done = await work()
    except BaseException:
        if key is not None:
            await house.ask(lambda connection: answered.give_back(connection, caller.key, key))
        raise
    answer = await house.ask(lambda connection: _kept(connection, caller, key, done))
    return _response(answer, False)


def keys_of(house: House) -> KeyRing:
    """The keys that seal what is given here. Raises Problem where this process has none."""
    if house.keys is None:
        raise unavailable(
            "This process was started without its key file, so it cannot change what is watched."
        )
    return house.keys


def changed() -> Problem:
    """Somebody else was quicker."""
    return Problem(412, "changed", _CHANGED)


def unchanged(condition: str | None, version: str) -> None:
    """Raises Problem: 428 for a change without a condition, 412 for one of what is no more as it was seen."""
    if condition is None:
        raise Problem(428, "no_condition", _NO_CONDITION)
    if not any(tag == "*" or tag.partition("-")[0] == version for tag in tags_in(condition)):
        raise changed()


def as_seen(
    row: Mapping[str, Any] | None,
    noun: str,
    number: str,
    condition: str | None,
    figures: frozenset[str] = frozenset(),
) -> Mapping[str, Any]:
    """The row, which is as the program has seen it. Raises Problem: 404 where there is none, else as `unchanged`."""
    if row is None:
        raise not_found(noun, number)
    unchanged(condition, version(row, figures))
    return row


def _taken(
    connection: Connection, house: House, request: Request, caller: Caller, key: str | None
) -> Answered | None:
    if key is None:
        return None
    match answered.take(connection, caller.key, key, _print(house.keys, request)):
        case OtherRequest():
            raise Problem(422, "key_reused", _REUSED)
        case UnderWay():
            raise Problem(409, "under_way", _UNDER_WAY, headers={"retry-after": "2"})
        case known:
            return known


def _kept(connection: Connection, caller: Caller, key: str | None, done: Done) -> Answered:
    answer = Answered(done.status, plain(done.answer), done.location)
    if key is not None:
        answered.keep(connection, caller.key, key, answer)
    return answer


def _print(keys: KeyRing | None, request: Request) -> bytes:
    """What was asked, told apart from everything else; under our key, since a body may hold an address that somebody
    could guess."""
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    body: bytes = request.state.body
    found = sha256(asked + body)
    return keys.fingerprint(Secret(found.hexdigest())).encode() if keys is not None else found.digest()


def _response(answer: Answered, replayed: bool) -> Response:
    headers = {"idempotency-replayed": "true"} if replayed else {}
    if answer.location:
        headers["location"] = answer.location
    return JSONResponse(answer.answer, answer.status, headers)
