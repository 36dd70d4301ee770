"""PURE. Lengths of time and numbers of things, as people say them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from ops.said import Said, said, said_n


def span(seconds: float) -> Said:
    """A length of time as people say it: "0.4 s", "47 s", "2 min 41 s", "3.5 h", "4 days"."""
    if seconds < 9.95:
        return said("{n} s", n=_tenths(max(seconds, 0.0)))
    if seconds < 99.5:
        return said("{n} s", n=f"{seconds:.0f}")
    if seconds < 600:
        minutes, rest = divmod(round(seconds), 60)
        return said("{n} min {rest} s", n=minutes, rest=rest) if rest else said("{n} min", n=minutes)
    if seconds < 5400:
        return said("{n} min", n=f"{seconds / 60:.0f}")
    if seconds < 48 * 3600:
        return said("{n} h", n=_tenths(seconds / 3600))
    return said("{n} days", n=f"{seconds / 86400:.0f}")


def _tenths(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


Noun = Literal[
    "alert",
    "article",
    "channel",
    "character",
    "entry",
    "feed",
    "language",
    "message",
    "more article",
    "paragraph",
    "possible repeat",
    "source",
    "word",
]

_COUNTED: Mapping[Noun, Callable[[int], Said]] = {
    "alert": lambda n: said_n("{n} alert", "{n} alerts", n),
    "article": lambda n: said_n("{n} article", "{n} articles", n),
    "channel": lambda n: said_n("{n} channel", "{n} channels", n),
    "character": lambda n: said_n("{n} character", "{n} characters", n),
    "entry": lambda n: said_n("{n} entry", "{n} entries", n),
    "feed": lambda n: said_n("{n} feed", "{n} feeds", n),
    "language": lambda n: said_n("{n} language", "{n} languages", n),
    "message": lambda n: said_n("{n} message", "{n} messages", n),
    "more article": lambda n: said_n("{n} more article", "{n} more articles", n),
    "paragraph": lambda n: said_n("{n} paragraph", "{n} paragraphs", n),
    "possible repeat": lambda n: said_n("{n} possible repeat", "{n} possible repeats", n),
    "source": lambda n: said_n("{n} source", "{n} sources", n),
    "word": lambda n: said_n("{n} word", "{n} words", n),
}


def count(n: int, noun: Noun) -> Said:
    """ "1 feed", "2 feeds", "12,400 articles"."""
    return _COUNTED[noun](n)
