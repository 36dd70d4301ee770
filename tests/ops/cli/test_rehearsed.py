"""What is kept of a reading, told in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.cli.rehearsed import notes_lines
from worker.model import ReadingNotes

URL = "https://news.example/a"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


@pytest.mark.parametrize(
    ("kept", "lines"),
    [
        ({}, []),
        (
            {"asked": [URL], "status": 200, "url": URL, "bytes": 48_211, "seconds": 0.31},
            [f"asked      {URL}", "answered   200 in 0.31 s, 48,211 bytes"],
        ),
        (
            {"asked": ["https://news.google.com/x", URL], "via": "news.google.com", "status": 200, "url": f"{URL}?b"},
            [
                "asked      https://news.google.com/x",
                f"           {URL}",
                "           the link led through news.google.com",
                f"answered   200 from {URL}?b",
            ],
        ),
        (
            {"asked": [URL], "failure": "timeout", "detail": "no page within 10 s", "seconds": 10, "waited_s": 2.5},
            [
                f"asked      {URL}",
                "           after 2.5 s of waiting for a turn at the site",
                "answered   nothing in 10.00 s, timeout: no page within 10 s",
            ],
        ),
        ({"rule": "Disallow: /a"}, ["answered   not asked, robots.txt forbids it: Disallow: /a"]),
        (
            {"charset": "cp1251", "declared": "utf-8", "repeated": 1200, "wall": "Subscribe to go on"},
            [
                "decoded    cp1251, declared as utf-8",
                "cut        1,200 characters that the site repeats; a wall: Subscribe to go on",
            ],
        ),
        ({"asked": [URL], "status": 200, "pages": 3}, [f"asked      {URL}", "answered   200, 3 pages"]),
        ({"something": "newer", "asked": None}, []),
        ({"wall": "red \x1b[31m\nline"}, ["cut        a wall: red [31m line"]),
    ],
)  # fmt: skip
def test_what_is_kept_is_told_and_what_is_not_known_left_out(kept, lines):
    assert [
        line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in notes_lines(ReadingNotes.of(kept))
    ] == lines


@given(
    st.builds(
        ReadingNotes,
        asked=st.lists(st.text()).map(tuple),
        status=st.none() | st.integers(100, 599),
        bytes=st.none() | st.integers(1, 9_999),
        seconds=st.none() | st.floats(0.1, 100),
        failure=st.none() | st.text(min_size=1),
        repeated=st.integers(0, 9_999),
    )
)
def test_notes_come_back_from_what_is_kept_of_them(notes):
    assert ReadingNotes.of(notes.kept()) == notes
