"""Chinese: nothing inflects and nothing hangs on a word.

No blanks stand between words either, so every letter is a token of its own (`worker.match.scripts`) and a name
is a phrase of them; particles (的, 们) are tokens too and need no list. Simplified and traditional letters are
two names of a pack.

Source: Li & Thompson, Mandarin Chinese: A Functional Reference Grammar, morphology.
"""

from __future__ import annotations

from worker.match.languages import Language

LANGUAGE = Language(
    code="zh",
    name="Chinese",
    attached={"乌": "乌克兰的", "nato": "NATO的"},
    strangers={"国": "囯", "俄": "乌克兰"},
    unrelated={"乌克兰": "乌克兰的 烏克蘭人", "中国": "中国人 中國"},
)
