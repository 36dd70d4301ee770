"""PURE. Forms of channels and subscriptions: from fields to what a watchlist would hold, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.dashboard.views.channels import called
from ops.said import Said
from ops.watchlist.model import TARGET_KEYS, ChannelKind

Fields = Mapping[str, str]

MOST_TICKS = {"topic": 16, "channel": 10}
"""Tick boxes of each kind: a form of ours has at most 50 fields (`ops.dashboard.login`). What has none is written."""
_LISTS = ("sources", "urgent")
_TEXTS = ("name", "timezone", "quiet", "wait", "group", "on_doubt")
_LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick box: its field, what it stands for, as it is shown, and whether it is ticked."""

    field: str
    value: str
    shown: Said | str
    ticked: bool


@dataclass(frozen=True, slots=True)
class SubscriptionForm:
    """A subscription's form: what was typed, the tick boxes, and how many names have none."""

    values: Fields
    topics: tuple[Tick, ...]
    more_topics: int
    channels: tuple[Tick, ...]
    more_channels: int
    faults: Mapping[str, str] = field(default_factory=dict)


NEW_SUBSCRIPTION: Fields = {
    "when_now": "on",
    "timezone": "UTC",
    "wait": "0s",
    "group": "story",
    "cap_per_hour": "12",
    "on_doubt": "resend",
}


def subscription_of(fields: Fields) -> dict[str, Any]:
    """What a watchlist would hold of the subscription; a key that is left empty has its usual value."""
    cap = fields.get("cap_per_hour", "").strip()
    found: dict[str, Any] = {
        "topics": _named(fields, "topic"),
        "channels": _named(fields, "channel"),
        "when": _times(fields),
        "languages": fields.get("languages", "").replace(",", " ").split(),
        **{key: lines(fields.get(key, "")) for key in _LISTS},
        **{key: fields[key].strip() for key in _TEXTS if fields.get(key, "").strip()},
    }
    if cap:
        whole = cap.isascii() and cap.isdecimal() and len(cap) <= _LONGEST_NUMBER
        found["cap_per_hour"] = int(cap) if whole else cap
    return found


def subscription_form(
    fields: Fields,
    selectors: Sequence[str],
    channels: Sequence[str],
    faults: Mapping[str, str] | None = None,
) -> SubscriptionForm:
    """The form with what was typed: names that have a tick box are ticked, others stay written."""
    topics, more_topics, other_topics = _ticks(fields, "topic", selectors)
    places, more_channels, other_channels = _ticks(fields, "channel", channels)
    times = lines(fields.get("when", ""))
    values = {
        **dict.fromkeys((*_TEXTS, *_LISTS, "languages", "cap_per_hour"), ""),
        **fields,
        "topics": "\n".join(other_topics),
        "channels": "\n".join(other_channels),
        "when": "\n".join(time for time in times if time not in ("now", "hourly")),
        "when_now": "on" if fields.get("when_now") or "now" in times else "",
        "when_hourly": "on" if fields.get("when_hourly") or "hourly" in times else "",
        "languages": " ".join(fields.get("languages", "").split()),
    }
    return SubscriptionForm(values, topics, more_topics, places, more_channels, faults or {})


def channel_of(fields: Fields) -> dict[str, Any]:
    """What a watchlist would hold of the channel: its name, one target, and a webhook's secret where there is one."""
    key = fields.get("target_kind", "")
    found: dict[str, Any] = {"name": fields.get("name", "").strip()}
    if key in TARGET_KEYS:
        found[key] = fields.get("target", "").strip()
    if key == "webhook" and fields.get("secret", "").strip():
        found["secret"] = fields["secret"].strip()
    if fields.get("language"):
        found["language"] = fields["language"]
    return found


def channel_changes(fields: Fields, kind: ChannelKind) -> dict[str, Any]:
    """What of a channel is to be otherwise: a target or a secret that is left empty stays."""
    key = next(each for each, of in TARGET_KEYS.items() if of == kind)
    given = channel_of({**fields, "target_kind": key})
    if not given[key]:
        del given[key]
    if fields.get("unsigned") and kind == "webhook":
        given["secret"] = ""
    return given


def channel_faults(faults: Mapping[str, str]) -> dict[str, str]:
    """Faults by the form's own fields: whatever the kind, there is one field for the target."""
    return {("target" if key in TARGET_KEYS else key): sentence for key, sentence in faults.items()}


def offered(kinds: Iterable[ChannelKind]) -> tuple[str, ...]:
    """The watchlist's words for the targets of these kinds, in their order."""
    wanted = frozenset(kinds)
    return tuple(key for key, kind in TARGET_KEYS.items() if kind in wanted)


def lines(text: str) -> list[str]:
    """The lines of a field, without blanks around them and without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _times(fields: Fields) -> list[str]:
    usual = [word for word in ("now", "hourly") if fields.get(f"when_{word}")]
    return list(dict.fromkeys([*usual, *lines(fields.get("when", ""))]))


def _named(fields: Fields, noun: str) -> list[str]:
    ticked = [fields[f"{noun}-{n}"] for n in range(MOST_TICKS[noun]) if fields.get(f"{noun}-{n}")]
    return list(dict.fromkeys([*ticked, *lines(fields.get(f"{noun}s", ""))]))


def _ticks(fields: Fields, noun: str, known: Sequence[str]) -> tuple[tuple[Tick, ...], int, list[str]]:
    """The tick boxes, the chosen first; how many names have none; and what is written beside them."""
    wanted = _named(fields, noun)
    there = frozenset(known)
    chosen = [name for name in wanted if name in there]
    rest = [name for name in known if name not in frozenset(chosen)]
    shown = [*chosen, *rest][: MOST_TICKS[noun]]
    ticks = tuple(
        Tick(f"{noun}-{n}", name, called(name, 120), name in chosen) for n, name in enumerate(shown)
    )
    boxed = frozenset(shown)
    return ticks, len(known) - len(boxed), [name for name in wanted if name not in boxed]
