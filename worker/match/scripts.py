"""Which letters make words of their own, because their script writes no blanks between words."""

from __future__ import annotations

import re
from typing import Final

# Han (with iteration marks and compatibility forms) and hiragana.
IDEOGRAPHS: Final = (
    "\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u309f"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
# Katakana with its length mark; a run of it is one word (ロシア is not in プロシア).
KATAKANA: Final = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
# Thai, Lao, Myanmar, Khmer.
UNSPACED: Final = (
    "\u0e01-\u0e3a\u0e40-\u0e5b\u0e81-\u0edf\u1000-\u109f\ua9e0-\ua9fe\uaa60-\uaa7f\u1780-\u17ff"
)
HANGUL: Final = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"

_CHARACTER: Final = re.compile(f"[{IDEOGRAPHS}{UNSPACED}]")
_IDEOGRAPH: Final = re.compile(f"[{IDEOGRAPHS}]")
_LATIN: Final = re.compile("[A-Za-z\u00aa-\u024f\u1e00-\u1eff]")
_DENSE: Final = re.compile(f"[{IDEOGRAPHS}{KATAKANA}{HANGUL}]")


def is_character(text: str) -> bool:
    """Whether a token is a single letter of a script without blanks between words."""
    return bool(_CHARACTER.match(text))


def is_ideograph(text: str) -> bool:
    """Whether a token is a letter of Han or hiragana, of which several make a word."""
    return bool(_IDEOGRAPH.match(text))


def is_latin(text: str) -> bool:
    """Whether a word is written in Latin letters."""
    return bool(_LATIN.match(text))


def is_dense(text: str) -> bool:
    """Whether two letters can already be a meaningful beginning (Han, Kana, Hangul)."""
    return bool(_DENSE.search(text))
