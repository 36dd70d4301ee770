"""The commands as a person runs them, on a database of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.__main__ import main
from ops.places import Urls
from worker.secrets import KeyRing, Secret

KEY = "a key for the tests of commands"


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def pantau(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Answer]:
    """Runs a command in this process; nothing runs on its data directory."""
    monkeypatch.setenv("PANTAU_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PANTAU_ALLOW_NETS", "127.0.0.0/8")

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    """The keys that the commands find in their environment."""
    return KeyRing.of((KEY,))


@pytest.fixture
def installation(monkeypatch: pytest.MonkeyPatch, database_url: Secret, urls: Urls) -> None:
    """An installation with empty tables, which the commands find in their environment."""
    monkeypatch.setenv("PANTAU_DATABASE_URL", database_url.reveal())
    monkeypatch.setenv("PANTAU_REDIS_URL", urls.redis)
    monkeypatch.setenv("PANTAU_SECRET_KEY", KEY)
