"""Latvian: the cases of names, by their ending; foreign ones take a Latvian ending too (Putins).

Source: Kalnača, Lokmane (red.), Latviešu valodas gramatika, deklinācijas un līdzskaņu mija.
"""

from __future__ import annotations

from worker.match.languages import Language
from worker.match.paradigms import declined

_TABLE = """
    a: a as ai u ā
    e: e es ei i ē
    [bdfghjklmnpqrtvzcčģķļņšž]s: s a am u ā
    is: is a im i ī
    nis: nis ņa nim ni nī
    lis: lis ļa lim li lī
    tis: tis ša tim ti tī
    dis: dis ža dim di dī
    [bpmv]is: is ja im i ī
    us: us um u ū
    i: i u iem us os
    as: as u ām ās
    ās: ās o ajām ām ajās
    valstis: valstis valstu valstīm valstīs
    ais: ais ā ajam o ajā
    ā: ā ās ajai o ajā
"""

# Indonesian "shy", "camp" and "fierce".
_AT_HOME = frozenset({"malu", "kubu", "ganas"})

LANGUAGE = Language(
    code="lv",
    name="Latvian",
    forms=declined(_TABLE),
    at_home=_AT_HOME,
    inflected={
        "Ukraina": "Ukrainas Ukrainai Ukrainu Ukrainā",
        "Krievija": "Krievijas Krievijai Krieviju Krievijā",
        "Maskava": "Maskavas Maskavai Maskavu Maskavā",
        "Kijiva": "Kijivas Kijivai Kijivu Kijivā",
        "Putins": "Putina Putinam Putinu Putinā",
        "Zelenskis": "Zelenska Zelenskim Zelenski",
        "Rinkēvičs": "Rinkēviča Rinkēvičam",
        "Savienotās": "Savienoto Savienotajām Savienotajās",
        "Valstis": "Valstu Valstīm Valstīs",
        "Nācijas": "Nāciju Nācijām Nācijās",
        "Melnā": "Melnās Melnajai Melno Melnajā",
        "Oslo": "Oslo",
    },
    attached={"rīga": "Rīga-Viļņa"},
    strangers={"ukraina": "ukrainis"},
    unrelated={"Ukraina": "ukrainis ukraiņiem", "Peru": "Peras pere", "Oslo": "Osla osls"},
)
