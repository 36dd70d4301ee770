"""What stays lies on large pages where Linux can, and nothing happens where it cannot."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from worker import heap
from worker.heap import held, lasting_objects, onto_large_pages

_MAPPINGS = """\
55d0c4a00000-55d0c4a01000 r-xp 00000000 fe:00 1234                       /usr/bin/python3.11
55d0c5b00000-55d0c5c21000 rw-p 00000000 00:00 0                          [heap]
7f2a10000000-7f2a10100000 rw-p 00000000 00:00 0
7f2a10100000-7f2a10101000 ---p 00000000 00:00 0
7f2a10200000-7f2a10300000 rw-p 00000000 00:00 0                          [anon: pool]
7f2a10400000-7f2a10401000 rw-p 00003000 fe:00 5678                       /usr/lib/a library.so
7f2a10500000-7f2a10600000 rw-s 00000000 00:01 9                          /dev/zero (deleted)
7ffd5a000000-7ffd5a021000 rw-p 00000000 00:00 0                          [stack]
"""


def test_what_belongs_to_no_file_and_is_ones_own_to_write_may_hold_objects() -> None:
    assert list(held(_MAPPINGS)) == [(0x55D0C5B00000, 0x55D0C5C21000), (0x7F2A10000000, 0x7F2A10100000)]


def test_what_is_held_stays_as_it_was() -> None:
    kept = [str(number) * 10 for number in range(200_000)]
    onto_large_pages()
    onto_large_pages()
    assert kept == [str(number) * 10 for number in range(200_000)]


def test_another_system_goes_on_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(heap, "_MAPPINGS", tmp_path / "maps")
    with lasting_objects():
        kept = object()
    assert kept is not None
    assert gc.isenabled()


def test_a_refusal_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mappings = tmp_path / "maps"
    mappings.write_text("1000-2000 rw-p 00000000 00:00 0\n")  # nothing lies there
    monkeypatch.setattr(heap, "_MAPPINGS", mappings)
    onto_large_pages()
