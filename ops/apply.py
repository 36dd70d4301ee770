"""Applying a watchlist: all or nothing, the same however often, without touching the network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from alerts.channels import channels
from ops import kit
from ops.adding import name_of
from ops.packs import FOLDER as PACKS
from ops.packs import read_folder
from ops.refusing import unheard_of
from ops.searching import broad, found_by, is_broad
from ops.store import audit_log
from ops.store.audit_log import COMMAND_LINE
from ops.store.declared import FOLDER, Shelf, alone
from ops.store.mailboxes import masked
from ops.store.watched import articles_of_last
from ops.watchlist import (
    Changes,
    Complaint,
    DeclaredEntity,
    DeclaredTopic,
    Item,
    Known,
    SecretAt,
    Snapshot,
    Watchlist,
    as_text,
    changes,
    known_after,
    load_watchlist,
    read_secret_file,
    read_watchlist,
    resolve,
    secrets_of,
)
from ops.watchlist.addresses import target_fault
from ops.watchlist.diff import Shown
from ops.watchlist.entities import extended
from ops.watchlist.lines import find_lines
from ops.watchlist.words import shown, visible
from worker.errors import BadInput
from worker.match import parse_query
from worker.match.entities import Catalogue
from worker.model import Topic, TopicId
from worker.secrets import Secret
from worker.settings import Settings
from worker.store.engine import Connection

JUDGED_S = 30 * 86400.0
JUDGED_BY = 1000
"""How far back, and how many articles at most, say how much a topic matches: 5 % of them is right to ±0.7 %."""
MOST_NAMED = 1000
"""Things of one file that get a line of their own in the audit log."""
MOST_JUDGED = 1000
"""Topics of one file that are judged, so that a file of a hundred thousand is applied without delay."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What applying a file, and the packs in the data directory, did or would do."""

    changes: Changes
    warnings: tuple[Complaint, ...]

    def summary(self) -> str:
        """The last word: how much was added, changed, removed."""
        return next(line for line in reversed(as_text(self.changes).splitlines()) if line.strip())


def apply_file(
    path: Path, settings: Settings, *, dry_run: bool, prune: bool, by: str = COMMAND_LINE
) -> Outcome:
    """Brings what is watched in line with the file, and writes down what that changed. Raises
    BadInput (nothing was changed) or Unavailable."""
    keys = kit.keyring(settings)
    packs, doubts = read_folder(settings.data_dir)
    with kit.connected(settings) as connection:
        alone(connection)
        shelf = Shelf(connection, keys)
        stored = shelf.snapshot()
        known = known_after(_with_packs(stored, packs), prune=prune)
        declared, warnings = load_watchlist(path, known=known, served_kinds=served_kinds())
        secrets = _resolved(declared, shelf, path)
        prints = {at: keys.fingerprint(secret) for at, secret in secrets.items()}
        found = changes(declared, stored, prune=prune, fingerprints=prints)
        in_packs = _changed_packs(stored, packs)
        catalogue = _catalogue_after(declared, known)
        _refuse_orphans(_left_to_themselves(stored, declared, prune), catalogue)
        unheard = unheard_of(connection, keys, path, declared, secrets)
        if not dry_run:
            shelf.write(declared, found, secrets)
            shelf.write_entities(packs or (), in_packs, FOLDER)
            write_down(connection, found + in_packs, _feed_names(stored, declared), str(path), by)
    return Outcome(
        found + in_packs,
        (*doubts, *warnings, *unheard, *_too_broad(path, settings, declared, found, catalogue)),
    )


def apply_packs(settings: Settings) -> Outcome:
    """Brings the stored entities in line with the packs in the data directory. Raises as `apply_file` does."""
    packs, doubts = read_folder(settings.data_dir)
    if packs is None:
        return Outcome(Changes(), ())
    with kit.connected(settings) as connection:
        alone(connection)
        shelf = Shelf(connection, kit.keyring(settings))
        stored = shelf.snapshot()
        known = known_after(_with_packs(stored, packs))
        found = _changed_packs(stored, packs)
        _refuse_orphans(
            (*stored.declared.topics, *stored.made_here.topics), _catalogue_after(Watchlist(), known)
        )
        shelf.write_entities(packs, found, FOLDER)
        write_down(connection, found, {}, str(settings.data_dir / PACKS), COMMAND_LINE)
    return Outcome(found, tuple(doubts))


def _feed_names(stored: Snapshot, declared: Watchlist) -> Mapping[str, str]:
    """What the audit log calls each feed, by its address, as the file has it where both know it."""
    parts = (stored.made_here, stored.declared, declared)
    return {feed.url: name_of(feed) for part in parts for feed in part.feeds}


def write_down(
    connection: Connection, found: Changes, feed_names: Mapping[str, str], source: str, by: str
) -> None:
    """One line of the audit log for each thing that changed, and one for the whole. Of very many only the first are
    named: the file itself tells the others. No address of a feed is written down: it may be a key."""
    if not found:
        return
    parts = (
        ("added", found.added),
        ("changed", found.changed),
        ("removed", found.removed),
        ("declared", found.adopted),
    )
    named = [_noted(what, item, feed_names) for what, items in parts for item in items][:MOST_NAMED]
    audit_log.note_many(connection, by, named)
    counts = {what: len(items) for what, items in parts if items}
    audit_log.note(connection, by, "applied", "watchlist", visible(source), None, counts)


