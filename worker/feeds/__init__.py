"""Feeds: bytes to entries, how an entry is known again, and when to poll next. Pure: no socket, no clock."""

from __future__ import annotations

from worker.errors import BadInput


class NotAFeed(BadInput):
    """A document that is no feed at all; the sentence says what it is instead."""
