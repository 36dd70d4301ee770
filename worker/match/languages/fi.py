"""Finnish: the cases of names, with vowel harmony, the lengthened illative and regular consonant gradation.

Source: Iso suomen kielioppi (VISK), astevaihtelu, sijat; Kielitoimiston ohjepankki:
nimien taivutus.
"""

from __future__ import annotations

from worker.match.languages import Language, listed
from worker.match.paradigms import is_acronym

_BACK, _FRONT, _NEUTRAL = "aouáóúåâãôõ", "yäöüø", "eiéíèêë"
_DIPHTHONGS = ("ai", "ei", "oi", "ui", "yi", "äi", "öi", "au", "ou", "eu")
# Strong grades that weaken before -i (Helsinki → Helsingin, Englanti → Englannin; but Malta → Maltan).
_GRADES = (("nki", "ngi"), ("nti", "nni"), ("lti", "lli"), ("rti", "rri"), ("mpi", "mmi"))
_DOUBLED = ("kk", "pp", "tt")

# Last parts whose stem no ending tells: the stem of closed syllables (Turun) and of open ones (Turkuun).
_STEMS = {
    "suomi": ("suome", "suome"),
    "lahti": ("lahde", "lahte"),
    "turku": ("turu", "turku"),
    "riika": ("riia", "riika"),
    "ranta": ("ranna", "ranta"),
    "kunta": ("kunna", "kunta"),
    "virta": ("virra", "virta"),
    "meri": ("mere", "mere"),
    "saari": ("saare", "saare"),
    "järvi": ("järve", "järve"),
    "niemi": ("nieme", "nieme"),
    "salmi": ("salme", "salme"),
    "joki": ("joe", "joke"),
    "mäki": ("mäe", "mäke"),
}
# Last parts with all their cases: plurals, as countries and organisations have them (Yhdysvallat, Alankomaat,
# Yhdistyneet kansakunnat), and seas whose colour is inflected, too.
_WITH_CASES = {
    "vallat": "valtain valtojen valtoja valloissa valloista valtoihin valloilla valloilta valloille",
    "maat": "maiden maita maissa maista maihin mailla mailta maille",
    "kunnat": "kuntien kuntia kunnissa kunnista kuntiin kunnilla kunnilta kunnille",
    "saaret": "saarten saarien saaria saarissa saarista saariin saarilla saarilta saarille",
    "iinit": "iinien iinejä iineissä iineistä iineihin iineillä iineiltä iineille",
    "yneet": "yneiden yneitä yneissä yneistä yneisiin yneillä yneiltä yneille",
    "mustameri": "mustanmeren mustameren mustaamerta mustaanmereen mustassameressä mustastamerestä mustallamerellä "
    "mustamerellä mustaltamereltä mustallemerelle mustaksimereksi",
    "punainenmeri": "punaisenmeren punaistamerta punaiseenmereen punaisessameressä punaisestamerestä "
    "punaisellamerellä punaiseltamereltä punaisellemerelle punaiseksimereksi",
}


def _forms(name: str) -> frozenset[str]:
    lower = name.lower()
    if is_acronym(name) or len(lower) < 3 or len(lower) != len(name) or not lower.isalpha():
        return frozenset({name})
    for ending, cases in _WITH_CASES.items():
        if lower.endswith(ending):
            return _with_kin(name, {_joined(name, ending, form) for form in cases.split()})
    back = _is_back(next((part for part in _STEMS if lower.endswith(part)), lower))
    return _with_kin(
        name, {case for weak, strong in _stems(name, lower) for case in _cases(weak, strong, back)}
    )


def _with_kin(name: str, cases: set[str]) -> frozenset[str]:
    """The cases, each also with the particle -kin (Suomessakin, "in Finland too")."""
    forms = cases | {name}
    return frozenset(forms | {form + "kin" for form in forms})


def _joined(name: str, ending: str, form: str) -> str:
    """The name with another last part; a capital of the part it loses stays."""
    stem = name[: -len(ending)]
    return stem + form if stem or not name[0].isupper() else form[0].upper() + form[1:]


def _is_back(lower: str) -> bool:
    """Whether the endings have a, o, u: the last vowel that is not e or i decides."""
    telling = [letter for letter in lower if letter in _BACK + _FRONT]
    return bool(telling) and telling[-1] in _BACK


def _stems(name: str, lower: str) -> list[tuple[str, str]]:
    """The stem of closed and of open syllables, several where spelling leaves it open."""
    for ending, (weak, strong) in _STEMS.items():
        if lower.endswith(ending):
            return [(_joined(name, ending, weak), _joined(name, ending, strong))]
    if lower.endswith("nen"):  # Suominen: Suomisen; foreign ones take i all the same
        return [(name[:-3] + "se", name[:-3] + "s"), (name + "i", name + "i")]
    if lower.endswith("s"):  # Kypros: Kyproksen; Kaunas: Kaunasin
        return [(name[:-1] + "kse", name), (name + "i", name + "i")]
    if lower[-1] not in _BACK + _FRONT + _NEUTRAL:
        return [(name + "i", name + "i")]
    if lower[-1] == "e" and lower[-2] not in _BACK + _FRONT + _NEUTRAL:
        return [(name, name), (name + "e", name + "e")]
    return [(_weakened(name, lower), name)]


def _weakened(name: str, lower: str) -> str:
    if lower[-3:-1] in _DOUBLED:
        return name[:-2] + name[-1]
    weak = next((weak for strong, weak in _GRADES if lower.endswith(strong)), None)
    return name[:-3] + weak if weak else name


