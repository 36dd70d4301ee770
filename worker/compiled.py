"""Machine code made of our own modules, taken in their place where there is some.

`pantau compile` (`ops.compiling`) has mypyc (https://mypyc.readthedocs.io) make it of the modules that match. It gives
the same answers in some six tenths of the time. Code that was made of other sources than lie here is never taken,
so nothing can be out of date: without it, and everywhere else, the modules run as they are written.

mypyc makes an ordinary property of a `cached_property`, so these modules have none (`tests/worker/test_compiled.py`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

_MATCHING = """
anchors beginnings chance compile cursor cut evaluate fold frequencies groups index namebook names nodes places
query reading scripts terms text wanted words
"""
MODULES = tuple(f"worker.match.{name}" for name in _MATCHING.split())
LIBRARY = "pantau"
SHARED = f"{LIBRARY}__mypyc"
"""The library that all of them share, as mypyc names it."""

SWITCH = "PANTAU_COMPILED"
"""Set to `off`, everything runs as it is written."""

_HERE = Path(__file__).parent


def home() -> Path:
    """Where machine code of any sources lies: in the environment that runs it."""
    return Path(sys.prefix) / "compiled"


def place() -> Path:
    """Where machine code of the very sources that lie here is, or would be."""
    told = sha256()
    for file in sorted(_HERE.rglob("*.py")):
        told.update(file.read_bytes())
    return home() / told.hexdigest()[:16]


def file_of(module: str) -> str:
    """The name of the file that holds a module's machine code for this Python."""
    return f"{module}{EXTENSION_SUFFIXES[0]}"


def prefer() -> bool:
    """Take machine code for the modules that are imported from now on, if there is some of these sources; whether there
    is."""
    if os.environ.get(SWITCH) == "off" or not home().is_dir():
        return False
    compiled = place()
    if not all((compiled / file_of(module)).is_file() for module in (*MODULES, SHARED)):
        return False
    sys.meta_path.insert(0, _Compiled(compiled))
    return True


def is_preferred() -> bool:
    """Whether machine code is taken in this process."""
    return any(isinstance(finder, _Compiled) for finder in sys.meta_path)


class _Compiled(MetaPathFinder):
    """Finds these modules in one directory."""

    def __init__(self, compiled: Path) -> None:
        self._compiled = compiled

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  importlib's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Where a module of this name is, if it is one of them."""
        if fullname == SHARED or fullname in MODULES:
            return spec_from_file_location(fullname, self._compiled / file_of(fullname))
        return None
