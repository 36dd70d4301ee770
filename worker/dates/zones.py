"""Clocks: which zone the letters behind a time mean, and which a press writes in that names none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_HOURS: dict[str, float] = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "bst", "west", "wat", "met"), 1),
    **dict.fromkeys(("cest", "mesz", "eet", "cat", "sast", "mest"), 2),
    **dict.fromkeys(("eest", "msk", "мск", "trt", "eat", "tsi", "fet"), 3),
    **dict.fromkeys(("samt", "msd", "gst", "azt"), 4),
    **dict.fromkeys(("pkt", "yekt", "екб", "uzt", "tjt"), 5),
    **dict.fromkeys(("omst", "bdt", "kgt", "almt"), 6),
    **dict.fromkeys(("wib", "ict", "krat", "novt", "hovt"), 7),
    **dict.fromkeys(("wita", "sgt", "myt", "hkt", "pht", "awst", "irkt", "ulat"), 8),
    **dict.fromkeys(("wit", "jst", "kst", "yakt"), 9),
    **{"irst": 3.5, "irdt": 4.5, "aft": 4.5, "ist": 5.5, "slst": 5.5, "npt": 5.75, "mmt": 6.5},
    **{"vlat": 10, "acst": 9.5, "aest": 10, "acdt": 10.5, "aedt": 11, "nzst": 12, "nzdt": 13},
    **{"nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3, "art": -3, "brt": -3, "clst": -3, "uyt": -3},
    **{"clt": -4, "ect": -5},
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
    **{"akst": -9, "akdt": -8, "hst": -10},
}
# The same letters name other clocks elsewhere; where the feed is at home they mean its own.
_AT_HOME: Mapping[str, Mapping[str, float]] = {
    "Asia/Shanghai": {"cst": 8},
    "Asia/Taipei": {"cst": 8},
    "Asia/Jerusalem": {"ist": 2, "idt": 3},
    "Asia/Manila": {"pst": 8, "pht": 8},
    "Asia/Riyadh": {"ast": 3},
    "Asia/Baghdad": {"ast": 3},
    "Asia/Dhaka": {"bst": 6, "bdt": 6},
    "Europe/Dublin": {"ist": 1},
}
# Languages whose press lives in one time zone. A region that is named goes before its language.
_LANGUAGES = """
    id Asia/Jakarta  ms Asia/Kuala_Lumpur  jv Asia/Jakarta  su Asia/Jakarta  uk Europe/Kyiv  be Europe/Minsk
    ru Europe/Moscow  pl Europe/Warsaw  cs Europe/Prague  sk Europe/Bratislava  de Europe/Berlin  it Europe/Rome
    tr Europe/Istanbul  hu Europe/Budapest  bg Europe/Sofia  ro Europe/Bucharest  sr Europe/Belgrade
    hr Europe/Zagreb  bs Europe/Sarajevo  sl Europe/Ljubljana  mk Europe/Skopje  sq Europe/Tirane
    lt Europe/Vilnius  lv Europe/Riga  et Europe/Tallinn  fi Europe/Helsinki  sv Europe/Stockholm
    nl Europe/Amsterdam  no Europe/Oslo  nb Europe/Oslo  nn Europe/Oslo  da Europe/Copenhagen  is Atlantic/Reykjavik
    el Europe/Athens  he Asia/Jerusalem  iw Asia/Jerusalem  ca Europe/Madrid  eu Europe/Madrid  gl Europe/Madrid
    fa Asia/Tehran  ps Asia/Kabul  hi Asia/Kolkata  mr Asia/Kolkata  gu Asia/Kolkata  te Asia/Kolkata
    kn Asia/Kolkata  ml Asia/Kolkata  pa Asia/Kolkata  ne Asia/Kathmandu  si Asia/Colombo  bn Asia/Dhaka
    ur Asia/Karachi  th Asia/Bangkok  vi Asia/Ho_Chi_Minh  km Asia/Phnom_Penh  lo Asia/Vientiane
    my Asia/Yangon  zh Asia/Shanghai  ja Asia/Tokyo  ko Asia/Seoul  mn Asia/Ulaanbaatar  ka Asia/Tbilisi
    hy Asia/Yerevan  az Asia/Baku  kk Asia/Almaty  uz Asia/Tashkent  tg Asia/Dushanbe  ky Asia/Bishkek
    tl Asia/Manila  fil Asia/Manila  am Africa/Addis_Ababa
