"""Persian: names do not inflect; after a vowel the link to the next word is written (آمریکای لاتین), and the
plural hangs on with or without a zero-width non-joiner, which folding takes out.

Source: فرهنگستان زبان و ادب فارسی، دستور خط فارسی; Lazard, A Grammar of Contemporary Persian.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_LINKED = ("ا", "و")


def _forms(name: str) -> frozenset[str]:
    return frozenset({name, name + "ی"} if len(name) > 3 and name.endswith(_LINKED) else {name})


LANGUAGE = Language(
    code="fa",
    name="Persian",
    forms=_forms,
    clitics=Clitics(after_at_home=listed("ها های هایی هایش"), home=frozenset({"fa"}), shortest=4),
    inflected={
        "آمریکا": "آمریکای",
        "اروپا": "اروپای",
        "بریتانیا": "بریتانیای",
        "کانادا": "کانادای",
        "اوکراین": "اوکراین",
        "ایران": "ایران",
        "روسیه": "روسیه",
    },
    attached={"موشک": "موشک‌ها موشکهای", "کتاب": "كتاب"},
    strangers={"ایران": "ایرانی", "تنها": "تن"},
    unrelated={"ایران": "ایرانی ایرانیان", "روس": "روسی", "چین": "چینی"},
)
