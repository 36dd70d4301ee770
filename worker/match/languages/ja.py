"""Japanese: names do not inflect; particles and titles (は, を, 氏) are tokens of their own.

A run of katakana is one word (`worker.match.scripts`), kanji and hiragana are a token a letter, so nothing has
to be taken off. Foreign names come with and without the sound mark on their last vowel and the dot between
their parts; the first is the packs' business, the second a sign that separates words.

Source: 文化庁, 外来語の表記 (1991), 送り仮名の付け方.
"""

from __future__ import annotations

from worker.match.languages import Language

LANGUAGE = Language(
    code="ja",
    name="Japanese",
    attached={
        "ウクライナ": "ウクライナは ウクライナ軍 ウクライナ人",
        "プーチン": "プーチン氏",
        "nato": "NATOは",
    },
    strangers={"ロシア": "プロシア ロシアン", "ウクライナ": "ウクライナー"},
    unrelated={"ウクライナ": "ウクライナー ウクライナン", "ロシア": "プロシア"},
)
