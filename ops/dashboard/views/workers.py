"""PURE. The workers as one value: whether they keep up, in one sentence; desks, processes, what went wrong, room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.letter import plain_text
from ops.amounts import span
from ops.causes import cause
from ops.dashboard.words import Shape, Stamp, State, maybe_stamp, stamp
from ops.said import Said, said, said_n
from ops.store.overview import Queue
from ops.store.pages.workers import MOST_FAILURES, Lease, Running
from ops.store.ticking import DEAD_AFTER_S
from ops.verdict import TICK_LATE_S, behind, desk_name, unserved
from worker.app import QUEUES

Row = Mapping[str, Any]

SHOWN_REASONS = 8
_NAME, _REASON = 80, 200

DESKS: Mapping[str, tuple[Said, Said, Said | str]] = {
    "poll": (said("Poll"), said("Feeds polled"), ""),
    "read": (said("Read"), said("Articles read"), said("Seen to read, p95")),
    "plan": (said("Plan"), said("Matches planned"), said("Matched to planned, p95")),
    "send": (said("Send"), said("Messages sent"), said("An attempt, p95")),
}
"""Each desk's name, what it does, and what its 95th percentile is of."""

_KINDS: Mapping[str, tuple[Shape, Said, Said, str]] = {
    "poll": (
        "bad",
        said("Feeds that fail"),
        said("Pantau goes on trying, and never gives a feed up."),
        "/feeds",
    ),
    "page": (
        "slow",
        said("Pages that could not be read yet"),
        said("Their articles were matched with the feed's own words; the pages are tried again."),
        "",
    ),
    "set_aside": (
        "bad",
        said("Entries set aside"),
        said(
            "Nothing in them could be read: `pantau articles unread` lists, `pantau articles retry` tries again."
        ),
        "",
    ),
    "failed": (
        "bad",
        said("Messages that failed"),
        said("They are not tried again by themselves: mend the cause, then retry them."),
        "/deliveries",
    ),
    "unknown": (
        "slow",
        said("Messages in doubt"),
        said("The answer was lost: they may have arrived or not."),
        "/deliveries",
    ),
    "held": (
        "bad",
        said("Messages held"),
        said("Their channel lets nothing through; they go out by themselves once it does."),
        "/deliveries",
    ),
}
"""What can go wrong: how bad it is, its words, what it means, and the page about it."""


