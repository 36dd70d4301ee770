"""A program that asks the API: its token, its JSON, its conditions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, delete

from ops.dashboard.house import house_of
from ops.store import accounts, tokens
from ops.store.schema import users
from worker.secrets import KeyRing, Secret

API = "/api/v1"
_names = count(1)


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Program:
    """Sends its token with everything, or none."""

    visitor: Any
    token: str = ""
    sent: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, body: object = None, **headers: str) -> Reply:
        return self.ask("POST", path, body, headers)

    def put(self, path: str, body: object, **headers: str) -> Reply:
        return self.ask("PUT", path, body, headers)

    def patch(self, path: str, body: object, **headers: str) -> Reply:
        return self.ask("PATCH", path, body, headers)

    def delete(self, path: str, **headers: str) -> Reply:
        return self.ask("DELETE", path, None, headers)

    def ask(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Reply:
        said = {**({"authorization": f"Bearer {self.token}"} if self.token else {}), **headers}
        sent = None
        if body is not None:
            sent = body if isinstance(body, bytes) else json.dumps(body).encode()
            said.setdefault("content-type", "application/json")
        got = self.visitor.ask(method, API + path, sent, said)
        return Reply(got.status, got.headers, got.text)


MakeProgram = Callable[..., Program]


@pytest.fixture
def keys() -> Any:
    return KeyRing.of(("a phrase that is long enough",))


@pytest.fixture
def house_with(monkeypatch: Any) -> Callable[..., None]:
    """Web processes that are made from now on work with something else."""

    def put(**facts: Any) -> None:
        monkeypatch.setattr("ops.dashboard.house.house_of", lambda *given: replace(house_of(*given), **facts))

    return put


@pytest.fixture
def site(make_site: Any, database: Secret, urls: Any, keys: Any) -> Any:
    """The web process, with keys, and a pace that no test reaches unless it wants to."""
    return make_site(database, Secret(urls.redis), keys=keys)


@pytest.fixture
def token_of(engine: Engine) -> Any:
    """Makes a token of an account of this role."""
    made: list[str] = []

    def make(*scopes: str, role: str = "admin", expires_at: datetime | None = None, name: str = "t") -> str:
        who = f"account {next(_names)}"
        made.append(who)
        with engine.begin() as connection:
            accounts.add_user(connection, who, "no password", role)
            user = accounts.find_user(connection, who)
            assert user is not None
            return tokens.make_token(connection, name, user, scopes, expires_at).reveal()  # type: ignore[arg-type]

    yield make
    with engine.begin() as connection:
        connection.execute(delete(users).where(users.c.name.in_(made)))


@pytest.fixture
def program(site: Any, token_of: Any) -> MakeProgram:
    """A program with a token of these scopes, or without any."""

    def make(*scopes: str, role: str = "admin") -> Program:
        return Program(site.visitor(), token_of(*scopes, role=role) if scopes else "")

    return make
