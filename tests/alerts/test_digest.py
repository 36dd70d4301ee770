from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.digest import DAYS, At, AtOnce, Hourly, next_due, parse_clock, parse_when, zone
from worker.errors import BadInput

KYIV = "Europe/Kyiv"
ZONES = (
    "UTC",
    "Asia/Jakarta",
    KYIV,
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7).map(",".join)
whens = st.one_of(
    st.just("now"),
    st.just("hourly"),
    clocks.map("daily {}".format),
    st.builds("weekly {} {}".format, days, clocks),
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC))


def at(*numbers: int, where: str = "UTC") -> datetime:
    return datetime(*numbers, tzinfo=ZoneInfo(where))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", AtOnce()),
        ("hourly", Hourly()),
        ("daily 07:00", At(frozenset(range(7)), parse_clock("07:00"))),
        ("weekly mon 07:00", At(frozenset({0}), parse_clock("07:00"))),
        ("weekly mon,fri 12:00", At(frozenset({0, 4}), parse_clock("12:00"))),
        ("  weekly   sun 23:59 ", At(frozenset({6}), parse_clock("23:59"))),
    ],
)
def test_the_times_of_a_watchlist_are_understood(text: str, meant: object) -> None:
    assert parse_when(text) == meant


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", '"" is no time to tell'),
        ("daily", "daily 07:00"),
        ("daily 7:00", '"7:00" is no time of day'),
        ("daily 24:00", '"24:00" is no time of day'),
        ("daily 07:60", "no time of day"),
        ("daily ٠٧:٠٠", "no time of day"),
        ("weekly mon, fri 12:00", "no time to tell"),
        ("weekly senin 07:00", '"senin" is no day of the week'),
        ("weekly mon,,fri 07:00", '"" is no day of the week'),
        ("Now", '"Now" is no time to tell'),
        ("daily 07:00\nnow", "no time to tell"),
        ("x" * 5000, "no time to tell"),
    ],
)
def test_what_is_no_time_is_refused_with_a_sentence(text: str, hint: str) -> None:
    with pytest.raises(BadInput) as complaint:
        parse_when(text)
    assert hint in str(complaint.value)
    assert len(str(complaint.value)) < 300


@pytest.mark.parametrize(
    "name", ["WIB", "wib", "", "../../etc/passwd", "Europe", "x" * 5000, "\0", "\ud800", "Mars/Base"]
)
def test_what_is_no_time_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(BadInput, match="is no time zone; write an IANA name such as Asia/"):
        zone(name)


def test_a_nickname_of_a_zone_is_answered_with_the_zone_meant() -> None:
    with pytest.raises(BadInput, match="Asia/Makassar"):
        zone("WITA")


def test_a_digest_at_a_time_that_spring_leaves_out_goes_out_once_an_hour_later() -> None:
    daily = parse_when("daily 03:30")
    first = next_due(daily, KYIV, at(2026, 3, 28, 22, 0))
    assert first == at(2026, 3, 29, 4, 30, where=KYIV)
    assert next_due(daily, KYIV, first) == at(2026, 3, 30, 3, 30, where=KYIV)


def test_a_digest_at_a_time_that_autumn_repeats_goes_out_once_the_first_time() -> None:
    daily = parse_when("daily 03:30")
    first = next_due(daily, KYIV, at(2026, 10, 24, 22, 0))
    assert first == at(2026, 10, 25, 0, 30)
    assert next_due(daily, KYIV, first) == at(2026, 10, 26, 3, 30, where=KYIV)


@pytest.mark.parametrize(
    ("when", "where", "now", "due"),
    [
        ("daily 07:00", "Asia/Jakarta", at(2026, 11, 22, 23, 59), at(2026, 11, 23, 0, 0)),
        ("daily 07:00", "Asia/Jakarta", at(2026, 11, 23, 0, 0), at(2026, 11, 24, 0, 0)),
        ("weekly mon 07:00", "UTC", at(2026, 11, 23, 7, 0), at(2026, 11, 30, 7, 0)),
        ("weekly mon,fri 12:00", "UTC", at(2026, 11, 24, 0, 0), at(2026, 11, 27, 12, 0)),
        ("hourly", "UTC", at(2026, 11, 23, 7, 59, 59), at(2026, 11, 23, 8, 0)),
        ("hourly", "UTC", at(2026, 11, 23, 8, 0), at(2026, 11, 23, 9, 0)),
        ("hourly", "Asia/Kolkata", at(2026, 11, 23, 8, 0), at(2026, 11, 23, 8, 30)),
        ("hourly", "Asia/Kathmandu", at(2026, 11, 23, 8, 0), at(2026, 11, 23, 8, 15)),
        # autumn repeats an hour, and each is told; spring leaves one out, and it is not missed
        ("hourly", KYIV, at(2026, 10, 25, 0, 30), at(2026, 10, 25, 1, 0)),
        ("hourly", KYIV, at(2026, 10, 25, 1, 0), at(2026, 10, 25, 2, 0)),
        ("hourly", KYIV, at(2026, 3, 29, 0, 30), at(2026, 3, 29, 1, 0)),
        # half an hour: 02:00 becomes 01:30 on 5 April, 02:30 on 4 October
        ("hourly", "Australia/Lord_Howe", at(2026, 4, 4, 14, 50), at(2026, 4, 4, 15, 30)),
        ("hourly", "Australia/Lord_Howe", at(2026, 10, 3, 15, 20), at(2026, 10, 3, 16, 0)),
        ("now", "UTC", at(2026, 11, 23, 8, 0), at(2026, 11, 23, 8, 0)),
        ("daily 12:00", "Pacific/Apia", at(2011, 12, 29, 23, 0), at(2011, 12, 30, 22, 0)),
    ],
)
def test_the_next_time_is_found_by_the_readers_clock(
    when: str, where: str, now: datetime, due: datetime
) -> None:
    assert next_due(parse_when(when), where, now) == due


