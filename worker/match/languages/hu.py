"""Hungarian: the case endings of names, with vowel harmony, the lengthened final vowel (Ukrajna →
Ukrajnában) and -val/-vel assimilated to the consonant before it (Putyinnal).

Source: A magyar helyesírás szabályai (12. kiadás, 2015), a tulajdonnevek toldalékolása;
Kenesei, Vago, Fenyvesi, Hungarian.
"""

from __future__ import annotations

from worker.match.languages import Language, listed
from worker.match.paradigms import is_acronym

_BACK, _FRONT, _ROUNDED = "aáoóuú", "eéiíöőüű", "öőüű"
_LONG = {"a": "á", "e": "é", "o": "ó", "ö": "ő"}
_OF_BACK = "ban ba ból ra ról nál hoz tól nak ért ig ként é"
_OF_FRONT = "ben be ből re ről nél hez höz től nek ért ig ként é"
_DIGRAPHS = ("cs", "gy", "ly", "ny", "sz", "ty", "zs")


def _forms(name: str) -> frozenset[str]:
    lower = name.lower()
    if is_acronym(name) or len(lower) < 3 or len(lower) != len(name) or not lower.isalpha():
        return frozenset({name})
    return frozenset({name}).union(*(_cases(name, lower, back) for back in _harmonies(lower)))


def _harmonies(lower: str) -> set[bool]:
    """Whether endings have back vowels; both where e or i follows a, o, u (Kijevben, Putyinnak)."""
    vowels = [letter for letter in lower if letter in _BACK + _FRONT]
    if not vowels:
        return {True, False}
    if vowels[-1] in _BACK:
        return {True}
    mixed = vowels[-1] not in _ROUNDED and any(letter in _BACK for letter in vowels)
    return {True, False} if mixed else {False}


def _cases(name: str, lower: str, back: bool) -> set[str]:
    endings = _OF_BACK if back else _OF_FRONT
    ends_in_vowel = lower[-1] in _BACK + _FRONT
    stem = name[:-1] + _LONG.get(lower[-1], name[-1]) if ends_in_vowel else name
    a = "a" if back else "e"
    cases = {stem + ending for ending in endings.split()}
    if ends_in_vowel:
        return cases | {f"{stem}v{a}l", f"{stem}t", f"{stem}n"}
    link = ("o", "a") if back else ("e", "ö")
    doubled = _doubled(lower)
    return (
        cases
        | {f"{name}{vowel}{ending}" for vowel in link for ending in "nt"}
        | {f"{name}t", f"{name[: len(name) - len(doubled) + 1]}{doubled}{a}l"}
    )


def _doubled(lower: str) -> str:
    """The last consonant long, as -val and -vel make it: n → nn, sz → ssz."""
    return lower[-2] + lower[-2:] if lower.endswith(_DIGRAPHS) else lower[-1] * 2


# Indonesian "stomach", Malay "except", Malin and Harrison; without accents Roman and Indian.
_AT_HOME = listed(
    """
    perut maliban malin rómán indián harrison fordon hunt
    """
)

LANGUAGE = Language(
    code="hu",
    name="Hungarian",
    forms=_forms,
    at_home=_AT_HOME,
    inflected={
        "Ukrajna": "Ukrajnában Ukrajnát Ukrajnának Ukrajnából Ukrajnával Ukrajnára Ukrajnáért Ukrajnán",
        "Oroszország": "Oroszországban Oroszországot Oroszországgal Oroszországnak Oroszországból",
        "Kijev": "Kijevben Kijevet Kijevnek Kijevvel Kijevből",
        "Moszkva": "Moszkvában Moszkvát Moszkvával",
        "Budapest": "Budapesten Budapestet Budapestre Budapesttel",
        "Putyin": "Putyinnak Putyint Putyinnal Putyintól",
        "Zelenszkij": "Zelenszkijnek Zelenszkijt Zelenszkijjel",
        "Párizs": "Párizsban Párizst Párizzsal",
        "Orbán": "Orbánnak Orbánt Orbánnal",
        "Törökország": "Törökországban Törökországot",
        "Bécs": "Bécsben Bécset Bécsből",
        "Tokió": "Tokióban Tokiót Tokióval",
        "Államok": "Államokban Államokat Államokkal Államoknak",
        "unió": "unióban uniót unióval",
    },
    attached={"nato": "NATO-csapat"},
    strangers={"ukrajna": "ukrajnai"},
    unrelated={"Ukrajna": "ukrajnai ukrán", "Kijev": "kijevi", "Peru": "perui per"},
)
