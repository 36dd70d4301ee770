"""Pictures stay inside their frame and show gaps as gaps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.dashboard.charts import bars, curve, shares

amounts = st.lists(st.floats(0, 1e9), max_size=40)


@given(amounts)
def test_bars_stay_inside_the_picture(values: list[float]) -> None:
    for bar in bars(values, 100, 28):
        assert bar.x >= 0
        assert bar.x + bar.width <= 100.01
        assert bar.y >= -0.01
        assert bar.y + bar.height == pytest.approx(28, abs=0.02)


@given(amounts.filter(any))
def test_shares_fill_the_whole_width(values: list[float]) -> None:
    found = shares(values, 100, 12)
    assert sum(share.width for share in found) == pytest.approx(100, abs=0.02 * len(values))


def test_a_small_share_stays_visible() -> None:
    assert shares([10_000, 1], 100, 12)[1].width > 0.9


def test_hours_without_an_alert_are_gaps_and_not_zeros() -> None:
    found = curve([10, 20, None, 5, None, 0, 20], 20, 60, 100)
    assert found.path == "M0.0 50.0 L10.0 0.0 M50.0 100.0 L60.0 0.0"
    assert found.points == ((30.0, 75.0),)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=40))
def test_a_curve_never_leaves_its_frame(values: list[float | None]) -> None:
    found = curve(values, 100, 1000, 200)
    numbers = [float(word.lstrip("ML")) for word in found.path.split()]
    assert all(0 <= number <= 1000 for number in numbers)
    assert all(0 <= y <= 200 for y in numbers[1::2])
