"""Which language a text is in, as far as its letters tell.

Naive Bayes over byte n-grams by py3langid: on 16 paragraphs of 16 languages right every time, on headlines
nine times in ten, so it never decides what is found; it answers `lang:` filters and parts *Nato* from
*nato*.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGES = (
    "id ms tl en uk ru be bg sr mk pl cs sk sl hr de nl da sv no is fi et lt lv hu ro fr es ca pt it el tr "
    "az kk ar fa ur he hi bn ta te ml mr ne pa gu zh ja ko th lo km vi ka hy"
)
# Writings so alike that a headline may be taken for either; the feed knows better which.
_KIN = (frozenset({"id", "ms"}), frozenset({"da", "no", "nb", "nn"}), frozenset({"hr", "sr", "bs"}))
_MOST_CHARACTERS = 2_000
# Below this a headline is a guess: of "Nato agrees" Italian is the likeliest with 0.36.
_SURE = 0.5
_ADDRESS = re.compile(r"https?://\S+")


def detect(text: str, prior: str | None = None) -> str | None:
    """The text's language as an ISO 639 code; `prior`, what the feed says, where the text says too little."""
    sample = _ADDRESS.sub(" ", text[:_MOST_CHARACTERS])
    if not any(map(str.isalpha, sample)):
        return prior
    ranked = _identifier().rank(sample)
    best = str(ranked[0][0])
    kin = next((kin for kin in _KIN if best in kin), frozenset({best}))
    if sum(probability for code, probability in ranked if code in kin) < _SURE:
        return prior
    return prior if prior in kin else best


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    # Loads numpy and a model of some megabytes, so only where a language is asked for.
    from py3langid import langid  # noqa: PLC0415

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES.split())
    return identifier
