"""Slovak: the singular cases of names and the plural of those that are plurals (Spojené štáty, Čechy).

Source: Pravidlá slovenského pravopisu (JÚĽŠ SAV), skloňovanie vlastných mien.
"""

from __future__ import annotations

from worker.match.languages import Language
from worker.match.paradigms import declined

_TABLE = """
    ý: ý ého ému om ým
    skyj: skyj ského skému skom ským
    á: á ej ú ou
    é: é ého ému om ým ých ými
    ska: ska skej sku skou
    [cd]ka: ka ky ke ku kou kej
    ske: ske ského skeho skému skom skym
    y: y 0 ov om och mi ám ách am ach ami yho ymu ym
    i: i iho imu im

    [bdfghklmnprstvz]a: a y e u ou o ovi
    ia: ia ie ii iu iou
    ňa: ňa ne ni ňu ňou
    [uo]a: a y e u ou
    ya: ya ye yi yu you
    ea: ea ey ei eu eou
    [cčďjľňšťž]a: a e i u ou
    ice: ice íc ic iciam iciach icami

    ko: ko ka ku kom kovi
    [bcdfghlmnprstvz]o: o a u e om ovi
    io: io ia iu iom
    [nr]ie: ie ia iu í ím
    ore: ore ora oru ori orom

    [bdfghklmnprstvwxz]: 0 a u ovi om e
    [cčjšž]: 0 a u ovi om i
    ius: ius ia iu iom
    prus: prus pru pre prom
    el: el la lovi lom le ela elu elovi elom eli
    ek: ek ka ku kovi kom
    ok: ok ka ku kovi kom oka oku okovi okom
    ec: ec ca covi com ci
    ň: ň ňa ňu ňovi ňom ni ne ňou
    ť: ť ťa ťu ťovi ťom ti te ťou
    ľ: ľ ľa ľu ľovi ľom li le ľou
    ď: ď ďa ďu ďovi ďom di de ďou
    eň: eň ňa ňu ňovi ňom ni ne ňou
"""

_WHOLE = """
    čierna: čiernej čiernu čiernou
    čierne: čierneho čiernemu čiernom čiernym čiernych
    biela: bielej bielu bielou
    biele: bieleho bielemu bielom bielych
    šalamúnove: šalamúnových šalamúnovým šalamúnovými
"""

# Indonesian "camp" and the people in other languages.
_AT_HOME = frozenset({"kubu", "izraeli", "angolo", "argentino", "čity"})

LANGUAGE = Language(
    code="sk",
    name="Slovak",
    forms=declined(
        _TABLE, whole=_WHOLE, unchanging="mali chile bali haiti toronto togo tbilisi nagasaki soči"
    ),
    at_home=_AT_HOME,
    inflected={
        "Ukrajina": "Ukrajiny Ukrajine Ukrajinu Ukrajinou",
        "Rusko": "Ruska Rusku Ruskom",
        "Kyjev": "Kyjeva Kyjevu Kyjeve Kyjevom",
        "Praha": "Prahy Prahe Prahu Prahou",
        "Košice": "Košíc Košiciam Košiciach Košicami",
        "Budapešť": "Budapešti Budapešťou",
        "Putin": "Putina Putinovi Putinom",
        "Zelenskyj": "Zelenského Zelenskému Zelenskom Zelenským",
        "Čaputová": "Čaputovej Čaputovú Čaputovou",
        "Fico": "Fica Ficovi Ficom",
        "Spojené": "Spojených Spojeným",
        "štáty": "štátov štátom štátoch štátmi",
        "Európska": "Európskej Európsku Európskou",
        "únia": "únie únii úniu úniou",
        "Svetová": "Svetovej Svetovú Svetovou",
        "Čierne": "Čierneho Čiernom",
        "banka": "banky banke banku bankou",
    },
    attached={"bratislava": "Bratislava-Petržalka"},
    strangers={"praha": "pražský", "rusko": "ruský"},
    unrelated={"Ukrajina": "Ukrajinec", "Putin": "Putinová", "Mali": "Malý Mala", "Peru": "pero Pera"},
)
