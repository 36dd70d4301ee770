"""Czech: the singular cases of names and the plural of those that are plurals (Spojené státy, Čechy).

Possessive adjectives of people (Putinův, Putinova) are words of their own: without accents they would be the
women's surname (Putinová).

Source: Internetová jazyková příručka ÚJČ AV ČR, skloňování vlastních jmen; Cvrček a kol., Mluvnice současné
češtiny.
"""

from __future__ import annotations

from worker.match.languages import Language, listed
from worker.match.paradigms import declined

_TABLE = """
    ý: ý ého ému ém ým
    skyj: skyj ského skému ském ským
    á: á é ou
    é: é ého ému ém ým ých ými
    í: í ího ímu ím ích ími
    y: y 0 ů ům ech ách ám ami yho ymu ym
    i: i iho imu im

    [bdfmnptv]a: a y ě u ou o ovi
    [lsz]a: a y e u ou o ovi
    ra: ra ry ře ru rou ro rovi
    ka: ka ky ce ku kou ko kovi
    ha: ha hy ze hu hou ho
    ga: ga gy ze gu gou go
    cha: cha chy še chu chou cho chovi
    [cčjřšžďťň]a: a i e u ou o
    ňa: ňa ni ně ňu ňou ňo
    ďa: ďa di dě ďu ďou ďo
    ťa: ťa ti tě ťu ťou ťo
    rra: rra rry ře rru rrou rro
    ua: ua uy ui ue uu uou
    oa: oa oy oe ou oou
    ay: ay aye ayi ayí ayem
    ea: ea eje ey eji ei ee eu eou ejí
    ie: ie ii ií
    ye: ye yi yí
    [cčjřšžňl]e: e i í em
    ice: ice ic icím icích icemi ici icí
    ště: ště ští šti

    ko: ko ka ku kem kovi
    [hg]o: o a u em ovi
    [bdfmnptv]o: o a u ě em ovi
    [lrsz]o: o a u e em ovi
    io: io ia iu iem iovi

    [bdfmnptvw]: 0 a u ovi em ě e
    [lrszx]: 0 a u ovi em e
    [gkh]: 0 a u ovi em
    [cčjřšžďťň]: 0 e i í ovi em
    ael: ael aele aeli aelem aelovi aela aelu
    el: el la lu lovi lem le elu ela elovi elem ele
    ek: ek ka ku kovi kem eka eku ekovi ekem
    ec: ec ce ci covi cem ece eci ecovi ecem
    zeň: zeň zně zni zní
    deň: deň dně dni dní
    ň: ň ně ni ní něm ňovi
    šť: šť šti ští
    ť: ť tě ti tí těm ťovi
"""

_WHOLE = """
    dům: domu domem domě
    lev: lva lvu lvovi lvem lvě
    plzeň: plzně plzni plzní
    komise: komisi komisí komisím komisemi
    země: zemi zemí zemím zemích zeměmi
"""

_UNCHANGING = (
    "mali chile bali haiti delhi fidži burundi tbilisi soči nagasaki karáčí togo san santiago toronto"
)

# The people in other languages, or plain words there; without accents "city".
_AT_HOME = listed(
    """
    argentino angolo čity izraeli kubo kubu rize
    """
)

LANGUAGE = Language(
    code="cs",
    name="Czech",
    forms=declined(_TABLE, whole=_WHOLE, unchanging=_UNCHANGING),
    at_home=_AT_HOME,
    inflected={
        "Ukrajina": "Ukrajiny Ukrajině Ukrajinu Ukrajinou Ukrajino",
        "Rusko": "Ruska Rusku Ruskem",
        "Moskva": "Moskvy Moskvě Moskvu Moskvou",
        "Kyjev": "Kyjeva Kyjevu Kyjevem Kyjevě",
        "Praha": "Prahy Praze Prahu Prahou",
        "Brno": "Brna Brnu Brně Brnem",
        "Plzeň": "Plzně Plzni Plzní",
        "Liberec": "Liberce Liberci Libercem",
        "Budapešť": "Budapešti Budapeští",
        "Paříž": "Paříže Paříži Paříží",
        "Sibiř": "Sibiře Sibiři Sibiří",
        "Londýn": "Londýna Londýnu Londýně Londýnem",
        "Izrael": "Izraele Izraeli Izraelem",
        "Čína": "Číny Číně Čínu Čínou",
        "Odesa": "Odesy Odese Odesu Odesou",
        "Riga": "Rigy Rize Rigu Rigou",
        "Francie": "Francii Francií",
        "Libye": "Libyi Libyí",
        "Korea": "Koreje Koreji Koreou",
        "Tokio": "Tokia Tokiu Tokiem",
        "Košice": "Košic Košicím Košicích",
        "Čechy": "Čech Čechách Čechám",
        "Filipíny": "Filipín Filipínám Filipínách Filipínami",
        "Putin": "Putina Putinovi Putinem",
        "Zelenskyj": "Zelenského Zelenskému Zelenském Zelenským",
        "Novotný": "Novotného Novotnému Novotným",
        "Merkelová": "Merkelové Merkelovou",
        "Fiala": "Fialy Fialovi Fialu Fialou",
        "Babiš": "Babiše Babišovi Babišem",
        "Čapek": "Čapka Čapkovi Čapkem",
        "Pavel": "Pavla Pavlovi Pavlem",
        "Ševčenko": "Ševčenka Ševčenkovi Ševčenkem",
        "Kennedy": "Kennedyho Kennedymu Kennedym",
        "Trump": "Trumpa Trumpovi Trumpem",
        "Spojené": "Spojených Spojeným Spojenými",
        "státy": "států státům státech",
        "Evropská": "Evropské Evropskou",
        "unie": "unii unií",
        "Severní": "Severního Severnímu Severním",
        "Černé": "Černého Černému Černým",
        "moře": "moři mořem",
        "Světová": "Světové Světovou",
        "komise": "komisi komisí",
        "banka": "banky bance banku bankou",
        "Peru": "Peru",
    },
    attached={"nato": "NATO-Rusko", "praha": "Praha-západ"},
    strangers={"praha": "pražský", "kyjev": "kyjevský", "rusko": "ruský", "čína": "čin"},
    unrelated={
        "Ukrajina": "Ukrajinec ukrajinský",
        "Kyjev": "kyj kyjevský",
        "Praha": "práh prahem pražský",
        "Putin": "Putinová putinovský putna",
        "Mali": "Malý malina Mala",
        "Peru": "pero Pera perem",
        "Řím": "Krym římský",
        "Čína": "čin činem čínský",
        "Togo": "tóga Toga",
    },
)
