"""`pantau compile`: what it says where it cannot, and that it leaves nothing half made.

That what it makes works is shown by all other tests, which run it in `.ci/run`.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from ops import compiling
from ops.compiling import AlreadyCompiled, Compiled, compile_modules
from worker import compiled
from worker.errors import Unavailable


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "compiled"
    monkeypatch.setattr(compiling, "home", lambda: home)
    monkeypatch.setattr(compiling, "place", lambda: home / "these")
    return home


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Instead of mypyc: leaves an empty file for each module, and what it was asked to do in the list."""
    asked: list[str] = []

    def run(command: Any, directory: Path, trouble: str) -> None:
        asked.append(trouble)
        if "compile" in trouble:
            for module in (*compiled.MODULES, compiled.SHARED):
                *package, name = module.split(".")
                (directory.joinpath(*package) / compiled.file_of(name)).touch()

    monkeypatch.setattr(compiling, "_run", run)
    return asked


def test_what_was_made_lies_where_it_is_looked_for_and_nothing_else_does(
    home: Path, build: list[str]
) -> None:
    (home / "of another version").mkdir(parents=True)
    said: list[str] = []
    assert compile_modules(said.append) == Compiled(len(compiled.MODULES))
    assert [place.name for place in home.iterdir()] == ["these"]
    assert {file.name for file in (home / "these").iterdir()} == {
        compiled.file_of(module) for module in (*compiled.MODULES, compiled.SHARED)
    }
    assert len(said) == 2


def test_it_is_made_once(home: Path, build: list[str]) -> None:
    (home / "these").mkdir(parents=True)
    assert compile_modules(print) == AlreadyCompiled()
    assert build == []


def test_without_a_compiler_it_says_what_to_install(
    home: Path, build: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(Unavailable, match=r"no C compiler \(no-such-compiler\).*apt install gcc"):
        compile_modules(print)
    assert build == []


def test_without_headers_it_says_what_to_install(
    home: Path, build: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "sh")
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(Unavailable, match=r"headers are not in .*python3-dev"):
        compile_modules(print)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_where_it_may_not_write_it_says_so(home: Path, build: list[str]) -> None:
    home.parent.chmod(0o500)
    with pytest.raises(Unavailable, match="cannot write"):
        compile_modules(print)


def test_what_fails_has_the_last_word(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"cannot do it\. The end of what it said:\n    no such thing"):
        compiling._run(["sh", "-c", "echo no such thing >&2; exit 3"], tmp_path, "cannot do it")
