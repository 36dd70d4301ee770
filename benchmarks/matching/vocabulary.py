"""Words and names of a generated language, by rank: the lower the rank the more often it is said (Zipf)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from random import Random

from benchmarks.matching.languages import LANGUAGES, Language

WORDS = 40_000
"""Distinct words of a language: what a newspaper prints in some months."""
KNOWN_NAMES = 4_000
"""People, places and companies of a language that its articles speak of."""


class Vocabulary:
    """One language's words and names; the same for the same seed."""

    def __init__(self, language: Language, seed: int) -> None:
        self.language = language
        self._random = Random(f"{seed} {language.code} words")
        self._onsets, self._vowels, self._codas = map(
            _parts, (language.onsets, language.vowels, language.codas)
        )
        self.words = self._distinct_words()
        self._given = [self._name_part() for _ in range(800)]
        self._family = [
            self._name_part() + self._random.choice(language.surnames.split()) for _ in range(9_000)
        ]
        self._places = [self._name_part() for _ in range(4_000)]
        self.world = [name.replace("_", " ") for name in language.world.split()]
        self.known_names = [*self.world, *(self.any_name(self._random) for _ in range(KNOWN_NAMES))]

    @cached_property
    def everyday(self) -> Sequence[str]:
        """Words that a topic may ask for beside a name: neither tiny nor rare."""
        return [word for word in self.words[200:6_200] if len(word) > self._shortest_everyday]

    def word(self, random: Random) -> str:
        """A word as often as texts say it."""
        return self.words[int(len(self.words) ** random.random()) - 1]

    def seldom_word(self, random: Random) -> str:
        """A word beyond the frequent ones."""
        return self.words[int(len(self.words) ** (0.5 + 0.5 * random.random())) - 1]

    def known_name(self, random: Random) -> str:
        """A name as often as texts say it."""
        return self.known_names[int(len(self.known_names) ** random.random()) - 1]

    def any_name(self, random: Random) -> str:
        """One of the language's names: some seven million people, and its places and companies."""
        kind = random.random()
        if kind < 0.65:
            return f"{random.choice(self._given)} {random.choice(self._family)}"
        if kind < 0.85:
            return random.choice(self._places)
        made = f"{random.choice(self._places)} {random.choice(self._family)}"
        return random.choice(self.language.companies.split()).replace("_", " ").format(made)

    def capitalised(self, word: str) -> str:
        """The word with its first letter large, and nothing else changed."""
        turkish_i = self.language.code == "tr" and word.startswith("i")
        return ("İ" if turkish_i else word[:1].upper()) + word[1:]

    @property
    def _shortest_everyday(self) -> int:
        return 1 if self.language.code == "ko" else 3

    def _distinct_words(self) -> list[str]:
        fewest, most = self.language.syllables
        words = dict.fromkeys(self.language.common.split())
        while len(words) < WORDS:
            longer = min(1.0, len(words) / 3_000)  # what is said often is short
            count = self._random.randint(fewest, max(fewest, round(fewest + (most - fewest) * longer)))
            if self.language.code != "ko" and len(words) < 300:
                count = max(1, count - 1)
            words[self._syllables(count)] = None
            if self.language.code == "ko":
                words[self._syllables(count) + self._syllables(1)] = None
        return [word for word in words if word][:WORDS]

    def _name_part(self) -> str:
        fewest, most = self.language.syllables
        return self.capitalised(self._syllables(self._random.randint(fewest, max(fewest, min(most, 3)))))

    def _syllables(self, count: int) -> str:
        pick = self._random.choice
        return "".join(pick(self._onsets) + pick(self._vowels) + pick(self._codas) for _ in range(count))


@lru_cache(maxsize=2)
def vocabularies(seed: int) -> tuple[Vocabulary, ...]:
    """Those of all languages."""
    return tuple(Vocabulary(language, seed) for language in LANGUAGES)


def _parts(listed: str) -> list[str]:
    return ["" if part == "_" else part for part in listed.split()]
