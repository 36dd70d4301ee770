"""Peers that know no queries, only the terms in them: what regular expressions and an automaton do.

They answer an easier question, which terms stand in the text, and leave AND, NOT, NEAR and fields to be worked
out by somebody else. Text and terms are folded for them as simple monitors do it: NFKC and small letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from benchmarks.matching.engine import NotInstalled
from benchmarks.matching.measure import Pass
from benchmarks.matching.workload import Workload
from worker.match import parse_query
from worker.match.nodes import And, AtLeast, Near, Node, Not, Or, Phrase, Scoped, Word
from worker.model import Article, Topic

_SEARCHED = 20_000
_WORD = re.compile(r"\w+")

_Term = tuple[str, bool]


def terms(query: Node) -> Iterator[_Term]:
    """The words and phrases of a query, folded, and whether more letters may follow."""
    match query:
        case Word(text, prefix):
            yield folded(text), prefix
        case Phrase(words):
            yield folded(" ".join(word.text for word in words)), words[-1].prefix
        case And(parts) | Or(parts) | AtLeast(_, parts):
            for part in parts:
                yield from terms(part)
        case Not(inner) | Scoped(_, inner):
            yield from terms(inner)
        case Near(first, links):
            yield from terms(first)
            for link in links:
                yield from terms(link.operand)


def folded(text: str) -> str:
    """NFKC, and small letters."""
    return unicodedata.normalize("NFKC", text).casefold()


class _Terms:
    """Collects the distinct terms of the topics."""

    def __init__(self) -> None:
        self._terms: dict[_Term, None] = {}

    def learn(self, recent: Sequence[Article]) -> None:
        """Of no use here."""

    def translated(self, topics: Sequence[Topic]) -> list[_Term]:
        """The terms of the queries."""
        return [term for topic in topics for term in terms(parse_query(topic.query))]

    def add(self, topics: Sequence[_Term]) -> None:
        """Keep the terms."""
        self._terms.update(dict.fromkeys(topics))

    def more(self, workload: Workload, first: Pass) -> dict[str, Any]:  # noqa: ARG002
        """That terms are counted."""
        return {"remarks": [f"finds terms, not topics: {len(self._terms):,} distinct ones"]}

    def close(self) -> None:
        """Nothing is open."""


class Alternation(_Terms):
    """One regular expression of `re` that offers all terms."""

    def ready(self) -> None:
        """Compile it."""
        self._pattern = re.compile(r"\b(?:" + "|".join(map(_expression, self._terms)) + ")")

    def match(self, article: Article) -> int:
        """The number of terms found; of those that overlap only the first."""
        return len(set(self._pattern.findall(folded(f"{article.title}\n{article.body}"))))

    def more(self, workload: Workload, first: Pass) -> dict[str, Any]:
        """That it overlooks some."""
        said = super().more(workload, first)
        return {"remarks": [*said["remarks"], "overlooks terms that overlap"]}


class Searches(_Terms):
    """A regular expression for each term, searched one after the other: what simple monitors do."""

    def ready(self) -> None:
        """Compile them, or, of very many, as many as one can wait for."""
        self._step = max(1, len(self._terms) // _SEARCHED)
        self._patterns = [re.compile(r"\b" + _expression(term)) for term in list(self._terms)[:: self._step]]

    def match(self, article: Article) -> int:
        """The number of the chosen terms found."""
        text = folded(f"{article.title}\n{article.body}")
        return sum(pattern.search(text) is not None for pattern in self._patterns)

    def more(self, workload: Workload, first: Pass) -> dict[str, Any]:
        """Which share of the terms was searched for; the time is multiplied, as it grows with their number."""
        said = super().more(workload, first)
        if self._step == 1:
            return said
        first.wall_us = [us * self._step for us in first.wall_us]
        first.cpu_us = [us * self._step for us in first.cpu_us]
        first.found *= self._step
        return {"remarks": [*said["remarks"], f"searched for every {self._step}th, its time multiplied"]}


class Automaton(_Terms):
    """`ahocorasick_rs`, an Aho-Corasick automaton in Rust, over the words of the text joined by blanks."""

    def ready(self) -> None:
        """Build the automaton."""
        try:
            package = import_module("ahocorasick_rs")
        except ImportError:
            raise NotInstalled("ahocorasick_rs is not installed: uv sync --group bench") from None
        self._automaton = package.AhoCorasick(
            [f" {term}" if prefix else f" {term} " for term, prefix in self._terms]
        )

    def match(self, article: Article) -> int:
        """The number of terms found, overlapping ones too."""
        words = (_WORD.findall(folded(text)) for text in (article.title, article.body))
        text = "  ".join(f" {' '.join(found)} " for found in words)
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return len({index for index, _, _ in found})


def _expression(term: _Term) -> str:
    text, prefix = term
    return re.escape(text) + ("" if prefix else r"\b")
