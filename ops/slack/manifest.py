"""The manifest that makes an installation's own Slack app. https://docs.slack.dev/reference/app-manifest"""

from __future__ import annotations

import re
from pathlib import Path

_FILE = Path(__file__).with_name("manifest.yaml")
_PUBLIC = re.compile(r"^# <public\n(.*?)^# public>\n", re.DOTALL | re.MULTILINE)


def manifest(public_url: str | None) -> str:
    """The manifest in YAML, with buttons and `/pantau` only where Slack can reach `public_url` (https)."""
    _, begin, rest = _FILE.read_text(encoding="utf-8").partition("display_information:")
    reachable = can_reach(public_url)
    return _PUBLIC.sub(r"\1" if reachable else "", begin + rest).replace(
        "PANTAU_PUBLIC_URL", public_url or ""
    )


def can_reach(public_url: str | None) -> bool:
    """Whether Slack would send clicks and commands there: it wants TLS."""
    return bool(public_url) and str(public_url).startswith("https://")
