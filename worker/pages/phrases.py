"""The words by which sites announce what is not the article, read from `phrases.toml`."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources

# Scripts that write no blanks: a word may end anywhere.
_NO_BLANKS = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]")


@lru_cache(maxsize=4)
def tables(file: str = "phrases.toml") -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The phrases by table and language."""
    text = (resources.files("worker.pages") / file).read_text(encoding="utf-8")
    return {
        name: {code: _phrases(row) for code, row in rows.items()}
        for name, rows in tomllib.loads(text).items()
    }


def phrases(table: str, file: str = "phrases.toml") -> frozenset[str]:
    """A table's phrases of all languages: a page seldom says reliably which one it is in."""
    return frozenset(phrase for row in tables(file)[table].values() for phrase in row)


def _phrases(row: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in row.split("|"))


def any_of(table: str) -> str:
    """A pattern for any phrase of a table; a star in it stands for any ending."""
    patterns = [re.escape(phrase).replace("\\*", "\\w*") for phrase in phrases(table)]
    return f"(?:{'|'.join(sorted(patterns, key=len, reverse=True))})"


class Openings:
    """Phrases by their first two letters, so that a line is compared with three of them and not with hundreds."""

    def __init__(self, among: Iterable[str]) -> None:
        found: defaultdict[str, list[str]] = defaultdict(list)
        for phrase in sorted(among, key=len, reverse=True):
            found[phrase[:2]].append(phrase)
        self._by_start = dict(found)

    def may_begin(self, letters: str) -> bool:
        """Whether any phrase begins with these two letters."""
        return letters in self._by_start

    def end_of(self, small: str) -> int:
        """Where the longest phrase ends that this text (in small letters) begins with; 0 where there is none."""
        for phrase in self._by_start.get(small[:2], ()):
            end = len(phrase)
            if small.startswith(phrase) and (
                not small[end : end + 1].isalnum() or _NO_BLANKS.match(phrase[-1])
            ):
                return end
        return 0
