"""The codes of languages, and what is often written in their place."""

from __future__ import annotations

from collections.abc import Mapping

_ISO_639_1 = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id
ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu
lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu
rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr
ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_MEANT = """
ua uk, jp ja, cn zh, cz cs, dk da, gr el, in id, vn vi, ara ar, ben bn, chi zh, deu de, dut nl, eng
en, fas fa, fra fr, fre fr, ger de, heb he, hin hi, ind id, ita it, jav jv, jpn ja, kor ko, may ms,
msa ms, nld nl, pol pl, por pt, rus ru, spa es, sun su, tha th, tur tr, ukr uk, vie vi, zho zh
"""

LANGUAGES = frozenset(_ISO_639_1.split())
"""ISO 639-1 (https://www.loc.gov/standards/iso639-2/php/code_list.php)."""
MEANT: Mapping[str, str] = {pair.split()[0]: pair.split()[1] for pair in _MEANT.split(",")}
"""Countries taken for languages, and three letters where two are the rule: a filter on them never fits."""
