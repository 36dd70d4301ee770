"""News with the story that each article belongs to. Comparing texts loads numpy, so whoever only sends does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from alerts.model import News
from worker.store import stories


def warm_up() -> None:
    """Loads what putting articles into stories needs."""
    stories.warm_up()


def in_stories(connection: Connection, news: Sequence[News], now: datetime) -> list[News]:
    """The news with the story that each article belongs to, and the first article with its text."""
    placed = stories.assign(connection, {item.article for item in news}, now)
    return [replace(item, story=placed[item.article][0], text=placed[item.article][1]) for item in news]
