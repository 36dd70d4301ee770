"""PURE. What a person must do, and how: nothing stands here that mends itself."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.letter import plain_text
from ops.amounts import count, span
from ops.causes import BY_READERS, cause
from ops.dashboard.views.rows import feed_name
from ops.dashboard.words import Shape, ago
from ops.disks import filling
from ops.fallen_words import disk_trouble, fallen_in_words
from ops.remarks import gap_in_words, silence_in_words
from ops.said import Said, joined, said, said_n
from ops.self_test_words import where_it_stays
from ops.store.audit import Audit
from ops.store.overview import Overview
from ops.verdict import TICK_LATE_S, deserted, desk_name

Row = Mapping[str, Any]

_NAMED, _LONG = 3, 300
_DOUBTS = (said("See messages"), "/deliveries?state=unknown")
_WORKERS = (said("See workers"), "/workers")
_FEEDS = {state: (said("See feeds"), f"/feeds?state={state}") for state in ("failing", "gone", "silent")}


@dataclass(frozen=True, slots=True)
class Task:
    """Something to mend: what it is, what it means, and the command that helps. `page` is where it is seen and mended
    here, under the word `look`; `retry` is a message that may simply be sent again, by its key."""

    shape: Shape
    title: Said
    text: Said | str
    command: str = ""
    look: Said | str = ""
    page: str = ""
    retry: str = ""


def tasks(
    now: Overview,
    ledger: Audit | None,
    circuits: Sequence[Row],
    unsent: Sequence[Row],
    feeds: Sequence[Row],
    offered: Collection[str] = (),
) -> list[Task]:
    """All tasks, the most harmful first. `unsent` are the newest deliveries that failed or are in doubt; only pages
    that are `offered` are led to."""
    found = [
        _ledger(ledger),
        _beat(now),
        _deserted(now),
        *_disks(now),
        _self_test(now),
        *_circuits(circuits, now.at),
    ]
    found += [
        _failed(now, unsent),
        _in_doubt(now, unsent),
        _fallen(now) or _failing(now, feeds),
        _gone(now, feeds),
    ]
    found += [_silent(now, feeds), _missed(now, feeds)]
    return [_leading_to(task, offered) for task in found if task is not None]


def _leading_to(task: Task, offered: Collection[str]) -> Task:
    return task if task.page.split("?")[0] in offered else replace(task, page="", look="")


def _ledger(ledger: Audit | None) -> Task | None:
    if ledger is None or ledger.sound:
        return None
    text = said(
        "{alerts} in no state, {n} accepted twice. This must never happen.",
        alerts=count(ledger.lost, "alert"),
        n=ledger.doubled,
    )
    return Task("bad", said("The ledger does not add up"), text, "pantau audit --json")


def _beat(now: Overview) -> Task | None:
    if now.tick_age_s is not None and now.tick_age_s <= TICK_LATE_S:
        return None
    silent = (
        said("The beat has never ticked.")
        if now.tick_age_s is None
        else said("The beat was last heard {span} ago.", span=span(now.tick_age_s))
    )
    where = said("`pantau up` runs one; in separate processes it is `pantau beat`.")
    return Task("bad", said("The beat is silent"), joined((silent, where)), "pantau doctor", *_WORKERS)


def _deserted(now: Overview) -> Task | None:
    desks = deserted(now)
    if not desks:
        return None
    return Task(
        "bad",
        said("No worker serves: {desks}", desks=joined([desk_name(desk) for desk in desks], ", ")),
        said("What is due there waits in the database, and goes on as soon as a worker runs."),
        f"pantau worker --queues {','.join(desks)}",
        *_WORKERS,
    )


def _disks(now: Overview) -> list[Task]:
    remedy = said("Make room: move backups and old logs away, or give it a larger disk.")
    return [
        Task(disk.level, said("A disk fills up"), joined((disk_trouble(disk), remedy)), "pantau doctor")
        for disk in filling(now.disks)
    ]


def _self_test(now: Overview) -> Task | None:
    stays = where_it_stays(now.self_test, now.at)
    if stays is None:
        return None
    text = joined((stays, said("What people wait for may stay there as well.")))
    return Task("bad", said("The self-test stays away"), text, "pantau doctor", *_WORKERS)


def _fallen(now: Overview) -> Task | None:
    """One for all of them: so many at once are hardly each feed's own fault."""
    if now.fallen is None:
        return None
    title = said_n("{n} feed fails", "{n} feeds fail", now.feeds.get("failing", now.fallen.n))
    text = joined((fallen_in_words(now.fallen), said("Pantau goes on trying and never gives a feed up.")))
    return Task("bad", title, text, "pantau doctor", *_FEEDS["failing"])


def _circuits(circuits: Sequence[Row], now: datetime) -> list[Task]:
    return [_circuit(row, now) for row in circuits if row["reason"] not in BY_READERS]


def _circuit(row: Row, now: datetime) -> Task:
    """A channel, or what channels share, that lets nothing through until somebody mends it."""
    channel, name = row["kind"] is not None, plain_text(row["stops"], 80)
    text = joined(
        (
            said(
                "The reason: {cause}. It began {began}. {messages} held.",
                cause=_cause(row["reason"]),
                began=ago(row["opened_at"], now),
                messages=count(row["held"], "message"),
            ),
            # after a restore no probe closes it
            said("Nothing goes out before somebody says so.")
            if row["probe_at"] is None
            else said(
                "Pantau tries again {when} and sends them all once it works.",
                when=ago(max(row["probe_at"], now), now),
            ),
        )
    )
    released = "pantau release --drop" if row["reason"] == "restored" else ""
    if channel:
        test = f"pantau channels test {shlex.quote(name)}"
        title = said("{channel} lets nothing through", channel=name)
        return Task("bad", title, text, released or test, said("Test channel"), "/channels")
    title = said("No mail leaves") if name == "smtp" else said("Nothing leaves by {sender}", sender=name)
    return Task("bad", title, text, released or "pantau doctor")


