"""Turkish: case and possessive endings of proper names stand after an apostrophe (Ukrayna'nın, NATO'dan).

Source: Türk Dil Kurumu, Yazım Kuralları, kesme işareti.
"""

from __future__ import annotations

from worker.match.fold import fold
from worker.match.languages import Clitics, Language, listed

_ENDINGS = listed(
    """
    a e ya ye na ne i ı u ü yi yı yu yü ni nı nu nü in ın un ün nin nın nun nün da de ta te nda nde dan
    den tan ten ndan nden la le yla yle ca ce ça çe daki deki taki teki ndaki ndeki dır dir dur dür tır
    tir tur tür ydı ydi ymış ymiş lı li lu lü sız siz suz süz lar ler ları leri ların lerin lara lere
    lardan lerden larda lerde ki ninki nınki ken yken
    """
)

LANGUAGE = Language(
    code="tr",
    name="Turkish",
    clitics=Clitics(apostrophised=frozenset(fold(ending) for ending in _ENDINGS)),
    attached={
        "ukrayna": "Ukrayna'nın Ukrayna’ya Ukrayna'daki Ukrayna'dan",
        "nato": "NATO'nun NATO'dan",
        "istanbul": "İstanbul'da ISTANBUL",
        "isparta": "Isparta ısparta",
    },
    strangers={"don": "don't", "ukrayna": "Ukraynalı"},
)
