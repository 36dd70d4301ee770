"""PURE. Sentences that are put into the reader's language where they are shown, and read in English until then.

A view says `said("{n} of {all} feeds answer", n=3, all=4)`. That is a str, so everything that wants one takes it; the
template shows it in the language of whoever looks. Put together with other text it becomes plain English, so what
belongs together is said as one sentence with places to fill, and never in pieces: languages order their words
differently (https://www.gnu.org/software/gettext/manual/html_node/Preparing-Strings.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol


class Tongue(Protocol):
    """The half of gettext's translations that is needed."""

    def gettext(self, message: str) -> str:
        """The message in this language, or as it is."""

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The form that fits n."""


class Said(str):
    """A sentence of ours with what fills its places; as a str it is English."""

    __slots__ = ("filled", "message", "number", "plural")

    message: str
    plural: str | None
    number: int
    filled: Mapping[str, object]

    def __new__(
        cls, message: str, filled: Mapping[str, object], plural: str | None = None, number: int = 0
    ) -> Said:
        """Says it in English."""
        pattern = message if plural is None or number == 1 else plural
        said = super().__new__(cls, pattern.format_map(filled) if filled else pattern)
        said.message, said.plural, said.number, said.filled = message, plural, number, filled
        return said

    def within(self, tongue: Tongue) -> str:
        """The sentence in this language, with whatever was said inside it."""
        if self.plural is None:
            pattern = tongue.gettext(self.message)
        else:
            pattern = tongue.ngettext(self.message, self.plural, self.number)
        filled = {name: spoken(value, tongue) for name, value in self.filled.items()}
        return pattern.format_map(filled) if filled else pattern

    def filled_by(self, change: Callable[[object], object]) -> Said:
        """The same sentence with what `change` makes of each thing that fills a place of it."""
        filled = {name: change(value) for name, value in self.filled.items()}
        return Said(self.message, filled, self.plural, self.number)

    def __reduce__(self) -> tuple[object, ...]:
        return Said, (self.message, self.filled, self.plural, self.number)


def said(message: str, /, **filled: object) -> Said:
    """A sentence in English, to be translated where it is shown; `{name}` is filled by that argument. The message must
    be written out here, not made: the catalogue is gathered from the source."""
    return Said(message, filled)


def said_n(one: str, many: str, n: int, /, **filled: object) -> Said:
    """The same for a number of things; `{n}` is the number with its thousands parted."""
    return Said(one, {"n": f"{n:,}", **filled}, many, n)


def spoken(value: object, tongue: Tongue) -> object:
    """What was said, in this language; anything else as it is."""
    return value.within(tongue) if isinstance(value, Said) else value


def joined(parts: Iterable[str], separator: str = " ") -> Said:
    """Several sentences, or things in a list, each translated by itself; empty ones are left out."""
    shown = [part for part in parts if part]
    return Said(
        separator.join(f"{{p{n}}}" for n in range(len(shown))),
        {f"p{n}": part for n, part in enumerate(shown)},
    )
