"""What is remembered: who waits for it and who does not, and when it is looked up again."""

from __future__ import annotations

import asyncio

import pytest

from ops.dashboard import remembered
from ops.dashboard.remembered import Remembered
from tests.ops.dashboard.conftest import Steady


@pytest.fixture(autouse=True)
def _as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about the moments that a page waits, which are long elsewhere."""
    monkeypatch.setattr(remembered, "_WORTH_WAITING_S", 1.0)
    monkeypatch.setattr(remembered, "_A_MOMENT_S", 0.04)


class Look:
    """Finds 1, 2, 3 …, when it is let; or fails."""

    def __init__(self) -> None:
        self.times, self.fails = 0, False
        self.let = asyncio.Event()
        self.let.set()

    async def __call__(self) -> int:
        self.times += 1
        times = self.times
        await self.let.wait()
        if self.fails:
            raise TimeoutError
        return times


def test_it_is_looked_up_again_after_its_time_and_not_before() -> None:
    async def play() -> None:
        steady, look, kept = Steady(), Look(), Remembered[int](30)
        assert await kept.latest(look, steady) == 1
        steady.seconds += 29
        assert await kept.latest(look, steady) == 1
        steady.seconds += 2
        assert await kept.latest(look, steady) == 2

    asyncio.run(play())


def test_who_looks_often_is_answered_with_the_last_while_the_next_is_looked_up() -> None:
    async def play() -> None:
        steady, look, kept = Steady(), Look(), Remembered[int](30)
        assert await kept.latest(look, steady) == 1
        look.let.clear()
        steady.seconds += 31
        assert await kept.latest(look, steady) == 1
        assert await kept.latest(look, steady) == 1
        assert look.times == 2  # one look for all who ask meanwhile
        look.let.set()
        assert kept.looking is not None
        await kept.looking
        assert await kept.latest(look, steady) == 2

    asyncio.run(play())


def test_what_is_very_old_is_waited_for_and_shown_all_the_same_if_it_does_not_come() -> None:
    async def play() -> None:
        steady, look, kept = Steady(), Look(), Remembered[int](30)
        await kept.latest(look, steady)
        steady.seconds += 3600
        look.let.clear()
        asyncio.get_running_loop().call_later(
            0.2, look.let.set
        )  # longer than one waits for what is still good
        assert await kept.latest(look, steady) == 2

    asyncio.run(play())


def test_a_long_look_holds_up_only_who_comes_first() -> None:
    async def play() -> None:
        look, kept = Look(), Remembered[int](30)
        look.let.clear()
        steady = asyncio.get_running_loop().time
        assert await kept.latest(look, steady) is None
        began = steady()
        for _ in range(50):
            assert await kept.latest(look, steady) is None
        assert steady() - began < 25  # each for himself, as long as the first one: 50 s
        assert look.times == 1
        look.let.set()
        assert kept.looking is not None
        await kept.looking
        assert await kept.latest(look, steady) == 1

    asyncio.run(play())


def test_what_failed_is_not_tried_again_at_each_view() -> None:
    async def play() -> None:
        steady, look, kept = Steady(), Look(), Remembered[int](30)
        look.fails = True
        assert await kept.latest(look, steady) is None
        steady.seconds += 1
        assert await kept.latest(look, steady) is None
        assert look.times == 1
        look.fails = False
        steady.seconds += 30
        assert await kept.latest(look, steady) == 2

    asyncio.run(play())
