"""Beginnings of words that topics are filed under, and which of them a word may have."""

from __future__ import annotations

from collections.abc import Iterable


class Beginnings:
    """Each has a star behind it, as in a query. Looked for by its first letter and then by its second: cutting every
    new word to the length of each, and remembering what it brought, was 0.28 of the 0.67 ms that finding candidates
    took."""

    def __init__(self) -> None:
        # By their first and second letter, the star where there is but one (ｶﾞ*, whose sign was joined to the letter).
        self._begun: dict[str, dict[str, list[str]]] = {}

    def __bool__(self) -> bool:
        return bool(self._begun)

    def add(self, beginning: str) -> None:
        """Look for a beginning that was not looked for."""
        seconds = self._begun.setdefault(beginning[0], {})
        seconds.setdefault(beginning[1], []).append(beginning[:-1])

    def discard(self, beginning: str) -> None:
        """Look for a beginning no longer."""
        seconds = self._begun[beginning[0]]
        seconds[beginning[1]].remove(beginning[:-1])
        if not seconds[beginning[1]]:
            del seconds[beginning[1]]
        if not seconds:
            del self._begun[beginning[0]]

    def among(self, words: Iterable[str]) -> list[str]:
        """What begins one of these words, some maybe twice."""
        found: list[str] = []
        begun = self._begun
        for word in words:
            seconds = begun.get(word[:1])
            if seconds is not None:
                longer = seconds.get(word[1:2])
                if longer is not None:
                    found += [f"{start}*" for start in longer if word.startswith(start)]
                if "*" in seconds:
                    found.append(f"{word[:1]}*")
        return found
