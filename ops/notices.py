"""PURE. What the operator's channel hears: what a person must mend, once, and that it is mended.

A trouble is told of when it has lasted as long as its kind may take to mend itself, and never again while it lasts:
who has heard of a dead feed on Monday need not hear of it each day. What begins or ends within a few minutes goes
into one notice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.letter import plain_text
from ops import self_test
from ops.amounts import count, span
from ops.causes import cause
from ops.disks import ROOM_AGAIN, Disk, apart
from ops.fallen import LASTS
from ops.fallen_words import disk_trouble, fallen_in_words
from ops.store.overview import Overview

APART = timedelta(minutes=5)
"""Between two notices."""
LASTING: Mapping[str, timedelta] = {
    "circuit": timedelta(0),
    "failed": timedelta(0),
    "gone": timedelta(0),
    "silent": timedelta(0),
    "failing": timedelta(hours=24),
    "self_test": timedelta(0),
    "disk": timedelta(0),
    "fallen": LASTS,
}
"""How long a trouble of each kind may last before anybody hears of it. A circuit opens where nothing mends itself; a
feed that fails is asked again, and most are back within the day."""
_MOST_LINES = 40
_LONG, _WHOLE = 200, 400


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a person must mend: of which kind, what it is about (unique with the kind), since when."""

    kind: str
    subject: str
    name: str
    since: datetime
    reason: str = ""
    n: int = 0

    @property
    def key(self) -> str:
        """What it is known by while it lasts."""
        return f"{self.kind}:{self.subject}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: its lines, and the keys of the troubles that it tells of and that it calls over."""

    lines: tuple[str, ...]
    told: tuple[str, ...]
    over: tuple[str, ...]


def decide(
    troubles: Sequence[Trouble], told: Mapping[str, str], last: datetime | None, now: datetime
) -> Notice | None:
    """The notice that is due, if any. `told` are the troubles that were told of and not called over, with the words
    they were told in; `last` is when the last notice was made."""
    if last is not None and now - last < APART:
        return None
    lasting = [trouble for trouble in troubles if now - trouble.since >= LASTING[trouble.kind]]
    fresh = {trouble.key: trouble for trouble in lasting if trouble.key not in told}
    gone = [key for key in told if key not in {trouble.key for trouble in troubles}]
    if not fresh and not gone:
        return None
    lines = [*map(in_words, fresh.values()), *(f"Over: {told[key]}" for key in gone)]
    if len(lines) > _MOST_LINES:
        lines = [
            *lines[:_MOST_LINES],
            f"and {len(lines) - _MOST_LINES} more; `pantau status` shows where it stands.",
        ]
    return Notice(tuple(lines), tuple(fresh), tuple(gone))


def with_ours(troubles: Sequence[Trouble], now: Overview, told: Collection[str]) -> list[Trouble]:
    """These troubles, and those of the whole: a self-test that stays away, disks that fill, feeds that fail in numbers.
    The last stands for each of them that nobody has heard of yet."""
    found = list(troubles)
    if (stopped := self_test.trouble(now.self_test, now.at)) is not None:
        since = now.at - timedelta(seconds=stopped.for_s)
        found.append(Trouble("self_test", "", stopped.step, since, stopped.reason or ""))
    found += [
        Trouble("disk", subject, "", now.at, disk_trouble(disk))
        for disk in apart(now.disks)
        for subject in _filling(disk, told)
    ]
    if now.fallen is not None:
        found = [trouble for trouble in found if trouble.kind != "failing" or trouble.key in told]
        found.append(Trouble("fallen", "", "", now.fallen.since, fallen_in_words(now.fallen)))
    return found


def _filling(disk: Disk, told: Collection[str]) -> Iterator[str]:
    """What there is to tell of a disk: that it fills up, and once more when it is nearly full. What was told lasts
    until there is room to spare."""

    def times(subject: str) -> float:
        return ROOM_AGAIN if f"disk:{subject}" in told else 1.0

    full = f"{disk.key} (nearly full)"
    is_full = disk.is_nearly_full(times(full))
    if is_full:
        yield full
    if disk.is_scarce(times(disk.key)) and (not is_full or f"disk:{disk.key}" in told):
        yield disk.key


def in_words(trouble: Trouble) -> str:
    """A trouble as one sentence, with what to do."""
    name, why = plain_text(trouble.name, 80), plain_text(cause(trouble.reason), _LONG)
    match trouble.kind:
        case "circuit":
            held = f"; {count(trouble.n, 'message')} held, none lost" if trouble.n else ""
            return f"{name} lets nothing through: {why}{held}. `pantau channels list` shows it, `pantau doctor` helps."
        case "failed":
            messages = "A message" if trouble.n == 1 else f"{trouble.n:,} messages"
            return (
                f"{messages} to {name} could not be delivered: {why}. `pantau deliveries list --state failed`"
            )
        case "gone":
            return f"The feed {name} is gone for good, its site says. Give its new address in the watchlist."
        case "silent":
            return (
                f"The feed {name} is silent: long past its usual time without an entry. `pantau feeds list`"
            )
        case "disk" | "fallen":
            return f"{plain_text(trouble.reason, _WHOLE)} `pantau doctor` says what to do."
        case "self_test":
            stays = f"the {name} desk has not done its part" + (f" ({why})" if trouble.reason else "")
            return f"The self-test does not come through: {stays}. `pantau status` shows where it stands."
        case _:
            return f"The feed {name} has failed for {_days(trouble)}: {why}. Pantau goes on trying."


def _days(trouble: Trouble) -> str:
    return span(LASTING[trouble.kind].total_seconds()) if trouble.kind == "failing" else "a while"
