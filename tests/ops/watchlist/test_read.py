"""The door: what is on the disk, within limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.watchlist import BadWatchlist, load_watchlist, read_watchlist
from worker.errors import BadInput


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.toml"
    path.write_bytes('# Україна\r\n[[feed]]\nurl = "https://a.example/"\n'.encode())
    assert read_watchlist(path).startswith("# Україна\r\n")
    assert load_watchlist(path)[0].feeds[0].url == "https://a.example/"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\xff\xfe[\x00", "UTF-16"),
        (b'# ok\nname = "caf\xe9"\n', r":2: byte 0xe9 is not UTF-8"),
        (b"#" * (5 * 1024 * 1024 + 1), "larger than 5,242,880 bytes"),
    ],
)
def test_a_file_that_is_no_text_for_us_is_refused(tmp_path: Path, body: bytes, words: str) -> None:
    path = tmp_path / "watchlist.toml"
    path.write_bytes(body)
    with pytest.raises(BadInput, match=words):
        read_watchlist(path)


def test_what_is_no_file_is_refused_with_its_name(tmp_path: Path) -> None:
    for path, words in [
        (tmp_path / "missing.toml", "missing.toml: there is no such file"),
        (tmp_path, "this is a directory"),
        (tmp_path / "a\0b", "cannot be read"),
        (Path("/dev/zero"), "larger than"),
    ]:
        with pytest.raises(BadInput, match=words):
            read_watchlist(path)


def test_the_limit_can_be_moved(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.toml"
    path.write_text("# 123")
    assert read_watchlist(path, max_bytes=5) == "# 123"
    with pytest.raises(BadInput, match="larger than 4 bytes"):
        read_watchlist(path, max_bytes=4)


def test_a_bad_watchlist_carries_every_complaint_and_the_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.toml"
    path.write_text('[[feed]]\nurl = "x"\nevery = "y"\n')
    with pytest.raises(BadWatchlist) as refused:
        load_watchlist(path)
    assert [complaint.line for complaint in refused.value.complaints] == [2, 3]
    assert len(str(refused.value).splitlines()) == 2
    assert refused.value.exit_code == 65
