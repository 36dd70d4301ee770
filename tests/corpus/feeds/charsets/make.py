"""Writes the encoded documents of this folder with their expectations: `python tests/corpus/feeds/charsets/make.py`.

A sample per charset, under each way that feeds declare it, rightly and wrongly. The documents are committed; this is
how to add one. What is right was decided by the Encoding standard (labels), RFC 7303 (headers) and by what servers do:
bytes that are UTF-8 are UTF-8 whatever anybody says, and a header of iso-8859-1 or us-ascii is a server's default.
"""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parent
SAMPLES = {
    "windows-1250": "Łukasz: źródła o żołnierzach – „pokój”",
    "windows-1251": "Україна: переговори, «їжак» і мир – №5",
    "windows-1252": "L’été à Genève – « œuvre », 5 €",
    "windows-1253": "Ουκρανία: ειρήνη – «Αθήνα»",
    "windows-1254": "Işık, güneş ve İzmir – “barış”",
    "windows-1255": "שלום על אוקראינה – „תל אביב”",
    "windows-1256": "أوكرانيا: محادثات – «سلام»",
    "windows-1257": "Žinios: šalys ąžuolas – „taika“",
    "iso-8859-1": "Été à Genève, où l'Ukraine négocie",
    "iso-8859-2": "Zażółć gęślą jaźń, říše",
    "iso-8859-5": "Переговоры о мире в Женеве",
    "iso-8859-6": "محادثات سلام بشأن أوكرانيا",
    "iso-8859-7": "Ειρηνευτικές συνομιλίες",
    "iso-8859-8": "שיחות שלום על אוקראינה",
    "iso-8859-9": "Işık, güneş ve İzmir",
    "iso-8859-13": "Žinios apie ąžuolą",
    "iso-8859-15": "Œuvre à 5 €, Žilina",
    "koi8-r": "Переговоры о мире в Женеве",
    "koi8-u": "Україна: їжак і мир",
    "ibm866": "Переговоры о мире в Женеве",
    "x-mac-cyrillic": "Переговоры о мире в Женеве",
    "gb2312": "乌克兰和平谈判开始",
    "gbk": "烏克蘭和平谈判開始",
    "gb18030": "乌克兰和平谈判㐀",
    "big5": "烏克蘭和平談判開始",
    "euc-jp": "ウクライナ和平協議が始まる",
    "shift_jis": "ウクライナ和平協議が始まる",
    "euc-kr": "우크라이나 평화 협상 시작",
    "windows-874": "การเจรจาสันติภาพยูเครน",
}
CODECS = {"ibm866": "cp866", "x-mac-cyrillic": "mac_cyrillic", "windows-874": "cp874", "gbk": "gb18030"}
LABELS = {  # other names of a charset (https://encoding.spec.whatwg.org/#names-and-labels)
    "windows-1251": "cp1251 x-cp1251 WINDOWS-1251",
    "windows-1252": "cp1252 latin1 ascii l1",
    "iso-8859-2": "latin2",
    "iso-8859-5": "cyrillic",
    "koi8-r": "koi8 koi",
    "shift_jis": "sjis x-sjis windows-31j ms_kanji",
    "gbk": "x-gbk gb_2312-80 chinese",
    "big5": "big5-hkscs x-x-big5",
    "euc-kr": "ks_c_5601-1987 korean windows-949",
    "windows-874": "tis-620 iso-8859-11",
    "euc-jp": "x-euc-jp",
}
BODY = (
    '<rss version="2.0"><channel><title>{0}</title><link>https://news.example/</link>'
    "<item><title>{0}</title><link>https://news.example/1</link><description>{0}</description></item></channel></rss>\n"
)


def document(text: str, declared: str | None) -> str:
    """A feed that says this text three times, under an XML declaration of that charset."""
    encoding = f' encoding="{declared}"' if declared else ""
    return f'<?xml version="1.0"{encoding}?>\n' + BODY.format(text)


def write(name: str, body: bytes, text: str | None, content_type: str = "") -> None:
    """The document with its expectation; `text` None: what it says is lost, but it is an entry all the same."""
    facts = {"title": text, "summary": text} if text else {}
    expected: dict[str, object] = {"entries": [{**facts, "link": "https://news.example/1"}]}
    if text:
        expected["feed"] = {"title": text}
    if content_type:
        expected["content_type"] = content_type
    (FOLDER / f"{name}.xml").write_bytes(body)
    (FOLDER / f"{name}.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", "utf-8")


