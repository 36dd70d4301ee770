"""Hindi: names do not inflect (postpositions are words of their own), but one name has several spellings: with
and without the dot below (ज़ेलेंस्की, जेलेंस्की), the nasal as a dot, a moon or a letter (हिन्दी, हिंदी).

Source: केंद्रीय हिंदी निदेशालय, देवनागरी लिपि तथा हिंदी वर्तनी का मानकीकरण.
"""

from __future__ import annotations

import re
import unicodedata

from worker.match.languages import Language

_NUKTA, _ANUSVARA, _CHANDRABINDU = "\u093c", "\u0902", "\u0901"
# A nasal of the same place as the consonant after it.
_NASAL = re.compile("ङ्(?=[क-घ])|ञ्(?=[च-झ])|ण्(?=[ट-ढ])|न्(?=[त-ध])|म्(?=[प-भ])")


def _forms(name: str) -> frozenset[str]:
    dotless = unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).replace(_NUKTA, ""))
    spellings = {name, dotless}
    spellings |= {_NASAL.sub(_ANUSVARA, one) for one in spellings}
    return frozenset(spellings | {one.replace(_CHANDRABINDU, _ANUSVARA) for one in spellings})


LANGUAGE = Language(
    code="hi",
    name="Hindi",
    forms=_forms,
    inflected={
        "ज़ेलेंस्की": "जेलेंस्की",
        "हिन्द": "हिंद",
        "सम्पर्क": "संपर्क",
        "चाँद": "चांद",
        "गाज़ा": "गाजा",
        "यूक्रेन": "यूक्रेन",
    },
    attached={"यूक्रेन": "रूस-यूक्रेन", "भारत": "भारत-चीन"},
    strangers={"यूक्रेन": "यूक्रेनी", "रूस": "रूसी"},
    unrelated={"यूक्रेन": "यूक्रेनी", "जन्म": "जंम"},
)