@dataclass(frozen=True, slots=True)
class DeskCard:
    """A desk: what waits, what is in work, what it did. `facts` are (word, figure, whether it is what is wrong)."""

    name: Said
    state: State
    facts: tuple[tuple[Said | str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Process:
    """A process that lives, or did a moment ago."""

    name: Said | str
    state: State
    queues: tuple[str, ...]
    busy: Said | str
    share: float | None
    memory: str
    host: str
    pid: str
    since: Stamp | None
    seen: Stamp | None
    version: str
    other_version: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why things of a kind went wrong: in words, as it is kept, how often, when last; `share` of the most frequent."""

    words: Said | str
    n: str
    share: float
    latest: Stamp | None


@dataclass(frozen=True, slots=True)
class Failures:
    """What went wrong in one way, by reason, the most frequent first. `more` reasons stand for no row."""

    shape: Shape
    word: Said
    meaning: Said
    total: str
    reasons: tuple[Reason, ...]
    more: Said | str
    page: str


@dataclass(frozen=True, slots=True)
class TableRoom:
    """How much room a table takes with its indexes; `share` of the largest."""

    name: str
    rows: str
    size: str
    share: float
    vacuumed: Stamp | None


@dataclass(frozen=True, slots=True)
class View:
    """The whole page. `servers` are (what, what is known of it)."""

    at: Stamp
    level: Shape
    sentence: Said
    because: Said
    desks: tuple[DeskCard, ...]
    processes: tuple[Process, ...]
    when_gone: Said
    failures: tuple[Failures, ...]
    tables: tuple[TableRoom, ...]
    servers: tuple[tuple[Said, Said | str], ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """What the web process knows itself: its own sign of life, and the broker's version (None: it does not answer)."""

    web: Row
    broker: str | None


def compose(now: Running, machine: Machine, offered: frozenset[str] = frozenset()) -> View:
    """The page that these facts make; the time is the facts' own."""
    alive = [sign for sign in now.signs if _alive(sign, now.at)]
    level, sentence = _verdict(now, alive)
    ours = str(machine.web.get("version", ""))
    empty = _empty(alive) if alive else ()
    workers = [_worker(sign, alive, now.at, ours) for sign in _in_order(now.signs)]
    return View(
        at=stamp(now.at, now.at),
        level=level,
        sentence=sentence,
        because=_because(now, alive),
        desks=tuple(_desk(name, now, empty=name in empty) for name in DESKS),
        processes=(*workers, _beat(now), _web(machine.web, now.at)),
        when_gone=said("a worker without a sign of life for {span} counts as gone", span=span(DEAD_AFTER_S)),
        failures=tuple(_failures(kind, now, offered) for kind in _KINDS if _of_kind(now, kind)),
        tables=_tables(now),
        servers=_servers(now, machine, ours),
    )


def _alive(sign: Row, at: datetime) -> bool:
    return bool((at - sign["at"]).total_seconds() <= DEAD_AFTER_S)


def _verdict(now: Running, alive: Sequence[Row]) -> tuple[Shape, Said]:
    """Whether the workers keep up, ranked by what would hurt the most."""
    tick_age = (now.at - now.tick_at).total_seconds() if now.tick_at else None
    if not alive:
        return "bad", said("No worker is alive: nothing is polled, read or sent.")
    if tick_age is None:
        return "bad", said("The beat has never ticked: no work begins by itself.")
    if tick_age > TICK_LATE_S:
        return "bad", said(
            "The beat has not ticked for {span}: work that is due does not begin.", span=span(tick_age)
        )
    if empty := _empty(alive):
        desk = empty[0]
        waiting = now.desks.get(desk, Queue(0, 0.0)).waiting
        return "bad", said_n(
            "Nobody works at the {desk} desk: {n} waits there.",
            "Nobody works at the {desk} desk: {n} wait there.",
            waiting,
            desk=desk_name(desk),
        )
    if late := [(name, queue) for name, queue in now.desks.items() if behind(name, queue)]:
        name, queue = max(late, key=lambda each: each[1].oldest_s)
        return "slow", said_n(
            "The {desk} desk is behind: {n} waits, for {span}.",
            "The {desk} desk is behind: {n} wait, the oldest for {span}.",
            queue.waiting,
            desk=desk_name(name),
            span=span(queue.oldest_s),
        )
    return "ok", said_n("The worker keeps up.", "The {n} workers keep up.", len(alive))


def _empty(alive: Sequence[Row]) -> tuple[str, ...]:
    """The desks at which none of these workers works."""
    return unserved(QUEUES, [sign["says"].get("queues") or () for sign in alive])


def _because(now: Running, alive: Sequence[Row]) -> Said:
    busy = sum(_number(sign["says"].get("busy")) for sign in alive)
    slots = sum(_number(sign["says"].get("slots")) for sign in alive)
    waiting = sum(queue.waiting for queue in now.desks.values())
    if not waiting:
        return said("Nothing waits at any desk; {busy} of {slots} places are busy.", busy=busy, slots=slots)
    name, queue = max(now.desks.items(), key=lambda desk: desk[1].oldest_s)
    return said_n(
        "{n} waits, for {span} at the {desk} desk; {busy} of {slots} places are busy.",
        "{n} wait in all, the oldest for {span} at the {desk} desk; {busy} of {slots} places are busy.",
        waiting,
        span=span(queue.oldest_s),
        desk=desk_name(name),
        busy=busy,
        slots=slots,
    )


def _desk(name: str, now: Running, *, empty: bool) -> DeskCard:
    word, does, of_p95 = DESKS[name]
    queue, lease = now.desks.get(name, Queue(0, 0.0)), now.leases.get(name)
    late = behind(name, queue)
    state = State("slow", said("behind")) if late else State("ok", said("keeping up"))
    state = State("bad", said("nobody works here")) if empty else state
    facts: list[tuple[Said | str, str, bool]] = [
        (said("Waiting"), f"{queue.waiting:,}", late),
        (said("Oldest"), span(queue.oldest_s) if queue.waiting else "–", late),
    ]
    if lease is not None:
        facts.append((said("In work"), _lease(lease), False))
    facts.append((said("{what}, last hour", what=does), f"{queue.done_1h:,}", False))
    if of_p95:
        facts.append((of_p95, span(now.p95[name]) if name in now.p95 else "–", False))
    return DeskCard(word, state, tuple(facts))


def _lease(lease: Lease) -> str:
    if not lease.held or lease.oldest_s is None:
        return "0"
    return said("{n}, for {span} at most", n=f"{lease.held:,}", span=span(max(lease.oldest_s, 0.0)))


def _in_order(signs: Sequence[Row]) -> list[Row]:
    """Those of one host together, the living first."""
    return sorted(
        signs, key=lambda sign: (str(sign["says"].get("host", "")), sign["part"], -sign["at"].timestamp())
    )


def _worker(sign: Row, alive: Sequence[Row], at: datetime, ours: str) -> Process:
    says = sign["says"]
    name = plain_text(str(says.get("name") or sign["part"].split(":")[1]), _NAME)
    busy, slots = _number(says.get("busy")), _number(says.get("slots"))
    if sign in alive:
        state = State("ok", said("alive"))
    elif any(other["part"].split(":")[1] == sign["part"].split(":")[1] for other in alive):
        state = State("off", said("gone, replaced"))
    else:
        state = State("bad", said("no sign of life"))
    return Process(
        name=name,
        state=state,
        queues=tuple(plain_text(str(queue), 20) for queue in says.get("queues", ())),
        busy=said("{n} of {all}", n=busy, all=slots) if slots else "",
        share=min(busy / slots, 1.0) if slots else None,
        **_whereabouts(says, at, ours),
        seen=stamp(sign["at"], at),
    )


def _beat(now: Running) -> Process:
    """The beat says nothing of itself: a tick that came is its sign of life."""
    late = now.tick_at is None or (now.at - now.tick_at).total_seconds() > TICK_LATE_S
    state = State("bad", said("silent")) if late else State("ok", said("ticks"))
    nowhere = _whereabouts({}, now.at, "")
    return Process(said("Beat"), state, (), "", None, **nowhere, seen=maybe_stamp(now.tick_at, now.at))


def _web(web: Row, at: datetime) -> Process:
    state = State("ok", said("alive"))
    where = _whereabouts(web, at, str(web.get("version", "")))
    return Process(said("This page"), state, ("web",), "", None, **where, seen=stamp(at, at))


def _whereabouts(says: Row, at: datetime, ours: str) -> dict[str, Any]:
    version = plain_text(str(says.get("version") or ""), 40)
    memory = _number(says.get("memory"))
    return {
        "memory": size(memory) if memory else "",
        "host": plain_text(str(says.get("host") or ""), _NAME),
        "pid": str(_number(says.get("pid")) or ""),
        "since": maybe_stamp(_moment(says.get("since")), at),
        "version": version,
        "other_version": bool(version and ours and version != ours),
    }


def _moment(said_at: object) -> datetime | None:
    """The moment as a worker says it; None where it says none that can be read."""
    try:
        moment = datetime.fromisoformat(str(said_at))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _of_kind(now: Running, kind: str) -> list[Row]:
    return [row for row in now.failures if row["kind"] == kind]


def _failures(kind: str, now: Running, offered: frozenset[str]) -> Failures:
    """What went wrong in one way. Reasons that read the same count together."""
    shape, word, meaning, page = _KINDS[kind]
    counted: Counter[Said | str] = Counter()
    latest: dict[Said | str, datetime] = {}
    for row in _of_kind(now, kind):
        words = _in_words(row["reason"])
        counted[words] += row["n"]
        if row["latest_at"] is not None:
            latest[words] = max(row["latest_at"], latest.get(words, row["latest_at"]))
    most, total = max(counted.values()), sum(counted.values())
    rest = len(counted) - SHOWN_REASONS
    return Failures(
        shape=shape,
        word=word,
        meaning=meaning,
        total=f"{total:,}+" if total >= MOST_FAILURES and kind != "poll" else f"{total:,}",
        reasons=tuple(
            Reason(words, f"{n:,}", n / most, maybe_stamp(latest.get(words), now.at))
            for words, n in counted.most_common(SHOWN_REASONS)
        ),
        more=said_n("and {n} reason more", "and {n} reasons more", rest) if rest > 0 else "",
        page=page if page in offered else "",
    )


def _in_words(reason: str | None) -> Said | str:
    """A reason that we know stays a sentence of ours; what a stranger said in it is cut to a line."""
    words = cause(reason)
    line = plain_text(words, _REASON)
    return (words if line == words else line) or said("no reason was kept")


def _tables(now: Running) -> tuple[TableRoom, ...]:
    largest = max((row["bytes"] for row in now.tables), default=0) or 1
    return tuple(
        TableRoom(
            row["name"],
            f"{row['rows']:,}",
            size(row["bytes"]),
            row["bytes"] / largest,
            maybe_stamp(row["vacuumed_at"], now.at),
        )
        for row in now.tables
    )


def _servers(now: Running, machine: Machine, ours: str) -> tuple[tuple[Said, Said | str], ...]:
    return (
        (said("Pantau"), plain_text(ours, 40)),
        (said("Database"), said("PostgreSQL {version}", version=plain_text(now.database_version, 40))),
        (said("Room it takes"), size(now.database_bytes)),
        (said("Broker"), plain_text(machine.broker or "", 60) or said("does not answer")),
    )


def size(n: int) -> str:
    """Bytes as people read them: "812 kB", "1.4 GB"."""
    amount = float(n)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
