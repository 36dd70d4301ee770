"""Every interleaving of two senders on one delivery: crashes at every step, lost answers, leases that end, looks.

The model knows rows, leases, tokens and a receiver; what an answer or a look makes of the delivery it asks the real
`settle` and `resolve`. Time is what is due: a look happens when it is due or a minute later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.channel import Absent, Astray, Blocked, Found, Later, More, Never, Sent, Simpler, Unsure
from alerts.circuits import Side
from alerts.doubt import SURE_AFTER, Look, LookAgain, resolve
from alerts.model import ChannelId, DeliveryKind, OnDoubt
from alerts.settle import Doubting, Settlement, Trying, settle
from alerts.states import TRANSITIONS, State

NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
SIDE = Side(ChannelId(1), "slack")


@dataclass(frozen=True)
class Rules:
    """What the receiver can do, and who wants what."""

    doubting: Doubting
    on_doubt: OnDoubt = "resend"
    kind: DeliveryKind = "article"
    blocked: bool = False  # the receiver may turn out not to be askable
    kinds_of_answer: bool = False  # refusals of every class occur as well
    late: bool = False  # the news may get too old


@dataclass(frozen=True)
class Sender:
    step: str = "idle"  # idle claimed begun answered looking taking
    token: int = 0
    told: Any = None  # the verdict it has heard


@dataclass(frozen=True)
class World:
    state: State = "waiting"
    over: bool = False
    token: int = 0
    leased: bool = False
    open: bool = False  # an attempt has begun and not ended
    attempts: int = 0
    simpler: int = 0
    unsure: bool = False
    repeat: bool = False
    looks: int = 0
    pages: int = 0
    wait: timedelta = timedelta(0)  # from the attempt's end to the next look
    copies: int = 0
    unmarked: int = 0  # copies that do not say that they may be one
    senders: tuple[Sender, Sender] = (Sender(), Sender())
    mishaps: int = 0


MOST_MISHAPS = 3


def steps(w: World, rules: Rules) -> Iterator[tuple[str, World]]:
    """What may happen next."""
    holders = [s for s in w.senders if s.step != "idle" and s.token == w.token]
    # its request has 20 s and its lease 45 s from then on: a living sender loses none between mark and answer
    if w.leased and not any(s.step in ("begun", "answered") for s in holders):
        yield "lease ends", replace(w, leased=False)
    if w.state == "held":
        yield "released", replace(w, state="waiting")
    for n, sender in enumerate(w.senders):
        for name, after, following in _of_sender(w, sender, rules):
            pair = (after, w.senders[1]) if n == 0 else (w.senders[0], after)
            yield f"{n} {name}", replace(following, senders=pair)
        if sender.step != "idle" and w.mishaps < MOST_MISHAPS:
            pair = (Sender(), w.senders[1]) if n == 0 else (w.senders[0], Sender())
            yield f"{n} dies when {sender.step}", replace(w, senders=pair, mishaps=w.mishaps + 1)


def _of_sender(w: World, s: Sender, rules: Rules) -> Iterator[tuple[str, Sender, World]]:
    mine = s.token == w.token
    match s.step:
        case "idle" if w.state == "waiting":
            claimed = replace(w, state="sending", token=w.token + 1, leased=True)
            yield "claims", Sender("claimed", claimed.token), claimed
        case "idle" if w.state == "sending" and not w.leased:
            taken = replace(w, token=w.token + 1, leased=True)
            yield "takes over", Sender("taking", taken.token), taken
        case "idle" if w.state == "unknown" and not w.over and not w.leased:
            looking = replace(w, token=w.token + 1, leased=True)
            yield "looks", Sender("looking", looking.token), looking
        case "claimed" if mine and w.state == "sending":
            begun = replace(w, open=True, attempts=w.attempts + 1, leased=True)
            yield "begins", Sender("begun", s.token), begun
        case "claimed":
            yield "has lost its lease", Sender(), w
        case "begun":
            for name, verdict, stored in _answers(w, rules):
                yield name, Sender("answered", s.token, verdict), _arrived(w, rules) if stored else w
        case "answered":
            for late in (False, True)[: 1 + rules.late]:
                yield f"settles, late={late}", Sender(), _settled(w, s, rules, s.told, late) if mine else w
        case "taking" if not mine:
            yield "has lost its lease", Sender(), w
        case "taking" if w.open:
            vanished = _settled(w, s, rules, Unsure("sender_vanished"), False)
            yield "settles for who vanished", Sender(), vanished
        case "taking":
            yield "takes back", Sender(), replace(w, state="waiting", leased=False)
        case "looking":
            for name, finding, waited in _findings(w, rules):
                yield name, Sender(), _looked(w, rules, finding, waited) if mine else w


def _answers(w: World, rules: Rules) -> Iterator[tuple[str, Any, bool]]:
    yield "is answered yes", Sent("17.1"), True
    if w.mishaps >= MOST_MISHAPS:
        return
    lost: Any = Later("reset") if rules.doubting == "repeat" else Unsure("reset")
    yield "loses a yes", lost, True
    yield "loses a no", lost, False
    yield "is asked to come later", Later("http_429"), False
    if rules.kinds_of_answer:
        for verdict in (Simpler("form"), Never("no"), Blocked("gone", "channel"), Astray("thread")):
            yield f"is told {verdict}", verdict, False


def _arrived(w: World, rules: Rules) -> World:
    if rules.doubting == "repeat" and w.copies:
        return w  # the receiver has it, and drops the repeat
    return replace(w, copies=w.copies + 1, unmarked=w.unmarked + (not w.repeat))


def _findings(w: World, rules: Rules) -> Iterator[tuple[str, Any, timedelta]]:
    for late in (timedelta(0), timedelta(minutes=1)):
        waited = w.wait + late
        if w.copies:
            yield "finds it", Found("17.1"), waited
        if not w.copies or waited < SURE_AFTER:  # history lags behind
            yield "does not find it", Absent(), waited
        if w.pages == 0:
            yield "turns the page", More("c"), waited
        if w.mishaps < MOST_MISHAPS:
            yield "is put off", Later("ratelimited"), waited
        if rules.blocked:
            yield "may not ask", Blocked("missing_scope", "channel"), waited


def _trying(w: World, rules: Rules, attempts: int, *, late: bool = False) -> Trying:
    return Trying(
        side=SIDE,
        expires_at=NOW - timedelta(days=1) if late else NOW + timedelta(days=9999),
        kind=rules.kind,
        attempts=attempts,
        simpler=w.simpler,
        possible_repeat=w.repeat,
        unsure_before=w.unsure,
        on_doubt=rules.on_doubt,
        doubting=rules.doubting,
    )


def _settled(w: World, s: Sender, rules: Rules, verdict: Any, late: bool) -> World:
    unclear = not isinstance(verdict, Sent)
    mishaps = min(w.mishaps + unclear, MOST_MISHAPS)
    settlement = settle(_trying(w, rules, w.attempts - 1, late=late), verdict, NOW, 0.0)
    return _written(replace(w, open=False, mishaps=mishaps), settlement, NOW)


def _looked(w: World, rules: Rules, finding: Any, waited: timedelta) -> World:
    look = Look("key", NOW, NOW, w.looks, w.pages, "")
    late = rules.late and waited > SURE_AFTER
    found = resolve(_trying(w, rules, w.attempts, late=late), look, finding, NOW + waited, 0.0)
    if isinstance(found, LookAgain):
        later = isinstance(finding, Later)
        wait = min(found.due_at - NOW, SURE_AFTER)  # older doubts are all the same
        again = replace(w, leased=False, looks=min(found.looks, 2), pages=min(found.pages, 1), wait=wait)
        return replace(again, mishaps=w.mishaps + later)
    return _written(w, found, NOW)


def _written(w: World, settlement: Settlement, ended: datetime) -> World:
    wait = settlement.due_at - ended if settlement.state == "unknown" and settlement.due_at else timedelta(0)
    return replace(
        w,
        state=settlement.state,
        over=settlement.over,
        leased=False,
        attempts=min(settlement.attempts, 3),
        simpler=settlement.simpler,
        unsure=settlement.unsure_before,
        repeat=settlement.possible_repeat,
        looks=0,
        pages=0,
        wait=wait,
    )


def explore(rules: Rules) -> dict[World, list[tuple[str, World]]]:
    """Every world that can come about, with what may happen in it. Tokens are renamed so that only who holds the
    row's matters, and the senders are alike."""
    begin = World()
    found: dict[World, list[tuple[str, World]]] = {}
    queue = deque([begin])
    while queue:
        world = queue.popleft()
        if world in found:
            continue
        found[world] = [(name, _renamed(following)) for name, following in steps(world, rules)]
        queue.extend(following for _, following in found[world] if following not in found)
    return found


