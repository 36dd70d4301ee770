"""Turkish: case endings of proper names stand after an apostrophe (Ukrayna'nın, NATO'dan); many write them
without it (Ukraynanın), which gives the forms.

Source: Türk Dil Kurumu, Yazım Kuralları, kesme işareti; Göksel & Kerslake, Turkish: A Comprehensive Grammar,
vowel harmony, case.
"""

from __future__ import annotations

from worker.match.fold import fold
from worker.match.languages import Clitics, Language, listed
from worker.match.paradigms import is_acronym

_ENDINGS = listed(
    """
    a e ya ye na ne i ı u ü yi yı yu yü ni nı nu nü in ın un ün nin nın nun nün da de ta te nda nde dan
    den tan ten ndan nden la le yla yle ca ce ça çe daki deki taki teki ndaki ndeki dır dir dur dür tır
    tir tur tür ydı ydi ymış ymiş lı li lu lü sız siz suz süz lar ler ları leri ların lerin lara lere
    lardan lerden larda lerde ki ninki nınki ken yken
    """
)
# The narrow vowel that follows each vowel, and the wide one.
_NARROW = {"a": "ı", "ı": "ı", "o": "u", "u": "u", "e": "i", "i": "i", "ö": "ü", "ü": "ü", "â": "ı", "î": "i"}
_VOICELESS = "fstkçşhp"
# Ends like a possessive, after which n stands before the case endings (Birleşmiş Milletleri, Birliği'nin).
_POSSESSED = ("ği", "ğı", "ğu", "ğü", "leri", "ları", "sı", "si", "su", "sü", "eti", "atı", "ütü", "isi")

# With an ending they would be other words: Maliye is the treasury.
_APOSTROPHE_ONLY = frozenset({"mali"})


def _forms(name: str) -> frozenset[str]:
    small = name.replace("I", "ı").replace("İ", "i").lower()
    if (
        is_acronym(name)
        or len(small) < 3
        or len(small) != len(name)
        or not small.isalpha()
        or small in _APOSTROPHE_ONLY
    ):
        return frozenset({name})
    last = next((letter for letter in reversed(small) if letter in _NARROW), None)
    if last is None:
        return frozenset({name})
    narrow = _NARROW[last]
    wide = "a" if narrow in "ıu" else "e"
    hard = "t" if small[-1] in _VOICELESS else "d"
    place = f"{hard}{wide}"
    endings = {place, f"{place}n", f"{place}ki"}
    if small[-1] in _NARROW:
        endings |= {f"n{narrow}n", f"y{narrow}", f"y{wide}", f"yl{wide}"}
        if small.endswith(_POSSESSED):
            endings |= {f"n{narrow}", f"n{wide}", f"n{place}", f"n{place}n", f"n{place}ki"}
    else:
        endings |= {f"{narrow}n", narrow, wide, f"l{wide}"}
    return frozenset({name, *(name + ending for ending in endings)})


# English calls the people so; without accents Indonesian "same" and a people of the north.
_AT_HOME = listed(
    """
    pakistanı nepalı irakı şama şamı
    """
)

LANGUAGE = Language(
    code="tr",
    name="Turkish",
    forms=_forms,
    at_home=_AT_HOME,
    clitics=Clitics(apostrophised=frozenset(fold(ending) for ending in _ENDINGS)),
    inflected={
        "Ukrayna": "Ukraynanın Ukraynaya Ukraynada Ukraynadan Ukraynayı Ukraynayla Ukraynadaki",
        "Rusya": "Rusyanın Rusyaya Rusyada Rusyadan Rusyayı",
        "Türkiye": "Türkiyenin Türkiyeye Türkiyede Türkiyeden Türkiyeyi",
        "Çin": "Çinin Çine Çinde Çinden Çini Çinle",
        "Irak": "Irakın Iraka Irakta Iraktan",
        "Mısır": "Mısırın Mısıra Mısırda Mısırdan",
        "İran": "İranın İrana İranda İrandan",
        "İstanbul": "İstanbulun İstanbula İstanbulda İstanbuldan",
        "Ankara": "Ankaranın Ankaraya Ankarada",
        "Kiev": "Kievin Kieve Kievde Kievden",
        "Moskova": "Moskovanın Moskovaya Moskovada",
        "Paris": "Parisin Parise Pariste Paristen",
        "Tokyo": "Tokyonun Tokyoya Tokyoda Tokyodan",
        "Peru": "Perunun Peruya Peruda Perudan",
        "Köln": "Kölnün Kölne Kölnde",
        "Kıbrıs": "Kıbrısın Kıbrısa Kıbrısta",
        "Ürdün": "Ürdünün Ürdüne Ürdünde",
        "Fas": "Fasın Fasa Fasta Fastan",
        "Putin": "Putinin Putine Putinde Putinden Putini Putinle",
        "Biden": "Bidenin Bidene Bidenden",
        "Erdoğan": "Erdoğanın Erdoğana Erdoğandan Erdoğanla",
        "Trump": "Trumpun Trumpa Trumptan",
        "Zelenskiy": "Zelenskiyin Zelenskiye Zelenskiyden",
        "Birliği": "Birliğinin Birliğine Birliğinde Birliğinden Birliğini",
        "Milletler": "Milletlerin Milletlere Milletlerde",
        "Devletleri": "Devletlerinin Devletlerine Devletlerinde",
    },
    attached={
        "ukrayna": "Ukrayna'nın Ukrayna’ya Ukrayna'daki Ukrayna'dan",
        "nato": "NATO'nun NATO'dan",
        "istanbul": "İstanbul'da ISTANBUL",
        "isparta": "Isparta ısparta",
    },
    strangers={"don": "don't", "ukrayna": "Ukraynalı", "roma": "Romanya", "çin": "çingene"},
    unrelated={
        "Ukrayna": "Ukraynalı Ukraynaca",
        "Roma": "Romanya roman Romalı",
        "Çin": "çingene çinko Çince Çinli",
        "Mali": "malum maliye Maliye",
        "Peru": "peri perde Perulu",
        "Rus": "Rusya Rusça",
        "Fas": "fasulye Faslı",
    },
)
