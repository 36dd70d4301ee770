"""PURE. Is it healthy? One sentence, ranked by what would hurt the users most, and why nothing is lost."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from alerts.letter import plain_text
from ops.amounts import count, span
from ops.causes import BY_READERS, cause
from ops.disks import filling
from ops.fallen_words import disk_trouble, fallen_in_words
from ops.said import Said, joined, said, said_n
from ops.self_test_words import came_through, where_it_stays
from ops.store.audit import Audit
from ops.store.overview import Overview, Queue
from ops.store.ticking import DEAD_AFTER_S

Level = Literal["ok", "slow", "bad"]

TICK_LATE_S = 8.0
DESK_LATE_S: Mapping[str, float] = {"poll": 60.0, "read": 60.0, "plan": 10.0, "send": 15.0}
"""So long work may wait at a desk. Sites set the pace of the first two: a hundred pages of one site take half a minute
(`worker.hosts`), one that answers slowly takes ten seconds a page. The others wait for nobody but themselves, and for
the receiver of the message before."""
DATABASE_SLOW_S = 2.0
"""It takes some hundredths of a second to say how everything stands, a few tenths where a million articles are kept."""

_NAME, _LONG = 80, 200
_MANY, _PACE_S, _LONG_S = 100, 10.0, 120.0
_BALKS_S = 8.0  # after the second try: what was over after five seconds is no trouble

_NICKNAMES = {"smtp": "mail", "slack": "Slack"}


def verdict(now: Overview) -> tuple[Level, Said]:
    """A level (`ok`, `slow`, `bad`) and the sentence a person on call reads first."""
    broken = (_workers, _beat, _deserted, _full_disk, _self_test, _network_down, _held, _failed)
    strained = (_paused, _balking, _slow_database, _late, _filling_disk, _in_doubt, _fallen)
    for judge in (*broken, *strained, _feeds, _silent, _missed):
        found = judge(now)
        if found is not None:
            return found
    if not now.feeds:
        return "ok", said("Nothing is watched yet: declare feeds in a watchlist and apply it.")
    return "ok", joined((said("Everything keeps up."), _coverage(now)))


def assurance(now: Overview, ledger: Audit | None) -> Said:
    """Why nothing is lost, in the figures of this moment; or plainly that something is."""
    if ledger is not None and not ledger.sound:
        return said(
            "The ledger does not add up: {lost} lost, {doubled} told twice. "
            "Run `pantau audit` and report what it prints.",
            lost=ledger.lost,
            doubled=ledger.doubled,
        )
    waiting = now.held + sum(queue.waiting for queue in now.desks.values())
    return joined(
        (
            _speed(now),
            _kept(waiting, ticking=_beat(now) is None),
            _proof(ledger),
            came_through(now.self_test, now.at),
        )
    )


def _kept(waiting: int, ticking: bool) -> Said:
    if not waiting:
        return said("Nothing waits and nothing is lost.")
    if ticking:
        return said(
            "Nothing is lost: what waits ({n}) is kept in the database and goes on by itself.",
            n=f"{waiting:,}",
        )
    return said(
        "Nothing is lost: what waits ({n}) is kept in the database and goes on once the beat ticks again.",
        n=f"{waiting:,}",
    )


def _coverage(now: Overview) -> Said:
    return said(
        "{articles} read in 24 hours, {matched} matched, {messages} sent.",
        articles=count(now.articles_24h, "article"),
        matched=f"{now.matched_24h:,}",
        messages=count(now.sent_24h, "message"),
    )


def _speed(now: Overview) -> Said | str:
    half = now.published_to_sent.p50
    if half is None:
        return ""
    return said("Half of all alerts leave within {span} of publication.", span=span(half))


def _proof(ledger: Audit | None) -> Said | str:
    if ledger is None or not ledger.alerts:
        return ""
    alerts = count(ledger.alerts, "alert")
    if not ledger.possible_repeats:
        return said("Of {alerts} in the ledger 0 are lost and 0 told twice.", alerts=alerts)
    repeats = count(ledger.possible_repeats, "possible repeat")
    return said(
        "Of {alerts} in the ledger 0 are lost and 0 told twice, {repeats}.", alerts=alerts, repeats=repeats
    )


def _beat(now: Overview) -> tuple[Level, Said] | None:
    if now.tick_age_s is None:
        return "bad", said("The beat has never ticked: nothing is polled or sent until it does.")
    if now.tick_age_s > TICK_LATE_S:
        silent = span(now.tick_age_s)
        return "bad", said("The beat has been silent for {span}: nothing new is polled.", span=silent)
    return None


_DESKS = {
    "tick": said("tick"),
    "poll": said("poll"),
    "read": said("read"),
    "plan": said("plan"),
    "send": said("send"),
}


def desk_name(desk: str) -> Said | str:
    """How a desk is called within a sentence."""
    return _DESKS.get(desk, desk)


def unserved(queues: Iterable[str], workers: Sequence[Collection[str]]) -> tuple[str, ...]:
    """The queues that none of these living workers serves, each given by what it serves; none where one, of an earlier
    version, does not say so."""
    if not all(workers):
        return ()
    served = {queue for worker in workers for queue in worker}
    return tuple(queue for queue in queues if queue not in served)


def behind(desk: str, queue: Queue) -> bool:
    """Whether work at a desk waits for longer than it should, or surely will: the ten seconds in which many wait have
    shown the pace."""
    if queue.oldest_s > DESK_LATE_S.get(desk, 60.0):
        return True
    full = queue.waiting >= _MANY and queue.oldest_s >= _PACE_S
    return full and _rest_s(queue) > _LONG_S


def _rest_s(queue: Queue) -> float:
    """How long what waits will take at the pace of the last ten seconds."""
    return math.inf if not queue.done_10s else queue.waiting / queue.done_10s * _PACE_S


def _living(now: Overview) -> list[Mapping[str, Any]]:
    return [sign for sign in now.signs if sign["age_s"] <= DEAD_AFTER_S]


def _workers(now: Overview) -> tuple[Level, Said] | None:
    """Workers that were ended in order have left no sign; then it is the beat that is missed."""
    if not now.signs or _living(now):
        return None
    silent = span(min(sign["age_s"] for sign in now.signs))
    return "bad", said(
        "No worker has shown a sign of life for {span}: they are stopped, or the broker does not answer. "
        "Nothing is polled, read or sent.",
        span=silent,
    )


def _deserted(now: Overview) -> tuple[Level, Said] | None:
    """Desks where nobody works, although somebody does elsewhere."""
    desks = deserted(now)
    if not desks:
        return None
    waiting = f"{sum(now.desks[desk].waiting for desk in desks):,}"
    if len(desks) == 1:
        return "bad", said(
            "No worker serves the {desk} desk: {n} waiting there.", desk=desk_name(desks[0]), n=waiting
        )
    names = _listed([desk_name(desk) for desk in desks])
    return "bad", said("No worker serves the desks {names}: {n} waiting there.", names=names, n=waiting)


def deserted(now: Overview) -> tuple[str, ...]:
    """The desks that no living worker serves, where any lives."""
    living = _living(now)
    return unserved(now.desks, [sign["queues"] or () for sign in living]) if living else ()


def _self_test(now: Overview) -> tuple[Level, Said] | None:
    found = where_it_stays(now.self_test, now.at)
    return None if found is None else ("bad", found)


def _full_disk(now: Overview) -> tuple[Level, Said] | None:
    found = _filling_disk(now)
    return found if found is not None and found[0] == "bad" else None


def _filling_disk(now: Overview) -> tuple[Level, Said] | None:
    fullest = next(iter(filling(now.disks)), None)
    return None if fullest is None else (fullest.level, disk_trouble(fullest))


def _network_down(now: Overview) -> tuple[Level, Said] | None:
    found = _fallen(now)
    return found if found is not None and found[0] == "bad" else None


def _fallen(now: Overview) -> tuple[Level, Said] | None:
    """Feeds that fail in numbers: nobody hears of what they bring, so it is bad once it lasts."""
    if now.fallen is None:
        return None
    return "bad" if now.fallen.lasts(now.at) else "slow", fallen_in_words(now.fallen)


def _held(now: Overview) -> tuple[Level, Said] | None:
    if not now.held:
        return None
    broken = {name: reason for name, reason in now.circuits.items() if reason not in BY_READERS}
    if now.circuits and not broken:
        return None
    named = {_NICKNAMES.get(name, name): cause(reason) for name, reason in sorted(broken.items())}
    causes = joined((said("{name}: {cause}", name=name, cause=why) for name, why in named.items()), "; ")
    messages, because = count(now.held, "message"), causes or said("being released")
    return "bad", said("{messages} held, none lost ({causes}).", messages=messages, causes=because)


def _paused(now: Overview) -> tuple[Level, Said] | None:
    if not now.pauses:
        return None
    waiting = sum(pause.waiting for pause in now.pauses.values())
    until = max(pause.until for pause in now.pauses.values())
    return "slow", said(
        "{names} asked for a pause: {messages} waiting until {time} UTC.",
        names=_listed(sorted(now.pauses)),
        messages=count(waiting, "message"),
        time=f"{until:%H:%M}",
    )


def _listed(names: Sequence[str]) -> Said | str:
    """Names as a list within a sentence: "A", "A and B", "A, B and C"."""
    if len(names) < 2:
        return "".join(names)
    return said("{names} and {last}", names=joined(names[:-1], ", "), last=names[-1])


def _balking(now: Overview) -> tuple[Level, Said] | None:
    """A channel that takes nothing, and was tried more than once."""
    long = {
        name: balk for name, balk in now.balking.items() if (now.at - balk.since).total_seconds() > _BALKS_S
    }
    if not long:
        return None
    name, longest = min(long.items(), key=lambda each: each[1].since)
    sentence = said(
        "{name} has taken nothing for {span} ({cause}): {messages} tried again and again, none lost.",
        name=name,
        span=span((now.at - longest.since).total_seconds()),
        cause=cause(longest.reason),
        messages=count(longest.waiting, "message"),
    )
    if len(long) == 1:
        return "slow", sentence
    more = said_n("{n} more channel does the same.", "{n} more channels do the same.", len(long) - 1)
    return "slow", joined((sentence, more))


def _slow_database(now: Overview) -> tuple[Level, Said] | None:
    if now.asked_s <= DATABASE_SLOW_S:
        return None
    return "slow", said(
        "The database is slow: it took {span} to say how everything stands.", span=span(now.asked_s)
    )


def _late(now: Overview) -> tuple[Level, Said] | None:
    late = {name: queue for name, queue in now.desks.items() if behind(name, queue)}
    if not late:
        return None
    name, queue = max(late.items(), key=lambda item: item[1].oldest_s)
    waiting, rest_s = f"{queue.waiting:,}", _rest_s(queue)
    if queue.oldest_s > DESK_LATE_S.get(name, 60.0):
        behind_by = span(queue.oldest_s)
        return "slow", said(
            "The {desk} desk is {span} behind with {n} waiting.",
            desk=desk_name(name),
            span=behind_by,
            n=waiting,
        )
    if math.isinf(rest_s):
        return "slow", said(
            "The {desk} desk has {n} waiting, and has done none in ten seconds.",
            desk=desk_name(name),
            n=waiting,
        )
    return "slow", said(
        "The {desk} desk has {n} waiting: at its present pace that takes {span}.",
        desk=desk_name(name),
        n=waiting,
        span=span(rest_s),
    )


def _failed(now: Overview) -> tuple[Level, Said] | None:
    if not now.failed_24h:
        return None
    messages = count(now.failed_24h, "message")
    return "bad", said("{messages} could not be delivered in the last 24 hours.", messages=messages)


def _in_doubt(now: Overview) -> tuple[Level, Said] | None:
    if not now.in_doubt_24h:
        return None
    messages = count(now.in_doubt_24h, "message")
    return "slow", said("{messages} in doubt: the receiver's answer was lost.", messages=messages)


def _feeds(now: Overview) -> tuple[Level, Said] | None:
    failing, gone = now.feeds.get("failing", 0), now.feeds.get("gone", 0)
    if not failing and not gone:
        return None
    parts = (
        said("{n} failing", n=failing) if failing else "",
        said("{n} gone", n=gone) if gone else "",
    )
    wrong = said("{one} and {other}", one=parts[0], other=parts[1]) if all(parts) else joined(parts)
    feeds = count(sum(now.feeds.values()), "feed")
    if now.unwell is None:
        return "slow", said("{wrong} of {feeds}; everything else keeps up.", wrong=wrong, feeds=feeds)
    name, why = _feed_name(now.unwell), cause(plain_text(now.unwell["last_error"] or "", _LONG))
    latest = said("{feed}: {cause}", feed=name, cause=why) if why else name
    if failing + gone == 1:
        return "slow", said(
            "{wrong} of {feeds} ({latest}); everything else keeps up.",
            wrong=wrong,
            feeds=feeds,
            latest=latest,
        )
    return "slow", said(
        "{wrong} of {feeds}, the latest {latest}; everything else keeps up.",
        wrong=wrong,
        feeds=feeds,
        latest=latest,
    )


def _feed_name(feed: Mapping[str, Any]) -> str:
    """Its name, or its host where it has none: the rest of an address may be a key."""
    try:
        return plain_text(feed["name"] or urlsplit(feed["url"]).hostname or "", _NAME)
    except ValueError:
        return ""


def _silent(now: Overview) -> tuple[Level, Said] | None:
    if not now.silent:
        return None
    return "slow", said_n(
        "{n} feed is silent: long past the usual time without an entry.",
        "{n} feeds are silent: long past the usual time without an entry.",
        now.silent,
    )


def _missed(now: Overview) -> tuple[Level, Said] | None:
    if not now.gapped:
        return None
    return "slow", said_n(
        "{n} entry of {feeds} may have been missed in the last 24 hours.",
        "Up to {n} entries of {feeds} may have been missed in the last 24 hours.",
        now.missed,
        feeds=count(now.gapped, "feed"),
    )
