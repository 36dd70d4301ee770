"""Rows are worked on as they come, and one that is slow or fails stops none of the others."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from worker.rolling import Tray, keep_busy


class Desk:
    """Hands out rows, and remembers how many were in work at once."""

    def __init__(self, rows, work=None):
        self.rows, self.done, self.now, self.most, self.asked = list(rows), [], 0, 0, []
        self._work = work

    def claim(self, room):
        self.asked.append(room)
        taken, self.rows = self.rows[:room], self.rows[room:]
        return taken

    async def work(self, row):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await (self._work(row) if self._work else asyncio.sleep(0))
            self.done.append(row)
        finally:
            self.now -= 1


def run(desk, room=4, seconds=5.0):
    return asyncio.run(keep_busy(desk.claim, desk.work, room=room, seconds=seconds))


def test_everything_that_is_due_is_worked_on_and_counted():
    desk = Desk(range(23))
    assert run(desk) == 23
    assert sorted(desk.done) == list(range(23))


def test_no_more_than_the_room_is_in_work_at_once():
    desk = Desk(range(30), lambda _: asyncio.sleep(0.001))
    run(desk, room=3)
    assert desk.most == 3
    assert max(desk.asked) == 3


def test_a_slow_row_keeps_one_place_and_not_the_others():
    others_done = asyncio.Event()

    async def work(row):
        if row == 0:
            await asyncio.wait_for(
                others_done.wait(), 10
            )  # would end in a timeout if the others waited for it
        elif row == 9:
            others_done.set()

    desk = Desk(range(10), work)
    assert run(desk, room=2) == 10
    assert desk.done[-1] == 0


def test_rows_that_come_while_others_run_are_taken_too():
    late = asyncio.Event()

    async def work(row):
        if row == "first":
            desk.rows.append("late")
            await asyncio.wait_for(late.wait(), 10)
        late.set()

    desk = Desk(["first"], work)
    assert run(desk) == 2


def test_after_its_time_nothing_more_is_claimed_and_what_runs_is_finished():
    async def work(row):
        desk.rows.append(row + 1)
        await asyncio.sleep(0.02)

    desk = Desk([0], work)
    run(desk, room=1, seconds=0.05)
    assert desk.rows
    assert desk.now == 0


def test_a_failing_row_lets_the_others_finish_and_is_told_at_the_end():
    async def work(row):
        if row == 1:
            raise ValueError("row 1")
        await asyncio.sleep(0.01)

    desk = Desk(range(4), work)
    with pytest.raises(ValueError, match="row 1"):
        run(desk)
    assert sorted(desk.done) == [0, 2, 3]


def test_a_claim_that_fails_lets_what_runs_finish_and_is_told_at_the_end():
    async def work(row):
        await asyncio.sleep(0.02)

    desk = Desk(["begun"], work)
    usual = desk.claim

    def claim(room):
        if desk.asked:
            raise ConnectionError("the database went away")
        return usual(room)

    async def both():
        with pytest.raises(ConnectionError):
            await keep_busy(claim, desk.work, room=4, seconds=5)
        return list(desk.done)

    assert asyncio.run(both()) == ["begun"]


def test_nothing_due_is_nothing_done():
    assert run(Desk([])) == 0


def test_between_two_claims_is_a_rest_and_what_fell_due_meanwhile_is_still_claimed():
    waiting, claims = list(range(7)), []

    async def claim(room):
        claims.append(asyncio.get_running_loop().time())
        taken = waiting[:2]
        del waiting[:2]
        return taken

    async def work(_row):
        await asyncio.sleep(0)

    assert asyncio.run(keep_busy(claim, work, room=5, seconds=5, rest=0.02)) == 7
    assert len(claims) == 5
    assert min(later - sooner for sooner, later in pairwise(claims)) >= 0.02


def test_a_desk_that_is_to_stop_finishes_what_runs_and_begins_nothing():
    done = []

    async def work(row):
        await asyncio.sleep(0.01)
        done.append(row)

    assert asyncio.run(keep_busy(lambda room: [1], work, room=1, seconds=5, stopping=lambda: bool(done))) == 1
    assert done == [1]


def test_what_comes_together_is_settled_together_and_each_hears_its_own_result():
    settled = []

    def settle(items):
        settled.append(items)
        return [item * 10 for item in items]

    async def test():
        tray = Tray(settle, 0.02, most=4)
        first = await asyncio.gather(*(tray.put(n) for n in range(6)))
        return first, await tray.put(6)

    assert asyncio.run(test()) == ([0, 10, 20, 30, 40, 50], 60)
    assert settled == [[0, 1, 2, 3], [4, 5], [6]]


def test_what_is_urgent_does_not_wait_and_takes_along_what_lies_there():
    settled = []

    def settle(items):
        settled.append(items)
        return items

    async def test():
        tray = Tray(settle, 600)
        await asyncio.wait_for(asyncio.gather(tray.put(1), tray.put(2), tray.put(3, urgent=True)), 60)
        await asyncio.wait_for(tray.put(4, urgent=True), 60)

    asyncio.run(test())
    assert settled == [[1, 2, 3], [4]]


def test_trouble_in_settling_is_everybodys_and_the_tray_goes_on():
    def settle(items):
        if 1 in items:
            raise OSError("away")
        return items

    async def test():
        tray = Tray(settle, 0.01)
        first = await asyncio.gather(*(tray.put(n) for n in range(3)), return_exceptions=True)
        return first, await tray.put(5)

    first, then = asyncio.run(test())
    assert [type(each) for each in first] == [OSError] * 3
    assert then == 5


def test_a_desk_ends_when_nothing_slow_is_under_way_so_that_it_never_waits_with_empty_hands(monkeypatch):
    monkeypatch.setattr("worker.rolling.SLOW_S", 0.05)
    began, claims, slow = [], [], [0.3]

    async def work(row):
        await asyncio.sleep(slow.pop() if slow else 0.01)

    def claim(room):
        now = asyncio.get_running_loop().time()
        began.append(now)
        claims.append(now - began[0])
        return [1]

    asyncio.run(keep_busy(claim, work, room=2, seconds=0.2))
    assert 0.28 < max(claims) < 0.45, "it went on until the slow one had ended"


def test_at_the_latest_a_desk_ends_after_twice_its_time(monkeypatch):
    monkeypatch.setattr("worker.rolling.SLOW_S", 0.01)
    claims = []

    async def work(row):
        await asyncio.sleep(0.05)

    def claim(room):
        claims.append(asyncio.get_running_loop().time())
        return [1]

    asyncio.run(keep_busy(claim, work, room=4, seconds=0.2))
    assert claims[-1] - claims[0] < 0.6
