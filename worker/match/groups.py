"""Two and three words side by side that topics are filed under, and which of them an article holds."""

from __future__ import annotations

from collections.abc import Iterator, Set

from worker.match.text import FieldText

# What may follow a pair: third words, the empty text where the pair is a group by itself.
_Thirds = tuple[str, ...]


class Groups:
    """Each group is its words with blanks between. Only these are looked for: a set of all pairs of words of an
    article would cost 0.1 ms, whatever the topics."""

    def __init__(self) -> None:
        # By first word and by second; the first words once more, as in `TopicIndex`.
        self._begun: dict[str, dict[str, _Thirds]] = {}
        self._firsts: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._begun)

    def add(self, group: str) -> None:
        """Look for a group that was not looked for."""
        first, second, third = _words_of(group)
        self._firsts.add(first)
        seconds = self._begun.setdefault(first, {})
        seconds[second] = (*seconds.get(second, ()), third)

    def discard(self, group: str) -> None:
        """Look for a group no longer."""
        first, second, third = _words_of(group)
        seconds = self._begun[first]
        seconds[second] = tuple(other for other in seconds[second] if other != third)
        if not seconds[second]:
            del seconds[second]
        if not seconds:
            del self._begun[first]
            self._firsts.discard(first)

    def among(self, keys: Set[str]) -> Iterator[str]:
        """The groups whose words are all among these, side by side or not."""
        for first in self._firsts & keys:
            for second, thirds in self._begun[first].items():
                if second in keys:
                    yield from (
                        f"{first} {second} {third}".rstrip() for third in thirds if not third or third in keys
                    )

    def within(self, text: FieldText) -> list[str]:
        """The groups whose words stand side by side in a text, some maybe twice."""
        tokens, manifold, found = [*text.tokens, ""], text.manifold, list[str]()
        for first in self._firsts.intersection(text.places):
            seconds = self._begun[first]
            for at in text.places[first]:
                second = tokens[at + 1]
                if second in seconds or (
                    second in manifold and not seconds.keys().isdisjoint(manifold[second])
                ):
                    found += _begun_by(first, seconds, at, text)
        return found


def _words_of(group: str) -> tuple[str, str, str]:
    first, second, *rest = group.split(" ")
    return first, second, rest[0] if rest else ""


def _begun_by(first: str, seconds: dict[str, _Thirds], at: int, text: FieldText) -> Iterator[str]:
    """The groups whose first word stands at a position."""
    for second in text.keys_at(at + 1):
        for third in seconds.get(second, ()):
            if not third:
                yield f"{first} {second}"
            elif third in text.keys_at(at + 2):
                yield f"{first} {second} {third}"
