"""What the generated texts of each language are made of.

The frequent little words are real, everything else is put together from syllables that the language could
have: enough for realistic word lengths, letters, capitals, quotation marks and clinging particles, and free
of anybody's copyright. It measures speed; it says nothing about meaning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """The makings of one language: texts are lists parted by blanks, `_` stands for "nothing"."""

    code: str
    common: str
    """Its most frequent words, the most frequent first."""
    onsets: str
    vowels: str
    codas: str
    surnames: str
    """Endings of family names."""
    world: str
    """Names from the news as this language writes them; `_` inside a name is a blank."""
    companies: str
    """What companies carry before or after their name; the name's place is `{}`, `_` is a blank."""
    syllables: tuple[int, int] = (2, 4)
    clings: str = ""
    """How particles hang on words; the word's place is `{}`."""
    quotes: tuple[str, str] = ("“", "”")
    question: str = "?"
    comma: str = ","
    share: int = 10
    """Weight among the articles and the topics."""


LANGUAGES = (
    Language(
        "id",
        "yang dan di untuk dari dengan ini itu pada tidak akan dalam ke oleh juga sebagai ada karena lebih "
        "bisa para telah saat atau tahun kepada mereka kami sudah hari namun antara menjadi",
        "_ b c d g h j k l m n p r s t w ny ng pr tr",
        "a a e i o u ai",
        "_ _ _ n ng k r s h t m",
        "wan to di no ya tra man",
        "Ukraina Rusia Indonesia Amerika_Serikat NATO PBB Moskow Kyiv Jakarta Putin Zelensky Uni_Eropa",
        "PT_{} PT_{}_Tbk Bank_{}",
        clings="{}nya {}-lah {}nya {}kah",
        share=20,
    ),
    Language(
        "en",
        "the of and to in a is that for it was on with as be by at from his are this which not have had were "
        "but they their one been would all will there who when more if",
        "_ b c d f g h j k l m n p r s t v w st tr pl br ch sh th",
        "a e i o u ee ea ou ai",
        "_ _ n r s t l d m nt st ck ng",
        "son ton man well ford ley",
        "Ukraine Russia Indonesia United_States NATO UN Moscow Kyiv London Putin Biden European_Union",
        "{}_Inc {}_Group {}_Holdings",
        clings="{}’s {}'s {}s’",
        share=20,
    ),
    Language(
        "de",
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden "
        "aus er hat dass sie nach wird bei einer um am sind noch wie",
        "_ b d f g h k l m n p r s t w z sch st br kl pf",
        "a e i o u ä ö ü ei au ie",
        "_ n r s t l ch nd rt ng tz",
        "mann berg er stein hoff bauer",
        "Ukraine Russland Indonesien USA NATO UNO Moskau Kiew Berlin Putin Selenskyj Europäische_Union",
        "{}_GmbH {}_AG {}_Werke",
        syllables=(2, 6),
        quotes=("„", "“"),
        share=12,
    ),
    Language(
        "fr",
        "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec "
        "son cette ont mais comme été aux elle nous",
        "_ b c d f g j l m n p r s t v ch br tr pl",
        "a e é è i o u ou ai eau oi",
        "_ _ _ n r s t l x",
        "ard ier eau mont ville",
        "Ukraine Russie Indonésie États-Unis OTAN ONU Moscou Kiev Paris Poutine Zelensky Union_européenne",
        "{}_SA Groupe_{} Société_{}",
        clings="l’{} d’{} l'{} qu’{}",
        quotes=("« ", " »"),
        share=10,
    ),
    Language(
        "es",
        "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me "
        "si sin sobre este ya entre cuando todo esta",
        "_ b c d f g j l ll m n ñ p r s t v ch tr br",
        "a a e e i o o u á é í ó ie",
        "_ _ _ n r s l d",
        "ez era ado ino uela",
        "Ucrania Rusia Indonesia Estados_Unidos OTAN ONU Moscú Kiev Madrid Putin Zelenski Unión_Europea",
        "{}_SA Grupo_{} Banco_{}",
        quotes=("«", "»"),
        share=10,
    ),
    Language(
        "pl",
        "w i z na do się nie to jest że o od po za jak przez przy dla ale tym może tak oraz są był który być "
        "lub już co ze tylko jego",
        "_ b c d g j k l ł m n p r s t w z sz cz rz prz dz ś",
        "a e i o u y ą ę ó ie",
        "_ _ n r s k l ł m ć ść w",
        "ski ska wicz czyk ak",
        "Ukraina Rosja Indonezja Stany_Zjednoczone NATO ONZ Moskwa Kijów Warszawa Putin Zełenski",
        "{}_SA {}_Polska Grupa_{}",
        quotes=("„", "”"),
        share=10,
    ),
    Language(
        "uk",
        "і в на не що з у до за як та про це від для його але або є якi було при ще вже який після так також "
        "року через під між щоб",
        "_ б в г д ж з к л м н п р с т х ц ч ш щ пр ст",
        "а е є и і ї о у ю я",
        "_ _ _ н р в л с т й нь",
        "енко чук ський ук ів",
        "Україна Росія Індонезія США НАТО ООН Москва Київ Путін Зеленський Європейський_Союз",
        "ТОВ_{} {}_Груп Банк_{}",
        quotes=("«", "»"),
        share=10,
    ),
    Language(
        "ru",
        "и в не на я что с по а как это к но из у за от о для его так же все бы при или был ещё до если их "
        "только уже когда после может",
        "_ б в г д ж з к л м н п р с т х ц ч ш пр ст вз",
        "а е ё и о у ы э ю я",
        "_ _ _ н р в л с т й ль",
        "ов ова ин ский ев",
        "Украина Россия Индонезия США НАТО ООН Москва Киев Путин Зеленский Евросоюз",
        "ООО_{} {}_Групп Банк_{}",
        quotes=("«", "»"),
        share=10,
    ),
    Language(
        "tr",
        "ve bir bu da de için ile olarak daha çok en gibi olan ne sonra kadar ise ancak var her göre değil "
        "büyük yeni iki ilk oldu etti dedi üzere",
        "_ b c ç d f g h k l m n p r s ş t v y z",
        "a e ı i o ö u ü",
        "_ _ n r l k m t ş ğ",
        "oğlu er kaya demir türk",
        "Ukrayna Rusya Endonezya ABD NATO BM Moskova Kiev İstanbul Putin Zelenskiy Avrupa_Birliği",
        "{}_A.Ş. {}_Holding",
        syllables=(2, 5),
        clings="{}’nın {}'da {}’ya {}'nin",
        share=10,
    ),
    Language(
        "fi",
        "ja on ei se että oli hän mutta ovat kun myös joka kuin niin sekä nyt tai vain jo mukaan ollut voi "
        "sen jos noin vielä kanssa sitten mitä tämä",
        "_ h j k l m n p r s t v",
        "a e i o u y ä ö aa ii uu ie uo",
        "_ _ _ n s l t k r",
        "nen la mäki niemi",
        "Ukraina Venäjä Indonesia Yhdysvallat Nato YK Moskova Kiova Helsinki Putin Zelenskyi EU",
        "{}_Oy {}_Oyj",
        syllables=(3, 7),
        quotes=("”", "”"),
        share=8,
    ),
    Language(
        "ar",
        "في من على أن إلى عن مع هذا ما التي لا كان قد هذه بعد ذلك بين كل الذي أو وقد كما قال حيث عام هو هي "
        "خلال عند غير",
        "ا ب ت ث ج ح خ د ر ز س ش ص ط ع غ ف ق ك ل م ن ه و ي ال",
        "_ _ _ ا و ي",
        "_ _ ن ر ة م ل ت",
        "ي اوي اني",
        "أوكرانيا روسيا إندونيسيا الولايات_المتحدة الناتو موسكو كييف القاهرة بوتين زيلينسكي",
        "شركة_{} بنك_{} مجموعة_{}",
        clings="و{} ب{} ل{} وال{}",
        quotes=("«", "»"),
        question="؟",
        comma="،",
        share=10,
    ),
    Language(
        "el",
        "και το να του η της με που την από για τα είναι των σε ο οι στο θα τη στην τον τους δεν τις ένα μια "
        "ότι ήταν αλλά όμως μας στα ως",
        "_ β γ δ θ κ λ μ ν π ρ σ τ φ χ στ πρ τρ",
        "α ε η ι ο υ ω ά έ ό ου αι",
        "_ _ ς ν ρ",
        "όπουλος άκης ίδης ης",
        "Ουκρανία Ρωσία Ινδονησία ΗΠΑ ΝΑΤΟ ΟΗΕ Μόσχα Κίεβο Αθήνα Πούτιν Ζελένσκι",
        "{}_ΑΕ Τράπεζα_{}",
        quotes=("«", "»"),
        question=";",
        share=6,
    ),
    Language(
        "ko",
        "이 그 및 수 것 등 있는 한 대한 위해 통해 있다 지난 또 했다 따라 밝혔다 말했다 이번 가장 함께 우리 모두 매우",
        "가 나 다 라 마 바 사 아 자 차 하 경 국 김 동 민 박 서 신 원 정 주 한",
        "_ 강 고 기 대 도 미 보 부 성 수 시 연 영 용 우 유 인 일 지 진 호",
        "_ _ _ 업 장 회",
        "수 희 호 민",
        "우크라이나 러시아 인도네시아 미국 나토 유엔 모스크바 서울 푸틴 젤렌스키",
        "{}_그룹 {}_전자 {}은행",
        syllables=(1, 2),
        clings="{}는 {}은 {}의 {}에서 {}를",
        share=6,
    ),
)
