"""The words by which sites announce what is not the article, per language; patterns for one whole line.

Each is a list of alternatives; adding a language is adding a line. Openings of ordinary sentences must not be
among them: a line that is dropped is never matched.
"""

from __future__ import annotations

import re

_OTHERS = """
    baca juga|baca pula|simak juga|lihat juga|tonton juga|baca selengkapnya|artikel terkait|berita terkait|
    artikel lainnya|berita lainnya|artikel populer|berita populer|terpopuler|topik terkait|
    rekomendasi(?: untuk anda)?|baca berita lainnya|berkaitan|artikel berkaitan|
    read also|also read|read more|read next|see also|further reading|most read|trending(?: now)?|
    related(?: articles?| stories| news| coverage| topics?| posts?| links?)?|more on this(?: story)?|
    recommended(?: for you| stories)?|you may also like|don't miss|editors?'? picks?|
    читайте также|читайте ещ[её]|читать также|смотрите также|по теме|материалы по теме|другие новости|
    читайте також|читайте ще|дивіться також|за темою|матеріали за темою|схожі новини|чытайце таксама|
    czytaj (?:też|także|również|więcej)|zobacz (?:też|także|również)|przeczytaj (?:też|także|również)|
    polecamy|powiązane artykuły|čtěte také|číst také|mohlo by vás zajímat|související články|
    lesen sie (?:auch|mehr)|mehr zum thema|auch interessant|das könnte sie auch interessieren|
    lire aussi|à lire aussi|sur le même sujet|articles liés|
    lea también|lee también|te puede interesar|le puede interesar|noticias relacionadas|
    leggi anche|ti potrebbe interessare|articoli correlati|
    leia também|leia mais|veja também|saiba mais|notícias relacionadas|
    ayrıca bakınız|ilgili haber(?:ler)?|اقرأ أيض[اً]{1,2}|بیشتر بخوانید
"""
_CREDIT = """
    editor|penulis|sumber|reporter|pewarta|penyunting|kontributor|wartawan|foto|fotografer|oleh|laporan|
    source|sources|author|by|written by|edited by|reporting by|photo|photograph|image|credit|video|
    автор|авторы|редактор|источник|источники|фото|відео|видео|джерело|джерела|редакторка|авторка|крыніца|
    źródło|źródła|autor|autorzy|autorka|fot\\.|zdjęcie|zdroj|foto|
    quelle|quellen|redaktion|auteur|crédit|fuente|fuentes|fonte|fontes|kaynak|redazione|redactor
"""
_RIGHTS = """
    (?:©|\\(c\\)\\s|copyright|hak cipta|авторские права)\\W{0,3}(?:©|\\(c\\)|\\d{4}|by\\b|milik|
    dilindungi).{0,250}|
    .{0,200}\\b(?:all rights reserved|wszelkie prawa zastrzeżone|alle rechte vorbehalten|все права защищены|
    усі права захищен[оі]|всі права захищен[оі]|tous droits réservés|todos los derechos reservados|
    todos os direitos reservados|tutti i diritti riservati|hak cipta dilindungi).{0,200}
"""
_PLEA = """
    cek|simak|ikuti|dapatkan|gabung|bergabung|langganan|berlangganan|baca|unduh|
    follow|subscribe|sign up|join|download|get|read|like|
    подписывайтесь|подпишитесь|присоединяйтесь|следите|читайте|
    підписуйтесь|підписуйтеся|долучайтесь|стежте|
    obserwuj|zapisz|dołącz|abonnieren|folgen|abonnez|suivez|suscríbete|síguenos|sigue|iscriviti|seguici|
    assine|siga
"""
_PLACE = """
    telegram|телеграм\\w*|whatsapp|google news|google новин\\w*|google новост\\w*|newsletter\\w*|
    facebook|instagram|
    youtube|tiktok|viber|channel|kanal|saluran|aplikasi|app store|play store|our app|e-?mail inbox|inbox|
    рассылк\\w*|розсилк\\w*|premium
"""


def _any(words: str) -> str:
    return "(?:" + "".join(line.lstrip() for line in words.splitlines()) + ")"


def _line(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\W{{0,3}}{pattern}", re.IGNORECASE)


OTHERS_ALONE = _line(rf"{_any(_OTHERS)}\W{{0,4}}")
OTHERS_FIRST = _line(rf"{_any(_OTHERS)}(?!\w)")
OTHERS_NAMED = _line(rf"{_any(_OTHERS)}(?:\s*[:：|»›>]|\s+[–—-]\s).{{0,300}}")
CREDIT = _line(rf"{_any(_CREDIT)}\s*[:：/]\s*.{{0,80}}")
RIGHTS = _line(_any(_RIGHTS))
PLEA = _line(rf"{_any(_PLEA)}\b.{{0,200}}\b{_any(_PLACE)}(?!\w).{{0,120}}")
