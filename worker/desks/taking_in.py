"""What a document brings to its feed: entries held against the known ones, the new stored, the others' keys learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from worker.feeds.identity import entry_keys
from worker.feeds.quirks import Quirks, recall_quirks, volatile_parameters
from worker.feeds.recognise import keyed_entries, parameters_in_doubt, quirks_after, sift, told_again
from worker.model import DueFeed, Entry, FeedDocument, KnownKey, NewEntry
from worker.store import feeds as store
from worker.store.edits import note_edits
from worker.store.engine import Connection


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many entries of a document were new and how many known; and columns of the feed."""

    new: int = 0
    known: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


def take_in(connection: Connection, feed: DueFeed, document: FeedDocument, now: datetime) -> TakenIn:
    """Stores what is new in the document, within the caller's transaction."""
    quirks = recall_quirks(feed.quirks)
    keyed, known = _held_against_known(connection, feed, document, now, quirks)
    learned = _learn_parameters(connection, feed, parameters_in_doubt(keyed, known), quirks)
    if learned != quirks:
        quirks = learned
        keyed, known = _held_against_known(connection, feed, document, now, quirks)
    sifted = sift(keyed, known)
    store.learn_keys(connection, feed.id, sifted.learned)
    store.show_keys(connection, feed.id, _stale(known, now), now.date())
    store.add_entries(connection, feed.id, sifted.new, now)
    note_edits(connection, told_again(keyed, known), now)
    facts = {"quirks": quirks_after(quirks, keyed, known).remembered()}
    return TakenIn(len(sifted.new), len(keyed) - len(sifted.new), facts)


def _held_against_known(
    connection: Connection, feed: DueFeed, document: FeedDocument, now: datetime, quirks: Quirks
) -> tuple[list[NewEntry], dict[str, KnownKey]]:
    keyed = keyed_entries(feed, document, now, quirks)
    return keyed, store.known_keys(connection, feed.id, {key for entry in keyed for key in entry.keys})


def _learn_parameters(connection: Connection, feed: DueFeed, in_doubt: list[Entry], quirks: Quirks) -> Quirks:
    """Looks whether what seems new is what the feed had before, under links with other values in them. If so, the
    stored entries get the keys that they have without these."""
    titles = {entry.title for entry in in_doubt}
    before = store.entries_titled(connection, feed.id, titles) if in_doubt else []
    found = volatile_parameters([entry for _, entry in before], in_doubt)
    if found <= quirks.parameters:
        return quirks
    learned = replace(quirks, parameters=quirks.parameters | found)
    keys = [(key, number) for number, entry in before for key in entry_keys(entry, feed.url, learned)]
    store.learn_keys(connection, feed.id, keys)
    return learned


def _stale(known: Mapping[str, KnownKey], now: datetime) -> list[str]:
    return [key for key, there in known.items() if there.seen < now.date()]
