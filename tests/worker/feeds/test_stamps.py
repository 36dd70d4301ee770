"""The quick reader of dates says what the reader of all dates says, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.feeds.dates import parse_date
from worker.feeds.stamps import standard_moment

_ZONES = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
_MOMENTS = st.datetimes(datetime(1996, 1, 1), datetime(2099, 1, 1), timezones=_ZONES).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(_MOMENTS)
def test_the_standard_forms_name_their_moment(moment):
    for written in (format_datetime(moment), moment.isoformat(), moment.isoformat(timespec="milliseconds")):
        assert standard_moment(written) == parse_date(written) == moment
        assert standard_moment(written).utcoffset() == timedelta(0)


@given(st.text(st.sampled_from("0123456789TZ:+- ,JanFebMoTuGMU."), max_size=40))
def test_what_is_read_quickly_is_read_alike(text):
    if moment := standard_moment(text):
        assert parse_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sun, 01 Mar 1994 10:00:00 GMT",
        "Sun, 31 Feb 2026 10:00:00 GMT",
        "Sun, 01 Foo 2026 10:00:00 GMT",
        "Sun, 01 Mar 2026 10:00:00 WIB",
        "Sun, 01 Mar 2026 10:00:00 +2500",
        "Sun, 01 Mar 2026 24:00:00 GMT",
        "2026-03-01",
        "2026-03-01T10:00:00",
        "2101-03-01T10:00:00Z",
    ],
)
def test_anything_else_is_left_to_the_reader_of_all_dates(text):
    assert standard_moment(text) is None


def test_moments_are_in_utc():
    assert standard_moment("Sun, 01 Mar 2026 10:00:00 +0700") == datetime(2026, 3, 1, 3, tzinfo=UTC)
