"""Documents made to hurt are read, or refused, within a second of the processor and 64 MiB."""

from __future__ import annotations

import pytest

from benchmarks.reading.hostile import HOSTILE
from benchmarks.reading.measure import Meter
from tests.yardstick import costs_less

CPU_S = 1.0
GROWTH_MIB = 64


@pytest.fixture(scope="module")
def meter():
    return Meter()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_costs_little_on_either_path(name, meter, tmp_path):
    document = tmp_path / "document"
    document.write_bytes(HOSTILE[name]())
    for tolerant in (False, True):
        assert costs_less(CPU_S, lambda tolerant=tolerant: _seconds(meter, document, tolerant))


def _seconds(meter, document, tolerant):
    cost = meter.cost(document, tolerant=tolerant)
    assert cost is not None, "the process that read it died or did not end"
    assert cost.growth_mib < GROWTH_MIB, cost
    return cost.cpu_s
