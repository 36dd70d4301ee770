"""The packages that Pantau is built on, as they are installed here, and their licences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata, requires


@dataclass(frozen=True, slots=True)
class Licence:
    """A package that Pantau is built on."""

    name: str
    version: str
    licence: str


@cache
def licences() -> tuple[Licence, ...]:
    """The packages that Pantau needs, by name."""
    names = [re.split(r"[^\w.-]", line)[0] for line in requires("pantau") or () if "extra ==" not in line]
    found = []
    for name in names:
        try:
            found.append(licence_of(metadata(name)))
        except PackageNotFoundError:
            continue  # not needed on this machine
    return tuple(sorted(found, key=lambda licence: licence.name.lower()))


def licence_of(package: PackageMetadata) -> Licence:
    """A package's licence, as it says it itself: by expression, by its short field, or by classifier."""
    told = next((package[field] for field in ("License-Expression", "License") if field in package), "") or ""
    classified = [
        line.rpartition(" :: ")[2]
        for line in package.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    short = told.strip().splitlines()[0] if told.strip() else ""
    licence = short if 0 < len(short) <= 60 else ", ".join(classified) or short[:60]
    return Licence(package["Name"], package["Version"], licence or "–")
