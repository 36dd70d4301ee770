"""Work beside the pages: done once for all who ask, bounded, and given up when nobody asks any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ops.dashboard.trials import AT_ONCE, FORGOTTEN_AFTER_S, STALE_AFTER_S, WAITING, Stopped, Trial, Trials


class Hand:
    """A clock that moves by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def trials(hand: Hand) -> Iterator[Trials]:
    found = Trials(hand)
    yield found
    found.close()


def answer(trial: Trial | None) -> Any:
    assert trial is not None
    return asyncio.run(trial.within(30))


def test_whoever_asks_the_same_gets_the_same_answer_until_it_is_old(trials: Trials, hand: Hand) -> None:
    done: list[int] = []

    def work(_trial: Trial) -> int:
        done.append(1)
        return len(done)

    assert [answer(trials.ask("a", work)), answer(trials.ask("a", work))] == [1, 1]
    assert answer(trials.ask("a", work, anew=True)) == 2
    hand.at += STALE_AFTER_S + 1
    assert answer(trials.ask("a", work)) == 3


def test_it_says_how_far_it_is_and_an_answer_that_is_not_there_is_none(trials: Trials) -> None:
    halfway, go_on = threading.Event(), threading.Event()

    def work(trial: Trial) -> list[int]:
        found = []
        for n in trial.counted(range(4), 4):
            found.append(n)
            if n == 1:
                halfway.set()
                assert go_on.wait(30)
        return found

    trial = trials.ask("a", work)
    assert trial is not None
    assert halfway.wait(30)
    assert (trial.done, trial.total, trial.ended) == (1, 4, False)
    assert asyncio.run(trial.within(0.01)) is None
    go_on.set()
    assert answer(trial) == [0, 1, 2, 3]


@pytest.mark.parametrize(("lasting", "ends"), [(False, "Stopped"), (True, "done")])
def test_it_is_given_up_when_nobody_asks_unless_it_lasts(
    trials: Trials, hand: Hand, lasting: bool, ends: str
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(trial: Trial) -> str:
        for _ in trial.counted(range(2), 2):
            begun.set()
            assert go_on.wait(30)
        return "done"

    trial = trials.ask("a", work, lasting=lasting)
    assert trial is not None
    assert begun.wait(30)
    hand.at += FORGOTTEN_AFTER_S + 1
    go_on.set()
    assert answer(trial) == ("done" if lasting else None)
    assert (type(trial.failed).__name__ if trial.failed else "done") == ends


def test_one_that_was_given_up_is_begun_again(trials: Trials) -> None:
    def give_up(_trial: Trial) -> None:
        raise Stopped

    assert answer(trials.ask("a", give_up)) is None
    assert answer(trials.ask("a", lambda _trial: 7)) == 7


def test_there_are_only_so_many(trials: Trials) -> None:
    go_on = threading.Event()
    begun = [trials.ask(n, lambda _trial: go_on.wait(30)) for n in range(AT_ONCE + WAITING)]
    assert all(begun)
    assert trials.ask("one more", lambda _trial: 1) is None
    assert trials.ask(0, lambda _trial: 1) is begun[0]
    go_on.set()
    assert [answer(trial) for trial in begun] == [True] * len(begun)
    assert answer(trials.ask("one more", lambda _trial: 1)) == 1


def test_what_fails_is_no_answer_and_does_not_stay(trials: Trials, hand: Hand) -> None:
    def fail(_trial: Trial) -> None:
        raise ValueError

    trial = trials.ask("a", fail)
    assert answer(trial) is None
    assert trial is not None
    assert isinstance(trial.failed, ValueError)
    hand.at += 2
    assert answer(trials.ask("a", lambda _trial: 1)) == 1


def test_closing_gives_up_also_what_lasts(hand: Hand) -> None:
    trials, begun, go_on = Trials(hand), threading.Event(), threading.Event()

    def work(trial: Trial) -> None:
        for _ in trial.counted(range(2), 2):
            begun.set()
            assert go_on.wait(30)

    trial = trials.ask("a", work, lasting=True)
    assert trial is not None
    assert begun.wait(30)
    trials.close()
    go_on.set()
    assert answer(trial) is None
    assert isinstance(trial.failed, Stopped)