def _noted(what: str, item: Item, feed_names: Mapping[str, str]) -> dict[str, object]:
    fields = [change for change in item.fields if change.field != "url"]
    before = {change.field: _kept(change.field, change.old) for change in fields} or None
    after = {change.field: _kept(change.field, change.new) for change in fields} or None
    name = feed_names.get(item.key, "") if item.noun == "feed" else item.key
    return {"what": what, "kind": item.noun, "name": name, "before": before, "after": after}


def _kept(field: str, value: Shown) -> Shown:
    """What may stand in the audit log for good: of a mailbox only what its owner would know it by."""
    return masked(value) if field == "email" and isinstance(value, str) and "@" in value else value


def _with_packs(stored: Snapshot, packs: tuple[DeclaredEntity, ...] | None) -> Snapshot:
    return stored if packs is None else replace(stored, folder=packs)


def _changed_packs(stored: Snapshot, packs: tuple[DeclaredEntity, ...] | None) -> Changes:
    """The folder is taken as a whole: what is in no pack any more goes. Without a folder nothing is said."""
    if packs is None:
        return Changes()
    before = Snapshot(declared=Watchlist(entities=stored.folder))
    return changes(Watchlist(entities=packs), before, prune=True)


def _left_to_themselves(stored: Snapshot, declared: Watchlist, prune: bool) -> Iterator[DeclaredTopic]:
    """The topics that stay as they are, because the file says nothing of them."""
    said = {topic.name for topic in declared.topics}
    kept = (stored.made_here,) if prune else (stored.made_here, stored.declared)
    return (topic for part in kept for topic in part.topics if topic.name not in said)


def _catalogue_after(declared: Watchlist, known: Known) -> Catalogue:
    """Every entity that a topic may name once the file is applied."""
    own = {entity.key for entity in declared.entities}
    kept = [entity for entity in known.entities if entity.key not in own]
    return extended(known.catalogue, (*kept, *declared.entities))


def _refuse_orphans(topics: Iterable[DeclaredTopic], catalogue: Catalogue) -> None:
    """Raises BadInput where a topic that stays would name an entity that goes."""
    faults = []
    for topic in topics:
        if "@" in topic.query:
            try:
                parse_query(topic.query, catalogue)
            except BadInput as fault:
                faults.append(f"the topic {shown(topic.name)} needs what would go: {fault}")
    if faults:
        raise BadInput("\n".join([*faults, "change or remove these topics first, or keep the entities"]))


def _too_broad(
    path: Path, settings: Settings, declared: Watchlist, found: Changes, known: Catalogue
) -> list[Complaint]:
    """Warnings of topics, new or changed, that match too much of what was read of late. Looked at in a transaction of
    its own: it takes a second or so in which nobody else has to wait."""
    fresh = {item.key for item in (*found.added, *found.changed, *found.adopted) if item.noun == "topic"}
    topics = [
        Topic(TopicId(place), topic.name, topic.query)
        for place, topic in enumerate(declared.topics)
        if topic.name in fresh
    ][:MOST_JUDGED]
    if not topics:
        return []
    with kit.connected(settings) as connection:
        looked, matched = found_by(topics, articles_of_last(connection, JUDGED_S, JUDGED_BY), known)
    lines = find_lines(read_watchlist(path))
    return [
        Complaint(
            visible(str(path)),
            lines.of(("topic", topic.id, "query")),
            "[[topic]] query",
            f"{shown(topic.name)}: {broad(matched[topic.id], looked)}",
        )
        for topic in topics
        if is_broad(matched[topic.id], looked)
    ]


def served_kinds() -> frozenset[str]:
    """The channel kinds that this version can send to."""
    return frozenset(channels())


def everything(stored: Snapshot) -> Watchlist:
    """What files declare and what was made here, as one watchlist."""
    both = (stored.declared, stored.made_here)
    return Watchlist(
        feeds=tuple(feed for part in both for feed in part.feeds),
        topics=tuple(topic for part in both for topic in part.topics),
        channels=tuple(channel for part in both for channel in part.channels),
        subscriptions=tuple(each for part in both for each in part.subscriptions),
        entities=tuple(entity for part in both for entity in part.entities),
    )


def stored_watchlist(settings: Settings) -> Snapshot:
    """Everything that is watched now. Raises Unavailable."""
    with kit.connected(settings) as connection:
        return Shelf(connection, kit.keyring(settings)).snapshot()


def _resolved(declared: Watchlist, shelf: Shelf, path: Path) -> Mapping[SecretAt, Secret]:
    """Every secret of the file; all the references that lead nowhere are named at once."""
    kinds = {channel.name: channel.kind for channel in declared.channels}
    found: dict[SecretAt, Secret] = {}
    faults: list[str] = []
    for at, reference in secrets_of(declared).items():
        noun, key, field = at
        try:
            found[at] = resolve(reference, os.environ, read_secret_file, shelf.secret)
            fault = target_fault(kinds[key], found[at].reveal()) if field == "target" else None
        except BadInput as error:
            fault = str(error)
        if fault:
            faults.append(f"{path}: [[{noun}]] {key} {field}: {fault}")
    if faults:
        raise BadInput("\n".join(faults))
    return found
