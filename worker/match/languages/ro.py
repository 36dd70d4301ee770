"""Romanian: the article and the genitive written on the name (Ucraina → Ucrainei, Kiev → Kievul, Kievului).

Source: Gramatica limbii române (Academia Română), articolul hotărât; DOOM3.
"""

from __future__ import annotations

from worker.match.languages import Language
from worker.match.paradigms import declined

# Comma and cedilla below are written alike; folding takes both off.
_TABLE = """
    ia: ia iei
    [bcdfghjklmnpqrsștțvxz]a: a ei
    ca: ca căi cii
    ga: ga găi gii
    ea: ea elei
    iunea: iunea iunii iune
    rea: rea rii
    [bcdfghjklmnpqrsștțvxzwy]: 0 ul ului
    ii: ii iilor
    [bcdfghklmnprsștțvz]i: i iul iului ii ilor
    [nmt]ele: ele elor
    te: te telor
    [ln]ile: ile ilor
    eană: eană ene
    [clnrst]ă: ă e
    ie: ie ii
    banca: banca băncii
    curtea: curtea curții
    [bcdfghlmnprstvz]ul: ul ului
    are: are area ării
    marea: marea mării marii
    neagră: neagră negre
    [eo]u: u ul ului
"""

LANGUAGE = Language(
    code="ro",
    name="Romanian",
    forms=declined(_TABLE, unchanging="mali chile peru haiti bali"),
    inflected={
        "Ucraina": "Ucrainei",
        "Rusia": "Rusiei",
        "Moscova": "Moscovei",
        "Franța": "Franței",
        "Kiev": "Kievul Kievului",
        "București": "Bucureștiul Bucureștiului",
        "Kremlin": "Kremlinul Kremlinului",
        "Iran": "Iranul Iranului",
        "Statele": "Statelor",
        "Unite": "Unite",
        "Uniunea": "Uniunii",
        "Europeană": "Europene",
        "Organizația": "Organizației",
        "Națiunile": "Națiunilor",
        "Marea": "Mării",
        "Neagră": "Negre",
        "Putin": "Putin",
        "Internațională": "Internaționale",
        "Mondială": "Mondiale",
        "Banca": "Băncii",
        "Curtea": "Curții",
        "Britanie": "Britanii",
        "Roșie": "Roșii",
    },
    attached={"ucraina": "Rusia-Ucraina"},
    strangers={"ucraina": "ucrainean"},
    unrelated={"Ucraina": "ucrainean ucraineni", "Peru": "peri pere", "Mali": "mal malul"},
)
