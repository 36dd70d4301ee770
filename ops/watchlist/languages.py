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
_THREE_LETTERS = """
ace ach ada ady afa afh ain akk ale alg alt ang anp apa apc arc arn arp art arw ary arz ast ath aus
awa azb bad bai bal ban bas bat bej bem ber bho bik bin bjn bla bnt bra btk bua bug byn cad cai car
cau ceb cel chb chg chk chm chn cho chp chr chy ckb cmc cmn cnr cop cpe cpf cpp crh crp csb cus dak
dar day del den dgr din doi dra dsb dua dum dyu efi egy eka elx enm ewo fan fat fil fiu fon frm fro
frr frs fur gaa gay gba gem gez gil glk gmh goh gon gor got grb grc gsw gwi hai hak haw hif hil him
hit hmn hsb hup iba ijo ilo inc ine inh ira iro jbo jpr jrb kaa kab kac kam kar kaw kbd kha khi kho
kmb kok kos kpe krc krl kro kru kum kut lad lah lam lez lij lol loz ltg lua lui lun luo lus lzh mad
mag mai mak man map mas mdf mdr men mga mic min mkh mnc mni mno moh mos mun mus mwl mwr myn myv mzn
nah nai nan nap nds new nia nic niu nog non nqo nso nub nwc nym nyn nyo nzi osa ota oto paa pag pal
pam pap pau peo pes phi phn pms pnb pon pra pro prs raj rap rar rmy roa rom rue rup sad sah sai sal
sam sas sat scn sco sdh sel sem sga sgn shn sid sio sit skr sla sma smi smj smn sms snk sog son srn
srr ssa suk sus sux syc syr szl tai tem ter tet tig tiv tkl tlh tli tmh tog tpi tsi tum tup tut tvl
tyv udm uga umb vai vec vot wak wal war was wen wuu xal yao yap ypk yue zap zbl zen zgh znd zun zza
"""
_MEANT = """
ua uk, jp ja, cn zh, cz cs, dk da, gr el, in id, vn vi, ara ar, ben bn, chi zh, deu de, dut nl, eng
en, fas fa, fra fr, fre fr, ger de, heb he, hin hi, ind id, ita it, jav jv, jpn ja, kor ko, may ms,
msa ms, nld nl, pol pl, por pt, rus ru, spa es, sun su, tha th, tur tr, ukr uk, vie vi, zho zh
"""

LANGUAGES = frozenset(_ISO_639_1.split())
"""ISO 639-1 (https://www.loc.gov/standards/iso639-2/php/code_list.php)."""
THREE_LETTERS = frozenset(_THREE_LETTERS.split())
"""Codes of ISO 639-2 for languages without two letters, and those of ISO 639-3 that news are written in."""
MEANT: Mapping[str, str] = {pair.split()[0]: pair.split()[1] for pair in _MEANT.split(",")}
"""Countries taken for languages, and three letters where two are the rule: a filter on them never fits."""


def is_language(code: str) -> bool:
    """Whether a code, with or without a region, begins with one of a language."""
    base = code.lower().partition("-")[0]
    return base in LANGUAGES or base in THREE_LETTERS
