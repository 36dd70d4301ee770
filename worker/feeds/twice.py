"""Text that was encoded twice."""

from __future__ import annotations

import re

# What windows-1252 has where Latin-1 has controls, back to the bytes; and how UTF-8 looks that was read as either.
_BYTES = {
    ord(character): byte
    for byte in range(0x80, 0xA0)
    if (character := bytes([byte]).decode("cp1252", "ignore"))
}
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_TWICE = re.compile(f"[\xc2-\xf4][\x80-\xbf{''.join(map(chr, _BYTES))}]")


def undoubled(text: str) -> str:
    """The text itself, if it was UTF-8, was taken for windows-1252 (or Latin-1) and was encoded once more; else as
    it is. All of the text must be of that kind, which no text is by accident."""
    first = _BEYOND_ASCII.search(text)
    if first is None or not _TWICE.match(text, first.start()):
        return text
    try:
        return text.translate(_BYTES).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
