"""The export parses back to what was exported."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.watchlist import (
    DeclaredChannel,
    DeclaredFeed,
    DeclaredTopic,
    Given,
    Stored,
    Watchlist,
    parse_watchlist,
    write_watchlist,
)
from ops.watchlist.values import duration_text
from worker.secrets import Secret
from worker.settings import parse_duration


@settings(suppress_health_check=[HealthCheck.too_slow])  # a watchlist is a large value to draw
@given(data=st.data())
def test_what_is_written_parses_back_to_the_same_watchlist(
    data: st.DataObject, watchlists: st.SearchStrategy[Watchlist]
) -> None:
    watchlist = data.draw(watchlists)
    written = write_watchlist(watchlist)
    again, complaints, _ = parse_watchlist(written, "export.toml")
    assert complaints == []
    assert again == watchlist
    assert write_watchlist(again) == written


def test_only_what_differs_from_its_default_is_written() -> None:
    assert write_watchlist(Watchlist(feeds=(DeclaredFeed("https://a.example/rss"),))) == (
        '[[feed]]\nurl = "https://a.example/rss"\n'
    )


def test_a_query_is_written_as_people_would_write_it() -> None:
    one = DeclaredTopic("NATO", '@nato OR "pakta pertahanan"')
    two = DeclaredTopic("Perang", "perang\nOR invasi\n")
    assert write_watchlist(Watchlist(topics=(one, two))) == (
        '[[topic]]\nname = "NATO"\nquery = \'@nato OR "pakta pertahanan"\'\n'
        "\n[[topic]]\nname = \"Perang\"\nquery = '''\nperang\nOR invasi\n'''\n"
    )


def test_an_export_of_nothing_declares_nothing_on_purpose() -> None:
    assert parse_watchlist(write_watchlist(Watchlist()), "export.toml") == (Watchlist(), [], [])


@pytest.mark.parametrize(
    "watchlist",
    [
        Watchlist(
            channels=(DeclaredChannel("a", "slack_webhook", Given(Secret("https://hooks.example/geheim"))),)
        ),
        Watchlist(channels=(DeclaredChannel("a", "apprise", Given(Secret("ntfy://geheim"))),)),
        Watchlist(channels=(DeclaredChannel("a", "webhook", Stored("1"), Given(Secret("geheim"))),)),
        Watchlist(feeds=(DeclaredFeed("https://a.example/", user="x", password=Given(Secret("geheim"))),)),
        Watchlist(
            feeds=(DeclaredFeed("https://a.example/", headers=(("Cookie", Given(Secret("geheim"))),)),)
        ),
    ],
)
def test_a_secret_in_the_clear_is_never_written(watchlist: Watchlist) -> None:
    with pytest.raises(ValueError, match="give its reference") as refused:
        write_watchlist(watchlist)
    assert "geheim" not in str(refused.value)


@given(st.floats(0, 1e9, allow_nan=False))
def test_a_duration_is_written_as_the_number_it_reads_back_to(seconds: float) -> None:
    assert parse_duration(duration_text(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.0, "0s"), (5.0, "5s"), (90.0, "90s"), (120.0, "2m"), (7200.0, "2h"), (86400.0, "1d")],
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, written: str) -> None:
    assert duration_text(seconds) == written
