"""PURE. Channels as their pages show them: where each leads (never the secret), and whether anything gets through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from alerts.letter import plain_text
from ops.causes import BY_READERS, cause
from ops.dashboard.words import Stamp, State, due_stamp, maybe_stamp, stamp
from ops.said import Said, said, said_n
from ops.store.mailboxes import masked
from ops.store.restored import Held
from ops.trial import as_told
from ops.watchlist.model import ChannelKind

Row = Mapping[str, Any]

KINDS: Mapping[ChannelKind, Said] = {
    "slack_webhook": said("Slack hook"),
    "slack_bot": said("Slack bot"),
    "email": said("E-mail"),
    "webhook": said("Webhook"),
    "apprise": said("Apprise"),
}
_NAME, _WHERE, _ANSWER = 80, 120, 400


@dataclass(frozen=True, slots=True)
class Test:
    """How the last test ended: what it means, and the receiver's own words."""

    at: Stamp
    by: str
    state: State
    meaning: Said | str
    answer: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A subscription that leads to the channel; `alone` if it leads nowhere else and would go with it."""

    id: int
    name: str
    left: bool
    alone: bool


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel: `where` is masked, `detail` says what its state means, `kept` how its secret is known; `test_failed`
    if its receiver took nothing since a test that it did not take; `may_ask` if its owner can be asked once more."""

    id: int
    name: str
    kind: Said | str
    where: str
    kept: Said | str
    declared: bool
    signed: bool
    language: Said | str
    state: State
    detail: Said | str
    stamps: tuple[tuple[Said, Stamp], ...]
    held: Said | str
    last_sent: Stamp | None
    sent_24h: str
    hears: tuple[Heard, ...]
    test: Test | None
    test_failed: bool
    may_ask: bool
    created: Stamp


@dataclass(frozen=True, slots=True)
class Release:
    """What waits after a backup was restored, in words; `early` if feeds were not polled since."""

    sentence: Said
    early: Said | str


@dataclass(frozen=True, slots=True)
class ChannelList:
    """The page: `further` is the name behind which the list goes on."""

    rows: tuple[ChannelView, ...]
    further: str
    filtered: bool
    release: Release | None


def compose(
    rows: Sequence[Row],
    sent: Mapping[int, tuple[int, datetime | None]],
    heard: Sequence[Row],
    targets: Mapping[int, str | None],
    now: datetime,
) -> tuple[ChannelView, ...]:
    """Channels with what was sent of late, what leads to them, and their targets (None: a secret that no key
    opens)."""
    return tuple(
        _channel(
            row,
            *sent.get(row["id"], (0, None)),
            [each for each in heard if each["id"] == row["id"]],
            targets.get(row["id"]),
            now,
        )
        for row in rows
    )


def release_of(held: Held | None) -> Release | None:
    """The panel about a restored backup; None where none waits for a word."""
    if held is None:
        return None
    messages = said_n("{n} unsent message", "{n} unsent messages", held.deliveries)
    places = said_n("{n} channel", "{n} channels", held.channels)
    early = said_n(
        "{n} feed was not polled since, and what it brings may have been told: wait a minute, or tick the box.",
        "{n} feeds were not polled since, and what they bring may have been told: wait a minute, or tick the box.",
        held.unpolled,
    )
    return Release(
        said(
            "A backup was restored, and nothing is sent before you say so. {messages} of {places} may have gone out "
            "after the backup was made.",
            messages=messages,
            places=places,
        ),
        early if held.unpolled else "",
    )


def where(kind: str, target: str | None) -> str:
    """Where a channel leads, as far as everybody may know: of a secret address its host alone."""
    if target is None:
        return ""
    match kind:
        case "email":
            return plain_text(masked(target), _WHERE)
        case "slack_bot":
            return plain_text(target, _WHERE)
        case "apprise":
            return plain_text(target.partition("://")[0], 40) + "://…"
    try:
        parts = urlsplit(target)
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        host = ""
    return plain_text(f"{host}/…", _WHERE)


def called(name: str, longest: int = _NAME) -> Said | str:
    """A name as one harmless line; something to point at where nothing of it can be seen."""
    return plain_text(name, longest) or said("(without a visible name)")


