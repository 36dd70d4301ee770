"""PURE. What a person must do, and how: nothing stands here that mends itself."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alerts.letter import plain_text
from ops.dashboard.said import Said, said
from ops.dashboard.views.rows import feed_name
from ops.dashboard.words import Shape, ago
from ops.remarks import gap_in_words, silence_in_words
from ops.store.audit import Audit
from ops.store.overview import Overview
from ops.verdict import BY_READERS, TICK_LATE_S, cause, count, span

Row = Mapping[str, Any]

_NAMED = 3
_DOUBTS = (said("See messages"), "/deliveries?state=unknown")
_FEEDS = {state: (said("See feeds"), f"/feeds?state={state}") for state in ("failing", "gone", "silent")}


@dataclass(frozen=True, slots=True)
class Task:
    """Something to mend: what it is, what it means, and the command that helps. `page` is where it is seen and mended
    here, under the word `look`; `retry` is a message that may simply be sent again, by its key."""

    shape: Shape
    title: str
    text: str
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
    found = [_ledger(ledger), _beat(now), *_circuits(circuits, now.at)]
    found += [_failed(now, unsent), _in_doubt(now, unsent), _failing(now, feeds), _gone(now, feeds)]
    found += [_silent(now, feeds), _missed(now, feeds)]
    return [_leading_to(task, offered) for task in found if task is not None]


def _leading_to(task: Task, offered: Collection[str]) -> Task:
    return task if task.page.split("?")[0] in offered else replace(task, page="", look="")


def _ledger(ledger: Audit | None) -> Task | None:
    if ledger is None or ledger.sound:
        return None
    text = f"{count(ledger.lost, 'alert')} in no state, {ledger.doubled} accepted twice."
    return Task("bad", "The ledger does not add up", f"{text} This must never happen.", "pantau audit --json")


def _beat(now: Overview) -> Task | None:
    if now.tick_age_s is not None and now.tick_age_s <= TICK_LATE_S:
        return None
    since = "has never ticked" if now.tick_age_s is None else f"was last heard {span(now.tick_age_s)} ago"
    text = f"The beat {since}. `pantau up` runs one; in separate processes it is `pantau beat`."
    return Task("bad", "The beat is silent", text, "pantau doctor")


def _circuits(circuits: Sequence[Row], now: datetime) -> list[Task]:
    return [_circuit(row, now) for row in circuits if row["reason"] not in BY_READERS]


def _circuit(row: Row, now: datetime) -> Task:
    """A channel, or what channels share, that lets nothing through until somebody mends it."""
    channel = row["kind"] is not None
    name = plain_text(row["stops"], 80)
    title = f"{name} lets nothing through" if channel else f"No {'mail' if name == 'smtp' else name} leaves"
    onward = (
        "nothing goes out before somebody says so."  # after a restore: no probe closes this one
        if row["probe_at"] is None
        else f"Pantau tries again {ago(max(row['probe_at'], now), now)} and sends them all once it works."
    )
    text = (
        f"{_sentence(cause(row['reason']))} It began {ago(row['opened_at'], now)}. "
        f"{count(row['held'], 'message')} held; {onward}"
    )
    command = f"pantau channels test {shlex.quote(name)}" if channel else "pantau doctor"
    command = "pantau release --drop" if row["reason"] == "restored" else command
    look = said("Test channel") if channel else ""
    return Task("bad", title, text, command, look, "/channels" if channel else "")


def _failed(now: Overview, unsent: Sequence[Row]) -> Task | None:
    if not now.failed:
        return None
    newest = next((row for row in unsent if row["state"] == "failed"), None)
    new = f", {now.failed_24h:,} of them in the last 24 hours" if 0 < now.failed_24h < now.failed else ""
    title = f"{count(now.failed, 'message')} could not be delivered{new}"
    if newest is None:
        return Task("bad", title, "", "pantau deliveries list")
    text = f"The newest, to {plain_text(newest['channel'], 80)}: {_sentence(cause(newest['reason']))}"
    return Task(
        "bad",
        title,
        text,
        f"pantau deliveries retry {newest['key']}",
        said("See messages"),
        "/deliveries?state=failed",
        retry=str(newest["key"]),
    )


def _in_doubt(now: Overview, unsent: Sequence[Row]) -> Task | None:
    if not now.in_doubt:
        return None
    newest = next((row for row in unsent if row["state"] == "unknown"), None)
    name = plain_text(newest["channel"], 80) if newest else "the channel"
    text = f"The answer was lost. Look whether it arrived in {name}; if it did not, send it again."
    command = f"pantau deliveries retry {newest['key']}" if newest else "pantau deliveries list"
    return Task("slow", f"{count(now.in_doubt, 'message')} may have arrived or not", text, command, *_DOUBTS)


def _failing(now: Overview, feeds: Sequence[Row]) -> Task | None:
    failing = [row for row in feeds if row["state"] == "failing"]
    if not failing:
        return None
    longest = max(failing, key=lambda row: (row["failures"], row["name"] or ""))
    well = f" Last read {ago(longest['last_ok_at'], now.at)}." if longest["last_ok_at"] else ""
    error = _sentence(f"{feed_name(longest)}: {cause(longest['last_error'])}")
    text = f"{error}{well}{_others(failing, longest)} Pantau goes on trying and never gives a feed up."
    number = now.feeds.get("failing", len(failing))
    title = f"{count(number, 'feed')} {'fails' if number == 1 else 'fail'}"
    return Task("bad", title, text, f"pantau feeds check {shlex.quote(longest['url'])}", *_FEEDS["failing"])


def _gone(now: Overview, feeds: Sequence[Row]) -> Task | None:
    gone = [row for row in feeds if row["state"] == "gone"]
    if not gone:
        return None
    names = ", ".join(feed_name(row) for row in gone[:_NAMED])
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    text = f"{names}{more}: the site says that it is gone for good. Give its new address in the watchlist."
    title = f"{count(now.feeds.get('gone', len(gone)), 'feed')} gone"
    return Task("bad", title, text, "pantau apply watchlist.toml", *_FEEDS["gone"])


def _silent(now: Overview, feeds: Sequence[Row]) -> Task | None:
    silent = [row for row in feeds if row.get("silence")]
    if not silent:
        return None
    worst = max(silent, key=lambda row: (row["silence"]["missing"] or 0, row["name"] or ""))
    text = f"{feed_name(worst)}: {silence_in_words(worst, now.at)}.{_others(silent, worst)}"
    number = max(now.silent, len(silent))
    title = f"{count(number, 'feed')} {'is' if number == 1 else 'are'} silent"
    look = " Look whether the site has moved its feed, or stopped it."
    command = f"pantau feeds check {shlex.quote(worst['url'])}"
    return Task("slow", title, text + look, command, *_FEEDS["silent"])


def _missed(now: Overview, feeds: Sequence[Row]) -> Task | None:
    gapped = [row for row in feeds if row.get("gap") and row["gap"]["state"] == "unfillable"]
    if not gapped:
        return None
    worst = max(gapped, key=lambda row: (row["gap"]["at_most"] - row["gap"]["recovered"], row["name"] or ""))
    text = _sentence(f"{feed_name(worst)}: {gap_in_words(worst['gap'], now.at)}") + _others(gapped, worst)
    advice = " Pantau asks such a feed more often by itself; a shorter `every` in the watchlist makes sure."
    entries = "1 entry" if now.missed == 1 else f"Up to {now.missed:,} entries"
    return Task("slow", f"{entries} may have been missed", text + advice, "pantau feeds list")


def _others(failing: Sequence[Row], longest: Row) -> str:
    names = [feed_name(row) for row in failing if row is not longest]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" Also {', '.join(names[:_NAMED])}{more}." if names else ""


def _sentence(words: str) -> str:
    """Foreign or short words as one harmless sentence."""
    line = plain_text(words, 300).strip().rstrip(".")
    return f"{line[:1].upper()}{line[1:]}." if line else ""
