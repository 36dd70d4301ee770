"""What people call the fields of a query and the languages, for those who write their own word for one."""

from __future__ import annotations

from worker.match.fold import loose

_FIELDS = """
title: judul tajuk titel título titre titolo titulok tytuł заголовок заглавие başlık العنوان 标题 標題 タイトル
body: isi teks text texto texte testo tekst inhalt cuerpo corps текст тіло metin النص 正文 本文 본문
lang: bahasa language sprache taal idioma lengua langue lingua język jazyk мова язык dil اللغة 语言 語言 言語 언어
source: sumber quelle bron fuente fonte zdroj źródło feed site домен джерело источник kaynak المصدر 来源 來源 出典 출처
author: penulis autor auteur autore автор yazar byline by الكاتب 作者 著者 저자
tag: tags label kategori category kategorie categoria catégorie категория категорія etiket 标签 標籤 タグ 태그
url: alamat link adresse dirección lien адрес адреса 链接 網址 주소
"""

# In English and in the language itself.
_LANGUAGES = """
ar: Arabic العربية
be: Belarusian Беларуская
bg: Bulgarian Български
bs: Bosnian Bosanski
ca: Catalan Català
cs: Czech Čeština
da: Danish Dansk
de: German Deutsch
el: Greek Ελληνικά
en: English
es: Spanish Español Castellano
et: Estonian Eesti
fa: Persian Farsi فارسی
fi: Finnish Suomi
fr: French Français
he: Hebrew עברית
hi: Hindi हिन्दी
hr: Croatian Hrvatski
hu: Hungarian Magyar
id: Indonesian Indonesia
it: Italian Italiano
ja: Japanese 日本語
ko: Korean 한국어
lt: Lithuanian Lietuvių
lv: Latvian Latviešu
ms: Malay Melayu
nl: Dutch Nederlands
no: Norwegian Norsk
pl: Polish Polski
pt: Portuguese Português
ro: Romanian Română
ru: Russian Русский
sk: Slovak Slovenčina
sl: Slovenian Slovenščina
sr: Serbian Српски Srpski
sv: Swedish Svenska
th: Thai ไทย
tr: Turkish Türkçe
uk: Ukrainian Українська
ur: Urdu اردو
vi: Vietnamese
zh: Chinese Mandarin 中文 汉语 漢語
"""


def field_of(called: str) -> str | None:
    """The field that somebody means by this word; None where we do not know it."""
    return _FIELD_OF.get(loose(called))


def code_of(called: str) -> str | None:
    """The code of a language that somebody calls by its name; None where we do not know the name."""
    return _CODE_OF.get(loose(called).removeprefix("bahasa ").strip())


def _by_name(table: str) -> dict[str, str]:
    rows = (line.split(":") for line in table.strip().splitlines())
    return {loose(name): meant for meant, names in rows for name in names.split()}


_FIELD_OF, _CODE_OF = _by_name(_FIELDS), _by_name(_LANGUAGES)
