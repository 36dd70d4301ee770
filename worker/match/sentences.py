"""Where sentences begin and end, well enough for quoting."""

from __future__ import annotations

import re

# A full stop ends a sentence before a blank, 。！？ anywhere; quotes and brackets that close belong to it.
_END = re.compile(r"(?:[.!?…‽؟۔।]+[\"'”’»)\]]*(?=\s)|[。！？]+[”」』）]*|\n+)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:\w|[A-Za-z]\.[A-Za-z]|[DdMmSs]rs?|Mrs|Ms|Prof|Gen|Col|Lt|St|Jr|Sen|Rep|Gov|No|vs|approx|dr|drs|Ir"
    r"|Kol|Jend|Jl|Tn|Ny|hlm|dll|bzw|z\.B|u\.a|d\.h|Nr|ul|im|prof|gen|тыс|млн|млрд|им|ул|г|см|т)\.$"
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end (code points) of each sentence, without the blanks around it, in order."""
    found: list[tuple[int, int]] = []
    start = 0
    for end in _END.finditer(text):
        if _ends_here(text, start, end):
            _keep(found, text, start, end.end())
            start = end.end()
    _keep(found, text, start, len(text))
    return found


def _ends_here(text: str, start: int, end: re.Match[str]) -> bool:
    """A full stop after an abbreviation or before a small letter does not end a sentence."""
    if end[0].startswith("\n") or end[0][0] != ".":
        return True
    following = text[end.end() : end.end() + 3].lstrip()[:1]
    # The longest abbreviation has four letters; looking further back would cost without telling more.
    return not following.islower() and not _ABBREVIATION.search(
        text[max(start, end.start() - 8) : end.start() + 1]
    )


def _keep(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    sentence = text[start:end]
    left = start + len(sentence) - len(sentence.lstrip())
    right = start + len(sentence.rstrip())
    if left < right:
        found.append((left, right))
