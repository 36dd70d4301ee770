"""PURE. The pages behind the links in mails, as values that a template shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from alerts.digest import zone
from alerts.letter import plain_text
from alerts.store.readers import Heard, Reader
from ops.dashboard.consent_words import WORDS, Language, when_in_words
from worker.errors import BadInput


@dataclass(frozen=True, slots=True)
class Told:
    """To whom a page speaks: in which language, of which host, about which mailbox (as they may see it)."""

    language: Language
    host: str
    mailbox: str = ""

    def say(self, key: str, **values: object) -> str:
        """A phrase of the catalogue."""
        return WORDS[self.language][key].format(host=self.host, address=self.mailbox, **values)


@dataclass(frozen=True, slots=True)
class Button:
    """What pressing it does, and what stands on it; `look` is "main" for the one that the page is about."""

    does: str
    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Buttons:
    """Buttons side by side; `to` is where they lead (empty: the page itself), `about` the subscriptions meant."""

    buttons: tuple[Button, ...]
    hint: str = ""
    to: str = ""
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A subscription on the page, with its one button; `key` is its name as it is stored."""

    key: str
    name: str
    topics: str
    when: str
    button: Button


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that one page shows."""

    language: Language
    skip: str
    title: str
    sentences: tuple[str, ...] = ()
    done: str = ""
    hears: tuple[Shown, ...] = ()
    buttons: tuple[Buttons, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def host_of(public_url: str | None) -> str:
    """The host by which people know this installation."""
    return (urlsplit(public_url).hostname if public_url else None) or "Pantau"


def leaving(told: Told, names: Sequence[str]) -> Page:
    """Whether they really want to leave."""
    asks = told.say("leave_asks", names=_quoted(names) or told.say("everything"))
    return _page(told, "leave_title", asks, buttons=(_main(told, "leave", "leave_does"),))


def left(told: Told, names: Sequence[str], manage: str) -> Page:
    """They have left; and the way back, for who slipped."""
    said = told.say("left", names=_quoted(names)) if names else told.say("left_all")
    back = Buttons((Button("rejoin", told.say("back")),), to=manage, about=tuple(names))
    links = ((told.say("other"), manage),)
    return _page(told, "left_title", said, buttons=(back,) if names else (), links=links)


def everything(told: Told, reader: Reader, done: str, names: Sequence[str]) -> Page:
    """All that comes to a mailbox, with a button for each thing that its owner may want."""
    note = told.say(done, names=_quoted(names) or told.say("everything")) if done else ""
    if reader.blocked_by is not None:
        theirs = reader.blocked_by == "recipient"
        back = (Buttons((Button("unblock", told.say("unblock")),)),) if theirs else ()
        sentence = told.say("blocked" if theirs else "blocked_by_them")
        return _page(told, "manage_title", sentence, done=note, buttons=back)
    sentences = [told.say("manage" if told.mailbox and reader.hears else "manage_none")]
    if reader.rests_until is not None:
        sentences.append(told.say("paused", until=_moment(told, reader.rests_until, reader)))
    return _page(
        told,
        "manage_title",
        *sentences,
        done=note,
        hears=tuple(_shown(told, heard) for heard in reader.hears),
        buttons=tuple(_deeds(told, reader)),
    )


def confirming(told: Told, reader: Reader, *, in_time: bool, manage: str) -> Page:
    """Whether they want to be written to; or what they have said."""
    if reader.blocked_by is not None:
        return _page(told, "manage_title", told.say("blocked"))
    if reader.confirmed:
        links = ((told.say("manage_title"), manage),)
        return _page(told, "confirmed_title", told.say("confirmed"), links=links)
    if not in_time:
        return _page(told, "late_title", told.say("late"))
    topics = [f"{heard.topics}, {heard.when}" for heard in (_shown(told, each) for each in reader.hears)]
    never = Buttons((Button("never", told.say("never")),), told.say("never_hint"))
    buttons = (_main(told, "confirm", "confirm_does"), never)
    return _page(told, "confirm_title", told.say("confirm_asks"), *topics, buttons=buttons)


def bad_link(told: Told) -> Page:
    """For a token that is not ours, or is for something else."""
    return _page(told, "bad_title", told.say("bad"))


def _page(
    told: Told,
    title: str,
    *sentences: str,
    done: str = "",
    hears: tuple[Shown, ...] = (),
    buttons: tuple[Buttons, ...] = (),
    links: tuple[tuple[str, str], ...] = (),
) -> Page:
    return Page(told.language, told.say("skip"), told.say(title), sentences, done, hears, buttons, links)


def _main(told: Told, does: str, text: str) -> Buttons:
    return Buttons((Button(does, told.say(text), "main"),))


def _deeds(told: Told, reader: Reader) -> Iterator[Buttons]:
    if any(heard.left_at is None for heard in reader.hears):
        if reader.rests_until is not None:
            yield Buttons((Button("resume", told.say("resume")),))
        else:
            pauses = tuple(Button(name, told.say(name)) for name in ("pause_day", "pause_week"))
            yield Buttons(pauses, told.say("pause_hint"))
        yield Buttons((Button("leave", told.say("leave_all")),))
    yield Buttons((Button("never", told.say("never")),), told.say("never_hint"))


def _shown(told: Told, heard: Heard) -> Shown:
    left_it = heard.left_at is not None
    button = Button("rejoin", told.say("join_one")) if left_it else Button("leave", told.say("leave_one"))
    times = told.say("left_since") if left_it else when_in_words(heard.when, told.language)
    topics = ", ".join(plain_text(topic.removeprefix("tag:"), 80) for topic in heard.topics)
    return Shown(heard.name, plain_text(heard.name, 200), topics, times, button)


def _moment(told: Told, at: datetime, reader: Reader) -> str:
    """ "27 Nov 2026, 07:00 (Asia/Jakarta)", by the clock of their first subscription."""
    name = reader.hears[0].timezone if reader.hears else "UTC"
    try:
        local = at.astimezone(zone(name))
    except BadInput:
        name, local = "UTC", at
    month = told.say("months").split()[local.month - 1]
    return f"{local.day} {month} {local.year}, {local:%H:%M} ({name})"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{plain_text(name, 120)}”" for name in names)