"""
# Countries of one zone, and those of several where nearly all newsrooms sit in one. Not the USA, Canada, Australia.
_COUNTRIES = """
    ID Asia/Jakarta  MY Asia/Kuala_Lumpur  SG Asia/Singapore  BN Asia/Brunei  TL Asia/Dili  PH Asia/Manila
    TH Asia/Bangkok  VN Asia/Ho_Chi_Minh  KH Asia/Phnom_Penh  LA Asia/Vientiane  MM Asia/Yangon  CN Asia/Shanghai
    HANS Asia/Shanghai  HANT Asia/Taipei  TW Asia/Taipei  HK Asia/Hong_Kong  MO Asia/Macau  JP Asia/Tokyo
    KR Asia/Seoul  KP Asia/Pyongyang  IN Asia/Kolkata  PK Asia/Karachi  BD Asia/Dhaka  LK Asia/Colombo
    NP Asia/Kathmandu  AF Asia/Kabul  IR Asia/Tehran  IQ Asia/Baghdad  SA Asia/Riyadh  AE Asia/Dubai
    QA Asia/Qatar  KW Asia/Kuwait  BH Asia/Bahrain  OM Asia/Muscat  YE Asia/Aden  JO Asia/Amman  LB Asia/Beirut
    SY Asia/Damascus  IL Asia/Jerusalem  PS Asia/Gaza  EG Africa/Cairo  LY Africa/Tripoli  TN Africa/Tunis
    DZ Africa/Algiers  MA Africa/Casablanca  SD Africa/Khartoum  ET Africa/Addis_Ababa  KE Africa/Nairobi
    TZ Africa/Dar_es_Salaam  UG Africa/Kampala  NG Africa/Lagos  GH Africa/Accra  SN Africa/Dakar
    CI Africa/Abidjan  CM Africa/Douala  ZA Africa/Johannesburg  ZW Africa/Harare  AO Africa/Luanda
    MZ Africa/Maputo  TR Europe/Istanbul  UA Europe/Kyiv  BY Europe/Minsk  RU Europe/Moscow  MD Europe/Chisinau
    PL Europe/Warsaw  CZ Europe/Prague  SK Europe/Bratislava  DE Europe/Berlin  AT Europe/Vienna
    CH Europe/Zurich  LI Europe/Vaduz  LU Europe/Luxembourg  BE Europe/Brussels  NL Europe/Amsterdam
    FR Europe/Paris  MC Europe/Monaco  IT Europe/Rome  ES Europe/Madrid  PT Europe/Lisbon  GB Europe/London
    UK Europe/London  IE Europe/Dublin  MT Europe/Malta  DK Europe/Copenhagen  NO Europe/Oslo  SE Europe/Stockholm
    FI Europe/Helsinki  IS Atlantic/Reykjavik  EE Europe/Tallinn  LV Europe/Riga  LT Europe/Vilnius
    HU Europe/Budapest  RO Europe/Bucharest  BG Europe/Sofia  GR Europe/Athens  CY Asia/Nicosia
    RS Europe/Belgrade  HR Europe/Zagreb  BA Europe/Sarajevo  SI Europe/Ljubljana  MK Europe/Skopje
    ME Europe/Podgorica  AL Europe/Tirane  GE Asia/Tbilisi  AM Asia/Yerevan  AZ Asia/Baku  KZ Asia/Almaty
    UZ Asia/Tashkent  TJ Asia/Dushanbe  KG Asia/Bishkek  TM Asia/Ashgabat  MN Asia/Ulaanbaatar
    BR America/Sao_Paulo  AR America/Argentina/Buenos_Aires  CL America/Santiago  CO America/Bogota
    PE America/Lima  VE America/Caracas  EC America/Guayaquil  BO America/La_Paz  UY America/Montevideo
    PY America/Asuncion  MX America/Mexico_City  CU America/Havana  DO America/Santo_Domingo  GT America/Guatemala
    CR America/Costa_Rica  PA America/Panama  SV America/El_Salvador  HN America/Tegucigalpa  NI America/Managua
    PR America/Puerto_Rico  NZ Pacific/Auckland
"""


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_BY_LANGUAGE = _pairs(_LANGUAGES)
_BY_COUNTRY = _pairs(_COUNTRIES)


# Domains of countries that the whole world uses as words: a host under them says nothing of where it is.
_WORDS_OF_THE_WORLD = frozenset(("AM", "CO", "LA", "ME", "PS"))


def zone_of(language: str | None, url: str = "") -> tzinfo:
    """The zone in which the press of this language tag (`id`, `pt-BR`, `zh_Hant`) writes its clock times, else that of
    the country whose domain `url` stands under; UTC where there are several, and for a region that is not known."""
    name, *rest = (language or "").replace("_", "-").split("-")
    regions = [part.upper() for part in rest if len(part) in (2, 4)]
    found = next((zone for region in reversed(regions) if (zone := _BY_COUNTRY.get(region))), None)
    if found is None and all(len(region) == 4 for region in regions):  # none, or a script such as sr-Latn
        found = _BY_LANGUAGE.get(name.lower()) or _BY_COUNTRY.get(_domain(url))
    return ZoneInfo(found) if found else UTC


def _domain(url: str) -> str:
    """The country's part of a host, in capitals; nothing where there is none."""
    host = url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2].partition(":")[0]
    last = host.rstrip(".").rpartition(".")[2].upper()
    return "" if last in _WORDS_OF_THE_WORLD or len(last) != 2 else last


def zone_called(letters: str, home: str) -> tzinfo | None:
    """The fixed offset that these small letters name where `home` is the feed's own zone."""
    hours = _AT_HOME.get(home, {}).get(letters, _HOURS.get(letters))
    return None if hours is None else timezone(timedelta(hours=hours))
