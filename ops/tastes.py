"""PURE. In which languages and time zones people can read what Pantau shows them."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import available_timezones

from ops.said import Said, said

LANGUAGES: Mapping[str, str] = {"en": "English", "id": "Bahasa Indonesia"}
"""Those of the pages, each by its own name."""


def wrong_tastes(language: str, timezone: str) -> dict[str, Said]:
    """What of this cannot be, by field."""
    wrong: dict[str, Said] = {}
    if language not in LANGUAGES:
        wrong["language"] = said("there are no pages in this language")
    if timezone not in available_timezones():
        wrong["timezone"] = said("there is no such time zone; write it as Asia/Jakarta, or UTC")
    return wrong
