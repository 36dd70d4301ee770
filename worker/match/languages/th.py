"""Thai: nothing inflects, and no blanks stand between words.

Every letter with its vowels and tones is a token of its own (`worker.match.scripts`), a name a phrase of them,
found wherever its letters stand; so there is nothing to take off. What a name may be the beginning of
(รัสเซียน) is for the packs' stop texts.

Source: สำนักงานราชบัณฑิตยสภา, หลักเกณฑ์การเว้นวรรค, หลักเกณฑ์การทับศัพท์.
"""

from __future__ import annotations

from worker.match.languages import Language

LANGUAGE = Language(
    code="th",
    name="Thai",
    attached={"ค": "คน", "nato": "NATOและ"},
    strangers={"ก": "กี กำ", "น": "นี้"},
    unrelated={"ยูเครน": "ยูเครนเนียน", "รัสเซีย": "รัสเซียน"},
)