def _cases(weak: str, strong: str, back: bool) -> set[str]:
    """The cases the press uses; not the essive, in which Peru would be a potato (peruna)."""
    a = "a" if back else "ä"
    inner = {weak + ending for ending in (f"ss{a}", f"st{a}", f"ll{a}", f"lt{a}", "lle", "ksi", "n")}
    last, pair = strong[-1].lower(), strong[-2:].lower()
    if last == "s":  # Suominen: Suomisen, Suomista, Suomiseen
        return inner | {f"{strong}t{a}", f"{weak}en"}
    if pair[0] == pair[-1] or pair in _DIPHTHONGS:
        partitive = {f"{strong[:-1]}tt{a}"} if last == "e" else {f"{strong}t{a}"}
        return inner | partitive | {f"{strong}h{last}n", f"{strong}seen"}
    partitive = {strong + a, f"{strong}t{a}"} if pair in ("io", "eo") else {strong + a}
    return inner | partitive | {f"{strong}{last}n"}


# English calls the people so, or it is another name (Nigeria, Malin).
_AT_HOME = listed(
    """
    italian australian indonesian nigerian belgian romanian serbian georgian armenian bulgarian
    latvian moldovan dominican bolivian nicaraguan albanian algerian bosnian slovenian jordanian
    libyan mongolian namibian samoan tunisian ugandan venezuelan angolan liberian andorran gambian
    guinean eritrean korean slovakian guatemalan rican arabian scandinavian macedonian mauritanian
    persian nigeriä malin tunisia algeria
    """
)

LANGUAGE = Language(
    code="fi",
    name="Finnish",
    forms=_forms,
    at_home=_AT_HOME,
    inflected={
        "Ukraina": "Ukrainan Ukrainaa Ukrainassa Ukrainasta Ukrainaan Ukrainalle Ukrainalta Ukrainassakin",
        "Venäjä": "Venäjän Venäjää Venäjällä Venäjältä Venäjälle Venäjään",
        "Kiova": "Kiovan Kiovaa Kiovassa Kiovasta Kiovaan",
        "Moskova": "Moskovan Moskovassa Moskovasta Moskovaan",
        "Helsinki": "Helsingin Helsinkiä Helsingissä Helsingistä Helsinkiin",
        "Turku": "Turun Turussa Turkuun Turkua",
        "Tampere": "Tampereen Tampereella Tamperetta Tampereelle",
        "Lahti": "Lahden Lahdessa Lahteen Lahtea",
        "Lontoo": "Lontoon Lontoota Lontoossa Lontooseen",
        "Pariisi": "Pariisin Pariisia Pariisissa Pariisiin",
        "Englanti": "Englannin Englannissa Englantiin Englantia",
        "Amerikka": "Amerikan Amerikassa Amerikkaan Amerikkaa",
        "Eurooppa": "Euroopan Euroopassa Eurooppaan",
        "Turkki": "Turkin Turkissa Turkkiin Turkkia",
        "Egypti": "Egyptin Egyptissä Egyptiin",
        "Malta": "Maltan Maltalla Maltaa",
        "Suomi": "Suomen Suomessa Suomeen Suomea",
        "Kiina": "Kiinan Kiinassa Kiinaan",
        "Intia": "Intian Intiaa Intiassa Intiaan",
        "Dubai": "Dubain Dubaissa Dubaihin Dubaita",
        "Tokio": "Tokion Tokiossa Tokioon Tokiota",
        "Peru": "Perun Perua Perussa Peruun",
        "Chile": "Chilen Chilessä",
        "Peking": "Pekingin Pekingissä Pekingiin",
        "Putin": "Putinin Putinia Putinille Putinilta Putiniin",
        "Biden": "Bidenin Bideniä Bidenille",
        "Zelenskyi": "Zelenskyin Zelenskyitä Zelenskyille",
        "Niinistö": "Niinistön Niinistöä Niinistölle",
        "Kypros": "Kyproksen Kyproksella Kyprosta Kyprokselle Kyprokseen",
        "Suominen": "Suomisen Suomista Suomiselle Suomiseen",
        "Yhdysvallat": "Yhdysvaltain Yhdysvaltojen Yhdysvalloissa Yhdysvalloista Yhdysvaltoihin",
        "Alankomaat": "Alankomaiden Alankomaissa Alankomaista",
        "Filippiinit": "Filippiinien Filippiineillä Filippiineille",
        "Yhdistyneet": "Yhdistyneiden Yhdistyneissä",
        "kansakunnat": "kansakuntien kansakunnissa",
        "unioni": "unionin unionissa unioniin unionia",
        "Mustameri": "Mustanmeren Mustallamerellä Mustaanmereen Mustaamerta Mustameren",
        "Punainenmeri": "Punaisenmeren Punaisellamerellä Punaistamerta",
        "Itämeri": "Itämeren Itämerellä Itämereen",
    },
    attached={"nato": "Nato-Suomi", "ukraina": "Itä-Ukraina"},
    strangers={"ukraina": "ukrainalainen", "suomi": "suomalainen", "peru": "peruna", "roma": "romani"},
    unrelated={
        "Ukraina": "ukrainalainen ukrainalaiset",
        "Venäjä": "venäläinen venäläiset",
        "Peru": "peruna peruuta",
        "Mali": "malja malli mallin",
        "Riika": "Riikka",
        "Rooma": "romani Roomalainen",
        "Kiova": "kiovalainen kiva",
    },
)
