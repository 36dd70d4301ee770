"""Dates of feeds: a corpus by language, then what must hold for any text at all."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.dates import zone_of
from worker.dates.calendars import from_jalali
from worker.feeds.dates import parse_date, plausible

CORPUS = Path(__file__).parents[2] / "corpus" / "dates"
FIFTH = datetime(2021, 12, 5, 10, 23, tzinfo=UTC)
WRITTEN = [
    (row["language"], row["text"], row["moment"])
    for path in sorted(CORPUS.glob("*.jsonl"))
    for row in map(json.loads, path.read_text("utf-8").splitlines())
]


@pytest.mark.parametrize(("language", "text", "moment"), WRITTEN)
def test_a_date_is_read_as_the_press_of_its_language_means_it(language, text, moment):
    assert parse_date(text, zone_of(language)) == (moment and datetime.fromisoformat(moment))


def test_the_corpus_holds_more_than_three_hundred_dates_in_forty_languages():
    assert len(WRITTEN) >= 300
    assert len({language.partition("-")[0] for language, _, _ in WRITTEN}) >= 40


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "soon",
            "9" * 30,
            "1 " * 500,
            "99/99/2021",
            "2021-12-05T25:61Z",
            "2021-12-05T10:23:00+99:99",
        ),
        *(
            "令和999年1月1日",
            "元年",
            "5 ธ.ค. 9",
            "0 Dec 2021",
            "Sun, 32 Dec 2021 10:00:00 GMT",
            "²¹ ¹² ²⁰²¹",
            "٣",
        ),
    ],
)
def test_what_names_no_plausible_day_is_no_date(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("language", "zone"),
    [
        *(
            ("id", "Asia/Jakarta"),
            ("id-ID", "Asia/Jakarta"),
            ("uk_UA", "Europe/Kyiv"),
            ("ru", "Europe/Moscow"),
        ),
        *(("de-AT", "Europe/Vienna"), ("pt-BR", "America/Sao_Paulo"), ("zh-Hant", "Asia/Taipei")),
        *(
            ("zh-Hans-SG", "Asia/Singapore"),
            ("sr-Latn", "Europe/Belgrade"),
            ("en-GB-oxendict", "Europe/London"),
        ),
        *(("en", "UTC"), ("en-US", "UTC"), ("fr", "UTC"), ("es-419", "UTC"), ("id-AU", "UTC"), ("xx", "UTC")),
        *((None, "UTC"), ("", "UTC"), ("-", "UTC"), ("../../etc/passwd", "UTC")),
    ],
)
def test_a_press_of_one_zone_writes_its_clock_times_in_it(language, zone):
    assert str(zone_of(language)) == zone


@pytest.mark.parametrize(
    ("language", "url", "zone"),
    [
        *(
            (None, "https://www.kabar.co.id/rss", "Asia/Jakarta"),
            ("en", "https://news.example.id/rss", "Asia/Jakarta"),
        ),
        *(
            ("pt", "https://jornal.com.br", "America/Sao_Paulo"),
            ("en", "https://paper.co.uk:8443/?x", "Europe/London"),
        ),
        *(
            ("uk", "https://news.example.pl/rss", "Europe/Kyiv"),
            ("en-US", "https://news.example.id/rss", "UTC"),
        ),
        *(
            (None, "https://news.example.com/", "UTC"),
            (None, "https://start.me/", "UTC"),
            (None, "https://x.co", "UTC"),
        ),
        *(
            (None, "", "UTC"),
            (None, "no address", "UTC"),
            (None, "https://10.0.0.1/", "UTC"),
            (None, "http://[::1]/", "UTC"),
        ),
    ],
)
def test_where_the_language_says_nothing_the_countrys_domain_does(language, url, zone):
    assert str(zone_of(language, url)) == zone


def test_every_zone_in_the_tables_exists():
    from worker.dates import zones

    for name in (*zones._BY_LANGUAGE.values(), *zones._BY_COUNTRY.values(), *zones._AT_HOME):
        assert ZoneInfo(name)


def test_a_date_more_than_a_day_ahead_is_not_plausible():
    assert plausible(FIFTH + timedelta(hours=24), FIFTH) is not None
    assert plausible(FIFTH + timedelta(hours=25), FIFTH) is None
    assert plausible(None, FIFTH) is None


# New year's days of the Iranian calendar, as the country kept them.
NOWRUZ = {1300: "1921-03-21", 1349: "1970-03-21", 1375: "1996-03-20", 1376: "1997-03-21", 1399: "2020-03-20"}
NOWRUZ |= {1400: "2021-03-21", 1403: "2024-03-20", 1404: "2025-03-21", 1405: "2026-03-21", 1408: "2029-03-20"}


@pytest.mark.parametrize(("year", "day"), NOWRUZ.items())
def test_the_iranian_year_begins_on_its_day(year, day):
    assert from_jalali(year, 1, 1) == date.fromisoformat(day)


def test_iranian_days_follow_one_another_without_gap_or_repeat():
    days = []
    for year in range(1300, 1500):
        for month in range(1, 13):
            for day in range(1, 32):
                try:
                    days.append(from_jalali(year, month, day))
                except ValueError:
                    assert day >= 30
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


moments = st.datetimes(datetime(1996, 1, 1), datetime(2069, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, zones)
def test_the_standard_forms_are_read_back_exactly(moment, zone):
    there = moment.replace(tzinfo=zone)
    assert parse_date(there.isoformat()) == there
    assert parse_date(format_datetime(there)) == there
    assert parse_date(there.strftime("%Y%m%dT%H%M%S%z")) == there
    assert parse_date(there.strftime("%a %b %d %Y %H:%M:%S GMT%z")) == there


MONTHS = json.loads((CORPUS / "months.json").read_text("utf-8"))


@pytest.mark.parametrize("written", MONTHS, ids=lambda written: written["language"])
def test_what_a_language_writes_is_read_back_whatever_the_month(written):
    """`form` is how the language writes a date, `hours` how far its clock is ahead; {b} is the Buddhist year."""
    clock = timezone(timedelta(hours=written["hours"]))
    for number, name in enumerate(written["months"], start=1):
        for day in (1, 9, 28):
            text = written["form"].format(d=day, m=name, y=2023, b=2566, t="07:45")
            wanted = datetime(2023, number, day, 7, 45, tzinfo=clock)
            assert parse_date(text, zone_of(written["language"])) == wanted, text


@pytest.mark.parametrize(
    "form",
    [
        "{:%Y-%m-%d %H:%M}",
        "{:%d.%m.%Y %H:%M}",
        "{:%d/%m/%Y, %H:%M}",
        "{:%Y年%m月%d日 %H:%M}",
        "{:%Y. %m. %d. %H:%M}",
    ],
)
def test_every_day_of_two_years_is_told_apart_in_numbers(form):
    for day in range(730):
        moment = datetime(2023, 1, 1, 12, 0, tzinfo=UTC) + timedelta(days=day)
        assert parse_date(form.format(moment)) == moment


@given(st.text(max_size=60))
def test_no_text_raises_and_what_is_found_is_utc(text):
    found = parse_date(text)
    assert found is None or found.utcoffset() == timedelta(0)


PIECES = "1 12 2021 dec декабря дек. de . , : / - 年 月 日 ธ.ค. น. am p. م T Z +07 gmt tháng gada ' м".split()


@given(
    st.lists(st.sampled_from(PIECES), max_size=40),
    st.sampled_from(["", " "]),
    st.sampled_from(["id", "fa", ""]),
)
def test_no_heap_of_a_dates_pieces_raises(pieces, between, language):
    found = parse_date(between.join(pieces), zone_of(language))
    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", "a|1 |1.|1:|de |x-|1 dec |年|1/|م |a m |2021 m ".split("|"))
def test_a_text_made_to_be_slow_is_looked_at_once(unit):
    """A form that tried every way through 120 characters would take hours."""
    for length in (30, 60, 119):
        parse_date((unit * 120)[:length])
