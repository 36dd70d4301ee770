"""Two planners, three senders, a receiver in trouble, and people who change their minds, all at once on one database.

What must hold afterwards is what `audit` counts, seen from both sides: the receiver's own list, and the ledger's. A
deadlock, a lost lease that writes, or two statements that take rows in another order than the rest show here as a
fault in one of the threads, or as an alert in no state.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock, Thread
from time import monotonic, sleep

import pytest

from alerts.desks.plan import plan
from alerts.desks.send import Outbox, send
from alerts.model import DeliveryId
from alerts.store import keeping, silences
from alerts.store.alone import hold_planning
from ops import retrying
from ops.store.audit import audit
from worker.wire import Failure, Reply

pytestmark = pytest.mark.servers

ARTICLES = 40
LONGEST_S = 90.0
SETTLED = ("sent", "suppressed", "failed", "expired")


@dataclass
class Receiver:
    """Takes what it gets, or is in trouble; a key that it has taken is taken once."""

    dice: random.Random
    troubled: bool = True
    taken: Counter[str] = field(default_factory=Counter)
    _one: Lock = field(default_factory=Lock)

    async def ask(self, request):
        with self._one:
            roll = self.dice.random() if self.troubled else 1.0
        if roll < 0.10:
            return Reply(500, {}, b"no", request.url)
        if roll < 0.16:
            return Reply(429, {"retry-after": "0"}, b"slowly", request.url)
        if roll < 0.20:
            return Failure("connect", "nobody there", written=False)
        await asyncio.sleep(0.001)
        with self._one:
            self.taken[request.headers["webhook-id"]] += 1
        if roll < 0.26:
            return Failure("timeout", "the answer was lost", written=True)
        return Reply(200, {}, b"ok", request.url)


class People:
    """Pause, resume, snooze, silence, speak again, and try by hand what is held or failed."""

    def __init__(self, kit, dice, subscriptions, topic):
        self.kit, self.dice, self.subscriptions, self.topic = kit, dice, subscriptions, topic

    def change_their_minds(self):
        deed = self.dice.choice(
            [self.pause, self.resume, self.resume, self.snooze, self.silence, self.try_again]
        )
        with self.kit.engine.begin() as connection:
            deed(connection)
        sleep(self.dice.random() * 0.02)

    def pause(self, connection):
        keeping.pause(connection, self.dice.choice(self.subscriptions), self.kit.clock())

    def resume(self, connection):
        keeping.resume(connection, self.dice.choice(self.subscriptions), self.kit.clock())

    def snooze(self, connection):
        now = self.kit.clock()
        keeping.snooze(
            connection, self.dice.choice(self.subscriptions), now + timedelta(milliseconds=30), now
        )

    def silence(self, connection):
        now = self.kit.clock()
        facts = {"scope": "topic", "what": self.topic, "by": "rina", "since": now}
        number = silences.add(connection, until=now + timedelta(milliseconds=20), **facts)
        if self.dice.random() < 0.5:
            silences.end(connection, number)

    def try_again(self, connection):
        hold_planning(connection)
        row = connection.exec_driver_sql(
            "SELECT id FROM deliveries WHERE state IN ('held', 'failed') ORDER BY random() LIMIT 1"
        ).first()
        if row is not None:
            retrying.retry(connection, DeliveryId(row.id))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_lost_and_nothing_told_twice(kit, rows, seed: int) -> None:
    dice = random.Random(seed)
    topic, feed = rows.topic("NATO"), rows.feed()
    for name in ("desk", "risk"):
        rows.channel(name, f"https://{name}.example/hook", kind="webhook")
    subscriptions = [
        rows.subscription(channels=["desk", "risk"], group="off"),
        rows.subscription(channels=["desk"], wait_s=0.1),
        rows.subscription(channels=["risk"], when=["hourly"], group="off"),
    ]
    news = [
        rows.article(feed, body=f"NATO met for the {n}. time in room {n * 7919}.") for n in range(ARTICLES)
    ]
    kit.web = receiver = Receiver(dice)
    people = People(kit, random.Random(seed + 100), subscriptions, topic)

    def bring():
        if news:
            rows.match(topic, news.pop())
        plan(kit)

    def pass_time():
        rows.change("UPDATE channels SET pause_until = 'epoch', pace_at = 'epoch' WHERE pause_until > now()")
        rows.change(
            "UPDATE deliveries SET due_at = now() WHERE id IN (SELECT id FROM deliveries"
            " WHERE state = 'waiting' AND due_at > now() ORDER BY id FOR UPDATE SKIP LOCKED)"
        )
        sleep(0.05)

    def deliver():
        asyncio.run(send(Outbox(kit, None), seconds=0.05))

    steps = (bring, bring, deliver, deliver, deliver, people.change_their_minds, pass_time)
    faults = all_at_once(steps, until=lambda: not news)
    assert faults == []
    let_everything_go_out(kit, rows, subscriptions, receiver, deliver)

    with kit.engine.connect() as connection:
        found = audit(connection)
    assert (found.lost, found.doubled) == (0, 0)
    assert found.alerts == 4 * ARTICLES
    assert (found.waiting, found.held, found.in_doubt) == (0, 0, 0)
    told = {key for (key,) in rows.all("SELECT key::text FROM deliveries WHERE state = 'sent'")}
    assert told <= set(receiver.taken), "what counts as sent has arrived"
    lost_answers = rows.all(
        "SELECT d.key::text FROM deliveries d JOIN attempts a ON a.delivery_id = d.id WHERE a.reason LIKE '%timeout%'"
    )
    twice = {key for key, n in receiver.taken.items() if n > 1}
    assert twice <= {key for (key,) in lost_answers}, "only what may not have arrived was sent again"
    slots = rows.all(
        "SELECT channel_id, article_id, count(*) FROM delivery_articles WHERE taken GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert slots == []


def all_at_once(steps: tuple[Callable[[], None], ...], until: Callable[[], bool]) -> list[Exception]:
    """Each step again and again in a thread of its own, until it is so; what went wrong in any of them."""
    running, faults = [True], list[Exception]()

    def again_and_again(step):
        def loop():
            try:
                while running:
                    step()
            except Exception as fault:
                faults.append(fault)

        return Thread(target=loop)

    threads = [again_and_again(step) for step in steps]
    for thread in threads:
        thread.start()
    give_up_at = monotonic() + LONGEST_S
    while not until() and not faults and monotonic() < give_up_at:
        sleep(0.05)
    running.clear()
    for thread in threads:
        thread.join()
    return faults


def let_everything_go_out(kit, rows, subscriptions, receiver: Receiver, deliver: Callable[[], None]) -> None:
    """The receiver is well again, everybody is back, and what waits for a time finds it come."""
    receiver.troubled = False
    give_up_at = monotonic() + LONGEST_S
    open_states = "SELECT count(*) FROM deliveries WHERE state <> ALL(:settled)"
    for subscription in subscriptions:
        with kit.engine.begin() as connection:
            keeping.resume(connection, subscription, datetime.now(UTC))
    plan(kit)
    while rows.one(open_states, settled=list(SETTLED)) and monotonic() < give_up_at:
        rows.change("UPDATE channels SET pause_until = 'epoch', pace_at = 'epoch'")
        rows.change("UPDATE circuits SET probe_at = now()")
        rows.change("UPDATE deliveries SET due_at = now() WHERE state IN ('collecting', 'ready', 'waiting')")
        deliver()
