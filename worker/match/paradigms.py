"""The forms of a name by its ending, from a table as a grammar book prints one.

A line is `ending: endings put in its place`, with `0` for none and letters that must stand before it, but
stay, in brackets: `[гкх]а: а и е у ой` makes Волги, Волге … of Волга. The longest ending that fits decides,
among equally long ones a line without brackets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

# Words of up to two letters (Xi, Ян, of, и) keep their form: they are particles or too short to be told from
# other words once something hangs on them.
_SHORTEST = 3
# ONZ, США, NATO: whatever an acronym takes stands behind a hyphen, an apostrophe or a colon.
_LONGEST_ACRONYM = 5

_Ends = Mapping[str, tuple[int, tuple[str, ...]]]


def declined(table: str, *, whole: str = "", unchanging: str = "") -> Callable[[str], frozenset[str]]:
    """What makes the forms of one word of a name, the word itself always among them.

    `table` has a paradigm a line, `whole` names that follow none (`name: its forms`), `unchanging` the blank-
    separated words that only look as if they followed one. Raises ValueError where two lines claim the same
    ending.
    """
    ends = _by_ending(table)
    named = {name: tuple(forms) for name, forms in _lines(whole)}
    named |= dict.fromkeys(unchanging.split(), ())
    longest = max(map(len, ends))

    def forms(name: str) -> frozenset[str]:
        lower = name.lower()
        # İ is two letters when small, so that no ending could be cut off safely.
        if is_acronym(name) or len(name) < _SHORTEST or len(lower) != len(name):
            return frozenset({name})
        if lower in named:
            return frozenset({name, *(_capital_as(name, form) for form in named[lower])})
        for length in range(min(longest, len(name)), 0, -1):
            found = ends.get(lower[-length:])
            if found:
                stem = name[: len(name) - found[0]]
                return frozenset({name, *[_capital_as(name, stem + end) for end in found[1] if stem or end]})
        return frozenset({name})

    return forms


def is_acronym(name: str) -> bool:
    """Whether a word of a name is a few capitals, which do not decline."""
    return len(name) <= _LONGEST_ACRONYM and name.isupper()


def _capital_as(name: str, form: str) -> str:
    return form[0].upper() + form[1:] if name[0].isupper() else form


def _lines(table: str) -> Iterator[tuple[str, list[str]]]:
    for line in filter(str.strip, table.splitlines()):
        ending, _, replaced = line.partition(":")
        yield ending.strip(), replaced.split()


def _by_ending(table: str) -> _Ends:
    general: dict[str, tuple[int, tuple[str, ...]]] = {}
    special: dict[str, tuple[int, tuple[str, ...]]] = {}
    for written, replaced in _lines(table):
        before, bracket, ending = written.rpartition("]")
        made = tuple("" if one == "0" else one for one in replaced)
        ends = general if bracket else special
        for letter in before.removeprefix("[") or [""]:
            if letter + ending in ends:
                raise ValueError(f"two paradigms for names in -{letter + ending}; keep one")
            ends[letter + ending] = (len(ending), made)
    return general | special


def with_genitive_s(name: str) -> frozenset[str]:
    """The name and its genitive in -s, as Danish, Norwegian and Swedish have it; none behind s, x and z."""
    lower = name.lower()
    stays = is_acronym(name) or len(lower) < _SHORTEST or not lower.isalpha()
    return frozenset({name} if stays or lower.endswith(("s", "x", "z")) else {name, name + "s"})


GENITIVES_ELSEWHERE = frozenset(
    {
        "indiens",
        "italiens",
        "syriens",
        "australiens",
        "boliviens",
        "georgiens",
        "jordaniens",
        "tunisiens",
        "indias",
        "islands",
        "roms",
        "romas",
        "wiens",
        "nederlands",
        "japans",
        "mans",
    }
)
"""Such genitives that mean something else abroad: French calls the people so, Dutch has them as "whose" and Japanese,
English as a plain word (Islands)."""