def _renamed(w: World) -> World:
    def rename(s: Sender) -> Sender:
        return s if s.step == "idle" else replace(s, token=1 if s.token == w.token else 0)

    first, second = sorted(map(rename, w.senders), key=repr)
    return replace(w, token=1, senders=(first, second))


RULES = {
    "asked": Rules("ask"),
    "asked, and sends on doubt is not wanted": Rules("ask", "hold"),
    "asked, which may not be allowed": Rules("ask", blocked=True),
    "asked, which may not be allowed, hold": Rules("ask", "hold", blocked=True),
    "recognises": Rules("repeat"),
    "policy resend": Rules("policy"),
    "policy hold": Rules("policy", "hold"),
    "every answer, asked": Rules("ask", kinds_of_answer=True, late=True),
    "every answer, policy": Rules("policy", kinds_of_answer=True, late=True),
    "an update": Rules("repeat", kind="update", kinds_of_answer=True, late=True),
}


@pytest.fixture(scope="module")
def explored() -> dict[str, dict[World, list[tuple[str, World]]]]:
    return {name: explore(rules) for name, rules in RULES.items()}


@pytest.mark.parametrize("name", RULES)
def test_nothing_is_lost_and_nothing_is_doubled_unless_it_says_so(explored: Any, name: str) -> None:
    rules = RULES[name]
    for world in explored[name]:
        if world.state == "sent":
            assert world.copies >= 1, "sent, and nobody has it"
        if (
            world.state in ("expired", "failed", "suppressed")
            and rules.doubting == "ask"
            and not rules.blocked
        ):
            assert world.copies == 0, "over as untold, and the receiver has it"
        assert world.unmarked <= 1, "a second copy that does not say so"
        assert world.copies <= (2 if rules.doubting == "policy" or rules.blocked else 1)
        if rules.on_doubt == "hold" or (rules.doubting != "policy" and not rules.blocked):
            assert world.copies <= 1


