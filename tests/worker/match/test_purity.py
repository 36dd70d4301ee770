"""The matcher has no door: nothing in it reads a clock, a file by path, a socket or a database."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import worker.match

_FOLDER = Path(worker.match.__file__).parent
_FILES = sorted(_FOLDER.rglob("*.py"))
_DOORS = {
    "os",
    "io",
    "time",
    "datetime",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "threading",
    "logging",
}
_OURS = ("worker.match", "worker.model", "worker.errors")


def _imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("file", _FILES, ids=lambda file: str(file.relative_to(_FOLDER)))
def test_a_module_of_the_matcher_imports_only_what_is_pure(file: Path) -> None:
    for module in _imported(file):
        top = module.partition(".")[0]
        ours = module.startswith(_OURS)
        standard = top in sys.stdlib_module_names and top not in _DOORS
        assert ours or standard or module.startswith(("py3langid", "icu4py", "numpy", "re2")), module
