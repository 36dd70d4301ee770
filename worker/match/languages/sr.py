"""Serbian: the cases of names, each in both scripts, whichever the name is given in (Украјина, Ukrajina).

Source: Правопис српскога језика (Матица српска, 2010), транслитерација и промена имена; Klajn, Gramatika
srpskog jezika.
"""

from __future__ import annotations

from worker.match.languages import Language, listed
from worker.match.paradigms import declined, is_acronym

# In Latin letters; what is written in Cyrillic is declined as its Latin twin and written back.
_TABLE = """
    ski: ski skog skoga skom skome skim skih ske
    [cčć]ki: ki kog koga kom kome kim kih ke
    [nvlt]i: i og oga om ome im ih a e ima
    [bdgkmprzcčćđšž]i: i a e ima
    u: u ua uu uom
    y: y ja ju jem jom
    [bdfhlmnprstvz]a: a e i u om
    ka: ka ke ci ki ku kom
    ga: ga ge zi gi gu gom
    ha: ha he si hi hu hom
    [cčćđjšž]a: a e i u om
    ska: ska ske skoj sku skom
    [cčš]ka: ka ke ci ki ku kom koj
    [bdjklmprstvzčšž]na: na ne ni nu nom noj
    ena: ena ene eni enu enom enoj
    ova: ova ove ovi ovu ovom ovoj
    e: e a ama ih im
    je: je ja jama jih jim
    ije: ije ija ijama
    [bcčćdđfghjklmnprsštvzž]o: o a u om
    no: no na nu nom nog noga nim
    [cčš]ko: ko ka ku kom kog koga kome kim
    io: io ija iju ijem iom

    [bdfghklmnprstvz]: 0 a u om
    [cčćđjšž]: 0 a u em om
    lj: lj lja lju ljem
    nj: nj nja nju njem
    ac: ac ca cu cem če aca acu acem
    ao: ao la lu lom
"""

_WHOLE = """
    velika: velike velikoj veliku velikom
    egipat: egipta egiptu egiptom
    cipar: cipra cipru ciprom
    modi: modija modiju modijem
    gandi: gandija gandiju gandijem
    petar: petra petru petrom petre
    aleksandar: aleksandra aleksandru aleksandrom
    more: mora moru morem
    beč: beča beču bečom bečem
    pavle: pavla pavlu pavlom
"""

_UNCHANGING = "mali čile bali haiti delhi nagasaki soči togo nairobi tbilisi"

_DECLINED = declined(_TABLE, whole=_WHOLE, unchanging=_UNCHANGING)

_LETTERS = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))
_DIGRAPHS = {"љ": "lj", "њ": "nj", "џ": "dž"}
_IN_LATIN = _LETTERS | _DIGRAPHS
_TO_LATIN = str.maketrans(
    _IN_LATIN | {letter.upper(): written.capitalize() for letter, written in _IN_LATIN.items()}
)
_TO_CYRILLIC = str.maketrans(
    {latin: cyrillic for cyrillic, latin in _LETTERS.items()}
    | {latin.upper(): cyrillic.upper() for cyrillic, latin in _LETTERS.items()}
)


def latin(written: str) -> str:
    """A Serbian word in Latin letters; what is Latin stays as it is."""
    return written.translate(_TO_LATIN)


def cyrillic(written: str) -> str:
    """A Serbian word in Cyrillic letters; q, w, x and y, which Serbian has not, stay."""
    for letter, digraph in _DIGRAPHS.items():
        written = (
            written.replace(digraph, letter)
            .replace(digraph.capitalize(), letter.upper())
            .replace(digraph.upper(), letter.upper())
        )
    return written.translate(_TO_CYRILLIC)


def both_scripts(name: str) -> frozenset[str]:
    """The forms of a name in Latin and in Cyrillic letters."""
    if is_acronym(name) or not name.isalpha():
        return frozenset({name})
    forms = _DECLINED(latin(name))
    return forms | {cyrillic(form) for form in forms}


# Indonesian "now", the cinema, a Danish bank: words of other languages.
AT_HOME = listed(
    """
    gazi kubu kini kino кино кини danske norske finske irske minske kine rime
    """
)

LANGUAGE = Language(
    code="sr",
    name="Serbian",
    forms=both_scripts,
    at_home=AT_HOME,
    inflected={
        "Украјина": "Украјине Украјини Украјину Украјином Ukrajina Ukrajine Ukrajini",
        "Ukrajina": "Украјина Украјине Ukrajinu",
        "Русија": "Русије Русији Русију Русијом Rusije",
        "Кијев": "Кијева Кијеву Кијевом Kijeva",
        "Москва": "Москве Москви Москву Москвом",
        "Америка": "Америке Америци Америку Америком",
        "Рига": "Риге Риги Ригу",
        "Београд": "Београда Београду Београдом Beogradu",
        "Косово": "Косова Косову Косовом",
        "Путин": "Путина Путину Путином Putinu",
        "Зеленски": "Зеленског Зеленском Зеленским Zelenskog",
        "Вучић": "Вучића Вучићу Вучићем Vučića",
        "Љубљана": "Љубљане Ljubljane",
        "Европска": "Европске Европској Европску Европском",
        "унија": "уније унији унију",
        "Сједињене": "Сједињених Сједињеним",
        "Државе": "Држава Државама",
        "Нације": "Нација Нацијама",
        "Северна": "Северне Северној Северну",
        "Црно": "Црног Црном Црним",
        "Велика": "Велике Великој Велику Великом",
        "Међународна": "Међународне Међународној Међународну",
        "здравствена": "здравствене здравственој",
        "Балтичко": "Балтичког Балтичком Балтичким",
        "Џибути": "Džibuti",
    },
    attached={"путин": "Путин-Бајден", "putin": "Putin-Bajden"},
    strangers={"кијев": "кијевски", "рим": "Крим"},
    unrelated={
        "Украјина": "украјински Крајина окрајина",
        "Путин": "Путиник пут путински",
        "Рим": "Крим римски",
        "Мали": "Мала мало малог малим",
        "Перу": "Пера перо",
        "Кијев": "киј кијевски",
    },
)
