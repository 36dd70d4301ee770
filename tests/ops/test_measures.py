"""What /metrics tells: names, words, and histograms that machines can read; and nothing that is a stranger's."""

from __future__ import annotations

import math
import re
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from ops.figures import Counted, silent
from ops.measures import BUCKETS_S, MEASURES, NAMED, Samples, exposition, word
from ops.store.measuring import Happened

REPOSITORY = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
Row = namedtuple("Row", "name a b c n seconds")


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_names_follow_the_conventions(measure) -> None:
    assert re.fullmatch(r"pantau_[a-z0-9_]+", measure.name)
    assert measure.name.endswith("_total") == (measure.kind == "counter")
    assert "_s_" not in measure.name
    assert measure.help.endswith((".", "0."))
    assert not {"feed", "topic", "channel", "url", "title", "subscription", "user"} & set(measure.labels)


def test_every_name_stands_in_the_table_of_the_papers_and_no_other() -> None:
    table = (REPOSITORY / "docs/metrics.md").read_text()
    assert set(re.findall(r"^\| `(pantau_\w+)", table, re.MULTILINE)) == set(NAMED)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("http_429", "http_429"),
        ("tries_again: dns", "tries_again"),
        ("unknown_error: https://hooks.slack.com/services/T/B/secret", "unknown_error"),
        ("https://hooks.slack.com/services/T/B/secret", "https"),
        ("Rina <rina@example.org>", "other"),
        ("two words", "other"),
        ("x" * 41, "other"),
        ("", "none"),
        (None, "none"),
    ],
)
def test_of_a_reason_only_a_word_of_ours_is_told(reason: str | None, told: str) -> None:
    assert word(reason) == told


@given(st.text())
def test_no_reason_whatever_breaks_a_label(reason: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,39}", word(reason))


def the_counts(of: Counted) -> Samples:
    return Samples({name: dict(values) for name, values in of.values.items()}, of.spreads)


@given(
    st.lists(st.tuples(st.integers(0, len(BUCKETS_S)), st.integers(1, 50), st.floats(0, 1e6)), max_size=20)
)
def test_a_histogram_adds_up_in_both_formats(rows: list[tuple[int, int, float]]) -> None:
    counted = Counted(AT)
    name = "pantau_seen_to_sent_seconds"
    counted.take(Happened(AT, [Row(name, str(place), None, None, n, s) for place, n, s in rows], []))
    for accept, parse in (("application/openmetrics-text", parse_openmetrics), ("text/plain", parse_text)):
        text, kind = exposition(the_counts(counted), accept)
        assert kind.startswith(accept)
        (family,) = (family for family in parse(text.decode()) if family.name == name)
        buckets = [sample.value for sample in family.samples if sample.name.endswith("_bucket")]
        assert buckets == sorted(buckets)
        assert buckets[-1] == sum(n for _, n, _ in rows)
        (total,) = (sample.value for sample in family.samples if sample.name.endswith("_sum"))
        assert total == pytest.approx(sum(s for _, _, s in rows))


def test_reasons_that_mean_the_same_word_are_one_series() -> None:
    counted = Counted(AT)
    attempts = "pantau_attempts_total"
    rows = [Row(attempts, "email", "never", f"unknown_error: {n}", n, 0) for n in (1, 2)]
    counted.take(Happened(AT, rows, []))
    assert counted.values[attempts] == {("email", "never", "unknown_error"): 3}


@pytest.mark.parametrize("accept", ["", "*/*", "application/openmetrics-text;version=nonsense", "\x00"])
def test_whatever_a_reader_accepts_it_gets_something_to_read(accept: str) -> None:
    text, _ = exposition(silent("1.2"), accept)
    assert b"pantau_database_up 0" in text


def test_a_beat_that_never_ticked_is_endlessly_old() -> None:
    told = Samples()
    told.put("pantau_beat_age_seconds", math.inf)
    assert b"pantau_beat_age_seconds +Inf" in exposition(told, "")[0]
