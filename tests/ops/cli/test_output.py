"""Progress is for people at a terminal, figures are for everybody."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from ops.cli import output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, err: io.StringIO, things: Any) -> tuple[list[int], str]:
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setattr(output, "_SHOWN_EVERY_S", 0.0)
    return list(output.progress(things, 3, "articles")), err.getvalue()


def test_progress_is_silent_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, io.StringIO(), range(3)) == ([0, 1, 2], "")


def test_progress_is_one_line_that_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    things, text = shown(monkeypatch, Terminal(), range(3))
    assert things == [0, 1, 2]
    assert text.startswith("\r1 of 3 articles\r2 of 3 articles\r3 of 3 articles")
    assert text.endswith(f"\r{' ' * len('3 of 3 articles')}\r")
    assert "\n" not in text


def test_progress_is_gone_even_where_something_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        yield 1
        raise ValueError

    terminal = Terminal()
    with pytest.raises(ValueError):  # noqa: PT011
        shown(monkeypatch, terminal, broken())
    assert terminal.getvalue().endswith(" \r")


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 0, "0 %"), (0, 9, "0 %"), (71, 100, "71 %"), (42, 1000, "4.2 %"), (1, 1, "100 %")],
)
def test_a_share_is_told_as_people_say_it(part: int, whole: int, words: str) -> None:
    assert output.percent(part, whole) == words
