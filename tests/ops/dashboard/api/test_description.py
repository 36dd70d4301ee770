"""Everything that the description allows is asked, and much that it does not: no answer is a surprise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from alerts.channel import Sent
from alerts.store.schema import subscriptions
from ops.access import Attempts
from ops.api.app import description
from ops.api.paces import Pace
from ops.doctor import Examined, Finding
from ops.store.schema import users
from ops.trial import Trial
from worker.secrets import Secret
from worker.store.schema import topics

pytestmark = pytest.mark.servers

EXAMPLES = int(os.environ.get("PANTAU_API_EXAMPLES", "6"))
"""For each operation; a hundred take some ten minutes."""


@pytest.fixture
def same_accounts(engine: Any) -> Any:
    """Accounts are of all tests: whatever is made, removed or given another password here is put back."""
    with engine.begin() as connection:
        before = [dict(row) for row in connection.execute(select(users)).mappings()]
    yield
    with engine.begin() as connection:
        connection.execute(delete(users).where(users.c.id.not_in([row["id"] for row in before])))
        for row in before:
            again = insert(users).values(row)
            connection.execute(again.on_conflict_do_update(index_elements=["id"], set_=row))


@pytest.mark.timeout(300 if EXAMPLES < 10 else 3600)
def test_whatever_is_asked_is_answered_as_described(
    make_site: Any,
    database: Any,
    urls: Any,
    keys: Any,
    same_accounts: Any,
    token_of: Any,
    world: Any,
    house_with: Any,
) -> None:
    calm = Attempts(most=100_000, window_s=60)
    house_with(
        tries=_tries,
        rereads=_rereads,
        examines=_examines,
        pace=Pace(most=100_000),
        strangers=calm,
        passwords=calm,
        closing=lambda: True,
    )
    site = make_site(database, Secret(urls.redis), keys=keys, patience_s=60)
    with world() as news:
        news.tick()
        news.story()
        news.put(topics, name="Nikel", query="nikel")
        news.put(subscriptions, name="desk", topics=["Nikel"], channels=["desk"])
    token = token_of("admin")
    schema = schemathesis.openapi.from_dict(description(), config=SchemathesisConfig())
    schema.config.update(base_url=f"{site.address}/api/v1")
    asked, wrong = [], []
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            # our rules go further than a schema can say: a feed's address, what a scope needs, a condition
            case.call_and_validate(
                headers={"Authorization": f"Bearer {token}"},
                excluded_checks=[CHECKS.get_one("positive_data_acceptance")],
            )

        asked.append(operation.label)
        try:
            _given(operation)(ask)()
        except (Exception, BaseExceptionGroup) as error:
            wrong.append(
                (operation.label, str(error), [str(each) for each in getattr(error, "exceptions", ())])
            )
    assert wrong == [], "\n\n".join(f"{label}: {said}\n  {more}" for label, said, more in wrong)
    assert len(asked) >= 80


def _given(operation: Any) -> Any:
    from hypothesis import given
    from hypothesis import strategies as st

    return given(
        case=st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )
    )


async def _tries(_channel: Any) -> Trial:
    return Trial(Sent("1"), "200 ok")


async def _rereads(_number: int, url: str) -> tuple[datetime, Mapping[str, Any]]:
    return datetime(2026, 11, 26, tzinfo=UTC), {"url": url, "sentence": "It can be read."}


async def _examines() -> Examined:
    return Examined([Finding("ok", "disk", "there is room")], [], [])


def test_the_checks_that_matter_are_there() -> None:
    assert {"not_a_server_error", "response_schema_conformance", "status_code_conformance"} <= set(
        CHECKS.get_all_names()
    )
