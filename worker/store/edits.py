"""Entries that their feeds change: the new words are kept, and the entry is due to be read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from worker.feeds.texts import markup_hash
from worker.model import Entry, EntryId
from worker.rereading import edit_due
from worker.store.feeds import in_words
from worker.store.schema import entries

WATCHED = timedelta(days=7)
"""How long after an entry was seen an edit of it may be news."""


def note_edits(connection: Connection, told: Mapping[EntryId, Entry], now: datetime) -> int:
    """Notes which of these known entries are told in other words than before; returns how many are read again.

    Only what was read is; an entry that is still to be read is compared again when its feed changes. What another
    feed had brought before stays in that feed's words. Where an entry's markup is as it was, no text is made of it;
    markup that changes around the same text is not noted, since some feeds would have it noted at each poll.
    """
    columns = (
        entries.c[name] for name in ("id", "text_hash", "markup_hash", "edits", "edited_at", "page_due_at")
    )
    asked = (
        select(*columns)
        .where(entries.c.id.in_(told), entries.c.state == "read", entries.c.seen_at > now - WATCHED)
        .where(entries.c.reason.is_distinct_from("same_article"))
    )
    marks, edited = [], []
    for row in connection.execute(asked):
        entry = told[EntryId(row.id)]
        if row.markup_hash == markup_hash(entry):
            continue
        words = {"entry": row.id, **in_words(entry)}
        if row.text_hash not in (None, words["text_hash"]):
            if due := _due(row, now):
                edited.append({**words, **due})
        elif row.text_hash is None or row.markup_hash is None:
            marks.append({name: words[name] for name in ("entry", "text_hash", "markup_hash")})
    for rows in filter(None, (marks, edited)):
        connection.execute(update(entries).where(entries.c.id == bindparam("entry")), rows)
    return len(edited)


def _due(row: Any, now: datetime) -> dict[str, object] | None:
    """When the edit is read; one that waits for its turn takes the later ones along. None: it was edited too often."""
    if row.page_due_at is not None and row.page_due_at == row.edited_at:
        return {
            "edits": row.edits,
            "edited_at": row.edited_at,
            "page_due_at": row.page_due_at,
            "page_tries": 0,
        }
    due = edit_due(row.edits, row.edited_at, now)
    if due is None:
        return None
    return {"edits": row.edits + 1, "edited_at": due, "page_due_at": due, "page_tries": 0}