@pytest.mark.parametrize("name", ["asked", "asked, and sends on doubt is not wanted", "recognises"])
def test_where_doubt_can_be_settled_every_way_leads_to_sent(explored: Any, name: str) -> None:
    ends = {world for world in explored[name] if world.over and all(s.step == "idle" for s in world.senders)}
    assert {world.state for world in ends} == {"sent"}
    assert {world.copies for world in ends} == {1}


@pytest.mark.parametrize("name", RULES)
def test_no_delivery_is_ever_stuck(explored: Any, name: str) -> None:
    """From wherever it stands, it can come to its end."""
    graph = explored[name]
    before: dict[World, list[World]] = {}
    for world, following in graph.items():
        for _, after in following:
            before.setdefault(after, []).append(world)
    reaching = deque(world for world in graph if world.over)
    safe = set(reaching)
    while reaching:
        for world in before.get(reaching.popleft(), ()):
            if world not in safe:
                safe.add(world)
                reaching.append(world)
    assert safe == set(graph)


def test_the_steps_that_the_model_takes_are_those_of_the_table(explored: Any) -> None:
    taken = {
        (world.state, after.state)
        for graph in explored.values()
        for world, following in graph.items()
        for _, after in following
        if world.state != after.state
    }
    table = {(state, to) for state in ("sending", "unknown") for to in TRANSITIONS[state]}
    assert {step for step in taken if step[0] in ("sending", "unknown")} == table
    assert taken - table == {("waiting", "sending"), ("held", "waiting")}
    assert all(to in TRANSITIONS[state] for state, to in taken)
