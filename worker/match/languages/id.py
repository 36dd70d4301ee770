"""Indonesian and Malay: pronouns and particles written on the word; names do not inflect.

Source: Tata Bahasa Baku Bahasa Indonesia, klitik (-ku, -mu, -nya) and partikel (-lah, -kah, -pun).
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_PARTICLES = ("lah", "kah", "pun")


def _with_particles(clitic: str) -> set[str]:
    return {clitic, *(clitic + particle for particle in _PARTICLES)}


# Words that end like a clitic and whose rest is a word too; the second half are foreign words common in the
# press.
_WORDS = listed(
    """
    adalah berulah daulah diolah jumlah kabilah majalah makalah maslah masalah nabilah risalah
    sekolah seolah setelah silsilah istilah alangkah barokah berkah langkah mekkah makkah merekah nafkah
    naskah paskah sedekah selangkah serakah tingkah adapun ampun ataupun biarpun himpun kalaupun maupun
    meskipun rumpun sekalipun walapun walaupun bangku berlaku mengaku ngaku otaku pelaku perilaku selaku
    tengku teuku tungku bertemu ketemu meramu menjamu penemu ditanya empunya makanya abdullah atallah
    billah bismillah delilah fadlullah hezbollah hizbollah hizbullah insyaallah jamilah mollah mullah
    nasrallah ramallah saifullah wallah hookah haiku jammu lukaku sudoku turku homespun alanya almanya
    catalunya espanya kampanya polonya romanya fornya splitternya campanya muntanya montanya cerdanya
    bolonya castanya extranya strankah bitkah maskah številkah propun compun prepun potpun tempun
    markah barakah pangkah bongkah atikah mahupun rumpun serumpun sungguhpun lagipun
    """
)

LANGUAGE = Language(
    code="id",
    name="Indonesian",
    clitics=Clitics(
        after=frozenset({*_with_particles("nya"), *_PARTICLES}),
        # Polish and Czech datives end so: swojemu, Lipsku.
        after_at_home=frozenset(_with_particles("ku") | _with_particles("mu")),
        home=frozenset({"id", "ms"}),
        hyphenated=frozenset(
            {*_with_particles("nya"), *_with_particles("ku"), *_with_particles("mu"), *_PARTICLES}
        ),
        words=_WORDS,
    ),
    attached={
        "ukraina": "Ukrainanya Ukrainalah Ukrainakah Ukrainapun Ukrainanyalah Ukraina-lah NATO-Ukraina",
        "rumah": "rumahku rumahmu rumahnya rumahnyapun",
        "indonesia": "Indonesiaku se-Indonesia Indonesia-nya Indonesialah Indonesiamu",
        "anda": "andakah",
        "rusia": "Rusialah Rusianya Rusia-Ukraina anti-Rusia",
        "putin": "Putinlah Putinpun Putinkah Putin-lah",
        "amerika": "Amerikanya Amerikalah",
        "jakarta": "Jakartaku Jakartanya Jakarta-Bandung",
        "prabowo": "Prabowolah Prabowopun",
        "israel": "Israellah Israelkah",
        "tiongkok": "Tiongkoklah Tiongkoknya",
    },
    strangers={
        "masa": "masalah masalahnya",
        "ke": "Kenya",
        "perang": "peperangan perangkat",
        "serang": "menyerang serangan",
        "pela": "pelaku",
        "lang": "langkah",
        "abdul": "Abdullah",
        "roma": "Romanya Romawi",
        "meski": "meskipun",
        "mali": "maling malis",
        "rusia": "kerusian Prusia",
        "peru": "perut perunggu",
        "turki": "Turkistan",
    },
    unrelated={
        "Ukraina": "Ukrainanya Ukrania",
        "Mali": "Malinya maling",
        "Peru": "perut",
        "Turki": "Turkistan",
    },
)
