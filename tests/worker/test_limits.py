"""Work that would not end is ended."""

from __future__ import annotations

import signal
import threading

import pytest

from worker.limits import TooSlow, at_most


def for_ever():
    while True:
        pass


def deaf():
    """Catches whatever it can, as libraries do that read broken documents."""
    while True:
        try:
            for_ever()
        except Exception:
            continue


def test_what_ends_in_time_gives_its_result():
    with at_most(5):
        found = sum(range(10))
    assert found == 45
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


@pytest.mark.timeout(20)
@pytest.mark.parametrize("work", [for_ever, deaf])
def test_what_does_not_end_is_interrupted_even_if_it_catches_every_error(work):
    with pytest.raises(TooSlow), at_most(0.05):
        work()


def test_afterwards_signals_go_where_they_went_before():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    try:
        with pytest.raises(TooSlow), at_most(0.01):
            for_ever()
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert rung == [True]


def test_an_error_of_the_work_itself_passes_and_the_limit_is_gone():
    with pytest.raises(KeyError), at_most(5):
        raise KeyError("own")
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_outside_the_main_thread_the_work_runs_without_a_limit():
    found = []

    def work():
        with at_most(0.001):
            found.append(sum(range(100_000)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(found) == 1
