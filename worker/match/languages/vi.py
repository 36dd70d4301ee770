"""Vietnamese: nothing inflects and nothing hangs on a word; the tone of oa, oe, uy has an old and a new place
(hòa, hoà).

Source: Quy định về chính tả tiếng Việt (Bộ Giáo dục, 1984; 2018), vị trí dấu thanh.
"""

from __future__ import annotations

import re
import unicodedata

from worker.match.languages import Language

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_OLD = re.compile(f"([ou])([{_TONES}])([aey])$", re.IGNORECASE)
_NEW = re.compile(f"([ou])([aey])([{_TONES}])$", re.IGNORECASE)


def _forms(name: str) -> frozenset[str]:
    apart = unicodedata.normalize("NFD", name)
    if not _moves(apart.lower()):
        return frozenset({name})
    spellings = {_OLD.sub(r"\1\3\2", apart), _NEW.sub(r"\1\3\2", apart)}
    return frozenset({name, *(unicodedata.normalize("NFC", one) for one in spellings)})


def _moves(apart: str) -> bool:
    """Whether it ends in oa, oe or uy alone; the u of qu belongs to the consonant (quý)."""
    letters = "".join(char for char in apart[-3:] if char not in _TONES)
    return letters.endswith(("oa", "oe", "uy")) and "qu" not in apart


LANGUAGE = Language(
    code="vi",
    name="Vietnamese",
    forms=_forms,
    inflected={
        "Hòa": "Hoà",
        "Hoà": "Hòa",
        "Thúy": "Thuý",
        "Khỏe": "Khoẻ",
        "Ukraina": "Ukraina",
        "Nga": "Nga",
    },
    attached={"ha": "Hà", "nga": "Nga-Ukraine"},
    strangers={"mỹ": "my", "nga": "ngay"},
    unrelated={"Quý": "Qui", "Hoàng": "Hoành", "Nga": "ngay"},
)
