"""Machine code is taken where it is whole and of these sources, and nowhere else."""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import worker
from worker import compiled

HERE = Path(worker.__file__).parent


@pytest.mark.parametrize("module", compiled.MODULES)
def test_no_module_relies_on_what_mypyc_takes_for_something_else(module: str) -> None:
    tree = ast.parse(HERE.parent.joinpath(*module.split(".")).with_suffix(".py").read_text())
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert "cached_property" not in names  # becomes an ordinary property, worked out at each access


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(compiled.SWITCH, raising=False)
    monkeypatch.setattr(compiled, "home", lambda: tmp_path / "compiled")
    monkeypatch.setattr(sys, "meta_path", [])
    return tmp_path / "compiled"


def make(place: Path) -> None:
    place.mkdir(parents=True)
    for module in (*compiled.MODULES, compiled.SHARED):
        (place / compiled.file_of(module)).touch()


def test_without_machine_code_everything_runs_as_it_is_written(home: Path) -> None:
    assert not compiled.prefer()
    assert not compiled.is_preferred()


def test_machine_code_of_these_sources_is_found(home: Path) -> None:
    make(compiled.place())
    assert compiled.prefer()
    assert compiled.is_preferred()
    (finder,) = sys.meta_path
    spec = finder.find_spec(compiled.MODULES[0], None)
    assert spec is not None
    assert spec.origin == str(compiled.place() / compiled.file_of(compiled.MODULES[0]))
    assert finder.find_spec("worker.match", None) is None


def test_machine_code_of_other_sources_is_left_aside(home: Path) -> None:
    make(home / "0123456789abcdef")
    assert not compiled.prefer()


def test_half_of_it_is_left_aside(home: Path) -> None:
    make(compiled.place())
    (compiled.place() / compiled.file_of(compiled.MODULES[-1])).unlink()
    assert not compiled.prefer()


def test_it_can_be_switched_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(compiled.place())
    monkeypatch.setenv(compiled.SWITCH, "off")
    assert not compiled.prefer()


def is_machine_code(file: str | None) -> bool:
    """Whether a module says so of its file; mypyc calls some by a name of its own."""
    return (
        file is not None
        and Path(file).is_relative_to(compiled.place())
        and file.endswith(EXTENSION_SUFFIXES[0])
    )


def loaded_from(directory: Path) -> str:
    """The file that a fresh process takes a module from, with the sources that lie in a directory."""
    program = "import worker.match.text as text; print(text.__file__)"
    surroundings = {name: value for name, value in os.environ.items() if name != compiled.SWITCH}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=directory,
        env={**surroundings, "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.skipif(not compiled.place().is_dir(), reason="nothing was compiled: pantau compile")
def test_one_letter_of_a_source_decides(tmp_path: Path) -> None:
    shutil.copytree(HERE, tmp_path / "worker", ignore=shutil.ignore_patterns("__pycache__"))
    assert is_machine_code(loaded_from(tmp_path))
    changed = tmp_path / "worker" / "plain.py"
    changed.write_text(changed.read_text() + "#\n")
    assert loaded_from(tmp_path) == str(tmp_path / "worker" / "match" / "text.py")


@pytest.mark.skipif(not compiled.is_preferred(), reason="runs as it is written")
@pytest.mark.parametrize("module", compiled.MODULES)
def test_these_tests_run_what_was_compiled(module: str) -> None:
    assert is_machine_code(importlib.import_module(module).__file__)
