"""What the API works with in the web process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from alerts.model import Channel
from ops.api.house import House
from ops.dashboard import gate
from ops.dashboard.context import Context, DatabaseSilent
from ops.dashboard.login import session_in
from ops.dashboard.pages.channels import ways_of
from ops.dashboard.pages.feeds import looked_at
from ops.dashboard.pages.installation import examined
from ops.doctor import Examined
from ops.looking import Looked
from ops.store.audit import Audit, audit
from ops.trial import Trial, try_channel
from worker.errors import Unavailable


def house_of(context: Context, closing: Callable[[], bool] = lambda: False) -> House:
    """This process, as the API sees it."""

    async def ask(work: Any, /) -> Any:
        try:
            return await context.ask(work)
        except DatabaseSilent as silent:
            raise Unavailable("the database does not answer in time") from silent

    async def hashes(work: Any, /) -> Any:
        try:
            return await context.ask(work, log_in=True)
        except DatabaseSilent as silent:
            raise Unavailable("the database does not answer in time") from silent

    async def proof() -> Audit | None:
        return await context.proof.latest(lambda: context.ask_at_length(audit), context.steady)

    async def tries(channel: Channel) -> Trial:
        assert context.outbox is not None
        return await try_channel(context.outbox, channel, context.clock())

    async def looks(url: str) -> Looked:
        assert context.settings is not None
        try:
            return await looked_at(context, context.settings, url)
        except TimeoutError as error:
            raise Unavailable("others are looking at sites just now") from error

    async def examines() -> Examined:
        try:
            return await examined(context)
        except DatabaseSilent as silent:
            raise Unavailable("the database does not answer in time") from silent

    async def rereads(number: int, url: str) -> tuple[datetime, Mapping[str, Any]] | None:
        if context.rereading.busy:  # people on pages queue; programs, which may ask in a loop, come again
            return None
        read = await context.rereading.again(number, url, context.clock())
        return context.rereading.of(number) if read else None

    return House(
        ask=ask,
        clock=context.clock,
        steady=context.steady,
        session=lambda request: session_in(context, request),
        visitor=lambda request: gate.visitor(request.client.host if request.client else None),
        proof=proof,
        ready=context.checks.look,
        examines=examines,
        settings=context.settings,
        sender=context.outbox.sender if context.outbox is not None else {},
        answers_slack=context.slack is not None,
        hashes=hashes,
        passwords=context.tries_by_name,
        keys=context.keys,
        looks=looks if context.settings is not None else None,
        rereads=rereads,
        errand=lambda work: context.errand(lambda: work(context.engine)),
        allow=context.settings.allow_nets if context.settings is not None else (),
        ways=ways_of(context),
        api_token=context.api_token,
        closing=closing,
        tries=tries if context.outbox is not None else None,
    )