@given(text=whens, where=st.sampled_from(ZONES), now=moments)
def test_the_next_time_is_never_past_and_never_further_than_a_week(
    text: str, where: str, now: datetime
) -> None:
    when = parse_when(text)
    due = next_due(when, where, now)
    assert due.utcoffset() == timedelta(0)
    assert due == now if when == AtOnce() else now < due <= now + timedelta(days=7, hours=25)


@given(where=st.sampled_from(ZONES), now=moments)
def test_an_hourly_digest_comes_at_the_next_full_hour_that_the_readers_clock_shows(
    where: str, now: datetime
) -> None:
    due = next_due(Hourly(), where, now)
    full = [now.replace(second=0, microsecond=0) + timedelta(minutes=minute) for minute in range(1, 160)]
    assert due == next(moment for moment in full if moment.astimezone(ZoneInfo(where)).minute == 0)


# --- a digest at 03:30, where clocks change and where nobody knows the zone (../../etc/passwd is above)


@pytest.mark.parametrize(
    ("where", "first", "last"),
    [
        (KYIV, (2026, 3, 27), (2026, 4, 1)),
        (KYIV, (2026, 10, 23), (2026, 10, 28)),
        ("America/New_York", (2026, 3, 6), (2026, 3, 11)),
        ("America/New_York", (2026, 10, 30), (2026, 11, 4)),
        ("Asia/Jakarta", (2026, 3, 27), (2026, 4, 1)),
        ("Asia/Jakarta", (2026, 10, 23), (2026, 10, 28)),
    ],
)
@pytest.mark.parametrize("clock", ["03:30", "02:30", "01:30", "00:00"])
def test_a_daily_digest_comes_once_on_each_day_around_a_clock_change(
    where: str, first: tuple[int, ...], last: tuple[int, ...], clock: str
) -> None:
    daily, now = parse_when(f"daily {clock}"), at(*first, where=where)
    days_told = []
    while (now := next_due(daily, where, now)) < at(*last, where=where):
        days_told.append(now.astimezone(ZoneInfo(where)).date())
    begin, end = at(*first).date(), at(*last).date()
    expected = [begin + timedelta(days=day) for day in range((end - begin).days)]
    assert days_told == (expected[1:] if clock == "00:00" else expected)


@given(clock=clocks, where=st.sampled_from(ZONES), now=moments)
def test_a_daily_digest_comes_once_for_every_day_of_the_calendar(
    clock: str, where: str, now: datetime
) -> None:
    daily = parse_when(f"daily {clock}")
    first = next_due(daily, where, now)
    second = next_due(daily, where, first)
    # A clock change moves it by an hour; Samoa once skipped a whole day, which moves nothing.
    assert timedelta(hours=22) < second - first < timedelta(hours=26)


@given(
    text=whens,
    where=st.sampled_from(ZONES),
    now=moments,
    earlier=st.timedeltas(timedelta(0), timedelta(days=9)),
)
def test_a_later_now_never_finds_an_earlier_time(
    text: str, where: str, now: datetime, earlier: timedelta
) -> None:
    when = parse_when(text)
    assert next_due(when, where, now - earlier) <= next_due(when, where, now)


def test_the_two_hours_of_an_autumn_night_are_told_apart():
    """They are equal as values of one zone, so an answer that is kept for one must not serve the other."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    second = first.replace(fold=1)
    assert first == second
    assert next_due(Hourly(), "Europe/Berlin", second) - next_due(
        Hourly(), "Europe/Berlin", first
    ) == timedelta(hours=1)