def _failed(now: Overview, unsent: Sequence[Row]) -> Task | None:
    if not now.failed:
        return None
    newest = next((row for row in unsent if row["state"] == "failed"), None)
    title = said_n("{n} message could not be delivered", "{n} messages could not be delivered", now.failed)
    if newest is None:
        return Task("bad", title, _new(now), "pantau deliveries list")
    why = said(
        "The newest, to {channel}: {cause}.",
        channel=plain_text(newest["channel"], 80),
        cause=_cause(newest["reason"]),
    )
    return Task(
        "bad",
        title,
        joined((_new(now), why)),
        f"pantau deliveries retry {newest['key']}",
        said("See messages"),
        "/deliveries?state=failed",
        retry=str(newest["key"]),
    )


def _new(now: Overview) -> Said | str:
    """How many of the failures are new, where not all are."""
    if not 0 < now.failed_24h < now.failed:
        return ""
    return said("{n} of them in the last 24 hours.", n=f"{now.failed_24h:,}")


def _in_doubt(now: Overview, unsent: Sequence[Row]) -> Task | None:
    if not now.in_doubt:
        return None
    newest = next((row for row in unsent if row["state"] == "unknown"), None)
    text = (
        said(
            "The answer was lost. Look whether it arrived in {channel}; if it did not, send it again.",
            channel=plain_text(newest["channel"], 80),
        )
        if newest
        else said("The answer was lost. Look whether it arrived; if it did not, send it again.")
    )
    command = f"pantau deliveries retry {newest['key']}" if newest else "pantau deliveries list"
    title = said_n(
        "{n} message may have arrived or not", "{n} messages may have arrived or not", now.in_doubt
    )
    return Task("slow", title, text, command, *_DOUBTS)


def _failing(now: Overview, feeds: Sequence[Row]) -> Task | None:
    failing = [row for row in feeds if row["state"] == "failing"]
    if not failing:
        return None
    longest = max(failing, key=lambda row: (row["failures"], row["name"] or ""))
    well = longest["last_ok_at"]
    text = joined(
        (
            said("{feed}: {cause}.", feed=feed_name(longest), cause=_cause(longest["last_error"])),
            said("Last read {when}.", when=ago(well, now.at)) if well else "",
            _others(failing, longest),
            said("Pantau goes on trying and never gives a feed up."),
        )
    )
    title = said_n("{n} feed fails", "{n} feeds fail", now.feeds.get("failing", len(failing)))
    return Task("bad", title, text, f"pantau feeds check {shlex.quote(longest['url'])}", *_FEEDS["failing"])


def _gone(now: Overview, feeds: Sequence[Row]) -> Task | None:
    gone = [row for row in feeds if row["state"] == "gone"]
    if not gone:
        return None
    text = said(
        "{feeds}: the site says that it is gone for good. Give its new address.",
        feeds=_names([feed_name(row) for row in gone]),
    )
    title = said_n("{n} feed gone", "{n} feeds gone", now.feeds.get("gone", len(gone)))
    return Task("bad", title, text, "pantau apply watchlist.toml", *_FEEDS["gone"])


def _silent(now: Overview, feeds: Sequence[Row]) -> Task | None:
    silent = [row for row in feeds if row.get("silence")]
    if not silent:
        return None
    worst = max(silent, key=lambda row: (row["silence"]["missing"] or 0, row["name"] or ""))
    text = joined(
        (
            said("{feed}: {what}.", feed=feed_name(worst), what=silence_in_words(worst, now.at)),
            _others(silent, worst),
            said("Look whether the site has moved its feed, or stopped it."),
        )
    )
    title = said_n("{n} feed is silent", "{n} feeds are silent", max(now.silent, len(silent)))
    command = f"pantau feeds check {shlex.quote(worst['url'])}"
    return Task("slow", title, text, command, *_FEEDS["silent"])


def _missed(now: Overview, feeds: Sequence[Row]) -> Task | None:
    gapped = [row for row in feeds if row.get("gap") and row["gap"]["state"] == "unfillable"]
    if not gapped:
        return None
    worst = max(gapped, key=lambda row: (row["gap"]["at_most"] - row["gap"]["recovered"], row["name"] or ""))
    text = joined(
        (
            said("{feed}: {what}.", feed=feed_name(worst), what=gap_in_words(worst["gap"], now.at)),
            _others(gapped, worst),
            said(
                "Pantau asks such a feed more often by itself; a shorter `every` in the watchlist makes sure."
            ),
        )
    )
    title = said_n("{n} entry may have been missed", "Up to {n} entries may have been missed", now.missed)
    return Task("slow", title, text, "pantau feeds list")


def _others(failing: Sequence[Row], longest: Row) -> Said | str:
    names = [feed_name(row) for row in failing if row is not longest]
    return said("Also {feeds}.", feeds=_names(names)) if names else ""


def _names(names: Sequence[str]) -> Said | str:
    """Some names, and how many more there are."""
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return said("{names} and {n} more", names=shown, n=f"{more:,}") if more > 0 else shown


def _cause(reason: str | None) -> Said | str:
    """Why, in words: what others have said of it is cut to a harmless line first."""
    return cause(plain_text(reason or "", _LONG)) or said("no reason was given")
