"""Every file of the corpus gives exactly the words that stand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.watchlist import load_watchlist
from worker.errors import BadInput

CORPUS = Path(__file__).parents[2] / "corpus" / "watchlists"
FILES = sorted(CORPUS.glob("*.toml"))


def told(path: Path) -> str:
    try:
        _, warnings = load_watchlist(path)
    except BadInput as bad:
        return f"{bad}\n".replace(f"{path.parent}/", "")
    return "".join(f"warning: {warning}\n" for warning in warnings).replace(f"{path.parent}/", "") or "good\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_judged_in_the_words_beside_it(path: Path) -> None:
    assert told(path) == path.with_suffix(".expected").read_text(encoding="utf-8")


def test_the_corpus_has_at_least_forty_broken_files_and_no_expectation_without_its_file() -> None:
    broken = [path for path in FILES if not path.stem.startswith(("good-", "warned-"))]
    assert len(broken) >= 40
    assert {path.stem for path in CORPUS.glob("*.expected")} == {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_with_carriage_returns_is_judged_alike(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert _without_columns(told(copy)) == _without_columns(told(path))


def _without_columns(words: str) -> str:
    return "\n".join(line.split(": column")[0] for line in words.splitlines())
