"""Moments in words."""

from __future__ import annotations

from datetime import UTC, datetime

from ops.moments import in_zone, instant

LATE = datetime(2026, 11, 25, 23, 4, 59, tzinfo=UTC)


def test_a_moment_is_told_to_the_second_and_one_that_nobody_knows_is_said_to_be():
    assert instant(LATE) == "2026-11-25 23:04:59"
    assert instant(None) == "unknown"
    assert instant(None, "never") == "never"


def test_a_reader_sees_their_own_clock_and_which_it_is():
    assert in_zone(LATE, "Asia/Jakarta") == "2026-11-26 06:04 Asia/Jakarta"
    assert in_zone(LATE, "UTC") == "2026-11-25 23:04 UTC"


def test_a_zone_that_is_none_hides_no_moment():
    assert in_zone(LATE, "Mars/Olympus") == "2026-11-25 23:04 UTC"