def main() -> None:
    """All of them."""
    for charset, text in SAMPLES.items():
        codec = CODECS.get(charset, charset)
        write(f"{charset}-declared", document(text, charset).encode(codec), text)
        header = f"application/rss+xml; charset={charset}"
        write(f"{charset}-in-header", document(text, None).encode(codec), text, header)
        for label in LABELS.get(charset, "").split():
            write(f"{charset}-called-{label.lower()}", document(text, label).encode(codec), text)
    mixed()
    unicodes()


def mixed() -> None:
    """Declarations that contradict each other or the bytes."""
    ukrainian, russian, french = SAMPLES["windows-1251"], SAMPLES["koi8-r"], SAMPLES["windows-1252"]
    xml = "text/xml; charset={}"
    write(
        "header-before-declaration",
        document(russian, "windows-1251").encode("koi8-r"),
        russian,
        xml.format("koi8-r"),
    )
    for default in ("iso-8859-1", "us-ascii"):
        body = document(ukrainian, "windows-1251").encode("cp1251")
        write(f"header-default-{default}", body, ukrainian, xml.format(default))
    for wrong in ("windows-1251", "iso-8859-1", "koi8-r", "shift_jis", "utf-16", "nonsense"):
        write(f"utf-8-declared-as-{wrong}-only", document(ukrainian, wrong).encode(), ukrainian)
        write(
            f"utf-8-with-header-{wrong}", document(ukrainian, "utf-8").encode(), ukrainian, xml.format(wrong)
        )
    write("latin-1-means-windows-1252", document(french, "iso-8859-1").encode("cp1252"), french)
    write("undeclared-windows-1252", document(french, None).encode("cp1252"), french)
    write("utf-8-declared-but-windows-1252", document(french, "utf-8").encode("cp1252"), french)
    write("utf-8-declared-but-gbk", document(SAMPLES["gbk"] * 3, "utf-8").encode("gb18030"), None)
    write(
        "utf-8-in-single-quotes",
        document(ukrainian, None).replace("?>", " encoding = 'utf-8' ?>", 1).encode(),
        ukrainian,
    )
    write("utf-8-called-utf8", document(ukrainian, "UTF8").encode(), ukrainian)
    write(
        "header-in-quotes",
        document(ukrainian, None).encode("cp1251"),
        ukrainian,
        'text/xml; charset="windows-1251"',
    )
    write(
        "header-of-nonsense",
        document(ukrainian, "windows-1251").encode("cp1251"),
        ukrainian,
        xml.format("x-what"),
    )
    write(
        "header-of-a-codec-that-is-no-charset",
        document(ukrainian, "windows-1251").encode("cp1251"),
        ukrainian,
        xml.format("punycode"),
    )
    write(
        "numeric-references-in-ascii",
        document("&#1059;&#1082;&#1088;&#1072;&#1111;&#1085;&#1072;", "us-ascii").encode(),
        "Україна",
    )


def unicodes() -> None:
    """UTF-8, UTF-16 and UTF-32, with and without their marks."""
    text = "Україна 乌克兰 🇺🇦 أوكرانيا"
    for name, codec, mark in (
        ("utf-8-with-mark", "utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le-with-mark", "utf-16-le", b"\xff\xfe"),
        ("utf-16-be-with-mark", "utf-16-be", b"\xfe\xff"),
        ("utf-16-le-without-mark", "utf-16-le", b""),
        ("utf-16-be-without-mark", "utf-16-be", b""),
        ("utf-32-le-with-mark", "utf-32-le", b"\xff\xfe\0\0"),
        ("utf-32-be-without-mark", "utf-32-be", b""),
    ):
        write(name, mark + document(text, codec[:6].rstrip("-")).encode(codec), text)
    write("utf-16-declared-as-utf-8", b"\xff\xfe" + document(text, "utf-8").encode("utf-16-le"), text)
    write("utf-16-undeclared", b"\xff\xfe" + document(text, None).encode("utf-16-le"), text)
    write(
        "utf-16-in-header", document(text, None).encode("utf-16-be"), text, "application/xml; charset=utf-16"
    )
    write("utf-16-odd-length", b"\xff\xfe" + document(text, "utf-16").encode("utf-16-le") + b"\n", text)
    write(
        "utf-8-mark-and-windows-1251-declared",
        b"\xef\xbb\xbf" + document(text, "windows-1251").encode(),
        text,
    )


if __name__ == "__main__":
    main()
