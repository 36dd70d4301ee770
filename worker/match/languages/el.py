"""Modern Greek: the cases of names, by their ending; foreign ones in a consonant (Πούτιν, Ισραήλ) and in -ι,
-ου stay as they are.

In the genitive many move the accent (Κίεβο → Κιέβου, Πολιτείες → Πολιτειών); both places are given, because
the press writes both.

Source: Holton, Mackridge, Philippaki-Warburton, Greek: A Comprehensive Grammar, part II, nouns and adjectives;
Τριανταφυλλίδης, Νεοελληνική Γραμματική.
"""

from __future__ import annotations

import unicodedata

from worker.match.languages import Language
from worker.match.paradigms import declined

_TABLE = """
    α: α ας
    ά: ά άς
    η: η ης
    ή: ή ής
    ση: ση σης σεως
    ος: ος ου ο ε
    ός: ός ού ό έ
    ο: ο ου
    ό: ό ού
    ης: ης η
    ής: ής ή
    ας: ας α
    άς: άς ά
    ες: ες ων ών
    οι: οι ων ους ών
    ένα: ένα ένων ένας
    έθνη: έθνη εθνών
    εις: εις εων
    νησιά: νησιά νησιών
    παρίσι: παρίσι παρισιού
    έθνος: έθνος έθνους
    κράτος: κράτος κράτους
    όρος: όρος όρους
"""

_UNCHANGING = "όσλο τόκιο τορόντο σικάγο κονγκό τόγκο περού μάλι μπουρκίνα πόρτο"

_ACUTE = "\u0301"
_DECLINED = declined(_TABLE, unchanging=_UNCHANGING)


def _forms(name: str) -> frozenset[str]:
    forms = frozenset(map(_once_accented, _DECLINED(name)))
    return forms | {
        _moved(form) for form in forms if form != name and form.endswith(("ου", "ων", "εως", "εων"))
    }


def _once_accented(form: str) -> str:
    """The form with its last accent only: an accented ending takes the stem's (Πολιτείες → Πολιτειών)."""
    letters = unicodedata.normalize("NFD", form)
    kept = letters.rfind(_ACUTE)
    return (
        unicodedata.normalize("NFC", letters[:kept].replace(_ACUTE, "") + letters[kept:])
        if kept > 0
        else form
    )


def _moved(form: str) -> str:
    """The form with its accent on the last vowel but one: Κίεβου → Κιέβου, Αίγυπτου → Αιγύπτου."""
    letters = list(unicodedata.normalize("NFD", form).replace(_ACUTE, ""))
    ending = 3 if form.endswith(("εως", "εων")) else 2
    for place in range(len(letters) - ending - 1, -1, -1):
        if letters[place].lower() in "αεηιουω":
            letters.insert(place + 1, _ACUTE)
            break
    return unicodedata.normalize("NFC", "".join(letters))


LANGUAGE = Language(
    code="el",
    name="Greek",
    forms=_forms,
    inflected={
        "Ουκρανία": "Ουκρανίας",
        "Ρωσία": "Ρωσίας",
        "Ελλάδα": "Ελλάδας",
        "Μόσχα": "Μόσχας",
        "Κίνα": "Κίνας",
        "Αθήνα": "Αθήνας",
        "Θεσσαλονίκη": "Θεσσαλονίκης",
        "Σαουδική": "Σαουδικής",
        "Κίεβο": "Κιέβου Κίεβου",
        "Λονδίνο": "Λονδίνου",
        "Βερολίνο": "Βερολίνου",
        "Πεκίνο": "Πεκίνου",
        "Παρίσι": "Παρισιού",
        "Κύπρος": "Κύπρου Κύπρο",
        "Αίγυπτος": "Αιγύπτου Αίγυπτο",
        "Λίβανος": "Λιβάνου Λίβανο",
        "Καναδάς": "Καναδά",
        "Μητσοτάκης": "Μητσοτάκη",
        "Τσίπρας": "Τσίπρα",
        "Παπανδρέου": "Παπανδρέου",
        "Πούτιν": "Πούτιν",
        "Ζελένσκι": "Ζελένσκι",
        "Μπάιντεν": "Μπάιντεν",
        "Μέρκελ": "Μέρκελ",
        "Ηνωμένες": "Ηνωμένων",
        "Πολιτείες": "Πολιτειών",
        "Ηνωμένα": "Ηνωμένων",
        "Έθνη": "Εθνών",
        "Ευρωπαϊκή": "Ευρωπαϊκής",
        "Ένωση": "Ένωσης Ενώσεως",
        "Παγκόσμιος": "Παγκόσμιου Παγκοσμίου",
        "Οργανισμός": "Οργανισμού Οργανισμό",
        "Μαύρη": "Μαύρης",
        "Θάλασσα": "Θάλασσας",
        "Φιλιππίνες": "Φιλιππίνων",
        "Ισραήλ": "Ισραήλ",
    },
    attached={"νατο": "ΝΑΤΟ-Ρωσία", "ουκρανία": "ΟΥΚΡΑΝΊΑ"},
    strangers={"ουκρανία": "ουκρανικός", "κίνα": "κίνηση", "ρωσία": "ρωσικός", "ρώμη": "ρωμαίος"},
    unrelated={
        "Ουκρανία": "Ουκρανός ουκρανική",
        "Ρωσία": "Ρώσος ρωσική",
        "Κίνα": "κίνηση Κινέζος κίνημα",
        "Μάλι": "μαλλί μάλα",
        "Περού": "περί πέρα",
        "Ρώμη": "Κριμαία Ρωμαίος ρώμα",
        "Όσλο": "όσο όλο",
    },
)