def _channel(
    row: Row, sent_24h: int, last: datetime | None, heard: Sequence[Row], target: str | None, now: datetime
) -> ChannelView:
    state, detail, stamps = standing(row, now)
    return ChannelView(
        id=row["id"],
        name=called(row["name"]),
        kind=KINDS.get(row["kind"], plain_text(row["kind"], 40)),
        where=where(row["kind"], target) or f"{row['print']}…",
        kept=_kept(row["target_ref"], target),
        declared=row["declared"],
        signed=row["signed"],
        language=said("Indonesian") if row["language"] == "id" else said("English"),
        state=state,
        detail=detail,
        stamps=stamps,
        held=said_n("{n} message held", "{n} messages held", row["held"]) if row["held"] else "",
        last_sent=maybe_stamp(last, now),
        sent_24h=f"{sent_24h:,}",
        hears=tuple(
            Heard(
                each["subscription"],
                called(each["name"]),
                each["departed"],
                not each["declared"] and each["channels"] == [row["name"]],
            )
            for each in heard
        ),
        test=_test(row, now),
        test_failed=_test_failed(row, last),
        may_ask=row["confirmation"] not in (None, "due", "sending") and not row["blocked_by"],
        created=stamp(row["created_at"], now),
    )


def standing(row: Row, now: datetime) -> tuple[State, Said | str, tuple[tuple[Said, Stamp], ...]]:
    """Whether anything gets through, why not, and when that may change."""
    if row["blocked_by"]:
        by = (
            said("Its owner asked never to be written to, and is not.")
            if row["blocked_by"] == "recipient"
            else said("An operator blocked the address; nothing is written there.")
        )
        return State("bad", said("blocked")), by, ()
    if row["confirmation"]:
        return State("off", said("waits for its owner's yes")), _asked(row["confirmation"]), ()
    if row["rests_until"]:
        resting = said("Its reader asked for a pause; what comes is kept and told afterwards.")
        return State("off", said("resting")), resting, ((said("until"), stamp(row["rests_until"], now)),)
    if row["circuit"] and row["reason"] in BY_READERS:
        return State("off", said("resting")), said("Held: {cause}.", cause=cause(row["reason"])), ()
    if row["circuit"] and row["reason"] == "restored":
        why = said("A backup was restored, and nobody has said yet that sending may go on.")
        return State("slow", said("held")), why, ()
    if row["circuit"]:
        return (
            State("bad", said("lets nothing through")),
            said("Nothing is lost: {cause}.", cause=cause(plain_text(row["reason"], _ANSWER))),
            (
                (said("since"), stamp(row["opened_at"], now)),
                (said("next try"), due_stamp(row["probe_at"], now)),
            ),
        )
    if row["takes_nothing_since"]:
        because = cause(plain_text(row["takes_nothing_why"] or "", _ANSWER))
        tried = said("It is tried again by itself, and nothing is lost: {cause}.", cause=because)
        return (
            State("slow", said("takes nothing")),
            tried,
            ((said("since"), stamp(row["takes_nothing_since"], now)),),
        )
    if row["paused_until"]:
        asked = (
            said("Its receiver asked us to wait.")
            if row["asked_from"]
            else said("It did not take the last message; it is tried again by itself.")
        )
        return State("slow", said("paused")), asked, ((said("until"), due_stamp(row["paused_until"], now)),)
    return State("ok", said("open")), "", ()


def _asked(confirmation: str) -> Said:
    match confirmation:
        case "never":
            return said("Its owner was not asked yet; nothing is sent before they say yes.")
        case "failed":
            return said(
                "The mail that asks its owner could not be sent; nothing else is sent before they say yes."
            )
        case "due" | "sending":
            return said("A mail that asks its owner is on its way; nothing else is sent before they say yes.")
    return said("A mail has asked its owner, who has 48 hours; nothing else is sent before they say yes.")


def _kept(reference: str, target: str | None) -> Said | str:
    if target is None:
        return said("its secret does not open with this installation's key")
    if reference.startswith("stored:"):
        return said("kept here, sealed")
    return said("from {reference}", reference=plain_text(reference, _WHERE))


def _test_failed(row: Row, last_sent: datetime | None) -> bool:
    told, at = row["test"], row["tested_at"]
    return bool(told) and not told.get("accepted") and (last_sent is None or last_sent < at)


def _test(row: Row, now: datetime) -> Test | None:
    told = row["test"]
    if not told or row["tested_at"] is None:
        return None
    accepted = bool(told.get("accepted"))
    return Test(
        at=stamp(row["tested_at"], now),
        by=plain_text(row["tested_by"], _NAME),
        state=State("ok", said("accepted")) if accepted else State("bad", said("not accepted")),
        meaning=as_told(told),
        answer=plain_text(str(told.get("answer", "")), _ANSWER),
    )
