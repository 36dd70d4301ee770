"""Lithuanian: the cases of names, by their ending; foreign ones take a Lithuanian ending too (Putinas).

Source: Ambrazas (red.), Dabartinės lietuvių kalbos gramatika, daiktavardžio linksniavimas.
"""

from __future__ import annotations

from worker.match.languages import Language
from worker.match.paradigms import declined

_TABLE = """
    a: a os ai ą oje
    ė: ė ės ei ę e ėje
    as: as o ui ą u e ai
    is: is io iui į iu yje i
    tis: tis čio čiui tį čiu tyje ti
    dis: dis džio džiui dį džiu dyje di
    ys: ys io iui į iu yje y
    us: us aus ui ų u umi uje
    ius: ius iaus iui ių iumi iuje iau
    os: os ų oms as omis ose
    ai: ai ų ams us ais uose
    ės: ės ių ėms es ėmis ėse
    tės: tės čių tėms tes tėmis tėse
    iai: iai ių iams ius iais iuose
    inė: inė inės inei inę ine inėje
    oji: oji osios ajai ąją ąja ojoje
    asis: asis ojo ajam ąjį uoju ajame
"""

LANGUAGE = Language(
    code="lt",
    name="Lithuanian",
    forms=declined(_TABLE),
    inflected={
        "Ukraina": "Ukrainos Ukrainai Ukrainą Ukrainoje",
        "Rusija": "Rusijos Rusijai Rusiją Rusijoje",
        "Maskva": "Maskvos Maskvai Maskvą Maskvoje",
        "Kijevas": "Kijevo Kijevui Kijevą Kijevu Kijeve",
        "Vilnius": "Vilniaus Vilniui Vilnių Vilniumi Vilniuje",
        "Putinas": "Putino Putinui Putiną Putinu",
        "Zelenskis": "Zelenskio Zelenskiui Zelenskį Zelenskiu",
        "Valstijos": "Valstijų Valstijoms Valstijas Valstijose",
        "Jungtinės": "Jungtinių Jungtinėms Jungtines Jungtinėse",
        "Tautos": "Tautų Tautoms",
        "Juodoji": "Juodosios Juodąją",
        "Oslas": "Oslo Oslui Oslą",
        "Peru": "Peru",
    },
    attached={"vilnius": "Vilnius-Kaunas"},
    strangers={"ukraina": "ukrainietis"},
    unrelated={"Ukraina": "ukrainietis", "Kijevas": "kijevietis", "Peru": "pero Peras", "Malis": "mala"},
)
