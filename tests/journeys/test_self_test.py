"""The self-test with the real processes: it comes through, and where a desk hangs that desk is named."""

from __future__ import annotations

import os
import re
import signal
from typing import Any
from urllib.request import urlopen

import pytest

from ops.children import children_of

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]


def test_it_comes_through_and_a_reader_that_hangs_is_named(world, eventually):
    machine = world((), more={"PANTAU_SELF_TEST": "10s"}).machine
    machine.watchlist.unlink()
    machine.start()

    def tested() -> dict[str, Any]:
        return machine.status()["self_test"] or {}

    eventually(lambda: tested().get("age_s") is not None, 120, "the first one comes through")
    took = tested()["took_s"]
    assert list(took) == ["poll", "read", "plan", "send"]
    assert "self-test          came through" in machine.run("status").stdout
    assert "self-test" in machine.run("doctor", check=False).stdout
    with urlopen(f"{machine.address}/metrics", timeout=30) as answer:
        figures = answer.read().decode()
    assert re.search(r'pantau_self_test_seconds\{desk="send"\} [0-9.]+\n', figures)
    assert re.search(r"pantau_self_test_age_seconds [0-9.]+\n", figures)
    assert re.search(r'pantau_disk_free_bytes\{worker="read"\} [0-9.e+]+\n', figures)
    status = machine.status()
    assert status["articles_24h"] <= 1
    assert (status["feeds"]["ok"], status["deliveries"]["failed"]) == (0, 0)
    assert "The self-test" not in status["verdict"]

    # the worker still shows signs of life: that its processes do nothing is seen by the self-test alone
    (reader,) = machine.pids("--queues read")
    hung = list(children_of(reader))
    assert hung
    for pid in hung:
        os.kill(pid, signal.SIGSTOP)
    try:
        eventually(lambda: tested().get("stopped_at") == "read", 180, "the reader that hangs is named")
        verdict = machine.status()["verdict"]
        assert "does not come through: the read desk has not read it" in verdict
    finally:
        for pid in hung:
            os.kill(pid, signal.SIGCONT)
    eventually(lambda: tested().get("stopped_at") is None, 180, "it comes through again")
    assert machine.audit()["lost"] == 0
