"""The style sheets, the scripts and the icon, each under a name that changes with its content, and compressed once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.dashboard.packing import packed

KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it travels: its bytes, their strong tag, and their coding; "" for none."""

    content: bytes
    tag: str
    coding: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that browsers may keep for ever, as it is and compressed."""

    name: str
    kind: str
    plain: Sent
    packed: Sent


@dataclass(frozen=True, slots=True)
class Assets:
    """All static files, read once: what was not there at the start is not served, whatever is asked for."""

    by_name: Mapping[str, Asset]
    current: Mapping[str, str]

    def path(self, file: str) -> str:
        """ "pantau.css" → "/static/pantau.1f3a….css". Raises KeyError for a file that is not ours."""
        return f"/static/{self.current[file]}"

    def get(self, name: str) -> Asset | None:
        """The file of this full name."""
        return self.by_name.get(name)


def load_assets(directory: Path = Path(__file__).parent / "static") -> Assets:
    """Reads the static files beside this module."""
    files = sorted(path for path in directory.iterdir() if path.suffix in KINDS)
    found = {path.name: _asset(path) for path in files}
    return Assets(
        {asset.name: asset for asset in found.values()}, {file: asset.name for file, asset in found.items()}
    )


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    plain, smaller = Sent(content, f'"{digest}"'), Sent(packed(content), f'"{digest}-gzip"', "gzip")
    return Asset(f"{path.stem}.{digest}{path.suffix}", KINDS[path.suffix], plain, smaller)
