from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.dates import zone_of
from worker.feeds.dates import parse_date, plausible

JAKARTA, KYIV, MOSCOW = ZoneInfo("Asia/Jakarta"), ZoneInfo("Europe/Kyiv"), ZoneInfo("Europe/Moscow")
FIFTH = datetime(2021, 12, 5, 10, 23, tzinfo=UTC)

SAME_MOMENT = """
    Sun, 05 Dec 2021 10:23:00 GMT ¦ Sun, 05 Dec 2021 17:23:00 +0700 ¦ Sun, 5 Dec 21 10:23 UT
    5 Dec 2021 05:23 EST ¦ 2021-12-05T10:23:00Z ¦ 2021-12-05T17:23:00+07:00 ¦ 2021-12-05 17:23:00 +0700
    20211205T102300Z ¦ 2021-12-05T10:23Z ¦ 2021/12/05 10:23:00 ¦ 1638699780 ¦ 1638699780000
    Sunday, December 5, 2021 - 10:23 GMT ¦ Sun Dec  5 10:23:00 2021 ¦ Sun Dec 5 10:23:00 UTC 2021
    Sun, 05 Dec 2021 10:23:00 +0000 (UTC) ¦ Minggu, 05 Des 2021 17:23 WIB ¦ 17:23 WIB, 5 Desember 2021
    05/12/2021 17.23 WIB ¦ Ahad, 5 Disember 2021, 18:23 WITA ¦ 5 Desember 2021 pukul 19.23 WIT
    Вс, 05 дек 2021 13:23:00 +0300 ¦ 5 декабря 2021 г., 13:23 МСК ¦ 5 грудня 2021, 12:23 EET
    5 снежня 2021 13:23 +03:00 ¦ ndz., 05 gru 2021 11:23:00 +0100 ¦ 5 grudnia 2021, 11:23 CET
    5. prosince 2021 11:23 +0100 ¦ 5. Dezember 2021, 11:23 MEZ ¦ 5 décembre 2021 à 11h23 CET
    5 de diciembre de 2021, 10:23 ¦ 5 dicembre 2021 11:23 CET ¦ 5 de dezembro de 2021 10:23
    5 Aralık 2021 13:23 TRT ¦ 5 ديسمبر 2021 10:23 ¦ 2021年12月5日 19時23分 JST ¦ 2021년 12월 5일 오전 10:23
    12/05/2021 10:23 AM ¦ Dec 5th, 2021 10:23 a.m. ¦ Sun, 5 Dec 2021 10:23:00 −0000
"""


def _written() -> list[str]:
    return [text.strip() for line in SAME_MOMENT.strip().splitlines() for text in line.split("¦")]


@pytest.mark.parametrize("text", _written())
def test_all_these_write_the_same_moment(text):
    found = parse_date(text)
    assert found is not None
    assert found.replace(second=0) == FIFTH


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("Minggu, 5 Desember 2021 | 17:23", JAKARTA, FIFTH),
        ("5 грудня 2021, 12:23", KYIV, FIFTH),
        ("24 лютого 2022 05:00", KYIV, datetime(2022, 2, 24, 3, 0, tzinfo=UTC)),
        ("14 липня 2022, 18:10", KYIV, datetime(2022, 7, 14, 15, 10, tzinfo=UTC)),
        ("5 декабря 2021, 13:23", MOSCOW, FIFTH),
        ("2021-12-05 17:23", JAKARTA, FIFTH),
        ("2021-12-05", JAKARTA, datetime(2021, 12, 4, 17, tzinfo=UTC)),
        ("2021-12-05T24:00:00", UTC, datetime(2021, 12, 6, tzinfo=UTC)),
        ("Sabtu , 07 Nopember 2020 , 10:00 WIB", UTC, datetime(2020, 11, 7, 3, tzinfo=UTC)),
    ],
)
def test_a_clock_time_without_zone_is_in_the_zone_of_the_feed(text, zone, moment):
    assert parse_date(text, zone) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "31 Feb 2021",
        "2021-13-40",
        "0001-01-01T00:00:00Z",
        "1994-12-31",
        "9" * 30,
        "2021-12-05T25:61Z",
        "2021-12-05T10:23:00+99:99",
        "1 " * 500,
        "5 Smarch 2021",
        "99/99/2021",
        "Sun, 32 Dec 2021 10:00:00 GMT",
    ],
)
def test_what_names_no_plausible_day_is_no_date(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("language", "zone"),
    [
        ("id", "Asia/Jakarta"),
        ("id-ID", "Asia/Jakarta"),
        ("uk_UA", "Europe/Kyiv"),
        ("de-AT", "UTC"),
        ("en", "UTC"),
        (None, "UTC"),
        ("", "UTC"),
        ("../../etc/passwd", "UTC"),
    ],
)
def test_only_languages_of_one_zone_have_one(language, zone):
    assert str(zone_of(language)) == zone


def test_a_date_more_than_a_day_ahead_is_not_plausible():
    assert plausible(FIFTH + timedelta(hours=24), FIFTH) is not None
    assert plausible(FIFTH + timedelta(hours=25), FIFTH) is None
    assert plausible(None, FIFTH) is None


moments = st.datetimes(datetime(1996, 1, 1), datetime(2099, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, zones)
def test_the_standard_forms_are_read_back_exactly(moment, zone):
    there = moment.replace(tzinfo=zone)
    assert parse_date(there.isoformat()) == there
    assert parse_date(format_datetime(there)) == there


@given(st.text(max_size=60))
def test_no_text_raises_and_what_is_found_is_utc(text):
    found = parse_date(text)
    assert found is None or found.utcoffset() == timedelta(0)
