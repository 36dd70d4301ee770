from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alerts.quiet import Quiet, parse_quiet, quiet_until
from worker.errors import BadInput

KYIV = "Europe/Kyiv"
ZONES = ("UTC", "Asia/Jakarta", KYIV, "America/St_Johns", "Australia/Lord_Howe")
moments = st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))
clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


def at(*numbers: int, where: str = KYIV) -> datetime:
    return datetime(*numbers, tzinfo=ZoneInfo(where))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("22:00", "are no quiet hours"),
        ("", "are no quiet hours"),
        ("22:00-6:00", '"6:00" is no time of day'),
        ("22-06", '"22" is no time of day'),
        ("22:00-22:00", "start and end at the same time"),
        ("22:00-06:00-07:00", "is no time of day"),
    ],
)
def test_what_are_no_quiet_hours_is_refused_with_a_sentence(text: str, hint: str) -> None:
    with pytest.raises(BadInput) as complaint:
        parse_quiet(text)
    assert hint in str(complaint.value)


@pytest.mark.parametrize(
    ("text", "now", "end"),
    [
        ("22:00-06:00", at(2026, 11, 23, 21, 59), None),
        ("22:00-06:00", at(2026, 11, 23, 22, 0), at(2026, 11, 24, 6, 0)),
        ("22:00-06:00", at(2026, 11, 24, 0, 0), at(2026, 11, 24, 6, 0)),
        ("22:00-06:00", at(2026, 11, 24, 5, 59), at(2026, 11, 24, 6, 0)),
        ("22:00-06:00", at(2026, 11, 24, 6, 0), None),
        ("12:00-13:30", at(2026, 11, 24, 13, 0), at(2026, 11, 24, 13, 30)),
        ("12:00-13:30", at(2026, 11, 24, 14, 0), None),
        ("00:00-23:59", at(2026, 11, 24, 23, 58), at(2026, 11, 24, 23, 59)),
        # spring: 03:00 becomes 04:00, so the clock reaches "03:30 or later" with the jump
        ("22:00-03:30", at(2026, 3, 28, 23, 0), at(2026, 3, 29, 4, 0)),
        ("03:30-05:00", at(2026, 3, 29, 4, 10), at(2026, 3, 29, 5, 0)),
        ("03:15-03:45", at(2026, 3, 29, 4, 10), None),
        # autumn: 04:00 becomes 03:00 again; the quiet hours end once, the first time
        ("22:00-03:30", at(2026, 10, 24, 23, 0), at(2026, 10, 25, 3, 30)),
        ("22:00-03:30", at(2026, 10, 25, 3, 10).replace(fold=1), None),
        ("22:00-06:00", at(2026, 10, 25, 3, 10).replace(fold=1), at(2026, 10, 25, 6, 0)),
    ],
)
def test_quiet_hours_end_by_the_readers_clock(text: str, now: datetime, end: datetime | None) -> None:
    found = quiet_until(parse_quiet(text), KYIV, now.astimezone(UTC))
    assert found == (None if end is None else end.astimezone(UTC))


@given(start=clocks, end=clocks, where=st.sampled_from(ZONES), now=moments)
def test_the_end_lies_ahead_and_is_not_quiet_itself(
    start: object, end: object, where: str, now: datetime
) -> None:
    assume(start != end)
    window = Quiet(start, end)  # type: ignore[arg-type]
    until = quiet_until(window, where, now)
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        assert quiet_until(window, where, until) is None


@given(start=clocks, end=clocks, now=moments)
def test_without_clock_changes_a_moment_is_quiet_exactly_by_its_clock(
    start: object, end: object, now: datetime
) -> None:
    assume(start != end)
    clock = now.astimezone(ZoneInfo("Asia/Jakarta")).time()
    inside = start <= clock < end if start < end else clock >= start or clock < end  # type: ignore[operator]
    assert (quiet_until(Quiet(start, end), "Asia/Jakarta", now) is not None) == inside  # type: ignore[arg-type]
