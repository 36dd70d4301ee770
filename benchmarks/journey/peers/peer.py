"""What a peer says of itself: how it is set up, started, and what it knows."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from benchmarks.journey.outside import Places


class Peer(Protocol):
    """A program that polls feeds and tells somebody of what is new."""

    @property
    def name(self) -> str:
        """Its name in the table."""

    @property
    def tells(self) -> str:
        """By "mail" or "webhook"; "nobody": its store alone shows what it found; "nothing": it finds nothing."""

    @property
    def faults(self) -> bool:
        """Whether it goes through the kill, the refusals and the poison."""

    def missing(self) -> str:
        """Why it cannot run here, with the remedy; empty where it can."""

    def version(self) -> str:
        """Which version this is."""

    def prepare(self, place: Path, places: Places) -> None:
        """Writes what it needs into its own folder."""

    def command(self, *, first: bool) -> Sequence[str]:
        """How it is started; at first it takes in what is there and tells nobody."""

    def environ(self) -> Mapping[str, str]:
        """What it is told besides."""

    def known(self) -> set[str]:
        """The tokens of all entries it has in its store."""


def missing_package(package: str) -> str:
    """The remedy for a package of the group `bench` that is not installed."""
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"{package} is not installed: uv sync --group bench"
    return ""


def missing_program(program: str, package: str) -> str:
    """The remedy for a program of the machine that is not installed."""
    return "" if shutil.which(program) else f"not installed: apt install {package}"


def debian_version(package: str) -> str:
    """The version of one of Debian's packages; empty where nobody knows."""
    try:
        asked = ["dpkg-query", "-W", "-f", "${Version}", package]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    except OSError:
        return ""
