"""Making and ending silences: the rules of the command, the pages and the API."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from alerts.letter import plain_text
from alerts.model import SilenceId
from alerts.silences import Scope, What
from alerts.store import silences
from alerts.store.schema import channels
from ops.regrouping import story_meant
from ops.store import audit_log
from ops.store.hearing import names_in, source_known
from ops.store.watched import channel_named, topic_names, topics_named
from ops.watchlist.words import did_you_mean, shown
from worker.errors import BadInput
from worker.store.engine import Connection

LONGEST = timedelta(days=366)

Field = Literal["what", "channel", "until", "begin"]


class BadSilence(BadInput):
    """A silence that cannot be made; `field` is what is wrong about it."""

    def __init__(self, field: Field, sentence: str) -> None:
        self.field: Field = field
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be silenced. `what` is the topic's name, the story's number or the address of one of its articles, or
    what a source answers to; `channel` empty is every channel."""

    scope: Scope
    what: str = ""
    channel: str = ""
    comment: str = ""


def make(
    connection: Connection,
    wanted: Wanted,
    *,
    begin: datetime | None,
    end: datetime,
    now: datetime,
    who: str,
    by: str,
) -> SilenceId:
    """A silence from `begin` (None: now) up to `end`. `by` stands beside it for whoever reads the list, `who` in the
    audit log. Raises BadSilence."""
    check_end(begin or now, end)
    if begin is not None and begin < end <= now:
        raise BadSilence("until", "it would be over already; give a later end")
    wanted = replace(
        wanted,
        what=_storable(wanted.what),
        channel=_storable(wanted.channel),
        comment=_storable(wanted.comment),
    )
    what = _about(connection, wanted)
    where = None
    if wanted.channel:
        where = channel_named(connection, wanted.channel)
        if where is None:
            raise BadSilence("channel", _unknown("channel", wanted.channel, names_in(connection, channels)))
    elif wanted.scope == "channel":
        raise BadSilence("channel", "which channel is to be silenced?")
    try:
        number = silences.add(
            connection,
            scope=wanted.scope,
            what=what,
            channel=where,
            since=begin,
            until=end,
            by=by,
            comment=wanted.comment,
        )
    except BadInput as error:
        raise BadSilence("until", str(error)) from None
    audit_log.note(connection, who, "added", "silence", str(number), None, _written(wanted, begin, end))
    return number


def doubtful(connection: Connection, wanted: Wanted) -> str:
    """What speaks against a silence that can be made all the same; "" where nothing does. A feed may come, and an
    article may lie elsewhere than its feed."""
    if wanted.scope != "source" or source_known(connection, wanted.what.strip()):
        return ""
    return f"no feed here has the name, tag or host {shown(wanted.what.strip())}"


def stop(connection: Connection, silence: SilenceId, who: str) -> bool:
    """Ends a silence before its time; False where none with this number holds or is to come."""
    ended = silences.end(connection, silence)
    if ended:
        audit_log.note(connection, who, "ended", "silence", str(silence))
    return ended


def check_end(begin: datetime, end: datetime) -> None:
    """Raises BadSilence for one that would last too long."""
    if end - begin > LONGEST:
        raise BadSilence(
            "until",
            "a silence lasts a year at most; to hear of something no more, take it out of the subscription "
            '(a source: sources = ["-name"])',
        )


def moment(field: Field, text: str) -> datetime:
    """The moment that is written so, UTC where no zone is. Raises BadSilence."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadSilence(
            field, f'"{plain_text(text, 40)}" is no time; write it as 2026-11-30T07:00+07:00'
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _about(connection: Connection, wanted: Wanted) -> What:
    name = wanted.what.strip()
    if wanted.scope in ("topic", "story", "source") and not name:
        raise BadSilence("what", f"which {wanted.scope} is to be silenced?")
    match wanted.scope:
        case "topic":
            found = topics_named(connection, [name])
            if not found:
                raise BadSilence("what", _unknown("topic", name, topic_names(connection)))
            return found[name].id
        case "story":
            return _story(connection, name)
        case "source":
            return name
    return None


def _story(connection: Connection, text: str) -> int:
    found = story_meant(connection, text)
    if found is None and text.isdecimal():
        raise BadSilence("what", f"there is no story {plain_text(text, 40)}")
    if found is None:
        raise BadSilence(
            "what",
            f"no story is known with an article at {plain_text(text, 200)}; `pantau why URL` says what is known of it",
        )
    return found


def _storable(text: str) -> str:
    return text.replace("\x00", "")  # what PostgreSQL stores in no text


def _unknown(noun: str, name: str, known: list[str]) -> str:
    near = did_you_mean(name, known)
    return f'no {noun} is called "{plain_text(name, 60)}"{near}; `pantau {noun}s list` shows them'


def _written(wanted: Wanted, begin: datetime | None, end: datetime) -> dict[str, str]:
    facts = {
        "scope": wanted.scope,
        "what": wanted.what.strip(),
        "channel": wanted.channel,
        "from": begin.isoformat() if begin else "",
        "until": end.isoformat(),
        "comment": wanted.comment,
    }
    return {key: value for key, value in facts.items() if value}
